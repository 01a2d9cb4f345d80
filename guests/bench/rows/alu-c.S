/* What a C compiler makes of a hash, a bit count and a small array on the stack (GCC 12, -O2, tidied by hand). */
#define COUNT 400000

	.text
	.globl round
round:
	sub $64, %esp
	/* for (i = 0; i < 16; i++) a[i] = i * 40503; */
	xor %eax, %eax
	mov %esp, %edx
1:	mov %eax, (%edx)
	add $40503, %eax
	add $4, %edx
	cmp $16 * 40503, %eax
	jne 1b
	xor %ebx, %ebx /* i */
	mov $0x811c9dc5, %edi /* h */
	xor %esi, %esi /* sum */
next:	/* h = fnv1a(h, i), all four bytes of i */
	mov %ebx, %ecx
	mov $4, %edx
1:	movzbl %cl, %eax
	shr $8, %ecx
	xor %edi, %eax
	imul $0x01000193, %eax, %edi
	dec %edx
	jne 1b
	/* sum += popcount(h & 0xffff) */
	mov %edi, %eax
	and $0xffff, %eax
	je 2f
1:	lea -1(%eax), %ecx
	inc %edx
	and %ecx, %eax
	jne 1b
	add %edx, %esi
2:	/* a[i & 15] += h */
	mov %ebx, %eax
	and $15, %eax
	add %edi, (%esp, %eax, 4)
	/* if (h < 0) sum ^= a[i * 7 & 15]; else if (h & 256) sum += a[(i + 3) & 15] >> 3; else sum -= i; */
	test %edi, %edi
	js 3f
	test $0x100, %edi
	je 4f
	lea 3(%ebx), %eax
	and $15, %eax
	mov (%esp, %eax, 4), %eax
	shr $3, %eax
	add %eax, %esi
5:	inc %ebx
	cmp $COUNT, %ebx
	jne next
	add $64, %esp
	mov %esi, %eax
	ret
3:	lea (, %ebx, 8), %eax
	sub %ebx, %eax
	and $15, %eax
	mov (%esp, %eax, 4), %edx
	xor %edx, %esi
	jmp 5b
4:	sub %ebx, %esi
	jmp 5b
