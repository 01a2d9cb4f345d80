/* Says FAIL, why, and ends the run with status 1. */
#include "panic.h"
#include "console.h"
#include "debug-exit.h"
#include "format.h"
#include "serial.h"
#include "trap.h"
#include "x86.h"

static void say(const char *text, va_list arguments)
{
	char line[200];
	serial_write("FAIL kernel: ", 13);
	serial_write(line, format(line, sizeof line, text, arguments));
	serial_write("\n", 1);
}

void panic(const char *text, ...)
{
	va_list arguments;
	va_start(arguments, text);
	say(text, arguments);
	va_end(arguments);
	debug_exit(1);
}

void panic_trap(const struct trap_frame *f)
{
	print("eax %08x ebx %08x ecx %08x edx %08x\n", f->eax, f->ebx, f->ecx, f->edx);
	print("esi %08x edi %08x ebp %08x esp %08x\n", f->esi, f->edi, f->ebp, (u32)&f->esp);
	print("eip %08x cs %04x eflags %08x cr2 %08x cr3 %08x\n", f->eip, f->cs, f->eflags, read_cr2(), read_cr3());
	panic("unexpected exception %u, error code %x, at %08x", f->vector, f->error, f->eip);
}
