/* Where things are, and the few words that the rows share. */

#define COM1 0x3f8
#define DEBUG_EXIT 0xf4

#define SELECTOR_CODE 0x08
#define SELECTOR_DATA 0x10
#define SELECTOR_USER_CODE 0x1b
#define SELECTOR_USER_DATA 0x23
#define SELECTOR_TSS 0x28

/* Physical memory that the rows use, beside the image at 1 MiB. Machines have 64 MiB. */
#define ARENA 0x00800000
/* Not a multiple of 4 MiB away: emulators' TLBs are often direct mapped. */
#define ARENA2 0x01010000
/* 1024 page frames, seen at the same addresses through 2 MiB pages. */
#define FRAMES 0x02000000
#define FRAME_COUNT 1024

/* Virtual: the pages of `window_table` of the address space that CR3 holds. */
#define WINDOW 0xc0000000
/* Virtual: the pages of `kmap_table`, shared by both address spaces, like a kernel's kmap window. */
#define KMAP 0xc0200000

#define PTE_P 0x001
#define PTE_RW 0x002
#define PTE_US 0x004
#define PTE_A 0x020
#define PTE_D 0x040
#define PTE_PS 0x080
#define PTE_G 0x100
#define PTE_KERNEL (PTE_P | PTE_RW | PTE_A | PTE_D)

/* pdpt ^ pdpt2 */
#define PDPT_SWAP 32
