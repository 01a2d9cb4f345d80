/* Single steps, INT3, INT1. SDM: volume 3, 17.3.1.4 and 6.8.3. */
#include "harness.h"
#include "lib.h"

	.text
	group stepping
stepping:
	step
	nop
1:	nop
2:	unstep
	disarm
	/* NOP, NOP, PUSH, POPF */
	traps "single step", 4
	trap 0, "single step: first", 1b, DR6_BS
	trap 1, "single step: second", 2b, DR6_BS
	bits "single step: TF on the stack", LOG_EFLAGS(0), FL_TF, FL_TF

	mov $3, %ecx
	mov $buffer, %edi
	step
1:	rep stosb
2:	unstep
	disarm
	traps "REP: one trap for each iteration", 5
	trap 0, "REP: first iteration", 1b, DR6_BS
	trap 1, "REP: second iteration", 1b, DR6_BS
	trap 2, "REP: last iteration", 2b, DR6_BS
	mov $0, %ecx
	step
	rep stosb
1:	unstep
	disarm
	trap 0, "REP with count 0", 1b, DR6_BS

	/* INT clears TF: its handler does not trap; the trap after INT itself is lost. */
	idt_gate 0x40, KCODE, 5f, PRESENT+0xe
	step
	int $0x40
1:	nop
2:	unstep
	disarm
	trap 0, "INT: the first trap is after the instruction that follows it", 2b, DR6_BS
	/* IRET that sets TF: the instruction it returns to traps, not the IRET. */
	call clear_log
	pushl $FL_TF+2
	pushl $KCODE
	pushl $1f
	iretl
1:	nop
2:	unstep
	disarm
	trap 0, "IRET that sets TF", 2b, DR6_BS
	/* POPF that sets TF: the same. */
	call clear_log
	pushl $FL_TF+2
	popfl
	nop
1:	unstep
	disarm
	trap 0, "POPF that sets TF", 1b, DR6_BS
	/* MOV SS and POP SS: no trap until the next instruction is done. */
	mov %ss, %eax
	step
	mov %eax, %ss
	nop
1:	unstep
	disarm
	trap 0, "MOV SS", 1b, DR6_BS
	step
	push %ss
1:	pop %ss
	nop
2:	unstep
	disarm
	trap 0, "POP SS: PUSH SS before it", 1b, DR6_BS
	trap 1, "POP SS", 2b, DR6_BS
	/* STI shadows interrupts only; LSS shadows nothing. */
	step
	sti
1:	cli
	unstep
	disarm
	trap 0, "STI", 1b, DR6_BS
	mov %esp, stack_pointer
	step
	lss stack_pointer, %esp
1:	unstep
	disarm
	trap 0, "LSS", 1b, DR6_BS
	/* A branch that is taken, a call, a far jump. */
	step
	jmp 1f
	nop
1:	ljmp $KCODE, $2f
	nop
2:	unstep
	disarm
	trap 0, "JMP", 1b, DR6_BS
	trap 1, "far JMP", 2b, DR6_BS
	/* A faulting instruction: no trap, its handler is not stepped. */
	call clear_log
	try
	pushl $FL_TF+2
	popfl
1:	ud2
	tried
	disarm
	fault "an instruction that faults", UD, 0, 1b
	traps "an instruction that faults", 0
	bits "TF on the stack of the fault", got_eflags, FL_TF, FL_TF
	/* A data breakpoint and a step together. */
	watch 0, buffer
	call clear_log
	mov $L(0)+WRITE(0, 4), %eax
	mov %eax, %dr7
	pushl $FL_TF+2
	popfl
	movl $0, buffer
1:	unstep
	disarm
	trap 0, "step and data breakpoint: one trap", 1b, DR6_BS+1
	/* An execute breakpoint at the instruction after: the step's trap comes first, then the fault. */
	watch 0, 1f
	call clear_log
	mov $L(0), %eax
	mov %eax, %dr7
	pushl $FL_TF+2
	popfl
	nop
1:	unstep
	disarm
	is "step before an execute breakpoint: EIP", LOG_EIP(0), $1b
	bits "step before an execute breakpoint: BS", LOG_DR6(0), DR6_BS, DR6_BS
	/* Stepping in ring 3. */
	call clear_log
	movl $2, stop_after
	user 6f, FL_TF+2
	disarm
	traps "ring 3", 2
	trap 0, "ring 3: first", 7f, DR6_BS
	ret
5:	iretl
6:	nop
7:	nop
8:	ends

	group software
software:
	disarm
	try
	int3
1:	tried
	fault "INT3 is a trap", BP, 0, 1b
	try
	.byte 0xcd, 3
1:	tried
	fault "INT 3 of two bytes", BP, 0, 1b
	try
	.byte 0xf1
1:	tried
	fault "INT1 is a trap", DB, 0, 1b
	mov %dr6, %eax
	bits "INT1 leaves DR6 alone", %eax, DR6_MASK, 0
	user 2f
	fault "ring 3: INT1 needs no DPL", DB, 0, 3f
	user_faults "ring 3: INT 1 does", GP, 8*DB+2, int $1
	idt_gate BP, KCODE, stubs+16*BP, PRESENT+0xe
	user_faults "ring 3: INT3 needs the DPL", GP, 8*BP+2, int3
	idt_reset BP
	ret
2:	.byte 0xf1
3:

	group fast_calls
fast_calls:
	mov $1, %eax
	cpuid
	test $0x800, %edx
	jnz 1f
	skip "stepping over SYSENTER", "CPUID does not announce SEP"
	ret
1:	mov $0x174, %ecx
	mov $KCODE, %eax
	xor %edx, %edx
	wrmsr
	inc %ecx
	mov $entry_stack, %eax
	wrmsr
	inc %ecx
	mov $1f, %eax
	wrmsr
	/* SYSENTER leaves TF set: its handler is stepped until it clears TF. */
	call clear_log
	movl $2, stop_after
	user 2f, FL_TF+2
	disarm
	traps "stepping over SYSENTER", 2
	trap 0, "stepping over SYSENTER: first trap in the handler", 1f, DR6_BS
	trap 1, "stepping over SYSENTER: second", 3f, DR6_BS
	ret
2:	sysenter
1:	nop
3:	nop
	ends

	.data
	.balign 4
stack_pointer:
	.long 0
	.word KDATA, 0
