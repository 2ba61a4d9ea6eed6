/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formatted output into a buffer. Understands %d %i %u %x %X %o %c %s %p %% with flags "-0 #+",
 * width, precision (both also as *), and the lengths hh h l ll z j t. No floating point. Output
 * equals C's snprintf for everything it understands (tests compare the two).
 */
#pragma once

#include <stdarg.h>

#include <base/types.h>

/* As C's: always terminated when size > 0; returns the length the whole text would have. */
int fmt_vsnprintf(char *buf, size_t size, const char *format, va_list ap);
int fmt_snprintf(char *buf, size_t size, const char *format, ...) printf_like(3, 4);
