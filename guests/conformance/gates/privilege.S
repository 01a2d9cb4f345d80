/* What ring 3 may not do, I/O permission, selector tests, SYSENTER. SDM: volume 3, 5.9, 5.10; volume 1, 19.5. */
#include "harness.h"

#define DATA1 SLOT(0)
#define CONFORMING SLOT(1)
#define EXEC_ONLY SLOT(2)
#define READ_ONLY SLOT(3)
#define BIG SLOT(4)
#define ABSENT SLOT(5)
#define CALL_GATE SLOT(6)
#define INTERRUPT_GATE SLOT(7)
#define PORT 0xe0

	.macro refused instruction:vararg
	user_faults "ring 3: \instruction", GP, 0, \instruction
	.endm

	.text
	group privileged
privileged:
	xor %eax, %eax
	refused hlt
	refused cli
	refused sti
	refused clts
	refused invd
	refused wbinvd
	refused lmsw %ax
	refused lldt %ax
	refused ltr %ax
	refused lgdt gdtr
	refused lidt idtr
	refused invlpg gdtr
	refused mov %cr0, %eax
	refused mov %eax, %cr0
	refused mov %cr3, %eax
	refused mov %eax, %cr4
	refused mov %dr0, %eax
	refused mov %eax, %dr7
	without HAS_MSR, "ring 3: rdmsr", "MSRs", 9f
	refused rdmsr
	refused wrmsr
	without HAS_SEP, "ring 3: sysexit", "SEP", 9f
	refused sysexit
9:
	user_faults "ring 3: mov cr1", UD, 0, .byte 0x0f, 0x20, 0xc8
	user_fine "ring 3: sldt", sldt %ax
	user_fine "ring 3: smsw", smsw %ax
	user 1f, 2
	is "ring 3: popf leaves IF and IOPL", got_eflags, $FL_CF+2
	user 1f, FL_IOPL+2
	is "ring 3 with IOPL 3: popf takes IF, leaves IOPL", got_eflags, $FL_IOPL+FL_IF+FL_CF+2
	user 2f, FL_IOPL+2
	came "ring 3 with IOPL 3: sti cli in out"
	is "ring 3 with IOPL 3: cli", got_eflags, $FL_IOPL+2
	user 3f, 0x2002
	fault "ring 3 with IOPL 2: cli", GP, 0, 3f
	ret
1:	pushl $FL_IF+FL_CF+2
	popfl
	ends
2:	sti
	cli
	in $PORT, %al
	out %al, $PORT
	insb
	pushfl
	popfl
	ends
3:	cli

	group io_bitmap
io_bitmap:
	/* The bitmap lies behind the TSS: one bit for each port, and a byte of ones. */
	descriptor SLOT(8), io_tss, 0x67+0x1f, PRESENT+9
	mov $SLOT(8), %eax
	ltr %ax
	movl $0x00ff00fe, io_tss_map+PORT/8
	mov $PORT, %edx
	user_fine "I/O bitmap: IN of a free port", in $PORT, %al
	user_fine "I/O bitmap: OUT DX of a free port", out %al, (%dx)
	user_faults "I/O bitmap: the port above", GP, 0, in $PORT+1, %al
	user_faults "I/O bitmap: word with a denied half", GP, 0, in $PORT, %ax
	user_faults "I/O bitmap: dword", GP, 0, out %eax, $PORT
	mov $PORT+1, %edx
	user_faults "I/O bitmap: INSB", GP, 0, insb
	mov $PORT+15, %edx
	user_faults "I/O bitmap: word over a byte of the bitmap", GP, 0, inw (%dx), %ax
	user_fine "I/O bitmap: its last free byte", inb (%dx), %al
	mov $0xf7, %edx
	user_faults "I/O bitmap: word that needs a byte beyond the limit", GP, 0, inw (%dx), %ax
	mov $0x100, %edx
	user_faults "I/O bitmap: port beyond the limit", GP, 0, inb (%dx), %al
	movw $0x68+0x20, io_tss+102
	user_faults "I/O bitmap: base beyond the limit", GP, 0, in $PORT, %al
	movw $0x68, io_tss+102
	user_faults "I/O bitmap: ring 3 may still not CLI", GP, 0, cli
	andb $~2, gdt+MAIN_TSS+5
	mov $MAIN_TSS, %eax
	ltr %ax
	ret

	/* ZF and what was loaded. */
	.macro lar_is name, selector, value
	mov $\selector, %ecx
	mov $0x5a5a5a5a, %eax
	lar %ecx, %eax
	call zf_to_edx
	is "LAR \name: ZF", %edx, $1
	is "LAR \name", %eax, $\value
	.endm
	.macro refuses insn, name, selector
	mov $\selector, %ecx
	mov $0x5a5a5a5a, %eax
	\insn %ecx, %eax
	call zf_to_edx
	is "\insn \name: ZF", %edx, $0
	is "\insn \name: unchanged", %eax, $0x5a5a5a5a
	.endm
	.macro lsl_is name, selector, value
	mov $\selector, %ecx
	lsl %ecx, %eax
	is "LSL \name", %eax, $\value
	.endm
	.macro verifies insn, name, selector, result
	mov $\selector, %ecx
	\insn %cx
	call zf_to_edx
	is "\insn \name", %edx, $\result
	.endm

zf_to_edx:
	setz %dl
	movzbl %dl, %edx
	ret

	group selector_tests
