/* From the loader's flat 32-bit world to the linked address: PAE paging on, jump high, call main().
 * Multiboot 1 specification, sections 3.1 and 3.2. SDM: volume 3, 4.1.2.1 (order of the paging switches). */
#include "layout.h"

#define MULTIBOOT_MAGIC 0x1badb002
#define MULTIBOOT_FLAGS 0x00000003 /* modules on page boundaries, memory information wanted */

#define PHYSICAL(symbol) ((symbol) - KERNEL_BASE)

	.section .multiboot, "a"
	.balign 4
	.long MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

	.section .boot, "ax"
	.globl boot_start
boot_start:
	cli
	cld
	mov %eax, %ebp /* loader's magic */
	mov %ebx, %esi /* loader's information; CPUID clobbers EBX */

	mov $1, %eax
	cpuid
	test $(1 << 6), %edx
	jz no_pae

	/* One directory of 512 pages of 2 MiB: the first GiB of memory, seen at 0 (where we run) and at 3 GiB. */
	mov $PHYSICAL(boot_directory), %edi
	mov $0x83, %eax /* present, writable, 2 MiB */
	mov $512, %ecx
1:	mov %eax, (%edi)
	movl $0, 4(%edi)
	add $LARGE_SIZE, %eax
	add $8, %edi
	loop 1b

	mov $PHYSICAL(boot_directory) + 1, %eax /* a PDPTE has P and almost no other bit */
	mov %eax, PHYSICAL(boot_pdpt) + 0
	mov %eax, PHYSICAL(boot_pdpt) + 24

	mov %cr4, %eax
	or $(1 << 5), %eax /* PAE */
	mov %eax, %cr4
	mov $PHYSICAL(boot_pdpt), %eax
	mov %eax, %cr3
	mov %cr0, %eax
	or $0x80010000, %eax /* PG, WP */
	mov %eax, %cr0
	mov $high_start, %eax
	jmp *%eax

/* The only thing this kernel can say without paging. */
no_pae:
	mov $no_pae_text, %esi
1:	mov $0x3fd, %dx
2:	in %dx, %al
	test $0x20, %al
	jz 2b
	lodsb
	test %al, %al
	jz 3f
	mov $0x3f8, %dx
	out %al, %dx
	jmp 1b
3:	mov $1, %al
	out %al, $0xf4
4:	cli
	hlt
	jmp 4b

no_pae_text:
	.asciz "FAIL kernel: this processor has no PAE\r\n"

	.text
high_start:
	mov $boot_stack_top, %esp
	push %esi
	push %ebp
	xor %ebp, %ebp
	call main
	ud2

	.bss
	.balign 4096
boot_directory:
	.skip 4096
	.balign 32
boot_pdpt:
	.skip 32
	.balign 16
boot_stack:
	.skip 4096
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
