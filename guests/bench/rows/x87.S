/* The x87: a logistic map in double extended precision, kept in memory as doubles, and sums. Half of it adds and multiplies. */
#define COUNT 400000

	.text
	.globl round
round:
	fninit
	mov $COUNT, %ecx
	fldl start
	fstpl x
	fldz
	fstpl sum
	fldl rate
1:	fldl x
	fld1
	fsub %st(1), %st
	fmulp %st, %st(1)
	fmul %st(1), %st
	fstl x
	fadd %st(0), %st
	faddl half
	faddl sum
	fstpl sum
	dec %ecx
	jnz 1b
	fstp %st(0)
	mov x, %eax
	xor x + 4, %eax
	xor sum, %eax
	xor sum + 4, %eax
	ret

	.data
	.balign 8
start:	.double 0.3
rate:	.double 3.91
half:	.double 0.5
x:	.double 0
sum:	.double 0
