/* key=value options on a command line; words without '=' (such as a loader's image path) are skipped. */
#pragma once
#include "types.h"

/* Copies the value of KEY, or the fallback when it is absent, and returns false when absent. */
bool option_text(const char *line, const char *key, const char *fallback, char *value, u32 size);
/* The value of KEY as a decimal number, or the fallback when it is absent or not a number. */
u32 option_number(const char *line, const char *key, u32 fallback);
bool same_text(const char *a, const char *b);
