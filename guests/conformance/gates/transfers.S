/* Far jumps, calls, returns, call gates with parameters, IRET to outer rings. SDM: volume 3, 5.8. */
#include "harness.h"

#define ABSENT_CODE SLOT(0)
#define CONFORMING SLOT(1)
#define CODE2 SLOT(2)
#define STACK2 SLOT(3)
#define GATE_A SLOT(4)
#define GATE_B SLOT(5)
#define SHORT_CODE SLOT(6)
#define CONFORMING3 SLOT(7)
#define ABSENT_STACK SLOT(9)
#define CALL_GATE PRESENT+0xc

	.macro jumps name, selector, vector, error
	faults "jmp \name", \vector, \error, ljmp $\selector, $out
	faults "call \name", \vector, \error, lcall $\selector, $out
	.endm

	.text
	group direct
direct:
	descriptor ABSENT_CODE, 0, 0xfffff, (CODE32-PRESENT)
	descriptor SHORT_CODE, 0, 0xfff, 0x409a
	descriptor CONFORMING, 0, 0xfffff, 0xc09e
	descriptor CONFORMING3, 0, 0xfffff, 0xc0fe
	jumps "null", 0, GP, 0
	jumps "beyond the GDT", 8*GDT_ENTRIES, GP, 8*GDT_ENTRIES
	jumps "LDT that is not there", 0xc, GP, 0xc
	jumps "data", KDATA, GP, KDATA
	jumps "outer code", UCODE, GP, (UCODE-3)
	jumps "RPL above CPL", KCODE+1, GP, KCODE
	jumps "outer conforming code", CONFORMING3+3, GP, CONFORMING3
	jumps "not present", ABSENT_CODE, NP, ABSENT_CODE
	jumps "beyond the limit", SHORT_CODE, GP, 0
	jumps "interrupt gate", SLOT(8), GP, SLOT(8)
	try
	ljmp $CONFORMING+3, $out
	tried
	is "jmp conforming with RPL 3: CS has RPL 0", got_cs, $CONFORMING
	mov %esp, %ebx
	try
	lcall $KCODE, $take_frame
1:	tried
	sub $8, %ebx
	same "call: two dwords", got_esp, %ebx
	is "call: return address", %ecx, $1b
	is "call: CS", %edx, $KCODE
	sub $0x40, %esp
	pushl $ABSENT_CODE
	pushl $out
	mov %esp, %ebx
	faults "lret not present", NP, ABSENT_CODE, lret
	same "lret not present: ESP", got_esp, %ebx
	movl $0, 4(%ebx)
	faults "lret null", GP, 0, lret
	movl $KDATA, 4(%ebx)
	faults "lret to data", GP, KDATA, lret
	movl $SHORT_CODE, 4(%ebx)
	faults "lret beyond the limit", GP, 0, lret
	movl $KCODE+1, 4(%ebx)
	faults "lret to RPL 1, DPL 0", GP, KCODE, lret
	movl $KCODE, 4(%ebx)
	try
	lret $0x20
	tried
	came "lret n"
	lea 0x28(%ebx), %ecx
	same "lret n: ESP", got_esp, %ecx
	add $0x48, %esp
	ret

take_frame:
	mov (%esp), %ecx
	mov 4(%esp), %edx
	ends

	.globl out
out:	ends
	ret

	.macro bad_call_gate name, target, offset, access, vector, error
	gate GATE_A, \target, \offset, \access
	faults "call gate \name", \vector, \error, lcall $GATE_A, $0
	.endm

	.macro user_call name, vector, error
	user_faults "\name", \vector, \error, lcall $GATE_A+3, $0x1234
	.endm

	group call_gates
