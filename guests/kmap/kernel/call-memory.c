/* mmap, munmap, file access, and the kernel's view of user pages. All of them reach pages through kmap, and let other
 * processes run while they hold a slot, as a kernel that waits for a disk does: the mapping must survive that, and
 * slots that others recycle meanwhile must not be confused with it. */
#include "call-memory.h"
#include "fault.h"
#include "file.h"
#include "kmap-atomic.h"
#include "kmap.h"
#include "layout.h"
#include "memory.h"
#include "pattern.h"
#include "process.h"

bool user_range(u32 address, u32 length, bool write)
{
	const struct region *r = space_region(&current->space, address);
	return r && length <= r->end - address && (!write || r->flags & MAP_WRITE);
}

static bool page_aligned(u32 address)
{
	return address % PAGE_SIZE == 0;
}

/* The lowest gap of whole page tables: a mapping never shares one with another, so munmap can free it. */
static u32 free_address(u32 bytes)
{
	u32 start = MMAP_BASE;
	for (u32 i = 0; i < MAX_REGIONS; i++) {
		const struct region *r = &current->space.regions[i];
		bool overlaps = r->start != r->end && r->start < start + bytes && r->end > start;
		if (!overlaps)
			continue;
		start = (r->end + LARGE_SIZE - 1) & -(u32)LARGE_SIZE;
		i = -1u; /* look at all of them again */
	}
	return start;
}

u32 call_mmap(const struct trap_frame *f)
{
	u32 file = f->ebx, first = f->ecx, pages = f->edx, flags = f->esi;
	if (file >= FILES || pages == 0 || pages > MAX_FILE_PAGES)
		return FAILED;
	if (file != FILE_NONE && (first > files[file].pages || pages > files[file].pages - first))
		return FAILED;
	/* Only scratch pages may change in the cache: the others must stay what the disk says. */
	if (flags & MAP_SHARED && flags & MAP_WRITE && file != FILE_SCRATCH)
		return FAILED;
	u32 start = free_address(pages * PAGE_SIZE);
	struct region region = {start, start + pages * PAGE_SIZE, file, first, flags};
	return space_add_region(&current->space, region) ? start : FAILED;
}

u32 call_munmap(const struct trap_frame *f)
{
	struct region *r = space_region(&current->space, f->ebx);
	if (!r || r->start != f->ebx || r->start < MMAP_BASE || r->end > STACK_TOP - LARGE_SIZE)
		return FAILED;
	space_remove_region(&current->space, r);
	return 0;
}

static bool file_range(u32 file, u32 offset, u32 length)
{
	return file > FILE_NONE && file < FILES && offset / PAGE_SIZE < files[file].pages &&
	       length <= PAGE_SIZE - offset % PAGE_SIZE;
}

u32 call_read(const struct trap_frame *f)
{
	u32 file = f->ebx, offset = f->ecx, length = f->esi;
	if (!file_range(file, offset, length) || !user_range(f->edx, length, true))
		return FAILED;
	pfn frame = file_page(file, offset / PAGE_SIZE);
	const u8 *page = kmap(frame);
	schedule();
	memcpy((void *)f->edx, page + offset % PAGE_SIZE, length);
	kunmap(frame);
	frame_drop(frame);
	return length;
}

u32 call_put(const struct trap_frame *f)
{
	u32 file = f->ebx, offset = f->ecx, length = f->esi;
	if (file != FILE_SCRATCH || !file_range(file, offset, length) || !user_range(f->edx, length, false))
		return FAILED;
	pfn frame = file_page(file, offset / PAGE_SIZE);
	u8 *page = kmap(frame);
	frames[frame].flags |= FRAME_DIRTY;
	schedule();
	memcpy(page + offset % PAGE_SIZE, (const void *)f->edx, length);
	kunmap(frame);
	frame_drop(frame);
	return length;
}

/* The frame of a user page, held, after whatever fault the access needs; 0 when it is not allowed. */
static pfn user_frame(u32 address, u32 access)
{
	if (!fault_in(&current->space, address, access))
		return 0;
	pfn frame = pte_frame(space_entry(&current->space, address));
	frame_hold(frame);
	return frame;
}

u32 call_copy(const struct trap_frame *f)
{
	u32 to = f->ebx, from = f->ecx;
	if (!page_aligned(to) || !page_aligned(from))
		return FAILED;
	pfn source = user_frame(from, 0);
	if (!source)
		return FAILED;
	const void *read = kmap(source);
	schedule();
	pfn target = user_frame(to, ACCESS_WRITE);
	if (target) {
		/* A store through kmap sets no D in the process's entry. */
		frames[target].flags |= FRAME_DIRTY;
		void *write = kmap_atomic(target);
		memcpy(write, read, PAGE_SIZE);
		kunmap_atomic(write);
		frame_drop(target);
	}
	kunmap(source);
	frame_drop(source);
	return target ? 0 : FAILED;
}

u32 call_checksum(const struct trap_frame *f)
{
	if (!page_aligned(f->ebx))
		return FAILED;
	pfn frame = user_frame(f->ebx, 0);
	if (!frame)
		return FAILED;
	const u32 *page = kmap(frame);
	schedule();
	u32 sum = page_sum(page);
	kunmap(frame);
	frame_drop(frame);
	return sum;
}
