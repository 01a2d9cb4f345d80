/* The clock algorithm. A hand goes round all cached file pages; a page used since the last round (A in any of its
 * page-table entries) gets a second chance and loses its A bits, a page not used is unmapped everywhere and dropped.
 *
 * Every A bit that is cleared is flushed at once, else the processor may go on using a remembered translation without
 * setting A again, and the next round would evict a page in use. SDM: volume 3, 4.8.
 */
#include "reclaim.h"
#include "file.h"
#include "panic.h"
#include "process.h"
#include "space.h"
#include "stats.h"

static u32 hand_file = FILE_PROGRAM, hand_page;

static void advance(void)
{
	if (++hand_page < files[hand_file].pages)
		return;
	hand_page = 0;
	if (++hand_file == FILES)
		hand_file = FILE_PROGRAM;
}

static u32 all_pages(void)
{
	u32 pages = 0;
	for (u32 file = FILE_PROGRAM; file < FILES; file++)
		pages += files[file].pages;
	return pages;
}

typedef u32 visit(struct space *space, u32 address, struct pte value);

static u32 visit_region(struct space *space, const struct region *r, pfn frame, visit *what)
{
	bool covers = r->file == hand_file && r->start != r->end && hand_page >= r->first_page &&
		      hand_page - r->first_page < (r->end - r->start) >> PAGE_SHIFT;
	if (!covers)
		return 0;
	u32 address = r->start + ((hand_page - r->first_page) << PAGE_SHIFT);
	struct pte value = space_entry(space, address);
	/* A process may have a copy of its own there by now. */
	if (!(value.low & PTE_PRESENT) || pte_frame(value) != frame)
		return 0;
	return what(space, address, value);
}

/* Visits every entry that maps the page under the hand: the way back from a frame leads over files and regions. */
static u32 visit_mappings(pfn frame, visit *what)
{
	u32 result = 0;
	for (u32 p = 0; p < MAX_PROCESSES && frames[frame].count > 1; p++) {
		struct space *space = &processes[p].space;
		for (u32 r = 0; r < MAX_REGIONS; r++)
			result |= visit_region(space, &space->regions[r], frame, what);
	}
	return result;
}

static u32 take_accessed(struct space *space, u32 address, struct pte value)
{
	if (value.low & PTE_ACCESSED)
		space_change(space, address, 0, PTE_ACCESSED);
	return value.low & (PTE_ACCESSED | PTE_DIRTY);
}

static u32 unmap(struct space *space, u32 address, struct pte value)
{
	(void)value;
	space_unmap(space, address);
	return 0;
}

static bool try_page(pfn frame)
{
	struct frame *f = &frames[frame];
	if (f->flags & FRAME_DIRTY)
		return false;
	u32 bits = visit_mappings(frame, take_accessed);
	if (bits & PTE_DIRTY)
		f->flags |= FRAME_DIRTY;
	if (bits & (PTE_ACCESSED | PTE_DIRTY) || f->flags & FRAME_REFERENCED) {
		f->flags &= (u16)~FRAME_REFERENCED;
		stats.second_chances++;
		return false;
	}
	visit_mappings(frame, unmap);
	if (f->count > 1) /* someone reads it right now */
		return false;
	if (!file_page_is_clean(hand_file, hand_page, frame))
		panic("page %u of file %u changed, but no entry has D set", hand_page, hand_file);
	file_forget(hand_file, hand_page);
	stats.evictions++;
	return true;
}

u32 reclaim(u32 wanted)
{
	u32 dropped = 0;
	/* Two rounds: the first may have to clear all A bits. */
	for (u32 steps = 2 * all_pages(); steps && dropped < wanted; steps--) {
		pfn frame = files[hand_file].cache[hand_page];
		if (frame && try_page(frame))
			dropped++;
		advance();
	}
	return dropped;
}
