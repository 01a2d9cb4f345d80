/* System calls. */
#pragma once
#include "trap.h"

/* The answer for EAX. */
u32 call(const struct trap_frame *frame);
