/* Indirect calls: 256 objects of eight classes in a random order, one virtual method each. */
#define PASSES 8000

	.text
	.globl setup
setup:
	xor %ecx, %ecx
	mov $7, %ebx
1:	imul $1103515245, %ebx, %ebx
	add $12345, %ebx
	mov %ebx, %eax
	shr $20, %eax
	and $7, %eax
	mov classes(, %eax, 4), %eax
	mov %eax, objects(, %ecx, 8)
	mov %ebx, objects + 4(, %ecx, 8)
	inc %ecx
	cmp $256, %ecx
	jb 1b
	ret

	.globl round
round:
	push $PASSES
	xor %ebx, %ebx
1:	mov $objects, %esi
	mov $256, %edi
2:	mov (%esi), %edx
	mov %ebx, %eax
	call *(%edx)
	mov %eax, %ebx
	add $8, %esi
	dec %edi
	jnz 2b
	decl (%esp)
	jnz 1b
	add $4, %esp
	mov %ebx, %eax
	ret

	/* ESI: the object, EAX: in and out. */
method0:
	add 4(%esi), %eax
	ret
method1:
	xor 4(%esi), %eax
	ret
method2:
	sub 4(%esi), %eax
	rol $3, %eax
	ret
method3:
	imul $17, %eax, %eax
	ret
method4:
	mov 4(%esi), %ecx
	shr $5, %ecx
	lea (%eax, %ecx, 4), %eax
	ret
method5:
	test $1, %al
	jz 1f
	not %eax
1:	ret
method6:
	bswap %eax
	inc %eax
	ret
method7:
	mov %eax, %ecx
	shr $16, %ecx
	xor %ecx, %eax
	ret

	.section .rodata
	.balign 4
class0:	.long method0
class1:	.long method1
class2:	.long method2
class3:	.long method3
class4:	.long method4
class5:	.long method5
class6:	.long method6
class7:	.long method7
classes:
	.long class0, class1, class2, class3, class4, class5, class6, class7

	.bss
	.balign 8
objects:
	.space 256 * 8
