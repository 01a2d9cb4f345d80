/* Beyond the end of the code segment, and a CR0 that is none; last, since an emulator that does not notice is lost here. SDM: volume 3, 20.1.1. */
#include "harness.h"
#include "lib.h"

	.text
	group code_limit
code_limit:
	/* IP does not wrap: it goes beyond the limit. */
	movb $0x90, R_DATA+0xffff
	movw $0x80cd, R_DATA+0x10000
	movw $0x80cd, 6f+6+0x10000
	real 6f
	fault "JMP beyond FFFF", GP, 0, 6f-LOW
	real 5f
	fault "IP beyond FFFF", GP, 0, 0
	is "IP beyond FFFF: CS", got_cs, $R_DS
	mov $0x80000000, %ecx
	real_faults "CR0: PG without PE", GP, mov %ecx, %cr0
	ret
	real_code
5:	ljmpw $R_DS, $0xffff
6:	.byte 0x66, 0xe9, 0, 0, 1, 0
	protected_code
