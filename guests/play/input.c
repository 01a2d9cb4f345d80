/* The receiver of a 16550A, by interrupt, and a line editor. Datasheets: PC16550D; Intel 8259A (initialization words).
 *
 * The interrupt is enabled only while the processor halts for it. All that it does is to end the HLT and to disable
 * itself; characters wait in the receiver until they are read, so that no buffer can overflow. */
#include "input.h"
#include "layout.h"
#include "ports.h"
#include "serial.h"

#define COM1 0x3f8
#define RBR (COM1 + 0)
#define IER (COM1 + 1)
#define MCR (COM1 + 4)
#define LSR (COM1 + 5)
#define IER_RECEIVED 0x01
#define MCR_DTR_RTS_OUT2 0x0b /* OUT2 connects the interrupt on a PC */
#define LSR_DR 0x01

#define PIC1_COMMAND 0x20
#define PIC1_DATA 0x21
#define PIC2_COMMAND 0xa0
#define PIC2_DATA 0xa1
#define ICW1_INIT_NEED_ICW4 0x11
#define ICW3_FIRST_HAS_SECOND_AT_2 0x04
#define ICW3_SECOND_IS_2 0x02
#define ICW4_8086 0x01
#define OCW2_END_OF_INTERRUPT 0x20
#define ONLY_IRQ4 0xef
#define NONE 0xff

#define CTRL_C 0x03
#define BACKSPACE 0x08
#define CTRL_U 0x15
#define ESCAPE 0x1b
#define DELETE 0x7f

/* What is left of the script; NULL at its end. */
static const char *script;

void input_start(const char *text)
{
	script = *text ? text : NULL;
	out8(PIC1_COMMAND, ICW1_INIT_NEED_ICW4);
	out8(PIC2_COMMAND, ICW1_INIT_NEED_ICW4);
	out8(PIC1_DATA, IRQ_BASE); /* the reset value, 8, collides with exceptions */
	out8(PIC2_DATA, IRQ_BASE + 8);
	out8(PIC1_DATA, ICW3_FIRST_HAS_SECOND_AT_2);
	out8(PIC2_DATA, ICW3_SECOND_IS_2);
	out8(PIC1_DATA, ICW4_8086);
	out8(PIC2_DATA, ICW4_8086);
	out8(PIC1_DATA, ONLY_IRQ4);
	out8(PIC2_DATA, NONE);
	out8(MCR, MCR_DTR_RTS_OUT2);
}

void input_interrupt(void)
{
	out8(IER, 0);
	out8(PIC1_COMMAND, OCW2_END_OF_INTERRUPT);
}

bool input_key(void)
{
	if (!(in8(LSR) & LSR_DR))
		return false;
	in8(RBR);
	return true;
}

static char typed(void)
{
	while (!(in8(LSR) & LSR_DR)) {
		out8(IER, IER_RECEIVED);
		__asm__ volatile("sti; hlt; cli" : : : "memory");
	}
	return (char)in8(RBR);
}

static char next(void)
{
	if (!script)
		return typed();
	char c = *script++;
	if (!c)
		script = NULL;
	return !c || c == ',' ? '\r' : c == ':' ? ' ' : c;
}

/* Arrows and other keys that send ESC [ … letter, or ESC O letter, mean nothing here. */
static void skip_sequence(void)
{
	char c = next();
	if (c != '[' && c != 'O')
		return;
	do
		c = next();
	while (c < '@' || c > '~');
}

static void echo(const char *text, u32 length, u32 times)
{
	while (times--)
		serial_write(text, length);
}

void input_line(char *line, u32 size)
{
	static char last;
	u32 n = 0;
	serial_write("play> ", 6);
	for (;;) {
		char c = next(), before = last;
		last = c;
		if (c == '\n' && before == '\r')
			continue; /* one key, two characters */
		if (c == '\r' || c == '\n')
			break;
		if ((c == BACKSPACE || c == DELETE) && n) {
			echo("\b \b", 3, 1);
			n--;
		} else if (c == CTRL_U) {
			echo("\b \b", 3, n);
			n = 0;
		} else if (c == CTRL_C) {
			serial_write("^C\nplay> ", 9);
			n = 0;
		} else if (c == ESCAPE) {
			skip_sequence();
		} else if (c >= ' ' && c <= '~' && n + 1 < size) {
			line[n++] = c;
			echo(&c, 1, 1);
		}
	}
	line[n] = 0;
	serial_write("\n", 1);
}
