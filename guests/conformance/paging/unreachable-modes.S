/* Values of CR0 and CR4 that MOV refuses; last, since an emulator that takes one of them is lost. SDM: volume 2, "MOV". */
#include "harness.h"
#include "lib.h"

	.text
	group unreachable_modes
unreachable_modes:
	mov %cr0, %ebx
	mov %ebx, %eax
	and $0x9fffffff, %eax
	or $0x20000000, %eax
	faults "CR0: NW without CD", GP, 0, mov %eax, %cr0
	mov %ebx, %cr0
	mov $CR0_PG, %eax
	faults "CR0: PG without PE", GP, 0, mov %eax, %cr0
	mov %cr0, %eax
	same "CR0 after these", %eax, %ebx
	mov $0x80000000, %eax
	faults "CR4: bit 31", GP, 0, mov %eax, %cr4
	mov $0x8000, %eax
	faults "CR4: bit 15", GP, 0, mov %eax, %cr4
	ret
