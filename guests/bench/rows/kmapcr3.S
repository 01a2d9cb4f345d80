/* Both: a process switch, a global kmap PTE written and flushed, and three touches. */
#include "../bench.h"
#define EVENTS 60000

	.text
	.globl setup
setup:
	xor %eax, %eax
	call paging_on
	call map_windows
	mov %cr3, %eax
	mov %eax, %cr3
	jmp number_frames

	.globl round
round:
	mov $pdpt, %edx
	xor %ebx, %ebx
	xor %ebp, %ebp
1:	xor $PDPT_SWAP, %edx
	mov %edx, %cr3
	mov %ebx, %eax
	and $FRAME_COUNT - 1, %eax
	shl $12, %eax
	add $FRAMES + PTE_KERNEL + PTE_G, %eax
	mov %ebx, %ecx
	and $15, %ecx
	mov %ecx, %edi
	shl $12, %edi
	mov %eax, kmap_table(, %ecx, 8)
	invlpg KMAP(%edi)
	add KMAP(%edi), %ebp
	mov %ebx, KMAP + 4(%edi)
	xor WINDOW(%edi), %ebp
	rol $1, %ebp
	inc %ebx
	cmp $EVENTS, %ebx
	jb 1b
	mov %ebp, %eax
	ret
