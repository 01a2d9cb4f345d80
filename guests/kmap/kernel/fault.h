/* Page faults on user addresses. */
#pragma once
#include "space.h"

#define ACCESS_WRITE 1u
#define ACCESS_EXECUTE 2u

void fault_start(void);
/* Makes the page at ADDRESS accessible; false when the process has no right to it. */
bool fault_in(struct space *space, u32 address, u32 access);
