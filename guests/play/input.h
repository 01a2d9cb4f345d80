/* Lines to obey: typed on COM1, or from the script on the command line. */
#pragma once
#include "types.h"

/* The script is typed before anything else: ',' ends a line of it, ':' stands for a space. */
void input_start(const char *script);
/* Prompts, and reads a line; the last character of a longer one is dropped. */
void input_line(char *line, u32 size);
/* A key was pressed: it is taken, and lost. */
bool input_key(void);
void input_interrupt(void);
