/* The persistent window. Linux: mm/highmem.c (map_new_virtual, flush_all_zero_pkmaps).
 *
 * A slot is not flushed when its user leaves: it stays mapped, ready for the same frame. Only when the search for a
 * free slot wraps are all unused slots cleared and the whole TLB flushed, once for up to 512 of them. The entries are
 * global, so that flush is the toggle of CR4.PGE; the CR3 load of a process switch would not touch them.
 */
#include "kmap.h"
#include "kernel-map.h"
#include "machine.h"
#include "panic.h"
#include "stats.h"
#include "tlb.h"

#define KMAP_FLAGS (PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY | PTE_GLOBAL | PTE_NX)

/* Users of a slot: FREE can be given out, UNUSED is mapped without a user, above that there are users. */
#define FREE 0
#define UNUSED 1

static struct pte *table;
static u16 users[PKMAP_SLOTS];
static pfn mapped[PKMAP_SLOTS];
static u32 last_slot;

static void *slot_address(u32 slot)
{
	return (void *)(PKMAP_BASE + (slot << PAGE_SHIFT));
}

void kmap_start(void)
{
	table = kernel_map_table(PKMAP_BASE);
}

static void clear_unused_slots(void)
{
	for (u32 slot = 0; slot < PKMAP_SLOTS; slot++) {
		if (users[slot] != UNUSED)
			continue;
		users[slot] = FREE;
		pte_clear(&table[slot]);
		frames[mapped[slot]].slot = 0;
	}
	tlb_forget_all();
	stats.kmap_wraps++;
}

static u32 free_slot(void)
{
	for (u32 tries = 0; tries < 2 * PKMAP_SLOTS; tries++) {
		last_slot = (last_slot + 1) % PKMAP_SLOTS;
		if (last_slot == 0)
			clear_unused_slots();
		if (users[last_slot] == FREE)
			return last_slot;
	}
	panic("all kmap slots are in use");
}

void *kmap(pfn frame)
{
	if (frame < machine.lowmem_end)
		return lowmem_address(frame);
	stats.kmaps++;
	if (!frames[frame].slot) {
		u32 slot = free_slot();
		/* Not present before, and flushed since it last was: no flush needed. */
		pte_set(&table[slot], pte_make(frame, KMAP_FLAGS));
		users[slot] = UNUSED;
		mapped[slot] = frame;
		frames[frame].slot = (u16)(slot + 1);
	}
	u32 slot = frames[frame].slot - 1u;
	require(mapped[slot] == frame);
	users[slot]++;
	return slot_address(slot);
}

void kunmap(pfn frame)
{
	if (frame < machine.lowmem_end)
		return;
	require(frames[frame].slot && users[frames[frame].slot - 1] > UNUSED);
	users[frames[frame].slot - 1]--;
}
