/* A trap logger for vector 1: each #DB adds a line of EIP, EFLAGS and DR6 to the log and goes on. */
#define LOG_EIP(n) log+12*(n)
#define LOG_EFLAGS(n) log+12*(n)+4
#define LOG_DR6(n) log+12*(n)+8

#define DR6_MASK 0xe00f
#define DR6_BD 0x2000
#define DR6_BS 0x4000
#define DR6_BT 0x8000
/* DR7: enables, and what breakpoint n watches. */
#define L(n) (1<<(2*(n)))
#define G(n) (2<<(2*(n)))
#define GD 0x2000
#define EXECUTE(n) 0
#define WRITE(n, len) ((1+4*((len)-1))<<(16+4*(n)))
#define ACCESS(n, len) ((3+4*((len)-1))<<(16+4*(n)))
#define PORT_ACCESS(n, len) ((2+4*((len)-1))<<(16+4*(n)))

#ifdef __ASSEMBLER__
	.macro watch register, address
	mov $\address, %eax
	mov %eax, %dr\register
	.endm
	.macro arm value
	call clear_log
	mov $\value, %eax
	mov %eax, %dr7
	.endm
	.macro disarm
	call disarm_all
	.endm
	/* The nth trap was before the instruction at `at`, for that reason. */
	.macro trap n, name, at, reason
	is "\name: EIP", LOG_EIP(\n), $\at
	bits "\name: DR6", LOG_DR6(\n), DR6_MASK, \reason
	.endm
	.macro traps name, count
	is "\name: number of traps", log_count, $\count
	.endm
	/* Sets TF; the next instruction is the first that traps. */
	.macro step
	call clear_log
	pushfl
	orl $FL_TF, (%esp)
	popfl
	.endm
	/* Clears TF: POPF itself still traps. */
	.macro unstep
	pushl $2
	popfl
	.endm
#endif
