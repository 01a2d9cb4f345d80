/* Bulk copies of 4 MiB. */
#define COUNT 256
#define UNITS 0x100000
#define OPERATION rep movsl
#include "string.h"
