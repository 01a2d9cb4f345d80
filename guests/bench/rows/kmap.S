/* kmap_atomic: write a global PTE, INVLPG, a load, a store and a load through it. 16 slots, 1024 frames.
 * The sum in EAX comes out wrong if a translation was stale. */
#include "../bench.h"
#define EVENTS 1500000

	.text
	.globl setup
setup:
	xor %eax, %eax
	call paging_on
	jmp number_frames

	.globl round
round:
	xor %ebx, %ebx
	xor %ebp, %ebp
1:	/* Frame number times 4096, as a global PTE. */
	mov %ebx, %eax
	and $FRAME_COUNT - 1, %eax
	shl $12, %eax
	add $FRAMES + PTE_KERNEL + PTE_G, %eax
	/* Slot and its address. */
	mov %ebx, %ecx
	and $15, %ecx
	mov %ecx, %edi
	shl $12, %edi
	add $KMAP, %edi
	mov %eax, kmap_table(, %ecx, 8)
	invlpg (%edi)
	add (%edi), %ebp
	mov %ebx, 4(%edi)
	xor 4(%edi), %ebp
	rol $1, %ebp
	inc %ebx
	cmp $EVENTS, %ebx
	jb 1b
	mov %ebp, %eax
	ret
