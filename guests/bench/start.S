/* From the loader to the row, and the protocol on COM1. Each round prints
 *
 *     <                 it begins
 *     >1234abcd\n       it has ended, and what it returned in EAX
 *
 * 16 rounds, then `.`, then debug exit 0. Whoever has seen enough rounds may stop the machine earlier.
 * Between the two OUT instructions of `<` and `>` every round executes the same instructions. */
#include "bench.h"

#define ROUNDS 16

	.section .multiboot, "a"
	.balign 4
	.long 0x1badb002, 0, -0x1badb002

	.text
	.globl start
start:
	cli
	cld
	mov $stack_top, %esp
	lgdt gdt_register
	ljmp $SELECTOR_CODE, $1f
1:	mov $SELECTOR_DATA, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %fs
	mov %eax, %gs
	mov %eax, %ss
	call serial_setup
	call setup

next_round:
	mov $'<', %al
	call put
	call round
	mov %eax, %esi
	mov $'>', %al
	call put
	mov $8, %edi
1:	rol $4, %esi
	mov %esi, %eax
	and $15, %eax
	movzbl hex_digits(%eax), %eax
	call put
	dec %edi
	jnz 1b
	mov $'\n', %al
	call put
	decl rounds_left
	jnz next_round

	mov $'.', %al
	call put
	xor %eax, %eax
	out %al, $DEBUG_EXIT
	/* A machine without that port stays here. */
1:	cli
	hlt
	jmp 1b

/* Prints AL; clobbers AH, EDX. The wait is before the OUT, so a marker is never delayed by a loop behind it. */
put:
	mov %al, %ah
	mov $COM1 + 5, %edx
1:	in %dx, %al
	test $0x20, %al
	jz 1b
	mov %ah, %al
	mov $COM1, %edx
	out %al, %dx
	ret

/* 115200 baud, 8N1, no FIFO, no interrupts. */
serial_setup:
	mov $serial_registers, %esi
	mov $6, %ecx
	xor %edx, %edx
1:	movw (%esi), %dx
	movb 2(%esi), %al
	out %al, %dx
	add $4, %esi
	loop 1b
	ret

/* Rows that have nothing to prepare. */
	.weak setup
setup:
	ret

	.section .rodata
	.balign 4
serial_registers:
	.short COM1 + 1, 0, COM1 + 3, 0x80, COM1 + 0, 1, COM1 + 1, 0, COM1 + 3, 3, COM1 + 4, 3
hex_digits:
	.ascii "0123456789abcdef"

	.data
	.balign 8
	.globl gdt, gdt_tss
gdt:	.quad 0
	.quad 0x00cf9a000000ffff /* kernel code, flat */
	.quad 0x00cf92000000ffff /* kernel data, flat */
	.quad 0x00cffa000000ffff /* user code, flat */
	.quad 0x00cff2000000ffff /* user data, flat */
gdt_tss:
	.quad 0 /* for the row that needs one */
gdt_register:
	.short . - gdt - 1
	.long gdt
	.balign 4
rounds_left:
	.long ROUNDS

	.bss
	.balign 4096
	.space 4096
	.globl stack_top
stack_top:
