/* Which exception an instruction raises that could raise several, and what is left after it. SDM: volume 3, 6.9, table 6-2. */
#include "harness.h"

#define SMALL SLOT(0)

	.text
	group forms
forms:
	faults "UD2", UD, 0, ud2
	faults "0F FF (UD0)", UD, 0, .byte 0x0f, 0xff, 0xc0
	faults "0F B9 (UD1)", UD, 0, .byte 0x0f, 0xb9, 0xc0
	faults "0F 04", UD, 0, .byte 0x0f, 0x04
	faults "0F 0A", UD, 0, .byte 0x0f, 0x0a
	faults "FF /7", UD, 0, .byte 0xff, 0xf8
	faults "FE /2", UD, 0, .byte 0xfe, 0xd0
	faults "8F /1", UD, 0, .byte 0x8f, 0xc8
	faults "C6 /1", UD, 0, .byte 0xc6, 0xc8, 0
	faults "0F BA /3", UD, 0, .byte 0x0f, 0xba, 0xd8, 0
	faults "0F 00 /6", UD, 0, .byte 0x0f, 0x00, 0xf0
	faults "LEA of a register", UD, 0, .byte 0x8d, 0xc0
	faults "BOUND of a register", UD, 0, .byte 0x62, 0xc0
	faults "far CALL of a register", UD, 0, .byte 0xff, 0xd8
	faults "far JMP of a register", UD, 0, .byte 0xff, 0xe8
	faults "LGDT of a register", UD, 0, .byte 0x0f, 0x01, 0xd7
	faults "LES of a register", UD, 0, .byte 0xc4, 0xc0
	faults "LSS of a register", UD, 0, .byte 0x0f, 0xb2, 0xc0
	faults "LOCK NOP", UD, 0, .byte 0xf0, 0x90
	faults "LOCK MOV", UD, 0, .byte 0xf0, 0xa3, 0, 0, 0, 0
	faults "LOCK ADD to a register", UD, 0, .byte 0xf0, 0x01, 0xc0
	faults "LOCK ADD from memory", UD, 0, .byte 0xf0, 0x03, 0x05, 0, 0, 0, 0
	faults "LOCK CMP", UD, 0, .byte 0xf0, 0x39, 0x05, 0, 0, 0, 0
	faults "LOCK BT", UD, 0, .byte 0xf0, 0x0f, 0xba, 0x25, 0, 0, 0, 0, 0
	faults "LOCK INT", UD, 0, .byte 0xf0, 0xcd, 0x80
	fine "LOCK ADD to memory", lock addl $0, word
	fine "LOCK XCHG", lock xchg %eax, word
	fine "LOCK BTS", lock btsl $0, word
	fine "LOCK NOT", lock notl word
	fine "REP before an instruction that ignores it", .byte 0xf3, 0x01, 0xc0
	fine "15 bytes", .byte 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90
	faults "16 bytes", GP, 0, .byte 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90
	faults "16 bytes with an immediate", GP, 0, .byte 0x26, 0x26, 0x26, 0x26, 0x26, 0x26, 0x81, 0x05, 1, 2, 3, 4, 1, 2, 3, 4
	faults "LOCK comes before the length? no: too long first", GP, 0, .byte 0xf0, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90
	without HAS_CX8, "CMPXCHG8B", "CX8", 9f
	faults "CMPXCHG8B of a register", UD, 0, .byte 0x0f, 0xc7, 0xc8
	fine "LOCK CMPXCHG8B", lock cmpxchg8b word
9:	ret

	group arithmetic
arithmetic:
	xor %ecx, %ecx
	mov $7, %eax
	mov $9, %edx
	faults "DIV by 0", DE, 0, div %ecx
	is "DIV by 0: EAX", got_eax, $7
	is "DIV by 0: EDX", got_edx, $9
	mov $1, %ecx
	faults "DIV: the quotient is too large", DE, 0, div %ecx
	mov $0x80000000, %eax
	mov $0xffffffff, %edx
	mov $-1, %ecx
	faults "IDIV: -2^31 by -1", DE, 0, idiv %ecx
	mov $0x8000, %eax
	mov $0xff, %ecx
	faults "IDIV of a byte: -2^15 by -1", DE, 0, idiv %cl
	faults "AAM 0", DE, 0, .byte 0xd4, 0
	movb $0x7f, %al
	addb $1, %al
	try
	into
