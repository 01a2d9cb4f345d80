/* Commands on what all processes share: the kmap table, whose entries are global, and CR4.PGE, by which they are. */
#include "command.h"
#include "console.h"
#include "frame.h"
#include "pte.h"
#include "space.h"
#include "trap.h"
#include "x86.h"

#define KMAP_FRAMES 4
#define DEFAULT_CYCLES 20
#define MOST_CYCLES 10000
/* Preset A and D spare the processor a locked store into the table at the first use. */
#define LOCAL_FLAGS (PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY)
#define KMAP_FLAGS (LOCAL_FLAGS | PTE_GLOBAL)

extern struct pte kernel_directory[ENTRIES];

static u32 table_frame, frames[KMAP_FRAMES], next_slot, local_frame;

static struct pte *entry(u32 address)
{
	struct pte *table = frame_memory(table_frame);
	return &table[address >> PAGE_SHIFT & (ENTRIES - 1)];
}

static void need_table(void)
{
	if (table_frame)
		return;
	for (u32 i = 0; i < KMAP_FRAMES; i++)
		frames[i] = frame_take_stamped();
	table_frame = frame_take();
	pte_set(&kernel_directory[KMAP_BASE >> LARGE_SHIFT & (ENTRIES - 1)], table_frame,
		PTE_PRESENT | PTE_WRITE | PTE_ACCESSED);
}

/* Ends every translation: a CR3 load would spare the global ones. SDM: volume 3, 4.10.4.1. */
static void flush_all(void)
{
	u32 cr4 = read_cr4();
	write_cr4(cr4 & ~CR4_PGE);
	write_cr4(cr4);
	space_settle(&processes[current]);
}

/* All slots are free again: one flush for the lot. */
static void wrap(void)
{
	for (u32 slot = 0; slot < KMAP_SLOTS; slot++)
		pte_clear(entry(KMAP_BASE + slot * PAGE_SIZE));
	flush_all();
	if (!read_faults(KMAP_BASE))
		fail("%08x: can be read, though its slot was cleared and everything flushed", KMAP_BASE);
	next_slot = 0;
}

void kmap_cycles(u32 cycles)
{
	u32 flushes = 0;
	if (cycles == NO_NUMBER)
		cycles = DEFAULT_CYCLES;
	if (cycles > MOST_CYCLES)
		cycles = MOST_CYCLES;
	need_table();
	for (u32 i = 0; i < cycles; i++) {
		if (next_slot == KMAP_SLOTS) {
			wrap();
			flushes++;
		}
		u32 address = KMAP_BASE + next_slot++ * PAGE_SIZE, frame = frames[i % KMAP_FRAMES];
		pte_set(entry(address), frame, KMAP_FLAGS);
		stamp_check(frame, address);
		stamp_write(frame, address);
		stamp_check(frame, (u32)frame_memory(frame));
	}
	say("kmap: %u cycles through %u slots at %08x, entries global; full flushes by CR4.PGE: %u\n", cycles, KMAP_SLOTS,
	    KMAP_BASE, flushes);
	say("     the table is in gfn %05x, next slot %u\n", table_frame, next_slot);
}

static void local(u32 unused)
{
	(void)unused;
	need_table();
	if (local_frame) {
		pte_clear(entry(LOCAL_ADDRESS));
		invlpg(LOCAL_ADDRESS);
		if (!read_faults(LOCAL_ADDRESS))
			fail("%08x: can be read, though it was cleared and flushed", LOCAL_ADDRESS);
		frame_drop(local_frame);
		local_frame = 0;
		say("local: %08x is gone; every entry of the table in gfn %05x is global again\n", LOCAL_ADDRESS, table_frame);
		return;
	}
	local_frame = frame_take_stamped();
	pte_set(entry(LOCAL_ADDRESS), local_frame, LOCAL_FLAGS);
	stamp_check(local_frame, LOCAL_ADDRESS);
	say("local: %08x is gfn %05x, not global, by entry 010 of the kmap table in gfn %05x\n", LOCAL_ADDRESS, local_frame,
	    table_frame);
}

static void toggle(u32 unused)
{
	(void)unused;
	flush_all();
	say("pge: CR4.PGE off and on: every translation has ended, the global ones, too\n");
}

const struct command kernel_commands[] = {
	{"kmap", "maps and uses N pages, one after the other, in 16 global slots", kmap_cycles},
	{"local", "puts an entry that is not global among them; again: takes it away", local},
	{"pge", "switches CR4.PGE off and on", toggle},
	{NULL, NULL, NULL},
};
