/* System calls: user code calls INT 0x80, the kernel returns with IRET. */
#include "../bench.h"
#define EVENTS 2000000

	.text
	.globl setup
setup:
	mov $PTE_US, %eax
	call paging_on
	mov $system_call, %eax
	mov $0x80, %ecx
	mov $0xee00, %edx
	call set_gate
	mov $leave_user, %eax
	mov $0x81, %ecx
	mov $0xee00, %edx
	call set_gate
	/* A 32-bit TSS: only its SS0:ESP0 is used. */
	mov $tss, %eax
	movw $103, gdt_tss
	movw %ax, gdt_tss + 2
	shr $16, %eax
	movb %al, gdt_tss + 4
	movb $0x89, gdt_tss + 5
	movb %ah, gdt_tss + 7
	movl $SELECTOR_DATA, tss + 8
	movw $104, tss + 102
	mov $SELECTOR_TSS, %eax
	ltr %ax
	ret

	.globl round
round:
	mov %esp, tss + 4
	push $SELECTOR_USER_DATA
	push $user_stack_top
	push $2
	push $SELECTOR_USER_CODE
	push $user
	iret

user:
	mov $EVENTS, %ecx
	xor %eax, %eax
1:	int $0x80
	dec %ecx
	jnz 1b
	int $0x81

system_call:
	lea 1(%eax, %ecx), %eax
	iret

/* Back to who called round. The kernel's data segments: nobody changed DS and ES but IRET, if it had to. */
leave_user:
	mov $SELECTOR_DATA, %edx
	mov %edx, %ds
	mov %edx, %es
	mov %edx, %fs
	mov %edx, %gs
	mov tss + 4, %esp
	ret

	.bss
	.balign 4
tss:	.space 104
	.space 256
user_stack_top:
