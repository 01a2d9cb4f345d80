/* The trap logger. */
#include "harness.h"
#include "lib.h"

	.text
	.globl clear_log, disarm_all, log_trap
clear_log:
	push %eax
	idt_gate DB, KCODE, log_trap, PRESENT+0xe
	movl $0, log_count
	movl $0, stop_after
	xor %eax, %eax
	mov %eax, %dr6
	pop %eax
	ret

disarm_all:
	push %eax
	xor %eax, %eax
	mov %eax, %dr7
	mov %eax, %dr6
	idt_reset DB
	pop %eax
	ret

log_trap:
	push %eax
	push %ecx
	push %ds
	mov $KDATA, %eax
	mov %eax, %ds
	mov log_count, %ecx
	cmp $31, %ecx
	ja 1f
	imul $12, %ecx
	mov 12(%esp), %eax
	mov %eax, log(%ecx)
	mov 20(%esp), %eax
	mov %eax, log+4(%ecx)
	mov %dr6, %eax
	mov %eax, log+8(%ecx)
	incl log_count
	/* DR6 is sticky: clear it, and let an instruction breakpoint be passed once. */
	xor %eax, %eax
	mov %eax, %dr6
	orl $FL_RF, 20(%esp)
	mov log_count, %eax
	cmp stop_after, %eax
	jne 2f
1:	andl $~FL_TF, 20(%esp)
2:	pop %ds
	pop %ecx
	pop %eax
	iretl

	.bss
	.balign 16
	.globl log, log_count, stop_after
log:	.skip 12*32
log_count: .skip 4
stop_after: .skip 4
