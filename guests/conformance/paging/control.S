/* Translations that must be forgotten, and what CR4 adds. SDM: volume 3, 4.10.4, 2.5, 4.6. */
#include "harness.h"
#include "lib.h"

	.text
	/* Page 0 of the window is page b from now on, without a flush. */
	.macro remap_to_b low
	movl $page_b+\low, table
	.endm
	.macro sees name, value
	mov WINDOW, %ecx
	is "\name", %ecx, $\value
	.endm
	.macro start_with low
	map 0, page_a, \low
	mov WINDOW, %ecx
	.endm

	group flushes
flushes:
	call two_levels
	movl $0xaaaa, page_a
	movl $0xbbbb, page_b
	start_with P+RW
	remap_to_b P+RW
	invlpg WINDOW+0xabc
	sees "INVLPG", 0xbbbb
	start_with P+RW
	remap_to_b P+RW
	flush
	sees "MOV to CR3", 0xbbbb
	start_with P+RW
	remap_to_b P+RW
	mov %cr0, %eax
	and $~CR0_PG, %eax
	mov %eax, %cr0
	or $CR0_PG, %eax
	mov %eax, %cr0
	sees "CR0.PG off and on", 0xbbbb
	map 0, page_a, 0
	faults "a missing page", PF, 0, mov WINDOW, %ecx
	remap_to_b P+RW
	sees "what was missing needs no flush", 0xbbbb
	/* More rights: the processor may use the old ones once, and walks again before it faults. */
	start_with P
	mov %cr0, %eax
	or $CR0_WP, %eax
	mov %eax, %cr0
	map 0, page_a, P
	mov WINDOW, %ecx
	orl $RW, table
	fine "more rights need no flush", movl $0xaaaa, WINDOW
	start_with P+RW
	movl $0xaaaa, WINDOW
	andl $~RW, table
	invlpg WINDOW
	faults "fewer rights after INVLPG", PF, E_P+E_W, movl $0, WINDOW
	mov %cr0, %eax
	and $~CR0_WP, %eax
	mov %eax, %cr0
	fine "CR0.WP off: read-only pages are ring 0's to write", movl $0xaaaa, WINDOW
	/* A cleared D bit is set again once the translation is forgotten. */
	start_with P+RW
	movl $0xaaaa, WINDOW
	bits "D is set by a store", table, (A+D), A+D
	andl $~(A+D), table
	invlpg WINDOW
	mov WINDOW, %ecx
	bits "A alone is set by a load", table, (A+D), A
	movl $0xaaaa, WINDOW
	bits "D is set by a store after a load", table, (A+D), A+D
	bits "A of the directory entry", directory+4, (A+D), A
	without HAS_PSE, "A and D of a 4 MiB page", "PSE", 2f
	bits "A and D of a 4 MiB page", directory, (A+D), A+D
	/* Global pages: INVLPG and CR4.PGE end them. */
	without HAS_PGE, "global pages", "PGE", 2f
	mov $CR4_PSE+CR4_PGE, %eax
	mov %eax, %cr4
	start_with P+RW+G
	remap_to_b P+RW+G
	invlpg WINDOW
	sees "global page, INVLPG", 0xbbbb
	start_with P+RW+G
	remap_to_b P+RW+G
	mov $CR4_PSE, %eax
	mov %eax, %cr4
	sees "global page, CR4.PGE off", 0xbbbb
	start_with P+RW+G
	remap_to_b P+RW+G
	flush
	sees "G without CR4.PGE", 0xbbbb
	start_with P+RW+G
	remap_to_b P+RW+G
	mov $CR4_PSE+CR4_PGE, %eax
	mov %eax, %cr4
	sees "CR4.PGE on", 0xbbbb
2:	call paging_off
	ret

	group control_registers
control_registers:
	mov %cr0, %ebx
	mov $0, %eax
	lmsw %ax
	mov %cr0, %eax
	bits "LMSW does not clear PE", %eax, CR0_PE, CR0_PE
	smsw %eax
	same "SMSW of 32 bits", %eax, %ebx
	faults "MOV CR1", UD, 0, .byte 0x0f, 0x20, 0xc8
	faults "MOV CR5", UD, 0, .byte 0x0f, 0x22, 0xe8
	mov $0x12345678, %eax
	mov %eax, %cr2
	mov %cr2, %ecx
	is "CR2 can be written", %ecx, $0x12345678
	faults "INVLPG of a register", UD, 0, .byte 0x0f, 0x01, 0xf8
	ret

	group user_mode
user_mode:
	call leaf7
	test $4, %ecx
	jnz 1f
	skip "UMIP", "CPUID does not announce it"
	jmp 2f
1:	mov $CR4_UMIP, %eax
	mov %eax, %cr4
	user_faults "UMIP: SGDT", GP, 0, sgdt scratch_value
	user_faults "UMIP: SIDT", GP, 0, sidt scratch_value
	user_faults "UMIP: SLDT", GP, 0, sldt %ax
	user_faults "UMIP: STR", GP, 0, str %ax
	user_faults "UMIP: SMSW", GP, 0, smsw %ax
	fine "UMIP: SMSW in ring 0", smsw %ax
	xor %eax, %eax
	mov %eax, %cr4
	user_fine "no UMIP: STR", str %ax
2:	call leaf7
	test $0x100000, %ebx
	jnz 1f
	skip "SMAP", "CPUID does not announce it"
	ret
1:	call two_levels
	mov $CR4_PSE+CR4_SMAP, %eax
	mov %eax, %cr4
	map 0, page_a, P+RW+US
	clac
	faults "SMAP: load", PF, E_P, mov WINDOW, %ecx
	faults "SMAP: store", PF, E_P+E_W, movl $0, WINDOW
	faults "SMAP: LGDT reads as a load", PF, E_P, lgdt WINDOW
	stac
	fine "SMAP: load with AC", mov WINDOW, %ecx
	/* The processor's own accesses are refused whatever AC says: entries 64 and up of this GDT are on a user page. */
	map 0, page_a, P+RW
	map 1, page_b, P+RW+US
	mov $gdt, %esi
	mov $page_a+0xe00, %edi
	mov $64*2, %ecx
	rep movsl
	movl $0x0000ffff, page_b
	movl $0x00cff300, page_b+4
	mov $64*8+3, %ecx
	lgdt user_gdtr
	user 6f+ALIAS, FL_AC+2
	page_fault "SMAP: descriptor on a user page in spite of AC", E_P, 6f+ALIAS, WINDOW+0x1000
	lgdt gdtr
	clac
	call paging_off
	user_faults "STAC in ring 3", UD, 0, stac
	ret
6:	mov %ecx, %es

	.data
	.balign 4
user_gdtr:
	.word 8*GDT_ENTRIES-1
	.long WINDOW+0xe00
