/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TOML reader's inside, shared by toml*.c. `in` is what has not been read; it only shrinks
 * (but for toml_rewind). A function that returns E_FORMAT has reported the error and leaves the
 * reader at or after it, on the same line or a later one; toml.c then skips to the next line.
 */
#pragma once

#include <base/cold.h>
#include <base/arena.h>
#include <base/bits.h>
#include <base/diag.h>
#include <base/span.h>
#include <lib/config.h>

/* struct toml.flags */
#define TOML_EXPLICIT BIT(0) /* a [header] named this table */
#define TOML_DOTTED   BIT(1) /* made or extended by a dotted key, in the section below */
#define TOML_CLOSED   BIT(2) /* inline table or written array: nothing may be added */
#define TOML_ITEMS    BIT(3) /* an array that [[headers]] append to */
#define TOML_FILLED   BIT(4) /* an inline table that has an entry */
#define TOML_SECTION  BITS(31, 8)

#define TOML_EOF (-1)

struct toml_reader {
	struct span in;
	const u8 *line_start;
	u32 line;
	u32 indent; /* columns before the text, on its first line */
	const char *file;
	struct arena *arena;
	struct diag *diag;
	struct toml *root;
	struct toml lost;   /* keys after a broken header: checked, then dropped */
	struct toml *table; /* where keys go: the last header's table */
	u32 table_depth;    /* its depth below root */
	u32 section;	    /* headers so far */
	u32 n_open;	    /* arrays and inline tables open in this value */
	u32 n_arrays;	    /* arrays among them: those may go on over lines */
	u32 n_errors;
};

struct toml_mark {
	struct span in;
	const u8 *line_start;
	u32 line;
};

/* How a key part reaches the table of that name. */
enum toml_via {
	TOML_VIA_HEADER,
	TOML_VIA_DOTTED,
};

/* The byte @off ahead, or TOML_EOF. */
static inline int toml_peek(const struct toml_reader *r, size_t off)
{
	return off < r->in.n ? r->in.p[off] : TOML_EOF;
}

static inline struct toml_mark toml_mark(const struct toml_reader *r)
{
	return (struct toml_mark){ r->in, r->line_start, r->line };
}

static inline void toml_rewind(struct toml_reader *r, struct toml_mark m)
{
	r->in = m.in;
	r->line_start = m.line_start;
	r->line = m.line;
}

static inline bool toml_is_control(int c)
{
	return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f;
}

static inline bool toml_is_digit(int c)
{
	return c >= '0' && c <= '9';
}

/* ---- toml_lex.c --------------------------------------------------------------------------- */

void toml_skip(struct toml_reader *r, size_t n);
struct src_pos toml_pos(const struct toml_reader *r);
/* Reports; always E_FORMAT. */
enum status toml_fail_cold(struct toml_reader *r, struct src_pos at, const char *format, ...);
#define toml_fail(r, at, ...) \
	(COLD_CHECK(__VA_ARGS__), toml_fail_cold(r, at, COLD_FORMAT(__VA_ARGS__)))
void toml_note_cold(struct toml_reader *r, struct src_pos at, const char *format, ...);
#define toml_note(r, at, ...) \
	(COLD_CHECK(__VA_ARGS__), toml_note_cold(r, at, COLD_FORMAT(__VA_ARGS__)))
/* Bytes of the newline here: 1, 2 (CR LF) or 0 when there is none. */
size_t toml_newline_len(const struct toml_reader *r);
/* Take the newline here, if there is one. */
bool toml_newline(struct toml_reader *r);
void toml_blanks(struct toml_reader *r);
/* Blanks, comments and newlines. */
enum status toml_blank_lines(struct toml_reader *r);
/* Blanks and a comment, then the end of the line or of the file. @after names what came before. */
enum status toml_line_end(struct toml_reader *r, const char *after);
enum status toml_bad_control(struct toml_reader *r, int c);
bool toml_is_bare(int c);
/* Reports every line that is not UTF-8. */
void toml_check_utf8(struct toml_reader *r);

/* This line begins "key =" or "[name": no line of an array does, names are no values. */
bool toml_starts_statement(const struct toml_reader *r);

/* ---- toml_key.c --------------------------------------------------------------------------- */

void toml_link(struct toml *parent, struct toml *child);
/* An empty child at the end of @parent; NULL when out of memory. */
struct toml *toml_add(struct toml_reader *r, struct toml *parent, struct src_pos at);
/*
 * Read a possibly dotted key below *@table. *@table becomes the table that the last part belongs
 * to, *@depth grows by the tables passed.
 */
enum status toml_key_path(struct toml_reader *r, enum toml_via via, struct toml **table, u32 *depth,
			  struct str *last, struct src_pos *at);
/*
 * A key below *@table and its '='; *@slot is what the value goes into. It is to be linked to
 * *@table, which became the table of the key's last part.
 */
enum status toml_key_assign(struct toml_reader *r, struct toml **table, u32 *depth,
			    struct toml **slot);
struct toml *toml_find(const struct toml *table, struct str key);

/* ---- toml_value.c, toml_string.c, toml_number.c, toml_time.c ------------------------------- */

/* Any value into @v; @depth is that of the table it stands in. */
enum status toml_value(struct toml_reader *r, struct toml *v, u32 depth);
/* Any string; a quote is here. */
enum status toml_string(struct toml_reader *r, struct str *out);
/* A token of digits, letters and signs that is a number, boolean or time. */
enum status toml_scalar(struct toml_reader *r, struct toml *v);
/* @text begins like a date or a time of day. */
bool toml_time_starts(struct span text);
/* Check a whole date or time; NULL when it is right, else what is wrong. */
const char *toml_time_check(struct span text);
