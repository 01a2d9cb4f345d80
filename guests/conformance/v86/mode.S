/* Virtual-8086 mode: its addresses, what IOPL guards, exceptions, ways in and out. SDM: volume 3, chapter 20. */
#include "harness.h"
#include "lib.h"

#define OTHER SLOT(0)
#define IO_TSS SLOT(1)
#define CODE1 SLOT(2)
#define CONFORMING SLOT(3)
#define PORT 0xe0

	.text
	.globl to_v86
to_v86:
	pushl $V_GS
	pushl $V_FS
	pushl $V_DS
	pushl $V_ES
	pushl $V_SS
	pushl $V_SP
	pushl user_eflags
	pushl $V_CS
	pushl user_eip
	iretl

	group sensitive
sensitive:
	/* IOPL 0 */
	v86_faults "IOPL 0: CLI", GP, 0, 0, cli
	v86_faults "IOPL 0: STI", GP, 0, 0, sti
	v86_faults "IOPL 0: PUSHF", GP, 0, 0, pushfw
	v86_faults "IOPL 0: PUSHFD", GP, 0, 0, pushfl
	v86_faults "IOPL 0: POPF", GP, 0, 0, popfw
	v86_faults "IOPL 0: INT 80", GP, 0, 0, int $0x80
	v86_faults "IOPL 0: INT 3 of two bytes", GP, 0, 0, .byte 0xcd, 3
	v86_faults "IOPL 0: IRET", GP, 0, 0, iretw
	v86_faults "IOPL 2: CLI", GP, 0, 0x2000, cli
	v86 1f
	fault "IOPL 0: INT3 is not guarded", BP, 0, 2f-LOW
	v86_fine "IOPL 0: INTO without OF", 0, into
	/* IOPL 3 */
	v86 3f, FL_IOPL
	fault "IOPL 3: STI, PUSHF, CLI", GP, 0, 4f-LOW
	movzwl (V_STACK+V_SP-2), %ecx
	is "IOPL 3: PUSHF stores IF and IOPL", %ecx, $FL_IF+FL_IOPL+2
	is "IOPL 3: SP", got_esp, $(V_SP-2)
	is "IOPL 3: EFLAGS in the end", got_eflags, $FL_VM+FL_RF+FL_IOPL+2
	v86 5f, FL_IOPL
	is "IOPL 3: POPF takes IF, leaves IOPL", got_eflags, $FL_VM+FL_RF+FL_IOPL+FL_IF+FL_CF+2
	v86 6f, FL_IOPL
	is "IOPL 3: POPFD leaves VM, IOPL, VIF and VIP", got_eflags, $FL_VM+FL_RF+FL_IOPL+FL_AC+2
	v86 7f, FL_IOPL
	is "IOPL 3: PUSHFD does not store VM and RF", (V_STACK+V_SP-4), $FL_IOPL+2
	v86 8f, FL_IOPL
	fault "IOPL 3: IRET", GP, 0, 9f-LOW
	is "IOPL 3: IRET takes IF, leaves IOPL", got_eflags, $FL_VM+FL_RF+FL_IOPL+FL_IF+2
	v86 10f, FL_IOPL
	fault "IOPL 3: INT 80 through its gate", END, 0, 11f-LOW
	ret

	.pushsection .low, "ax"
	.code16
1:	int3
2:	hlt
3:	sti
	pushfw
	cli
4:	hlt
5:	pushw $FL_IF+FL_CF+2
	popfw
	hlt
6:	pushl $FL_AC+FL_VIF+FL_VIP+2
	popfl
	hlt
7:	pushfl
	hlt
8:	pushw $FL_IF+2
	pushw $V_CS
	pushw $9f-LOW
	iretw
9:	hlt
10:	int $END
11:	hlt
	.code32
	.popsection

	group privileged
