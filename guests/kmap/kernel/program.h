/* The user program: a flat image built by user/user.ld and carried inside the kernel's. */
#pragma once
#include "space.h"
#include "types.h"

u32 program_pages(void);
void program_read(u32 page, void *to);
bool program_same(u32 page, const void *page_bytes);
/* Lays out the regions of a fresh space and returns the entry point. */
u32 program_regions(struct space *space);
