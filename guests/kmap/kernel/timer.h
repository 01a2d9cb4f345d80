/* The tick: 8254 channel 0 through an 8259A pair. */
#pragma once
#include "types.h"

#define TIMER_VECTOR 0x20

void timer_start(void);
/* Tells the interrupt controller that the tick was taken. */
void timer_acknowledge(void);
