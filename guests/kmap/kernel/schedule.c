/* Round robin over the process table; the processor halts when everybody sleeps. */
#include "descriptors.h"
#include "kmap-atomic.h"
#include "panic.h"
#include "process.h"
#include "stats.h"
#include "switch.h"

static struct process *next_runnable(void)
{
	u32 from = (u32)(current - processes);
	for (u32 i = 1; i <= MAX_PROCESSES; i++) {
		struct process *p = &processes[(from + i) % MAX_PROCESSES];
		if (p->state == RUNNABLE)
			return p;
	}
	return NULL;
}

static bool anyone_sleeps(void)
{
	for (u32 i = 0; i < MAX_PROCESSES; i++)
		if (processes[i].state == SLEEPING)
			return true;
	return false;
}

static struct process *wait_for_runnable(void)
{
	struct process *next;
	while (!(next = next_runnable())) {
		if (!anyone_sleeps())
			panic("every process waits for another");
		/* STI takes effect after the next instruction: no tick can slip in before HLT. */
		__asm__ volatile("sti; hlt; cli" : : : "memory");
	}
	return next;
}

void schedule(void)
{
	require(kmap_atomic_depth() == 0);
	struct process *next = wait_for_runnable(), *last = current;
	if (next == last)
		return;
	stats.switches++;
	current = next;
	/* Loading CR3 forgets all user translations, but not the global ones of the kernel and of kmap. */
	space_load(&next->space);
	descriptors_set_stack(next->stack_base + STACK_SIZE);
	switch_stacks(&last->stack, next->stack);
}

void scheduler_tick(void)
{
	stats.ticks++;
	for (u32 i = 0; i < MAX_PROCESSES; i++)
		if (processes[i].state == SLEEPING && processes[i].wakes_at <= stats.ticks)
			processes[i].state = RUNNABLE;
}
