/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TOML reader: a byte from 0x80 on stands for a piece of TOML, so that inputs have structure
 * without seeds. Always: an error was reported exactly when the document is refused, and the tree
 * is sound: depth bounded, children counted, positions inside of the text, keys given once.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include <lib/config.h>

#define TEXT_MAX   KIB(32)
#define ARENA_SIZE MIB(8)

static const char *const pieces[] = {
	"a = ",	    "b.c = ",  "\"k\" = ",   "[t]\n",
	"[t.u]\n",  "[[v]]\n", "[[v.w]]\n",  "[1, 2]",
	"[\n",	    "]\n",     "{x = 1}",    "{",
	"}",	    ", ",      "\"\"\"",     "'''",
	"\"s\"",    "'l'",     "0x1f",	     "-1_000",
	"1.5e3",    "inf",     "true",	     "07:32:00",
	"\\u00e9",  "\\\n",    "# c\n",	     "\r\n",
	"\xc3\xa9", "\xff",    "1979-05-27", "1979-05-27 07:32:00Z",
};

static size_t expand(const uint8_t *data, size_t n, char *text)
{
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		char raw[2] = { (char)data[i], '\0' };
		const char *piece = data[i] < 0x80 ? raw : pieces[data[i] % array_size(pieces)];
		size_t len = data[i] < 0x80 ? 1 : strlen(piece);

		if (used + len > TEXT_MAX)
			break;
		memcpy(text + used, piece, len);
		used += len;
	}
	return used;
}

static void check_pos(struct src_pos at, size_t n)
{
	fuzz_check(at.line >= 1 && at.col >= 1 && at.line <= n + 1 && at.col <= n + 1);
}

static void check_node(const struct toml *v, size_t n, u32 depth)
{
	u32 children = 0;

	fuzz_check(depth <= TOML_MAX_DEPTH + 1);
	check_pos(v->at, n);
	if (v->type != TOML_TABLE && v->type != TOML_ARRAY)
		fuzz_check(!v->child && (v->text.p || !v->text.n));
	for (const struct toml *c = v->child; c; c = c->next) {
		children++;
		check_node(c, n, depth + 1);
		if (v->type == TOML_TABLE)
			check_pos(c->key_at, n);
		for (const struct toml *o = c->next; o && v->type == TOML_TABLE; o = o->next)
			fuzz_check(!str_eq(o->key, c->key));
		if (!c->next)
			fuzz_check(v->last == c);
	}
	fuzz_check(children == v->n);
}

static void emit(struct diag *d, enum diag_level level, const struct src_pos *at, const char *text)
{
	(void)d;
	(void)level;
	fuzz_check(at->line >= 1 && at->col >= 1);
	fuzz_check(strlen(text) < 512 && !strpbrk(text, "\n\r\x1b"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static u8 memory[ARENA_SIZE];
	static char text[TEXT_MAX];
	struct diag d = { .emit = emit };
	struct toml *root;
	struct arena a;
	enum status st;
	u8 *copy;

	n = expand(data, n, text);
	/* Exactly as large as the document, so that a read behind its end is seen. */
	copy = (u8 *)malloc(n ? n : 1);
	if (!copy)
		return 0;
	memcpy(copy, text, n);
	arena_init(&a, memory, sizeof(memory));
	st = toml_parse(span_of(copy, n), "a.toml", &a, &d, &root);
	free(copy);
	fuzz_check(st == OK || st == E_INVAL);
	fuzz_check((st == OK) == (d.n_errors == 0));
	fuzz_check(root != NULL);
	if (st == OK)
		check_node(root, n, 0);
	return 0;
}
