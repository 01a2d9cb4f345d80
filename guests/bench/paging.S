/* PAE paging for the rows that want it: two address spaces that share everything but one table.
 *
 *     0x0000_0000   64 MiB as they are, by global 2 MiB pages
 *     WINDOW        2 MiB: window_table of the first address space, window_table2 of the second
 *     KMAP          2 MiB: kmap_table, in both
 *
 * SDM: volume 3, 4.4. The upper halves of all entries stay zero. */
#include "bench.h"

	.text
/* Maps, then turns paging on with CR4.PSE, PAE and PGE and CR0.WP. EAX: extra bits for the low 64 MiB's entries. */
	.globl paging_on
paging_on:
	or $PTE_KERNEL | PTE_PS | PTE_G, %eax
	xor %ecx, %ecx
1:	mov %eax, low_directory(, %ecx, 8)
	add $0x200000, %eax
	inc %ecx
	cmp $32, %ecx
	jb 1b

	movl $low_directory + PTE_P, pdpt
	movl $low_directory + PTE_P, pdpt2
	movl $high_directory + PTE_P, pdpt + 24
	movl $high_directory2 + PTE_P, pdpt2 + 24
	movl $window_table + PTE_KERNEL | PTE_US, high_directory
	movl $window_table2 + PTE_KERNEL | PTE_US, high_directory2
	movl $kmap_table + PTE_KERNEL | PTE_US, high_directory + 8
	movl $kmap_table + PTE_KERNEL | PTE_US, high_directory2 + 8

	mov $0xb0, %eax
	mov %eax, %cr4
	mov $pdpt, %eax
	mov %eax, %cr3
	mov %cr0, %eax
	or $0x80010000, %eax
	mov %eax, %cr0
	jmp 1f
1:	ret

/* Writes its number, times an odd constant, into the first word of each of FRAMES. */
	.globl number_frames
number_frames:
	mov $FRAMES, %edi
	xor %eax, %eax
1:	imul $0x9e3779b1, %eax, %edx
	mov %edx, (%edi)
	add $4096, %edi
	inc %eax
	cmp $FRAME_COUNT, %eax
	jb 1b
	ret

/* Maps the pages of WINDOW to the first 512 frames, and in the second address space to the last 512. */
	.globl map_windows
map_windows:
	mov $FRAMES + PTE_KERNEL, %eax
	xor %ecx, %ecx
1:	mov %eax, window_table(, %ecx, 8)
	lea 512 * 4096(%eax), %edx
	mov %edx, window_table2(, %ecx, 8)
	add $4096, %eax
	inc %ecx
	cmp $512, %ecx
	jb 1b
	ret

/* An interrupt gate. EAX: handler, ECX: vector, EDX: 0x8e00, or 0xee00 for one that user code may call. */
	.globl set_gate
set_gate:
	movw %ax, idt(, %ecx, 8)
	movw $SELECTOR_CODE, idt + 2(, %ecx, 8)
	movw %dx, idt + 4(, %ecx, 8)
	shr $16, %eax
	movw %ax, idt + 6(, %ecx, 8)
	lidt idt_register
	ret

	.data
	.balign 4
idt_register:
	.short 256 * 8 - 1
	.long idt

	.bss
	.balign 4096
	.globl pdpt, pdpt2, window_table, window_table2, kmap_table
low_directory:
	.space 4096
high_directory:
	.space 4096
high_directory2:
	.space 4096
window_table:
	.space 4096
window_table2:
	.space 4096
kmap_table:
	.space 4096
idt:	.space 2048
	.balign 64
pdpt:	.space 32
pdpt2:	.space 32
