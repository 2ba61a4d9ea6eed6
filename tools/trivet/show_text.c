/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boards as tables of at most 100 columns.
 */
#include <base/bits.h>
#include <lib/words.h>

#include "show.h"
#include "table.h"

#define INDENT 2

static const enum table_style style_of[AREA_KINDS] = {
	[AREA_RAM] = TABLE_RAM,	   [AREA_ROM] = TABLE_RAM,	[AREA_DEVICE] = TABLE_DEVICE,
	[AREA_PASS] = TABLE_PASS,  [AREA_RESERVED] = TABLE_DIM, [AREA_IMAGE] = TABLE_IMAGE,
	[AREA_TREE] = TABLE_IMAGE,
};

static void heading(FILE *f, bool color, const char *text)
{
	fputc('\n', f);
	table_text(f, color, TABLE_HEAD, text);
	fputc('\n', f);
}

static const char *hex(u64 v)
{
	return tool_text("%s", show_hex(v).s);
}

/* ---- memory map ---------------------------------------------------------------------------- */

static const char *area_range(const struct area *a)
{
	if (!a->size)
		return hex(a->base);
	return tool_text("%s", show_range(a->base, a->size).s);
}

static const char *area_backing(const struct area *a)
{
	if (!a->has_host || a->host == a->base)
		return a->backing;
	return tool_text("%s at %s", a->backing, hex(a->host));
}

static void add_area(struct table *t, const struct board *b, const struct area *a)
{
	table_add(t, style_of[a->kind], area_range(a), a->size ? tool_size(a->size) : "",
		  a->nested ? tool_text("- %s", a->what) : a->what,
		  a->nested || a->kind == AREA_RESERVED ? "" : board_prot_name(a->prot),
		  area_backing(a), board_where(b->vd, a->at));
}

static void print_map(FILE *f, const struct board *b, bool color)
{
	static const char *const heads[] = { "Address", "Size",	   "What",
					     "Access",	"Backing", "Written" };
	struct table t = { .heads = heads,
			   .n_cols = 6,
			   .right = BIT(1),
			   .indent = INDENT,
			   .flex = BIT(0) | BIT(2) | BIT(4) | BIT(5) };
	u64 end = 0;

	for (u32 i = 0; i < b->n_areas; i++) {
		const struct area *a = &b->areas[i];

		if (!a->nested && a->base > end)
			table_add(&t, TABLE_DIM, "", tool_size(a->base - end), "(nothing)", "", "",
				  "");
		add_area(&t, b, a);
		if (!a->nested)
			end = MAX(end, a->base + a->size);
	}
	heading(f, color, "Memory map");
	table_print(&t, f, color);
}

/* ---- interrupts ---------------------------------------------------------------------------- */

static void print_lines(FILE *f, const struct board *b, bool color)
{
	static const char *const heads[] = { "Line",   "Kind",	    "Trigger",
					     "Device", "Host line", "Written" };
	struct table t = { .heads = heads,
			   .n_cols = 6,
			   .right = BIT(0),
			   .indent = INDENT,
			   .flex = BIT(3) | BIT(5) };

	for (u32 i = 0; i < b->n_lines; i++) {
		const struct board_line *l = &b->lines[i];
		bool own = l->dev == UINT32_MAX;

		table_add(&t,
			  l->is_pass		? TABLE_PASS :
			  own || l->is_reserved ? TABLE_DIM :
						  TABLE_DEVICE,
			  tool_text("%u", l->line), l->kind,
			  l->is_reserved ? "" : board_trigger_name(l->trigger), l->device,
			  l->has_host ? tool_text("%u", l->host) : "",
			  own ? "every vCPU" : board_where(b->vd, l->at));
	}
	if (!b->n_lines)
		return;
	heading(f, color, tool_text("Interrupts (%s)", board_intc_mode_name(b->vd->intc)));
	table_print(&t, f, color);
}

/* ---- CPUs, images -------------------------------------------------------------------------- */

static void print_cpus(FILE *f, const struct board *b, const struct host_view *h, bool color)
{
	static const char *const heads[] = { "vCPU", "Id", "Host CPU", "Priority", "Written" };
	struct table t = { .heads = heads,
			   .n_cols = 5,
			   .right = BIT(0) | BIT(3),
			   .indent = INDENT,
			   .flex = BIT(4) };

	for (u32 i = 0; i < b->vd->vcpus.n; i++) {
		const struct vd_vcpu *v = &b->vd->vcpus.v[i];

		table_add(&t, TABLE_PLAIN, tool_text("%u", i), hex(v->hw_id), host_view_cpus(h, v),
			  tool_text("%u", v->priority), board_where(b->vd, v->at));
	}
	heading(f, color, "CPUs");
	table_print(&t, f, color);
}

