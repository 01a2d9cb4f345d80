/* GDT, TSS and IDT. Flat segments: protection is left to paging. SDM: volume 3, 3.4.5, 6.11, 7.2. */
#include "descriptors.h"
#include "calls.h"
#include "layout.h"
#include "types.h"

#define VECTORS 256
#define STUBS 48

/* All 4 GiB; accessed is preset, so that no segment load has to write the table. */
#define FLAT_KERNEL_CODE 0x00cf9b000000ffffull
#define FLAT_KERNEL_DATA 0x00cf93000000ffffull
#define FLAT_USER_CODE 0x00cffb000000ffffull
#define FLAT_USER_DATA 0x00cff3000000ffffull

#define GATE_INTERRUPT 0x8e00u /* present, 32-bit; clears IF */
#define GATE_FOR_USER 0x6000u

struct task_state {
	u32 link, esp0, ss0, unused[22];
	u16 trap, io_map;
};

struct table_pointer {
	u16 limit;
	u32 base;
} __attribute__((packed));

struct gate {
	u32 low, high;
};

extern const u32 trap_stubs[STUBS], trap_stub_call;

static u64 gdt[6] = {0, FLAT_KERNEL_CODE, FLAT_KERNEL_DATA, FLAT_USER_CODE, FLAT_USER_DATA, 0};
static struct gate idt[VECTORS];
/* An I/O map beyond the limit: ring 3 has no ports. */
static struct task_state task_state = {.ss0 = KERNEL_DATA, .io_map = sizeof(struct task_state)};

static u64 task_state_descriptor(void)
{
	u64 base = (u32)&task_state, limit = sizeof task_state - 1;
	return limit | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24) << 56;
}

static struct gate gate(u32 handler, u32 flags)
{
	return (struct gate){KERNEL_CODE << 16 | (handler & 0xffff), (handler & 0xffff0000) | GATE_INTERRUPT | flags};
}

static void load_segments(void)
{
	struct table_pointer pointer = {sizeof gdt - 1, (u32)gdt};
	__asm__ volatile("lgdt %0\n\t"
			 "ljmp %1, $1f\n"
			 "1:\tmov %2, %%ds\n\t"
			 "mov %2, %%es\n\t"
			 "mov %2, %%fs\n\t"
			 "mov %2, %%gs\n\t"
			 "mov %2, %%ss\n\t"
			 "lldt %w3\n\t"
			 "ltr %w4"
			 :
			 : "m"(pointer), "i"(KERNEL_CODE), "r"(KERNEL_DATA), "r"(0), "r"(TASK_STATE)
			 : "memory");
}

void descriptors_load(void)
{
	gdt[TASK_STATE / 8] = task_state_descriptor();
	load_segments();

	for (u32 vector = 0; vector < STUBS; vector++)
		idt[vector] = gate(trap_stubs[vector], 0);
	idt[CALL_VECTOR] = gate(trap_stub_call, GATE_FOR_USER);
	struct table_pointer pointer = {sizeof idt - 1, (u32)idt};
	__asm__ volatile("lidt %0" : : "m"(pointer));
}

void descriptors_set_stack(void *top)
{
	task_state.esp0 = (u32)top;
}
