/* Instructions that C has no words for. SDM: volume 2. */
#pragma once
#include "types.h"

#define CR0_WP (1u << 16)
#define CR4_PSE (1u << 4)
#define CR4_PAE (1u << 5)
#define CR4_PGE (1u << 7)

#define EFLAGS_IF (1u << 9)

#define MSR_EFER 0xc0000080u
#define EFER_NXE (1u << 11)

static inline u32 read_cr0(void)
{
	u32 value;
	__asm__ volatile("mov %%cr0, %0" : "=r"(value));
	return value;
}

static inline u32 read_cr2(void)
{
	u32 value;
	__asm__ volatile("mov %%cr2, %0" : "=r"(value));
	return value;
}

static inline u32 read_cr3(void)
{
	u32 value;
	__asm__ volatile("mov %%cr3, %0" : "=r"(value));
	return value;
}

static inline u32 read_cr4(void)
{
	u32 value;
	__asm__ volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}

/* The "memory" clobbers keep the compiler from moving loads and stores across a change of translation. */
static inline void write_cr0(u32 value)
{
	__asm__ volatile("mov %0, %%cr0" : : "r"(value) : "memory");
}

static inline void write_cr3(u32 value)
{
	__asm__ volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}

static inline void write_cr4(u32 value)
{
	__asm__ volatile("mov %0, %%cr4" : : "r"(value) : "memory");
}

static inline void invlpg(u32 address)
{
	__asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

static inline u64 read_msr(u32 msr)
{
	u32 low, high;
	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (u64)high << 32 | low;
}

static inline void write_msr(u32 msr, u64 value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

struct cpuid {
	u32 eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(u32 leaf)
{
	struct cpuid r;
	__asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(0));
	return r;
}
