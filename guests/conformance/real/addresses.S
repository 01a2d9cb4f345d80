/* Segments of 64 KiB, their limits, big ones, A20. SDM: volume 3, 20.1.1. */
#include "harness.h"
#include "lib.h"

#define MARK_LOW 0x500
#define MARK_HIGH 0x100500

	.text
	group limits
limits:
	real_faults "word at FFFF", GP, mov 0xffff, %ax
	real_faults "store of a word at FFFF", GP, mov %ax, 0xffff
	real_faults "dword at FFFD", GP, mov 0xfffd, %eax
	real_fine "dword at FFFC", mov 0xfffc, %eax
	real_faults "word at FFFF of the stack segment", SS, mov %ss:0xffff, %ax
	mov $0xffff, %ebp
	real_faults "word at FFFF by BP", SS, mov (%bp), %ax
	mov $0x10000, %ebx
	real_faults "32-bit offset 10000", GP, movb (%ebx), %al
	mov $0xffff, %ebx
	mov $1, %esi
	real_fine "16-bit sum wraps", movb (%bx, %si), %al
	real_faults "32-bit sum does not", GP, movb (%ebx, %esi), %al
	mov $0xffff, %esi
	real_faults "LODSW at FFFF", GP, lodsw
	mov $0xffff, %esi
	movb $0x55, R_DATA
	movb $0x44, R_DATA+0xffff
	real 1f
	is "LODSB at FFFF and again", got_eax, $0x5544
	mov $2, %ecx
	mov $0xffff, %edi
	mov $0x77, %eax
	real 2f
	is "REP STOSB wraps", %edi, $1
	bits "REP STOSB wraps: FFFF", R_DATA+0xffff, 0xff, 0x77
	bits "REP STOSB wraps: 0", R_DATA, 0xff, 0x77
	real 3f
	is "PUSH with SP 0 goes to FFFE", got_esp, $0xfffe
	real 4f
	is "PUSH SP stores the old value", got_eax, $R_SP
	ret
	real_code
1:	lodsb
	mov %al, %dl
	lodsb
	mov %al, %ah
	mov %dl, %al
	movzwl %ax, %eax
	int $END
2:	rep stosb
	int $END
3:	mov $0, %esp
	push %ax
	mov %ss, %ax
	int $END
4:	push %sp
	pop %ax
	movzwl %ax, %eax
	int $END
	protected_code

	group transfers
transfers:
	real 1f
	fault "far CALL", END, 0, 3f+4-LOW
	is "far CALL: IP and CS on the stack", got_eax, $(0x1000000+2f-LOW)
	real 4f
	fault "RETF n", END, 0, 5f+2-LOW
	is "RETF n: SP", got_esp, $R_SP
	real 6f
	is "CS is taken as it is", got_cs, $0xfe
	real 7f
	fault "far CALL of 32 bits", END, 0, 8f+2-LOW
	is "far CALL of 32 bits: eight bytes", got_esp, $(R_SP-8)
	real 9f
	is "near CALL of 16 bits", got_esp, $(R_SP-2)
	real 11f
	is "near CALL of 32 bits", got_esp, $(R_SP-4)
	movl $0x12340018, R_DATA+0x20
	real 13f
	is "LES", got_es, $0x1234
	is "LES: offset", got_eax, $0x18
	movl $0, R_DATA+0x20
	movw $14f-LOW, R_DATA+0x20
	movw $R_CS, R_DATA+0x22
	real 15f
	fault "JMP far through memory", END, 0, 14f+2-LOW
	ret
	real_code
1:	lcallw $R_CS, $3f-LOW
2:
3:	pop %eax
	int $END
4:	pushw $0
	pushw $0
	pushw $R_CS
	pushw $5f-LOW
	lretw $4
5:	int $END
6:	ljmpw $0xfe, $14f-LOW+32
7:	lcalll $R_CS, $8f-LOW
8:	int $END
9:	callw 10f
10:	int $END
11:	calll 12f
12:	int $END
13:	les 0x20, %ax
	movzwl %ax, %eax
	int $END
14:	int $END
15:	ljmpw *0x20
	protected_code

	group unreal
unreal:
	movl $0x13579bdf, marker
	mov $marker, %ebx
	real_fine "a segment from protected mode keeps base and limit", mov %fs:(%ebx), %eax
	is "a segment from protected mode: 4 GiB", got_eax, $0x13579bdf
	lea -0x100(%ebx), %ebx
	real 1f
	fault "loading it changes the base", END, 0, 2f-LOW
	is "loading it leaves the limit", got_eax, $0x13579bdf
	ret
	real_code
1:	mov $0x10, %ax
	mov %ax, %fs
	mov %fs:(%ebx), %eax
	int $END
2:
	protected_code

	/* The same address with and without A20, by FFFF:0510 and 0:0500. AX: 1 if they are the same byte. */
	group a20
a20:
	real 1f
	is "A20 on: 1 MiB is not 0", got_eax, $0
	real 2f
	bits "port 92: A20 can be read back, off", got_eax, 0x200, 0
	bits "port 92: A20 off: FFFF:0510 is 0:0500", got_eax, 1, 1
	real 3f
	bits "port 92: A20 can be read back, on", got_eax, 0x200, 0x200
	bits "port 92: A20 on again", got_eax, 1, 0
	real 4f
	is "keyboard controller: A20 off", got_eax, $1
	real 5f
	is "keyboard controller: A20 on", got_eax, $0
	movl $0, MARK_HIGH
	is "protected mode: 1 MiB is there", MARK_HIGH, $0
	ret

	real_code
compare:
	push %ds
	push %es
	xor %ax, %ax
	mov %ax, %ds
	dec %ax
	mov %ax, %es
	movb $0x5a, MARK_LOW
	movb $0xa5, %es:MARK_LOW+16
	movb MARK_LOW, %al
	mov $0, %ah
	cmp $0xa5, %al
	sete %al
	pop %es
	pop %ds
	movzwl %ax, %eax
	ret
1:	call compare
	int $END
2:	in $0x92, %al
	and $0xfc, %al
	out %al, $0x92
	call compare
	mov %al, %cl
	in $0x92, %al
	mov %al, %ah
	mov %cl, %al
	jmp a20_done
3:	in $0x92, %al
	and $0xfc, %al
	or $2, %al
	out %al, $0x92
	call compare
	mov %al, %cl
	in $0x92, %al
	mov %al, %ah
	mov %cl, %al
	movzwl %ax, %eax
	int $END
4:	mov $0xdd, %cl
	call output_port
	call compare
a20_done:
	movzwl %ax, %eax
	mov %eax, %ebx
	mov $0xdf, %cl
	call output_port
	in $0x92, %al
	and $0xfe, %al
	or $2, %al
	out %al, $0x92
	mov %ebx, %eax
	int $END
5:	mov $0xdd, %cl
	call output_port
	mov $0xdf, %cl
	call output_port
	call compare
	int $END

output_port:
	call controller_ready
	mov $0xd1, %al
	out %al, $0x64
	call controller_ready
	mov %cl, %al
	out %al, $0x60
	call controller_ready
	mov $0xff, %al
	out %al, $0x64
controller_ready:
	in $0x64, %al
	test $2, %al
	jnz controller_ready
	ret
	protected_code

	.bss
	.balign 4
marker:	.skip 4
