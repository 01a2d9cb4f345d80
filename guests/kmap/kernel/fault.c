/* Demand paging: zero pages, file pages and copy-on-write. */
#include "fault.h"
#include "calls.h"
#include "file.h"
#include "frame.h"
#include "kmap-atomic.h"
#include "memory.h"
#include "pattern.h"
#include "stats.h"

/* Read faults on anonymous memory all get this frame, read-only; the first store makes a copy. */
static pfn zero_frame;

static pfn take_zeroed(void)
{
	pfn frame = frame_take(HIGHMEM);
	void *page = kmap_atomic(frame);
	fill_words(page, 0, PAGE_WORDS);
	kunmap_atomic(page);
	stats.zero_fills++;
	return frame;
}

/* A copy of FROM, which the caller holds. */
static pfn take_copy(pfn from)
{
	pfn frame = frame_take(HIGHMEM);
	void *source = kmap_atomic(from);
	void *page = kmap_atomic(frame);
	memcpy(page, source, PAGE_SIZE);
	kunmap_atomic(page);
	kunmap_atomic(source);
	stats.copies++;
	return frame;
}

void fault_start(void)
{
	zero_frame = take_zeroed();
}

static u32 entry_flags(const struct region *region, bool writable)
{
	return PTE_PRESENT | PTE_USER | (writable ? PTE_WRITE : 0) | (region->flags & MAP_EXECUTE ? 0 : PTE_NX);
}

static bool allowed(const struct region *region, u32 access)
{
	if (access & ACCESS_WRITE && !(region->flags & MAP_WRITE))
		return false;
	return !(access & ACCESS_EXECUTE) || region->flags & MAP_EXECUTE;
}

static void map_anonymous(struct space *space, const struct region *region, u32 address, bool write)
{
	pfn frame = write ? take_zeroed() : zero_frame;
	if (!write)
		frame_hold(zero_frame);
	space_map(space, address, pte_make(frame, entry_flags(region, write)));
}

static void map_file(struct space *space, const struct region *region, u32 address, bool write)
{
	pfn frame = file_page(region->file, region->first_page + ((address - region->start) >> PAGE_SHIFT));
	bool shared = region->flags & MAP_SHARED;
	if (write && !shared) {
		pfn copy = take_copy(frame);
		frame_drop(frame);
		frame = copy;
	}
	bool writable = shared ? region->flags & MAP_WRITE : write;
	space_map(space, address, pte_make(frame, entry_flags(region, writable)));
}

static void copy_on_write(struct space *space, const struct region *region, u32 address, pfn frame)
{
	/* One user left: the page is ours, no copy needed. Page-cache frames always have the cache as another user. */
	if (frames[frame].count == 1) {
		space_change(space, address, PTE_WRITE, 0);
		return;
	}
	frame_hold(frame); /* reclaim may unmap it while we look for a frame */
	pfn copy = take_copy(frame);
	frame_drop(frame);
	space_unmap(space, address);
	space_map(space, address, pte_make(copy, entry_flags(region, true)));
}

bool fault_in(struct space *space, u32 address, u32 access)
{
	const struct region *region = space_region(space, address);
	if (!region || !allowed(region, access))
		return false;
	bool write = access & ACCESS_WRITE;
	struct pte value = space_entry(space, address);
	address &= ~(PAGE_SIZE - 1);
	if (!(value.low & PTE_PRESENT)) {
		if (region->file == FILE_NONE)
			map_anonymous(space, region, address, write);
		else
			map_file(space, region, address, write);
	} else if (write && !(value.low & PTE_WRITE)) {
		copy_on_write(space, region, address, pte_frame(value));
	}
	return true;
}
