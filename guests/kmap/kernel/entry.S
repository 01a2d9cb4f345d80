/* One stub per vector, all leading to trap(). SDM: volume 3, 6.12 and 6.13 (which exceptions push an error code). */
#include "layout.h"

	.text
	.altmacro

.macro STUB vector
stub_\vector:
	/* 8, 10-14, 17, 21, 29 and 30 bring an error code; the others get a zero, so that all frames look alike. */
	.if !(\vector == 8 || (\vector >= 10 && \vector <= 14) || \vector == 17 || \vector == 21 || \vector == 29 || \vector == 30)
	push $0
	.endif
	push $\vector
	jmp enter
.endm

.macro ADDRESS vector
	.long stub_\vector
.endm

	.set v, 0
	.rept 48
	STUB %v
	.set v, v + 1
	.endr
	STUB 128

enter:
	push %ds
	push %es
	push %fs
	push %gs
	pusha
	cld
	mov $KERNEL_DATA, %eax
	mov %eax, %ds
	mov %eax, %es
	push %esp
	call trap
	add $4, %esp

	.globl trap_return
trap_return:
	popa
	pop %gs
	pop %fs
	pop %es
	pop %ds
	add $8, %esp /* vector, error code */
	iret

	.section .rodata
	.balign 4
	.globl trap_stubs, trap_stub_call
trap_stubs:
	.set v, 0
	.rept 48
	ADDRESS %v
	.set v, v + 1
	.endr
trap_stub_call:
	.long stub_128

	.section .note.GNU-stack, "", @progbits
