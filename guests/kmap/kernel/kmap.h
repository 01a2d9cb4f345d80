/* kmap: a window through which the kernel reaches highmem, for as long as it likes. */
#pragma once
#include "frame.h"

void kmap_start(void);
/* The frame's linear address until kunmap(). Lowmem needs no slot: it is always mapped. */
void *kmap(pfn frame);
void kunmap(pfn frame);
