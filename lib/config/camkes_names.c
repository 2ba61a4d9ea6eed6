/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all steps of the CAmkES front-end share: messages, memory that remembers that it ran out,
 * and names, of which equal ones are one.
 */
#include "camkes_priv.h"

#include <base/fmt.h>

#define MESSAGE_SIZE 320

/* FNV-1a. */
#define HASH_BASIS 2166136261u
#define HASH_PRIME 16777619u

#define REPORT(level)                                                                 \
	do {                                                                          \
		char text[MESSAGE_SIZE];                                              \
		va_list ap;                                                           \
                                                                                      \
		va_start(ap, format);                                                 \
		fmt_vsnprintf(text, sizeof(text), format, ap);                        \
		va_end(ap);                                                           \
		diag_report(ck->diag, level, at, "%s%s",                              \
			    level == DIAG_ERROR && ck->about ? ck->about : "", text); \
	} while (0)

void ck_error(struct camkes *ck, struct src_pos at, const char *format, ...)
{
	REPORT(DIAG_ERROR);
}

void ck_warning(struct camkes *ck, struct src_pos at, const char *format, ...)
{
	REPORT(DIAG_WARNING);
}

void ck_fix(struct camkes *ck, struct src_pos at, const char *format, ...)
{
	REPORT(DIAG_FIX);
}

void ck_note(struct camkes *ck, struct src_pos at, const char *format, ...)
{
	REPORT(DIAG_NOTE);
}

void ck_too_large(struct camkes *ck, struct src_pos at, const char *what, u32 bound)
{
	if (!ck->too_large) {
		ck_error(ck, at, "more than %u %s", bound, what);
		ck_fix(ck, at, "describe less in one file");
	}
	ck->too_large = true;
}

void *ck_alloc(struct camkes *ck, size_t size)
{
	void *p = arena_alloc(ck->arena, size, alignof(u64));

	if (!p)
		ck->no_memory = true;
	return p;
}

struct str ck_copy(struct camkes *ck, struct str s)
{
	const char *p = arena_strdup(ck->arena, s.p, s.n);

	if (!p)
		ck->no_memory = true;
	return p ? (struct str){ p, s.n } : (struct str){ "", 0 };
}

static u32 hash_of(struct str s)
{
	u32 h = HASH_BASIS;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (u8)s.p[i]) * HASH_PRIME;
	return h;
}

struct ck_name *ck_intern(struct camkes *ck, struct str s)
{
	u32 hash = hash_of(s);
	struct ck_name **bucket = &ck->bucket[hash % CK_BUCKETS];
	struct ck_name *n;

	for (n = *bucket; n; n = n->next) {
		if (n->hash == hash && str_eq(n->text, s))
			return n;
	}
	if (++ck->n_names > CK_MAX_NAMES) {
		ck_too_large(ck, (struct src_pos){ .file = ck->in->part->file }, "names",
			     CK_MAX_NAMES);
		return NULL;
	}
	n = ck_new(ck, struct ck_name);
	if (!n)
		return NULL;
	n->text = ck_copy(ck, s);
	n->hash = hash;
	n->next = *bucket;
	*bucket = n;
	return ck->no_memory ? NULL : n;
}

struct ck_name *ck_join(struct camkes *ck, const struct ck_name *a, const struct ck_name *b)
{
	char text[256];
	int n;

	if (!a)
		return ck_intern(ck, b->text);
	n = fmt_snprintf(text, sizeof(text), "%.*s.%.*s", STR_ARG(a->text), STR_ARG(b->text));
	return ck_intern(ck, (struct str){ text, MIN((size_t)n, sizeof(text) - 1) });
}
