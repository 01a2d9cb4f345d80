/* V86 code lies in section .low at 0x8000 and runs with a segment base of 0x1000; HLT ends it, by #GP(0). */
#define LOW 0x1000
#define V_CS 0x100
#define V_SS 0x2000
#define V_SP 0x1000
#define V_STACK 0x20000
#define V_DS 0x1100
#define V_ES 0x2222
#define V_FS 0x3333
#define V_GS 0x4444

#define CR4_VME 1
#define CR4_PVI 2

#ifdef __ASSEMBLER__
	/* Runs the code at `at` in virtual-8086 mode. General registers pass through. */
	.macro v86 at, flags=0
	try
	movl $\at-LOW, user_eip
	movl $\flags+FL_VM+2, user_eflags
	jmp to_v86
	tried
	.endm

	/* One instruction. */
	.macro v86_faults name, vector, error, flags, instruction:vararg
	.pushsection .low, "ax"
	.code16
98:	\instruction
	hlt
	.code32
	.popsection
	v86 98b, \flags
	fault "\name", \vector, \error, 98b-LOW
	.endm

	.macro v86_fine name, flags, instruction:vararg
	.pushsection .low, "ax"
	.code16
98:	\instruction
94:	hlt
	.code32
	.popsection
	v86 98b, \flags
	fault "\name", GP, 0, 94b-LOW
	.endm
#endif
