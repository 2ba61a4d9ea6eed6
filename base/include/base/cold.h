/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts that most boots never show. In the image they stand packed, all together; where they are
 * linked there is nothing until the first of them is formatted, and then all of them
 * (docs/adr/0023). So a cold text may be passed on and formatted, as a format or as what %s shows,
 * and not be looked into by anything else. On a host they are there from the beginning.
 */
#pragma once

#include <base/types.h>

#define COLD_NUMBERED_(n) ".texts." #n
#define COLD_NUMBERED(n)  COLD_NUMBERED_(n)

/* @literal as a cold text. Each in a section of its own, so that the linker drops it with its user. */
#define COLD_TEXT(literal)                                                              \
	__extension__({                                                                 \
		static const char text_[]                                               \
			__attribute__((section(COLD_NUMBERED(__COUNTER__)))) = literal; \
		text_;                                                                  \
	})

/* A literal format with its arguments, the format cold; it is checked by COLD_CHECK(). */
#define COLD_FORMAT(format, ...) COLD_TEXT(format), ##__VA_ARGS__
#define COLD_CHECK(...)		 ((void)sizeof(cold_check(__VA_ARGS__)))
int cold_check(const char *format, ...) printf_like(1, 2); /* never called, nor defined */

/* Where they are linked, and what puts them there: called before each use, by any CPU. */
struct cold_texts {
	uintptr_t base;
	size_t len;
	void (*unpack)(void);
};

extern const struct cold_texts *cold_texts; /* NULL: they are there */

static inline void cold_text_wanted(const char *text)
{
	if (cold_texts && (uintptr_t)text - cold_texts->base < cold_texts->len)
		cold_texts->unpack();
}
