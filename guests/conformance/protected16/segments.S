/* 16-bit segments: addresses that wrap, limits, stacks, sizes by prefix. SDM: volume 3, 3.4.5 and chapter 21. */
#include "harness.h"
#include "lib.h"

#define SMALL SLOT(6)
#define DOWN SLOT(7)
#define SHORT_CODE SLOT(8)
#define LDT SLOT(9)
#define DOWN_STACK SLOT(10)

	.text
	.globl to_p16, to_p16_user, define_16
define_16:
	descriptor CODE, LOW, 0xffff, CODE16
	descriptor DATA, P_DATA, 0xffff, DATA16
	descriptor STACK, P_STACK, 0xffff, DATA16
	descriptor SLOT(3), LOW, 0xffff, (CODE16+DPL3)
	descriptor SLOT(4), P_DATA, 0xffff, (DATA16+DPL3)
	descriptor SLOT(5), P_STACK3, 0xffff, (DATA16+DPL3)
	ret

to_p16:	push %eax
	mov $DATA, %eax
	mov %eax, %ds
	pop %eax
	pushl %cs:user_eflags
	popfl
	movw %cs:stack_16, %ss
	mov %cs:start_esp, %esp
	pushw $CODE
	pushw %cs:user_eip
	lretw

to_p16_user:
	pushl $STACK_3
	pushl $P_SP
	pushl user_eflags
	pushl $CODE_3
	pushl user_eip
	push %eax
	mov $DATA_3, %eax
	mov %eax, %ds
	mov %eax, %es
	pop %eax
	iretl

	group addresses
addresses:
	call define_16
	p16 1f
	is "PUSH: SP alone moves", got_esp, $(0x56781000-2)
	bits "PUSH of a word: its value", P_STACK+0xffe, 0xffff, 0x1234
	p16 2f
	is "PUSH with SP 0: FFFE", %ecx, $0x5678fffe
	p16_faults "word at FFFF", GP, 0, mov 0xffff, %ax
	p16_fine "byte at FFFF", mov 0xffff, %al
	p16_faults "word at FFFF of the stack", SS, 0, mov %ss:0xffff, %ax
	mov $0xffff, %ebx
	mov $2, %esi
	movb $0x77, P_DATA+1
	p16 3f
	is "16-bit sum wraps", got_eax, $0x77
	p16_faults "32-bit sum does not", GP, 0, mov (%ebx, %esi), %al
	movl $0xcafe, variable
	mov $variable, %ebx
	p16 4f
	is "32-bit address in 16-bit code", got_eax, $0xcafe
	movb $0x11, P_DATA+0xffff
	movb $0x22, P_DATA
	mov $0xabcdffff, %esi
	p16 5f
	is "LODSB wraps: SI", got_esi, $0xabcd0001
	is "LODSB wraps: bytes", got_eax, $0x2211
	mov $0x10002, %ecx
	p16 6f
	is "LOOP counts CX", got_ecx, $0x10000
	is "LOOP: rounds", got_edx, $2
	mov $0x10002, %ecx
	p16 7f
	is "LOOP with 67 counts ECX", got_edx, $0x10002
	p16 8f
	is "CALL pushes two bytes", got_esp, $(0x56781000-2)
	p16 10f
	is "CALL of 32 bits pushes four", got_esp, $(0x56781000-4)
	p16 12f
	is "PUSHA", got_esp, $(0x56781000-16)
	p16 13f
	is "PUSHAD", got_esp, $(0x56781000-32)
	p16 14f
	is "ENTER and LEAVE: SP", got_esp, $0x56781000
	p16 15f
	is "PUSH of a segment register with 66", got_esp, $(0x56781000-4)
	p16 16f
	fault "near JMP of 16 bits wraps at 64 KiB", END, 0, 17f+2-LOW
	p16_faults "JMP of 32 bits beyond the limit", GP, 0, .byte 0x66, 0xe9, 0, 0, 1, 0
	/* A 16-bit JMP in 32-bit code keeps 16 bits of EIP. */
	descriptor SLOT(11), 9f, 0xfffff, CODE32
	movw $0x80cd, 9f+0xfff4
	try
	ljmp $SLOT(11), $0
	.balign 16
9:	.byte 0x66, 0xe9
	.word -0x10
	ends
	tried
	fault "JMP of 16 bits in 32-bit code", END, 0, 0xfff6
	ret
	code_of_16
1:	pushw $0x1234
	int $END
2:	mov $0, %sp
	push %ax
	mov %esp, %ecx
	mov $P_SP, %sp
	int $END
3:	mov $0, %eax
	mov (%bx, %si), %al
	int $END
4:	mov %es:(%ebx), %eax
	int $END
5:	xor %eax, %eax
	lodsb
	mov %al, %dl
	lodsb
	mov %al, %ah
	mov %dl, %al
	int $END
6:	xor %edx, %edx
18:	inc %edx
	loop 18b
	int $END
