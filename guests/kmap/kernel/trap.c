/* Sorts what comes in: tick, system call, page fault, or an exception that ends the process or the kernel. */
#include "trap.h"
#include "call.h"
#include "fault.h"
#include "layout.h"
#include "panic.h"
#include "process.h"
#include "stats.h"
#include "timer.h"
#include "x86.h"

/* Page-fault error code. SDM: volume 3, 4.7. */
#define ERROR_WRITE (1u << 1)
#define ERROR_RESERVED (1u << 3)
#define ERROR_FETCH (1u << 4)

#define SPURIOUS_FIRST (IRQ_BASE + 7)
#define SPURIOUS_SECOND (IRQ_BASE + 15)

#define MANY_REPEATS 1000

/* A translation that stays stale faults for ever at one place. Say so instead. */
static void check_progress(u32 address, u32 eip)
{
	static u32 last_address, last_eip, repeats;
	repeats = address == last_address && eip == last_eip ? repeats + 1 : 0;
	last_address = address;
	last_eip = eip;
	if (repeats > MANY_REPEATS)
		panic("%08x faults at %08x again and again: a flush had no effect", eip, address);
}

static void page_fault(struct trap_frame *frame)
{
	u32 address = read_cr2();
	u32 access = (frame->error & ERROR_WRITE ? ACCESS_WRITE : 0) | (frame->error & ERROR_FETCH ? ACCESS_EXECUTE : 0);
	bool good = address < KERNEL_BASE && !(frame->error & ERROR_RESERVED);
	stats.faults++;
	/* The kernel touches user memory too, and has checked the regions before: call.c. */
	if (good && fault_in(&current->space, address, access)) {
		check_progress(address, frame->eip);
		return;
	}
	if (!from_user(frame))
		panic_trap(frame);
	process_end((struct ending){KILLED | VECTOR_PAGE_FAULT, address});
}

static void tick(struct trap_frame *frame)
{
	scheduler_tick();
	timer_acknowledge();
	if (from_user(frame))
		schedule();
}

void trap(struct trap_frame *frame)
{
	switch (frame->vector) {
	case VECTOR_PAGE_FAULT:
		page_fault(frame);
		break;
	case TIMER_VECTOR:
		tick(frame);
		break;
	case SPURIOUS_FIRST:
	case SPURIOUS_SECOND:
		break; /* no end of interrupt: the 8259A does not count it as taken */
	case CALL_VECTOR:
		frame->eax = call(frame);
		break;
	default:
		if (!from_user(frame) || frame->vector >= IRQ_BASE)
			panic_trap(frame);
		process_end((struct ending){KILLED | frame->vector, frame->eip});
	}
}
