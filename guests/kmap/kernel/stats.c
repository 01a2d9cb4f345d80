/* Prints the counters, three to a line. */
#include "stats.h"
#include "console.h"

struct stats stats;

void stats_print(void)
{
	print("stats    kmap %u  wraps %u  atomic %u\n", stats.kmaps, stats.kmap_wraps, stats.atomic_kmaps);
	print("stats    invlpg %u  cr3 reloads %u  full flushes %u\n", stats.page_flushes, stats.user_flushes,
	      stats.full_flushes);
	print("stats    switches %u  ticks %u  calls %u\n", stats.switches, stats.ticks, stats.calls);
	print("stats    faults %u  zero fills %u  copies %u\n", stats.faults, stats.zero_fills, stats.copies);
	print("stats    disk reads %u  evictions %u  second chances %u\n", stats.disk_reads, stats.evictions,
	      stats.second_chances);
}
