/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts that messages point into. Who reads a file tells of it; a file that nobody told of is
 * read when a message wants a line of it, and silently has none when it cannot be.
 */
#pragma once

#include <stdio.h>

#include <base/diag.h>
#include <base/span.h>

/* @file is the name that positions carry; both live as long as the program. */
void source_add(const char *file, struct span text);

/* The line without its end; false: there is none such. */
bool source_line(const struct src_pos *at, struct str *out);

/* Colours of the caret; empty strings for none. */
struct source_paint {
	const char *mark;
	const char *end;
};

/*
 * The line that @at is in, with its number, and a mark under the word at its column. At most
 * @width columns of it; tabs, wide and combining characters are where a terminal has them.
 */
void source_show(FILE *f, const struct src_pos *at, u32 width, const struct source_paint *paint);
