/* The frame table: from 2 MiB, where the image has ended, to 14 MiB; the last 2 MiB may be the firmware's. */
#include "frame.h"
#include "console.h"
#include "memory.h"

#define FIRST (LARGE_SIZE >> PAGE_SHIFT)
#define END ((KERNEL_LARGE_PAGES - 1) * LARGE_SIZE >> PAGE_SHIFT)

static struct {
	u32 stamp;
	u16 next; /* of the free list; frame 0 ends it */
	u16 users;
} frames[END];

static u32 fresh = FIRST, free_list;

u32 frame_take(void)
{
	u32 frame = free_list;
	if (frame)
		free_list = frames[frame].next;
	else
		frame = fresh++;
	require(frame < END && frames[frame].users == 0);
	frames[frame].users = 1;
	frames[frame].stamp = 0;
	fill_words(frame_memory(frame), 0, PAGE_SIZE / 4);
	return frame;
}

u32 frame_take_stamped(void)
{
	u32 frame = frame_take();
	stamp_write(frame, (u32)frame_memory(frame));
	return frame;
}

void frame_hold(u32 frame)
{
	frames[frame].users++;
}

void frame_drop(u32 frame)
{
	require(frames[frame].users > 0);
	if (--frames[frame].users)
		return;
	frames[frame].next = (u16)free_list;
	free_list = frame;
}

u32 frame_users(u32 frame)
{
	return frames[frame].users;
}

void stamp_write(u32 frame, u32 address)
{
	static u32 stamp;
	stamp += 0x9e3779b1u;
	store(address, stamp);
	frames[frame].stamp = stamp;
}

void stamp_check(u32 frame, u32 address)
{
	u32 found = *(volatile u32 *)address, wanted = frames[frame].stamp;
	if (found != wanted)
		fail("%08x: read %08x, but gfn %05x has %08x", address, found, frame, wanted);
}

void stamp_copy(u32 from, u32 to)
{
	memcpy(frame_memory(to), frame_memory(from), PAGE_SIZE);
	frames[to].stamp = frames[from].stamp;
}
