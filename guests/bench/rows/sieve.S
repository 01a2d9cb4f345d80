/* Eratosthenes over 256 KiB of bytes: stores with a stride, then a scan. */
#include "../bench.h"
#define SIZE 0x40000
#define PASSES 7

	.text
	.globl round
round:
	push $PASSES
pass:
	mov $ARENA, %edi
	mov $SIZE / 4, %ecx
1:	movl $0x01010101, (%edi)
	add $4, %edi
	dec %ecx
	jnz 1b
	mov $2, %ebx
sieve:
	cmpb $0, ARENA(%ebx)
	je next
	mov %ebx, %eax
	imul %eax, %eax
1:	movb $0, ARENA(%eax)
	add %ebx, %eax
	cmp $SIZE, %eax
	jb 1b
next:
	inc %ebx
	cmp $512, %ebx
	jb sieve
	xor %eax, %eax
	mov $2, %ebx
1:	movzbl ARENA(%ebx), %edx
	add %edx, %eax
	inc %ebx
	cmp $SIZE, %ebx
	jb 1b
	decl (%esp)
	jnz pass
	add $4, %esp
	ret
