/* The string rows: one REP instruction, BYTES at a time, COUNT times. */
#include "../bench.h"

	.text
	.globl setup
setup:
	mov $ARENA, %edi
	mov $0x110000, %ecx
1:	imul $0x9e3779b1, %ecx, %eax
	mov %eax, (%edi)
	add $4, %edi
	dec %ecx
	jnz 1b
	ret

	.globl round
round:
	mov $COUNT, %ebp
	xor %ebx, %ebx
1:
	/* SPREAD moves small copies about, over 64 KiB and all alignments that the size allows. */
#ifdef SPREAD
	imul $0x9e3779b1, %ebp, %edx
	shr $16, %edx
	and $SPREAD, %edx
	lea ARENA(%edx), %esi
	lea ARENA2(%edx), %edi
#else
	mov $ARENA, %esi
	mov $ARENA2, %edi
#endif
	mov $UNITS, %ecx
	mov %ebp, %eax
	OPERATION
	mov -4(%edi), %edx
	lea (%edx, %ebx, 2), %ebx
	dec %ebp
	jnz 1b
	mov %ebx, %eax
	ret
