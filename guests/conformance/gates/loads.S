/* Loading segment registers, LDTR and TR, and what the loaded segments allow. SDM: volume 3, 5.3-5.6; volume 2, "MOV". */
#include "harness.h"

#define ABSENT SLOT(0)
#define EXEC_ONLY SLOT(1)
#define READ_ONLY SLOT(2)
#define FRESH SLOT(3)
#define SMALL SLOT(4)
#define CONFORMING SLOT(5)
#define LDT SLOT(6)
#define ABSENT_LDT SLOT(7)
#define ABSENT_TSS SLOT(8)
#define SPARE_TSS SLOT(9)
#define DOWN SLOT(10)
#define BEYOND (8 * GDT_ENTRIES)

	.macro loads register, name, selector, vector, error
	mov $\selector, %eax
	faults "\name", \vector, \error, mov %eax, %\register
	.endm

	.macro loads_fine register, name, selector
	mov $\selector, %eax
	fine "\name", mov %eax, %\register
	.endm

	/* With FS = selector. Anything that faults makes FS flat again. */
	.macro fs_faults selector, name, instruction:vararg
	mov $\selector, %eax
	mov %eax, %fs
	faults "\name", GP, 0, \instruction
	.endm

	.macro fs_fine selector, name, instruction:vararg
	mov $\selector, %eax
	mov %eax, %fs
	fine "\name", \instruction
	.endm

	.text
	group selectors
selectors:
	descriptor ABSENT, 0, 0xfffff, (DATA32-PRESENT)
	descriptor EXEC_ONLY, 0, 0xfffff, 0xc098
	descriptor READ_ONLY, 0, 0xfffff, 0xc090
	descriptor FRESH, 0, 0xfffff, DATA32
	descriptor SMALL, data, 0xf, 0x4092
	descriptor CONFORMING, 0, 0xfffff, 0xc09e
	loads ds, "DS beyond the GDT", BEYOND, GP, BEYOND
	loads ds, "DS beyond the GDT with RPL 3", BEYOND+3, GP, BEYOND
	loads ds, "DS from an LDT that is not there", 4, GP, 4
	loads ds, "DS execute-only code", EXEC_ONLY, GP, EXEC_ONLY
	loads ds, "DS system segment", MAIN_TSS, GP, MAIN_TSS
	loads ds, "DS not present", ABSENT, NP, ABSENT
	loads fs, "FS not present", ABSENT, NP, ABSENT
	loads ss, "SS null", 0, GP, 0
	loads ss, "SS null with RPL 3", 3, GP, 0
	loads ss, "SS read-only", READ_ONLY, GP, READ_ONLY
	loads ss, "SS code", KCODE, GP, KCODE
	loads ss, "SS with RPL above CPL", KDATA+1, GP, KDATA
	loads ss, "SS with DPL above CPL", UDATA, GP, (UDATA-3)
	loads ss, "SS not present", ABSENT, SS, ABSENT
	loads ss, "SS beyond the GDT", BEYOND, GP, BEYOND
	loads_fine ds, "DS readable code", KCODE
	loads_fine es, "ES null with RPL", 2
	loads_fine gs, "GS DPL above CPL with RPL 3", UDATA
	mov $3, %eax
	mov %eax, %gs
	faults "read through a null GS", GP, 0, movl %gs:data, %ecx
	mov $KDATA, %eax
	mov %eax, %gs
	faults "MOV CS", UD, 0, .byte 0x8e, 0xc8
	faults "MOV to segment register 6", UD, 0, .byte 0x8e, 0xf0
	faults "MOV from segment register 7", UD, 0, .byte 0x8c, 0xf8

	/* Nothing has changed after a fault. */
	pushl $ABSENT
	mov %esp, %ebx
	faults "POP DS not present", NP, ABSENT, popl %ds
	same "POP DS not present: ESP", got_esp, %ebx
	is "POP DS not present: DS", got_ds, $KDATA
	pop %eax
	mov $0x12345678, %esi
	faults "LES not present", NP, ABSENT, les absent_pointer, %esi
	is "LES not present: ESI", %esi, $0x12345678
	faults "LSS null", GP, 0, lss null_pointer, %esi
	faults "LDS of a register", UD, 0, .byte 0xc5, 0xc0
	ret

	.globl absent_pointer
	group user_loads
user_loads:
	mov $KDATA, %ecx
	user_faults "ring 3: MOV ES of DPL 0", GP, KDATA, mov %ecx, %es
	mov $KCODE+3, %ecx
	user_faults "ring 3: non-conforming code of DPL 0", GP, KCODE, mov %ecx, %fs
	mov $CONFORMING+3, %ecx
	user_fine "ring 3: conforming code of DPL 0", mov %ecx, %fs
	mov $UDATA-3, %ecx
	user_fine "ring 3: data with RPL 0", mov %ecx, %fs
	user_faults "ring 3: SS with RPL 0", GP, (UDATA-3), mov %ecx, %ss
	xor %ecx, %ecx
	user_faults "ring 3: SS null", GP, 0, mov %ecx, %ss
	ret

	group uses
