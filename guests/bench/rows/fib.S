/* Recursion: CALL, RET and the stack. */
#define N 30

	.text
	.globl round
round:
	push $N
	call fib
	add $4, %esp
	ret

/* fib(n), the argument on the stack, as compilers for i386 do it. */
fib:
	push %ebp
	mov %esp, %ebp
	push %ebx
	mov 8(%ebp), %ebx
	mov %ebx, %eax
	cmp $2, %ebx
	jb 1f
	dec %ebx
	push %ebx
	call fib
	dec %ebx
	mov %ebx, (%esp)
	mov %eax, %ebx
	call fib
	add $4, %esp
	add %ebx, %eax
1:	pop %ebx
	pop %ebp
	ret
