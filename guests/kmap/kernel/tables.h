/* The levels of user page tables. Directories are in lowmem; page tables are in highmem, seen through kmap_atomic. */
#pragma once
#include "space.h"

#define TABLE_ENTRIES 512u

/* The directory entry for ADDRESS, or NULL when there is no directory and CREATE is false. */
struct pte *directory_entry(struct space *space, u32 address, bool create);
/* The page-table entry for ADDRESS, or NULL when there is no table and CREATE is false. Ends with entry_close(). */
struct pte *entry_open(struct space *space, u32 address, bool create);
void entry_close(struct pte *entry);

/* Unlinks the page table for ADDRESS, which holds no present entry, and gives its frame back. */
void table_free(struct space *space, u32 address);
/* The same for every table and directory of a space that is not current. */
void tables_free(struct space *space);
