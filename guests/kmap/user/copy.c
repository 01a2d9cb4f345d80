/* copy: data goes disk -> page cache -> buffer -> buffer -> scratch file -> buffer, and is checked at every stop.
 *
 * DATA has more pages than the kmap window has slots, so the window wraps and flushes all the time, while other workers
 * sleep in the kernel with a slot of it in their hands. */
#include "check.h"
#include "workloads.h"

#define BUFFER_PAGES 8u
#define READS 160u
#define CHUNK_LINES 8u
#define CHUNK (CHUNK_LINES * LINE_WORDS * 4u)
#define SCRATCH_EACH 4u

static u32 buffer[BUFFER_PAGES][PAGE_WORDS] __attribute__((aligned(4096)));

/* Reads a few lines of a page of DATA to the same place in a buffer page. */
static u32 read_some(void)
{
	u32 page = chance(DATA_PAGES), first = chance(LINES / CHUNK_LINES) * CHUNK_LINES;
	u32 *to = buffer[chance(BUFFER_PAGES)], offset = first * LINE_WORDS * 4;
	if (read(FILE_DATA, page * PAGE_SIZE + offset, (u8 *)to + offset, CHUNK) != CHUNK)
		fail("read of page %u refused", page);
	check_lines(to, on_disk(FILE_DATA, page), first, CHUNK_LINES, "read");
	return to[first * LINE_WORDS];
}

static u32 copy_around(u32 number)
{
	u32 sum = 0;
	for (u32 i = 0; i < BUFFER_PAGES / 2; i++)
		pattern_fill(buffer[i], mine(i, number));
	yield();
	for (u32 i = 0; i < BUFFER_PAGES / 2; i++)
		if (copy_page(buffer[BUFFER_PAGES / 2 + i], buffer[i]))
			fail("copy of page %u refused", i);
	for (u32 i = 0; i < BUFFER_PAGES; i++)
		sum += check_page(buffer[i], mine(i % (BUFFER_PAGES / 2), number), "copy");
	return sum;
}

static u32 through_scratch(u32 number)
{
	u32 sum = 0, first = task.worker * SCRATCH_EACH;
	for (u32 i = 0; i < SCRATCH_EACH; i++)
		if (put(FILE_SCRATCH, (first + i) * PAGE_SIZE, buffer[i], PAGE_SIZE) != PAGE_SIZE)
			fail("write of scratch page %u refused", first + i);
	yield();
	for (u32 i = 0; i < SCRATCH_EACH; i++) {
		u32 *to = buffer[BUFFER_PAGES - 1 - i];
		if (read(FILE_SCRATCH, (first + i) * PAGE_SIZE, to, PAGE_SIZE) != PAGE_SIZE)
			fail("read of scratch page %u refused", first + i);
		sum += check_page(to, mine(i, number), "scratch");
	}
	return sum;
}

u32 copy_round(u32 number)
{
	u32 sum = 0;
	for (u32 i = 0; i < READS; i++)
		sum += read_some();
	sum += copy_around(number);
	return sum + through_scratch(number);
}
