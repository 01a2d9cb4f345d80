/* mix: all of it at once, in an order that differs from worker to worker; and, at the end, time. */
#include "check.h"
#include "workloads.h"

#define STEPS 3u
#define FLAG_PAGE (SCRATCH_PAGES - 1)

u32 mix_round(u32 number)
{
	static round *const steps[STEPS] = {copy_round, fork_round, mmap_round};
	return steps[(number + task.worker) % STEPS](number);
}

/* A child spins without a system call until the parent, asleep, has set a word: only the timer can bring that about. */
static void check_preemption(void)
{
	volatile u32 *flag = mmap(FILE_SCRATCH, FLAG_PAGE, 1, MAP_WRITE | MAP_SHARED);
	*flag = 0;
	u32 pid = fork();
	if (pid == 0) {
		while (!*flag)
			;
		exit(0, *flag);
	}
	sleep(1);
	*flag = 42;
	struct ending ending = wait(pid);
	if (ending.code || ending.value != 42)
		fail("the spinning child ended with code %x value %u", ending.code, ending.value);
	munmap((void *)flag);
}

void mix_after(void)
{
	check_preemption();
	sleep(2); /* nobody else is left to run: the kernel halts until the tick */
}
