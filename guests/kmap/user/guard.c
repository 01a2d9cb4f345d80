/* Protection, and no leftovers: a page that was unmapped must be gone for good. */
#include "guard.h"
#include "check.h"

#define PAGE_FAULT 14u
#define RETURN_INSTRUCTION 0xc3

static void load(u32 address)
{
	(void)*(volatile u8 *)address;
}

static void store(u32 address)
{
	*(volatile u8 *)address = 0;
}

static void jump(u32 address)
{
	((void (*)(void))address)();
}

static void expect_death(const char *what, void (*forbidden)(u32), u32 address)
{
	u32 pid = fork();
	if (pid == FAILED)
		fail("no process left to fork");
	if (pid == 0) {
		forbidden(address);
		exit(2, 0);
	}
	struct ending ending = wait(pid);
	if (ending.code != (KILLED | PAGE_FAULT) || ending.value != address)
		fail("%s at %08x: ended with code %x value %08x", what, address, ending.code, ending.value);
}

static void unmap_then_load(u32 address)
{
	store(address); /* now the processor knows the translation */
	munmap((void *)address);
	load(address);
}

void guard_check(void)
{
	extern const u32 image_start[];
	u32 *page = mmap(FILE_NONE, 0, 1, MAP_WRITE);
	*page = RETURN_INSTRUCTION;

	expect_death("load from page 0", load, 0);
	expect_death("store to program text", store, (u32)image_start);
	expect_death("load from the kernel", load, 0xc0100000);
	expect_death("load from the kmap window", load, 0xff801000);
	expect_death("store to an atomic slot", store, 0xffffe000);
	expect_death("load after munmap", unmap_then_load, (u32)page);
	if (has_nx())
		expect_death("jump into data", jump, (u32)page);
	munmap(page);
	expect_death("load from nowhere", load, (u32)page);
}
