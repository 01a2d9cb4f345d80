/* Sorts what comes in. A page fault is a probe, a store to a shared page, the program's own, or the end. */
#include "trap.h"
#include "console.h"
#include "frame.h"
#include "input.h"
#include "space.h"
#include "x86.h"

#define VECTOR_PAGE_FAULT 14
#define VECTOR_COM1 (IRQ_BASE + 4)
#define VECTOR_SPURIOUS (IRQ_BASE + 7)

/* Page-fault error code. SDM: volume 3, 4.7. */
#define ERROR_PRESENT (1u << 0)
#define ERROR_WRITE (1u << 1)
#define ERROR_USER (1u << 2)

/* What entry.S leaves on the stack. */
struct trap_frame {
	u32 edi, esi, ebp, unused_esp, ebx, edx, ecx, eax;
	u32 es, ds;
	u32 vector, error;
	u32 eip, cs, eflags;
};

void trap(struct trap_frame *frame);
u32 user_run(u32 eip);
__attribute__((noreturn)) void user_leave(u32 value);

/* Where a probe goes on after a fault; 0 while there is none. */
static u32 probe_resume;
/* While the program runs. */
static struct user_fault *program_fault;

bool read_faults(u32 address)
{
	__asm__ volatile("movl $1f, %0\n\t"
			 "movl (%1), %%eax\n"
			 "1:"
			 : "=m"(probe_resume)
			 : "r"(address)
			 : "eax", "memory");
	bool faulted = probe_resume == 0;
	probe_resume = 0;
	return faulted;
}

u32 program_run(struct user_fault *fault)
{
	*fault = (struct user_fault){0};
	program_fault = fault;
	u32 value = user_run(PROGRAM_ADDRESS);
	program_fault = NULL;
	return value;
}

static bool give_page(const struct trap_frame *f, u32 address)
{
	if (!program_fault || address != FAULT_ADDRESS || f->error != (ERROR_USER | ERROR_WRITE))
		return false;
	u32 frame = frame_take();
	*program_fault = (struct user_fault){f->eip, address, f->error, frame};
	pte_set(space_entry(&processes[current], address), frame, PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED);
	return true;
}

static void page_fault(struct trap_frame *f)
{
	u32 address = read_cr2();
	if (probe_resume) {
		f->eip = probe_resume;
		probe_resume = 0;
		return;
	}
	if ((f->error & (ERROR_PRESENT | ERROR_WRITE)) == (ERROR_PRESENT | ERROR_WRITE) && space_copy_page(address))
		return;
	if (give_page(f, address))
		return;
	panic("%08x: #PF at %08x, error code %x, that no command asked for", f->eip, address, f->error);
}

void trap(struct trap_frame *f)
{
	switch (f->vector) {
	case VECTOR_PAGE_FAULT:
		page_fault(f);
		break;
	case VECTOR_COM1:
		input_interrupt();
		break;
	case VECTOR_SPURIOUS:
		break; /* no end of interrupt: the 8259A does not count it as taken */
	case CALL_VECTOR:
		user_leave(f->eax);
	default:
		panic("%08x: exception %u, error code %x", f->eip, f->vector, f->error);
	}
}
