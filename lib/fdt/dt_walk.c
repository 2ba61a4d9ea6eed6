/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From foreign bytes to a tree that can be walked. Once dt_check_into() has said yes, every block
 * lies inside the bytes, every token of the structure is one, nodes nest, and every name ends
 * inside its block: walks over the tree need no further checks, for their steps are those that
 * were made here.
 */
#include <lib/fdt.h>

#include <base/compiler.h>

#include "dt.h"

static enum status bad(const char **why, const char *what)
{
	*why = what;
	return E_FORMAT;
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static bool node_token(struct span s, u32 at, struct dt_token *out)
{
	const u8 *name = s.p + at + 4;
	const u8 *end = name, *limit = s.p + s.n;

	while (end < limit && *end)
		end++;
	if (end == limit)
		return false;
	out->name = (const char *)name;
	out->value = span_of(name, (size_t)(end - name));
	out->next = dt_align(at + 4 + (u32)(end - name) + 1);
	return true;
}

static bool prop_token(const struct dt *t, u32 at, struct dt_token *out)
{
	const u8 *p = t->structure.p + at;
	size_t left = t->structure.n - at;
	u32 len, name;

	if (left < DT_PROP_LEN)
		return false;
	len = dt_be32(p + 4);
	name = dt_be32(p + 8);
	if (len > left - DT_PROP_LEN || name >= t->strings.n)
		return false;
	out->name = (const char *)t->strings.p + name;
	out->value = span_of(p + DT_PROP_LEN, len);
	out->next = dt_align(at + DT_PROP_LEN + len);
	return true;
}

bool dt_token_at(const struct dt *t, u32 at, struct dt_token *out)
{
	if (at >= t->structure.n || t->structure.n - at < 4)
		return false;
	out->tag = dt_be32(t->structure.p + at);
	out->next = at + 4;
	switch (out->tag) {
	case DT_BEGIN_NODE:
		return node_token(t->structure, at, out);
	case DT_PROP:
		return prop_token(t, at, out);
	case DT_END_NODE:
	case DT_NOP:
	case DT_END:
		return true;
	default:
		return false;
	}
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static enum status check_head(struct span bytes, const char **why)
{
	const u8 *p = bytes.p;

	if (bytes.n < DT_HEAD_LEN)
		return bad(why, "shorter than a header");
	if ((uintptr_t)p & 7)
		return bad(why, "not at a multiple of 8 bytes");
	if (dt_be32(p) != DT_MAGIC)
		return bad(why, "not a device tree: it does not begin with d00dfeed");
	if (dt_be32(p + DT_HEAD_SIZE) > MIN(bytes.n, (size_t)INT32_MAX))
		return bad(why, "longer than the bytes there are");
	if (dt_be32(p + DT_HEAD_VERSION) < 16)
		return bad(why, "older than version 16");
	if (dt_be32(p + DT_HEAD_LAST_COMPATIBLE) > 17)
		return bad(why, "newer than version 17");
	if (dt_be32(p + DT_HEAD_STRUCT) % 4 || dt_be32(p + DT_HEAD_RSV) % 8)
		return bad(why, "its blocks are not aligned");
	return OK;
}

/* What names may be in: up to the last NUL. So whatever begins inside of it ends there, too. */
static struct span ended(struct span strings)
{
	while (strings.n && strings.p[strings.n - 1])
		strings.n--;
	return strings;
}

/* The entries before the one that ends them. */
static bool reservations(struct span from, struct span *out)
{
	for (size_t n = 0; from.n - n >= DT_RSV_LEN; n += DT_RSV_LEN)
		if (load_be64(from.p + n + 8) == 0) {
			*out = span_of(from.p, n);
			return true;
		}
	return false;
}

static enum status find_blocks(struct span bytes, struct dt *t, const char **why)
{
	u32 size = dt_be32(bytes.p + DT_HEAD_SIZE);
	u32 structure = dt_be32(bytes.p + DT_HEAD_STRUCT);
	u32 structure_len = dt_be32(bytes.p + DT_HEAD_STRUCT_LEN);
	u32 strings = dt_be32(bytes.p + DT_HEAD_STRINGS);
	u32 rsv = dt_be32(bytes.p + DT_HEAD_RSV);
	struct span whole = span_of(bytes.p, size), rest;

	/* Version 16 does not say how long the structure is, and has a shorter header. */
	if (dt_be32(bytes.p + DT_HEAD_VERSION) == 16)
		structure_len = structure < size ? size - structure : 0;
	if (MIN(structure, MIN(strings, rsv)) < DT_HEAD_LEN - 4 ||
	    span_at(whole, structure, structure_len, &t->structure) != OK ||
	    span_at(whole, strings, dt_be32(bytes.p + DT_HEAD_STRINGS_LEN), &t->strings) != OK ||
	    rsv > size)
		return bad(why, "a block is not inside of it");
	t->strings = ended(t->strings);
	rest = span_of(bytes.p + rsv, size - rsv);
	if (!reservations(rest, &t->reservations))
		return bad(why, "its reservations never end");
	return OK;
}

/* ---- the structure --------------------------------------------------------------------------- */

struct nesting {
	u32 open;
	u32 deepest;
	u32 n_nodes;
};

static enum status step(struct nesting *n, u32 tag, const char **why)
{
	if (n->open == 0 && tag != DT_NOP && tag != (n->n_nodes ? DT_END : DT_BEGIN_NODE))
		return bad(why, n->n_nodes ? "more behind its root node" : "no root node");
	if (tag == DT_BEGIN_NODE) {
		n->n_nodes++;
		n->open++;
		n->deepest = MAX(n->deepest, n->open);
	} else if (tag == DT_END_NODE) {
		n->open--;
	} else if (tag == DT_END && n->open) {
		return bad(why, "it ends inside a node");
	}
	return OK;
}

enum status dt_check_into(struct span bytes, struct dt *t, u32 *depth, const char **why)
{
	struct nesting n = { 0 };
	struct dt_token tok;
	u32 at = 0;

	*why = NULL;
	*t = (struct dt){ .blob = bytes.p };
	TRY(check_head(bytes, why));
	TRY(find_blocks(bytes, t, why));
	t->size = dt_be32(bytes.p + DT_HEAD_SIZE);
	do {
		if (!dt_token_at(t, at, &tok))
			return bad(why, "a token of its structure makes no sense");
		TRY(step(&n, tok.tag, why));
		if (tok.tag == DT_NOP && n.n_nodes == 0) { /* the root is the first of all */
			t->structure.p += 4;
			t->structure.n -= 4;
			continue;
		}
		at = tok.next;
	} while (tok.tag != DT_END);
	t->structure.n = at;
	t->n_nodes = n.n_nodes;
	*depth = n.deepest;
	return OK;
}

enum status dt_check(struct span bytes, const char **why)
{
	struct dt t;
	u32 depth;

	return dt_check_into(bytes, &t, &depth, why);
}
