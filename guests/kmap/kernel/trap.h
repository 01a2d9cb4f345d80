/* Entering the kernel by exception, interrupt or system call. */
#pragma once
#include "types.h"

/* What entry.S leaves on the kernel stack. The last two only when coming from ring 3. */
struct trap_frame {
	u32 edi, esi, ebp, unused_esp, ebx, edx, ecx, eax;
	u32 gs, fs, es, ds;
	u32 vector, error;
	u32 eip, cs, eflags, esp, ss;
};

#define VECTOR_PAGE_FAULT 14

void trap(struct trap_frame *frame);
/* The way out; a new process starts here. */
void trap_return(void);

static inline bool from_user(const struct trap_frame *frame)
{
	return (frame->cs & 3) == 3;
}
