/* The table of system calls, and those about processes. Calls about memory: call-memory.c. */
#include "call.h"
#include "call-memory.h"
#include "calls.h"
#include "features.h"
#include "machine.h"
#include "memory.h"
#include "process.h"
#include "serial.h"
#include "stats.h"

typedef u32 handler(const struct trap_frame *f);

static u32 call_exit(const struct trap_frame *f)
{
	process_end((struct ending){f->ebx & 0xff, f->ecx});
}

static u32 call_write(const struct trap_frame *f)
{
	if (!user_range(f->ebx, f->ecx, false))
		return FAILED;
	serial_write((const char *)f->ebx, f->ecx);
	return f->ecx;
}

static u32 call_fork(const struct trap_frame *f)
{
	return process_fork(f);
}

static u32 call_wait(const struct trap_frame *f)
{
	struct ending ending;
	if (!user_range(f->ecx, sizeof ending, true) || !process_wait(f->ebx, &ending))
		return FAILED;
	*(struct ending *)f->ecx = ending;
	return 0;
}

static u32 call_yield(const struct trap_frame *f)
{
	(void)f;
	schedule();
	return 0;
}

static u32 call_sleep(const struct trap_frame *f)
{
	process_sleep(f->ebx);
	return 0;
}

static u32 call_getpid(const struct trap_frame *f)
{
	(void)f;
	return current->pid;
}

static u32 call_options(const struct trap_frame *f)
{
	if (!user_range(f->ebx, f->ecx, true) || f->ecx > sizeof machine.command_line)
		return FAILED;
	memcpy((void *)f->ebx, machine.command_line, f->ecx);
	return 0;
}

static u32 call_has_nx(const struct trap_frame *f)
{
	(void)f;
	return features.nx;
}

static handler *const handlers[CALLS] = {
	[CALL_EXIT] = call_exit,     [CALL_WRITE] = call_write,       [CALL_FORK] = call_fork,
	[CALL_WAIT] = call_wait,     [CALL_YIELD] = call_yield,       [CALL_SLEEP] = call_sleep,
	[CALL_GETPID] = call_getpid, [CALL_MMAP] = call_mmap,         [CALL_MUNMAP] = call_munmap,
	[CALL_READ] = call_read,     [CALL_PUT] = call_put,           [CALL_COPY] = call_copy,
	[CALL_CHECKSUM] = call_checksum, [CALL_OPTIONS] = call_options, [CALL_HAS_NX] = call_has_nx,
};

u32 call(const struct trap_frame *frame)
{
	stats.calls++;
	return frame->eax < CALLS ? handlers[frame->eax](frame) : FAILED;
}
