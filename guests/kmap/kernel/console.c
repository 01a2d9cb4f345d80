/* Formats a line and sends it to COM1. */
#include "console.h"
#include "format.h"
#include "serial.h"

void print(const char *text, ...)
{
	static char line[256];
	va_list arguments;
	va_start(arguments, text);
	u32 length = format(line, sizeof line, text, arguments);
	va_end(arguments);
	serial_write(line, length);
}
