/* PAE entries. SDM: volume 3, 4.4.2. Memory here ends below 4 GiB and no page is no-execute: the high word stays 0, and
 * an entry changes by one store to the low one. */
#pragma once
#include "types.h"

#define PTE_PRESENT (1u << 0)
#define PTE_WRITE (1u << 1)
#define PTE_USER (1u << 2)
#define PTE_ACCESSED (1u << 5)
#define PTE_DIRTY (1u << 6)
#define PTE_GLOBAL (1u << 8)
/* Bit 9 is for software: shared, to be copied at the first store. */
#define PTE_COPY (1u << 9)

#define ENTRIES 512

struct pte {
	volatile u32 low;
	u32 high;
};

static inline void pte_set(struct pte *e, u32 frame, u32 flags)
{
	e->low = frame << 12 | flags;
}

static inline void pte_clear(struct pte *e)
{
	e->low = 0;
}
