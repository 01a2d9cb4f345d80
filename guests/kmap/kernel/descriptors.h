/* Segments, the one TSS, and the interrupt table. */
#pragma once

void descriptors_load(void);
/* Where the processor puts the stack when ring 3 enters the kernel. */
void descriptors_set_stack(void *top);