uses:
	fs_faults KCODE, "write through a code segment", movl %eax, %fs:data
	fs_fine KCODE, "read through a readable code segment", movl %fs:data, %eax
	fs_faults KCODE, "write through CS", incl %cs:data
	fs_faults READ_ONLY, "write through a read-only segment", movl %eax, %fs:data
	fs_faults READ_ONLY, "XADD through a read-only segment", xadd %eax, %fs:data
	fs_faults READ_ONLY, "CMPXCHG that differs writes as well", cmpxchg %ebx, %fs:data
	fs_fine SMALL, "byte at the limit", movb %fs:15, %al
	fs_faults SMALL, "byte above the limit", movb %fs:16, %al
	fs_faults SMALL, "word over the limit", movw %fs:15, %ax
	fs_fine SMALL, "dword up to the limit", movl %fs:12, %eax
	fs_faults SMALL, "dword over the limit", movl %fs:13, %eax
	fs_faults SMALL, "dword that wraps around 4 GiB", movl %fs:0xfffffffe, %eax
	mov $data, %ebp
	mov $SMALL, %eax
	try
	mov %eax, %ss
	mov $3, %esp
1:	push %eax
	tried
	fault "PUSH below 0 of a small stack", DF, 0, 1b
	descriptor DOWN, 0, 0x0, 0xc096
	fs_faults DOWN, "expand-down: at the limit", movb %fs:0xfff, %al
	fs_fine DOWN, "expand-down: above the limit", movb %fs:0x1000, %al
	fs_fine DOWN, "expand-down: far above", movl %fs:data, %eax
	fs_faults DOWN, "expand-down: over the top", movl %fs:0xfffffffd, %eax
	descriptor DOWN, 0, 0xfff, 0x0096
	fs_fine DOWN, "expand-down 16-bit: 64 KiB end", movb %fs:0xffff, %al
	fs_faults DOWN, "expand-down 16-bit: above 64 KiB", movb %fs:0x10000, %al
	fs_faults DOWN, "expand-down 16-bit: word over 64 KiB", movw %fs:0xffff, %ax
	mov $KDATA, %eax
	mov %eax, %fs
	ret

	group accessed
accessed:
	movl gdt+FRESH+4, %eax
	bits "A is clear before the first load", %eax, 0x100, 0
	mov $FRESH, %ecx
	lar %ecx, %eax
	bits "LAR leaves A alone", gdt+FRESH+4, 0x100, 0
	mov %ecx, %fs
	bits "a load sets A", gdt+FRESH+4, 0x100, 0x100
	bits "a load that faults leaves A alone", gdt+ABSENT+4, 0x100, 0
	mov $KDATA, %eax
	mov %eax, %fs
	ret

	group tables
tables:
	descriptor LDT, ldt, 0x17, 0x0082
	descriptor ABSENT_LDT, ldt, 0x17, 0x0002
	descriptor ABSENT_TSS, ldt, 0x67, 0x0009
	descriptor SPARE_TSS, spare_tss, 0x67, 0x0089
	mov $KDATA, %eax
	faults "LLDT of data", GP, KDATA, lldt %ax
	mov $ABSENT_LDT, %eax
	faults "LLDT not present", NP, ABSENT_LDT, lldt %ax
	mov $LDT+4, %eax
	faults "LLDT from the LDT", GP, LDT+4, lldt %ax
	mov $BEYOND, %eax
	faults "LLDT beyond the GDT", GP, BEYOND, lldt %ax
	mov $LDT, %eax
	fine "LLDT", lldt %ax
	xor %eax, %eax
	sldt %ax
	is "SLDT", %eax, $LDT
	mov $8+4, %eax
	mov %eax, %fs
	mov %fs:data-0x100000, %ecx
	same "a segment of the LDT", %ecx, data
	mov $0x18+4, %eax
	faults "DS beyond the LDT", GP, 0x1c, mov %eax, %ds
	mov $0x10+4, %eax
	faults "DS of the LDT not present", NP, 0x14, mov %eax, %ds
	mov $4, %eax
	faults "entry 0 of the LDT is not null: bad type", GP, 4, mov %eax, %ds
	xor %eax, %eax
	fine "LLDT null", lldt %ax
	mov $12, %eax
	faults "DS of a null LDT", GP, 12, mov %eax, %ds
	mov $KDATA, %eax
	mov %eax, %fs

	xor %eax, %eax
	faults "LTR null", GP, 0, ltr %ax
	mov $MAIN_TSS, %eax
	faults "LTR busy", GP, MAIN_TSS, ltr %ax
	mov $ABSENT_TSS, %eax
	faults "LTR not present", NP, ABSENT_TSS, ltr %ax
	mov $SPARE_TSS+4, %eax
	faults "LTR from the LDT", GP, SPARE_TSS+4, ltr %ax
	mov $SPARE_TSS, %eax
	fine "LTR", ltr %ax
	bits "LTR sets busy", gdt+SPARE_TSS+4, 0xf00, 0xb00
	str %eax
	is "STR", %eax, $SPARE_TSS
	andb $~2, gdt+MAIN_TSS+5
	mov $MAIN_TSS, %eax
	ltr %ax
	bits "LTR leaves the old one busy", gdt+SPARE_TSS+4, 0xf00, 0xb00
	ret

	.data
	.balign 8
absent_pointer:
	.long 0
	.word ABSENT, 0
null_pointer:
	.long 0
	.word 0, 0
data:	.long 0x11223344, 0x55667788, 0, 0
ldt:	.long 0, 0
	/* Data at 1 MiB; data that is not present. */
	.word 0xffff
	.word 0
	.byte 0x10, 0x92, 0xcf, 0
	.word 0xffff, 0
	.byte 0, 0x12, 0xcf, 0
spare_tss:
	.skip 104
