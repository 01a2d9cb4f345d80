/* The start of the kernel, in the order in which things come to life. */
#include "console.h"
#include "descriptors.h"
#include "fault.h"
#include "features.h"
#include "file.h"
#include "frame.h"
#include "kernel-map.h"
#include "kmap-atomic.h"
#include "kmap-check.h"
#include "kmap.h"
#include "layout.h"
#include "machine.h"
#include "process.h"
#include "serial.h"
#include "timer.h"

__attribute__((noreturn)) void main(u32 magic, u32 information);

/* Only what is the same on every machine of this memory size: no speeds, no addresses of the image. */
static void banner(void)
{
	u32 lowmem = machine.lowmem_end, highmem = machine.memory_end - machine.lowmem_end;
	print("kmap: a 32-bit PAE kernel that reaches its highmem through kmap\n");
	print("memory   %u MiB: lowmem %u MiB (%u pages), highmem %u MiB (%u pages)\n", (lowmem + highmem) / 256,
	      lowmem / 256, lowmem, highmem / 256, highmem);
	print("paging   PAE%s%s WP%s\n", features.pse ? " PSE" : "", features.pge ? " PGE" : "", features.nx ? " NX" : "");
	print("kmap     %u slots at %08x, flushed all at once by %s\n", PKMAP_SLOTS, PKMAP_BASE,
	      features.pge ? "CR4.PGE" : "CR3");
	print("atomic   %u slots below %08x, flushed one by one by INVLPG\n", ATOMIC_SLOTS, FIXMAP_TOP);
}

void main(u32 magic, u32 information)
{
	serial_start();
	machine_read(magic, information);
	features_enable();
	descriptors_load();
	frames_start();
	kernel_map_build();
	kmap_start();
	kmap_atomic_start();
	kernel_map_start();
	banner();
	process_tables_start();
	kmap_check();
	fault_start();
	files_start();
	timer_start();
	process_start();
}
