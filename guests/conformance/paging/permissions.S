/* Every combination of rights and accesses. SDM: volume 3, 4.6 and 4.7.
 *
 * The bits of a case, in EBX; the expected error code is computed from the rules, the processor asks its tables. */
#include "harness.h"
#include "lib.h"

#define PTE_P 0x001
#define PTE_W 0x002
#define PTE_U 0x004
#define PDE_W 0x008
#define PDE_U 0x010
#define WP 0x020
#define RING3 0x040
#define WRITES 0x080
#define FETCHES 0x100
#define SET_AC 0x200
#define PTE_NX 0x400
#define PDE_NX 0x800
#define EFER 0xc0000080
#define NXE 0x800

	.text
	/* Goes through the cases up to `last`; reports how many there were, how many errors, and the first wrong one. */
	.macro all_cases name, last
	mov $\last, %ecx
	call run_cases
	is "\name: cases that differ", wrong_cases, $0
	cmpl $0, wrong_cases
	je 95f
	is "\name: the first of them: error code", first_got, first_expected
	is "\name: the first of them: case", first_wrong, $0
95:	is "\name: A and D where they should not be, or not where they should", wrong_bits, $0
	.endm

run_cases:
	mov %ecx, last_case
	movl $0, wrong_cases
	movl $0, wrong_bits
	movw $0x80cd, page_a
	xor %ebx, %ebx
1:	mov %ebx, %eax
	and $WRITES+FETCHES, %eax
	cmp $WRITES+FETCHES, %eax
	je 2f
	call run_case
2:	inc %ebx
	cmp last_case, %ebx
	jbe 1b
	mov %cr0, %eax
	and $~CR0_WP, %eax
	mov %eax, %cr0
	mov window_entry, %ecx
	orl $RW+US, (%ecx)
	flush
	ret

run_case:
	call set_tables
	call expected_error
	mov %eax, expected
	mov $WINDOW, %ecx
	push %ebx
	movw $0x80cd, page_a
	try
	mov $user_reads+ALIAS, %eax
	test $WRITES, %ebx
	jz 1f
	mov $user_writes+ALIAS, %eax
1:	test $FETCHES, %ebx
	jz 1f
	mov %ecx, %eax
1:	mov %eax, user_eip
	movl $2, user_eflags
	test $SET_AC, %ebx
	jz 1f
	movl $FL_AC+2, user_eflags
1:	test $RING3, %ebx
	jnz to_user
	pushl user_eflags
	popfl
	cmp %ecx, %eax
	je 1f
	sub $ALIAS, %eax
1:	jmp *%eax
	tried
	pop %ebx
	mov $-1, %eax
	cmpl $END, got_vector
	je 1f
	mov got_error, %eax
	cmpl $PF, got_vector
	je 1f
	mov $-2, %eax
1:	cmp expected, %eax
	je 2f
	cmpl $0, wrong_cases
	jne 1f
	mov %ebx, first_wrong
	mov %eax, first_got
	mov expected, %edx
	mov %edx, first_expected
1:	incl wrong_cases
2:	/* A and D of both entries after an access that went through; no D after one that did not. */
	mov window_entry, %ecx
	mov table, %edx
	and $A+D, %edx
	cmpl $-1, expected
	jne 2f
	testl $A, (%ecx)
	jz 3f
	mov $A, %eax
	test $WRITES, %ebx
	jz 1f
	or $D, %eax
1:	cmp %eax, %edx
	jne 3f
	ret
2:	test $D, %edx
	jnz 3f
	cmpl $PF, got_vector
	jne 4f
	cmpl $WINDOW, got_cr2
	jne 3f
4:	ret
3:	incl wrong_bits
	ret

user_reads:
	movb (%ecx), %al
	ends
user_writes:
	movb $0xcd, (%ecx)
	ends

/* Entries for the case EBX. */
set_tables:
	mov %cr0, %eax
	and $~CR0_WP, %eax
	test $WP, %ebx
	jz 1f
	or $CR0_WP, %eax
