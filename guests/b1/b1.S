/* Defect B-1 of KVM's global out-of-sync list, as a kernel that does nothing else.
 *
 * Two address spaces share a page table T at V = 2 MiB, each through a page directory of its own. One changes a global
 * entry of T while the other one's translation may be cached, and executes INVLPG, as it must. A processor that then
 * still uses the old page is broken: INVLPG ends a global translation in whichever address space it is executed.
 * SDM: volume 3, 4.10.4.1.
 *
 *     new page read    prints "new", halts                            status 0
 *     old page read    prints "old", writes 0 to the debug-exit port  status 1
 *
 * No interrupts, no stack, no segments but the loader's flat ones. */

#define TABLE  0x023    /* P RW A */
#define GLOBAL 0x163    /* P RW A D G */
#define LARGE  0x1e3    /* P RW A D PS G */

#define V          0x200000
#define CR4_PAE_PGE 0xa0
#define CR0_PG_WP  0x80010000

#define COM1        0x3f8
#define DEBUG_EXIT  0xf4
#define POWER_OFF   0x604    /* QEMU's; on other boards nothing is there */

	.section .multiboot, "a"
	.balign 4
	.long 0x1badb002, 0, -0x1badb002

	.text
	.globl start
start:
	cli

	/* The tables. The first GiB of both address spaces: 2 MiB mapped one to one, where this kernel and all tables
	 * are, then T. The directories differ, as those of two processes do; T is the same. */
	movl $(directory1 + 1), pdpt1
	movl $(directory2 + 1), pdpt2
	movl $LARGE, directory1
	movl $LARGE, directory2
	movl $(table + TABLE), directory1 + 8
	movl $(table + TABLE), directory2 + 8
	movl $'o', old_page
	movl $'n', new_page

	mov $CR4_PAE_PGE, %eax
	mov %eax, %cr4
	mov $pdpt1, %eax
	mov %eax, %cr3
	mov %cr0, %eax
	or $CR0_PG_WP, %eax
	mov %eax, %cr0

	/* 1. V is the old page, global. It is used: a shadow page for T is made, T becomes read-only. */
	movl $(old_page + GLOBAL), table
	mov V, %eax

	/* 2. A store to another entry of T. The hypervisor lets T go out of sync: from here on it sees no store to it. All
	 *    that its shadow holds is global, so it goes on the list of those that CR3 loads leave alone. */
	movl $0, table + 8

	/* 3. The other address space. Its directory has T too, but it has not used it yet, so its shadow directory has no
	 *    link to the shadow of T. */
	mov $pdpt2, %eax
	mov %eax, %cr3

	/* 4. V is the new page now; the old translation is flushed. INVLPG walks the shadow tables from the loaded root,
	 *    finds no link, and stops. */
	movl $(new_page + GLOBAL), table
	invlpg V

	/* 5. Back. T's shadow is linked here, is on the list, and is not synced. */
	mov $pdpt1, %eax
	mov %eax, %cr3

	/* 6. What does the processor find at V? */
	mov V, %ebx
	mov $new_text, %esi
	cmp $'n', %ebx
	je print
	mov $old_text, %esi

print:
	mov $COM1, %edx
1:	lodsb
	test %al, %al
	jz 2f
	out %al, (%dx)
	jmp 1b
2:	cmp $'n', %ebx
	je good
	xor %eax, %eax
	out %al, $DEBUG_EXIT

good:
	mov $POWER_OFF, %edx
	mov $0x2000, %eax
	out %ax, (%dx)
	cli
	hlt
	jmp good

	.section .rodata
new_text:
	.asciz "b1: new page: INVLPG was honoured\n"
old_text:
	.asciz "b1: old page: INVLPG was lost (B-1)\n"

	.bss
	.balign 4096
pdpt1:	.skip 32
pdpt2:	.skip 4064
directory1: .skip 4096
directory2: .skip 4096
table:	.skip 4096
old_page: .skip 4096
new_page: .skip 4096
