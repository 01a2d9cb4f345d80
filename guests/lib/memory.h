/* The three memory functions that gcc may call on its own. */
#pragma once
#include "types.h"

void *memcpy(void *to, const void *from, size_t length);
void *memset(void *to, int byte, size_t length);
int memcmp(const void *a, const void *b, size_t length);

/* Fills whole 32-bit words: a page in one REP STOSD. */
void fill_words(u32 *to, u32 word, u32 count);
