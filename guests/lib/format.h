/* A printf for both sides of the ring: formats into a buffer, the caller writes it out. */
#pragma once
#include "types.h"

/* Knows %s %c %u %d %x and a width with optional leading zero, as in %08x. Returns the length, never above size. */
u32 format(char *to, u32 size, const char *text, va_list arguments);
