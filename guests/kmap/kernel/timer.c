/* About 1000 ticks a second. Datasheet: Intel 8259A (initialization words), Intel 8254 (mode 2). */
#include "timer.h"
#include "layout.h"
#include "ports.h"

#define PIC1_COMMAND 0x20
#define PIC1_DATA 0x21
#define PIC2_COMMAND 0xa0
#define PIC2_DATA 0xa1

#define ICW1_INIT_NEED_ICW4 0x11
#define ICW3_FIRST_HAS_SECOND_AT_2 0x04
#define ICW3_SECOND_IS_2 0x02
#define ICW4_8086 0x01
#define OCW2_END_OF_INTERRUPT 0x20
#define ONLY_IRQ0 0xfe
#define NONE 0xff

#define PIT_CHANNEL0 0x40
#define PIT_CONTROL 0x43
#define CHANNEL0_LOW_HIGH_MODE2 0x34
#define DIVISOR 1193 /* of 1193182 Hz */

static void start_controllers(void)
{
	out8(PIC1_COMMAND, ICW1_INIT_NEED_ICW4);
	out8(PIC2_COMMAND, ICW1_INIT_NEED_ICW4);
	out8(PIC1_DATA, IRQ_BASE); /* the reset value, 8, collides with exceptions */
	out8(PIC2_DATA, IRQ_BASE + 8);
	out8(PIC1_DATA, ICW3_FIRST_HAS_SECOND_AT_2);
	out8(PIC2_DATA, ICW3_SECOND_IS_2);
	out8(PIC1_DATA, ICW4_8086);
	out8(PIC2_DATA, ICW4_8086);
	out8(PIC1_DATA, ONLY_IRQ0);
	out8(PIC2_DATA, NONE);
}

void timer_start(void)
{
	start_controllers();
	out8(PIT_CONTROL, CHANNEL0_LOW_HIGH_MODE2);
	out8(PIT_CHANNEL0, DIVISOR & 0xff);
	out8(PIT_CHANNEL0, DIVISOR >> 8);
}

void timer_acknowledge(void)
{
	out8(PIC1_COMMAND, OCW2_END_OF_INTERRUPT);
}
