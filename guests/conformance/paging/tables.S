/* Both kinds of page tables, and switching between them. SDM: volume 3, 4.3, 4.4. */
#include "harness.h"
#include "lib.h"

	.text
	.globl two_levels, pae_levels, paging_off, map_page
two_levels:
	call paging_off
	movl $P+RW+PS, directory
	movl $table+P+RW+US, directory+4
	movl $P+RW+US+PS, directory+8
	movl $4, entry_size
	movl $directory+4, window_entry
	mov $CR4_PSE, %eax
	testl $HAS_PSE, features
	jnz 2f
	/* Without large pages: a table for each of them. */
	mov $P+RW, %eax
	xor %ecx, %ecx
1:	mov %eax, low_table(, %ecx, 4)
	lea US(%eax), %edx
	mov %edx, alias_table(, %ecx, 4)
	add $0x1000, %eax
	inc %ecx
	cmp $1024, %ecx
	jb 1b
	movl $low_table+P+RW, directory
	movl $alias_table+P+RW+US, directory+8
	xor %eax, %eax
2:	mov %eax, base_cr4
	mov $directory, %ecx
	jmp paging_on

pae_levels:
	call paging_off
	movl $pae_directory+P, pointers
	movl $P+RW+PS, pae_directory
	movl $0x200000+P+RW+PS, pae_directory+8
	movl $table+P+RW+US, pae_directory+16
	movl $P+RW+US+PS, pae_directory+32
	movl $0x200000+P+RW+US+PS, pae_directory+40
	movl $8, entry_size
	movl $pae_directory+16, window_entry
	mov $CR4_PAE, %eax
	mov %eax, base_cr4
	mov $pointers, %ecx
paging_on:
	push %eax
	push %ecx
	mov $table, %edi
	mov $1024, %ecx
	xor %eax, %eax
	rep stosl
	pop %ecx
	pop %eax
	mov %eax, %cr4
	mov %ecx, %cr3
	mov %ecx, df_tss+28
	mov %ecx, main_tss+28
	movl $user_stack+ALIAS, user_esp
	mov %cr0, %eax
	or $CR0_PG, %eax
	mov %eax, %cr0
	ret

paging_off:
	mov %cr0, %eax
	and $~(CR0_PG+CR0_WP), %eax
	mov %eax, %cr0
	xor %eax, %eax
	mov %eax, %cr4
	movl $user_stack, user_esp
	ret

/* map_page(n, entry, upper half) */
map_page:
	pushal
	mov 36(%esp), %ecx
	mov 40(%esp), %eax
	mov 44(%esp), %edx
	cmpl $8, entry_size
	je 1f
	mov %eax, table(, %ecx, 4)
	jmp 2f
1:	mov %edx, table+4(, %ecx, 8)
	mov %eax, table(, %ecx, 8)
2:	shl $12, %ecx
	add $WINDOW, %ecx
	invlpg (%ecx)
	popal
	ret $12

	.bss
	.globl table, directory, pae_directory, pointers, entry_size, window_entry, page_a, page_b
	.balign 4096
directory: .skip 4096
low_table: .skip 4096
alias_table: .skip 4096
table:	.skip 4096
pae_directory: .skip 4096
page_a:	.skip 4096
page_b:	.skip 4096
pointers: .skip 32
entry_size: .skip 4
	.globl base_cr4
base_cr4: .skip 4
window_entry: .skip 4
