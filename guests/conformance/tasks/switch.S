/* Task switches by JMP, CALL, IRET and interrupts between 32-bit tasks. SDM: volume 3, 7.3.
 *
 * The other task records what it sees, and ends by INT END or goes back. `recover` makes the main task the current one
 * again, whatever happened. */
#include "harness.h"

#define OTHER SLOT(0)
#define OTHER_GATE SLOT(1)
#define LDT SLOT(2)
#define ABSENT SLOT(3)
#define SHORT_TSS SLOT(4)
#define BUSY 2

	.text
/* recover: TR is the main task's again, NT and TS are clear, the other task is fresh: it starts at EAX. */
	.globl recover
recover:
	push %eax
	push %ecx
	push %esi
	push %edi
	andb $~BUSY, gdt+MAIN_TSS+5
	mov $MAIN_TSS, %ecx
	ltr %cx
	clts
	mov $fresh_tss, %esi
	mov $other_tss, %edi
	mov $26, %ecx
	rep movsl
	mov %eax, other_tss+32
	descriptor OTHER, other_tss, 0x67, PRESENT+9
	movl $0, main_tss
	xor %ecx, %ecx
	lldt %cx
	pop %edi
	pop %esi
	pop %ecx
	pop %eax
	ret

	.macro start_at label
	mov $\label, %eax
	call recover
	.endm

/* What the other task finds. */
other_ends:
	str seen_tr
	mov %cr0, %eax
	mov %eax, seen_cr0
	pushfl
	popl seen_eflags
	mov %esp, seen_esp
	movzbl gdt+MAIN_TSS+5, %eax
	mov %eax, seen_main_type
	movzbl gdt+OTHER+5, %eax
	mov %eax, seen_other_type
	mov other_tss, %eax
	mov %eax, seen_link
	sldt seen_ldt
	ends

	group by_jmp
by_jmp:
	start_at other_ends
	mov $0x11111111, %ecx
	mov $0x22222222, %ebp
	try
	pushl $FL_CF+FL_DF+2
	popfl
	mov %esp, %ebx
	ljmp $OTHER, $0x1234
1:	tried
	cld
	came "JMP to a TSS"
	is "JMP: TR", seen_tr, $OTHER
	bits "JMP: CR0.TS is set", seen_cr0, CR0_TS, CR0_TS
	bits "JMP: NT stays clear", seen_eflags, FL_NT, 0
	is "JMP: the old task is available", seen_main_type, $0x89
	is "JMP: the new task is busy", seen_other_type, $0x8b
	is "JMP: no back link", seen_link, $0x7777
	is "JMP: ESP of the new task", seen_esp, $other_stack
	is "JMP: ECX of the new task", got_ecx, $0x0c0c0c0c
	is "JMP: ESI of the new task", got_esi, $0x06060606
	is "JMP: GS of the new task", got_gs, $UDATA
	is "JMP: EIP is saved", main_tss+32, $1b
	is "JMP: ECX is saved", main_tss+44, $0x11111111
	is "JMP: EBP is saved", main_tss+60, $0x22222222
	bits "JMP: EFLAGS is saved", main_tss+36, 0xfff, FL_CF+FL_DF+2
	is "JMP: CS is saved", main_tss+76, $KCODE
	is "JMP: SS0 is not touched", main_tss+8, $KDATA

	start_at other_ends
	gate OTHER_GATE, OTHER, 0x5678, PRESENT+5
	try
	ljmp $OTHER_GATE, $0
	tried
	came "JMP through a task gate"
	is "JMP through a task gate: TR", seen_tr, $OTHER
	ret

	group by_call
by_call:
	start_at other_ends
	try
	lcall $OTHER, $0
	tried
	came "CALL of a TSS"
	bits "CALL sets NT", seen_eflags, FL_NT, FL_NT
	is "CALL: the old task stays busy", seen_main_type, $0x8b
	is "CALL: the new task is busy", seen_other_type, $0x8b
	is "CALL: back link", seen_link, $MAIN_TSS

	start_at other_returns
	mov $0x33333333, %edi
	mov %esp, %ebx
	try
	lcall $OTHER, $0
