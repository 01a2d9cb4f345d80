/* 16-bit TSSs, and CR3 of 32-bit ones. SDM: volume 3, 7.6 and 7.3. */
#include "harness.h"

#define OTHER SLOT(0)
#define TASK16 SLOT(14)
#define CODE SLOT(15)
#define MAIN16 SLOT(16)
#define STACK SLOT(18)
#define PS_RW_P 0x83
#define WINDOW 0x400000

	.text
fresh16:
	descriptor TASK16, task16, 0x2b, PRESENT+1
	descriptor CODE, code16, 0xffff, CODE16
	movl $0, task16
	movw $0, task16+14
	movw $FL_CF+2, task16+16
	movw $0xaaaa, task16+18
	movw $0xcccc, task16+20
	movw $0x3f0, task16+26
	movw $0x5151, task16+30
	movw $KDATA, task16+34
	movw $CODE, task16+36
	movw $STACK, task16+38
	descriptor STACK, stack16, 0xffff, DATA16
	movw $KDATA, task16+40
	movw $0, task16+42
	ret

	group tss16
tss16:
	mov $unexpected16, %eax
	call recover
	call fresh16
	mov $0x12345678, %ebx
	try
	lcall $TASK16, $0
1:	ends
	tried
	came "CALL of a 16-bit TSS and IRET"
	is "16-bit task: TR", task_tr, $TASK16
	bits "16-bit task: back link", task16, 0xffff, MAIN_TSS
	bits "16-bit task: NT", task_flags, FL_NT+FL_CF, FL_NT+FL_CF
	bits "16-bit task: CX", task_cx, 0xffff, 0xcccc
	bits "16-bit task: SI", task_si, 0xffff, 0x5151
	is "16-bit task: FS is null", task_fs, $0
	is "16-bit task: SP", task_sp, $0x3f0
	is "back in 32 bits: EBX", got_ebx, $0x12345678
	bits "16-bit task: AX is saved", task16+18, 0xffff, 0x1212
	bits "16-bit task: IP is saved", task16+14, 0xffff, code16_end-code16
	bits "16-bit task: FLAGS without NT are saved", task16+16, FL_NT, 0
	bits "16-bit task: available again", gdt+TASK16+4, 0xff00, 0x8100

	/* The main task in a 16-bit TSS: the upper half of EIP is lost, so the code that comes back is below 64 KiB. */
	call fresh16
	descriptor MAIN16, main16, 0x2b, PRESENT+1
	descriptor MAIN16+8, near_code, 0xffff, 0x409a
	mov $MAIN16, %eax
	ltr %ax
	bits "LTR of a 16-bit TSS: busy", gdt+MAIN16+4, 0xff00, 0x8300
	str %eax
	is "LTR of a 16-bit TSS: STR", %eax, $MAIN16
	try
	ljmp $MAIN16+8, $0
	.balign 16
near_code:
	lcall $OTHER, $0
near_code_1:
	ends
	tried
	bits "16-bit TSS to a 32-bit one: IP", main16+14, 0xffff, near_code_1-near_code
	bits "16-bit TSS to a 32-bit one: CS", main16+36, 0xffff, MAIN16+8
	is "16-bit TSS to a 32-bit one: back link", other_tss, $MAIN16
	/* Stacks of inner rings come from 16-bit fields. */
	mov $unexpected16, %eax
	call recover
	descriptor MAIN16, main16, 0x2b, PRESENT+1
	movw $0x3e0, main16+2
	movw $STACK, main16+4
	mov $MAIN16, %eax
	ltr %ax
	user 2f
	came "interrupt from ring 3 with a 16-bit TSS"
	is "interrupt from ring 3 with a 16-bit TSS: its frame", stack16+0x3e0-4, $UDATA
	mov $unexpected16, %eax
	call recover
	ret
2:	ends

unexpected16:
	ends

	.code16
code16:
	movl $0, %edi
	mov %ax, task_ax(%edi)
	movl %ecx, task_cx(%edi)
	movl %esi, task_si(%edi)
	strw task_tr(%edi)
	movw %fs, task_fs(%edi)
	movl %esp, %eax
	movw %ax, task_sp(%edi)
	pushf
	popw task_flags(%edi)
	mov $0x1212, %ax
	iretw
code16_end:
	.code32

	group address_spaces
address_spaces:
	mov $1, %eax
	cpuid
	test $8, %edx
	jnz 1f
	skip "CR3 of the TSS", "CPUID does not announce 4 MiB pages"
	ret
1:	movl $PS_RW_P, directory_a
	movl $PS_RW_P, directory_b
	movl $PS_RW_P+WINDOW, directory_a+4
	movl $PS_RW_P, directory_b+4
	mov $reads_window, %eax
	call recover
	movl $directory_b, other_tss+28
	movl $directory_a, main_tss+28
	movl $directory_a, df_tss+28
	mov %cr4, %eax
	or $0x10, %eax
	mov %eax, %cr4
	mov $directory_a, %eax
	mov %eax, %cr3
	mov %cr0, %eax
	or $CR0_PG, %eax
	mov %eax, %cr0
	movl $0x600df00d, here
	movl $0xbad, here+WINDOW
	try
	lcall $OTHER, $0
	mov here+WINDOW, %edx
	mov %cr3, %esi
	ends
	tried
	came "CALL and IRET between address spaces"
	is "the new task's CR3", task_cr3, $directory_b
	is "the new task's memory", task_window, $0x600df00d
	is "the old task's CR3 again", got_esi, $directory_a
	is "the old task's memory again", got_edx, $0xbad
	/* The CR3 field is read, never written. */
	is "CR3 is not saved", main_tss+28, $directory_a
	mov $reads_window, %eax
	call recover
	movl $directory_a, other_tss+28
	mov $directory_b, %eax
	mov %eax, %cr3
	try
	ljmp $OTHER, $0
	tried
	is "CR3 of the old task stays as it was in its TSS", main_tss+28, $directory_a
	is "CR3 after JMP", task_cr3, $directory_a
	mov %cr0, %eax
	and $~(CR0_PG+CR0_TS), %eax
	mov %eax, %cr0
	mov $unexpected16, %eax
	call recover
	ret

reads_window:
	mov here+WINDOW, %eax
	mov %eax, task_window
	mov %cr3, %eax
	mov %eax, task_cr3
	pushfl
	testl $FL_NT, (%esp)
	jz 1f
	popfl
	iretl
1:	ends

	.bss
	.balign 4096
directory_a: .skip 4096
directory_b: .skip 4096
task16:	.skip 64
main16:	.skip 64
here:	.skip 4
stack16: .skip 0x400
	.macro variable names:vararg
	.irp name, \names
\name:	.skip 4
	.endr
	.endm
	variable task_ax, task_cx, task_si, task_tr, task_fs, task_sp, task_flags, task_window, task_cr3
