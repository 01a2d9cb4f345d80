/* The three flushes of a 32-bit kernel, weakest first. */
#include "tlb.h"
#include "features.h"
#include "stats.h"
#include "x86.h"

void tlb_forget_page(u32 address)
{
	stats.page_flushes++;
	invlpg(address);
}

void tlb_forget_user(void)
{
	stats.user_flushes++;
	write_cr3(read_cr3());
}

void tlb_forget_all(void)
{
	stats.full_flushes++;
	if (!features.pge) {
		write_cr3(read_cr3());
		return;
	}
	/* A CR3 load spares global translations; a change of CR4.PGE does not. */
	u32 cr4 = read_cr4();
	write_cr4(cr4 & ~CR4_PGE);
	write_cr4(cr4);
}
