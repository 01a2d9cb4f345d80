/* Copies of 300 bytes by bytes, as memcpy of a kernel does it; some cross a page. */
#define COUNT 1000000
#define UNITS 300
#define SPREAD 0xffff
#define OPERATION rep movsb
#include "string.h"
