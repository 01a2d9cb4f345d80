/* Formats a line and sends it to COM1. */
#include "console.h"
#include "debug-exit.h"
#include "format.h"
#include "serial.h"

bool quiet;

static u32 failures;

static void send(const char *text, va_list arguments)
{
	static char line[256];
	serial_write(line, format(line, sizeof line, text, arguments));
}

void say(const char *text, ...)
{
	if (quiet)
		return;
	va_list arguments;
	va_start(arguments, text);
	send(text, arguments);
	va_end(arguments);
}

void fail(const char *text, ...)
{
	va_list arguments;
	va_start(arguments, text);
	failures++;
	serial_write("FAIL ", 5);
	send(text, arguments);
	serial_write("\n", 1);
	va_end(arguments);
}

void panic(const char *text, ...)
{
	va_list arguments;
	va_start(arguments, text);
	serial_write("FAIL kernel: ", 13);
	send(text, arguments);
	serial_write("\n", 1);
	debug_exit(1);
}

void finish(void)
{
	say("play: %s\n", failures ? "checks have failed" : "every check was good");
	debug_exit(failures ? 1 : 0);
}
