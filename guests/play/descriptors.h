/* Segments, the task state and the interrupt table. */
#pragma once

void descriptors_load(void);
/* From here on no exception can be delivered: the table ends before vector 8. */
__attribute__((noreturn)) void descriptors_die(void);
