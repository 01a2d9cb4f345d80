/* Processes: an address space each, with the pages that commands have made in it. */
#pragma once
#include "layout.h"
#include "pte.h"
#include "types.h"

#define MAX_PROCESSES 4
#define MAX_PAGES 16

struct page {
	u32 address;
	u32 frame;
	/* The frame before, as long as the processor may still use it: the entry was changed and not flushed. Else 0. */
	u32 old_frame;
};

struct process {
	bool used;
	u32 parent;
	u32 pdpt, directory; /* frames */
	u32 count;
	struct page pages[MAX_PAGES];
};

extern struct process processes[MAX_PROCESSES];
/* The one whose tables are loaded. */
extern u32 current;

/* Makes process 0, loads it, and has global pages from there on. */
void space_start(void);
/* A new process, empty; MAX_PROCESSES when there is no room. */
u32 space_create(u32 parent);
/* Gives back all that the process has. Its tables must not be loaded. */
void space_destroy(u32 number);
void space_load(u32 number);

/* The frame of the table that has the address's entry, made when there is none, and the entry. */
u32 space_table(const struct process *p, u32 address);
struct pte *space_entry(const struct process *p, u32 address);

/* A flush has happened: no frame of the process is used through an entry it had before. */
void space_settle(struct process *p);
/* A store was refused: makes the page its own if it is shared copy-on-write. False if that is not why. */
bool space_copy_page(u32 address);