1:	tried
	fault "INTO is a trap", OF, 0, 1b
	xor %eax, %eax
	fine "INTO without OF", into
	mov $5, %eax
	faults "BOUND: too large is a fault", BR, 0, bound %eax, bounds
	mov $-1, %eax
	faults "BOUND: signed", BR, 0, bound %eax, bounds
	mov $4, %eax
	fine "BOUND: the upper bound is inside", bound %eax, bounds
	ret

	group segments_first
segments_first:
	descriptor SMALL, 0, 0xf, 0x4092
	/* The limit comes before paging, an undefined opcode before #NM, #NM before the operand. */
	mov %cr0, %ebx
	mov %ebx, %eax
	or $CR0_EM, %eax
	mov %eax, %cr0
	faults "EM: x87 instruction", NM, 0, fld1
	mov $SMALL, %ecx
	mov %ecx, %fs
	faults "EM: NM before the operand's limit", NM, 0, fldl %fs:0x100
	faults "EM: MMX is undefined", UD, 0, .byte 0x0f, 0x77
	faults "LOCK x87: UD before NM", UD, 0, .byte 0xf0, 0xd9, 0xe8
	fine "EM: WAIT", fwait
	mov %ebx, %eax
	or $CR0_TS, %eax
	mov %eax, %cr0
	mov $SMALL, %ecx
	mov %ecx, %fs
	faults "TS: NM before the operand's limit", NM, 0, fldl %fs:0x100
	without HAS_MMX, "TS: MMX", "MMX", 1f
	faults "TS: MMX", NM, 0, .byte 0x0f, 0xef, 0xc0
1:	clts
	mov $SMALL, %ecx
	mov %ecx, %fs
	faults "limit of an x87 operand", GP, 0, fldl %fs:0x100
	mov $1, %eax
	cpuid
	test $0x02000000, %edx
	jz 2f
	mov %cr4, %ebx
	mov %ebx, %eax
	and $~0x200, %eax
	mov %eax, %cr4
	faults "SSE without OSFXSR", UD, 0, xorps %xmm0, %xmm0
	mov %cr0, %eax
	or $CR0_TS, %eax
	mov %eax, %cr0
	faults "SSE without OSFXSR and with TS: UD before NM", UD, 0, xorps %xmm0, %xmm0
	mov %cr4, %eax
	or $0x200, %eax
	mov %eax, %cr4
	faults "SSE with TS", NM, 0, xorps %xmm0, %xmm0
	clts
	fine "SSE", xorps %xmm0, %xmm0
	faults "MOVAPS off by 8", GP, 0, movaps sixteen+8, %xmm0
	mov $SMALL, %ecx
	mov %ecx, %fs
	faults "MOVUPS over the limit", GP, 0, movups %fs:8, %xmm0
	mov %ebx, %cr4
	jmp 1f
2:	skip "SSE", "CPUID does not announce it"
1:	/* Privilege before operands. */
	mov $SMALL, %ecx
	mov %ecx, %fs
	xor %ecx, %ecx
	user_faults "ring 3: DIV by 0", DE, 0, div %ecx
	user_faults "ring 3: privilege before the operand", GP, 0, lgdt 0
	user_faults "ring 3: undefined before privilege", UD, 0, .byte 0x0f, 0x01, 0xd7
	user_faults "ring 3: LOCK HLT", UD, 0, .byte 0xf0, 0xf4
	/* Jump out of the code segment: the target faults, or the jump itself. */
	descriptor SLOT(1), 0x100000, 0xffff, 0x409a
	try
	ljmp $SLOT(1), $7f-0x100000
	tried
	fault "near JMP beyond the limit: at the JMP", GP, 0, 7f-0x100000
	is "near JMP beyond the limit: CS", got_cs, $SLOT(1)
	ret
7:	.byte 0xe9, 0, 0, 2, 0

	group limits_of_code
limits_of_code:
	/* An instruction that goes over the end of its segment. */
	descriptor SLOT(1), 8f, 1, 0x409a
	try
	ljmp $SLOT(1), $0
	tried
	fault "instruction over the limit", GP, 0, 1
	descriptor SLOT(1), 8f, 2, 0x409a
	try
	ljmp $SLOT(1), $0
	tried
	came "instruction up to the limit"
	ret
8:	nop
	ends
	.data
	.balign 16
sixteen: .skip 32
word:	.long 0, 0
bounds:	.long 0, 4