call_gates:
	bad_call_gate "not present", KCODE, out, 0xc, NP, GATE_A
	bad_call_gate "target null", 0, out, CALL_GATE, GP, 0
	bad_call_gate "target data", KDATA, out, CALL_GATE, GP, KDATA
	bad_call_gate "target outer", UCODE, out, CALL_GATE, GP, (UCODE-3)
	bad_call_gate "target not present", ABSENT_CODE, out, CALL_GATE, NP, ABSENT_CODE
	bad_call_gate "target beyond the limit", SHORT_CODE, out, CALL_GATE, GP, 0
	gate GATE_A, KCODE, out, CALL_GATE
	faults "call gate with RPL above DPL", GP, GATE_A, lcall $GATE_A+1, $0
	mov %esp, %ebx
	try
	lcall $GATE_A, $0xffffffff
	tried
	came "call gate to the same ring"
	sub $8, %ebx
	same "call gate to the same ring: no stack switch", got_esp, %ebx
	try
	ljmp $GATE_A, $0
	tried
	came "jmp through a call gate"

	/* From ring 3 to ring 2, with parameters. */
	descriptor CODE2, 0, 0xfffff, (CODE32+DPL2)
	descriptor STACK2, 0, 0xfffff, (DATA32+DPL2)
	movl $stack2, main_tss+20
	movl $STACK2+2, main_tss+24
	user_call "ring 3: gate of DPL 0", GP, GATE_A
	gate GATE_A, CODE2, out, 0xc+DPL3
	user_call "ring 3: gate not present", NP, GATE_A
	gate GATE_A, CODE2, ring2, CALL_GATE+DPL3, 3
	user_faults "ring 3: jmp through a gate to ring 2", GP, CODE2, ljmp $GATE_A+3, $0
	user call_with_parameters
	came "ring 3: call gate to ring 2"
	is "ring 2: CS", got_cs, $CODE2+2
	is "ring 2: SS", got_ss, $STACK2+2
	is "ring 2: ESP", got_esp, $stack2-28
	is "ring 2: return address", stack2-28, $after_call
	is "ring 2: return CS", stack2-24, $UCODE
	is "ring 2: last parameter is lowest", stack2-20, $3
	is "ring 2: first parameter", stack2-12, $1
	is "ring 2: outer ESP", stack2-8, $user_stack-12
	is "ring 2: outer SS", stack2-4, $UDATA
	gate GATE_A, CODE2, ring2_returns, CALL_GATE+DPL3, 3
	user call_with_parameters
	fault "ring 2 returns to ring 3", END, 0, after_call+2
	is "lret n releases parameters on both stacks", got_esp, $user_stack
	is "return: DS of DPL 2 becomes null", got_ds, $0
	is "return: ES of DPL 3 stays", got_es, $UDATA
	is "return: FS conforming code stays", got_fs, $CONFORMING
	is "return: GS code of DPL 2 becomes null", got_gs, $0
	gate GATE_A, CONFORMING, out, CALL_GATE+DPL3, 3
	user call_with_parameters
	is "conforming target of a gate: CPL 3", got_cs, $CONFORMING+3
	is "conforming target of a gate: same stack", got_esp, $user_stack-20

	gate GATE_A, CODE2, out, CALL_GATE+DPL3
	movl $0, main_tss+24
	user_call "SS2 null", TS, 0
	movl $STACK2, main_tss+24
	user_call "SS2 with RPL 0", TS, STACK2
	movl $UDATA, main_tss+24
	user_call "SS2 of DPL 3", TS, (UDATA-3)
	movl $CODE2+2, main_tss+24
	user_call "SS2 code", TS, CODE2
	descriptor ABSENT_STACK, 0, 0xfffff, (DATA32+DPL2-PRESENT)
	movl $ABSENT_STACK+2, main_tss+24
	user_call "SS2 not present", SS, ABSENT_STACK
	descriptor ABSENT_STACK, stack2-16, 14, 0x40d2
	movl $16, main_tss+20
	user_call "SS2 too small", SS, ABSENT_STACK
	movl $STACK2+2, main_tss+24
	movl $stack2, main_tss+20
	ret

