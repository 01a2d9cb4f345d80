/* Copying and filling with the string instructions: short, and a REP loop that faults resumes where it was. */
#include "memory.h"

void *memcpy(void *to, const void *from, size_t length)
{
	void *result = to;
	u32 words = length / 4;
	__asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
	u32 bytes = length % 4;
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
	return result;
}

void *memset(void *to, int byte, size_t length)
{
	void *result = to;
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(length) : "a"(byte) : "memory");
	return result;
}

int memcmp(const void *a, const void *b, size_t length)
{
	const u8 *x = a, *y = b;
	for (size_t i = 0; i < length; i++)
		if (x[i] != y[i])
			return x[i] - y[i];
	return 0;
}

void fill_words(u32 *to, u32 word, u32 count)
{
	__asm__ volatile("rep stosl" : "+D"(to), "+c"(count) : "a"(word) : "memory");
}
