/* Hardware interrupts: where they come, what holds them back. The timer (IRQ 0) is vector 0x20.
 * SDM: volume 3, 6.8; volume 2, "STI", "HLT", "MOV". */
#include "harness.h"

#define TIMER 0x20
#define PIT0 0x40
#define PIT_MODE 0x43
#define PIC1 0x20
#define PIC2 0xa0

	.text
	/* A request that is pending: counter 0 in mode 0 counts down from 2, and the mask is opened. */
request_timer:
	cli
	mov $0x30, %al
	out %al, $PIT_MODE
	mov $2, %al
	out %al, $PIT0
	xor %eax, %eax
	out %al, $PIT0
	mov $0xfe, %al
	out %al, $PIC1+1
	/* Wait for the request register. */
	mov $0x0a, %al
	out %al, $PIC1
1:	in $PIC1, %al
	test $1, %al
	jz 1b
	ret

end_timer:
	pushal
	mov $0xff, %al
	out %al, $PIC1+1
	mov $0x20, %al
	out %al, $PIC1
	popal
	ret

	.macro timer name, at
	call end_timer
	fault "\name", TIMER, 0, \at
	.endm

	group timer
timer:
	call request_timer
	try
	sti
	nop
1:	nop
	cli
	tried
	timer "STI lets one more instruction by", 1b
	bits "IF on the stack", got_eflags, FL_IF, FL_IF
	call request_timer
	try
	sti
	cli
	nop
	nop
	tried
	quiet "STI and CLI: no interrupt"
	call end_timer
	ret

	group popf_and_iret
popf_and_iret:
	call request_timer
	try
	pushl $FL_IF+2
	popfl
1:	nop
	cli
	tried
	timer "POPF has no shadow", 1b
	call request_timer
	try
	pushl $FL_IF+2
	pushl $KCODE
	pushl $1f
	iretl
1:	nop
	cli
	tried
	timer "IRET has no shadow", 1b
	ret

	group halt
halt:
	/* A halted processor is woken; the return address is behind HLT. */
	cli
	mov $0xfe, %al
	out %al, $PIC1+1
	mov $0x30, %al
	out %al, $PIT_MODE
	mov $0x40, %al
	out %al, $PIT0
	xor %eax, %eax
	out %al, $PIT0
	try
	sti
	hlt
1:	cli
	tried
	timer "HLT is woken", 1b
	/* Ring 3 is interrupted as well, whatever its IOPL. */
	call request_timer
	user 5f, FL_IF+2
	timer "ring 3 before its first instruction", 5f
	is "ring 3: CS", got_cs, $UCODE
	/* REP is interrupted between iterations. */
	cli
	mov $0x30, %al
	out %al, $PIT_MODE
	mov $0x20, %al
	out %al, $PIT0
	xor %eax, %eax
	out %al, $PIT0
	mov $0xfe, %al
	out %al, $PIC1+1
	mov $0x10000000, %ecx
	mov $scratch_value, %esi
	try
	sti
	nop
1:	rep lodsb
	tried
	timer "REP LODS is interrupted", 1b
	mov got_ecx, %eax
	add got_esi, %eax
	is "REP LODS: ECX and ESI agree", %eax, $scratch_value+0x10000000
	/* An exception on the instruction comes before an interrupt that waits behind CLI. */
	call request_timer
	faults "a masked interrupt waits", UD, 0, ud2
	call end_timer
	skip "NMI", "no device of this machine raises one"
	ret
5:	jmp 5b

	group alignment
alignment:
	mov %cr0, %ebx
	mov %ebx, %eax
	or $CR0_AM, %eax
	mov %eax, %cr0
	user 1f, FL_AC+2
	fault "AC: dword at 2", AC, 0, 1f
	user 2f, FL_AC+2
	fault "AC: word at 1", AC, 0, 2f
	user 3f, FL_AC+2
	came "AC: aligned accesses, bytes"
	user 1f, 2
	came "AM without EFLAGS.AC"
	user 4f, FL_AC+2
	fault "AC: PUSH with ESP at 2", AC, 0, 6f
	user 5f, FL_AC+2
	fault "AC: FLD of 8 bytes at 4", AC, 0, 5f
	user 7f, FL_AC+2
	fault "AC: a far pointer of 6 bytes at 2", AC, 0, 7f
	try
	pushl $FL_AC+2
	popfl
	mov unaligned+2, %eax
	tried
	quiet "ring 0 is not checked"
	mov %ebx, %cr0
	user 1f, FL_AC+2
	came "EFLAGS.AC without AM"
	ret
1:	mov unaligned+2, %eax
	ends
2:	mov unaligned+1, %ax
	ends
3:	mov unaligned+4, %eax
	mov unaligned+2, %ax
	mov unaligned+1, %al
	fldl unaligned
	ends
4:	sub $2, %esp
6:	push %eax
	ends
5:	fldl unaligned+4
	ends
7:	les unaligned+2, %eax
	ends

	.data
	.balign 16
unaligned: .skip 32
