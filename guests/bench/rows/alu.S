/* Integer registers only: arithmetic, shifts, rotates, multiplies, carries, and a branch that no predictor learns. */
#define COUNT 1600000

	.text
	.globl round
round:
	mov $COUNT, %ecx
	mov $0x12345678, %eax
	mov $0x9e3779b9, %ebx
	xor %edx, %edx
	xor %esi, %esi
	mov $1, %edi
1:	mov %eax, %ebp
	shl $13, %ebp
	xor %ebp, %eax
	mov %eax, %ebp
	shr $17, %ebp
	xor %ebp, %eax
	mov %eax, %ebp
	shl $5, %ebp
	xor %ebp, %eax
	test $0x10000, %eax
	jz 2f
	add %eax, %ebx
	adc $0, %edx
	rol $7, %ebx
	jmp 3f
2:	sub %eax, %esi
	sbb %ebx, %edx
	lea 3(%esi, %esi, 2), %esi
3:	imul $0x01000193, %edi, %edi
	xor %ebx, %edi
	cmp %esi, %edi
	setb %bl
	movzbl %bl, %ebp
	add %ebp, %edx
	dec %ecx
	jnz 1b
	lea (%edx, %edi), %eax
	xor %esi, %eax
	xor %ebx, %eax
	ret
