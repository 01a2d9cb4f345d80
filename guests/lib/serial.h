/* COM1 as a console: output only, polled. */
#pragma once
#include "types.h"

void serial_start(void);
void serial_write(const char *text, u32 length);
