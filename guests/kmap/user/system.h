/* System calls as functions. */
#pragma once
#include "calls.h"
#include "types.h"

static inline u32 system_call(u32 number, u32 a, u32 b, u32 c, u32 d)
{
	u32 answer;
	__asm__ volatile("int $0x80" : "=a"(answer) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
	return answer;
}

static inline __attribute__((noreturn)) void exit(u32 code, u32 value)
{
	for (;;)
		system_call(CALL_EXIT, code, value, 0, 0);
}

static inline void write(const char *text, u32 length)
{
	system_call(CALL_WRITE, (u32)text, length, 0, 0);
}

static inline u32 fork(void)
{
	return system_call(CALL_FORK, 0, 0, 0, 0);
}

static inline struct ending wait(u32 pid)
{
	struct ending ending = {FAILED, 0};
	system_call(CALL_WAIT, pid, (u32)&ending, 0, 0);
	return ending;
}

static inline void yield(void)
{
	system_call(CALL_YIELD, 0, 0, 0, 0);
}

static inline void sleep(u32 ticks)
{
	system_call(CALL_SLEEP, ticks, 0, 0, 0);
}

static inline u32 getpid(void)
{
	return system_call(CALL_GETPID, 0, 0, 0, 0);
}

static inline void *mmap(u32 file, u32 first_page, u32 pages, u32 flags)
{
	u32 address = system_call(CALL_MMAP, file, first_page, pages, flags);
	return address == FAILED ? NULL : (void *)address;
}

static inline u32 munmap(void *address)
{
	return system_call(CALL_MUNMAP, (u32)address, 0, 0, 0);
}

static inline u32 read(u32 file, u32 offset, void *to, u32 length)
{
	return system_call(CALL_READ, file, offset, (u32)to, length);
}

static inline u32 put(u32 file, u32 offset, const void *from, u32 length)
{
	return system_call(CALL_PUT, file, offset, (u32)from, length);
}

static inline u32 copy_page(void *to, const void *from)
{
	return system_call(CALL_COPY, (u32)to, (u32)from, 0, 0);
}

static inline u32 kernel_sum(const void *page)
{
	return system_call(CALL_CHECKSUM, (u32)page, 0, 0, 0);
}

static inline void get_options(char *line, u32 length)
{
	system_call(CALL_OPTIONS, (u32)line, length, 0, 0);
}

static inline bool has_nx(void)
{
	return system_call(CALL_HAS_NX, 0, 0, 0, 0);
}
