/* Commands that run more than one thing, or end it all. */
#include "command.h"
#include "console.h"
#include "descriptors.h"
#include "frame.h"
#include "input.h"
#include "memory.h"
#include "space.h"
#include "trap.h"
#include "x86.h"

#define STORM_CYCLES 5
#define STORED_BY_PROGRAM 0x600d

extern const u8 user_program[], user_program_end[];

/* All that storm does once; at the end it is as before. */
static void storm_round(void)
{
	map_page(NO_NUMBER);
	alias_page(NO_NUMBER);
	kmap_cycles(STORM_CYCLES);
	u32 child = fork_process();
	touch_pages(NO_NUMBER);
	switch_process(child);
	touch_pages(NO_NUMBER);
	remap_page(NO_NUMBER);
	end_process(NO_NUMBER);
	unmap_page(NO_NUMBER);
	unmap_page(NO_NUMBER);
}

static void storm(u32 rounds)
{
	u32 done = 0, used = 0;
	for (u32 i = 0; i < MAX_PROCESSES; i++)
		used += processes[i].used;
	if (used == MAX_PROCESSES || processes[current].count + 2 > MAX_PAGES) {
		say("storm: needs room for a process and for two pages here; end and unmap make it\n");
		return;
	}
	if (rounds == NO_NUMBER)
		say("storm: until a key is pressed\n");
	quiet = true;
	while (done < rounds && !input_key()) {
		storm_round();
		done++;
	}
	quiet = false;
	say("storm: %u rounds of map, alias, kmap, fork, touch, switch, remap, end, unmap\n", done);
}

static void program(u32 unused)
{
	static u32 frame;
	struct process *p = &processes[current];
	struct user_fault fault;
	(void)unused;
	if (!frame) {
		frame = frame_take();
		memcpy(frame_memory(frame), user_program, (u32)(user_program_end - user_program));
	}
	/* The same frame in every process. No flush: nothing else was ever there. */
	pte_set(space_entry(p, PROGRAM_ADDRESS), frame, PTE_PRESENT | PTE_USER | PTE_ACCESSED);
	u32 value = program_run(&fault);
	if (value != STORED_BY_PROGRAM || *(volatile u32 *)frame_memory(fault.frame) != value)
		fail("the program stored %x at %08x and read %x", STORED_BY_PROGRAM, fault.address, value);
	say("fault: ring 3 at %08x stored to %08x: #PF, error code %x (user, write, not present)\n", fault.eip,
	    fault.address, fault.error);
	say("     it got gfn %05x there, did it again and read %x; now that page is gone\n", fault.frame, value);
	pte_clear(space_entry(p, FAULT_ADDRESS));
	invlpg(FAULT_ADDRESS);
	if (!read_faults(FAULT_ADDRESS))
		fail("%08x: can be read, though it was cleared and flushed", FAULT_ADDRESS);
	frame_drop(fault.frame);
}

static void hostile(u32 unused)
{
	(void)unused;
	say("hostile: now come sequences that a terminal should not take from a guest\n");
	say("\033]0;umbra: title taken by the guest\a");          /* OSC 0: window title */
	say("\033]52;c;dGFrZW4gYnkgdGhlIGd1ZXN0\a");              /* OSC 52: clipboard, "taken by the guest" */
	say("\033]8;;http://guest.invalid\aa link\033]8;;\a\n");   /* OSC 8 */
	say("\033[?1049h\033[2J\033[Hthe alternate screen\n\033[?1049l");
	say("\033[?1000h\033[?1000l");                             /* reports of the mouse */
	say("\033[6n\033[c");                                      /* answered as if someone typed */
	say("\033[8;5;20t\033[?25l\033[?25h");                     /* window size; cursor off and on */
	say("\033[31mred, \033[0mand back\n");
	say("hostile: over; title, clipboard and screen should be what they were\n");
}

static void die(u32 unused)
{
	(void)unused;
	say("die: the IDT ends before vector 8 now; reading 00000000, where nothing is\n");
	descriptors_die();
}

static void leave(u32 unused)
{
	(void)unused;
	finish();
}

const struct command other_commands[] = {
	{"fault", "runs a program in ring 3 that faults once", program},
	{"storm", "N rounds of all of this, or until a key", storm},
	{"hostile", "sends escape sequences that mean harm to a terminal", hostile},
	{"die", "ends in a triple fault", die},
	{"exit", "ends the run; the status says if every check was good", leave},
	{NULL, NULL, NULL},
};
