/* Walks and builds the three levels. SDM: volume 3, 4.4.
 *
 *   PDPT: 4 entries, in struct space -> directory: 512 entries, lowmem -> page table: 512 entries, highmem
 */
#include "tables.h"
#include "frame.h"
#include "kmap-atomic.h"
#include "memory.h"
#include "tlb.h"

#define USER_DIRECTORIES 3
#define USER_TABLE_FLAGS (PTE_PRESENT | PTE_WRITE | PTE_USER)

static pfn take_empty_table(enum zone zone)
{
	pfn frame = frame_take(zone);
	void *table = kmap_atomic(frame);
	fill_words(table, 0, TABLE_ENTRIES * sizeof(struct pte) / 4);
	kunmap_atomic(table);
	return frame;
}

struct pte *directory_entry(struct space *space, u32 address, bool create)
{
	struct pte *top = &space->pdpt[address >> 30];
	if (!(top->low & PTE_PRESENT)) {
		if (!create)
			return NULL;
		pfn frame = take_empty_table(LOWMEM);
		/* R/W and U/S are reserved in a PDPTE. */
		pte_set(top, (struct pte){frame << PAGE_SHIFT | PTE_PRESENT, 0});
		/* In PAE the processor keeps the four PDPTEs from the last CR3 load: without another it would not see this. */
		if (space == current_space)
			tlb_forget_user();
	}
	struct pte *directory = lowmem_address(pte_frame(*top));
	return &directory[address >> LARGE_SHIFT & (TABLE_ENTRIES - 1)];
}

struct pte *entry_open(struct space *space, u32 address, bool create)
{
	struct pte *entry = directory_entry(space, address, create);
	if (!entry)
		return NULL;
	if (!(pte_read(entry).low & PTE_PRESENT)) {
		if (!create)
			return NULL;
		pte_set(entry, pte_make(take_empty_table(HIGHMEM), USER_TABLE_FLAGS));
	}
	struct pte *table = kmap_atomic(pte_frame(pte_read(entry)));
	return &table[address >> PAGE_SHIFT & (TABLE_ENTRIES - 1)];
}

void entry_close(struct pte *entry)
{
	kunmap_atomic(entry);
}

void table_free(struct space *space, u32 address)
{
	struct pte *entry = directory_entry(space, address, false);
	if (!entry || !(pte_read(entry).low & PTE_PRESENT))
		return;
	pfn frame = pte_frame(pte_read(entry));
	pte_clear(entry);
	/* The processor may have cached the directory entry itself; INVLPG forgets those too (SDM: volume 3, 4.10.4.1). */
	if (space == current_space)
		tlb_forget_page(address);
	frame_drop(frame);
}

void tables_free(struct space *space)
{
	for (u32 i = 0; i < USER_DIRECTORIES; i++) {
		if (!(space->pdpt[i].low & PTE_PRESENT))
			continue;
		pfn frame = pte_frame(space->pdpt[i]);
		struct pte *directory = lowmem_address(frame);
		for (u32 j = 0; j < TABLE_ENTRIES; j++)
			if (directory[j].low & PTE_PRESENT)
				frame_drop(pte_frame(directory[j]));
		pte_clear(&space->pdpt[i]);
		frame_drop(frame);
	}
}
