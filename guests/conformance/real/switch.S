/* From protected mode to real mode and back, and the recorder of real mode's interrupts. SDM: volume 3, 9.9. */
#include "harness.h"
#include "lib.h"

#define CODE SLOT(0)
#define DATA SLOT(1)

	.text
	.globl to_real
to_real:
	mov %eax, real_eax
	descriptor CODE, LOW, 0xffff, CODE16
	descriptor DATA, LOW, 0xffff, DATA16
	call fill_vectors
	lidt real_idtr
	mov $DATA, %eax
	mov %eax, %ss
	mov %eax, %ds
	mov %eax, %es
	ljmp $CODE, $leave_protected-LOW

	/* All vectors to the recorder. */
fill_vectors:
	push %ecx
	xor %ecx, %ecx
1:	mov %ecx, %eax
	shl $3, %eax
	add $real_stubs-LOW, %eax
	or $R_CS<<16, %eax
	mov %eax, (, %ecx, 4)
	inc %ecx
	cmp $256, %ecx
	jb 1b
	pop %ecx
	ret

back:	mov $KDATA, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	mov %eax, %fs
	mov %eax, %gs
	mov resume_esp, %esp
	lidt idtr
	movl $0, got_error
	mov seen_eax, %eax
	mov %eax, got_eax
	movzwl seen_vector, %eax
	mov %eax, got_vector
	movzwl seen_ip, %eax
	mov %eax, got_eip
	movzwl seen_cs, %eax
	mov %eax, got_cs
	movzwl seen_flags, %eax
	mov %eax, got_eflags
	mov seen_sp, %eax
	mov %eax, got_esp
	movzwl seen_ss, %eax
	mov %eax, got_ss
	movzwl seen_ds, %eax
	mov %eax, got_ds
	movzwl seen_es, %eax
	mov %eax, got_es
	mov got_eax, %eax
	cld
	jmp *resume_eip

	real_code
leave_protected:
	mov %cr0, %eax
	and $~CR0_PE, %eax
	mov %eax, %cr0
	ljmpw $R_CS, $1f-LOW
1:	mov $R_SS, %ax
	mov %ax, %ss
	mov $R_SP, %esp
	mov $R_DS, %ax
	mov %ax, %ds
	mov %ax, %es
	pushl $2
	popfl
	mov %cs:real_eax-LOW, %eax
	jmp *%cs:real_ip-LOW

	.set vector, 0
	.balign 8
real_stubs:
	.rept 256
	.balign 8
	pushw $vector
	jmp real_record
	.set vector, vector+1
	.endr

real_record:
	popw %cs:seen_vector-LOW
	popw %cs:seen_ip-LOW
	popw %cs:seen_cs-LOW
	popw %cs:seen_flags-LOW
	mov %eax, %cs:seen_eax-LOW
	mov %esp, %cs:seen_sp-LOW
	mov %ss, %cs:seen_ss-LOW
	mov %ds, %cs:seen_ds-LOW
	mov %es, %cs:seen_es-LOW
	pushfw
	popw %cs:seen_handler_flags-LOW
	lgdtl %cs:low_gdtr-LOW
	mov %cr0, %eax
	or $CR0_PE, %eax
	mov %eax, %cr0
	ljmpl $KCODE, $back

	.globl real_ip, low_gdtr, seen_handler_flags, real_record
	.balign 4
low_gdtr:
	.word 8*GDT_ENTRIES-1
	.long gdt
real_ip: .word 0
real_eax: .long 0
seen_eax: .long 0
seen_sp: .long 0
seen_vector: .word 0
seen_ip: .word 0
seen_cs: .word 0
seen_flags: .word 0
seen_ss: .word 0
seen_ds: .word 0
seen_es: .word 0
seen_handler_flags: .word 0, 0
	protected_code

	.data
real_idtr:
	.word 0x3ff
	.long 0
