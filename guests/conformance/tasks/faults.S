/* What can be wrong with a task switch, and in which task the exception is. SDM: volume 3, table 7-1.
 *
 * Up to the new task's state being loaded the fault is the old task's; from then on it is the new one's, before its first
 * instruction. There its own stack may be what is wrong, so a task of its own takes these. */
#include "harness.h"

#define OTHER SLOT(0)
#define ABSENT SLOT(3)
#define SHORT_TSS SLOT(4)
#define LDT SLOT(5)
#define FAULT SLOT(7)
#define READ_ONLY SLOT(8)
#define CODE_DPL3 SLOT(9)
#define ABSENT_CODE SLOT(10)
#define ABSENT_DATA SLOT(11)
#define EXEC_ONLY SLOT(12)
#define ABSENT_LDT SLOT(13)

	.macro both name, selector, vector, error
	faults "JMP, \name", \vector, \error, ljmp $\selector, $0
	faults "CALL, \name", \vector, \error, lcall $\selector, $0
	.endm

	.text
	group before
before:
	mov $unexpected, %eax
	call recover
	descriptor ABSENT, other_tss, 0x67, 9
	descriptor SHORT_TSS, other_tss, 0x66, PRESENT+9
	both "TSS not present", ABSENT, NP, ABSENT
	both "TSS busy", MAIN_TSS, GP, MAIN_TSS
	both "TSS too short", SHORT_TSS, TS, SHORT_TSS
	both "RPL above DPL", OTHER+1, GP, OTHER
	gate SLOT(1), OTHER, 0, 5
	both "task gate not present", SLOT(1), NP, SLOT(1)
	gate SLOT(1), MAIN_TSS, 0, PRESENT+5
	both "task gate of a busy TSS", SLOT(1), GP, MAIN_TSS
	gate SLOT(1), ABSENT, 0, PRESENT+5
	both "task gate of an absent TSS", SLOT(1), NP, ABSENT
	gate SLOT(1), SHORT_TSS, 0, PRESENT+5
	both "task gate of a short TSS", SLOT(1), TS, SHORT_TSS
	gate SLOT(1), OTHER+4, 0, PRESENT+5
	both "task gate with an LDT selector", SLOT(1), GP, OTHER+4
	descriptor SHORT_TSS, other_tss, 0x2a, PRESENT+1
	both "16-bit TSS too short", SHORT_TSS, TS, SHORT_TSS
	bits "nothing has changed: the new TSS is available", gdt+OTHER+4, 0xff00, 0x8900
	bits "nothing has changed: the old TSS is busy", gdt+MAIN_TSS+4, 0xff00, 0x8b00

	.macro iret_fails name, link, vector, error
	movl $\link, main_tss
	try
	pushl $FL_NT+2
	popfl
98:	iretl
	tried
	fault "IRET, \name", \vector, \error, 98b
	.endm
	iret_fails "link null", 0, TS, 0
	iret_fails "link to an available TSS", OTHER, TS, OTHER
	iret_fails "link to data", KDATA, TS, KDATA
	iret_fails "link to an LDT", OTHER+4, TS, OTHER+4
	iret_fails "link beyond the GDT", 8*GDT_ENTRIES, TS, 8*GDT_ENTRIES
	descriptor ABSENT, other_tss, 0x67, 0xb
	iret_fails "link to an absent TSS", ABSENT, NP, ABSENT
	descriptor SHORT_TSS, other_tss, 0x66, PRESENT+0xb
	iret_fails "link to a short TSS", SHORT_TSS, TS, SHORT_TSS
	movl $0, main_tss
	user 1f, FL_NT+2
	fault "ring 3: IRET with NT, link null", TS, 0, 1f
	movl $0, main_tss
	ret
1:	iretl

unexpected:
	ends

	/* A field of the new TSS, then the exception that the switch ends in. */
	.macro after name, field, value, vector, error
	mov $unexpected, %eax
	call recover
	movl $\value, other_tss+\field
	movl $\vector, fault_vector
	idt_gate \vector, FAULT, 0, PRESENT+5
	call switch_to_other
	idt_reset \vector
	fault "\name", \vector, \error, unexpected
	.endm

