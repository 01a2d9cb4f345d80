/* Fills of 64 bytes by words. */
#define COUNT 2000000
#define UNITS 16
#define SPREAD 0xfffc
#define OPERATION rep stosl
#include "string.h"
