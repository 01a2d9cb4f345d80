/* Demand paging: touch 512 absent pages, map each in the #PF handler, then unmap all and flush. */
#include "../bench.h"
#define PASSES 1400

	.text
	.globl setup
setup:
	xor %eax, %eax
	call paging_on
	mov $page_fault, %eax
	mov $14, %ecx
	mov $0x8e00, %edx
	call set_gate
	jmp number_frames

	.globl round
round:
	push $PASSES
	xor %ebp, %ebp
pass:
	mov $WINDOW, %esi
	mov $512, %ecx
1:	add (%esi), %ebp
	add $4096, %esi
	dec %ecx
	jnz 1b
	rol $1, %ebp
	mov $window_table, %edi
	mov $512, %ecx
1:	movl $0, (%edi)
	add $8, %edi
	dec %ecx
	jnz 1b
	mov %cr3, %eax
	mov %eax, %cr3
	decl (%esp)
	jnz pass
	add $4, %esp
	mov %ebp, %eax
	ret

/* Page i gets frame i, and the pass's number decides which half of the frames it is from. */
page_fault:
	push %eax
	push %edx
	mov %cr2, %eax
	shr $12, %eax
	and $511, %eax
	mov 24(%esp), %edx
	and $1, %edx
	shl $9, %edx
	add %eax, %edx
	shl $12, %edx
	add $FRAMES + PTE_KERNEL, %edx
	mov %edx, window_table(, %eax, 8)
	pop %edx
	pop %eax
	add $4, %esp
	iret
