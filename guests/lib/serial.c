/* A 16550A at 0x3f8 driven without interrupts. Datasheet: PC16550D, section 8. */
#include "serial.h"
#include "ports.h"

#define COM1 0x3f8
#define THR (COM1 + 0) /* transmit holding; divisor low while DLAB is set */
#define IER (COM1 + 1) /* interrupt enable; divisor high while DLAB is set */
#define FCR (COM1 + 2)
#define LCR (COM1 + 3)
#define MCR (COM1 + 4)
#define LSR (COM1 + 5)

#define LCR_DLAB 0x80
#define LCR_8N1 0x03
#define FCR_ENABLE_AND_CLEAR 0x07
#define MCR_DTR_RTS 0x03
#define LSR_THRE 0x20

void serial_start(void)
{
	out8(IER, 0);
	out8(LCR, LCR_DLAB);
	out8(THR, 1); /* divisor 1: 115200 baud */
	out8(IER, 0);
	out8(LCR, LCR_8N1);
	out8(FCR, FCR_ENABLE_AND_CLEAR);
	out8(MCR, MCR_DTR_RTS);
}

static void put(char c)
{
	while (!(in8(LSR) & LSR_THRE))
		;
	out8(THR, (u8)c);
}

void serial_write(const char *text, u32 length)
{
	for (u32 i = 0; i < length; i++) {
		if (text[i] == '\n')
			put('\r');
		put(text[i]);
	}
}
