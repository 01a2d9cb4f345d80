/* Making the processor forget translations. SDM: volume 3, 4.10.4. */
#pragma once
#include "types.h"

/* One page, global or not. */
void tlb_forget_page(u32 address);
/* Everything that is not global: what user page tables gave. */
void tlb_forget_user(void);
/* Everything. */
void tlb_forget_all(void);
