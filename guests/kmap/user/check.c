/* Page checks, failure reports, and reproducible chance. */
#include "check.h"
#include "format.h"

struct task task;

static u32 chance_state;

void say(const char *text, ...)
{
	char line[200];
	va_list arguments;
	va_start(arguments, text);
	write(line, format(line, sizeof line, text, arguments));
	va_end(arguments);
}

void fail(const char *text, ...)
{
	char line[120];
	va_list arguments;
	va_start(arguments, text);
	line[format(line, sizeof line - 1, text, arguments)] = 0;
	va_end(arguments);
	say("FAIL %s worker %u depth %u round %u (pid %u): %s\n", task.workload, task.worker, task.depth, task.round,
	    getpid(), line);
	exit(1, 0);
}

struct identity mine(u32 page, u32 generation)
{
	return (struct identity){task.worker << 8 | task.depth, page, generation};
}

struct identity on_disk(u32 file, u32 page)
{
	return (struct identity){~file, page, 0};
}

void check_lines(const u32 *page, struct identity id, u32 first, u32 lines, const char *what)
{
	u32 line = pattern_wrong_line(page, id, first, lines);
	if (line == NO_LINE)
		return;
	u32 seed = pattern_seed(id);
	fail("%s at %08x: page %u generation %u line %u holds %08x %08x, not %08x %08x", what, (u32)page, id.page,
	     id.generation, line, page[line * LINE_WORDS], page[line * LINE_WORDS + 1 + line % (LINE_WORDS - 1)],
	     pattern_stamp(seed, line), seed);
}

u32 check_page(const u32 *page, struct identity id, const char *what)
{
	check_lines(page, id, 0, LINES, what);
	u32 ours = page_sum(page), kernels = kernel_sum(page);
	if (ours != kernels)
		fail("%s at %08x: page %u sums up to %08x here, to %08x through kmap", what, (u32)page, id.page, ours, kernels);
	return ours;
}

void check_zero(const u32 *page, const char *what)
{
	for (u32 i = 0; i < PAGE_WORDS; i += LINE_WORDS / 2)
		if (page[i])
			fail("%s at %08x: word %u is %08x, not zero", what, (u32)page, i, page[i]);
}

void chance_start(u32 seed)
{
	chance_state = mix_bits(seed + 1);
}

u32 chance(u32 limit)
{
	chance_state = chance_state * 1664525 + 1013904223;
	return (chance_state >> 8) % limit;
}
