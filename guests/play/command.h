/* The commands: one of them does one thing to the MMU and says what. */
#pragma once
#include "types.h"

struct command {
	const char *name, *summary;
	/* With the number typed after the name, or NO_NUMBER. */
	void (*run)(u32 number);
};

#define NO_NUMBER 0xffffffffu

/* One file of commands each; a name of NULL ends it. */
extern const struct command page_commands[], space_commands[], kernel_commands[], other_commands[];

/* Does what a line says. */
void command_obey(const char *line);

void map_page(u32 unused);
void touch_pages(u32 unused);
void remap_page(u32 unused);
void unmap_page(u32 unused);
void alias_page(u32 unused);
void kmap_cycles(u32 cycles);
/* The new process, or MAX_PROCESSES. */
u32 fork_process(void);
void switch_process(u32 to);
void end_process(u32 unused);
