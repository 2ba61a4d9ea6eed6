/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of code that ends in BUG_ON(): panic_at() becomes an assertion that cmocka can
 * expect. Locks the code held stay held: initialise anew what it protects.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include <core/panic.h>

void panic_at(const char *file, int line, const char *format, ...)
{
	static char text[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	mock_assert(0, text, file, line);
	abort();
}

#define expect_bug(call) expect_assert_failure(call)
