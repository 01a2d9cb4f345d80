/* What the loader told us about the machine. Multiboot 1 specification, section 3.3. */
#pragma once
#include "pte.h"
#include "types.h"

struct machine {
	pfn lowmem_end;  /* frames below are in the kernel's linear map */
	pfn memory_end;  /* frames from lowmem_end to here are highmem */
	char command_line[512];
};

extern struct machine machine;

void machine_read(u32 magic, u32 information);
