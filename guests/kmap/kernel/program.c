/* The user program as a file on the "disk", and the regions that a process of it has. */
#include "program.h"
#include "calls.h"
#include "layout.h"
#include "memory.h"
#include "pattern.h"

/* Written by user/user.ld. */
struct header {
	u32 entry, text_pages, data_pages, bss_pages;
};

extern const u8 program_start[], program_end[];

static u32 bytes_on_page(u32 page)
{
	u32 size = (u32)(program_end - program_start), offset = page * PAGE_SIZE;
	return size - offset < PAGE_SIZE ? size - offset : PAGE_SIZE;
}

u32 program_pages(void)
{
	return ((u32)(program_end - program_start) + PAGE_SIZE - 1) / PAGE_SIZE;
}

void program_read(u32 page, void *to)
{
	u32 bytes = bytes_on_page(page);
	memcpy(to, program_start + page * PAGE_SIZE, bytes);
	memset((u8 *)to + bytes, 0, PAGE_SIZE - bytes);
}

bool program_same(u32 page, const void *page_bytes)
{
	return memcmp(page_bytes, program_start + page * PAGE_SIZE, bytes_on_page(page)) == 0;
}

u32 program_regions(struct space *space)
{
	const struct header *h = (const struct header *)program_start;
	u32 data = USER_BASE + h->text_pages * PAGE_SIZE;
	u32 bss = data + h->data_pages * PAGE_SIZE;
	space_add_region(space, (struct region){USER_BASE, data, FILE_PROGRAM, 0, MAP_EXECUTE});
	space_add_region(space, (struct region){data, bss, FILE_PROGRAM, h->text_pages, MAP_WRITE});
	space_add_region(space, (struct region){bss, bss + h->bss_pages * PAGE_SIZE, FILE_NONE, 0, MAP_WRITE});
	space_add_region(space, (struct region){STACK_TOP - STACK_PAGES * PAGE_SIZE, STACK_TOP, FILE_NONE, 0, MAP_WRITE});
	return h->entry;
}
