/* What the kernel says on COM1. */
#pragma once
#include "types.h"

/* While set, say() is silent. */
extern bool quiet;

__attribute__((format(printf, 1, 2))) void say(const char *text, ...);
/* A check has failed: says FAIL, goes on, and makes the run end with status 1. */
__attribute__((format(printf, 1, 2))) void fail(const char *text, ...);
/* A failure after which nothing can go on. */
__attribute__((noreturn, format(printf, 1, 2))) void panic(const char *text, ...);
/* Ends the run: status 0 if no check has failed. */
__attribute__((noreturn)) void finish(void);

#define require(rule)                                                   \
	do {                                                            \
		if (!(rule))                                            \
			panic("broken rule in %s: %s", __func__, #rule); \
	} while (0)
