/* An address space: regions say what may be mapped, page tables say what is. */
#pragma once
#include "pte.h"
#include "types.h"

#define MAX_REGIONS 10

struct region {
	u32 start, end; /* start == end: unused */
	u32 file, first_page;
	u32 flags; /* MAP_… */
};

struct space {
	struct pte pdpt[4] __attribute__((aligned(32)));
	struct region regions[MAX_REGIONS];
};

/* The space that CR3 names now, or NULL while it names the kernel's own. */
extern struct space *current_space;

void space_create(struct space *space);
/* Gives CHILD everything that PARENT has; private writable pages become copy-on-write in both. */
void space_fork(struct space *child, struct space *parent);
/* Returns all frames. The space must not be current. */
void space_destroy(struct space *space);
void space_load(struct space *space);

/* Returns false when all regions are taken. */
bool space_add_region(struct space *space, struct region region);
struct region *space_region(struct space *space, u32 address);
/* Unmaps a region and gives back its page tables, which it must not share with another region. */
void space_remove_region(struct space *space, struct region *region);

/* Maps the user page at ADDRESS, where nothing is mapped. Takes over the caller's hold on the frame. */
void space_map(struct space *space, u32 address, struct pte value);
/* What is mapped at ADDRESS; not present when nothing is. */
struct pte space_entry(struct space *space, u32 address);
/* Changes the present entry at ADDRESS, and flushes it. Give: flags to set; take: flags to clear. */
void space_change(struct space *space, u32 address, u32 give, u32 take);
/* Unmaps one page, flushes it, drops its frame and returns what was there. */
struct pte space_unmap(struct space *space, u32 address);
