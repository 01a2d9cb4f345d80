/* Commands on processes. */
#include "command.h"
#include "console.h"
#include "frame.h"
#include "space.h"
#include "x86.h"

u32 fork_process(void)
{
	struct process *parent = &processes[current];
	u32 number = space_create(current);
	if (number == MAX_PROCESSES) {
		say("fork: %u processes are the most; end takes one away\n", MAX_PROCESSES);
		return number;
	}
	struct process *child = &processes[number];
	for (u32 i = 0; i < parent->count; i++) {
		struct page *page = &parent->pages[i];
		u32 shared = PTE_PRESENT | PTE_USER | PTE_ACCESSED | PTE_COPY;
		child->pages[i] = (struct page){page->address, page->frame, 0};
		frame_hold(page->frame);
		pte_set(space_entry(parent, page->address), page->frame, shared);
		pte_set(space_entry(child, page->address), page->frame, shared);
	}
	child->count = parent->count;
	/* The parent may write no longer, too. */
	space_load(current);
	say("fork: process %u, cr3 %08x; %u pages are read-only in both, to be copied at the first store\n", number,
	    child->pdpt << PAGE_SHIFT, child->count);
	return number;
}

static void fork_command(u32 unused)
{
	(void)unused;
	fork_process();
}

static u32 next_process(void)
{
	u32 number = current;
	do
		number = (number + 1) % MAX_PROCESSES;
	while (!processes[number].used);
	return number;
}

void switch_process(u32 to)
{
	u32 from = current;
	if (to == NO_NUMBER)
		to = next_process();
	if (to >= MAX_PROCESSES || !processes[to].used) {
		say("switch: there is no process %u; show lists them\n", to);
		return;
	}
	space_load(to);
	const struct process *p = &processes[to];
	for (u32 i = 0; i < p->count; i++)
		stamp_check(p->pages[i].frame, p->pages[i].address);
	say("switch: process %u, was %u; cr3 %08x; %u pages read\n", to, from, p->pdpt << PAGE_SHIFT, p->count);
}

void end_process(u32 unused)
{
	u32 ended = current, parent = processes[ended].parent;
	(void)unused;
	if (ended == 0) {
		say("end: process 0 stays; exit ends the run\n");
		return;
	}
	switch_process(processes[parent].used ? parent : 0);
	space_destroy(ended);
	say("end: process %u is gone; its frames, tables too, are the next to be used\n", ended);
}

static const char *state(const struct process *p, const struct page *page)
{
	if (page->old_frame)
		return "changed, not flushed";
	return space_entry(p, page->address)->low & PTE_WRITE ? "writable" : "read-only, to be copied";
}

static void show(u32 unused)
{
	(void)unused;
	for (u32 n = 0; n < MAX_PROCESSES; n++) {
		const struct process *p = &processes[n];
		if (!p->used)
			continue;
		say("%c process %u, cr3 %08x, directory in gfn %05x\n", n == current ? '>' : ' ', n, p->pdpt << PAGE_SHIFT,
		    p->directory);
		for (u32 i = 0; i < p->count; i++)
			say("    %08x gfn %05x %s\n", p->pages[i].address, p->pages[i].frame, state(p, &p->pages[i]));
	}
}

static void reload(u32 unused)
{
	(void)unused;
	space_load(current);
	say("cr3: %08x loaded again: every translation that is not global has ended\n", read_cr3());
}

const struct command space_commands[] = {
	{"fork", "a second process with the same pages, copy-on-write", fork_command},
	{"switch", "loads the CR3 of the next process, or of process N", switch_process},
	{"end", "ends this process and loads its parent's CR3", end_process},
	{"show", "lists processes and pages", show},
	{"cr3", "loads the same CR3 again", reload},
	{NULL, NULL, NULL},
};
