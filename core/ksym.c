/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address to function name, by a walk over all functions before it: a backtrace has a few lines,
 * and the table without an index is a third of one with. Used while panicking, so it trusts
 * nothing but the generated table and allocates nothing.
 */
#include <core/ksym.h>

#include <base/compiler.h>

#define PAIRS_DEPTH 16 /* pairs of pairs: tools/ksyms.py keeps below it */

static u64 take_number(const u8 **p)
{
	u32 shift = 0;
	u64 v = 0;
	u8 byte;

	do {
		byte = *(*p)++;
		v |= (u64)(byte & 0x7f) << (shift & 63);
		shift += 7;
	} while (byte & 0x80);
	return v;
}

static u32 put_letters(const struct ksym_table *t, u8 code, char *out, u32 at)
{
	u8 todo[PAIRS_DEPTH + 1] = { code };
	u32 n = 1;

	while (n) {
		code = todo[--n];
		if (code >= 128 && n + 2 <= array_size(todo)) {
			todo[n++] = t->pairs[code - 128][1];
			todo[n++] = t->pairs[code - 128][0];
		} else if (at < KSYM_NAME_MAX - 1) {
			out[at++] = (char)code;
		}
	}
	return at;
}

bool ksym_lookup_in(const struct ksym_table *t, u64 addr, struct ksym *out)
{
	const u8 *p = t->stream, *name = NULL;
	u64 off, at = 0, found = 0;
	u32 n = 0;

	if (t->folded && addr >= (u64)t->folded)
		addr = addr - (u64)t->folded + t->folded_was;
	off = addr - t->base;
	if (addr < t->base || off >= t->len)
		return false;
	for (u32 i = 0; i < t->n; i++) {
		at += take_number(&p) * t->unit;
		if (at > off)
			break;
		found = at;
		name = p;
		while (*p++)
			;
	}
	if (!name || !*name)
		return false;
	*out = (struct ksym){ .off = off - found };
	while (*name)
		n = put_letters(t, *name++, out->name, n);
	return true;
}

bool ksym_lookup(u64 addr, struct ksym *out)
{
	return ksym_lookup_in(&ksym_table, addr, out);
}
