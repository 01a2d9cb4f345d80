/* Copy on write: map a page read-only, store to it, take the #PF, map its copy writable, store again. */
#include "../bench.h"
#define EVENTS 500000

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
	xor %ebx, %ebx
	xor %ebp, %ebp
1:	mov %ebx, %eax
	and $511, %eax
	mov %eax, %edi
	shl $12, %edi
	/* Shared: frame i, read-only. */
	lea FRAMES + PTE_P + PTE_A(%edi), %edx
	mov %edx, window_table(, %eax, 8)
	lea WINDOW(%edi), %edi
	invlpg (%edi)
	add (%edi), %ebp
	/* Faults. */
	mov %ebx, 4(%edi)
	xor 4(%edi), %ebp
	add (%edi), %ebp
	rol $1, %ebp
	inc %ebx
	cmp $EVENTS, %ebx
	jb 1b
	mov %ebp, %eax
	ret

/* Page i gets frame 512 + i, which starts with what frame i starts with. */
page_fault:
	push %eax
	push %ecx
	push %edx
	mov %cr2, %eax
	mov %eax, %ecx
	shr $12, %eax
	and $511, %eax
	mov %eax, %edx
	shl $12, %edx
	push (FRAMES)(%edx)
	pop (FRAMES + 512 * 4096)(%edx)
	add $FRAMES + 512 * 4096 + PTE_KERNEL, %edx
	mov %edx, window_table(, %eax, 8)
	invlpg (%ecx)
	pop %edx
	pop %ecx
	pop %eax
	add $4, %esp
	iret
