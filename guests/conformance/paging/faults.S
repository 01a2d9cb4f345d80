/* Where page faults are, what they leave behind, and translations that must be forgotten. SDM: volume 3, 4.7, 4.10. */
#include "harness.h"
#include "lib.h"

	.text
	group in_two_levels
in_two_levels:
	call two_levels
	call common_faults
	/* Bit 21 of an entry for 4 MiB is reserved with any PSE-36. */
	without HAS_PSE, "4 MiB page with bit 21", "PSE", 2f
	movl $0x200000+P+RW+PS, directory+12
	try
1:	mov 0xc00010, %eax
	tried
	page_fault "4 MiB page with bit 21", E_P+E_RSVD, 1b, 0xc00010
2:	movl $page_a+P+RW, directory+12
	movl $0, page_a
	try
1:	mov 0xc00010, %eax
	tried
	page_fault "empty table", 0, 1b, 0xc00010
	movl $0, directory+12
	try
1:	movl $0, 0xc00010
	tried
	page_fault "empty directory entry", E_W, 1b, 0xc00010
	call paging_off
	ret

	group in_pae
in_pae:
	without HAS_PAE, "page faults with PAE", "PAE", 9f
	call pae_levels
	call common_faults
	map 0, page_a, P+RW, 0x40000000
	try
1:	mov WINDOW, %eax
	tried
	page_fault "PAE: bit 62", E_P+E_RSVD, 1b, WINDOW
	mov $0xc0000080, %ecx
	mov $0x80000001, %eax
	push %ecx
	cpuid
	pop %ecx
	test $0x100000, %edx
	jz 2f
	rdmsr
	and $~0x800, %eax
	wrmsr
2:	map 0, page_a, P+RW, 0x80000000
	try
1:	mov WINDOW, %eax
	tried
	page_fault "PAE: bit 63 without EFER.NXE", E_P+E_RSVD, 1b, WINDOW
	movl $0x4000+P+RW+PS, pae_directory+24
	try
1:	mov 0x600010, %eax
	tried
	page_fault "PAE: 2 MiB page with bit 14", E_P+E_RSVD, 1b, 0x600010
	movl $0, pae_directory+24
	try
1:	mov 0x40000000, %eax
	tried
	page_fault "PAE: no pointer entry", 0, 1b, 0x40000000
	/* Pointer entries are read by MOV to CR3, not by accesses. */
	movl $pae_directory+P, pointers+8
	try
1:	mov 0x40100000, %eax
	tried
	page_fault "PAE: a pointer entry counts from the next MOV to CR3", 0, 1b, 0x40100000
	flush
	mov 0x40100000, %eax
	same "PAE: after MOV to CR3", %eax, 0x100000
	movl $pae_directory+P+RW, pointers+8
	mov $pointers, %eax
	faults "PAE: reserved bit in a pointer entry", GP, 0, mov %eax, %cr3
	movl $0, pointers+8
	call paging_off
9:	ret

common_faults:
	map 0, page_a, P+RW+US
	map 1, page_b, 0
	movl $0, page_a+0xffc
	try
1:	mov WINDOW+0xffe, %eax
	tried
	page_fault "load over the end of a page", 0, 1b, WINDOW+0x1000
	try
1:	movl $-1, WINDOW+0xffe
	tried
	page_fault "store over the end of a page", E_W, 1b, WINDOW+0x1000
	is "store over the end of a page: nothing is written", page_a+0xffc, $0
	try
1:	xchg %eax, WINDOW+0x1ffd
	tried
	page_fault "XCHG is a write", E_W, 1b, WINDOW+0x1ffd
	map 1, page_b, P+US
	mov %cr0, %eax
	or $CR0_WP, %eax
	mov %eax, %cr0
	try
1:	incl WINDOW+0x1000
	tried
	page_fault "INC of a read-only page with WP", E_P+E_W, 1b, WINDOW+0x1000
	try
1:	btsl $0, WINDOW+0x1000
	tried
	page_fault "BTS of a read-only page", E_P+E_W, 1b, WINDOW+0x1000
	mov $-1, %eax
	try
1:	cmpxchg %ecx, WINDOW+0x1000
	tried
	page_fault "CMPXCHG of a read-only page", E_P+E_W, 1b, WINDOW+0x1000
	map 1, page_b, 0

	/* Registers after a fault. */
	mov %esp, %ebx
	try
	mov $WINDOW+0x2000, %esp
1:	push %eax
	tried
	mov $WINDOW+0x2000, %eax
	/* The frame of the fault has no room either: a double fault. */
	fault "PUSH to a missing page", DF, 0, 1b
	same "PUSH to a missing page: ESP", got_esp, %eax
	is "PUSH to a missing page: CR2", got_cr2, $WINDOW+0x1ffc
	mov $WINDOW+0xff8, %edi
	mov $4, %ecx
	mov $0x12345678, %eax
	try
