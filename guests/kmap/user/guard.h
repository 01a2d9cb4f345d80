/* Accesses that must be refused. */
#pragma once

/* Lets one child after another do something forbidden, and fails unless each is killed by a page fault there. */
void guard_check(void);
