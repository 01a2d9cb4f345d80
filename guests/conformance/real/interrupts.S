/* Interrupts and exceptions of real mode: three words on the stack, never an error code. SDM: volume 3, 20.1.4. */
#include "harness.h"
#include "lib.h"

	.text
	group interrupts
interrupts:
	real 1f
	fault "INT 40", 0x40, 0, 2f-LOW
	is "INT 40: CS", got_cs, $R_CS
	is "INT 40: three words", got_esp, $R_SP
	is "INT 40: FLAGS on the stack", got_eflags, $FL_IF+FL_CF+2
	bits "INT 40: IF is clear in the handler", seen_handler_flags, (FL_IF+FL_TF), 0
	real 3f
	fault "INT3", BP, 0, 3f+1-LOW
	real 4f
	fault "INTO is a trap", OF, 0, 5f-LOW
	xor %ecx, %ecx
	real_faults "DIV by 0 is a fault", DE, div %cl
	real_faults "AAM 0", DE, .byte 0xd4, 0
	mov $9, %eax
	movw $0, R_DATA
	movw $8, R_DATA+2
	real_faults "BOUND is a fault", BR, bound %ax, 0
	real_faults "UD2", UD, ud2
	real_faults "MOV CS", UD, .byte 0x8e, 0xc8
	real_faults "LOCK NOP", UD, .byte 0xf0, 0x90
	real_faults "ARPL", UD, .byte 0x63, 0xc0
	real_faults "LAR", UD, lar %ax, %ax
	real_faults "LSL", UD, lsl %ax, %ax
	real_faults "VERW", UD, verw %ax
	real_faults "SLDT", UD, sldt %ax
	real_faults "LLDT", UD, lldt %ax
	real_faults "LTR", UD, ltr %ax
	without HAS_SEP, "SYSENTER", "SEP", 20f
	real_faults "SYSENTER", GP, sysenter
20:
	real_fine "SMSW", smsw %ax
	real_fine "SGDT", sgdtw 0
	real_fine "CLTS", clts
	real_fine "MOV from CR0", mov %cr0, %edx
	real 6f
	fault "TS: NM", NM, 0, 7f-LOW
	clts
	/* Single step. */
	real 8f
	fault "single step", DB, 0, 9f-LOW
	bits "single step: TF on the stack", got_eflags, FL_TF, FL_TF
	bits "single step: TF is clear in the handler", seen_handler_flags, FL_TF, 0
	mov %dr6, %eax
	bits "single step: DR6.BS", %eax, 0x4000, 0x4000
	/* IRET. */
	real 10f
	fault "IRET", END, 0, 11f+2-LOW
	is "IRET: FLAGS, IOPL and NT as well", got_eflags, $FL_NT+FL_IOPL+FL_CF+2
	is "IRET: SP", got_esp, $R_SP
	real 12f
	fault "IRET of 32 bits", END, 0, 13f+2-LOW
	is "IRET of 32 bits: SP", got_esp, $R_SP
	/* The table anywhere else; a vector beyond its limit is #GP. */
	mov $0, %esi
	mov $R_DATA+0x100, %edi
	mov $256, %ecx
	rep movsl
	movw $0x3ff, R_DATA
	movl $R_DATA+0x100, R_DATA+2
	real 14f
	fault "IDTR elsewhere", 0x41, 0, 15f-LOW
	movw $0x13f, R_DATA
	real 16f
	fault "INT beyond the limit of IDTR", GP, 0, 17f-LOW
	movw $0x13f, R_DATA
	real 18f
	fault "INT at the limit of IDTR", 0x4f, 0, 19f-LOW
	ret

	real_code
1:	stc
	sti
	int $0x40
2:
3:	int3
4:	mov $0x7f, %al
	add $1, %al
	into
5:
6:	mov %cr0, %eax
	or $CR0_TS, %al
	mov %eax, %cr0
7:	fnstcw 0
8:	pushw $FL_TF+2
	popfw
	nop
9:	int $END
10:	pushw $FL_NT+FL_IOPL+FL_CF+2
	pushw $R_CS
	pushw $11f-LOW
	iretw
11:	int $END
12:	pushl $FL_CF+2
	pushl $R_CS
	pushl $13f-LOW
	iretl
13:	int $END
14:	lidtl 0
	int $0x41
15:
16:	lidtl 0
17:	int $0x50
18:	lidtl 0
	int $0x4f
19:
	protected_code

	group flags
flags:
	real 1f
	is "POPF takes IOPL, NT and IF", got_eflags, $0x7002+FL_IF
	is "PUSHF: bit 15 is clear, bit 1 set", got_eax, $0x7002+FL_IF
	real 2f
	bits "POPFD takes AC, not VM, RF, VIF, VIP", got_eax, 0x1f0000, FL_AC
	ret
	real_code
1:	pushw $0xf000+FL_IF
	popfw
	pushfw
	pop %ax
	movzwl %ax, %eax
	int $END
2:	pushl $0x1f0002
	popfl
	pushfl
	pop %eax
	pushl $2
	popfl
	int $END
	protected_code
