/* The PC's way of reporting numeric errors, while CR0.NE is clear. SDM: volume 1, 8.7.2 and appendix D. In a file of its
 * own and last: QEMU 7.2 stops here by an assertion. */
#include "harness.h"

#define PIC1 0x20
#define PIC2 0xa0
#define IRQ13 0x2d

	.text
	group interrupt_13
interrupt_13:
	mov %cr0, %ebx
	mov %cr0, %eax
	and $~CR0_NE, %eax
	mov %eax, %cr0
	mov $0xfb, %al
	out %al, $PIC1+1
	mov $0xdf, %al
	out %al, $PIC2+1
	fninit
	fldcw zero_divide_unmasked
	try
	sti
	fld1
	fldz
	fdivrp
1:	fwait
	cli
	tried
	mov got_vector, %ecx
	fnclex
	out %al, $0xf0
	mov $0x20, %al
	out %al, $PIC2
	out %al, $PIC1
	mov $0xff, %al
	out %al, $PIC1+1
	out %al, $PIC2+1
	is "NE clear: interrupt 13", %ecx, $IRQ13
	is "NE clear: before the instruction that waits", got_eip, $1b
	fninit
	mov %ebx, %cr0
	ret

	.data
zero_divide_unmasked:
	.word 0x037b
