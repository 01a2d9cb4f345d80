/* Into the kernel, and out to ring 3 and back. SDM: volume 3, 6.12 and 6.13 (which exceptions push an error code). */
#include "layout.h"

	.text
	.altmacro

.macro STUB vector
stub_\vector:
	/* 8, 10-14 and 17 bring an error code; the others get a zero, so that all frames look alike. */
	.if !(\vector == 8 || (\vector >= 10 && \vector <= 14) || \vector == 17)
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
	pusha
	cld
	mov $KERNEL_DATA, %eax
	mov %eax, %ds
	mov %eax, %es
	push %esp
	call trap
	add $4, %esp
	popa
	pop %es
	pop %ds
	add $8, %esp /* vector, error code */
	iret

/* u32 user_run(u32 eip): runs ring 3 from there; returns what user_leave() is given. What is pushed here stays on the
 * stack below esp0, where traps from ring 3 begin. */
	.globl user_run
user_run:
	push %ebp
	push %ebx
	push %esi
	push %edi
	mov 20(%esp), %eax
	mov %esp, task_state + 4 /* esp0 */
	push $USER_DATA
	push $0 /* no stack: the program needs none */
	push $2 /* EFLAGS: no interrupts */
	push $USER_CODE
	push %eax
	mov $USER_DATA, %eax
	mov %eax, %ds
	mov %eax, %es
	iret

/* void user_leave(u32 value): from inside a trap. */
	.globl user_leave
user_leave:
	mov 4(%esp), %eax
	mov task_state + 4, %esp
	pop %edi
	pop %esi
	pop %ebx
	pop %ebp
	ret

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

/* What runs in ring 3, from a frame of its own: a store that faults, and a look at what it did. */
	.globl user_program, user_program_end
user_program:
	mov $0x600d, %eax
	mov %eax, FAULT_ADDRESS
	mov FAULT_ADDRESS, %eax
	int $CALL_VECTOR
user_program_end:

	.section .note.GNU-stack, "", @progbits
