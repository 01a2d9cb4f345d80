/* Finds and runs commands. */
#include "command.h"
#include "console.h"
#include "options.h"

static const struct command *const groups[] = {page_commands, space_commands, kernel_commands, other_commands};

#define GROUPS (sizeof groups / sizeof *groups)

static void help(void)
{
	say("%8s %s\n", "help", "this list");
	for (u32 i = 0; i < GROUPS; i++)
		for (const struct command *c = groups[i]; c->name; c++)
			say("%8s %s\n", c->name, c->summary);
}

/* Splits LINE into NAME and a number; false if there is more, or something else. */
static bool parse(const char *line, char name[10], u32 *number)
{
	u32 n = 0;
	while (*line == ' ')
		line++;
	for (; *line && *line != ' '; line++)
		if (n < 9)
			name[n++] = *line;
	name[n] = 0;
	while (*line == ' ')
		line++;
	*number = *line ? 0 : NO_NUMBER;
	for (; *line >= '0' && *line <= '9' && *number < 100000; line++)
		*number = *number * 10 + (u32)(*line - '0');
	while (*line == ' ')
		line++;
	return !*line;
}

void command_obey(const char *line)
{
	char name[10];
	u32 number;
	if (!parse(line, name, &number)) {
		say("%s: a number may follow a command, nothing else\n", name);
		return;
	}
	if (!*name)
		return;
	if (same_text(name, "help")) {
		help();
		return;
	}
	for (u32 i = 0; i < GROUPS; i++)
		for (const struct command *c = groups[i]; c->name; c++)
			if (same_text(name, c->name)) {
				c->run(number);
				return;
			}
	say("%s: no such command; help lists them\n", name);
}
