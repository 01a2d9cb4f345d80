/* Address spaces: regions, mapping and unmapping single pages, and the flush that each change needs. */
#include "space.h"
#include "calls.h"
#include "frame.h"
#include "kernel-map.h"
#include "layout.h"
#include "panic.h"
#include "tables.h"
#include "tlb.h"
#include "x86.h"

#define GATHER 32
/* Up to here single INVLPGs are used for a batch, above it one CR3 load. Linux draws such a line too. */
#define FEW_PAGES 4

struct space *current_space;

void space_create(struct space *space)
{
	*space = (struct space){0};
	pte_set(&space->pdpt[3], (struct pte){kernel_directory_frame << PAGE_SHIFT | PTE_PRESENT, 0});
}

void space_load(struct space *space)
{
	current_space = space;
	write_cr3((u32)space->pdpt - KERNEL_BASE);
}

bool space_add_region(struct space *space, struct region region)
{
	for (u32 i = 0; i < MAX_REGIONS; i++) {
		if (space->regions[i].start != space->regions[i].end)
			continue;
		space->regions[i] = region;
		return true;
	}
	return false;
}

struct region *space_region(struct space *space, u32 address)
{
	for (u32 i = 0; i < MAX_REGIONS; i++)
		if (address >= space->regions[i].start && address < space->regions[i].end)
			return &space->regions[i];
	return NULL;
}

struct pte space_entry(struct space *space, u32 address)
{
	struct pte *entry = entry_open(space, address, false);
	if (!entry)
		return (struct pte){0, 0};
	struct pte value = pte_read(entry);
	entry_close(entry);
	return value;
}

void space_map(struct space *space, u32 address, struct pte value)
{
	struct pte *entry = entry_open(space, address, true);
	require(!(pte_read(entry).low & PTE_PRESENT));
	pte_set(entry, value); /* was not present: nothing to flush */
	entry_close(entry);
}

/* Another space needs no flush: its translations are not global, so the CR3 load that enters it forgets them. */
static void forget(struct space *space, u32 address)
{
	if (space == current_space)
		tlb_forget_page(address);
}

void space_change(struct space *space, u32 address, u32 give, u32 take)
{
	struct pte *entry = entry_open(space, address, false);
	require(entry && pte_read(entry).low & PTE_PRESENT);
	if (give)
		pte_give(entry, give);
	if (take)
		pte_take(entry, take);
	entry_close(entry);
	forget(space, address);
}

/* D says whether a store went through this entry: the frame must remember it, the entry is about to go. */
static void keep_dirty(struct pte value)
{
	if (value.low & PTE_DIRTY)
		frames[pte_frame(value)].flags |= FRAME_DIRTY;
}

struct pte space_unmap(struct space *space, u32 address)
{
	struct pte *entry = entry_open(space, address, false);
	if (!entry)
		return (struct pte){0, 0};
	struct pte value = pte_read(entry);
	if (value.low & PTE_PRESENT) {
		pte_clear(entry);
		entry_close(entry);
		forget(space, address);
		keep_dirty(value);
		frame_drop(pte_frame(value)); /* only now: nobody can reach it any more */
	} else {
		entry_close(entry);
	}
	return value;
}

/* Pages of one region on their way out: cleared first, flushed together, dropped last. */
struct gather {
	struct space *space;
	u32 count;
	u32 address[GATHER];
	struct pte value[GATHER];
};

static void gather_finish(struct gather *g)
{
	if (g->space == current_space && g->count > FEW_PAGES)
		tlb_forget_user();
	else
		for (u32 i = 0; i < g->count; i++)
			forget(g->space, g->address[i]);
	for (u32 i = 0; i < g->count; i++) {
		keep_dirty(g->value[i]);
		frame_drop(pte_frame(g->value[i]));
	}
	g->count = 0;
}

/* Returns the address after the page table that holds START, or END. */
static u32 table_end(u32 start, u32 end)
{
	u32 next = (start | (LARGE_SIZE - 1)) + 1;
	return next < end ? next : end;
}

static void clear_part(struct gather *g, u32 start, u32 end)
{
	struct pte *entry = entry_open(g->space, start, false);
	if (!entry)
		return;
	for (u32 i = 0; start + (i << PAGE_SHIFT) < end; i++) {
		struct pte value = pte_read(&entry[i]);
		if (!(value.low & PTE_PRESENT))
			continue;
		pte_clear(&entry[i]);
		g->address[g->count] = start + (i << PAGE_SHIFT);
		g->value[g->count] = value;
		if (++g->count == GATHER)
			gather_finish(g);
	}
	entry_close(entry);
}

static void clear_region(struct space *space, const struct region *region)
{
	struct gather g = {.space = space};
	for (u32 at = region->start; at < region->end; at = table_end(at, region->end))
		clear_part(&g, at, table_end(at, region->end));
	gather_finish(&g);
}

void space_remove_region(struct space *space, struct region *region)
{
	clear_region(space, region);
	for (u32 at = region->start; at < region->end; at = table_end(at, region->end))
		table_free(space, at);
	region->end = region->start;
}

void space_destroy(struct space *space)
{
	require(space != current_space);
	for (u32 i = 0; i < MAX_REGIONS; i++)
		clear_region(space, &space->regions[i]);
	tables_free(space);
	*space = (struct space){0};
}

/* Both tables are in highmem: two atomic slots at once. */
static void fork_part(struct space *child, struct space *parent, const struct region *region, u32 start, u32 end)
{
	/* First, as it may take frames and those may come from reclaim, which changes tables too. */
	entry_close(entry_open(child, start, true));
	struct pte *from = entry_open(parent, start, false);
	struct pte *to = entry_open(child, start, false);
	bool copy_on_write = region->flags & MAP_WRITE && !(region->flags & MAP_SHARED);
	for (u32 i = 0; start + (i << PAGE_SHIFT) < end; i++) {
		if (!(pte_read(&from[i]).low & PTE_PRESENT))
			continue;
		if (copy_on_write)
			pte_take(&from[i], PTE_WRITE);
		struct pte value = pte_read(&from[i]);
		frame_hold(pte_frame(value));
		/* The child has used nothing yet. */
		value.low &= ~(PTE_ACCESSED | PTE_DIRTY);
		pte_set(&to[i], value);
	}
	entry_close(to);
	entry_close(from);
}

static bool has_table(struct space *space, u32 address)
{
	struct pte *entry = directory_entry(space, address, false);
	return entry && pte_read(entry).low & PTE_PRESENT;
}

void space_fork(struct space *child, struct space *parent)
{
	space_create(child);
	for (u32 r = 0; r < MAX_REGIONS; r++) {
		const struct region *region = &parent->regions[r];
		child->regions[r] = *region;
		for (u32 at = region->start; at < region->end; at = table_end(at, region->end))
			if (has_table(parent, at))
				fork_part(child, parent, region, at, table_end(at, region->end));
	}
	/* The parent lost write permissions that the processor may still remember. */
	if (parent == current_space)
		tlb_forget_user();
}
