/* Gates and returns of 16 bits. SDM: volume 3, 5.8.3, 6.12 and 21.4. */
#include "harness.h"
#include "lib.h"

#define CODE_2 SLOT(12)
#define STACK_2 SLOT(13)
#define GATE SLOT(14)
#define CONFORMING SLOT(15)
#define INTERRUPT16 PRESENT+6
#define TRAP16 PRESENT+7

	.text
	group interrupt_gates
interrupt_gates:
	call define_16
	idt_gate 0x41, CODE, take_words-LOW, INTERRUPT16
	p16 1f, FL_IF+FL_CF+2
	fault "16-bit interrupt gate", END, 0, taken-LOW
	bits "16-bit interrupt gate: IP", %ebx, 0xffff, 2f-LOW
	is "16-bit interrupt gate: CS", %ecx, $CODE
	bits "16-bit interrupt gate: FLAGS", %edx, 0xffff, FL_IF+FL_CF+2
	is "16-bit interrupt gate: three words", got_esp, $0x56781000
	bits "16-bit interrupt gate clears IF", got_eflags, FL_IF, 0
	idt_gate 0x41, CODE, take_words-LOW, TRAP16
	p16 1f, FL_IF+2
	bits "16-bit trap gate keeps IF", got_eflags, FL_IF, FL_IF
	idt_gate 0x41, CODE, returns-LOW, INTERRUPT16
	p16 1f, FL_IF+2
	fault "IRET of 16 bits", END, 0, 2f+2-LOW
	is "IRET of 16 bits: SP", got_esp, $0x56781000
	bits "IRET of 16 bits: IF", got_eflags, FL_IF, FL_IF
	/* From 32-bit code as well: the upper half of EIP is lost. */
	idt_gate 0x41, CODE, take_words-LOW, INTERRUPT16
	mov %esp, %esi
	try
	int $0x41
3:	tried
	is "16-bit gate from 32-bit code: CS", %ecx, $KCODE
	same "16-bit gate from 32-bit code: three words", got_esp, %esi
	/* An error code of one word. */
	idt_gate GP, CODE, take_words-LOW, INTERRUPT16
	mov $0x7f8, %eax
	p16 4f
	idt_reset GP
	bits "16-bit gate: error code of one word", %ebx, 0xffff, 0x7f8
	is "16-bit gate: IP behind it", %ecx, $4f-LOW
	/* From ring 3: five words on the inner stack. */
	idt_gate 0x41, CODE, take_five-LOW, INTERRUPT16+DPL3
	p16_user 1f
	bits "from ring 3: IP", %ebx, 0xffff, 2f-LOW
	is "from ring 3: CS", %ecx, $CODE_3
	is "from ring 3: SP", %esi, $P_SP
	is "from ring 3: SS", %edi, $STACK_3
	idt_gate 0x41, CODE, back_to_3-LOW, INTERRUPT16+DPL3
	p16_user 1f, FL_IF+2
	fault "IRET of 16 bits to ring 3", END, 0, 2f+2-LOW
	is "IRET of 16 bits to ring 3: CS", got_cs, $CODE_3
	is "IRET of 16 bits to ring 3: SS", got_ss, $STACK_3
	bits "IRET of 16 bits to ring 3: SP", got_esp, 0xffff, P_SP
	idt_reset 0x41
	ret

	code_of_16
1:	int $0x41
2:	int $END
4:	mov %ax, %ds
take_words:
	pop %bx
	pop %cx
	pop %dx
	movzwl %cx, %ecx
	int $END
taken:
take_five:
	pop %bx
	pop %cx
	pop %dx
	pop %si
	pop %di
	movzwl %cx, %ecx
	movzwl %si, %esi
	movzwl %di, %edi
	int $END
returns:
back_to_3:
	iretw
	code_of_32

	group call_gates
call_gates:
	gate GATE, CODE, take_words-LOW, PRESENT+4
	p16 1f
	bits "16-bit call gate: IP", %ebx, 0xffff, 2f-LOW
	is "16-bit call gate: CS", %ecx, $CODE
	/* From 16-bit code through a 32-bit gate: dwords. */
	gate GATE, KCODE, take_dwords, PRESENT+0xc
	p16 1f
	is "32-bit call gate from 16-bit code: EIP", %ebx, $2f-LOW
	is "32-bit call gate from 16-bit code: CS", %ecx, $CODE
	/* To ring 2, two words of parameters. */
	descriptor CODE_2, LOW, 0xffff, (CODE16+DPL2)
	descriptor STACK_2, P_STACK, 0xffff, (DATA16+DPL2)
	movl $0x800, main_tss+20
	movl $STACK_2+2, main_tss+24
	gate GATE, CODE_2, ends_16-LOW, PRESENT+DPL3+4, 2
	p16_user 3f
	is "to ring 2: CS", got_cs, $CODE_2+2
	bits "to ring 2: SP", got_esp, 0xffff, (0x800-12)
	bits "to ring 2: IP", P_STACK+0x800-12, 0xffff, 4f-LOW
	is "to ring 2: CS of the caller and the last parameter", P_STACK+0x800-10, $0x22220000+CODE_3
	is "to ring 2: first parameter and SP", P_STACK+0x800-6, $((P_SP-4)<<16)+0x1111
	bits "to ring 2: SS", P_STACK+0x800-2, 0xffff, STACK_3
	gate GATE, CODE_2, returns_4-LOW, PRESENT+DPL3+4, 2
	p16_user 3f
	fault "RETF of 16 bits to ring 3", END, 0, 4f+2-LOW
	bits "RETF of 16 bits to ring 3: SP", got_esp, 0xffff, P_SP
	is "RETF of 16 bits to ring 3: SS", got_ss, $STACK_3
	/* Conforming code: the caller's ring. */
	descriptor CONFORMING, LOW, 0xffff, 0x9e
	p16_user 5f
	is "conforming code called from ring 3", got_cs, $CONFORMING+3
	bits "conforming code called from ring 3: same stack", got_esp, 0xffff, (P_SP-4)
	p16 6f
	is "conforming code called from ring 0", got_cs, $CONFORMING
	p16 7f
	fault "far CALL and RETF", END, 0, 9f-LOW
	is "far CALL and RETF: SP", got_esp, $0x56781000
	p16 10f
	fault "far CALL of 32 bits to 32-bit code and back", END, 0, 11f+2-LOW
	ret
	code_of_16
1:	lcallw $GATE, $0
2:	int $END
3:	pushw $0x1111
	pushw $0x2222
	lcallw $GATE, $0
4:	int $END
ends_16:
	int $END
returns_4:
	lretw $4
5:	lcallw $CONFORMING, $ends_16-LOW
6:	lcallw $CONFORMING+3, $ends_16-LOW
7:	lcallw $CODE, $8f-LOW
	int $END
9:
8:	lretw
10:	lcalll $KCODE, $far_32
11:	int $END
	code_of_32
take_dwords:
	pop %ebx
	pop %ecx
	ends
far_32:
	lretl
