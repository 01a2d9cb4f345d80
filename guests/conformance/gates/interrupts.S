/* Interrupt and trap gates: checks in order, error codes with IDT and EXT bits, flags, stack switches.
 * SDM: volume 3, 6.12, 6.13. */
#include "harness.h"

#define ABSENT_CODE SLOT(0)
#define CONFORMING SLOT(1)
#define CODE1 SLOT(2)
#define STACK1 SLOT(3)
#define ABSENT_STACK SLOT(4)
#define SHORT_CODE SLOT(5)
#define READ_ONLY1 SLOT(6)
#define SMALL_STACK1 SLOT(7)
#define ERROR_IDT(n) (8 * (n) + 2)
#define VECTOR 0x40
#define GATE PRESENT+0xe
#define TRAP PRESENT+0xf

	.macro bad_gate name, target, offset, access, vector, error
	idt_gate VECTOR, \target, \offset, \access
	faults "\name", \vector, \error, int $VECTOR
	.endm

	.text
	group gate_checks
gate_checks:
	descriptor ABSENT_CODE, 0, 0xfffff, (CODE32-PRESENT)
	descriptor SHORT_CODE, 0, 0xfff, 0x409a
	bad_gate "INT: entry of type 0", KCODE, stubs+16*VECTOR, PRESENT, GP, ERROR_IDT(VECTOR)
	bad_gate "INT: call gate in the IDT", KCODE, stubs+16*VECTOR, PRESENT+0xc, GP, ERROR_IDT(VECTOR)
	bad_gate "INT: code descriptor in the IDT", KCODE, stubs+16*VECTOR, 0x9a, GP, ERROR_IDT(VECTOR)
	bad_gate "INT: gate not present", KCODE, stubs+16*VECTOR, 0xe, NP, ERROR_IDT(VECTOR)
	bad_gate "INT: target null", 0, stubs+16*VECTOR, GATE, GP, 0
	bad_gate "INT: target data", KDATA, stubs+16*VECTOR, GATE, GP, KDATA
	bad_gate "INT: target beyond the GDT", 8*GDT_ENTRIES, stubs+16*VECTOR, GATE, GP, 8*GDT_ENTRIES
	bad_gate "INT: target not present", ABSENT_CODE, stubs+16*VECTOR, GATE, NP, ABSENT_CODE
	bad_gate "INT: target of outer privilege", UCODE, stubs+16*VECTOR, GATE, GP, (UCODE-3)
	bad_gate "INT: target beyond its limit", SHORT_CODE, stubs+16*VECTOR, GATE, GP, 0
	bad_gate "INT: task gate of a null TSS", 0, 0, PRESENT+5, GP, 0
	bad_gate "INT: task gate of a busy TSS", MAIN_TSS, 0, PRESENT+5, GP, MAIN_TSS
	bad_gate "INT: task gate of data", KDATA, 0, PRESENT+5, GP, KDATA
	lidt small_idtr
	faults "INT beyond the IDT", GP, ERROR_IDT(0xf0), int $0xf0
	lidt idtr

	/* An exception sets EXT, INT n does not; INT3 and INTO count as software. */
	idt_gate UD, KCODE, stubs+16*VECTOR, 0xe
	faults "UD2, gate not present: EXT", NP, ERROR_IDT(UD)+1, ud2
	faults "INT 6, gate not present", NP, ERROR_IDT(UD), int $UD
	idt_gate UD, KDATA, stubs+16*VECTOR, GATE
	faults "UD2, target data: EXT", GP, KDATA+1, ud2
	idt_reset UD
	idt_gate BP, KCODE, stubs+16*VECTOR, DPL3+0xe
	faults "INT3, gate not present", NP, ERROR_IDT(BP), int3
	idt_reset BP
	idt_gate OF, KCODE, stubs+16*VECTOR, DPL3+0xe
	movb $0x7f, %al
	addb $1, %al
	faults "INTO, gate not present", NP, ERROR_IDT(OF), into
	idt_reset OF
	idt_gate DB, KCODE, stubs+16*VECTOR, 0xe
	faults "INT1, gate not present: EXT", NP, ERROR_IDT(DB)+1, .byte 0xf1
	idt_reset DB
	idt_gate DE, KCODE, stubs+16*VECTOR, 0xe
	xor %ecx, %ecx
	faults "DE, gate not present: double fault", DF, 0, div %ecx
	idt_reset DE
	user_faults "ring 3: INT through a gate of DPL 0", GP, ERROR_IDT(VECTOR), int $VECTOR
	user_faults "ring 3: INT 14 through its gate", GP, ERROR_IDT(PF), int $PF
	idt_gate VECTOR, KCODE, stubs+16*VECTOR, 0xe
	user_faults "ring 3: DPL comes before present", GP, ERROR_IDT(VECTOR), int $VECTOR
	idt_gate VECTOR, 0, stubs+16*VECTOR, GATE+DPL3
	user_faults "ring 3: target null", GP, 0, int $VECTOR
	idt_reset VECTOR
	/* An exception ignores the gate's DPL. */
	user_faults "ring 3: UD2", UD, 0, ud2
	is "ring 3: CS on the stack", got_cs, $UCODE
	is "ring 3: SS on the stack", got_ss, $UDATA
	is "ring 3: ESP on the stack", got_esp, $user_stack
	ret

	group flags
