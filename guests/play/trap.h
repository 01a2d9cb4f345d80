/* Entering the kernel by exception, interrupt or the program's call. */
#pragma once
#include "types.h"

/* What the program did before it came back from ring 3. */
struct user_fault {
	u32 eip, address, error, frame;
};

/* Reads at that address and says if that faults. */
bool read_faults(u32 address);
/* Runs the program in ring 3: it stores at FAULT_ADDRESS, which gets a frame at the fault; returns what it reads. */
u32 program_run(struct user_fault *fault);
