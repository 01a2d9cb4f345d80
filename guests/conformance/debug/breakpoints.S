/* Breakpoints in DR0-DR3, DR6, DR7, RF. SDM: volume 3, 17.2, 17.3. */
#include "harness.h"
#include "lib.h"

	.text
	group instruction_breakpoints
instruction_breakpoints:
	watch 0, 1f
	arm L(0)
	nop
1:	nop
2:	nop
	disarm
	traps "execute breakpoint", 1
	trap 0, "execute breakpoint is a fault", 1b, 1
	/* Every other fault has RF set in what it pushes. */
	bits "execute breakpoint: no RF on the stack", LOG_EFLAGS(0), FL_RF, 0
	/* Without RF on return, the instruction would fault for ever; here the recorder sees it. */
	watch 3, 1f
	call clear_log
	idt_reset DB
	mov $G(3), %eax
	mov %eax, %dr7
	try
1:	nop
	tried
	fault "execute breakpoint through the recorder", DB, 0, 1b
	mov %dr6, %eax
	bits "DR6.B3", %eax, DR6_MASK, 8
	disarm
	/* A breakpoint has to be on the first byte, prefixes included. */
	watch 0, 1f+1
	watch 1, 1f
	watch 2, 1f
	arm L(0)+G(1)
1:	ds nop
	disarm
	traps "breakpoint on the first prefix", 1
	bits "breakpoint on the first prefix: DR6; B2, not enabled, may be set", LOG_DR6(0), 3, 2
	/* RF is set by a repeated string instruction's faults, and cleared by the next instruction. */
	watch 0, 1f
	arm L(0)
	mov $3, %ecx
	mov $buffer, %edi
1:	rep stosb
	disarm
	traps "breakpoint at a REP instruction", 1
	is "breakpoint at a REP instruction: ECX at the end", %ecx, $0
	/* RF in EFLAGS that IRET loads: one instruction goes by. */
	watch 0, 1f
	arm L(0)
	pushl $FL_RF+2
	pushl $KCODE
	pushl $1f
	iretl
1:	nop
	disarm
	traps "IRET with RF", 0
	watch 0, 1f
	arm L(0)
	pushl $FL_RF+2
	popfl
1:	pushfl
	pop %ebx
	disarm
	traps "POPF does not set RF", 1
	bits "PUSHF does not store RF", %ebx, FL_RF, 0
	/* An interrupted instruction has RF on the stack for faults, not for traps. */
	try
	ud2
	tried
	bits "RF on the stack for a fault", got_eflags, FL_RF, FL_RF
	try
	int3
	tried
	bits "RF on the stack for INT3", got_eflags, FL_RF, 0
	try
	int $0x40
	tried
	bits "RF on the stack for INT", got_eflags, FL_RF, 0
	/* MOV SS holds an instruction breakpoint back for one instruction. */
	watch 0, 1f
	arm L(0)
	mov %ss, %eax
	mov %eax, %ss
1:	nop
	nop
	disarm
	traps "MOV SS holds back a breakpoint at the next instruction", 0
	ret

	group data_breakpoints
data_breakpoints:
	watch 0, buffer+4
	arm L(0)+WRITE(0, 4)
	movl $1, buffer+4
1:	nop
	disarm
	traps "write breakpoint", 1
	trap 0, "write breakpoint is a trap", 1b, 1
	is "write breakpoint: the store is done", buffer+4, $1
	bits "write breakpoint: no RF", LOG_EFLAGS(0), FL_RF, 0
	arm L(0)+WRITE(0, 4)
	mov buffer+4, %eax
	movb $1, buffer+3
	movb $1, buffer+8
	disarm
	traps "write breakpoint: loads and neighbours", 0
	arm L(0)+WRITE(0, 4)
	movb $1, buffer+7
	movw $1, buffer+3
	movl $1, buffer+1
	disarm
	traps "write breakpoint: partial overlap", 3
	arm G(0)+ACCESS(0, 4)
	mov buffer+4, %eax
1:	addl $1, buffer+4
2:	nop
	disarm
	traps "access breakpoint", 2
	trap 0, "access breakpoint: load", 1b, 1
	trap 1, "access breakpoint: read and write once", 2b, 1
	watch 1, buffer+9
	arm L(1)+ACCESS(1, 1)
	movb buffer+8, %al
	movb buffer+10, %al
	movb buffer+9, %al
	disarm
	traps "length 1", 1
	watch 1, buffer+11
	arm L(1)+WRITE(1, 2)
	movb $0, buffer+10
	movb $0, buffer+11
	movb $0, buffer+12
	disarm
	traps "length 2 is aligned downwards", 2
	/* Two at once, and one that is not enabled. */
	watch 0, buffer
	watch 2, buffer+2
	arm L(0)+G(2)+WRITE(0, 1)+WRITE(2, 2)
	movl $0, buffer
	disarm
	bits "two data breakpoints at once", LOG_DR6(0), 5, 5
	/* Stack, string and read-modify-write accesses. */
	mov %esp, %eax
	sub $4, %eax
	mov %eax, %dr0
	arm L(0)+WRITE(0, 4)
	push %eax
1:	pop %eax
	disarm
	traps "PUSH, and the CALL behind it", 2
	trap 0, "PUSH", 1b, 1
	watch 0, buffer+16
	arm L(0)+WRITE(0, 4)
	mov $buffer, %edi
	mov $8, %ecx
	xor %eax, %eax