1:	rep stosl
	tried
	page_fault "REP STOS over the end of a page", E_W, 1b, WINDOW+0x1000
	is "REP STOS: ECX counts what was done", got_ecx, $2
	is "REP STOS: EDI points to what was not", got_edi, $WINDOW+0x1000
	is "REP STOS: what was done", page_a+0xffc, $0x12345678
	mov $WINDOW+0xffe, %esi
	mov $-1, %eax
	try
1:	lodsl
	tried
	is "LODS: ESI", got_esi, $WINDOW+0xffe
	try
1:	popl WINDOW+0x1000
	tried
	fault "POP to a missing page", PF, E_W, 1b
	same "POP to a missing page: ESP", got_esp, resume_esp

	/* Instructions. */
	movb $0xb8, page_a+0xffd
	try
	mov $WINDOW+0xffd, %eax
	jmp *%eax
	tried
	page_fault "instruction over the end of a page", 0, WINDOW+0xffd, WINDOW+0x1000
	try
	mov $WINDOW+0x1000, %eax
	jmp *%eax
	tried
	page_fault "jump to a missing page", 0, WINDOW+0x1000, WINDOW+0x1000

	/* Ring 3 touches what is the supervisor's. */
	mov $SLOT(0), %eax
	user 6f+ALIAS
	page_fault "ring 3: supervisor page", E_U+E_P, 6f+ALIAS, main_tss
	user start
	page_fault "ring 3: jump to a supervisor page", E_U+E_P, start, start

	ret
6:	mov main_tss, %eax

	group delivery
delivery:
	call two_levels
	/* The IDT's first 32 entries in page 0 of the window, the rest in page 1. */
	mov $idt, %esi
	mov $page_a+0xf00, %edi
	mov $64, %ecx
	rep movsl
	map 0, page_a, P+RW
	map 1, page_b, 0
	lidt window_idtr
	try
1:	int $0x20
	tried
	page_fault "IDT entry on a missing page", 0, 1b, WINDOW+0x1000
	movl $2, user_eflags
	user 6f+ALIAS
	page_fault "ring 3: IDT entry on a missing page is no user access", 0, 6f+ALIAS, WINDOW+0xf00+8*END
	lidt idtr

	/* The ring 0 stack is missing: #PF, then #PF again: double fault. */
	mov main_tss+4, %ebx
	movl $WINDOW+0x2000, main_tss+4
	user 7f+ALIAS
	mov %ebx, main_tss+4
	fault "ring 0 stack missing", DF, 0, 7f+ALIAS
	is "ring 0 stack missing: CR2", got_cr2, $WINDOW+0x1ffc
	is "ring 0 stack missing: CS of ring 3 is saved", got_cs, $UCODE
	call paging_off
	ret
6:	int $END
7:	ud2

	group tables
tables:
	call two_levels
	mov %cr0, %eax
	or $CR0_WP, %eax
	mov %eax, %cr0
	/* A copy of the GDT on a page that cannot be written: the accessed bit. */
	mov $gdt, %esi
	mov $page_a, %edi
	mov $GDT_ENTRIES*2, %ecx
	rep movsl
	andb $~1, page_a+SLOT(0)+5
	movl $0x0000ffff, page_a+SLOT(0)
	movl $0x00cf9200, page_a+SLOT(0)+4
	map 0, page_a, P
	movl $WINDOW, far_gdtr+2
	lgdt far_gdtr
	mov $SLOT(0), %ecx
	try
1:	mov %ecx, %fs
	tried
	fault "accessed bit on a read-only page", PF, E_P+E_W, 1b
	bits "accessed bit on a read-only page: CR2", got_cr2, 0xfffffff8, WINDOW+SLOT(0)
	mov $KDATA, %ecx
	fine "a segment that is accessed already", mov %ecx, %fs
	mov $UDATA, %ecx
	user 7f+ALIAS
	came "ring 3: descriptor on a supervisor page"
	lgdt gdtr
	/* The entries 64 and up on a missing page. */
	movl $WINDOW+0x1000-0x200, far_gdtr+2
	map 0, page_a, P+RW
	map 1, page_b, 0
	mov $gdt, %esi
	mov $page_a+0xe00, %edi
	mov $64*2, %ecx
	rep movsl
	lgdt far_gdtr
	mov $64*8+3, %ecx
	try
1:	mov %ecx, %fs
	tried
	page_fault "descriptor on a missing page", 0, 1b, WINDOW+0x1000
	user 7f+ALIAS
	page_fault "ring 3: descriptor on a missing page", 0, 7f+ALIAS, WINDOW+0x1000
	lgdt gdtr
	call paging_off
	ret
7:	mov %ecx, %es
	ends

	.data
	.balign 4
far_gdtr:
	.word 8*GDT_ENTRIES-1
	.long 0
	.balign 4
window_idtr:
	.word 0x7ff
	.long WINDOW+0xf00