1:	mov %eax, %cr0
	mov %ebx, %eax
	and $PTE_P+PTE_W+PTE_U, %eax
	or $page_a, %eax
	mov %eax, table
	mov %ebx, %eax
	shr $2, %eax
	and $RW+US, %eax
	or $table+P, %eax
	mov window_entry, %ecx
	mov %eax, (%ecx)
	cmpl $8, entry_size
	jne 2f
	mov %ebx, %eax
	shl $21, %eax
	and $0x80000000, %eax
	mov %eax, table+4
	mov %ebx, %eax
	shl $20, %eax
	and $0x80000000, %eax
	mov %eax, 4(%ecx)
2:	flush
	ret

/* EAX: what the case EBX ends in, -1 if it is allowed. EDX: user page, ESI: writable. */
expected_error:
	xor %eax, %eax
	test $WRITES, %ebx
	jz 1f
	or $E_W, %eax
1:	test $RING3, %ebx
	jz 1f
	or $E_U, %eax
1:	test $FETCHES, %ebx
	jz 1f
	or fetch_bit, %eax
1:	test $PTE_P, %ebx
	jz refused
	or $E_P, %eax
	mov %ebx, %edx
	and $PTE_U+PDE_U, %edx
	cmp $PTE_U+PDE_U, %edx
	sete %dl
	mov %ebx, %esi
	and $PTE_W+PDE_W, %esi
	cmp $PTE_W+PDE_W, %esi
	sete %dh
	test $FETCHES, %ebx
	jz 1f
	test $PTE_NX+PDE_NX, %ebx
	jnz refused
1:	test $RING3, %ebx
	jz supervisor
	test %dl, %dl
	jz refused
	test $WRITES, %ebx
	jz allowed
	test %dh, %dh
	jz refused
	jmp allowed
supervisor:
	test %dl, %dl
	jz 2f
	test $FETCHES, %ebx
	jz 1f
	cmpl $0, smep
	jne refused
	jmp 2f
1:	cmpl $0, smap
	je 2f
	test $SET_AC, %ebx
	jz refused
2:	test $WRITES, %ebx
	jz allowed
	test %dh, %dh
	jnz allowed
	test $WP, %ebx
	jnz refused
allowed:
	mov $-1, %eax
refused:
	ret

	group matrix
matrix:
	movl $0, fetch_bit
	movl $0, smep
	movl $0, smap
	call two_levels
	all_cases "two levels", 0x1ff
	call leaf7
	test $0x80, %ebx
	jnz 1f
	skip "two levels with SMEP", "CPUID does not announce it"
	jmp 2f
1:	movl $1, smep
	movl $E_I, fetch_bit
	mov $CR4_PSE+CR4_SMEP, %eax
	mov %eax, %cr4
	all_cases "two levels with SMEP", 0x1ff
	mov $CR4_PSE, %eax
	mov %eax, %cr4
	movl $0, smep
	movl $0, fetch_bit
2:	without HAS_PAE, "PAE", "PAE", 2f
	call pae_levels
	all_cases "PAE", 0x1ff
	mov $0x80000001, %eax
	cpuid
	test $0x100000, %edx
	jnz 1f
	skip "PAE with NX", "CPUID does not announce it"
	jmp 2f
1:	mov $EFER, %ecx
	rdmsr
	or $NXE, %eax
	wrmsr
	movl $E_I, fetch_bit
	all_cases "PAE with NX", 0xfff
	call leaf7
	test $0x100000, %ebx
	jnz 1f
	skip "PAE with NX, SMEP and SMAP", "CPUID does not announce SMAP"
	jmp 2f
1:	movl $1, smap
	movl $1, smep
	mov $CR4_PAE+CR4_SMEP+CR4_SMAP, %eax
	mov %eax, %cr4
	all_cases "PAE with NX, SMEP and SMAP", 0xfff
2:	movl $0, smap
	movl $0, smep
	call paging_off
	ret

	.globl leaf7
leaf7:	xor %eax, %eax
	cpuid
	xor %ebx, %ebx
	cmp $7, %eax
	jb 1f
	mov $7, %eax
	xor %ecx, %ecx
	cpuid
	ret
1:	xor %ecx, %ecx
	ret

	.bss
	.balign 4
	.macro variable names:vararg
	.irp name, \names
\name:	.skip 4
	.endr
	.endm
	variable last_case, wrong_cases, wrong_bits, first_wrong, first_got, first_expected, expected
	variable fetch_bit, smep, smap
