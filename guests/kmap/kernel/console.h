/* The kernel's own voice on the serial console. */
#pragma once
#include "types.h"

__attribute__((format(printf, 1, 2))) void print(const char *text, ...);
