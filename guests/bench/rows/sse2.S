/* SSE2: the same map for two doubles at once, scalar doubles, and 128-bit integers. */
#define COUNT 400000
#define CR4_OSFXSR_OSXMMEXCPT 0x600

	.text
	.globl round
round:
	mov %cr4, %eax
	or $CR4_OSFXSR_OSXMMEXCPT, %eax
	mov %eax, %cr4
	mov $COUNT, %ecx
	movapd start, %xmm0
	movapd rate, %xmm1
	movapd ones, %xmm2
	pxor %xmm3, %xmm3
	pxor %xmm4, %xmm4
	movdqa seeds, %xmm5
1:	movapd %xmm2, %xmm6
	subpd %xmm0, %xmm6
	mulpd %xmm6, %xmm0
	mulpd %xmm1, %xmm0
	addpd %xmm0, %xmm3
	movsd %xmm0, x
	movsd x, %xmm6
	addsd %xmm6, %xmm4
	movdqa %xmm5, %xmm7
	pslld $5, %xmm7
	pxor %xmm7, %xmm5
	psrld $3, %xmm7
	paddd %xmm7, %xmm5
	dec %ecx
	jnz 1b
	pshufd $0x4e, %xmm5, %xmm7
	pxor %xmm7, %xmm5
	pxor %xmm3, %xmm5
	pxor %xmm4, %xmm5
	movd %xmm5, %eax
	pshufd $0x55, %xmm5, %xmm5
	movd %xmm5, %edx
	xor %edx, %eax
	ret

	.data
	.balign 16
start:	.double 0.3, 0.4
rate:	.double 3.91, 3.83
ones:	.double 1, 1
seeds:	.long 0x12345678, 0x9e3779b9, 0x7f4a7c15, 0x85ebca6b
x:	.double 0
