/* Counters. They depend on when the timer strikes, so the console shows them only with stats=1. */
#pragma once
#include "types.h"

struct stats {
	u32 kmaps, kmap_wraps, atomic_kmaps;
	u32 page_flushes, user_flushes, full_flushes;
	u32 switches, ticks, calls;
	u32 faults, zero_fills, copies;
	u32 disk_reads, evictions, second_chances;
};

extern struct stats stats;

void stats_print(void);
