/* The workloads. Each runs in several worker processes at once and returns a sum that depends on its data only. */
#pragma once
#include "types.h"

/* One round of work in a worker. */
typedef u32 round(u32 number);

struct workload {
	const char *name, *summary;
	round *round;
	u32 rounds; /* default */
	/* Runs once, in process 1, after the workers; may be NULL. */
	void (*after)(void);
};

u32 copy_round(u32 number);
u32 fork_round(u32 number);
u32 mmap_round(u32 number);
u32 mix_round(u32 number);
void mmap_after(void);
void mix_after(void);
