/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every value goes through item(), which puts comma, newline, indent and key before it.
 */
#include <stdlib.h>

#include "json.h"

void json_begin(struct json *j, FILE *f)
{
	*j = (struct json){ .f = f };
}

void json_end(struct json *j)
{
	if (j->depth)
		abort();
	fputc('\n', j->f);
}

static void new_line(struct json *j)
{
	fprintf(j->f, "\n%*s", (int)j->depth * 2, "");
}

/* The first byte says how long it is, the second how small it may be (RFC 3629, section 4). */
u32 utf8_length(struct str s)
{
	const u8 *p = (const u8 *)s.p;
	u32 n = p[0] < 0x80 ? 1 :
		p[0] < 0xc2 ? 0 :
		p[0] < 0xe0 ? 2 :
		p[0] < 0xf0 ? 3 :
		p[0] < 0xf5 ? 4 :
			      0;

	if (n > s.n)
		return 0;
	for (u32 i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

static void put_char(FILE *f, struct str s, u32 n)
{
	unsigned char c = (unsigned char)*s.p;

	if (n == 0)
		fputs("\\ufffd", f);
	else if (c == '"' || c == '\\')
		fprintf(f, "\\%c", c);
	else if (c < ' ' || c == 0x7f)
		fprintf(f, "\\u%04x", c);
	else
		fwrite(s.p, 1, n, f);
}

static void put_string(FILE *f, struct str s)
{
	fputc('"', f);
	while (s.n) {
		u32 n = utf8_length(s);

		put_char(f, s, n);
		s.p += n ? n : 1;
		s.n -= n ? n : 1;
	}
	fputc('"', f);
}

static void item(struct json *j, const char *key)
{
	if (j->used[j->depth])
		fputc(',', j->f);
	if (j->depth)
		new_line(j);
	j->used[j->depth] = true;
	if (!key)
		return;
	put_string(j->f, str_of(key));
	fputs(": ", j->f);
}

static void open(struct json *j, const char *key, char c)
{
	item(j, key);
	fputc(c, j->f);
	if (j->depth == JSON_MAX_DEPTH)
		abort();
	j->used[++j->depth] = false;
}

static void shut(struct json *j, char c)
{
	bool used = j->used[j->depth];

	if (j->depth == 0)
		abort();
	j->depth--;
	if (used)
		new_line(j);
	fputc(c, j->f);
}

void json_object(struct json *j, const char *key)
{
	open(j, key, '{');
}

void json_end_object(struct json *j)
{
	shut(j, '}');
}

void json_array(struct json *j, const char *key)
{
	open(j, key, '[');
}

void json_end_array(struct json *j)
{
	shut(j, ']');
}

void json_str(struct json *j, const char *key, struct str s)
{
	item(j, key);
	put_string(j->f, s);
}

void json_text(struct json *j, const char *key, const char *text)
{
	if (text)
		json_str(j, key, str_of(text));
	else
		json_null(j, key);
}

void json_u64(struct json *j, const char *key, u64 v)
{
	item(j, key);
	fprintf(j->f, "%llu", (unsigned long long)v);
}

void json_addr(struct json *j, const char *key, u64 v)
{
	item(j, key);
	fprintf(j->f, "\"0x%llx\"", (unsigned long long)v);
}

void json_bool(struct json *j, const char *key, bool v)
{
	item(j, key);
	fputs(v ? "true" : "false", j->f);
}

void json_null(struct json *j, const char *key)
{
	item(j, key);
	fputs("null", j->f);
}
