/* fork: parent and child write to pages they share copy-on-write, and neither may see the other's words.
 *
 * fork() takes the write permission away from pages that the parent has just written: a translation that still allows
 * the store lets it through to the shared frame, and the other side finds a wrong generation. */
#include "check.h"
#include "workloads.h"

#define PAGES 12u
#define DEEPEST 2u

static u32 shared[PAGES][PAGE_WORDS] __attribute__((aligned(4096)));

static void fill_every(u32 from, u32 step, u32 generation)
{
	for (u32 i = from; i < PAGES; i += step)
		pattern_fill(shared[i], mine(i, generation));
}

static u32 child(u32 number);

/* Forks, changes every second page behind the child's back, and checks that each page is as this process left it. */
static u32 parent(u32 number)
{
	fill_every(0, 1, number);
	u32 pid = fork();
	if (pid == FAILED)
		fail("no process left to fork");
	if (pid == 0)
		exit(0, child(number));

	fill_every(0, 2, number + 1000);
	yield();
	u32 sum = 0;
	for (u32 i = 0; i < PAGES; i++)
		sum += check_page(shared[i], mine(i, i % 2 ? number : number + 1000), "parent");
	struct ending ending = wait(pid);
	if (ending.code)
		fail("child %u ended with code %x at %08x", pid, ending.code, ending.value);
	/* The child is gone: its pages are ours alone again, and must still be what we wrote. */
	for (u32 i = 0; i < PAGES; i++)
		check_lines(shared[i], mine(i, i % 2 ? number : number + 1000), 0, LINES, "parent, alone");
	return sum + ending.value;
}

static u32 child(u32 number)
{
	u32 sum = 0;
	for (u32 i = 0; i < PAGES; i++)
		check_lines(shared[i], mine(i, number), 0, LINES, "inherited");
	/* As the parent does, but the other pages; with the depth in the pattern, nobody else writes such words. */
	struct task above = task;
	task.depth++;
	fill_every(1, 2, number);
	yield();
	for (u32 i = 1; i < PAGES; i += 2)
		sum += check_page(shared[i], mine(i, number), "child");
	struct task below = task;
	task = above;
	for (u32 i = 0; i < PAGES; i += 2)
		check_lines(shared[i], mine(i, number), 0, LINES, "inherited, later");
	task = below;
	if (task.depth < DEEPEST)
		sum += parent(number + 1);
	return sum;
}

u32 fork_round(u32 number)
{
	return parent(number * 2);
}
