/* The life of a process: fork, wait, end. */
#include "process.h"
#include "descriptors.h"
#include "finish.h"
#include "frame.h"
#include "kernel-map.h"
#include "layout.h"
#include "memory.h"
#include "panic.h"
#include "program.h"
#include "stats.h"
#include "switch.h"
#include "x86.h"

#define FIRST_PID 1

struct process *processes, *current;

static u32 last_pid;

static struct process *free_process(void)
{
	for (u32 i = 0; i < MAX_PROCESSES; i++)
		if (processes[i].state == FREE_SLOT)
			return &processes[i];
	return NULL;
}

/* Arranges the stack so that the first switch to the process "returns" through trap_return to ring 3. */
static void prepare_stack(struct process *p, const struct trap_frame *frame)
{
	struct trap_frame *top = (struct trap_frame *)(p->stack_base + STACK_SIZE) - 1;
	*top = *frame;
	struct switch_frame *below = (struct switch_frame *)top - 1;
	*below = (struct switch_frame){.eip = (u32)trap_return};
	p->stack = (u32 *)below;
}

static void join(struct process *p, struct process *parent)
{
	p->pid = ++last_pid;
	p->parent = parent;
	p->state = RUNNABLE;
}

void process_tables_start(void)
{
	processes = boot_take(MAX_PROCESSES * sizeof(struct process));
	u8 *stacks = boot_take(MAX_PROCESSES * STACK_SIZE);
	for (u32 i = 0; i < MAX_PROCESSES; i++)
		processes[i].stack_base = stacks + i * STACK_SIZE;
}

void process_start(void)
{
	struct process *first = &processes[0];
	space_create(&first->space);
	struct trap_frame frame = {
		.eip = program_regions(&first->space), .cs = USER_CODE, .eflags = EFLAGS_IF, .esp = STACK_TOP, .ss = USER_DATA,
		.ds = USER_DATA, .es = USER_DATA, .fs = USER_DATA, .gs = USER_DATA,
	};
	prepare_stack(first, &frame);
	join(first, NULL);
	current = first;
	space_load(&first->space);
	descriptors_set_stack(first->stack_base + STACK_SIZE);
	u32 *boot_stack;
	switch_stacks(&boot_stack, first->stack);
	__builtin_unreachable();
}

u32 process_fork(const struct trap_frame *frame)
{
	struct process *child = free_process();
	if (!child)
		return FAILED;
	space_fork(&child->space, &current->space);
	struct trap_frame copy = *frame;
	copy.eax = 0;
	prepare_stack(child, &copy);
	join(child, current);
	return child->pid;
}

static void leave_children(void)
{
	for (u32 i = 0; i < MAX_PROCESSES; i++) {
		struct process *p = &processes[i];
		if (p->state == FREE_SLOT || p->parent != current)
			continue;
		p->parent = NULL;
		if (p->state == ENDED)
			p->state = FREE_SLOT;
	}
}

void process_end(struct ending ending)
{
	if (current->pid == FIRST_PID)
		finish(ending);
	/* The tables about to be freed must not be the ones in use. */
	current_space = NULL;
	kernel_map_load();
	space_destroy(&current->space);
	leave_children();
	current->ending = ending;
	current->state = current->parent ? ENDED : FREE_SLOT;
	struct process *parent = current->parent;
	if (parent && parent->state == WAITING && parent->waits_for == current->pid)
		parent->state = RUNNABLE;
	schedule();
	__builtin_unreachable();
}

static struct process *child_with_pid(u32 pid)
{
	for (u32 i = 0; i < MAX_PROCESSES; i++)
		if (processes[i].state != FREE_SLOT && processes[i].pid == pid && processes[i].parent == current)
			return &processes[i];
	return NULL;
}

bool process_wait(u32 pid, struct ending *ending)
{
	struct process *child = child_with_pid(pid);
	if (!child)
		return false;
	while (child->state != ENDED) {
		current->waits_for = pid;
		current->state = WAITING;
		schedule();
	}
	*ending = child->ending;
	child->state = FREE_SLOT;
	return true;
}

void process_sleep(u32 ticks)
{
	current->wakes_at = stats.ticks + ticks;
	current->state = SLEEPING;
	schedule();
}
