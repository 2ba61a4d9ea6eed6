/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of every kind. Arrays and inline tables that are open stand on a list of bounded length
 * instead of the call stack: the stack of the target is small and the depth is the file's choice.
 */
#include "toml_priv.h"

struct open {
	struct toml *v;
	u32 depth; /* of v's elements' table */
};

static enum status array_not_closed(struct toml_reader *r, const struct toml *array)
{
	(void)toml_fail(r, toml_pos(r), "array is not closed; expected ']'");
	toml_note(r, array->at, "the array begins here");
	return E_FORMAT;
}

/* Blank space between elements. A line that is a statement tells where the ']' is missing. */
static enum status array_blank(struct toml_reader *r, const struct toml *array)
{
	u32 line = r->line;

	TRY(toml_blank_lines(r));
	if (r->line != line && toml_starts_statement(r))
		return array_not_closed(r, array);
	return OK;
}

/* The next element of @array to be read, or *@slot = NULL when it closed. */
static enum status array_next(struct toml_reader *r, struct toml *array, struct toml **slot)
{
	*slot = NULL;
	TRY(array_blank(r, array));
	if (array->n && toml_peek(r, 0) == ',') {
		toml_skip(r, 1);
		TRY(array_blank(r, array));
	} else if (array->n && toml_peek(r, 0) != ']' && r->in.n) {
		return toml_fail(r, toml_pos(r),
				 "expected ',' or ']' after an element of the array");
	}
	if (!r->in.n)
		return array_not_closed(r, array);
	if (toml_peek(r, 0) == ']') {
		toml_skip(r, 1);
		return OK;
	}
	*slot = toml_add(r, array, toml_pos(r));
	return *slot ? OK : E_NOMEM;
}

static enum status inline_not_closed(struct toml_reader *r)
{
	return toml_fail(r, toml_pos(r),
			 "inline table is not closed; expected '}' on the same line");
}

/* As array_next, for the entries of an inline table. */
static enum status inline_next(struct toml_reader *r, struct toml *table, u32 *depth,
			       struct toml **slot)
{
	bool first = !(table->flags & TOML_FILLED);

	*slot = NULL;
	toml_blanks(r);
	if (toml_peek(r, 0) == '}') {
		toml_skip(r, 1);
		return OK;
	}
	if (!r->in.n || toml_newline_len(r) || toml_peek(r, 0) == '#')
		return inline_not_closed(r);
	if (!first && toml_peek(r, 0) != ',')
		return toml_fail(r, toml_pos(r),
				 "expected ',' or '}' after an entry of the inline table");
	if (!first) {
		toml_skip(r, 1);
		toml_blanks(r);
		if (toml_peek(r, 0) == '}')
			return toml_fail(r, toml_pos(r),
					 "an inline table has no ',' before its '}'");
		if (!r->in.n || toml_newline_len(r) || toml_peek(r, 0) == '#')
			return inline_not_closed(r);
	}
	table->flags |= (u32)TOML_FILLED;
	TRY(toml_key_assign(r, &table, depth, slot));
	toml_link(table, *slot);
	return OK;
}

/* A scalar is read whole, of an array or inline table the opening bracket. */
static enum status begin(struct toml_reader *r, struct toml *v)
{
	int c = toml_peek(r, 0);

	v->at = toml_pos(r);
	switch (c) {
	case '"':
	case '\'':
		v->type = TOML_STRING;
		return toml_string(r, &v->text);
	case '[':
		v->type = TOML_ARRAY;
		toml_skip(r, 1);
		return OK;
	case '{':
		v->type = TOML_TABLE;
		toml_skip(r, 1);
		return OK;
	default:
		if (toml_is_control(c) && !toml_newline_len(r))
			return toml_bad_control(r, c);
		return toml_scalar(r, v);
	}
}

static bool is_container(const struct toml *v)
{
	return v->type == TOML_ARRAY || v->type == TOML_TABLE;
}

/* Close what ends here; *@v becomes the next value to read, NULL when all is closed. */
static enum status advance(struct toml_reader *r, struct open *open, struct toml **v, u32 *depth)
{
	*v = NULL;
	while (r->n_open && !*v) {
		struct open *top = &open[r->n_open - 1];

		*depth = top->depth;
		if (top->v->type == TOML_ARRAY)
			TRY(array_next(r, top->v, v));
		else
			TRY(inline_next(r, top->v, depth, v));
		if (!*v) {
			top->v->flags |= (u32)TOML_CLOSED;
			r->n_open--;
			r->n_arrays -= top->v->type == TOML_ARRAY;
		}
	}
	return OK;
}

enum status toml_value(struct toml_reader *r, struct toml *v, u32 depth)
{
	struct open open[TOML_MAX_DEPTH];

	r->n_open = 0;
	while (v) {
		TRY(begin(r, v));
		if (is_container(v)) {
			if (depth >= TOML_MAX_DEPTH)
				return toml_fail(r, v->at,
						 "values are nested deeper than %d levels",
						 TOML_MAX_DEPTH);
			/* Every level deepens, so there are never more than the limit. */
			open[r->n_open++] = (struct open){ v, depth + 1 };
			r->n_arrays += v->type == TOML_ARRAY;
		}
		TRY(advance(r, open, &v, &depth));
	}
	return OK;
}