1:	rep stosl
2:	nop
	disarm
	traps "REP STOS", 1
	bits "REP STOS: DR6", LOG_DR6(0), DR6_MASK, 1
	/* A descriptor access is a data access as well. */
	watch 0, gdt+0x20
	arm L(0)+ACCESS(0, 4)
	mov $UDATA, %eax
	mov %eax, %fs
1:	nop
	disarm
	traps "descriptor read", 1
	/* The trap waits behind MOV SS, and is lost if that instruction is … not one of the delivering kind. */
	mov $KDATA, %ecx
	movw %cx, buffer+20
	watch 0, buffer+20
	arm L(0)+ACCESS(0, 2)
	movw buffer+20, %ss
1:	nop
2:	nop
	disarm
	traps "MOV SS from a watched word", 1
	trap 0, "MOV SS from a watched word: after the next instruction", 2b, 1
	/* Privilege does not matter. */
	watch 0, buffer
	arm G(0)+WRITE(0, 4)
	user 6f
	disarm
	traps "ring 3", 1
	trap 0, "ring 3", 7f, 1
	/* A fault of the instruction itself comes first; the trap is not reported. */
	arm L(0)+ACCESS(0, 4)
	mov $buffer, %esi
	xor %edx, %edx
	movl $0, buffer
	call clear_log
	try
1:	divl buffer
	tried
	disarm
	fault "a fault of the instruction comes before its data breakpoint", DE, 0, 1b
	ret
6:	movl $0, buffer
7:	ends

	group io_breakpoints
io_breakpoints:
	mov $1, %eax
	cpuid
	test $4, %edx
	jnz 1f
	skip "I/O breakpoints", "CPUID does not announce DE"
	ret
1:	mov %cr4, %eax
	or $8, %eax
	mov %eax, %cr4
	watch 0, 0xe0
	arm L(0)+PORT_ACCESS(0, 1)
	in $0xe0, %al
1:	out %al, $0xe0
2:	in $0xe1, %al
	in $0xdf, %ax
3:	nop
	disarm
	traps "I/O breakpoint", 3
	trap 0, "I/O breakpoint: IN", 1b, 1
	trap 1, "I/O breakpoint: OUT", 2b, 1
	trap 2, "I/O breakpoint: overlap", 3b, 1
	watch 0, 0xe0
	arm L(0)+PORT_ACCESS(0, 4)
	mov $0xe3, %edx
	out %al, (%dx)
	inc %edx
	out %al, (%dx)
	disarm
	traps "I/O breakpoint of four ports", 1
	/* DR4 and DR5 are there only while DE is clear. */
	faults "DE: MOV from DR4", UD, 0, .byte 0x0f, 0x21, 0xe0
	faults "DE: MOV to DR5", UD, 0, .byte 0x0f, 0x23, 0xe8
	mov %cr4, %eax
	and $~8, %eax
	mov %eax, %cr4
	fine "no DE: MOV from DR4", .byte 0x0f, 0x21, 0xe0
	mov $0x155, %ebx
	mov %ebx, %dr7
	.byte 0x0f, 0x21, 0xe8
	mov %dr7, %ebx
	same "no DE: DR5 is DR7", %eax, %ebx
	xor %eax, %eax
	mov %eax, %dr7
	ret

	group registers
registers:
	mov $0xffffffff, %eax
	mov %eax, %dr6
	mov %dr6, %ebx
	bits "DR6: reserved ones and bit 12", %ebx, 0xfffe1ff0, 0xfffe0ff0
	xor %eax, %eax
	mov %eax, %dr6
	mov %dr6, %ebx
	bits "DR6: ones that stay", %ebx, 0xfffe1ff0, 0xfffe0ff0
	xor %eax, %eax
	mov %eax, %dr7
	mov %dr7, %ebx
	is "DR7: bit 10 stays", %ebx, $0x400
	mov $0xd400, %eax
	mov %eax, %dr7
	mov %dr7, %ebx
	bits "DR7: bits 14 and 15 stay clear", %ebx, 0xc400, 0x400
	xor %eax, %eax
	mov %eax, %dr7
	mov $0x12345678, %eax
	mov %eax, %dr2
	mov %dr2, %ebx
	is "DR2", %ebx, $0x12345678
	/* The mod field is ignored: a register is meant. */
	xor %eax, %eax
	fine "MOV from DR2 with mod 0", .byte 0x0f, 0x21, 0x10
	/* General detect. */
	call clear_log
	idt_reset DB
	mov $GD, %eax
	mov %eax, %dr7
	try
1:	mov %dr0, %eax
	tried
	fault "GD: reading DR0 faults", DB, 0, 1b
	mov %dr6, %eax
	bits "GD: DR6.BD", %eax, DR6_MASK, DR6_BD
	mov %dr7, %eax
	bits "GD is cleared by the delivery", %eax, GD, 0
	disarm
	mov $GD, %eax
	mov %eax, %dr7
	user 2f
	fault "GD: ring 3 has no access at all", GP, 0, 2f
	try
1:	mov %eax, %dr7
	tried
	fault "GD: writing DR7 faults", DB, 0, 1b
	disarm
	ret
2:	mov %dr0, %eax

	.bss
	.balign 16
	.globl buffer
buffer:	.skip 64
