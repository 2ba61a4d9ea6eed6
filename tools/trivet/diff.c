/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Items find their like by the first key, what is left by the second, then by the third; so an item
 * that was only moved or renamed is one change, and not one that went and one that came.
 */
#include <string.h>

#include "diff.h"

static bool same_key(const struct diff_item *a, const struct diff_item *b, u32 key)
{
	return a->key[key] && b->key[key] && strcmp(a->key[key], b->key[key]) == 0;
}

static void add_change(struct diff_changes *out, struct diff_change change)
{
	if (out->n == out->cap) {
		struct diff_change *more = tool_alloc((out->cap * 2 + 16) * sizeof(*more));

		if (out->n)
			memcpy(more, out->v, out->n * sizeof(*more));
		out->v = more;
		out->cap = out->cap * 2 + 16;
	}
	out->v[out->n++] = change;
}

static const struct diff_fact *find_fact(const struct diff_item *item, const char *name)
{
	for (u32 i = 0; i < item->n; i++)
		if (strcmp(item->facts[i].name, name) == 0)
			return &item->facts[i];
	return NULL;
}

/* An id, and the ISA, may be left open by one of the files. */
static bool may_be_absent(const struct diff_item *item, const char *name)
{
	return !*item->subject && (strcmp(name, "id") == 0 || strcmp(name, "isa") == 0);
}

static void compare_facts(struct diff_changes *out, const struct diff_item *a,
			  const struct diff_item *b)
{
	for (u32 i = 0; i < a->n; i++) {
		const struct diff_fact *x = &a->facts[i], *y = find_fact(b, x->name);

		if (y ? strcmp(x->value, y->value) == 0 : may_be_absent(a, x->name))
			continue;
		add_change(out,
			   (struct diff_change){ a->subject, x->name, x->value, y ? y->value : NULL,
						 x->at, y ? y->at : b->at });
	}
	for (u32 i = 0; i < b->n; i++) {
		const struct diff_fact *y = &b->facts[i];

		if (!find_fact(a, y->name) && !may_be_absent(b, y->name))
			add_change(out, (struct diff_change){ a->subject, y->name, NULL, y->value,
							      a->at, y->at });
	}
}

/* b's partner of each of a's items; n of b when it has none. */
static u32 *match(struct diff_items *a, struct diff_items *b)
{
	u32 *partner = tool_alloc(a->n * sizeof(*partner));

	for (u32 i = 0; i < a->n; i++)
		partner[i] = b->n;
	for (u32 key = 0; key < DIFF_KEYS; key++) {
		for (u32 i = 0; i < a->n; i++) {
			for (u32 k = 0; k < b->n && !a->v[i].matched; k++) {
				if (b->v[k].matched || !same_key(&a->v[i], &b->v[k], key))
					continue;
				a->v[i].matched = b->v[k].matched = true;
				partner[i] = k;
			}
		}
	}
	return partner;
}

/* "size 512 MiB, access rwx, ..." of one that is only in one of the files. */
static const char *summary(const struct diff_item *item)
{
	const char *text = "";

	for (u32 i = 0; i < item->n; i++)
		text = tool_text("%s%s%s %s", text, i ? ", " : "", item->facts[i].name,
				 item->facts[i].value);
	return text;
}

void diff_boards(struct diff_changes *out, const struct vmdesc *a, const struct vmdesc *b,
		 enum diff_scope scope)
{
	struct diff_items left, right;
	u32 *partner;

	diff_items_of(&left, a, scope);
	diff_items_of(&right, b, scope);
	partner = match(&left, &right);
	for (u32 i = 0; i < left.n; i++) {
		const struct diff_item *item = &left.v[i];

		if (partner[i] < right.n)
			compare_facts(out, item, &right.v[partner[i]]);
		else
			add_change(out, (struct diff_change){ item->subject,
							      NULL,
							      summary(item),
							      NULL,
							      item->at,
							      { .file = b->file } });
	}
	for (u32 i = 0; i < right.n; i++) {
		const struct diff_item *item = &right.v[i];

		if (!item->matched)
			add_change(out, (struct diff_change){ item->subject,
							      NULL,
							      NULL,
							      summary(item),
							      { .file = a->file },
							      item->at });
	}
}
