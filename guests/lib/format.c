/* Text formatting without a C library. */
#include "format.h"

struct output {
	char *to;
	u32 size, length;
};

static void put(struct output *out, char c)
{
	if (out->length < out->size)
		out->to[out->length++] = c;
}

static void put_number(struct output *out, u32 value, u32 base, u32 width, char pad)
{
	char digits[10];
	u32 n = 0;
	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	for (u32 i = n; i < width; i++)
		put(out, pad);
	while (n)
		put(out, digits[--n]);
}

static void put_string(struct output *out, const char *s, u32 width)
{
	u32 n = 0;
	for (; s[n]; n++)
		put(out, s[n]);
	for (; n < width; n++)
		put(out, ' ');
}

u32 format(char *to, u32 size, const char *text, va_list arguments)
{
	struct output out = {to, size, 0};
	for (; *text; text++) {
		if (*text != '%') {
			put(&out, *text);
			continue;
		}
		char pad = ' ';
		u32 width = 0;
		if (*++text == '0')
			pad = *text++;
		while (*text >= '0' && *text <= '9')
			width = width * 10 + (u32)(*text++ - '0');
		switch (*text) {
		case 's':
			put_string(&out, va_arg(arguments, const char *), width);
			break;
		case 'c':
			put(&out, (char)va_arg(arguments, int));
			break;
		case 'u':
			put_number(&out, va_arg(arguments, u32), 10, width, pad);
			break;
		case 'x':
			put_number(&out, va_arg(arguments, u32), 16, width, pad);
			break;
		case 'd': {
			i32 value = va_arg(arguments, i32);
			if (value < 0)
				put(&out, '-');
			put_number(&out, value < 0 ? 0u - (u32)value : (u32)value, 10, width, pad);
			break;
		}
		default:
			put(&out, *text);
		}
	}
	return out.length;
}
