/* Changing kernel stacks. */
#pragma once
#include "types.h"

/* What switch_stacks() leaves on a stack: the registers that a C function must preserve, and where to go on. */
struct switch_frame {
	u32 edi, esi, ebx, ebp, eip;
};

/* Saves the stack pointer in *SAVE and goes on where the stack LOAD was left. */
void switch_stacks(u32 **save, u32 *load);
