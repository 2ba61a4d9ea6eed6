/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A property does not say of which type it is. By its name, else by its bytes, it is written as
 * cells, strings or bytes: each of them stands for the same bytes, so a wrong guess only reads
 * worse.
 */
#include <string.h>

#include <base/endian.h>
#include <lib/fdt.h>

#include "dts.h"
#include "trivet.h"

#define DTS_ARENA MIB(2)

/* Strings that the source can hold as they are: nothing but printable characters, none empty. */
static bool is_strings(struct span v)
{
	if (!v.n || v.p[v.n - 1] || !v.p[0])
		return false;
	for (size_t i = 0; i + 1 < v.n; i++) {
		if (!v.p[i] && !v.p[i + 1])
			return false;
		if (v.p[i] && (v.p[i] < ' ' || v.p[i] > '~'))
			return false;
	}
	return true;
}

static bool is_cells(const char *name)
{
	static const char *const known[] = { "reg",    "interrupts",	"phandle",	  "clocks",
					     "ranges", "interrupt-map", "clock-frequency" };

	for (size_t i = 0; i < array_size(known); i++)
		if (strcmp(name, known[i]) == 0)
			return true;
	return *name == '#';
}

static void put_strings(FILE *f, struct span v)
{
	bool open = false;

	for (size_t i = 0; i < v.n; i++) {
		if (!open)
			fputs(i ? ", \"" : "\"", f);
		open = v.p[i];
		if (!open)
			fputc('"', f);
		else if (v.p[i] == '"' || v.p[i] == '\\')
			fprintf(f, "\\%c", v.p[i]);
		else
			fputc(v.p[i], f);
	}
}

static void put_cells(FILE *f, struct span v)
{
	fputc('<', f);
	for (size_t i = 0; i < v.n; i += 4)
		fprintf(f, "%s0x%x", i ? " " : "", load_be32(v.p + i));
	fputc('>', f);
}

static void put_bytes(FILE *f, struct span v)
{
	fputc('[', f);
	for (size_t i = 0; i < v.n; i++)
		fprintf(f, "%s%02x", i ? " " : "", v.p[i]);
	fputc(']', f);
}

static void indent(FILE *f, u32 depth)
{
	while (depth--)
		fputc('\t', f);
}

static void put_prop(FILE *f, u32 depth, const char *name, struct span v)
{
	bool cells = v.n % 4 == 0;

	indent(f, depth);
	fputs(name, f);
	if (v.n)
		fputs(" = ", f);
	if (v.n && !(cells && is_cells(name)) && is_strings(v))
		put_strings(f, v);
	else if (v.n && cells)
		put_cells(f, v);
	else if (v.n)
		put_bytes(f, v);
	fputs(";\n", f);
}

static void open_node(FILE *f, const struct dt *t, u32 n, u32 depth)
{
	struct str name = n ? dt_name(t, n) : STR("/");
	const char *prop;
	struct span v;
	u32 at = 0;

	if (n)
		fputc('\n', f);
	indent(f, depth);
	fprintf(f, "%.*s {\n", STR_ARG(name));
	while (dt_prop_next(t, n, &at, &prop, &v))
		put_prop(f, depth + 1, prop, v);
}

/* Nodes come in the order they are written; those that end before @n are closed first. */
static void put_nodes(FILE *f, const struct dt *t)
{
	u32 end[DT_MAX_DEPTH + 2];
	u32 depth = 0;

	for (u32 n = 0; n <= t->n_nodes; n++) {
		while (depth && n >= end[depth - 1]) {
			indent(f, --depth);
			fputs("};\n", f);
		}
		if (n == t->n_nodes)
			return;
		open_node(f, t, n, depth);
		end[depth++] = dt_end(t, n);
	}
}

enum status dts_print(FILE *f, struct span blob, const char **why)
{
	struct arena a;
	struct range r;
	struct dt t;

	arena_init(&a, tool_alloc(DTS_ARENA), DTS_ARENA);
	*why = "too large";
	TRY(dt_open(blob, &a, &t, why));
	fputs("/dts-v1/;\n\n", f);
	for (u32 i = 0; dt_reservation(&t, i, &r) == OK; i++)
		fprintf(f, "/memreserve/ 0x%llx 0x%llx;\n", (unsigned long long)r.base,
			(unsigned long long)r.len);
	put_nodes(f, &t);
	return OK;
}
