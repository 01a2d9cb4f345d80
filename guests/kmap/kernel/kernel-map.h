/* The kernel's own page tables: one directory for the top GiB, shared by every process. */
#pragma once
#include "pte.h"

/* The frame that every process's PDPTE[3] names. */
extern pfn kernel_directory_frame;

void kernel_map_build(void);
/* Leaves the boot map, and turns global pages on where they are to be used. */
void kernel_map_start(void);
/* Loads a PDPT that has nothing but the kernel in it. */
void kernel_map_load(void);

/* An empty page table in lowmem for the 2 MiB at BASE, in the kernel directory. */
struct pte *kernel_map_table(u32 base);
