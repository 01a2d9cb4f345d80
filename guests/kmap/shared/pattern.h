/* What a page holds: its identity, so that a page seen through a wrong translation gives itself away.
 *
 *   page = 64 lines of 16 words
 *   line i:  [ stamp(i) | seed | seed | … | seed ]      seed = hash(owner, page, generation)
 *
 * Kernel and user program both compute it: the user checks what it sees through its own page tables, the kernel
 * what it sees through kmap.
 */
#pragma once
#include "memory.h"
#include "types.h"

#define PAGE_SIZE 4096u
#define PAGE_WORDS 1024u
#define LINES 64u
#define LINE_WORDS 16u
#define NO_LINE LINES

struct identity {
	u32 owner, page, generation;
};

static inline u32 mix_bits(u32 h)
{
	h ^= h >> 16;
	h *= 0x7feb352du;
	h ^= h >> 15;
	h *= 0x846ca68bu;
	return h ^ h >> 16;
}

static inline u32 pattern_seed(struct identity id)
{
	return mix_bits(mix_bits(mix_bits(id.owner + 0x9e3779b9u) + id.page) + id.generation) | 1;
}

static inline u32 pattern_stamp(u32 seed, u32 line)
{
	return seed ^ (line + 1) * 0x9e3779b1u;
}

static inline void pattern_fill(u32 *page, struct identity id)
{
	u32 seed = pattern_seed(id);
	fill_words(page, seed, PAGE_WORDS);
	for (u32 line = 0; line < LINES; line++)
		page[line * LINE_WORDS] = pattern_stamp(seed, line);
}

/* Looks at two words of every line, first to last; returns the first line that is not of this identity. */
static inline u32 pattern_wrong_line(const u32 *page, struct identity id, u32 first, u32 lines)
{
	u32 seed = pattern_seed(id);
	for (u32 line = first; line < first + lines; line++) {
		const u32 *words = page + line * LINE_WORDS;
		if (words[0] != pattern_stamp(seed, line) || words[1 + line % (LINE_WORDS - 1)] != seed)
			return line;
	}
	return NO_LINE;
}

/* A checksum over the same words. */
static inline u32 page_sum(const u32 *page)
{
	u32 sum = 0;
	for (u32 line = 0; line < LINES; line++) {
		const u32 *words = page + line * LINE_WORDS;
		sum = (sum << 5 | sum >> 27) ^ words[0];
		sum += words[1 + line % (LINE_WORDS - 1)];
	}
	return sum;
}
