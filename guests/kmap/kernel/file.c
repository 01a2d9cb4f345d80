/* The page cache over a disk that needs no hardware: what a page holds is computed from its number. */
#include "file.h"
#include "kmap.h"
#include "machine.h"
#include "memory.h"
#include "options.h"
#include "panic.h"
#include "pattern.h"
#include "program.h"
#include "reclaim.h"
#include "stats.h"

/* Less than all files together, so that reclaim has work in any amount of RAM. */
#define DEFAULT_CACHE_PAGES 560

struct file files[FILES];

static u32 cached, cache_limit;

void files_start(void)
{
	files[FILE_PROGRAM].pages = program_pages();
	files[FILE_DATA].pages = DATA_PAGES;
	files[FILE_SCRATCH].pages = SCRATCH_PAGES;
	cache_limit = option_number(machine.command_line, "cache", DEFAULT_CACHE_PAGES);
	/* Scratch pages are dirty sooner or later and then stay; a few more let the clock hand move. */
	if (cache_limit < SCRATCH_PAGES + 64)
		cache_limit = SCRATCH_PAGES + 64;
}

static struct identity disk_identity(u32 file, u32 page)
{
	return (struct identity){~file, page, 0};
}

static void read_disk(u32 file, u32 page, pfn frame)
{
	u32 *to = kmap(frame);
	if (file == FILE_PROGRAM)
		program_read(page, to);
	else
		pattern_fill(to, disk_identity(file, page));
	kunmap(frame);
	stats.disk_reads++;
}

bool file_page_is_clean(u32 file, u32 page, pfn frame)
{
	const u32 *words = kmap(frame);
	bool clean = file == FILE_PROGRAM ? program_same(page, words)
					  : pattern_wrong_line(words, disk_identity(file, page), 0, LINES) == NO_LINE;
	kunmap(frame);
	return clean;
}

pfn file_page(u32 file, u32 page)
{
	pfn *cache = &files[file].cache[page];
	require(page < files[file].pages);
	if (!*cache) {
		if (cached >= cache_limit)
			reclaim(RECLAIM_BATCH);
		pfn frame = frame_take(HIGHMEM);
		read_disk(file, page, frame);
		frames[frame].flags |= FRAME_CACHED;
		*cache = frame; /* keeps the first hold */
		cached++;
	}
	frames[*cache].flags |= FRAME_REFERENCED;
	frame_hold(*cache);
	return *cache;
}

void file_forget(u32 file, u32 page)
{
	pfn frame = files[file].cache[page];
	require(frames[frame].count == 1);
	files[file].cache[page] = 0;
	cached--;
	frame_drop(frame);
}

void files_forget_all(void)
{
	for (u32 file = FILE_PROGRAM; file < FILES; file++)
		for (u32 page = 0; page < files[file].pages; page++)
			if (files[file].cache[page])
				file_forget(file, page);
}

u32 files_cached(void)
{
	return cached;
}
