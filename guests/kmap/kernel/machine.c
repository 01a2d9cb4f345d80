/* Reads the multiboot information before anything can overwrite it. */
#include "machine.h"
#include "layout.h"
#include "options.h"
#include "panic.h"

#define LOADER_MAGIC 0x2badb002
#define HAS_MEMORY (1u << 0)
#define HAS_COMMAND_LINE (1u << 2)
#define HAS_MEMORY_MAP (1u << 6)
#define AVAILABLE 1

#define MIB_FRAMES 256u
#define LARGE_FRAMES 512u

struct information {
	u32 flags, mem_lower, mem_upper, boot_device, command_line, modules_count, modules;
	u32 symbols[4];
	u32 map_length, map;
};

struct map_entry {
	u32 size; /* of the rest */
	u32 base, base_high, length, length_high, type;
};

struct machine machine;

static void *low_memory(u32 address)
{
	return (void *)(address + KERNEL_BASE);
}

/* The end of the available range that holds the kernel, in frames; 0 when the map does not say. */
static pfn end_from_map(const struct information *info)
{
	u32 at = info->map;
	while (at < info->map + info->map_length) {
		const struct map_entry *e = low_memory(at);
		bool holds_kernel = e->type == AVAILABLE && !e->base_high && e->base <= KERNEL_LOAD &&
				    (e->length_high || e->base + e->length > KERNEL_LOAD);
		if (holds_kernel)
			return e->length_high ? 1u << 20 : (e->base >> 12) + (e->length >> 12);
		at += e->size + 4;
	}
	return 0;
}

static pfn memory_end(const struct information *info)
{
	pfn end = 0;
	if (info->flags & HAS_MEMORY_MAP)
		end = end_from_map(info);
	if (!end && (info->flags & HAS_MEMORY))
		end = MIB_FRAMES + info->mem_upper / 4;
	/* The last 2 MiB are left alone: firmware keeps a part of them, each a different one (ACPI tables), and the
	 * sizes on the console are to be the same everywhere. */
	return (end - 1) / LARGE_FRAMES * LARGE_FRAMES;
}

void machine_read(u32 magic, u32 information)
{
	const struct information *info = low_memory(information);
	if (magic != LOADER_MAGIC)
		panic("not started by a multiboot loader");
	if (info->flags & HAS_COMMAND_LINE) {
		const char *from = low_memory(info->command_line);
		for (u32 i = 0; i + 1 < sizeof machine.command_line && from[i]; i++)
			machine.command_line[i] = from[i];
	}

	machine.memory_end = memory_end(info);
	u32 limit = option_number(machine.command_line, "mem", 0);
	if (limit && limit * MIB_FRAMES < machine.memory_end)
		machine.memory_end = limit * MIB_FRAMES / LARGE_FRAMES * LARGE_FRAMES;
	if (machine.memory_end < 8 * MIB_FRAMES)
		panic("too little memory: %u MiB usable, 8 needed", machine.memory_end / MIB_FRAMES);

	u32 lowmem = option_number(machine.command_line, "lowmem", 16) * MIB_FRAMES / LARGE_FRAMES * LARGE_FRAMES;
	if (lowmem < 8 * MIB_FRAMES)
		lowmem = 8 * MIB_FRAMES;
	if (lowmem > 512 * MIB_FRAMES)
		lowmem = 512 * MIB_FRAMES;
	machine.lowmem_end = lowmem < machine.memory_end ? lowmem : machine.memory_end;
}
