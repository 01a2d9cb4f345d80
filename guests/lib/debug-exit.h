/* Ends the run: a machine with a debug-exit port turns value v into the process status (v << 1) | 1. */
#pragma once
#include "ports.h"

#define DEBUG_EXIT_PORT 0xf4

static inline __attribute__((noreturn)) void debug_exit(u8 value)
{
	out8(DEBUG_EXIT_PORT, value);
	/* A machine without that port stays here; with interrupts off an emulator may call it halted. */
	for (;;)
		__asm__ volatile("cli; hlt");
}
