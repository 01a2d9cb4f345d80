/* A process switch: MOV CR3 to the other address space, then nine touches of pages that only it maps so. */
#include "../bench.h"
#define EVENTS 200000

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
	mov $EVENTS, %ecx
	mov $pdpt, %eax
	xor %ebp, %ebp
1:	xor $PDPT_SWAP, %eax
	mov %eax, %cr3
	mov $WINDOW, %esi
	mov $8, %edi
2:	add (%esi), %ebp
	add $4096, %esi
	dec %edi
	jnz 2b
	mov %ecx, 4(%esi)
	rol $1, %ebp
	dec %ecx
	jnz 1b
	mov %ebp, %eax
	ret
