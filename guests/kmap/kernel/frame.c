/* The frame table and two zones. A freed frame is the next one given out: stale translations hurt at once. */
#include "frame.h"
#include "machine.h"
#include "memory.h"
#include "panic.h"
#include "reclaim.h"

struct zone_state {
	pfn fresh, end; /* never used so far */
	pfn free;       /* list through struct frame.next; frame 0 ends it */
};

struct frame *frames;

static struct zone_state zones[2];
static u32 used;

void *boot_take(u32 bytes)
{
	struct zone_state *low = &zones[LOWMEM];
	void *at = lowmem_address(low->fresh);
	low->fresh += (bytes + (1u << PAGE_SHIFT) - 1) >> PAGE_SHIFT;
	require(low->fresh <= low->end);
	fill_words(at, 0, (bytes + 3) / 4);
	return at;
}

void frames_start(void)
{
	/* The kernel image has the first 2 MiB to itself. */
	zones[LOWMEM] = (struct zone_state){LARGE_SIZE >> PAGE_SHIFT, machine.lowmem_end, 0};
	zones[HIGHMEM] = (struct zone_state){machine.lowmem_end, machine.memory_end, 0};
	frames = boot_take(machine.memory_end * sizeof(struct frame));
}

static pfn take_from(struct zone_state *zone)
{
	pfn frame = zone->free;
	if (frame)
		zone->free = frames[frame].next;
	else if (zone->fresh < zone->end)
		frame = zone->fresh++;
	return frame;
}

/* Highmem is for what the kernel need not see all the time; when it is full, lowmem serves as well. */
static pfn take_preferring(enum zone zone)
{
	pfn frame = zone == HIGHMEM ? take_from(&zones[HIGHMEM]) : 0;
	return frame ? frame : take_from(&zones[LOWMEM]);
}

pfn frame_take(enum zone zone)
{
	pfn frame = take_preferring(zone);
	if (!frame && reclaim(RECLAIM_BATCH))
		frame = take_preferring(zone);
	if (!frame)
		panic("out of memory");
	require(frames[frame].count == 0);
	frames[frame].count = 1;
	frames[frame].flags = 0;
	used++;
	return frame;
}

void frame_hold(pfn frame)
{
	require(frames[frame].count > 0);
	frames[frame].count++;
}

void frame_drop(pfn frame)
{
	require(frames[frame].count > 0);
	if (--frames[frame].count)
		return;
	struct zone_state *zone = &zones[frame < machine.lowmem_end ? LOWMEM : HIGHMEM];
	frames[frame].next = zone->free;
	zone->free = frame;
	used--;
}

u32 frames_used(void)
{
	return used;
}
