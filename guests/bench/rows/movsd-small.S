/* Copies of 64 bytes by words, the size of small structures. */
#define COUNT 2000000
#define UNITS 16
#define SPREAD 0xfffc
#define OPERATION rep movsl
#include "string.h"
