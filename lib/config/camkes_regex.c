/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The regular expressions of dtb(...) queries: characters, '.', classes, the quantifiers * + ?,
 * and ^ $ at the ends; letters of either case are equal. All positions go forward together, one
 * bit each, so time is the product of the two lengths whatever the expression is.
 */
#include "camkes_priv.h"

#define MAX_STEPS 62

enum often {
	ONCE,
	MAYBE, /* ? */
	ANY,   /* * */
};

struct step {
	u32 set[8]; /* of characters */
	enum often often;
};

struct regex {
	struct step step[MAX_STEPS];
	u32 n;
	bool from_start;
	bool to_end;
};

static u8 lower(u8 c)
{
	return c >= 'A' && c <= 'Z' ? (u8)(c - 'A' + 'a') : c;
}

static void add(struct step *s, u8 c)
{
	s->set[lower(c) / 32] |= 1u << (lower(c) % 32);
}

static void invert(struct step *s)
{
	for (u32 i = 0; i < array_size(s->set); i++)
		s->set[i] = ~s->set[i];
}

/* Behind '['; -1 when it does not end. */
static int read_class(struct str p, size_t *at, struct step *s)
{
	bool negated = *at < p.n && p.p[*at] == '^';
	size_t first = *at += negated;

	for (; *at < p.n && (p.p[*at] != ']' || *at == first); ++*at) {
		u8 c = (u8)p.p[*at], to = c;

		if (*at + 2 < p.n && p.p[*at + 1] == '-' && p.p[*at + 2] != ']') {
			to = (u8)p.p[*at + 2];
			*at += 2;
		}
		for (u32 k = c; k <= to; k++)
			add(s, (u8)k);
	}
	if (*at >= p.n)
		return -1;
	++*at;
	if (negated)
		invert(s);
	return 0;
}

static int read_step(struct str p, size_t *at, struct step *s)
{
	u8 c = (u8)p.p[(*at)++];

	*s = (struct step){ .often = ONCE };
	if (c == '[')
		return read_class(p, at, s);
	if (strchr("(){}|*+?", c))
		return -1;
	if (c == '.') {
		invert(s);
		return 0;
	}
	if (c == '\\') {
		if (*at == p.n)
			return -1;
		c = (u8)p.p[(*at)++];
		/* \d, \w and their like are classes of another kind. */
		if ((lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9'))
			return -1;
	}
	add(s, c);
	return 0;
}

static int compile(struct str p, struct regex *r)
{
	size_t at = 0;

	*r = (struct regex){ .from_start = p.n && p.p[0] == '^' };
	at += r->from_start;
	while (at < p.n) {
		struct step *s = &r->step[r->n];

		if (p.p[at] == '$' && at + 1 == p.n) {
			r->to_end = true;
			return 0;
		}
		if (r->n >= MAX_STEPS - 1 || read_step(p, &at, s) != 0)
			return -1;
		r->n++;
		if (at == p.n || !strchr("*+?", p.p[at]))
			continue;
		if (p.p[at] == '+') {
			r->step[r->n] = *s;
			r->step[r->n++].often = ANY;
		} else {
			s->often = p.p[at] == '*' ? ANY : MAYBE;
		}
		at++;
	}
	return 0;
}

/* Steps that may be left out are. */
static u64 closure(const struct regex *r, u64 states)
{
	for (u32 i = 0; i < r->n; i++) {
		if (states & BIT(i) && r->step[i].often != ONCE)
			states |= BIT(i + 1);
	}
	return states;
}

static u64 advance(const struct regex *r, u64 states, u8 c)
{
	u64 next = 0;

	for (u32 i = 0; i < r->n; i++) {
		if (!(states & BIT(i)) || !(r->step[i].set[c / 32] & 1u << (c % 32)))
			continue;
		next |= r->step[i].often == ANY ? BIT(i) : BIT(i + 1);
	}
	return next;
}

int ck_regex_search(struct str pattern, struct str text)
{
	struct regex r;
	u64 states;

	if (compile(pattern, &r) != 0)
		return -1;
	states = closure(&r, 1);
	for (size_t i = 0; i < text.n; i++) {
		if (states & BIT(r.n) && !r.to_end)
			return 1;
		states = advance(&r, states, lower((u8)text.p[i]));
		states = closure(&r, states | !r.from_start);
	}
	return (states & BIT(r.n)) != 0;
}
