/* Fixed-width integers from the compiler itself: no C library is needed to build a guest. */
#pragma once

typedef __UINT8_TYPE__ u8;
typedef __UINT16_TYPE__ u16;
typedef __UINT32_TYPE__ u32;
typedef __UINT64_TYPE__ u64;
typedef __INT32_TYPE__ i32;

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
