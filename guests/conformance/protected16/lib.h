/* 16-bit code lies in section .low at 0x8000 and runs in CODE, whose base is LOW, with 16-bit data and stack segments. */
#define LOW 0x1000
#define CODE SLOT(0)
#define DATA SLOT(1)
#define STACK SLOT(2)
#define CODE_3 SLOT(3)+3
#define DATA_3 SLOT(4)+3
#define STACK_3 SLOT(5)+3
#define P_STACK 0x20000
#define P_STACK3 0x40000
#define P_DATA 0x30000
#define P_SP 0x1000

#ifdef __ASSEMBLER__
	/* Runs the code at `at`; general registers but ESP pass through. ES = KDATA, FS, GS as they are. */
	.macro p16 at, flags=2
	try
	movl $\at-LOW, user_eip
	movl $\flags, user_eflags
	jmp to_p16
	tried
	.endm
	.macro p16_user at, flags=2
	try
	movl $\at-LOW, user_eip
	movl $\flags, user_eflags
	jmp to_p16_user
	tried
	.endm
	.macro code_of_16
	.pushsection .low, "ax"
	.code16
	.endm
	.macro code_of_32
	.code32
	.popsection
	.endm
	.macro p16_faults name, vector, error, instruction:vararg
	code_of_16
98:	\instruction
	int $END
	code_of_32
	p16 98b
	fault "\name", \vector, \error, 98b-LOW
	.endm
	.macro p16_fine name, instruction:vararg
	code_of_16
98:	\instruction
	int $END
94:
	code_of_32
	p16 98b
	fault "\name", END, 0, 94b-LOW
	.endm
#endif
