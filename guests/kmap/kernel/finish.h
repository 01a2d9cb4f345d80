/* The end of the run. */
#pragma once
#include "calls.h"

/* Called when process 1 ends: looks for lost frames, says how it went, leaves through the debug-exit port. */
__attribute__((noreturn)) void finish(struct ending ending);
