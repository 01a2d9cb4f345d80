/* Maps more frames than there are slots, with no process switch in between that could hide a missing flush. */
#include "kmap-check.h"
#include "console.h"
#include "frame.h"
#include "kmap-atomic.h"
#include "kmap.h"
#include "panic.h"

#define FRAMES 600u
#define STRIDE 7u /* has no factor in common with FRAMES and visits them in another order than they were mapped */
#define BATCH 3u

static pfn taken[FRAMES];

static void mark(u32 i)
{
	u32 *page = kmap(taken[i]);
	page[i] = taken[i];
	kunmap(taken[i]);
}

static void look(u32 i)
{
	const u32 *page = kmap(taken[i]);
	u32 seen = page[i];
	kunmap(taken[i]);
	if (seen != taken[i])
		panic("kmap of frame %x shows %x: a recycled slot is stale", taken[i], seen);
}

/* The same slots again and again, each time over other frames, several deep. */
static void look_atomic(u32 first)
{
	const u32 *page[BATCH];
	for (u32 i = 0; i < BATCH; i++)
		page[i] = kmap_atomic(taken[first + i]);
	for (u32 i = 0; i < BATCH; i++)
		if (page[i][first + i] != taken[first + i])
			panic("kmap_atomic of frame %x shows %x", taken[first + i], page[i][first + i]);
	for (u32 i = BATCH; i-- > 0;)
		kunmap_atomic(page[i]);
}

void kmap_check(void)
{
	for (u32 i = 0; i < FRAMES; i++) {
		taken[i] = frame_take(HIGHMEM);
		mark(i);
	}
	for (u32 i = 0; i < FRAMES; i++)
		look(i * STRIDE % FRAMES);
	for (u32 i = 0; i < FRAMES; i += BATCH)
		look_atomic(i);
	for (u32 i = FRAMES; i-- > 0;)
		frame_drop(taken[i]);
	print("PASS windows\n");
}
