/* CR4.VME and CR4.PVI: VIF, VIP, the redirection bitmap. SDM: volume 3, 20.3 and 20.4. */
#include "harness.h"
#include "lib.h"

#define VME_TSS SLOT(4)

	.text
	group virtual_interrupts
virtual_interrupts:
	mov $1, %eax
	cpuid
	test $2, %edx
	jnz 1f
	skip "VME and PVI", "CPUID does not announce VME"
	ret
1:	mov $CR4_VME, %eax
	mov %eax, %cr4
	descriptor VME_TSS, vme_tss, 0x67+32+1, PRESENT+9
	mov $VME_TSS, %eax
	ltr %ax
	v86_fine "VME: STI", 0, sti
	is "VME: STI sets VIF", got_eflags, $FL_VM+FL_VIF+FL_RF+2
	v86_fine "VME: CLI", FL_VIF, cli
	is "VME: CLI clears VIF", got_eflags, $FL_VM+FL_RF+2
	v86_faults "VME: STI with VIP", GP, 0, FL_VIP, sti
	v86_fine "VME: CLI with VIP", FL_VIP, cli
	v86_fine "VME: PUSHF", FL_VIF, pushfw
	movzwl (V_STACK+V_SP-2), %ecx
	is "VME: PUSHF stores VIF as IF, IOPL 3", %ecx, $FL_IF+FL_IOPL+2
	v86_fine "VME: PUSHF without VIF", FL_IF, pushfw
	movzwl (V_STACK+V_SP-2), %ecx
	is "VME: PUSHF hides IF", %ecx, $FL_IOPL+2
	v86_faults "VME: PUSHFD", GP, 0, 0, pushfl
	v86_faults "VME: POPFD", GP, 0, 0, popfl
	movw $FL_IF+FL_CF+2, V_STACK+V_SP
	v86_fine "VME: POPF", 0, popfw
	is "VME: POPF sets VIF, not IF", got_eflags, $FL_VM+FL_VIF+FL_RF+FL_CF+2
	v86_faults "VME: POPF of IF with VIP", GP, 0, FL_VIP, popfw
	movw $FL_TF+2, V_STACK+V_SP
	v86_faults "VME: POPF of TF", GP, 0, 0, popfw
	movw $2, V_STACK+V_SP
	v86_fine "VME: POPF with VIP, without IF", FL_VIP, popfw
	is "VME: POPF with VIP: EFLAGS", got_eflags, $FL_VM+FL_VIP+FL_RF+2
	/* INT through the table at 0, where the bitmap says so. */
	movw $9f-LOW, 4*0x42
	movw $V_CS, 4*0x42+2
	v86 2f, FL_VIF+FL_IF
	fault "VME: INT 42 through the table at 0", GP, 0, 9f-LOW
	is "VME: INT 42: VIF is cleared, IF is not", got_eflags, $FL_VM+FL_IF+FL_RF+2
	is "VME: INT 42: SP", got_esp, $(V_SP-6)
	movzwl (V_STACK+V_SP-2), %ecx
	is "VME: INT 42: FLAGS with VIF as IF, IOPL 3", %ecx, $FL_IF+FL_IOPL+2
	movzwl (V_STACK+V_SP-6), %ecx
	is "VME: INT 42: IP", %ecx, $3f-LOW
	v86 2f, FL_IOPL+FL_IF
	fault "VME, IOPL 3: INT 42 through the table at 0", GP, 0, 9f-LOW
	is "VME, IOPL 3: INT 42 clears IF", got_eflags, $FL_VM+FL_IOPL+FL_RF+2
	v86_faults "VME: INT 43, which the bitmap keeps", GP, 0, 0, int $0x43
	v86 4f, FL_IOPL
	fault "VME, IOPL 3: INT 80, which the bitmap keeps", END, 0, 5f-LOW
	v86 6f
	fault "VME: IRET", GP, 0, 7f-LOW
	is "VME: IRET sets VIF", got_eflags, $FL_VM+FL_VIF+FL_RF+2
	v86_faults "VME: IRETD", GP, 0, 0, iretl
	/* Exceptions do not use the bitmap. */
	v86_faults "VME: UD2 through the IDT", UD, 0, 0, ud2
	v86 8f
	fault "VME: INT3 is not redirected", BP, 0, 8f+1-LOW

	/* Protected mode. */
	mov $CR4_PVI, %eax
	mov %eax, %cr4
	user_fine "PVI: STI", sti
	is "PVI: STI sets VIF", got_eflags, $FL_VIF+2
	user 1f, FL_VIF+2
	is "PVI: CLI clears VIF", got_eflags, $2
	user 12f, FL_VIP+2
	fault "PVI: STI with VIP", GP, 0, 12f
	user 13f, FL_VIF+2
	is "PVI: PUSHF stores IF, as ever", %ebx, $2
	is "PVI: POPF leaves IF and VIF", got_eflags, $FL_VIF+2
	xor %eax, %eax
	mov %eax, %cr4
	user_faults "no PVI: STI", GP, 0, sti
	v86_faults "no VME: STI", GP, 0, 0, sti
	andb $~2, gdt+MAIN_TSS+5
	mov $MAIN_TSS, %eax
	ltr %ax
	ret
1:	cli
	ends
12:	sti
13:	pushfl
	pop %ebx
	and $0xffff, %ebx
	pushl $FL_IF+2
	popfl
	ends

	.pushsection .low, "ax"
	.code16
2:	int $0x42
3:	hlt
4:	int $END
5:	hlt
6:	pushw $FL_IF+2
	pushw $V_CS
	pushw $7f-LOW
	iretw
7:	hlt
8:	int3
	hlt
9:	hlt
	.code32
	.popsection

	.data
	.balign 128
vme_tss:
	.long 0, entry_stack, KDATA
	.skip 100-12
	.word 0, 0x68+32
	/* Interrupts 0x43 and 0x80 stay the monitor's. */
	.skip 8
	.byte 8
	.skip 7
	.byte 1
	.skip 15
	.byte 0xff, 0xff