1:	mov %esp, %edx
	pushfl
	popl seen_eflags
	str seen_tr
	ends
	tried
	came "CALL and IRET"
	is "CALL and IRET: TR", seen_tr, $MAIN_TSS
	same "CALL and IRET: ESP", %edx, %ebx
	is "CALL and IRET: EDI", got_edi, $0x33333333
	bits "CALL and IRET: NT is clear", seen_eflags, FL_NT, 0
	bits "IRET: the task left is available", gdt+OTHER+4, 0xff00, 0x8900
	bits "IRET clears NT in the TSS it leaves", other_tss+36, FL_NT, 0
	is "IRET: EIP after it is saved", other_tss+32, $after_iret
	is "IRET: registers are saved", other_tss+40, $0x77777777
	/* A second call continues after the IRET. */
	try
	lcall $OTHER, $0
	tried
	is "second CALL continues after the IRET", got_eax, $0x88888888

	start_at other_nests
	descriptor SLOT(6), third_tss, 0x67, PRESENT+9
	movl $third_ends, third_tss+32
	try
	lcall $OTHER, $0
	tried
	is "nested CALL: back link", third_tss, $OTHER
	bits "nested CALL: all three are busy", gdt+OTHER+4, 0xff00, 0x8b00
	bits "nested CALL: NT of the middle task is saved", other_tss+36, FL_NT, FL_NT
	ret

other_returns:
	mov $0x77777777, %eax
	iretl
after_iret:
	mov $0x88888888, %eax
	ends
other_nests:
	lcall $SLOT(6), $0
third_ends:
	ends

	group by_interrupt
by_interrupt:
	start_at other_ends
	idt_gate 0x40, OTHER, 0, PRESENT+5
	try
	int $0x40
1:	tried
	came "INT through a task gate"
	is "INT through a task gate: back link", seen_link, $MAIN_TSS
	bits "INT through a task gate: NT", seen_eflags, FL_NT, FL_NT
	is "INT through a task gate: EIP after it", main_tss+32, $1b
	is "INT through a task gate: nothing on the stack", seen_esp, $other_stack
	start_at other_ends
	idt_gate GP, OTHER, 0, PRESENT+5
	mov $0x7f8, %ecx
	try
1:	mov %ecx, %ds
	tried
	idt_reset GP
	is "GP through a task gate: error code on the new stack", other_stack-4, $0x7f8
	is "GP through a task gate: ESP", seen_esp, $other_stack-4
	is "GP through a task gate: EIP of the instruction", main_tss+32, $1b
	start_at other_ends
	idt_gate UD, OTHER, 0, PRESENT+5
	try
1:	ud2
	tried
	idt_reset UD
	is "UD through a task gate: no error code", seen_esp, $other_stack
	is "UD through a task gate: EIP of the instruction", main_tss+32, $1b
	idt_gate 0x40, OTHER, 0, PRESENT+5+DPL3
	start_at other_ends
	user 2f
	came "ring 3: INT through a task gate"
	is "ring 3: CS is saved", main_tss+76, $UCODE
	is "ring 3: SS is saved", main_tss+80, $UDATA
	is "ring 3: ESP is saved", main_tss+56, $user_stack
	idt_gate 0x40, OTHER, 0, PRESENT+5
	start_at other_ends
	user_faults "ring 3: task gate of DPL 0", GP, 0x40*8+2, int $0x40
	idt_reset 0x40
	start_at other_ends
	user_faults "ring 3: TSS of DPL 0", GP, OTHER, ljmp $OTHER+3, $0
	gate OTHER_GATE, OTHER, 0, PRESENT+5+DPL3
	user 3f
	came "ring 3: task gate of DPL 3"
	is "ring 3: task gate of DPL 3: CS", got_cs, $KCODE
	/* A task in ring 3. */
	start_at 4f
	movl $UCODE, other_tss+76
	movl $UDATA, other_tss+80
	movl $user_stack, other_tss+56
	movl $UDATA, other_tss+84
	movl $UDATA, other_tss+72
	movl $UDATA, other_tss+88
	movl $entry_stack-256, other_tss+4
	try
	ljmp $OTHER, $0
	tried
	fault "a task in ring 3", END, 0, 4f+2
	is "a task in ring 3: its CS", got_cs, $UCODE
	start_at other_ends
	ret
