/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole machine: which of its CPUs, memory and devices go to whom.
 */
#include <base/bits.h>
#include <lib/words.h>

#include "show.h"
#include "table.h"

#define INDENT 2

static const char *name_of(const struct board *b)
{
	return tool_clean(b->vd->name);
}

/* "linux vCPU 0-1; rt vCPU 0" */
static const char *who_runs(const struct show_view *v, u32 cpu)
{
	const char *text = "";

	for (u32 i = 0; i < v->n; i++) {
		const struct vmdesc *vd = v->boards[i].vd;
		u64 found = 0;

		for (u32 k = 0; k < vd->vcpus.n && k < 64; k++)
			if (host_view_runs_on(&v->host, &vd->vcpus.v[k], cpu))
				found |= UINT64_C(1) << k;
		if (found)
			text = tool_text("%s%s%s vCPU %s", text, *text ? "; " : "",
					 name_of(&v->boards[i]), host_view_numbers(found));
	}
	return text;
}

static const char *who_roams(const struct show_view *v)
{
	const char *text = "";

	for (u32 i = 0; i < v->n; i++) {
		const struct vmdesc *vd = v->boards[i].vd;
		u32 n = 0;

		for (u32 k = 0; k < vd->vcpus.n; k++)
			n += host_view_any(&vd->vcpus.v[k]);
		if (n)
			text = tool_text("%s%s%s: %u vCPU%s", text, *text ? "; " : "",
					 name_of(&v->boards[i]), n, n == 1 ? "" : "s");
	}
	return text;
}

static void print_cpus(FILE *f, const struct show_view *v, bool color)
{
	static const char *const heads[] = { "Host CPU", "Id", "Runs" };
	struct table t = {
		.heads = heads, .n_cols = 3, .right = BIT(0), .indent = INDENT, .flex = BIT(2)
	};

	for (u32 i = 0; i < v->host.n_cpus; i++) {
		const struct host_cpu *c = &v->host.cpus[i];

		table_add(&t, TABLE_PLAIN, c->has_index ? tool_text("%u", c->index) : "?",
			  c->has_id ? tool_text("%s", show_hex(c->id).s) : "", who_runs(v, i));
	}
	if (*who_roams(v))
		table_add(&t, TABLE_DIM, "any", "", who_roams(v));
	if (t.n)
		table_print(&t, f, color);
}

/* ---- memory -------------------------------------------------------------------------------- */

static void add_claims(struct table *t, const struct show_view *v, u64 *pool)
{
	for (u32 i = 0; i < v->n; i++) {
		const struct vmdesc *vd = v->boards[i].vd;

		for (u32 k = 0; k < vd->mems.n; k++) {
			const struct vd_mem *m = &vd->mems.v[k];

			if (m->backing == VD_MEM_ALLOC) {
				*pool += m->size;
				continue;
			}
			table_add(t, TABLE_PASS, tool_text("%s", show_range(m->host.v, m->size).s),
				  tool_size(m->size),
				  m->backing == VD_MEM_CLAIMED ? "claimed" : "reserved",
				  name_of(&v->boards[i]));
		}
	}
}

static void print_memory(FILE *f, const struct show_view *v, bool color)
{
	static const char *const heads[] = { "Host memory", "Size", "Is", "Whose" };
	const struct hostdesc *hd = v->host.hd;
	struct table t = {
		.heads = heads, .n_cols = 4, .right = BIT(1), .indent = INDENT, .flex = BIT(3)
	};
	u64 pool = 0;

	for (u32 i = 0; i < hd->n_mem; i++)
		table_add(&t, TABLE_RAM,
			  tool_text("%s", show_range(hd->mem[i].base, hd->mem[i].len).s),
			  tool_size(hd->mem[i].len), "memory", "");
	for (u32 i = 0; i < hd->n_reserved; i++)
		table_add(&t, TABLE_DIM,
			  tool_text("%s", show_range(hd->reserved[i].base, hd->reserved[i].len).s),
			  tool_size(hd->reserved[i].len), "kept out", "");
	add_claims(&t, v, &pool);
	if (pool)
		table_add(&t, TABLE_PLAIN, "anywhere", tool_size(pool), "allocated",
			  "all VMs, by need");
	fputc('\n', f);
	table_print(&t, f, color);
}

/* ---- devices ------------------------------------------------------------------------------- */

static void add_pass(struct table *t, const struct board *b, const struct vd_pass *p)
{
	const char *path = p->path.n ? tool_clean(p->path) : board_pass_name(p);
	const char *lines = "";

	for (u32 i = 0; i < p->n_irq; i++)
		lines = tool_text("%s%s%u", lines, i ? ", " : "", p->irq[i].host);
	for (u32 i = 0; i < MAX(p->n_win, 1u); i++)
		table_add(t, TABLE_PASS, i ? "" : path,
			  i < p->n_win ?
				  tool_text("%s", show_range(p->win[i].hpa.v, p->win[i].size).s) :
				  "",
			  i ? "" : lines, i ? "" : name_of(b));
}

static void print_devices(FILE *f, const struct show_view *v, bool color)
{
	static const char *const heads[] = { "Host device", "Registers", "Lines", "Whose" };
	struct table t = { .heads = heads, .n_cols = 4, .indent = INDENT, .flex = BIT(0) | BIT(3) };

	for (u32 i = 0; i < v->n; i++)
		for (u32 k = 0; k < v->boards[i].vd->passes.n; k++)
			add_pass(&t, &v->boards[i], &v->boards[i].vd->passes.v[k]);
	if (!t.n)
		return;
	fputc('\n', f);
	table_print(&t, f, color);
}

void view_text_host(FILE *f, const struct show_view *v, bool color)
{
	const struct hostdesc *hd = v->host.hd;

	table_text(f, color, TABLE_HEAD, "Machine");
	fprintf(f, "  %s%s%u VM%s\n\n", tool_clean(hd->model), hd->model.n ? ", " : "", v->n,
		v->n == 1 ? "" : "s");
	print_cpus(f, v, color);
	print_memory(f, v, color);
	print_devices(f, v, color);
}
