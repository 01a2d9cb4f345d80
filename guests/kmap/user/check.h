/* Checking what a page holds, and giving up loudly when it is not that. */
#pragma once
#include "pattern.h"
#include "system.h"

/* Who is working: set in every process before its work begins. */
struct task {
	const char *workload;
	u32 worker, round, depth;
};

extern struct task task;

__attribute__((format(printf, 1, 2))) void say(const char *text, ...);
/* Prints "FAIL workload …detail" and ends the process with code 1. */
__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *text, ...);

/* A page of this worker. Depth tells a child's pages from its parent's. */
struct identity mine(u32 page, u32 generation);
struct identity on_disk(u32 file, u32 page);

/* Checks every line of a page through our page tables, then lets the kernel look at it through kmap. Returns its sum. */
u32 check_page(const u32 *page, struct identity id, const char *what);
/* Our own view only. */
void check_lines(const u32 *page, struct identity id, u32 first, u32 lines, const char *what);
void check_zero(const u32 *page, const char *what);

/* A number below LIMIT from a generator that starts anew for every worker: the same run everywhere. */
u32 chance(u32 limit);
void chance_start(u32 seed);
