/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Foreign bytes are read through a span: a pointer that knows how much is left. Every reader of a
 * format takes a span and shrinks it; no parser adds an offset to a pointer.
 */
#pragma once

#include <base/status.h>
#include <base/types.h>

struct span {
	const u8 *p;
	size_t n;
};

static inline struct span span_of(const void *p, size_t n)
{
	return (struct span){ (const u8 *)p, n };
}

/* Cut the first @n bytes off @s into @out. E_RANGE when there are fewer. */
static inline enum status span_take(struct span *s, size_t n, struct span *out)
{
	if (n > s->n)
		return E_RANGE;
	*out = (struct span){ s->p, n };
	s->p += n;
	s->n -= n;
	return OK;
}

/* The @n bytes at @off of @s, without shrinking it. E_RANGE when they are not all there. */
static inline enum status span_at(struct span s, u64 off, u64 n, struct span *out)
{
	if (n > s.n || off > s.n - n)
		return E_RANGE;
	*out = (struct span){ s.p + off, (size_t)n };
	return OK;
}