2:	int $0x40
3:	ljmp $OTHER_GATE+3, $0
4:	ends

	group ts_flag
ts_flag:
	start_at 1f
	try
	ljmp $OTHER, $0
	tried
	fault "NM after a task switch", NM, 0, 1f
	mov %cr0, %eax
	push %eax
	or $CR0_MP, %eax
	mov %eax, %cr0
	faults "WAIT with TS and MP", NM, 0, fwait
	and $~CR0_MP, %eax
	mov %eax, %cr0
	fine "WAIT with TS alone", fwait
	mov %cr0, %eax
	or $CR0_TS, %eax
	mov %eax, %cr0
	faults "FNSTCW with TS", NM, 0, fnstcw scratch_value
	clts
	fine "FNSTCW after CLTS", fnstcw scratch_value
	pop %eax
	mov %eax, %cr0
	start_at other_ends
	ret
1:	fninit

	group ldt_and_t
ldt_and_t:
	descriptor LDT, gdt, 0x3f, PRESENT+2
	start_at other_ends
	movl $LDT, other_tss+96
	movl $KDATA+4, other_tss+88
	try
	ljmp $OTHER, $0
	tried
	is "LDTR of the new task", seen_ldt, $LDT
	is "FS from the new task's LDT", got_fs, $KDATA+4
	/* T: a debug trap before the first instruction of the new task. */
	start_at other_ends
	movl $0x680001, other_tss+100
	xor %eax, %eax
	mov %eax, %dr6
	try
	ljmp $OTHER, $0
	tried
	fault "T bit: DB before the first instruction", DB, 0, other_ends
	mov %dr6, %eax
	bits "T bit: DR6.BT", %eax, 0xe00f, 0x8000
	start_at other_ends
	/* Local breakpoint enables do not survive; global ones do. */
	mov $0x3ff, %eax
	mov %eax, %dr7
	mov $0xffff0000, %eax
	mov %eax, %dr0
	mov %eax, %dr1
	mov %eax, %dr2
	mov %eax, %dr3
	try
	ljmp $OTHER, $0
	tried
	mov %dr7, %eax
	bits "DR7: L0-L3 and LE are clear after a switch", %eax, 0x3ff, 0x2aa
	xor %eax, %eax
	mov %eax, %dr7
	start_at other_ends
	ret

	.data
	.globl fresh_tss, other_tss, other_stack
	.balign 128
fresh_tss:
	.long 0x7777, entry_stack, KDATA, 0, 0, 0, 0, 0
	.long 0, 2, 0x0a0a0a0a, 0x0c0c0c0c, 0x0d0d0d0d, 0x0b0b0b0b, other_stack, 0x05050505, 0x06060606, 0x07070707
	.long KDATA, KCODE, KDATA, KDATA, KDATA, UDATA, 0
	.word 0, 0x68
	.balign 128
other_tss:
	.skip 104
	.balign 128
third_tss:
	.long 0, 0, 0, 0, 0, 0, 0, 0
	.long 0, 2, 0, 0, 0, 0, third_stack, 0, 0, 0
	.long KDATA, KCODE, KDATA, KDATA, KDATA, KDATA, 0
	.word 0, 0x68

	.bss
	.balign 16
	.skip 0x200
third_stack:
	.skip 0x400
other_stack:
	.skip 16
	.macro variable names:vararg
	.irp name, \names
	.globl \name
\name:	.skip 4
	.endr
	.endm
	variable seen_tr, seen_cr0, seen_eflags, seen_esp, seen_main_type, seen_other_type, seen_link, seen_ldt