switch_to_other:
	descriptor FAULT, fault_tss, 0x67, PRESENT+9
	movl $fault_stack, fault_tss+56
	movl $fault_task, fault_tss+32
	try
	ljmp $OTHER, $0
	tried
	ret

fault_task:
	popl got_error
	mov fault_vector, %eax
	mov %eax, got_vector
	mov other_tss+32, %eax
	mov %eax, got_eip
	mov fault_tss, %eax
	mov %eax, fault_link
	pushl $2
	popfl
	jmp *resume_eip

	group after_commit
after_commit:
	descriptor READ_ONLY, 0, 0xfffff, 0xc090
	descriptor CODE_DPL3, 0, 0xfffff, 0xc0fa
	descriptor ABSENT_CODE, 0, 0xfffff, (CODE32-PRESENT)
	descriptor ABSENT_DATA, 0, 0xfffff, (DATA32-PRESENT)
	descriptor EXEC_ONLY, 0, 0xfffff, 0xc098
	descriptor LDT, gdt, 0x1f, PRESENT+2
	descriptor ABSENT_LDT, gdt, 0x1f, 2
	after "new LDTR: data", 96, KDATA, TS, KDATA
	is "the exception is the new task's", fault_link, $OTHER
	after "new LDTR: in the LDT", 96, LDT+4, TS, LDT+4
	after "new LDTR: not present", 96, ABSENT_LDT, TS, ABSENT_LDT
	after "new CS: null", 76, 0, TS, 0
	after "new CS: data", 76, KDATA, TS, KDATA
	after "new CS: DPL 3, RPL 0", 76, CODE_DPL3, TS, CODE_DPL3
	after "new CS: not present", 76, ABSENT_CODE, NP, ABSENT_CODE
	after "new CS: beyond the GDT", 76, 8*GDT_ENTRIES, TS, 8*GDT_ENTRIES
	after "new SS: null", 80, 0, TS, 0
	after "new SS: read-only", 80, READ_ONLY, TS, READ_ONLY
	after "new SS: DPL 3", 80, UDATA, TS, (UDATA-3)
	after "new SS: not present", 80, ABSENT_DATA, SS, ABSENT_DATA
	after "new DS: beyond the GDT", 84, 8*GDT_ENTRIES, TS, 8*GDT_ENTRIES
	after "new DS: not present", 84, ABSENT_DATA, NP, ABSENT_DATA
	after "new ES: system", 72, MAIN_TSS, TS, MAIN_TSS
	after "new FS: execute-only", 88, EXEC_ONLY, TS, EXEC_ONLY
	after "new GS: RPL above DPL", 92, KDATA+3, TS, KDATA
	mov $unexpected, %eax
	call recover
	movl $0, other_tss+84
	movl $0, other_tss+92
	try
	ljmp $OTHER, $0
	tried
	came "null DS and GS are no fault"
	bits "a good switch leaves the old task available", gdt+MAIN_TSS+4, 0xff00, 0x8900
	mov $unexpected, %eax
	call recover

	/* A double fault with a task of its own: the old task's state is saved, the error code is 0. */
	idt_gate DE, KDATA, 0, PRESENT+0xe
	mov %esp, %ebx
	xor %ecx, %ecx
	faults "DE and GP: double fault task", DF, 0, div %ecx
	idt_reset DE
	same "double fault task: ESP of the main task", got_esp, %ebx
	bits "double fault task: it is available again", gdt+DF_TSS+4, 0xff00, 0x8900
	str %eax
	is "double fault task: TR is the main task's", %eax, $MAIN_TSS
	mov %cr0, %eax
	bits "double fault task: TS is set", %eax, CR0_TS, CR0_TS
	clts
	ret

	.data
	.balign 128
fault_tss:
	.long 0, 0, 0, 0, 0, 0, 0, 0, fault_task, 2
	.long 0, 0, 0, 0, fault_stack, 0, 0, 0
	.long KDATA, KCODE, KDATA, KDATA, KDATA, KDATA, 0
	.word 0, 0x68
	.bss
	.balign 16
fault_vector: .skip 4
fault_link: .skip 4
	.skip 0x200
fault_stack:
	.skip 16
