/* The address space of this guest:
 *
 *	0		4 MiB one to one, supervisor only: all code and data
 *	WINDOW		4 KiB pages that the tests change
 *	ALIAS		the first 4 MiB again, for ring 3
 */
#define WINDOW 0x400000
#define ALIAS 0x800000

#define P 1
#define RW 2
#define US 4
#define A 0x20
#define D 0x40
#define PS 0x80
#define G 0x100
#define LOW_BITS 0xfff

/* Error code. */
#define E_P 1
#define E_W 2
#define E_U 4
#define E_RSVD 8
#define E_I 16

#define CR4_PSE 0x10
#define CR4_PAE 0x20
#define CR4_PGE 0x80
#define CR4_UMIP 0x800
#define CR4_SMEP 0x100000
#define CR4_SMAP 0x200000

#ifdef __ASSEMBLER__
	/* Page n of the window: page frame, bits, upper half for PAE. */
	.macro map n, frame, low, high=0
	pushl $\high
	pushl $(\frame+(\low))
	pushl $\n
	call map_page
	.endm

	.macro flush
	mov %cr3, %eax
	mov %eax, %cr3
	.endm

	/* A page fault, its error code and address. */
	.macro page_fault name, error, at, address
	fault "\name", PF, \error, \at
	is "\name: CR2", got_cr2, $\address
	.endm
#endif
