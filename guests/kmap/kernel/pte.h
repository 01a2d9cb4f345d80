/* PAE entries. SDM: volume 3, 4.4.2.
 *
 *   63  62      52 51                        12 11  9 8 7  6 5 4   3   2   1   0
 *  +--+-----------+----------------------------+-----+-+--+-+-+---+---+---+---+-+
 *  |NX|  zero     |  frame number              |free |G|PS|D|A|PCD|PWT|U/S|R/W|P|
 *  +--+-----------+----------------------------+-----+-+--+-+-+---+---+---+---+-+
 *   `------- high word -------' `--------------- low word ----------------------'
 */
#pragma once
#include "types.h"

#define PTE_PRESENT (1u << 0)
#define PTE_WRITE (1u << 1)
#define PTE_USER (1u << 2)
#define PTE_ACCESSED (1u << 5)
#define PTE_DIRTY (1u << 6)
#define PTE_LARGE (1u << 7)
#define PTE_GLOBAL (1u << 8)
/* Bit 63, written among the flags as the top bit of the high word. */
#define PTE_NX (1u << 31)

typedef u32 pfn;

struct pte {
	u32 low, high;
};

/* Which of the flags this processor knows: the others are dropped, as a set bit 63 would be a reserved-bit fault. */
extern u32 pte_supported;

static inline struct pte pte_make(pfn frame, u32 flags)
{
	flags &= pte_supported;
	return (struct pte){frame << 12 | (flags & 0xfff), frame >> 20 | (flags & PTE_NX)};
}

static inline pfn pte_frame(struct pte e)
{
	return e.low >> 12 | (e.high & 0xfffff) << 20;
}

static inline struct pte pte_read(const struct pte *e)
{
	const volatile struct pte *v = (const volatile struct pte *)e;
	return (struct pte){v->low, v->high};
}

/* An entry is two stores. The half with P is written last on the way in and first on the way out, so that the
 * processor, which may walk the table between the stores, never sees half an entry that is present. */
static inline void pte_set(struct pte *e, struct pte value)
{
	volatile struct pte *v = (volatile struct pte *)e;
	v->high = value.high;
	v->low = value.low;
}

static inline void pte_clear(struct pte *e)
{
	volatile struct pte *v = (volatile struct pte *)e;
	v->low = 0;
	v->high = 0;
}

/* Takes low flags away in one locked step: the processor sets A and D in the same word by itself. */
static inline void pte_take(struct pte *e, u32 flags)
{
	__asm__ volatile("lock andl %1, %0" : "+m"(e->low) : "ir"(~flags) : "memory");
}

static inline void pte_give(struct pte *e, u32 flags)
{
	__asm__ volatile("lock orl %1, %0" : "+m"(e->low) : "ir"(flags) : "memory");
}
