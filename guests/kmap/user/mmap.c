/* mmap: the same addresses stand for one thing, then another: anonymous memory, a file, the shared scratch file.
 *
 * munmap() gives frames and page tables back at once, and they are the first to be used again. Reclaim meanwhile drops
 * pages of DATA that are mapped but were not used lately, and needs true A and D bits for it. */
#include "check.h"
#include "guard.h"
#include "workloads.h"

#define ANONYMOUS_PAGES 10u
#define TOUCHES 80u
#define HOT_PAGES 4u
#define PRIVATE_PAGES 4u
#define SHARED_FIRST (MAX_PROCS * 4u) /* the scratch pages before belong to the copy workload */
#define SHARED_EACH 4u

static void *map(u32 file, u32 first, u32 pages, u32 flags)
{
	void *at = mmap(file, first, pages, flags);
	if (!at)
		fail("mmap of file %u refused", file);
	return at;
}

static void unmap(void *at)
{
	if (munmap(at))
		fail("munmap of %08x refused", (u32)at);
}

static u32 *page_at(void *base, u32 page)
{
	return (u32 *)base + page * PAGE_WORDS;
}

static u32 anonymous(u32 number)
{
	u32 sum = 0;
	void *at = map(FILE_NONE, 0, ANONYMOUS_PAGES, MAP_WRITE);
	for (u32 i = 0; i < ANONYMOUS_PAGES; i++) {
		check_zero(page_at(at, i), "fresh");
		if (i % 3)
			pattern_fill(page_at(at, i), mine(i, number));
	}
	yield();
	for (u32 i = 0; i < ANONYMOUS_PAGES; i++)
		if (i % 3)
			sum += check_page(page_at(at, i), mine(i, number), "anonymous");
		else
			check_zero(page_at(at, i), "still fresh");
	unmap(at);
	return sum;
}

static u32 file_pages(void)
{
	u32 sum = 0;
	void *at = map(FILE_DATA, 0, DATA_PAGES, 0);
	for (u32 i = 0; i < TOUCHES; i++) {
		/* Half of the touches go to a few pages, so that the clock has some to spare. */
		u32 page = i % 2 ? chance(DATA_PAGES) : chance(16);
		check_lines(page_at(at, page), on_disk(FILE_DATA, page), chance(LINES - 8), 8, "mapped file");
		if (i % 4 == 0)
			sum += kernel_sum(page_at(at, page));
		else if (i % 4 == 2)
			yield();
	}
	unmap(at);
	return sum;
}

/* Stores to a private mapping stay with us; the file must not see them. */
static u32 private_pages(u32 number)
{
	u32 sum = 0, first = chance(DATA_PAGES - PRIVATE_PAGES);
	void *at = map(FILE_DATA, first, PRIVATE_PAGES, MAP_WRITE);
	for (u32 i = 0; i < PRIVATE_PAGES; i++) {
		if (i % 2)
			check_lines(page_at(at, i), on_disk(FILE_DATA, first + i), 0, LINES, "before the store");
		pattern_fill(page_at(at, i), mine(i, number));
	}
	yield();
	void *again = map(FILE_DATA, first, PRIVATE_PAGES, 0);
	for (u32 i = 0; i < PRIVATE_PAGES; i++) {
		sum += check_page(page_at(at, i), mine(i, number), "private");
		sum += check_page(page_at(again, i), on_disk(FILE_DATA, first + i), "file under a private copy");
	}
	unmap(at);
	unmap(again);
	return sum;
}

/* Stores to a shared mapping reach the file even when only the D bit of our entry knows about them. */
static u32 shared_pages(u32 number)
{
	u32 sum = 0, first = SHARED_FIRST + task.worker * SHARED_EACH;
	void *at = map(FILE_SCRATCH, first, SHARED_EACH, MAP_WRITE | MAP_SHARED);
	for (u32 i = 0; i < SHARED_EACH; i++)
		pattern_fill(page_at(at, i), mine(i, number));
	unmap(at);
	yield();
	u32 *back = map(FILE_NONE, 0, 1, MAP_WRITE);
	for (u32 i = 0; i < SHARED_EACH; i++) {
		read(FILE_SCRATCH, (first + i) * PAGE_SIZE, back, PAGE_SIZE);
		sum += check_page(back, mine(i, number), "shared");
	}
	unmap(back);
	return sum;
}

u32 mmap_round(u32 number)
{
	u32 sum = anonymous(number);
	sum += file_pages();
	sum += private_pages(number);
	return sum + shared_pages(number);
}

/* Goes once over all of DATA, more than the cache holds, and looks back all the time: at pages in constant use, and at
 * some that reclaim has taken away meanwhile. Process 1 is alone by now: no process switch flushes for a forgetful kernel. */
static void sweep(void)
{
	void *at = map(FILE_DATA, 0, DATA_PAGES, 0);
	for (u32 i = 0; i < DATA_PAGES; i++) {
		u32 hot = chance(HOT_PAGES), before = chance(i + 1);
		check_lines(page_at(at, i), on_disk(FILE_DATA, i), chance(LINES), 1, "sweep");
		check_lines(page_at(at, hot), on_disk(FILE_DATA, hot), chance(LINES), 1, "page in use");
		if (i % 4 == 0)
			check_lines(page_at(at, before), on_disk(FILE_DATA, before), chance(LINES), 1, "page left behind");
	}
	unmap(at);
}

void mmap_after(void)
{
	sweep();
	guard_check();
}