static void print_images(FILE *f, const struct board *b, const struct tool_set *set, bool color)
{
	static const char *const heads[] = { "Image", "File", "From", "Place", "Size", "Written" };
	static const char *const from[] = { "disk", "archive", "beside its file" };
	struct table t = { .heads = heads,
			   .n_cols = 6,
			   .right = BIT(4),
			   .indent = INDENT,
			   .flex = BIT(1) | BIT(5) };

	for (u32 i = 0; i < b->vd->images.n; i++) {
		const struct vd_image *image = &b->vd->images.v[i];
		struct board_image known = board_image(set, b->vd, i);
		const char *missing = set->report.o->no_images ? "" : "not here";

		table_add(&t, TABLE_IMAGE, board_role_name(image->role), tool_clean(image->path),
			  image->source < array_size(from) ? from[image->source] : "?",
			  known.placed ? hex(known.base) : "a free one",
			  known.size ? tool_size(known.size) : missing,
			  board_where(b->vd, image->at));
	}
	if (!b->vd->images.n)
		return;
	heading(f, color, "Images");
	table_print(&t, f, color);
}

static const char *options_text(const struct vd_dev *d)
{
	const char *text = "";

	for (u32 i = 0; i < d->options.n; i++)
		text = tool_text("%s%s%s = %s", text, i ? ", " : "",
				 tool_clean(d->options.v[i].key),
				 tool_clean(d->options.v[i].value));
	return text;
}

/* Devices of which the maps do not tell all. */
static void print_devices(FILE *f, const struct board *b, bool color)
{
	static const char *const heads[] = { "Device", "Class", "Options", "Written" };
	struct table t = {
		.heads = heads, .n_cols = 4, .indent = INDENT, .flex = BIT(0) | BIT(2) | BIT(3)
	};

	for (u32 i = 0; i < b->vd->devs.n; i++) {
		const struct vd_dev *d = &b->vd->devs.v[i];

		if (d->n_win && !d->options.n)
			continue;
		table_add(&t, TABLE_DEVICE, tool_clean(d->name), tool_clean(d->class),
			  options_text(d),
			  board_where(b->vd, d->is_default ? (struct src_pos){ 0 } : d->at));
	}
	if (!t.n)
		return;
	heading(f, color, "Devices");
	table_print(&t, f, color);
}

/* ---- the head ------------------------------------------------------------------------------ */

/* A long command line goes on in the next line, between words where there are any. */
static void print_cmdline(FILE *f, struct str s)
{
	const u32 room = TABLE_WIDTH - 15;
	const char *head = "  Command line ", *p = tool_clean(s);
	size_t n = strlen(p);

	while (n) {
		size_t piece = MIN(n, (size_t)room);

		while (piece < n && piece > room / 2 && p[piece] != ' ')
			piece--;
		while (piece < n && ((unsigned char)p[piece] & 0xc0) == 0x80)
			piece--;
		fprintf(f, "%s%.*s\n", head, (int)piece, p);
		p += piece;
		n -= piece;
		head = "              ";
	}
}

static void print_policy(FILE *f, const struct vd_policy *p)
{
	static const char *const what[] = { "unknown instructions", "empty addresses",
					    "unknown registers" };
	const char *text = "";

	for (u32 i = 0; i < VD_UNSUPPORTED; i++)
		if (p->unsupported[i] != VD_FAIL)
			text = tool_text("%s%s%s: %s", text, *text ? ", " : "", what[i],
					 board_action_name(p->unsupported[i]));
	if (*text)
		fprintf(f, "  Unsupported  %s\n", text);
}

static const char *list_paths(const struct vd_path *v, u32 n)
{
	const char *text = "";

	for (u32 i = 0; i < n; i++)
		text = tool_text("%s%s%s", text, i ? ", " : "", tool_clean(v[i].path));
	return text;
}

static void print_vm(FILE *f, const struct show_view *v, u32 index, bool color)
{
	const struct board *b = &v->boards[index];
	const struct vmdesc *vd = b->vd;

	table_text(f, color, TABLE_HEAD, tool_text("VM %u \"%s\"", vd->id, tool_clean(vd->name)));
	fprintf(f, "  %u vCPU%s, %s of memory%s\n\n", vd->vcpus.n, vd->vcpus.n == 1 ? "" : "s",
		tool_size(b->ram), v->set->refused[index] ? "  (REFUSED: see the errors)" : "");
	fprintf(f, "  File         %s\n", tool_clean(str_of(vd->file)));
	fprintf(f, "  Starts       %s%s%s\n", board_abi_name(vd->abi),
		vd->entry.given ? ", at " : "", vd->entry.given ? hex(vd->entry.gpa.v) : "");
	if (vd->isa)
		fprintf(f, "  Made for     %s\n", vd->isa);
	print_cmdline(f, vd->cmdline);
	print_policy(f, &vd->policy);
	if (vd->pass_paths.n)
		fprintf(f, "  Asks for     %s\n", list_paths(vd->pass_paths.v, vd->pass_paths.n));
	if (vd->pass_except.n)
		fprintf(f, "  But not      %s\n", list_paths(vd->pass_except.v, vd->pass_except.n));
	print_map(f, b, color);
	print_lines(f, b, color);
	print_cpus(f, b, &v->host, color);
	print_images(f, b, v->set, color);
	print_devices(f, b, color);
}

void view_text(FILE *f, const struct show_view *v, bool color)
{
	for (u32 i = 0; i < v->n; i++) {
		if (i)
			fputc('\n', f);
		print_vm(f, v, i, color);
	}
	if (v->n > 1 || v->set->machine.fdt.n) {
		fputc('\n', f);
		view_text_host(f, v, color);
	}
}
