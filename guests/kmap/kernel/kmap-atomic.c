/* The fixmap slots: a stack of them, in a page table that holds nothing else. Linux: arch/x86/mm/highmem_32.c.
 *
 * Slot 0 is used again and again, each time for another frame, and is flushed by INVLPG every time.
 */
#include "kmap-atomic.h"
#include "kernel-map.h"
#include "machine.h"
#include "panic.h"
#include "stats.h"
#include "tlb.h"

#define KMAP_FLAGS (PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY | PTE_GLOBAL | PTE_NX)

static struct pte *table;
static u32 depth;

static u32 slot_address(u32 slot)
{
	return FIXMAP_TOP - ((slot + 1) << PAGE_SHIFT);
}

static struct pte *slot_entry(u32 slot)
{
	return &table[(slot_address(slot) - FIXMAP_BASE) >> PAGE_SHIFT];
}

void kmap_atomic_start(void)
{
	table = kernel_map_table(FIXMAP_BASE);
}

void *kmap_atomic(pfn frame)
{
	if (frame < machine.lowmem_end)
		return lowmem_address(frame);
	require(depth < ATOMIC_SLOTS);
	u32 slot = depth++;
	require(!(pte_read(slot_entry(slot)).low & PTE_PRESENT));
	pte_set(slot_entry(slot), pte_make(frame, KMAP_FLAGS));
	stats.atomic_kmaps++;
	return (void *)slot_address(slot);
}

void kunmap_atomic(const void *address)
{
	if ((u32)address < FIXMAP_BASE)
		return;
	require(depth > 0);
	u32 slot = --depth;
	require((u32)address >> PAGE_SHIFT == slot_address(slot) >> PAGE_SHIFT);
	pte_clear(slot_entry(slot));
	tlb_forget_page(slot_address(slot));
}

u32 kmap_atomic_depth(void)
{
	return depth;
}
