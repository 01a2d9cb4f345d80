/* Boot, descriptor tables, and the recorder that every exception ends in. */
#include "harness.h"

	.section .multiboot, "a"
	.balign 4
	.long 0x1badb002, 0, -0x1badb002

	.text
	.globl start
start:
	cli
	cld
	mov $boot_stack, %esp
	lgdt gdtr
	ljmp $KCODE, $1f
1:	mov $KDATA, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	mov %eax, %fs
	mov %eax, %gs

	mov $low_load, %esi
	mov $low_start, %edi
	mov $low_end, %ecx
	sub %edi, %ecx
	rep movsb

	call serial_start
	/* The interrupt controllers: masked, vectors 0x20 and 0x28. */
	mov $0x11, %al
	out %al, $0x20
	out %al, $0xa0
	mov $0x20, %al
	out %al, $0x21
	mov $0x28, %al
	out %al, $0xa1
	mov $4, %al
	out %al, $0x21
	mov $2, %al
	out %al, $0xa1
	mov $1, %al
	out %al, $0x21
	out %al, $0xa1
	mov $0xff, %al
	out %al, $0x21
	out %al, $0xa1

	xor %ecx, %ecx
1:	push %ecx
	call reset_gate
	inc %ecx
	cmp $256, %ecx
	jb 1b
	lidt idtr

	idt_gate DF, DF_TSS, 0, PRESENT+5
	xor %eax, %eax
	lldt %ax
	descriptor DF_TSS, df_tss, 0x67, PRESENT+9
	descriptor MAIN_TSS, main_tss, 0x67, PRESENT+9
	mov $MAIN_TSS, %eax
	ltr %ax

	mov $1, %eax
	cpuid
	mov %edx, features
	mov $groups, %ebx
1:	cmp $groups_end, %ebx
	jae finish
	push %ebx
	call *(%ebx)
	pop %ebx
	add $4, %ebx
	jmp 1b

/* set_gate(entry, selector, offset, type in bits 15-8 and count in 4-0) */
	.globl set_gate
set_gate:
	pushal
	mov 36(%esp), %edi
	movzwl 40(%esp), %eax
	shl $16, %eax
	mov 44(%esp), %ax
	mov %eax, (%edi)
	mov 44(%esp), %eax
	mov 48(%esp), %ax
	mov %eax, 4(%edi)
	popal
	ret $16

/* set_descriptor(selector, base, limit in units of the G flag, attributes) */
	.globl set_descriptor
set_descriptor:
	pushal
	mov 36(%esp), %edi
	and $~7, %edi
	add $gdt, %edi
	mov 40(%esp), %edx
	mov %edx, %eax
	shl $16, %eax
	mov 44(%esp), %ax
	mov %eax, (%edi)
	mov %edx, %eax
	and $0xff000000, %edx
	shr $16, %eax
	and $0xff, %eax
	or %edx, %eax
	mov 44(%esp), %edx
	and $0xf0000, %edx
	or %edx, %eax
	mov 48(%esp), %edx
	shl $8, %edx
	or %edx, %eax
	mov %eax, 4(%edi)
	popal
	ret $16

/* reset_gate(vector): the recorder again. INT3, INTO and INT END may be executed in ring 3. */
	.globl reset_gate
reset_gate:
	push %eax
	push %edx
	mov 12(%esp), %eax
	mov $PRESENT + 0xe, %edx
	cmp $BP, %eax
	je 1f
	cmp $OF, %eax
	je 1f
	cmp $END, %eax
	jne 2f
1:	or $DPL3, %edx
2:	shl $8, %edx
	push %edx
	lea (, %eax, 8), %edx
	add %edx, %edx
	add $stubs, %edx
	push %edx
	push $KCODE
	lea idt(, %eax, 8), %eax
	push %eax
	call set_gate
	pop %edx
	pop %eax
	ret $4

/* One stub of 16 bytes for each vector. The frame may be on any stack: nothing but PUSH and POP touches it. */
	.balign 16
	.globl stubs
stubs:
	.set vector, 0
	.rept 256
	.balign 16
	.if vector != 8 && (vector < 10 || vector > 14) && vector != 17
	pushl $0
	.endif
	pushl $vector
	jmp record
	.set vector, vector + 1
	.endr

	.balign 16