selector_tests:
	descriptor DATA1, 0, 0x12345, (0x8092+DPL1)
	descriptor CONFORMING, 0, 0xfffff, 0xc09e
	descriptor EXEC_ONLY, 0, 0x12345, 0x4098
	descriptor READ_ONLY, 0, 0xfffff, 0xc090
	descriptor ABSENT, 0, 0xfffff, (DATA32-PRESENT)
	gate CALL_GATE, KCODE, 0, PRESENT+0xc, 0
	gate INTERRUPT_GATE, KCODE, 0, PRESENT+0xe, 0
	lar_is "data", DATA1, 0x0081b200
	lar_is "not present", ABSENT, 0x00cf1200
	lar_is "execute-only", EXEC_ONLY, 0x00419800
	lar_is "busy TSS", MAIN_TSS, 0x00008b00
	lar_is "call gate", CALL_GATE, 0x00008c00
	refuses lar, "interrupt gate", INTERRUPT_GATE
	refuses lar, "null", 0
	refuses lar, "beyond the GDT", 8*GDT_ENTRIES
	refuses lar, "RPL above DPL", KDATA+1
	lar_is "conforming with RPL 3", CONFORMING+3, 0x00cf9e00
	mov $KCODE, %ecx
	mov $-1, %eax
	lar %cx, %ax
	is "LAR of 16 bits", %eax, $0xffff9b00
	lsl_is "pages", DATA1, 0x12345fff
	lsl_is "bytes", EXEC_ONLY, 0x12345
	lsl_is "TSS", MAIN_TSS, 0x67
	refuses lsl, "call gate", CALL_GATE
	refuses lsl, "interrupt gate", INTERRUPT_GATE
	refuses lsl, "null with RPL 2", 2
	refuses lsl, "RPL above DPL", KDATA+2
	verifies verr, "data", KDATA, 1
	verifies verw, "data", KDATA, 1
	verifies verr, "null", 0, 0
	verifies verr, "readable code", KCODE, 1
	verifies verw, "readable code", KCODE, 0
	verifies verr, "execute-only code", EXEC_ONLY, 0
	verifies verr, "read-only data", READ_ONLY, 1
	verifies verw, "read-only data", READ_ONLY, 0
	verifies verr, "RPL above DPL", KDATA+1, 0
	verifies verr, "conforming code with RPL 3", CONFORMING+3, 1
	verifies verr, "TSS", MAIN_TSS, 0
	verifies verr, "not present", ABSENT, 1
	verifies verr, "beyond the GDT", 8*GDT_ENTRIES, 0
	user 1f
	is "ring 3: VERR data of DPL 0", got_edx, $0
	is "ring 3: VERR conforming code of DPL 0", got_ebx, $1
	mov $KDATA, %eax
	mov $3, %ecx
	arpl %cx, %ax
	call zf_to_edx
	is "ARPL raises RPL", %eax, $KDATA+3
	is "ARPL: ZF", %edx, $1
	mov $KDATA+2, %eax
	mov $1, %ecx
	arpl %cx, %ax
	call zf_to_edx
	is "ARPL leaves a higher RPL", %eax, $KDATA+2
	is "ARPL: ZF clear", %edx, $0
	ret
1:	mov $KDATA+3, %ecx
	verr %cx
	setz %dl
	movzbl %dl, %edx
	mov $CONFORMING+3, %ecx
	verr %cx
	setz %bl
	movzbl %bl, %ebx
	ends

	.macro write_msr number, value
	mov $\number, %ecx
	mov $\value, %eax
	xor %edx, %edx
	wrmsr
	.endm

	group fast_calls
fast_calls:
	without HAS_SEP, "SYSENTER", "SEP", 9f
	write_msr 0x174, 3
	write_msr 0x175, fast_stack
	write_msr 0x176, fast_entry
	faults "SYSENTER with a null CS", GP, 0, sysenter
	faults "SYSEXIT with a null CS", GP, 0, sysexit
	/* SYSENTER takes CS from the MSR and SS from the entry after it; SYSEXIT CS + 16 and CS + 24. */
	write_msr 0x174, KCODE
	user 2f, FL_IOPL+FL_IF+2
	came "SYSENTER and back"
	is "SYSENTER: CS", seen_cs, $KCODE
	is "SYSENTER: SS", seen_ss, $KDATA
	is "SYSENTER: ESP", seen_esp, $fast_stack
	bits "SYSENTER clears IF, keeps IOPL", seen_eflags, (FL_IF+FL_IOPL), FL_IOPL
	is "SYSEXIT: CS", got_cs, $UCODE
	is "SYSEXIT: SS", got_ss, $UDATA
	is "SYSEXIT: ESP from ECX", got_esp, $user_stack-64
	is "SYSEXIT: EIP from EDX", got_eip, $3f+2
9:	ret
2:	sysenter
3:	ends
fast_entry:
	mov %cs, seen_cs
	mov %ss, seen_ss
	mov %esp, seen_esp
	pushfl
	popl seen_eflags
	mov $user_stack-64, %ecx
	mov $3b, %edx
	sysexit

	.data
	.balign 16
io_tss:	.long 0, entry_stack, KDATA
	.skip 100-12
	.word 0, 0x68
io_tss_map:
	.skip 0x1e
	.byte 0xff
	.byte 0xff

	.bss
	.balign 16
	.skip 64
fast_stack:
seen_cs: .skip 4
seen_ss: .skip 4
seen_esp: .skip 4
seen_eflags: .skip 4
