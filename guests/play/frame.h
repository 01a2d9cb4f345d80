/* Frames of memory, each with the stamp that its first word must hold. */
#pragma once
#include "layout.h"
#include "types.h"

/* A zeroed frame, with one user. A freed frame is the next one given out: stale translations hurt at once. */
u32 frame_take(void);
/* A frame with a stamp of its own. */
u32 frame_take_stamped(void);
void frame_hold(u32 frame);
void frame_drop(u32 frame);
u32 frame_users(u32 frame);

/* The frame as the kernel sees it all the time. */
static inline void *frame_memory(u32 frame)
{
	return (void *)(KERNEL_BASE + (frame << PAGE_SHIFT));
}

/* A store that may fault: what the handler changes is read after it. */
static inline void store(u32 address, u32 value)
{
	__asm__ volatile("movl %1, (%0)" : : "r"(address), "r"(value) : "memory");
}

/* Makes a new stamp for the frame and stores it at that address, which should lead there. */
void stamp_write(u32 frame, u32 address);
/* Reads at that address: says FAIL if it is not the frame's stamp that is there. */
void stamp_check(u32 frame, u32 address);
/* Both frames are the same from here on. */
void stamp_copy(u32 from, u32 to);
