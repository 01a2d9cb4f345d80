/* The last checks: every other process is gone, and every frame that was taken has come back. */
#include "finish.h"
#include "console.h"
#include "debug-exit.h"
#include "file.h"
#include "kernel-map.h"
#include "machine.h"
#include "options.h"
#include "panic.h"
#include "process.h"
#include "stats.h"

#define ZERO_FRAME 1

static void check_frames(void)
{
	current_space = NULL;
	kernel_map_load();
	space_destroy(&current->space);
	files_forget_all();
	if (frames_used() != ZERO_FRAME)
		panic("%u frames were never given back", frames_used() - ZERO_FRAME);
}

static void check_processes(void)
{
	for (u32 i = 0; i < MAX_PROCESSES; i++)
		if (&processes[i] != current && processes[i].state != FREE_SLOT)
			panic("process %u is still there at the end", processes[i].pid);
}

void finish(struct ending ending)
{
	if (ending.code & KILLED)
		panic("process 1 died of exception %u at %08x", ending.code & 0xff, ending.value);
	if (!ending.code) {
		check_processes();
		check_frames();
	}
	if (option_number(machine.command_line, "stats", 0))
		stats_print();
	print(ending.code ? "kmap: failed\n" : "kmap: all good, every frame came back\n");
	debug_exit(ending.code ? 1 : 0);
}
