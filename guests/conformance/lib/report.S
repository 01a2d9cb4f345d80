/* One line for each check on COM1, the sums at the end, and the exit. All routines take their arguments on the stack,
 * remove them, and keep all registers and flags. */
#include "harness.h"

#define COM1 0x3f8
#define DEBUG_EXIT 0xf4
#define PASSED 0x10
#define FAILED 0x11

	.text
	.globl serial_start
serial_start:
	mov $COM1 + 1, %edx
	xor %eax, %eax
	out %al, (%dx)
	mov $COM1 + 3, %edx
	mov $0x80, %al
	out %al, (%dx)
	mov $COM1, %edx
	mov $1, %al
	out %al, (%dx)
	inc %edx
	xor %eax, %eax
	out %al, (%dx)
	mov $COM1 + 3, %edx
	mov $3, %al
	out %al, (%dx)
	ret

put:	/* AL */
	push %eax
	push %edx
	mov %eax, %edx
	push %edx
	mov $COM1 + 5, %edx
1:	in (%dx), %al
	test $0x20, %al
	jz 1b
	pop %eax
	mov $COM1, %edx
	out %al, (%dx)
	pop %edx
	pop %eax
	ret

print:	/* ESI: text that ends with 0 */
	push %eax
1:	lodsb
	test %al, %al
	jz 2f
	call put
	jmp 1b
2:	pop %eax
	ret

hex:	/* EAX, eight digits */
	push %ecx
	push %eax
	mov $8, %ecx
1:	rol $4, %eax
	push %eax
	and $15, %eax
	mov digits(%eax), %al
	call put
	pop %eax
	loop 1b
	pop %eax
	pop %ecx
	ret

decimal: /* EAX */
	push %edx
	push %ecx
	mov $10, %ecx
	xor %edx, %edx
	div %ecx
	test %eax, %eax
	jz 1f
	call decimal
1:	mov digits(%edx), %al
	call put
	pop %ecx
	pop %edx
	ret

	/* Prints a constant text. */
	.macro say text
	.pushsection .rodata
96:	.asciz "\text"
	.popsection
	mov $96b, %esi
	call print
	.endm

	/* Arguments begin 40 bytes above ESP. */
	.macro enter_check
	pushfl
	pushal
	cld
	.endm
	.macro leave_check bytes
	popal
	popfl
	ret $\bytes
	.endm

passed:	/* ESI: name */
	incl ok_count
	push %esi
	say "ok "
	pop %esi
	call print
	say "\n"
	ret

failed:
	incl failed_count
	push %esi
	say "FAIL "
	pop %esi
	call print
	say ": got "
	ret

/* check_value(value, expected, name) */
	.globl check_value
check_value:
	enter_check
	mov 48(%esp), %esi
	mov 40(%esp), %eax
	cmp 44(%esp), %eax
	jne 1f
	call passed
	leave_check 12
1:	call failed
	call hex
	say " expected "
	mov 44(%esp), %eax
	call hex
	say "\n"
	leave_check 12

/* check_fault(vector, error, at, name) */
	.globl check_fault
check_fault:
	enter_check
	mov 52(%esp), %esi
	mov 40(%esp), %eax
	cmp got_vector, %eax
	jne 1f
	mov 44(%esp), %eax
	cmp got_error, %eax
	jne 1f
	mov 48(%esp), %eax
	cmp got_eip, %eax
	jne 1f
	call passed
	leave_check 16
1:	call failed
	mov got_vector, %eax
	call hex
	cmp $NONE, %eax
	je 2f
	say " error "
	mov got_error, %eax
	call hex
	say " at "
	mov got_eip, %eax
	call hex
2:	say " expected "
	mov 40(%esp), %eax
	call hex
	say " error "
	mov 44(%esp), %eax
	call hex
	say " at "
	mov 48(%esp), %eax
	call hex
	say "\n"
	leave_check 16

/* print_skip(name, reason) */
	.globl print_skip
print_skip:
	enter_check
	incl skipped_count
	say "skip "
	mov 40(%esp), %esi
	call print
	say ": "
	mov 44(%esp), %esi
	call print
	say "\n"
	leave_check 8

/* An exception that no test has asked for: nothing is known about the rest. */
	.globl unexpected
unexpected:
	mov $boot_stack, %esp
	push_name "unexpected exception: the guest ends here"
	pushl got_eip
	pushl $0
	pushl $NONE
	call check_fault

	.globl finish
finish:
	mov $guest_name, %esi
	call print
	say ": "
	mov ok_count, %eax
	call decimal
	say " ok, "
	mov failed_count, %eax
	call decimal
	say " failed, "
	mov skipped_count, %eax
	call decimal
	say " skipped\n"
	mov $PASSED, %eax
	cmpl $0, failed_count
	je 1f
	mov $FAILED, %eax
1:	out %al, $DEBUG_EXIT
	cli
2:	hlt
	jmp 2b

	.section .rodata
digits:	.ascii "0123456789abcdef"
guest_name:
	.asciz GUEST

	.bss
	.balign 4
ok_count: .skip 4
failed_count: .skip 4
skipped_count: .skip 4