flags:
	idt_gate VECTOR, KCODE, flag_handler, TRAP
	try
	pushl $FL_IF+FL_NT+FL_DF+FL_CF+2
	popfl
	int $VECTOR
	tried
	cld
	bits "trap gate keeps IF and DF, clears NT", kept_eflags, (FL_IF+FL_NT+FL_DF), FL_IF+FL_DF
	bits "trap gate: flags on the stack", got_eflags, 0xffff, FL_IF+FL_NT+FL_DF+FL_CF+2
	idt_gate VECTOR, KCODE, flag_handler, GATE
	try
	pushl $FL_IF+FL_AC+2
	popfl
	int $VECTOR
	tried
	bits "interrupt gate clears IF, keeps AC", kept_eflags, (FL_IF+FL_AC), FL_AC
	cli
	idt_reset VECTOR
	ret

flag_handler:
	pushfl
	popl kept_eflags
	jmp stubs+16*VECTOR

	group stacks
stacks:
	descriptor CODE1, 0, 0xfffff, (CODE32+DPL1)
	descriptor STACK1, 0, 0xfffff, (DATA32+DPL1)
	descriptor ABSENT_STACK, 0, 0xfffff, (DATA32+DPL1-PRESENT)
	descriptor READ_ONLY1, 0, 0xfffff, 0xc0b0
	descriptor SMALL_STACK1, stack1-16, 0xf, 0x40b2
	descriptor CONFORMING, 0, 0xfffff, 0xc09e
	idt_gate VECTOR, CODE1, ring1, GATE+DPL3
	movl $stack1, main_tss+12
	.macro with_ss1 name, selector, vector, error
	movl $\selector, main_tss+16
	user_faults "\name", \vector, \error, int $VECTOR
	.endm
	with_ss1 "to ring 1: SS1 null", 0, TS, 0
	with_ss1 "to ring 1: SS1 with RPL 0", STACK1, TS, STACK1
	with_ss1 "to ring 1: SS1 of DPL 0", KDATA+1, TS, KDATA
	with_ss1 "to ring 1: SS1 read-only", READ_ONLY1+1, TS, READ_ONLY1
	with_ss1 "to ring 1: SS1 not present", ABSENT_STACK+1, SS, ABSENT_STACK
	with_ss1 "to ring 1: SS1 beyond the GDT", 8*GDT_ENTRIES+1, TS, 8*GDT_ENTRIES
	/* Five dwords do not fit into 16 bytes. */
	movl $16, main_tss+12
	with_ss1 "to ring 1: no room on the stack", SMALL_STACK1+1, SS, SMALL_STACK1
	movl $stack1, main_tss+12
	movl $STACK1+1, main_tss+16
	user 1f
	fault "to ring 1 and there INT END", END, 0, ring1_end
	is "ring 1: CS", got_cs, $CODE1+1
	is "ring 1: SS", got_ss, $STACK1+1
	is "ring 1: ESP", got_esp, $stack1-20
	is "ring 1: return address on its stack", stack1-16, $UCODE
	is "ring 1: SS on its stack", stack1-4, $UDATA
	idt_gate VECTOR, CONFORMING, conforming, GATE+DPL3
	user 1f
	is "conforming handler stays in ring 3", got_cs, $CONFORMING+3
	is "conforming handler stays on the stack", got_esp, $user_stack-12
	/* The TSS ends before SS1. */
	idt_gate VECTOR, CODE1, ring1, GATE+DPL3
	descriptor SLOT(8), main_tss, 15, PRESENT+9
	mov $SLOT(8), %eax
	ltr %ax
	user_faults "to ring 1: TSS too short for SS1", TS, SLOT(8), int $VECTOR
	andb $~2, gdt+MAIN_TSS+5
	mov $MAIN_TSS, %eax
	ltr %ax
	idt_reset VECTOR
	ret
1:	int $VECTOR

conforming:
	ends
ring1:	ends
ring1_end:

	.data
small_idtr:
	.word 8*0xf0+6
	.long idt
	.bss
	.balign 16
kept_eflags:
	.skip 4
	.skip 64
stack1:	.skip 16
