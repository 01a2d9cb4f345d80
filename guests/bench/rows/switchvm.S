/* A bytecode interpreter in a loop around one switch: an indirect jump that goes elsewhere each time. */
#define COUNT 200000

#define OP_PUSH 0
#define OP_LOAD 1
#define OP_STORE 2
#define OP_ADD 3
#define OP_MUL 4
#define OP_XOR 5
#define OP_SHR 6
#define OP_AND 7
#define OP_JUMP_IF 8
#define OP_HALT 9
#define OPS 10

	.text
	.globl round
round:
	push %ebp
	movl $0, variables
	movl $COUNT, variables + 4
	mov $program, %esi /* next byte */
	mov $vm_stack, %edi /* next free slot */

dispatch:
	movzbl (%esi), %eax
	inc %esi
	cmp $OPS, %eax
	jae op_halt
	jmp *handlers(, %eax, 4)

op_push:
	movsbl (%esi), %eax
	inc %esi
	mov %eax, (%edi)
	add $4, %edi
	jmp dispatch
op_load:
	movzbl (%esi), %eax
	inc %esi
	mov variables(, %eax, 4), %eax
	mov %eax, (%edi)
	add $4, %edi
	jmp dispatch
op_store:
	movzbl (%esi), %eax
	inc %esi
	sub $4, %edi
	mov (%edi), %edx
	mov %edx, variables(, %eax, 4)
	jmp dispatch
op_add:
	sub $4, %edi
	mov (%edi), %eax
	add %eax, -4(%edi)
	jmp dispatch
op_mul:
	sub $4, %edi
	mov (%edi), %eax
	imul -4(%edi), %eax
	mov %eax, -4(%edi)
	jmp dispatch
op_xor:
	sub $4, %edi
	mov (%edi), %eax
	xor %eax, -4(%edi)
	jmp dispatch
op_shr:
	sub $4, %edi
	mov (%edi), %ecx
	shrl %cl, -4(%edi)
	jmp dispatch
op_and:
	sub $4, %edi
	mov (%edi), %eax
	and %eax, -4(%edi)
	jmp dispatch
op_jump_if:
	movsbl (%esi), %eax
	inc %esi
	sub $4, %edi
	cmpl $0, (%edi)
	je dispatch
	add %eax, %esi
	jmp dispatch
op_halt:
	mov variables, %eax
	pop %ebp
	ret

	.section .rodata
	.balign 4
handlers:
	.long op_push, op_load, op_store, op_add, op_mul, op_xor, op_shr, op_and, op_jump_if, op_halt

	/* do { a = (a * 31 + i) ^ (a >> 7); if (a & 4) a += 13; } while (--i); */
program:
loop:	.byte OP_LOAD, 0, OP_PUSH, 31, OP_MUL, OP_LOAD, 1, OP_ADD
	.byte OP_LOAD, 0, OP_PUSH, 7, OP_SHR, OP_XOR, OP_STORE, 0
	.byte OP_LOAD, 0, OP_PUSH, 4, OP_AND, OP_PUSH, 4, OP_XOR, OP_JUMP_IF, skip - 1f
1:	.byte OP_LOAD, 0, OP_PUSH, 13, OP_ADD, OP_STORE, 0
skip:	.byte OP_LOAD, 1, OP_PUSH, -1, OP_ADD, OP_STORE, 1
	.byte OP_LOAD, 1, OP_JUMP_IF, loop - 1f
1:	.byte OP_HALT

	.bss
	.balign 4
variables:
	.space 8
vm_stack:
	.space 64
