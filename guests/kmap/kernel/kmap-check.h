/* The kernel's own test of its two windows. */
#pragma once

/* Panics when a slot shows another frame than the one mapped there. */
void kmap_check(void);
