/* Real-mode code lies in section .low at 0x8000 and runs with CS 0x100; INT 80 ends it. FS and GS are the flat segments
 * of protected mode until the code loads them. */
#define LOW 0x1000
#define R_CS 0x100
#define R_SS 0x2000
#define R_SP 0x1000
#define R_STACK 0x20000
#define R_DS 0x3000
#define R_DATA 0x30000

#ifdef __ASSEMBLER__
	/* Runs the code at `at` in real mode; general registers pass through in both directions. */
	.macro real at
	try
	movw $\at-LOW, real_ip
	jmp to_real
	tried
	.endm

	.macro real_code
	.pushsection .low, "ax"
	.code16
	.endm
	.macro protected_code
	.code32
	.popsection
	.endm

	.macro real_faults name, vector, instruction:vararg
	real_code
98:	\instruction
	int $END
	protected_code
	real 98b
	fault "\name", \vector, 0, 98b-LOW
	.endm

	.macro real_fine name, instruction:vararg
	real_code
98:	\instruction
	int $END
94:
	protected_code
	real 98b
	fault "\name", END, 0, 94b-LOW
	.endm
#endif
