/* Turns on each paging feature that CPUID reports. SDM: volume 3, 4.1.4. */
#include "features.h"
#include "machine.h"
#include "options.h"
#include "pte.h"
#include "x86.h"

#define EDX_PSE (1u << 3)
#define EDX_PGE (1u << 13)
#define EXTENDED_EDX_NX (1u << 20)

struct features features;
u32 pte_supported = ~(PTE_GLOBAL | PTE_NX);

static u32 extended_edx(void)
{
	return cpuid(0x80000000).eax >= 0x80000001 ? cpuid(0x80000001).edx : 0;
}

void features_enable(void)
{
	u32 edx = cpuid(1).edx;
	features.pse = edx & EDX_PSE;
	features.pge = (edx & EDX_PGE) && option_number(machine.command_line, "pge", 1);
	features.nx = (extended_edx() & EXTENDED_EDX_NX) && option_number(machine.command_line, "nx", 1);

	/* PAE has 2 MiB pages without CR4.PSE; a kernel sets the bit all the same, and some 4-level code tests it. */
	if (features.pse)
		write_cr4(read_cr4() | CR4_PSE);
	if (features.nx) {
		write_msr(MSR_EFER, read_msr(MSR_EFER) | EFER_NXE);
		pte_supported |= PTE_NX;
	}
	/* CR4.PGE itself waits for the final page tables: kernel_map_enable(). */
	if (features.pge)
		pte_supported |= PTE_GLOBAL;
}
