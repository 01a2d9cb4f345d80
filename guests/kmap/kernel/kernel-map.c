/* Builds the linear map of lowmem: 2 MiB pages, but the first 2 MiB by 4 KiB pages, so that text can be read-only and
 * data no-execute. All of it is global: it is the same in every process. */
#include "kernel-map.h"
#include "features.h"
#include "frame.h"
#include "layout.h"
#include "machine.h"
#include "x86.h"

#define ENTRIES 512
/* Preset A and D spare the processor a locked store into the table at the first use. */
#define KERNEL_DATA_FLAGS (PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY | PTE_GLOBAL | PTE_NX)
#define KERNEL_RODATA_FLAGS (PTE_PRESENT | PTE_ACCESSED | PTE_GLOBAL | PTE_NX)
#define KERNEL_TEXT_FLAGS (PTE_PRESENT | PTE_ACCESSED | PTE_GLOBAL)
#define TABLE_FLAGS (PTE_PRESENT | PTE_WRITE | PTE_ACCESSED)

extern const char text_start[], text_end[], rodata_end[];

pfn kernel_directory_frame;

static struct pte *directory;
static struct pte kernel_pdpt[4] __attribute__((aligned(32)));

static u32 directory_index(u32 address)
{
	return address >> LARGE_SHIFT & (ENTRIES - 1);
}

struct pte *kernel_map_table(u32 base)
{
	struct pte *table = boot_take(ENTRIES * sizeof(struct pte));
	pte_set(&directory[directory_index(base)], pte_make(lowmem_frame(table), TABLE_FLAGS));
	return table;
}

static u32 image_flags(u32 address)
{
	if (address >= (u32)text_start && address < (u32)text_end)
		return KERNEL_TEXT_FLAGS;
	if (address >= (u32)text_end && address < (u32)rodata_end)
		return KERNEL_RODATA_FLAGS;
	return KERNEL_DATA_FLAGS;
}

void kernel_map_build(void)
{
	directory = boot_take(ENTRIES * sizeof(struct pte));
	kernel_directory_frame = lowmem_frame(directory);

	struct pte *first = kernel_map_table(KERNEL_BASE);
	for (u32 i = 0; i < ENTRIES; i++)
		pte_set(&first[i], pte_make(i, image_flags(KERNEL_BASE + (i << PAGE_SHIFT))));
	for (pfn frame = ENTRIES; frame < machine.lowmem_end; frame += ENTRIES)
		pte_set(&directory[directory_index((u32)lowmem_address(frame))],
			pte_make(frame, KERNEL_DATA_FLAGS | PTE_LARGE));

	pte_set(&kernel_pdpt[3], (struct pte){kernel_directory_frame << PAGE_SHIFT | PTE_PRESENT, 0});
}

void kernel_map_load(void)
{
	write_cr3((u32)kernel_pdpt - KERNEL_BASE);
}

void kernel_map_start(void)
{
	kernel_map_load();
	/* From here on G counts. The boot map had no global page, so nothing stale can stay behind. */
	if (features.pge)
		write_cr4(read_cr4() | CR4_PGE);
}
