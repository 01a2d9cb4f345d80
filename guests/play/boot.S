/* From the loader's flat 32-bit world to the linked address: PAE paging on, jump high, call main().
 * Multiboot 1 specification, sections 3.1 and 3.2. SDM: volume 3, 4.1.2.1 (order of the paging switches). */
#include "layout.h"

#define MULTIBOOT_MAGIC 0x1badb002
#define MULTIBOOT_FLAGS 0x00000003 /* modules on page boundaries, memory information wanted */

#define LARGE_GLOBAL 0x1e3 /* P RW A D PS G */
#define CR4_PSE_PAE 0x30
#define CR0_PG_WP 0x80010000

#define PHYSICAL(symbol) ((symbol) - KERNEL_BASE)

	.section .multiboot, "a"
	.balign 4
	.long MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

	.section .boot, "ax"
	.globl boot_start
boot_start:
	cli
	cld

	/* The kernel's directory for good. Here it serves a second time at 0, where we run. */
	mov $PHYSICAL(kernel_directory), %edi
	mov $LARGE_GLOBAL, %edx
	mov $KERNEL_LARGE_PAGES, %ecx
1:	mov %edx, (%edi)
	add $LARGE_SIZE, %edx
	add $8, %edi
	loop 1b
	mov $PHYSICAL(kernel_directory) + 1, %edx /* a PDPTE has P and almost no other bit */
	mov %edx, PHYSICAL(boot_pdpt) + 0
	mov %edx, PHYSICAL(boot_pdpt) + 24

	mov %cr4, %edx
	or $CR4_PSE_PAE, %edx
	mov %edx, %cr4
	mov $PHYSICAL(boot_pdpt), %edx
	mov %edx, %cr3
	mov %cr0, %edx
	or $CR0_PG_WP, %edx
	mov %edx, %cr0
	mov $high_start, %edx
	jmp *%edx

	.text
high_start:
	mov $boot_stack_top, %esp
	push %ebx /* loader's information */
	push %eax /* loader's magic */
	xor %ebp, %ebp
	call main
	ud2

	.bss
	.balign 4096
	.globl kernel_directory
kernel_directory:
	.skip 4096
	.balign 32
boot_pdpt:
	.skip 32
	.balign 16
boot_stack:
	.skip 4096
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