7:	xor %edx, %edx
19:	inc %edx
	addr32 loop 19b
	int $END
8:	callw 11f
11:	int $END
10:	calll 11b
12:	pushaw
	int $END
13:	pushal
	int $END
14:	enterw $8, $0
	leavew
	int $END
15:	pushl %ds
	int $END
16:	.byte 0xe9
	.word 17f-(.+2)
17:	int $END
	code_of_32

	group limits
limits:
	descriptor SMALL, P_DATA, 0x1f, DATA16
	descriptor DOWN, P_DATA, 0xfff, 0x96
	descriptor SHORT_CODE, LOW, (short_end-LOW-1), CODE16
	mov $SMALL, %ecx
	.macro with_small name, instruction:vararg
	code_of_16
98:	mov %cx, %fs
96:	\instruction
	int $END
	code_of_32
	p16 98b
	fault "\name", GP, 0, 96b-LOW
	.endm
	.macro with_small_fine name, instruction:vararg
	code_of_16
98:	mov %cx, %fs
	\instruction
	int $END
	code_of_32
	p16 98b
	came "\name"
	.endm
	with_small_fine "word at the limit", mov %fs:0x1e, %ax
	with_small "word over the limit", mov %fs:0x1f, %ax
	with_small "byte above the limit", mov %fs:0x20, %al
	with_small_fine "dword at the limit", mov %fs:0x1c, %eax
	with_small "dword over the limit", mov %fs:0x1d, %eax
	mov $DOWN, %ecx
	with_small_fine "expand-down: above the limit", mov %fs:0x1000, %ax
	with_small "expand-down: at the limit", mov %fs:0xfff, %ax
	with_small "expand-down: 0", mov %fs:0, %al
	with_small_fine "expand-down: FFFE", mov %fs:0xfffe, %ax
	with_small "expand-down: word at FFFF", mov %fs:0xffff, %ax
	/* Stacks with limits: a fault has to find room for its own frame, so the task for double faults takes them. */
	descriptor DOWN_STACK, P_STACK, 0xfff, 0x96
	movw $DOWN_STACK, stack_16
	movw $0x2000, start_esp
	p16 1f
	came "expand-down stack: PUSH at 1002", DF
	p16 2f
	fault "expand-down stack: PUSH at 1001", DF, 0, 5f-LOW
	movw $STACK, stack_16
	movw $0x700, start_esp
	descriptor STACK, P_STACK, 0x7ff, DATA16
	p16 3f
	fault "PUSH above the stack's limit", DF, 0, 6f-LOW
	descriptor STACK, P_STACK, 0xffff, DATA16
	movw $P_SP, start_esp
	/* The end of code. */
	try
	ljmp $SHORT_CODE, $4f-LOW
	tried
	fault "code goes over its limit", GP, 0, (short_end-LOW-1)
	is "code goes over its limit: CS", got_cs, $SHORT_CODE
	try
	ljmp $SHORT_CODE, $short_end-LOW
	tried
	came "far JMP behind the limit", GP
	is "far JMP behind the limit: CS of the caller", got_cs, $KCODE
	ret
	code_of_16
1:	mov $0x1002, %sp
	push %ax
	ud2
2:	mov $0x1001, %sp
5:	push %ax
3:	mov $0x802, %sp
6:	push %ax
4:	nop
	.byte 0xb8
short_end:
	.byte 0, 0
	int $END
	code_of_32

	group local_table
local_table:
	call define_16
	descriptor LDT, gdt+SLOT(0), 0x17, PRESENT+2
	mov $LDT, %eax
	lldt %ax
	try
	ljmp $4, $1f-LOW
	tried
	fault "16-bit code of the LDT", END, 0, 2f-LOW
	is "16-bit code of the LDT: CS", got_cs, $4
	try
	mov $0x14, %eax
	mov %eax, %ss
	mov $P_SP, %esp
	pushw $0x7777
	ends
	tried
	is "16-bit stack of the LDT", got_ss, $0x14
	bits "16-bit stack of the LDT: SP", got_esp, 0xffff, (P_SP-2)
	mov $0x1c, %eax
	faults "beyond the LDT", GP, 0x1c, mov %eax, %es
	xor %eax, %eax
	lldt %ax
	/* LGDT of 16 bits takes 24 bits of base; SGDT stores 32. */
	movw $8*GDT_ENTRIES-1, P_DATA
	movl $gdt+0xab000000, P_DATA+2
	p16 3f
	sgdt scratch_table
	is "LGDT of 16 bits: 24 bits of base", scratch_table+2, $gdt
	ret
	code_of_16
1:	int $END
2:
3:	lgdtw 0
	int $END
	code_of_32

	.data
	.globl stack_16
start_esp:
	.long 0x56780000+P_SP
stack_16:
	.word STACK
variable: .long 0
scratch_table: .long 0, 0
