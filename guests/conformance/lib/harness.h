/* Words shared by all system guests: selectors, what an exception left behind, and the macros that tests are made of.
 *
 *	try				what follows may raise an exception
 * 1:	int $0x13
 *	tried				… and comes out here in any case, flat segments and ESP restored
 *	fault "name", GP, 0x9a, 1b	vector, error code and return address that were found
 *
 * A check prints one line. `try` may not be nested; a fault handler resumes at `tried` and never at the instruction. */

#define KCODE 0x08
#define KDATA 0x10
#define UCODE 0x1b
#define UDATA 0x23
#define MAIN_TSS 0x28
#define DF_TSS 0x30
/* Free for the tests: SLOT(0) and up. */
#define SLOT(n) (0x40 + 8 * (n))
#define GDT_ENTRIES 128

/* Attributes of descriptors: access byte, and the flags G, D/B, AVL in bits 15-12. */
#define CODE32 0xc09a
#define DATA32 0xc092
#define CODE16 0x009a
#define DATA16 0x0092
#define DPL3 0x60
#define DPL1 0x20
#define DPL2 0x40
#define PRESENT 0x80

#define DE 0
#define DB 1
#define NMI 2
#define BP 3
#define OF 4
#define BR 5
#define UD 6
#define NM 7
#define DF 8
#define TS 10
#define NP 11
#define SS 12
#define GP 13
#define PF 14
#define MF 16
#define AC 17
#define XM 19
/* What `ends` raises, and what is recorded when nothing happened. */
#define END 0x80
#define NONE -1

#define FL_CF 0x1
#define FL_ZF 0x40
#define FL_TF 0x100
#define FL_IF 0x200
#define FL_DF 0x400
#define FL_OF 0x800
#define FL_IOPL 0x3000
#define FL_NT 0x4000
#define FL_RF 0x10000
#define FL_VM 0x20000
#define FL_AC 0x40000
#define FL_VIF 0x80000
#define FL_VIP 0x100000

/* EDX of CPUID leaf 1. */
#define HAS_VME 0x2
#define HAS_DE 0x4
#define HAS_PSE 0x8
#define HAS_TSC 0x10
#define HAS_MSR 0x20
#define HAS_PAE 0x40
#define HAS_CX8 0x100
#define HAS_SEP 0x800
#define HAS_MTRR 0x1000
#define HAS_PGE 0x2000
#define HAS_PAT 0x10000
#define HAS_MMX 0x800000
#define HAS_SSE 0x2000000

#define CR0_PE 0x1
#define CR0_MP 0x2
#define CR0_EM 0x4
#define CR0_TS 0x8
#define CR0_NE 0x20
#define CR0_WP 0x10000
#define CR0_AM 0x40000
#define CR0_PG 0x80000000

#ifdef __ASSEMBLER__

/* A function that the guest calls: one for each group of checks. */
	.macro group function
	.pushsection .groups, "a"
	.long \function
	.popsection
	.endm

	.macro try
	movl $99f, resume_eip
	movl %esp, resume_esp
	movl $NONE, got_vector
	.endm

	.macro tried
99:	movw %cs:flat_selector, %ss
	movl %cs:resume_esp, %esp
	movw %cs:flat_selector, %ds
	movl $0, resume_eip
	.endm

	/* Runs the code at `at` in ring 3, with EFLAGS `flags`; the code ends with an exception. */
	.macro user at, flags=2
	try
	movl $\at, user_eip
	movl $\flags, user_eflags
	jmp to_user
	tried
	.endm

	.macro ends
	int $END
	.endm

	/* Strings live in .rodata under the local label 97. */
	.macro push_name name
	.pushsection .rodata
97:	.asciz "\name"
	.popsection
	pushl $97b
	.endm

	.macro fault name, vector, error, at
	push_name "\name"
	pushl $\at
	pushl $\error
	pushl $\vector
	call check_fault
	.endm

	/* Nothing went wrong: the code came to its `ends`, or out of `tried`. */
	.macro came name, vector=END
	push_name "\name"
	pushl $\vector
	pushl got_vector
	call check_value
	.endm

	.macro quiet name
	came "\name", NONE
	.endm

	/* `value` is a register, $constant or memory; `expected` the same. */
	.macro is name, value, expected
	push_name "\name"
	pushl \expected
	pushl \value
	call check_value
	.endm

	.macro same name, value, expected
	movl %eax, scratch_eax
	movl \value, %eax
	movl %eax, scratch_value
	movl scratch_eax, %eax
	push_name "\name"
	pushl \expected
	pushl scratch_value
	call check_value
	movl scratch_eax, %eax
	.endm

	/* Only these bits of a register, $constant or memory. */
	.macro bits name, value, mask, expected
	movl %eax, scratch_eax
	movl \value, %eax
	andl $\mask, %eax
	movl %eax, scratch_value
	movl scratch_eax, %eax
	push_name "\name"
	pushl $\expected
	pushl scratch_value
	call check_value
	.endm

	.macro skip name, reason
	push_name "\reason"
	push_name "\name"
	call print_skip
	.endm

	/* One instruction that raises an exception, at its own address. */
	.macro faults name, vector, error, instruction:vararg
	try
98:	\instruction
	tried
	fault "\name", \vector, \error, 98b
	.endm

	/* One instruction that raises none. */
	.macro fine name, instruction:vararg
	try
	\instruction
	tried
	quiet "\name"
	.endm

	/* The same in ring 3; general registers come from here. */
	.macro user_faults name, vector, error, instruction:vararg
	.pushsection .text, 1
98:	\instruction
	ends
	.popsection
	user 98b
	fault "\name", \vector, \error, 98b
	.endm

	.macro user_fine name, instruction:vararg
	.pushsection .text, 1
98:	\instruction
	ends
	.popsection
	user 98b
	came "\name"
	.endm

	/* Goes to `to` on a processor without that bit in EDX of CPUID leaf 1. */
	.macro without feature, name, what, to
	testl $\feature, features
	jnz 93f
	skip "\name", "CPUID does not announce \what"
	jmp \to
93:
	.endm

	.macro descriptor selector, base, limit, attributes
	pushl $\attributes
	pushl $\limit
	pushl $\base
	pushl $\selector
	call set_descriptor
	.endm

	/* A gate in the GDT. */
	.macro gate selector, target, offset, access, count=0
	pushl $(((\access) << 8) + (\count))
	pushl $\offset
	pushl $\target
	pushl $gdt + ((\selector) & ~7)
	call set_gate
	.endm

	.macro idt_gate vector, target, offset, access
	pushl $((\access) << 8)
	pushl $\offset
	pushl $\target
	pushl $idt + 8 * (\vector)
	call set_gate
	.endm

	.macro idt_reset vector
	pushl $\vector
	call reset_gate
	.endm

#endif
