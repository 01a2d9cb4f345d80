/* Command-line options, parsed in place. The last of several equal keys wins, as users expect of --append. */
#include "options.h"

static const char *after_key(const char *word, const char *key)
{
	while (*key && *word == *key)
		word++, key++;
	return !*key && *word == '=' ? word + 1 : NULL;
}

static const char *find(const char *line, const char *key)
{
	const char *found = NULL;
	while (*line) {
		while (*line == ' ')
			line++;
		const char *value = after_key(line, key);
		if (value)
			found = value;
		while (*line && *line != ' ')
			line++;
	}
	return found;
}

bool option_text(const char *line, const char *key, const char *fallback, char *value, u32 size)
{
	const char *from = find(line, key);
	const char *text = from ? from : fallback;
	u32 n = 0;
	while (n + 1 < size && text[n] && text[n] != ' ') {
		value[n] = text[n];
		n++;
	}
	value[n] = 0;
	return from != NULL;
}

u32 option_number(const char *line, const char *key, u32 fallback)
{
	const char *text = find(line, key);
	if (!text || *text < '0' || *text > '9')
		return fallback;
	u32 value = 0;
	while (*text >= '0' && *text <= '9')
		value = value * 10 + (u32)(*text++ - '0');
	return value;
}

bool same_text(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}
