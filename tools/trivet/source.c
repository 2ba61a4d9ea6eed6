/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each text is kept once, by name, with the places where its lines begin: a thousand messages about
 * one file cost one walk through it.
 */
#include <string.h>

#include "source.h"
#include "trivet.h"

#define N_BUCKETS 1024

struct source {
	struct source *next;
	const char *file;
	struct span text;
	size_t *begin; /* of each line, and one behind the last */
	u32 n_lines;
};

static struct source *buckets[N_BUCKETS];

static struct source **find(const char *file)
{
	u32 hash = 2166136261u;
	struct source **at;

	for (const char *p = file; *p; p++)
		hash = (hash ^ (u8)*p) * 16777619u;
	for (at = &buckets[hash % N_BUCKETS]; *at; at = &(*at)->next) {
		if (strcmp((*at)->file, file) == 0)
			break;
	}
	return at;
}

void source_add(const char *file, struct span text)
{
	struct source **at = find(file);

	if (!*at) {
		*at = tool_alloc(sizeof(**at));
		(*at)->file = file;
	}
	(*at)->text = text;
	(*at)->begin = NULL;
	(*at)->n_lines = 0;
}

static void find_lines(struct source *s)
{
	const u8 *end = s->text.p + s->text.n;
	u32 n = 1;

	for (const u8 *p = s->text.p; p < end; p++)
		n += *p == '\n';
	s->begin = tool_alloc(((size_t)n + 1) * sizeof(*s->begin));
	for (const u8 *p = s->text.p; p < end; p++) {
		if (*p == '\n')
			s->begin[++s->n_lines] = (size_t)(p + 1 - s->text.p);
	}
	s->begin[++s->n_lines] = s->text.n + 1;
}

static struct source *source_of(const char *file)
{
	struct source **at = find(file);

	if (!*at) {
		const char *why;

		source_add(file, tool_read_quietly(file, &why));
	}
	return *at;
}

bool source_line(const struct src_pos *at, struct str *out)
{
	struct source *s = at->file && at->line ? source_of(at->file) : NULL;
	const char *text;
	size_t n;

	if (!s || !s->text.p)
		return false;
	if (!s->begin)
		find_lines(s);
	if (at->line > s->n_lines)
		return false;
	text = (const char *)s->text.p + s->begin[at->line - 1];
	n = s->begin[at->line] - s->begin[at->line - 1] - 1;
	if (n && text[n - 1] == '\r')
		n--;
	*out = (struct str){ text, n };
	return true;
}
