/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How messages about a configuration say numbers, foreign text and suggestions, the same in every
 * front-end and in the validator. The show_* functions return a small value to be used in the
 * argument list of a message: show_hex(x).s
 */
#pragma once

#include <base/str.h>
#include <base/types.h>

struct show {
	char s[64];
};

/* As configurations write it: 0x1f, 0x0900_0000: whole groups of four digits when more than one. */
struct show show_hex(u64 v);

/* [base, base + len) as "0x8000_0000..0xa000_0000"; an end beyond 2^64 is said so. */
struct show show_range(u64 base, u64 len);

/* In the largest unit that divides it: "512 MiB". */
struct show show_size(u64 bytes);

/* Foreign text: control characters replaced, cut at 59 bytes with "..." in place of the rest. */
struct show show_text(struct str s);

/* The nearest of the words tried, for "did you mean". */
struct suggest {
	struct str word;  /* what was written */
	const char *best; /* NULL: nothing is near enough */
	u32 distance;
};

void suggest_try(struct suggest *s, const char *candidate);
