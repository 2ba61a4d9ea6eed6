/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page: VMs side by side, below them the machine, and what the signs mean.
 */
#include <base/bits.h>

#include "svg.h"

#define MARGIN	 28
#define SPACE	 24
#define ROW_MAX	 3
#define LEGEND_W 220
#define LEGEND_H 22

struct page {
	const struct show_view *v;
	struct svg_vm **vms;
	u32 per_row;
	s32 w;
};

static s32 row_height(const struct page *p, u32 first)
{
	s32 h = 0;

	for (u32 i = first; i < MIN(first + p->per_row, p->v->n); i++)
		h = MAX(h, svg_vm_height(p->vms[i]));
	return h;
}

static s32 rows_height(const struct page *p)
{
	s32 h = 0;

	for (u32 i = 0; i < p->v->n; i += p->per_row)
		h += row_height(p, i) + SPACE;
	return h;
}

static void draw_defs(FILE *f)
{
	fputs("<defs>\n"
	      "<pattern id=\"hatch\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" "
	      "patternTransform=\"rotate(45)\"><rect width=\"7\" height=\"7\" fill=\"#fdebd0\"/>"
	      "<rect width=\"2\" height=\"7\" fill=\"#f0b86a\"/></pattern>\n"
	      "<pattern id=\"cross\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
	      "<rect width=\"6\" height=\"6\" fill=\"#f1f3f5\"/>"
	      "<path d=\"M0 0L6 6M6 0L0 6\" stroke=\"#c3cad1\"/></pattern>\n"
	      "</defs>\n",
	      f);
}

static void sample(FILE *f, const char *class, s32 x, s32 y)
{
	if (*class == 'w' || *class == 'e')
		svg_line(f, class, (s32[]){ x, y + 7 }, (s32[]){ x + 24, y + 7 });
	else
		svg_rect(f, class, (struct svg_box){ x, y, 24, 14 }, 0);
}

/* In columns. Returns its height; f NULL: only that. */
static s32 draw_legend(FILE *f, const struct page *p, s32 y)
{
	static const char *const sign[][2] = {
		{ "ram", "memory" },
		{ "rom", "memory, not written" },
		{ "image", "image" },
		{ "device", "emulated device" },
		{ "passthrough", "passed-through hardware" },
		{ "reserved", "reserved" },
		{ "wire", "interrupt, level" },
		{ "edge", "interrupt, edge" },
		{ "wire tied", "tied to the host's" },
	};
	const s32 n = array_size(sign), most = (p->w - 2 * MARGIN) / LEGEND_W;
	const s32 rows = (n + most - 1) / most, per_row = (n + rows - 1) / rows;

	for (s32 i = 0; f && i < n; i++) {
		s32 x = MARGIN + i % per_row * LEGEND_W, at = y + i / per_row * LEGEND_H;

		sample(f, sign[i][0], x, at);
		svg_text(f, SVG_FAINT, SVG_LEFT, (s32[]){ x + 32, at + 11 }, 0, sign[i][1]);
	}
	return rows * LEGEND_H;
}

static void draw_page(FILE *f, const struct page *p, s32 h)
{
	s32 y = MARGIN;

	fprintf(f,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\" role=\"img\">\n<title>",
		p->w, h, p->w, h);
	for (u32 i = 0; i < p->v->n; i++) {
		fputs(i ? ", " : "Board of ", f);
		svg_escape(f, tool_clean(p->v->boards[i].vd->name));
	}
	fputs("</title>\n", f);
	svg_style(f);
	draw_defs(f);
	svg_rect(f, "page", (struct svg_box){ 0, 0, p->w, h }, 0);
	for (u32 i = 0; i < p->v->n; i++) {
		s32 x = MARGIN + (s32)(i % p->per_row) * (SVG_CARD + SPACE);

		svg_vm_draw(f, p->vms[i], x, y, row_height(p, i - i % p->per_row));
		if ((i + 1) % p->per_row == 0 || i + 1 == p->v->n)
			y += row_height(p, i - i % p->per_row) + SPACE;
	}
}

void view_svg(FILE *f, const struct show_view *v)
{
	struct page p = { .v = v, .per_row = MIN(v->n, (u32)ROW_MAX) };
	struct svg_box host;
	s32 y;

	p.vms = tool_alloc(v->n * sizeof(struct svg_vm *));
	for (u32 i = 0; i < v->n; i++)
		p.vms[i] = svg_vm_make(v, i);
	svg_vm_align(p.vms, v->n);
	p.w = 2 * MARGIN + (s32)p.per_row * (SVG_CARD + SPACE) - SPACE;
	y = MARGIN + rows_height(&p);
	host = (struct svg_box){ MARGIN, y, p.w - 2 * MARGIN, 0 };
	host.h = svg_host(NULL, v, host);
	y += host.h + SPACE;
	draw_page(f, &p, y + draw_legend(NULL, &p, y) + MARGIN / 2);
	svg_host(f, v, host);
	draw_legend(f, &p, y);
	fputs("</svg>\n", f);
}
