/* kmap_atomic: a slot for a few instructions. Nobody may sleep, or switch processes, while holding one. */
#pragma once
#include "frame.h"

void kmap_atomic_start(void);
void *kmap_atomic(pfn frame);
/* Takes the address that kmap_atomic() gave. Last mapped, first unmapped. */
void kunmap_atomic(const void *address);
u32 kmap_atomic_depth(void);
