/* System calls about memory and files. */
#pragma once
#include "trap.h"

/* True when the process may read (or write) all of the range, which must lie in one region. */
bool user_range(u32 address, u32 length, bool write);

u32 call_mmap(const struct trap_frame *f);
u32 call_munmap(const struct trap_frame *f);
u32 call_read(const struct trap_frame *f);
u32 call_put(const struct trap_frame *f);
u32 call_copy(const struct trap_frame *f);
u32 call_checksum(const struct trap_frame *f);