privileged:
	v86_faults "HLT", GP, 0, FL_IOPL, hlt
	v86_faults "CLTS", GP, 0, FL_IOPL, clts
	v86_faults "LGDT", GP, 0, FL_IOPL, lgdtw 0
	v86_faults "LMSW", GP, 0, FL_IOPL, lmsw %ax
	v86_faults "MOV from CR0", GP, 0, FL_IOPL, mov %cr0, %eax
	v86_faults "MOV to DR7", GP, 0, FL_IOPL, mov %eax, %dr7
	v86_faults "INVD", GP, 0, FL_IOPL, invd
	v86_fine "SMSW", FL_IOPL, smsw %ax
	v86_fine "SGDT", 0, sgdtw 0
	v86_faults "LLDT", UD, 0, FL_IOPL, lldt %ax
	v86_faults "LTR", UD, 0, FL_IOPL, ltr %ax
	v86_faults "SLDT", UD, 0, FL_IOPL, sldt %ax
	v86_faults "STR", UD, 0, FL_IOPL, str %ax
	v86_faults "LAR", UD, 0, FL_IOPL, lar %ax, %ax
	v86_faults "LSL", UD, 0, FL_IOPL, lsl %ax, %ax
	v86_faults "VERR", UD, 0, FL_IOPL, verr %ax
	v86_faults "ARPL", UD, 0, FL_IOPL, .byte 0x63, 0xc0
	without HAS_MSR, "RDMSR", "MSRs", 9f
	v86_faults "RDMSR", GP, 0, FL_IOPL, rdmsr
	without HAS_SEP, "SYSEXIT", "SEP", 9f
	v86_faults "SYSEXIT", GP, 0, FL_IOPL, sysexit
9:	ret

	group ports
ports:
	v86_faults "IN without a bitmap", GP, 0, 0, in $PORT, %al
	v86_faults "IN without a bitmap, IOPL 3", GP, 0, FL_IOPL, in $PORT, %al
	descriptor IO_TSS, io_tss, 0x67+0x30, PRESENT+9
	mov $IO_TSS, %eax
	ltr %ax
	v86_fine "IN of a free port", 0, in $PORT, %al
	v86_fine "OUT of a free port", 0, out %al, $PORT
	v86_faults "IN of a port that is not", GP, 0, FL_IOPL, in $PORT+1, %al
	v86_faults "word", GP, 0, 0, in $PORT, %ax
	mov $PORT+1, %edx
	v86_faults "INSB", GP, 0, 0, insb
	andb $~2, gdt+MAIN_TSS+5
	mov $MAIN_TSS, %eax
	ltr %ax
	ret

	group exceptions
exceptions:
	xor %ecx, %ecx
	v86_faults "DIV by 0", DE, 0, 0, div %cl
	is "frame: CS", got_cs, $V_CS
	is "frame: SS", got_ss, $V_SS
	is "frame: ESP", got_esp, $V_SP
	is "frame: DS", got_ds, $V_DS
	is "frame: ES", got_es, $V_ES
	is "frame: FS", got_fs, $V_FS
	is "frame: GS", got_gs, $V_GS
	is "frame: EFLAGS", got_eflags, $FL_VM+FL_RF+2
	v86_faults "UD2", UD, 0, 0, ud2
	v86_faults "word at FFFF", GP, 0, 0, mov 0xffff, %ax
	v86_faults "word at FFFF of the stack", SS, 0, 0, mov %ss:0xffff, %ax
	v86_fine "byte at FFFF", 0, mov 0xffff, %al
	mov $0x10000, %ebx
	v86_faults "32-bit offset beyond FFFF", GP, 0, 0, mov (%ebx), %al
	v86 1f
	fault "PUSH with SP 1", SS, 0, 2f-LOW
	v86 3f
	is "PUSH with SP 0 goes to FFFE", got_esp, $0xfffe
	/* The handler finds null segments. */
	idt_gate 0x41, KCODE, look, PRESENT+DPL3+0xe
	v86 4f, FL_IOPL
	is "handler: DS", look_ds, $0
	is "handler: ES", look_es, $0
	is "handler: FS", look_fs, $0
	is "handler: GS", look_gs, $0
	bits "handler: VM is clear", look_eflags, FL_VM, 0
	/* A handler must run in ring 0. */
	descriptor CODE1, 0, 0xfffff, (CODE32+DPL1)
	descriptor CONFORMING, 0, 0xfffff, 0xc09e
	idt_gate 0x41, CODE1, look, PRESENT+DPL3+0xe
	v86_faults "handler in ring 1", GP, CODE1, FL_IOPL, int $0x41
	idt_gate 0x41, CONFORMING, look, PRESENT+DPL3+0xe
	v86_faults "handler in conforming code", GP, CONFORMING, FL_IOPL, int $0x41
	idt_reset 0x41
	v86_faults "IOPL 3: gate of DPL 0", GP, 0x41*8+2, FL_IOPL, int $0x41
	ret
	.pushsection .low, "ax"
	.code16
1:	mov $1, %sp
2:	push %ax
3:	mov $0, %esp
	push %ax
	hlt
4:	int $0x41
	.code32
	.popsection
