/* Where process 1 begins: the kernel gives it a stack and nothing else. */
	.text
	.globl user_start
user_start:
	xor %ebp, %ebp
	call main
	mov %eax, %ebx
	xor %ecx, %ecx
	mov $0, %eax /* CALL_EXIT */
	int $0x80
	ud2

	.section .note.GNU-stack, "", @progbits
