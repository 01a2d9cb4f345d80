/* x87 and SSE exceptions, TSC and MSRs. SDM: volume 1, 8.7 and 11.5; volume 3, 2.5, 9.2. */
#include "harness.h"

#define CR4_TSD 4
#define CR4_PCE 0x100

	.text
	group x87
x87:
	mov %cr0, %ebx
	mov %ebx, %eax
	or $CR0_NE+CR0_MP, %eax
	mov %eax, %cr0
	fninit
	fldcw zero_divide_unmasked
	fld1
	fldz
	fine "the instruction that divides by zero", fdivrp
	fnstsw %ax
	movzwl %ax, %eax
	bits "status: ZE, ES, B", %eax, 0x8084, 0x8084
	faults "MF at the next x87 instruction", MF, 0, fld1
	faults "MF at WAIT", MF, 0, fwait
	fine "FNSTCW does not wait", fnstcw scratch_value
	fine "FNSTSW does not wait", fnstsw scratch_value
	fine "FNSAVE does not wait", fnsave state
	fine "FNSAVE has cleared it", fwait
	frstor state
	faults "FRSTOR brings it back", MF, 0, fldz
	fine "FNCLEX", fnclex
	fine "after FNCLEX", fld1
	fninit
	fldcw zero_divide_unmasked
	fld1
	fldz
	fdivrp
	user_faults "ring 3: MF", MF, 0, fldz
	fine "FNINIT does not wait", fninit
	fine "after FNINIT", fldz
	/* Unmasking what has happened raises it. */
	fninit
	fld1
	fldz
	fdivrp
	fldcw zero_divide_unmasked
	faults "MF after FLDCW has unmasked it", MF, 0, fldz
	fninit

	mov %ebx, %cr0
	ret

	group sse
sse:
	mov $1, %eax
	cpuid
	test $0x02000000, %edx
	jnz 1f
	skip "XM", "CPUID does not announce SSE"
	ret
1:	mov %cr4, %ebx
	mov %ebx, %eax
	or $0x600, %eax
	mov %eax, %cr4
	ldmxcsr divide_unmasked
	xorps %xmm1, %xmm1
	movss one, %xmm0
	faults "XM", XM, 0, divss %xmm1, %xmm0
	stmxcsr scratch_value
	bits "XM: MXCSR.ZE", scratch_value, 0x3f, 4
	movss %xmm0, scratch_value
	is "XM: the destination is unchanged", scratch_value, $0x3f800000
	mov %ebx, %eax
	or $0x200, %eax
	mov %eax, %cr4
	faults "without OSXMMEXCPT: UD", UD, 0, divss %xmm1, %xmm0
	faults "LDMXCSR: reserved bit", GP, 0, ldmxcsr reserved_bit
	ldmxcsr all_masked
	fine "masked", divss %xmm1, %xmm0
	mov %ebx, %cr4
	ret

	group counters
counters:
	mov $1, %eax
	cpuid
	test $0x10, %edx
	jnz 1f
	skip "RDTSC", "CPUID does not announce TSC"
	jmp 2f
1:	user_fine "ring 3: RDTSC", rdtsc
	mov %cr4, %ebx
	mov %ebx, %eax
	or $CR4_TSD, %eax
	mov %eax, %cr4
	user_faults "TSD: ring 3", GP, 0, rdtsc
	fine "TSD: ring 0", rdtsc
	mov %ebx, %cr4
	rdtsc
	mov %eax, %ecx
	mov %edx, %esi
	rdtsc
	sub %ecx, %eax
	sbb %esi, %edx
	is "RDTSC does not go back", %edx, $0
	/* RDPMC came with PAE, in the same processor; it has no bit of its own. */
	without HAS_PAE, "RDPMC", "a P6", 2f
	user_faults "ring 3: RDPMC without PCE", GP, 0, rdpmc
2:	user_fine "ring 3: CPUID", cpuid
	ret

	group msrs
msrs:
	mov $1, %eax
	cpuid
	test $0x20, %edx
	jnz 1f
	skip "MSRs", "CPUID does not announce them"
	ret
1:	mov $0x12345678, %ecx
	faults "RDMSR of an unknown number", GP, 0, rdmsr
	xor %eax, %eax
	xor %edx, %edx
	faults "WRMSR of an unknown number", GP, 0, wrmsr
	mov $1, %eax
	cpuid
	test $0x1000, %edx
	jz 1f
	mov $0xfe, %ecx
	faults "WRMSR of MTRRcap", GP, 0, wrmsr
	fine "RDMSR of MTRRcap", rdmsr
	mov $0x2ff, %ecx
	mov $0xffffffff, %eax
	xor %edx, %edx
	faults "WRMSR: reserved bits of MTRRdefType", GP, 0, wrmsr
1:	mov $1, %eax
	cpuid
	test $0x10000, %edx
	jz 1f
	mov $0x277, %ecx
	xor %edx, %edx
	mov $2, %eax
	faults "WRMSR: memory type 2 in PAT", GP, 0, wrmsr
	rdmsr
	fine "WRMSR: PAT as it is", wrmsr
1:	mov $0x80000001, %eax
	cpuid
	test $0x100000, %edx
	jz 1f
	mov $0xc0000080, %ecx
	rdmsr
	push %eax
	or $2, %eax
	faults "WRMSR: reserved bit of EFER", GP, 0, wrmsr
	pop %eax
	fine "WRMSR: EFER as it is", wrmsr
1:	ret

	.data
	.balign 4
zero_divide_unmasked:
	.word 0x037b, 0
divide_unmasked:
	.long 0x1d80
all_masked:
	.long 0x1f80
reserved_bit:
	.long 0x10001f80
one:	.float 1.0
	.bss
	.balign 16
state:	.skip 128
