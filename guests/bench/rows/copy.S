/* Copies 4 MiB word by word, as a compiler does it. */
#include "../bench.h"
#define PASSES 4

	.text
	.globl setup
setup:
	mov $ARENA, %edi
	mov $0x100000, %ecx
1:	imul $0x9e3779b1, %ecx, %eax
	mov %eax, (%edi)
	add $4, %edi
	dec %ecx
	jnz 1b
	ret

	.globl round
round:
	mov $PASSES, %ebx
	xor %edx, %edx
pass:
	mov $ARENA, %esi
	mov $ARENA2, %edi
	mov $0x100000, %ecx
1:	mov (%esi), %eax
	mov %eax, (%edi)
	add $4, %esi
	add $4, %edi
	dec %ecx
	jnz 1b
	add -4(%edi), %edx
	rol $1, %edx
	dec %ebx
	jnz pass
	mov %edx, %eax
	ret
