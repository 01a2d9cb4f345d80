/* play: a guest to play with. Starts, then obeys one line after the other. */
#include "command.h"
#include "console.h"
#include "descriptors.h"
#include "input.h"
#include "layout.h"
#include "options.h"
#include "serial.h"
#include "space.h"
#include "x86.h"

#define LOADER_MAGIC 0x2badb002
#define HAS_MEMORY (1u << 0)
#define HAS_COMMAND_LINE (1u << 2)
#define VIEW_END (KERNEL_LARGE_PAGES * LARGE_SIZE)
#define CPUID_PGE (1u << 13)

/* Multiboot 1 specification, section 3.3. */
struct information {
	u32 flags, mem_lower, mem_upper /* KiB from 1 MiB on */, boot_device, command_line;
};

__attribute__((noreturn)) void main(u32 magic, u32 address);

static const void *loaded(u32 address)
{
	if (address >= VIEW_END - PAGE_SIZE)
		panic("the loader's information is at %08x, above the 16 MiB that this kernel sees", address);
	return (const void *)(address + KERNEL_BASE);
}

void main(u32 magic, u32 address)
{
	static char script[512], line[64];
	serial_start();
	if (magic != LOADER_MAGIC)
		panic("not started by a multiboot loader");
	const struct information *info = loaded(address);
	/* The last 2 MiB may be the firmware's. */
	if (!(info->flags & HAS_MEMORY) || info->mem_upper < (VIEW_END - LARGE_SIZE - 0x100000) >> 10)
		panic("16 MiB of memory are needed");
	if (!(cpuid(1).edx & CPUID_PGE))
		panic("this processor has no global pages");
	if (info->flags & HAS_COMMAND_LINE)
		option_text(loaded(info->command_line), "script", "", script, sizeof script);

	descriptors_load();
	input_start(script);
	space_start();
	say("play: a kernel that does one thing to the MMU at a time; help lists the commands\n");
	for (;;) {
		input_line(line, sizeof line);
		command_obey(line);
	}
}