record:
	pushl %eax
	pushl %ds
	mov $KDATA, %eax
	mov %eax, %ds
	popl got_ds
	popl got_eax
	popl got_vector
	popl got_error
	popl got_eip
	popl got_cs
	popl got_eflags
	mov %ebx, got_ebx
	mov %ecx, got_ecx
	mov %edx, got_edx
	mov %esi, got_esi
	mov %edi, got_edi
	mov %ebp, got_ebp
	movw %es, got_es
	movw %fs, got_fs
	movw %gs, got_gs
	andl $0xffff, got_cs
	andl $0xffff, got_ds
	incl got_count
	testl $FL_VM, got_eflags
	jnz 1f
	testl $3, got_cs
	jz 2f
1:	popl got_esp
	popl got_ss
	testl $FL_VM, got_eflags
	jz 3f
	popl got_es
	popl got_ds
	popl got_fs
	popl got_gs
	jmp 3f
2:	mov %esp, got_esp
	movw %ss, got_ss
3:	andl $0xffff, got_ss
	mov %cr2, %eax
	mov %eax, got_cr2
	/* Back to the test. */
	mov $KDATA, %eax
	mov %eax, %es
	mov %eax, %fs
	mov %eax, %gs
	mov %eax, %ss
	cmpl $0, resume_eip
	je unexpected
	mov resume_esp, %esp
	pushl $2
	popfl
	mov got_eax, %eax
	jmp *resume_eip

/* The task that double faults go to: records what the main task was doing, and resumes it at the test's end. */
df_task:
	popl got_error
	movl $DF, got_vector
	incl got_count
	mov main_tss + 32, %eax
	mov %eax, got_eip
	mov main_tss + 36, %eax
	mov %eax, got_eflags
	mov main_tss + 40, %eax
	mov %eax, got_eax
	mov main_tss + 56, %eax
	mov %eax, got_esp
	mov main_tss + 76, %eax
	mov %eax, got_cs
	mov main_tss + 80, %eax
	mov %eax, got_ss
	mov %cr2, %eax
	mov %eax, got_cr2
	mov resume_eip, %eax
	test %eax, %eax
	jz unexpected
	mov %eax, main_tss + 32
	movl $2, main_tss + 36
	mov resume_esp, %eax
	mov %eax, main_tss + 56
	movl $KCODE, main_tss + 76
	.irp field, 72, 80, 84, 88, 92
	movl $KDATA, main_tss + \field
	.endr
	iretl
	jmp df_task

/* Ring 3 at user_eip. General registers pass through. */
	.globl to_user
to_user:
	pushl $UDATA
	pushl user_esp
	pushl user_eflags
	pushl $UCODE
	pushl user_eip
	push %eax
	mov $UDATA, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %fs
	mov %eax, %gs
	pop %eax
	iretl

	/* Never empty: a loader would put a program segment of no bytes at address 0. */
	.section .low, "ax"
	.balign 4
	.long 0

	.data
	.balign 8
	.globl gdt, gdtr, idtr
gdt:
	.quad 0
	.quad 0x00cf9b000000ffff
	.quad 0x00cf93000000ffff
	.quad 0x00cffb000000ffff
	.quad 0x00cff3000000ffff
	.skip 8 * (GDT_ENTRIES - 5)
	.word 0
gdtr:	.word 8 * GDT_ENTRIES - 1
	.long gdt
	.word 0
idtr:	.word 0x7ff
	.long idt
	.globl user_esp
user_esp:
	.long user_stack
	.globl flat_selector, main_tss, df_tss
flat_selector:
	.word KDATA
	.balign 128
main_tss:
	.long 0, entry_stack, KDATA
	.skip 100 - 12
	.word 0, 0x68
	.balign 128
df_tss:	.long 0, 0, 0, 0, 0, 0, 0, 0, df_task, 2, 0, 0, 0, 0, df_stack, 0, 0, 0
	.long KDATA, KCODE, KDATA, KDATA, KDATA, KDATA, 0
	.word 0, 0x68

	.bss
	.balign 16
	.globl idt, boot_stack, entry_stack, user_stack, user_eip, user_eflags
idt:	.skip 0x800
	.skip 0x1000
boot_stack:
	.skip 0x1000
entry_stack:
	.skip 0x1000
df_stack:
	.skip 0x1000
user_stack:
	.skip 16
user_eip: .skip 4
user_eflags: .skip 4
	.macro variable names:vararg
	.irp name, \names
	.globl \name
\name:	.skip 4
	.endr
	.endm
	variable features, resume_eip, resume_esp, scratch_eax, scratch_value
	variable got_vector, got_error, got_eip, got_cs, got_eflags, got_esp, got_ss, got_cr2, got_count
	variable got_eax, got_ebx, got_ecx, got_edx, got_esi, got_edi, got_ebp
	variable got_ds, got_es, got_fs, got_gs
