/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drawing a map: from the left, addresses, the axis, leaders, labels, wires, the controller.
 */
#include <base/bits.h>
#include <lib/words.h>

#include "svg_map.h"

#define ADDRESS_X 92 /* their right end */
#define AXIS_X	  100
#define AXIS_W	  40
#define LABEL_X	  176
#define LABEL_W	  MAP_LABEL_W
#define INTC_X	  528
#define INTC_W	  108
#define TEXT_H	  13 /* two addresses are at least so far apart */

struct pen {
	FILE *f;
	const struct svg_map *m;
	s32 x, y; /* of the axis's first pixel */
};

/* ---- axis ---------------------------------------------------------------------------------- */

static void draw_cut(const struct pen *p, s32 y)
{
	fprintf(p->f, "<path class=\"cut\" d=\"M%d %dl6 -4l12 8l12 -8l12 8l6 -4\"/>\n",
		p->x + AXIS_X - 4, y);
}

/* What is too large to draw is cut out, between two torn edges. */
static void draw_gap(const struct pen *p, u32 i)
{
	const struct axis_area *a = &p->m->axis.areas[i];
	bool broken;
	s32 h = axis_gap(&p->m->axis, i, &broken), top = p->y + a->y - h, middle = top + h / 2;
	u64 end;

	if (!h)
		return;
	svg_rect(p->f, "gap", (struct svg_box){ p->x + AXIS_X, top, AXIS_W, h }, 0);
	if (broken) {
		draw_cut(p, middle - 4);
		draw_cut(p, middle + 4);
	}
	end = a[-1].base + a[-1].size;
	if (h >= 2 * TEXT_H)
		svg_text(p->f, SVG_FAINT, SVG_RIGHT, (s32[]){ p->x + ADDRESS_X, middle + 4 }, 90,
			 tool_size(a->base - end));
}

static void draw_areas(const struct pen *p)
{
	const struct board *b = p->m->b;
	u32 at = 0;

	for (u32 i = 0; i < p->m->axis.n; i++)
		draw_gap(p, i);
	for (u32 i = 0; i < b->n_areas; i++) {
		const struct axis_area *a = &p->m->axis.areas[at];

		if (b->areas[i].nested)
			continue;
		svg_rect(p->f, board_kind_name(b->areas[i].kind),
			 (struct svg_box){ p->x + AXIS_X, p->y + a->y, AXIS_W, a->h }, 0);
		at++;
	}
}

/* An image whose size is not known is a mark where it begins. */
static void draw_nested(const struct pen *p)
{
	const struct board *b = p->m->b;
	u32 at = 0;

	for (u32 i = 0; i < b->n_areas; i++) {
		const struct area *area = &b->areas[i];
		s32 from, to;

		at += !area->nested;
		if (!area->nested || !at)
			continue;
		from = axis_at(&p->m->axis, at - 1, area->base);
		to = axis_at(&p->m->axis, at - 1, area->base + area->size);
		svg_rect(p->f, board_kind_name(area->kind),
			 (struct svg_box){ p->x + AXIS_X + 6, p->y + from, AXIS_W - 12,
					   MAX(to - from, 2) },
			 0);
	}
}

static void draw_address(const struct pen *p, s32 y, u64 address)
{
	s32 at = p->y + y;

	svg_text(p->f, SVG_PALE, SVG_RIGHT, (s32[]){ p->x + ADDRESS_X, at + 4 }, 0,
		 show_hex(address).s);
	svg_line(p->f, "tick", (s32[]){ p->x + ADDRESS_X + 3, at }, (s32[]){ p->x + AXIS_X, at });
}

/* Where areas begin; where they end if nothing begins near; the last end in any case. */
static void draw_addresses(const struct pen *p)
{
	const struct axis *a = &p->m->axis;

	for (u32 i = 0; i < a->n; i++) {
		const struct axis_area *at = &a->areas[i];
		s32 end = at->y + at->h, next = i + 1 < a->n ? a->areas[i + 1].y : end + TEXT_H;

		draw_address(p, at->y, at->base);
		if (next - end >= TEXT_H)
			draw_address(p, end, at->base + at->size);
	}
}

/* ---- labels -------------------------------------------------------------------------------- */

static struct svg_box label_box(const struct pen *p, u32 i)
{
	const struct map_label *l = &p->m->labels[i];
	s32 in = l->area && l->area->nested ? MAP_INDENT : 0;

	return (struct svg_box){ p->x + LABEL_X + in, p->y + p->m->places[i].y, LABEL_W - in,
				 p->m->places[i].h };
}

static void draw_leader(const struct pen *p, u32 i)
{
	struct svg_box b = label_box(p, i);
	s32 from = p->x + AXIS_X + AXIS_W, y = p->y + p->m->places[i].want, to = b.y + b.h / 2;

	if (!p->m->labels[i].area)
		return;
	fprintf(p->f, "<path class=\"lead\" d=\"M%d %dC%d %d %d %d %d %d\"/>\n", from, y, from + 18,
		y, p->x + LABEL_X - 18, to, b.x, to);
}

