/* The end of a kernel that can no longer trust itself. */
#pragma once
#include "types.h"

struct trap_frame;

__attribute__((noreturn, format(printf, 1, 2))) void panic(const char *text, ...);
__attribute__((noreturn)) void panic_trap(const struct trap_frame *frame);

/* A kernel rule, checked at run time: a broken one often is a stale translation showing itself. */
#define require(rule)                                                   \
	do {                                                            \
		if (!(rule))                                            \
			panic("broken rule at %s: %s", __func__, #rule); \
	} while (0)
