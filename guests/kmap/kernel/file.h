/* Files and their page cache, in highmem. */
#pragma once
#include "calls.h"
#include "frame.h"

#define MAX_FILE_PAGES DATA_PAGES

struct file {
	u32 pages;
	pfn cache[MAX_FILE_PAGES]; /* 0: not in memory */
};

extern struct file files[FILES];

void files_start(void);
/* The frame with that page of the file, held for the caller; read from disk when it is not in memory. */
pfn file_page(u32 file, u32 page);
/* Takes the page out of the cache; the caller has made sure that the cache is its only user, and that it is clean. */
void file_forget(u32 file, u32 page);
void files_forget_all(void);
u32 files_cached(void);
/* True when the frame holds what a read from disk would give. */
bool file_page_is_clean(u32 file, u32 page, pfn frame);
