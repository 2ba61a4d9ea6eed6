/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A platform file as it goes into archives: what only the build and the desk read is left out, and
 * every line keeps its number, so that the hypervisor's messages fit the file that people have.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "pack.h"
#include "trivet.h"

static const char *const desk_tables[] = { "build", "emulator", "desk" };

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The first name in "[name]" or "[[name.more]]"; n 0: the line is no header, but a row, say. */
static struct str header_of(const char *line, size_t n)
{
	const char *end = line + n, *p = line;
	struct str name = { NULL, 0 };

	while (p < end && is_blank(*p))
		p++;
	if (p == end || *p != '[')
		return name;
	while (p < end && (*p == '[' || is_blank(*p)))
		p++;
	name.p = p;
	while (p < end &&
	       (isalpha((u8)*p) || (p > name.p && (isdigit((u8)*p) || strchr("_-", *p)))))
		p++;
	name.n = (size_t)(p - name.p);
	while (p < end && (is_blank(*p) || (*p != '[' && *p != ',' && *p != ']' && *p != '#')))
		p++;
	while (p < end && (*p == ']' || is_blank(*p)))
		p++;
	if (p < end && *p != '#')
		name.n = 0;
	return name;
}

static bool is_for_desk(struct str table)
{
	for (u32 i = 0; i < array_size(desk_tables); i++) {
		if (str_eq_c(table, desk_tables[i]))
			return true;
	}
	return false;
}

struct span platform_text(struct span text)
{
	const char *p = (const char *)text.p, *end = p + text.n;
	char *out;
	size_t len;
	FILE *f = open_memstream(&out, &len);
	bool keep = true;
	size_t empty = 0;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = nl ? (size_t)(nl - p) : (size_t)(end - p);
		struct str table = header_of(p, n);

		if (table.n)
			keep = !is_for_desk(table);
		if (keep && n) {
			while (empty)
				empty -= fputc('\n', f) == '\n';
			fwrite(p, 1, n, f);
		}
		empty++;
		p += n + (nl != NULL);
	}
	fputc('\n', f);
	fclose(f);
	return span_of(out, len);
}
