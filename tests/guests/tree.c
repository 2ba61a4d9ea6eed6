/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reader of flattened device trees (Devicetree specification 0.4, chapter 5), of our own so
 * that what the hypervisor writes is read by somebody else; and the command line in it.
 */
#include <inmate/inmate.h>

#include <base/endian.h>

#define TREE_MAGIC 0xd00dfeedu
#define TREE_MAX   MIB(2)
#define PATH_MAX   128

enum token {
	TOKEN_BEGIN = 1,
	TOKEN_END = 2,
	TOKEN_PROP = 3,
	TOKEN_NOP = 4,
	TOKEN_LAST = 9,
};

struct tree_walk {
	u32 at; /* offset of the next token */
	char path[PATH_MAX];
	u32 path_len;
	enum token token;
	const char *prop;
	struct span value;
};

static const u8 *tree;

static u32 word_at(u32 off)
{
	return load_be32(tree + off);
}

bool tree_attach(const void *at)
{
	tree = at;
	if (!at || !is_aligned((u64)at, 8) || word_at(0) != TREE_MAGIC || word_at(4) > TREE_MAX) {
		tree = NULL;
		return false;
	}
	return true;
}

u32 tree_size(void)
{
	return tree ? word_at(4) : 0;
}

static void walk_begin(struct tree_walk *w)
{
	*w = (struct tree_walk){ .at = word_at(8) };
}

static void walk_enter(struct tree_walk *w)
{
	const char *name = (const char *)tree + w->at;
	size_t n = strlen(name);

	if (*name && w->path_len + n + 2 < PATH_MAX) {
		w->path[w->path_len++] = '/';
		memcpy(w->path + w->path_len, name, n);
		w->path_len += (u32)n;
		w->path[w->path_len] = 0;
	}
	w->at += (u32)align_up(n + 1, 4);
}

static void walk_leave(struct tree_walk *w)
{
	while (w->path_len && w->path[--w->path_len] != '/')
		;
	w->path[w->path_len] = 0;
}

/* To the next token; false at the end. */
static bool walk_next(struct tree_walk *w)
{
	u32 token = word_at(w->at);

	w->token = (enum token)token;
	w->at += 4;
	if (token == TOKEN_BEGIN) {
		walk_enter(w);
	} else if (token == TOKEN_END) {
		walk_leave(w);
	} else if (token == TOKEN_PROP) {
		u32 len = word_at(w->at);

		w->prop = (const char *)tree + word_at(12) + word_at(w->at + 4);
		w->value = span_of(tree + w->at + 8, len);
		w->at += 8 + (u32)align_up(len, 4);
	} else if (token != TOKEN_NOP) {
		return false;
	}
	return true;
}

bool tree_prop(const char *path, const char *prop, struct span *out)
{
	struct tree_walk w;

	*out = (struct span){ 0 };
	if (!tree)
		return false;
	walk_begin(&w);
	while (walk_next(&w)) {
		if (w.token != TOKEN_PROP || strcmp(w.path, path) != 0 || strcmp(w.prop, prop) != 0)
			continue;
		*out = w.value;
		return true;
	}
	return false;
}

u32 tree_count(const char *prefix)
{
	struct tree_walk w;
	size_t len = strlen(prefix);
	u32 n = 0;

	if (!tree)
		return 0;
	walk_begin(&w);
	while (walk_next(&w))
		n += w.token == TOKEN_BEGIN && strncmp(w.path, prefix, len) == 0 &&
		     !strchr(w.path + len, '/');
	return n;
}

u32 tree_cell(struct span prop, u32 i)
{
	return (u64)i * 4 + 4 <= prop.n ? load_be32(prop.p + (u64)i * 4) : UINT32_MAX;
}

bool tree_has_string(struct span prop, const char *s)
{
	size_t len = strlen(s) + 1;

	while (prop.n >= len) {
		size_t n = strnlen((const char *)prop.p, prop.n) + 1;

		if (n == len && memcmp(prop.p, s, len) == 0)
			return true;
		if (n > prop.n)
			return false;
		prop.p += n;
		prop.n -= n;
	}
	return false;
}

/* ---- the command line ------------------------------------------------------------------------ */

/* The word that begins at or behind @s, which loses it. Words are parted by @sep. */
static struct str word_take(struct str *s, char sep)
{
	struct str word;

	while (s->n && *s->p == sep) {
		s->p++;
		s->n--;
	}
	word = (struct str){ s->p, 0 };
	while (word.n < s->n && word.p[word.n] != sep)
		word.n++;
	s->p += word.n;
	s->n -= word.n;
	return word;
}

struct str arg_get(const char *key)
{
	size_t len = strlen(key);
	struct span args;
	struct str left;

	if (!tree_prop("/chosen", "bootargs", &args) || !args.n)
		return (struct str){ "", 0 };
	left = (struct str){ (const char *)args.p, args.n - 1 };
	while (left.n) {
		struct str word = word_take(&left, ' ');

		if (word.n > len && memcmp(word.p, key, len) == 0 && word.p[len] == '=')
			return (struct str){ word.p + len + 1, word.n - len - 1 };
	}
	return (struct str){ "", 0 };
}

static u64 digit_of(char c)
{
	u64 d = (u64)(u8)c - '0';

	return d <= 9 ? d : (u64)((u8)c | 0x20) - 'a' + 10;
}

u64 arg_u64(const char *key, u64 fallback)
{
	struct str s = arg_get(key);
	u64 base = str_starts(s, "0x") ? 16 : 10;
	u64 v = 0;

	if (!s.n)
		return fallback;
	for (size_t i = base == 16 ? 2 : 0; i < s.n; i++) {
		if (digit_of(s.p[i]) >= base)
			return fallback;
		v = v * base + digit_of(s.p[i]);
	}
	return v;
}

bool list_has(struct str list, const char *word)
{
	while (list.n) {
		if (str_eq_c(word_take(&list, ','), word))
			return true;
	}
	return false;
}
