/* The bytes of the user program. The build puts user.bin on the include path. */
	.section .rodata
	.globl program_start, program_end
	.balign 16
program_start:
	.incbin "user.bin"
program_end:

	.section .note.GNU-stack, "", @progbits
