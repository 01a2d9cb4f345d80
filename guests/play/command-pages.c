/* Commands on the pages of the current process. Those that take no address take the newest page. */
#include "command.h"
#include "console.h"
#include "frame.h"
#include "space.h"
#include "trap.h"
#include "x86.h"

/* A is preset, so that the first read need not write the table; D is left to the first store. */
#define PAGE_FLAGS (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED)

static struct process *here(void)
{
	return &processes[current];
}

static struct page *newest(void)
{
	if (!here()->count) {
		say("there is no page; map makes one\n");
		return NULL;
	}
	return &here()->pages[here()->count - 1];
}

/* Adds a page that is mapped to the frame; NULL when the process has too many. */
static struct page *add(u32 base, u32 frame)
{
	struct process *p = here();
	struct page *page = &p->pages[p->count];
	*page = (struct page){base + p->count * PAGE_SIZE, frame, 0};
	p->count++;
	pte_set(space_entry(p, page->address), frame, PAGE_FLAGS);
	return page;
}

static bool full(void)
{
	if (here()->count == MAX_PAGES)
		say("%u pages are the most; unmap takes one away\n", MAX_PAGES);
	return here()->count == MAX_PAGES;
}

static void say_entry(u32 address)
{
	say("     the entry is number %03x of the table in gfn %05x\n", address >> PAGE_SHIFT & (ENTRIES - 1),
	    space_table(here(), address));
}

void map_page(u32 unused)
{
	(void)unused;
	if (full())
		return;
	const struct page *page = add(PAGES_BASE, frame_take_stamped());
	stamp_check(page->frame, page->address);
	say("map: %08x is gfn %05x now, and was read\n", page->address, page->frame);
	say_entry(page->address);
}

void touch_pages(u32 unused)
{
	u32 written = 0, copied = 0, skipped = 0;
	(void)unused;
	for (u32 i = 0; i < here()->count; i++) {
		const struct page *page = &here()->pages[i];
		u32 before = page->frame;
		if (page->old_frame) {
			skipped++;
			continue;
		}
		stamp_check(before, page->address);
		/* The store may fault and give the page a frame of its own. */
		store(page->address + 4, i);
		stamp_write(page->frame, page->address);
		stamp_check(page->frame, page->address);
		stamp_check(page->frame, (u32)frame_memory(page->frame));
		written++;
		copied += page->frame != before;
	}
	say("touch: %u pages read and written, %u of them copied first; %u left out, not flushed yet\n", written, copied,
	    skipped);
}

void remap_page(u32 unused)
{
	struct page *page = newest();
	(void)unused;
	if (!page)
		return;
	if (page->old_frame) {
		say("remap: %08x still waits for a flush: invlpg, cr3, switch or pge\n", page->address);
		return;
	}
	page->old_frame = page->frame;
	page->frame = frame_take_stamped();
	pte_set(space_entry(here(), page->address), page->frame, PAGE_FLAGS);
	say("remap: %08x is gfn %05x now, was %05x; not flushed: until invlpg, cr3, switch or pge either may be seen\n",
	    page->address, page->frame, page->old_frame);
	say_entry(page->address);
}

static void flush_page(u32 unused)
{
	struct page *page = newest();
	(void)unused;
	if (!page)
		return;
	invlpg(page->address);
	if (page->old_frame)
		frame_drop(page->old_frame);
	page->old_frame = 0;
	stamp_check(page->frame, page->address);
	say("invlpg: %08x was flushed, then read: gfn %05x\n", page->address, page->frame);
}

void unmap_page(u32 unused)
{
	struct page *page = newest();
	(void)unused;
	if (!page)
		return;
	pte_clear(space_entry(here(), page->address));
	invlpg(page->address);
	if (!read_faults(page->address))
		fail("%08x: can be read, though it was unmapped and flushed", page->address);
	say("unmap: %08x is gone, flushed by INVLPG; reading it faults\n", page->address);
	if (page->old_frame)
		frame_drop(page->old_frame);
	frame_drop(page->frame);
	here()->count--;
}

void alias_page(u32 unused)
{
	struct page *page = newest(), *alias;
	(void)unused;
	if (!page || full())
		return;
	if (page->old_frame) {
		say("alias: %08x waits for a flush: invlpg, cr3, switch or pge\n", page->address);
		return;
	}
	/* A page that is shared with another process becomes our own first. */
	stamp_check(page->frame, page->address);
	store(page->address + 4, 0);
	frame_hold(page->frame);
	alias = add(ALIAS_BASE, page->frame);
	stamp_write(alias->frame, alias->address);
	stamp_check(page->frame, page->address);
	say("alias: gfn %05x is at %08x and at %08x; written there, read here\n", page->frame, page->address,
	    alias->address);
	say_entry(alias->address);
}

const struct command page_commands[] = {
	{"map", "maps one more page and reads it", map_page},
	{"touch", "reads and writes every page of this process", touch_pages},
	{"alias", "maps the newest page at a second address, too", alias_page},
	{"remap", "maps the newest page to another frame, without a flush", remap_page},
	{"invlpg", "flushes the newest page, and reads it", flush_page},
	{"unmap", "takes the newest page away, by INVLPG", unmap_page},
	{NULL, NULL, NULL},
};
