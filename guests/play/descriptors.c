/* GDT, TSS and IDT. Flat segments: protection is left to paging. SDM: volume 3, 3.4.5, 6.11, 7.2. */
#include "descriptors.h"
#include "layout.h"
#include "types.h"

#define STUBS 48

/* All 4 GiB; accessed is preset, so that no segment load has to write the table. */
#define FLAT_KERNEL_CODE 0x00cf9b000000ffffull
#define FLAT_KERNEL_DATA 0x00cf93000000ffffull
#define FLAT_USER_CODE 0x00cffb000000ffffull
#define FLAT_USER_DATA 0x00cff3000000ffffull
#define TASK_STATE_AVAILABLE (0x89ull << 40)

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

/* An I/O map beyond the limit: ring 3 has no ports. */
struct task_state task_state = {.ss0 = KERNEL_DATA, .io_map = sizeof(struct task_state)};
static u64 gdt[6] = {0, FLAT_KERNEL_CODE, FLAT_KERNEL_DATA, FLAT_USER_CODE, FLAT_USER_DATA, 0};
static struct gate idt[CALL_VECTOR + 1];

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
			 "mov %2, %%ss\n\t"
			 "mov %3, %%fs\n\t"
			 "mov %3, %%gs\n\t"
			 "lldt %w3\n\t"
			 "ltr %w4"
			 :
			 : "m"(pointer), "i"(KERNEL_CODE), "r"(KERNEL_DATA), "r"(0), "r"(TASK_STATE)
			 : "memory");
}

static void load_interrupts(u32 vectors)
{
	struct table_pointer pointer = {vectors * sizeof(struct gate) - 1, (u32)idt};
	__asm__ volatile("lidt %0" : : "m"(pointer));
}

void descriptors_load(void)
{
	u64 base = (u32)&task_state, limit = sizeof task_state - 1;
	gdt[TASK_STATE / 8] = limit | (base & 0xffffff) << 16 | TASK_STATE_AVAILABLE | (base >> 24) << 56;
	load_segments();

	for (u32 vector = 0; vector < STUBS; vector++)
		idt[vector] = gate(trap_stubs[vector], 0);
	idt[CALL_VECTOR] = gate(trap_stub_call, GATE_FOR_USER);
	load_interrupts(CALL_VECTOR + 1);
}

void descriptors_die(void)
{
	load_interrupts(8);
	for (;;)
		__asm__ volatile("movl 0, %%eax" : : : "eax", "memory");
}
