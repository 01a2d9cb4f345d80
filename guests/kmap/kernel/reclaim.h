/* Page reclaim: gets frames back from the page cache. */
#pragma once
#include "types.h"

#define RECLAIM_BATCH 16

/* Drops up to that many clean file pages that nobody used lately; returns how many. */
u32 reclaim(u32 wanted);