look:	push %ds
	push %eax
	mov $KDATA, %eax
	mov %eax, %ds
	popl got_eax
	popl look_ds
	mov got_eax, %eax
	movw %es, look_es
	movw %fs, look_fs
	movw %gs, look_gs
	pushfl
	popl look_eflags
	jmp stubs+16*0x41

	group addresses
addresses:
	movl $0x11223344, V_STACK+0x500
	v86 1f
	is "segment times 16 plus offset", got_ecx, $0x11223344
	movl start, %ebx
	v86 2f
	mov start, %ebx
	same "FFFF:0010 and up is above 1 MiB", got_ecx, %ebx
	v86 3f
	fault "far CALL and RETF", GP, 0, 4f-LOW
	is "far CALL and RETF: CX", got_ecx, $0x1234
	v86 6f
	is "far JMP: any CS", got_cs, $V_CS+1
	is "far JMP: IP", got_eip, $(7f-LOW-16)
	/* CS:EIP over 64 KiB. */
	v86 8f
	fault "near JMP beyond FFFF", GP, 0, 8f-LOW
	ret
	.pushsection .low, "ax"
	.code16
1:	mov $0x2010, %ax
	mov %ax, %fs
	mov $0, %ecx
	mov %fs:0x400, %ecx
	hlt
2:	mov $0xffff, %ax
	mov %ax, %fs
	mov $start-0xffff0, %ebx
	mov %fs:(%ebx), %ecx
	hlt
3:	lcallw $V_CS, $5f-LOW
4:	hlt
5:	mov $0x1234, %ecx
	lretw
6:	ljmpw $V_CS+1, $(7f-LOW-16)
7:	hlt
8:	.byte 0x66, 0xe9, 0, 0, 1, 0
	.code32
	.popsection

	group ways_in
ways_in:
	/* By a task switch. */
	descriptor OTHER, other_tss, 0x67, PRESENT+9
	movl $1f-LOW, other_tss+32
	try
	ljmp $OTHER, $0
	tried
	fault "task switch into V86", GP, 0, 1f-LOW
	is "task switch into V86: CS", got_cs, $V_CS
	is "task switch into V86: DS", got_ds, $0x9999
	bits "task switch into V86: VM", got_eflags, FL_VM, FL_VM
	andb $~2, gdt+MAIN_TSS+5
	mov $MAIN_TSS, %eax
	ltr %ax
	clts
	/* Out of V86 by a task gate. */
	descriptor OTHER, other_tss, 0x67, PRESENT+9
	movl $2f, other_tss+32
	movl $2, other_tss+36
	movl $KCODE, other_tss+76
	movl $KDATA, other_tss+80
	movl $KDATA, other_tss+84
	movl $0, other_tss+88
	movl $0, other_tss+92
	movl $0, other_tss+72
	movl $other_stack, other_tss+56
	idt_gate 0x41, OTHER, 0, PRESENT+DPL3+5
	v86 3f, FL_IOPL
	idt_reset 0x41
	came "task gate from V86"
	bits "task gate from V86: VM is saved", main_tss+36, FL_VM, FL_VM
	is "task gate from V86: CS is saved", main_tss+76, $V_CS
	is "task gate from V86: ES is saved", main_tss+72, $V_ES
	andb $~2, gdt+MAIN_TSS+5
	mov $MAIN_TSS, %eax
	ltr %ax
	clts
	/* Ring 3 cannot get there. */
	user 4f
	fault "ring 3: IRET ignores VM", END, 0, 5f+2
	bits "ring 3: POPF ignores VM", got_eflags, FL_VM, 0
	ret
	.pushsection .low, "ax"
1:	hlt
	.code16
3:	int $0x41
	.code32
	.popsection
2:	ends
4:	pushl $FL_VM+2
	popfl
	pushl $FL_VM+2
	pushl $UCODE
	pushl $5f
	iretl
5:	ends

	.data
	.balign 16
io_tss:	.long 0, entry_stack, KDATA
	.skip 100-12
	.word 0, 0x68
	.skip PORT/8
	.byte 0xfe
	.skip 0x30-PORT/8-2
	.byte 0xff
	.balign 128
other_tss:
	.long 0, entry_stack, KDATA, 0, 0, 0, 0, 0
	.long 0, FL_VM+2, 0, 0, 0, 0, V_SP, 0, 0, 0
	.long V_ES, V_CS, V_SS, 0x9999, V_FS, V_GS, 0
	.word 0, 0x68
	.bss
	.balign 16
	.skip 0x200
other_stack:
	.macro variable names:vararg
	.irp name, \names
\name:	.skip 4
	.endr
	.endm
	variable look_ds, look_es, look_fs, look_gs, look_eflags
