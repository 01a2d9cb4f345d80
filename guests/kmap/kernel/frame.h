/* Physical memory by frames: who owns each one, and two zones to take them from. */
#pragma once
#include "layout.h"
#include "pte.h"
#include "types.h"

#define FRAME_CACHED (1u << 0)     /* belongs to a file's page cache */
#define FRAME_DIRTY (1u << 1)      /* differs from what the disk would give again */
#define FRAME_REFERENCED (1u << 2) /* used by read() since the clock hand last passed */

struct frame {
	u32 count; /* page-table entries, the page cache, and whoever holds it for a moment */
	u32 next;  /* free list */
	u16 flags;
	u16 slot; /* kmap slot + 1, or 0 */
};

enum zone { LOWMEM, HIGHMEM };

extern struct frame *frames;

void frames_start(void);
/* Lowmem that is never given back, linear and zeroed. Only before the first frame_take(). */
void *boot_take(u32 bytes);

/* A frame with count 1. HIGHMEM falls back to lowmem, both to page reclaim; never fails, panics instead. */
pfn frame_take(enum zone zone);
void frame_hold(pfn frame);
void frame_drop(pfn frame);
/* Frames handed out and not yet returned. */
u32 frames_used(void);

static inline void *lowmem_address(pfn frame)
{
	return (void *)((frame << PAGE_SHIFT) + KERNEL_BASE);
}

static inline pfn lowmem_frame(const void *address)
{
	return ((u32)address - KERNEL_BASE) >> PAGE_SHIFT;
}