static void draw_label(const struct pen *p, u32 i)
{
	const struct map_label *l = &p->m->labels[i];
	struct svg_box b = label_box(p, i);
	s32 used = 0, room, y = b.y + 17, right = b.x + b.w - 10;

	if (l->area) {
		fputs("<title>", p->f);
		svg_escape(p->f, tool_text("%s: %s", l->area->what,
					   board_where(p->m->b->vd, l->area->at)));
		fputs("</title>\n", p->f);
	}
	svg_rect(p->f, "card", b, 4);
	svg_rect(p->f, l->class, (struct svg_box){ b.x, b.y, 6, b.h }, 0);
	if (l->size && *l->size)
		used = svg_text(p->f, SVG_FAINT, SVG_RIGHT, (s32[]){ right, y }, 0, l->size) + 8;
	room = b.w - 24 - used;
	used = svg_text(p->f, SVG_NAME, SVG_LEFT, (s32[]){ b.x + 14, y }, room, l->name) + 6;
	if (*l->more && room > used + 20)
		svg_text(p->f, SVG_FAINT, SVG_LEFT, (s32[]){ b.x + 14 + used, y }, room - used,
			 l->more);
	if (!l->range)
		return;
	y += 15;
	used = 0;
	if (*l->access)
		used = svg_text(p->f, SVG_FAINT, SVG_RIGHT,
				(s32[]){ right, y + (l->wide ? 14 : 0) }, 0, l->access) +
		       8;
	svg_text(p->f, SVG_CODE, SVG_LEFT, (s32[]){ b.x + 14, y }, b.w - 24 - (l->wide ? 0 : used),
		 l->range);
	if (l->host)
		svg_text(p->f, SVG_FAINT, SVG_LEFT, (s32[]){ b.x + 14, y + 14 },
			 b.w - 24 - (l->wide ? used : 0), l->host);
}

/* ---- interrupts ---------------------------------------------------------------------------- */

static void draw_wire(const struct pen *p, const struct board_line *l, s32 y)
{
	s32 from = p->x + LABEL_X + LABEL_W, to = p->x + INTC_X;
	const char *tied = l->is_pass ? " tied" : "";
	const char *text = tool_text("%u", l->line);

	if (l->is_reserved) {
		svg_line(p->f, "any", (s32[]){ from, y }, (s32[]){ to, y });
	} else {
		svg_line(p->f,
			 tool_text("%s%s", l->trigger == VD_TRIGGER_EDGE ? "edge" : "wire", tied),
			 (s32[]){ from, y }, (s32[]){ to - 7, y });
		fprintf(p->f, "<path class=\"head\" d=\"M%d %dl-8 -4v8z\"/>\n", to, y);
	}
	if (l->has_host)
		text = tool_text("%u (host %u)", l->line, l->host);
	svg_text(p->f, SVG_CODE, SVG_LEFT, (s32[]){ to + 8, y + 4 }, INTC_W - 12, text);
}

static void draw_wires(const struct pen *p, u32 i)
{
	const struct map_label *l = &p->m->labels[i];
	const struct axis_label *at = &p->m->places[i];
	s32 y = p->y + at->y + (at->h - ((s32)l->n_lines - 1) * 14) / 2;

	for (u32 k = 0; k < l->n_lines; k++)
		draw_wire(p, l->lines[k], y + (s32)k * 14);
}

/* Lines that every vCPU has for itself: "27, 30". */
static const char *own_lines(const struct board *b)
{
	const char *text = "";

	for (u32 i = 0; i < b->n_lines; i++)
		if (b->lines[i].dev == UINT32_MAX)
			text = tool_text("%s%s%u", text, *text ? ", " : "", b->lines[i].line);
	return text;
}

/* Down to the last line that ends there. */
static s32 intc_height(const struct svg_map *m)
{
	s32 end = 0;

	for (u32 i = 0; i < m->n; i++)
		if (m->labels[i].n_lines)
			end = m->places[i].y + m->places[i].h + 8;
	return MAP_HEAD + end;
}

static void draw_intc(const struct pen *p, const struct vd_dev *intc)
{
	s32 x = p->x + INTC_X, y = p->y - MAP_HEAD, middle = x + INTC_W / 2;

	svg_rect(p->f, "intc", (struct svg_box){ x, y, INTC_W, intc_height(p->m) }, 6);
	svg_text(p->f, SVG_NAME, SVG_MIDDLE, (s32[]){ middle, y + 19 }, INTC_W - 8,
		 tool_clean(intc->class));
	svg_text(p->f, SVG_FAINT, SVG_MIDDLE, (s32[]){ middle, y + 34 }, INTC_W - 8,
		 tool_clean(intc->name));
	svg_text(p->f, SVG_FAINT, SVG_MIDDLE, (s32[]){ middle, y + 49 }, INTC_W - 8,
		 tool_text("timers %s", own_lines(p->m->b)));
}

void svg_map_draw(FILE *f, const struct svg_map *m, s32 x, s32 y)
{
	struct pen p = { f, m, x, y + MAP_HEAD };
	const struct vd_dev *intc = board_intc(m->b->vd);

	svg_text(f, SVG_HEAD, SVG_LEFT, (s32[]){ x, y + 18 }, 0, "MEMORY MAP");
	svg_text(f, SVG_HEAD, SVG_LEFT, (s32[]){ x + LABEL_X, y + 18 }, 0, "WHAT ANSWERS");
	svg_text(f, SVG_FAINT, SVG_LEFT, (s32[]){ x, y + 34 }, 0, "to scale; large gaps cut,");
	svg_text(f, SVG_FAINT, SVG_LEFT, (s32[]){ x, y + 48 }, 0, "small areas enlarged");
	if (intc)
		draw_intc(&p, intc);
	draw_areas(&p);
	draw_nested(&p);
	draw_addresses(&p);
	for (u32 i = 0; i < m->n; i++)
		draw_leader(&p, i);
	for (u32 i = 0; i < m->n; i++) {
		if (intc)
			draw_wires(&p, i);
		fputs("<g>\n", f);
		draw_label(&p, i);
		fputs("</g>\n", f);
	}
}
