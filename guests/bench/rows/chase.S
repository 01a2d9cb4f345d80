/* A dependent load and a store at each of 1024 pages in a random order, through 4 KiB pages. */
#include "../bench.h"
#define STEPS 4000000

	.text
	.globl setup
setup:
	xor %eax, %eax
	call paging_on
	call map_windows
	/* The first 512 pages are in WINDOW; the other 512 in KMAP. */
	xor %ecx, %ecx
1:	lea FRAMES + 512 * 4096 + PTE_KERNEL, %eax
	mov %ecx, %edx
	shl $12, %edx
	add %edx, %eax
	mov %eax, kmap_table(, %ecx, 8)
	inc %ecx
	cmp $512, %ecx
	jb 1b
	mov %cr3, %eax
	mov %eax, %cr3
	/* A random cycle (Sattolo). order[i] = i, then swap each with one before it. */
	xor %ecx, %ecx
1:	mov %ecx, order(, %ecx, 4)
	inc %ecx
	cmp $1024, %ecx
	jb 1b
	mov $1023, %ecx
	mov $1, %ebx
1:	imul $1103515245, %ebx, %ebx
	add $12345, %ebx
	mov %ebx, %eax
	shr $8, %eax
	xor %edx, %edx
	div %ecx
	mov order(, %edx, 4), %eax
	xchg order(, %ecx, 4), %eax
	mov %eax, order(, %edx, 4)
	dec %ecx
	jnz 1b
	/* Node i is in page i, somewhere: link order[i] to order[i + 1]. */
	xor %ecx, %ecx
1:	mov order(, %ecx, 4), %eax
	call node
	mov %eax, %edi
	lea 1(%ecx), %eax
	and $1023, %eax
	mov order(, %eax, 4), %eax
	call node
	mov %eax, (%edi)
	inc %ecx
	cmp $1024, %ecx
	jb 1b
	ret

/* EAX: number to address. Clobbers EDX. */
node:
	imul $0x9e3779b1, %eax, %edx
	shr $20, %edx
	and $~63, %edx
	shl $12, %eax
	lea WINDOW(%eax, %edx), %eax
	ret

	.globl round
round:
	xor %eax, %eax
	call node
	mov $STEPS, %ecx
	xor %ebx, %ebx
1:	mov (%eax), %eax
	mov %ecx, 4(%eax)
	mov %eax, %edx
	shr $12, %edx
	lea (%edx, %ebx, 2), %ebx
	dec %ecx
	jnz 1b
	xor %ebx, %eax
	ret

	.bss
	.balign 4
order:	.space 4096
