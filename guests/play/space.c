/* An address space is a PDPT, a directory for the first GiB, and tables as they are needed. The last GiB is the
 * kernel's, through one directory for all processes. Tables are written through the kernel's view of memory. */
#include "space.h"
#include "console.h"
#include "frame.h"
#include "x86.h"

#define TABLE_FLAGS (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED)

extern struct pte kernel_directory[ENTRIES];

struct process processes[MAX_PROCESSES];
u32 current;

void space_start(void)
{
	space_create(0);
	space_load(0);
	/* The loader's view is gone: from here on G counts. */
	write_cr4(read_cr4() | CR4_PGE);
}

u32 space_create(u32 parent)
{
	u32 number = 0;
	while (number < MAX_PROCESSES && processes[number].used)
		number++;
	if (number == MAX_PROCESSES)
		return number;
	struct process *p = &processes[number];
	*p = (struct process){.used = true, .parent = parent, .pdpt = frame_take(), .directory = frame_take()};
	struct pte *pdpt = frame_memory(p->pdpt);
	pte_set(&pdpt[0], p->directory, PTE_PRESENT);
	pte_set(&pdpt[3], ((u32)kernel_directory - KERNEL_BASE) >> PAGE_SHIFT, PTE_PRESENT);
	return number;
}

void space_destroy(u32 number)
{
	struct process *p = &processes[number];
	require(number != current);
	const struct pte *directory = frame_memory(p->directory);
	for (u32 i = 0; i < p->count; i++)
		frame_drop(p->pages[i].frame);
	for (u32 i = 0; i < ENTRIES; i++)
		if (directory[i].low & PTE_PRESENT)
			frame_drop(directory[i].low >> PAGE_SHIFT);
	frame_drop(p->directory);
	frame_drop(p->pdpt);
	p->used = false;
}

void space_load(u32 number)
{
	write_cr3(processes[number].pdpt << PAGE_SHIFT);
	space_settle(&processes[current]);
	current = number;
}

u32 space_table(const struct process *p, u32 address)
{
	struct pte *directory = frame_memory(p->directory);
	struct pte *e = &directory[address >> LARGE_SHIFT];
	require(address >> LARGE_SHIFT < ENTRIES);
	if (!(e->low & PTE_PRESENT))
		pte_set(e, frame_take(), TABLE_FLAGS);
	return e->low >> PAGE_SHIFT;
}

struct pte *space_entry(const struct process *p, u32 address)
{
	struct pte *table = frame_memory(space_table(p, address));
	return &table[address >> PAGE_SHIFT & (ENTRIES - 1)];
}

void space_settle(struct process *p)
{
	for (u32 i = 0; i < p->count; i++) {
		if (p->pages[i].old_frame)
			frame_drop(p->pages[i].old_frame);
		p->pages[i].old_frame = 0;
	}
}

bool space_copy_page(u32 address)
{
	struct process *p = &processes[current];
	for (u32 i = 0; i < p->count; i++) {
		struct page *page = &p->pages[i];
		struct pte *e = space_entry(p, page->address);
		if (page->address != (address & ~(PAGE_SIZE - 1u)) || !(e->low & PTE_COPY))
			continue;
		/* The last one who shares it needs no copy. */
		if (frame_users(page->frame) > 1) {
			u32 copy = frame_take();
			stamp_copy(page->frame, copy);
			frame_drop(page->frame);
			page->frame = copy;
		}
		pte_set(e, page->frame, PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED);
		invlpg(page->address);
		return true;
	}
	return false;
}
