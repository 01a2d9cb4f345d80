/* Processes and the scheduler. The kernel itself is never preempted: only ring 3 is. */
#pragma once
#include "calls.h"
#include "space.h"
#include "trap.h"

#define MAX_PROCESSES 64
#define STACK_SIZE 8192

enum state { FREE_SLOT, RUNNABLE, WAITING, SLEEPING, ENDED };

struct process {
	struct space space;
	enum state state;
	u32 pid;
	struct process *parent; /* NULL: nobody will wait for it */
	u32 waits_for;          /* pid */
	u32 wakes_at;           /* tick */
	struct ending ending;
	u32 *stack; /* saved stack pointer while another process runs */
	u8 *stack_base;
};

extern struct process *processes, *current;

/* Takes memory for the process table and the kernel stacks, while boot_take() may still be called. */
void process_tables_start(void);
/* Makes process 1 from the user program and becomes it. */
__attribute__((noreturn)) void process_start(void);
/* The child's pid, or FAILED. The frame is the parent's way back to ring 3. */
u32 process_fork(const struct trap_frame *frame);
__attribute__((noreturn)) void process_end(struct ending ending);
/* False when there is no such child. */
bool process_wait(u32 pid, struct ending *ending);
void process_sleep(u32 ticks);

/* Lets the next runnable process run; returns when it is our turn again. */
void schedule(void);
void scheduler_tick(void);