call_with_parameters:
	pushl $1
	pushl $2
	pushl $3
	lcall $GATE_A+3, $0
after_call:
	ends
ring2:	ends
ring2_returns:
	mov $STACK2+2, %eax
	mov %eax, %ds
	mov $CONFORMING, %eax
	mov %eax, %fs
	mov $CODE2+2, %eax
	mov %eax, %gs
	lret $12

	.macro outer_frame cs, ss
	movl $out, (%ebx)
	movl $\cs, 4(%ebx)
	movl $user_stack, 8(%ebx)
	movl $\ss, 12(%ebx)
	.endm
	.macro outer_iret name, cs, ss, vector, error
	movl $out, (%ebx)
	movl $\cs, 4(%ebx)
	movl $FL_IOPL+FL_NT+2, 8(%ebx)
	movl $user_stack, 12(%ebx)
	movl $\ss, 16(%ebx)
	faults "\name", \vector, \error, iretl
	.endm

	group outward
outward:
	sub $20, %esp
	mov %esp, %ebx
	outer_frame UCODE, UDATA
	try
	lret
	tried
	is "lret to ring 3: CS", got_cs, $UCODE
	is "lret to ring 3: ESP", got_esp, $user_stack
	outer_frame UCODE, 0
	faults "lret to ring 3: SS null", GP, 0, lret
	outer_frame UCODE, KDATA+3
	faults "lret to ring 3: SS of DPL 0", GP, KDATA, lret
	outer_frame UCODE, (UDATA-3)
	faults "lret to ring 3: SS with RPL 0", GP, (UDATA-3), lret
	outer_frame UCODE, UCODE
	faults "lret to ring 3: SS code", GP, (UCODE-3), lret
	descriptor ABSENT_STACK, 0, 0xfffff, (DATA32+DPL3-PRESENT)
	outer_frame UCODE, ABSENT_STACK+3
	faults "lret to ring 3: SS not present", SS, ABSENT_STACK, lret
	outer_iret "iret to ring 3: SS null", UCODE, 0, GP, 0
	outer_iret "iret to ring 3: SS of DPL 0", UCODE, KDATA+3, GP, KDATA
	outer_iret "iret to ring 3: SS not present", UCODE, ABSENT_STACK+3, SS, ABSENT_STACK
	outer_iret "iret to null", 0, UDATA, GP, 0
	outer_iret "iret to data", UDATA, UDATA, GP, (UDATA-3)
	outer_iret "iret to code not present", ABSENT_CODE, UDATA, NP, ABSENT_CODE
	outer_iret "iret to RPL 3 of DPL 0", KCODE+3, UDATA, GP, KCODE
	try
	movl $FL_IOPL+FL_NT+FL_IF+2, 8(%ebx)
	movl $UCODE, 4(%ebx)
	movl $UDATA, 16(%ebx)
	iretl
	tried
	came "iret to ring 3"
	is "iret to ring 3: IOPL, NT and IF are taken", got_eflags, $FL_IOPL+FL_NT+FL_IF+2
	add $20, %esp
	user user_iret
	fault "ring 3: iret", END, 0, out+2
	is "ring 3: iret leaves IOPL and IF", got_eflags, $FL_NT+FL_CF+2
	user user_iret_inner
	fault "ring 3: iret to ring 0", GP, KCODE, user_iret_inner_at
	user user_lret_inner
	fault "ring 3: lret to ring 0", GP, KCODE, user_lret_inner_at
	ret

user_iret:
	pushl $FL_IOPL+FL_IF+FL_NT+FL_CF+2
	pushl $UCODE
	pushl $out
	iretl
user_iret_inner:
	pushl $2
	pushl $KCODE
	pushl $out
user_iret_inner_at:
	iretl
user_lret_inner:
	pushl $KCODE
	pushl $out
user_lret_inner_at:
	lret

	.bss
	.balign 16
	.skip 64
stack2:	.skip 16
