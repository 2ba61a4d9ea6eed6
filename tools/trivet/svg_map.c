/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Labels stand in the order of the axis, so no leader crosses another, and wires run straight from
 * a label to the controller, which is as high as all of them.
 */
#include <string.h>

#include <base/bits.h>
#include <lib/words.h>

#include "svg_map.h"

#define AXIS_LEAST  16
#define GAP_MOST    32
#define AXIS_TARGET 300
#define LABEL_GAP   8
#define LINE_PITCH  14

static s32 label_height(const struct map_label *l)
{
	s32 text = l->host || l->wide ? 54 : l->range ? 40 : 26;

	return MAX(text, (s32)l->n_lines * LINE_PITCH + 8);
}

/* Lines of a device stand at its first window. */
static void find_lines(struct map_label *l, const struct board *b, bool is_pass, u32 dev)
{
	l->lines = tool_alloc(b->n_lines * sizeof(struct board_line *));
	for (u32 i = 0; i < b->n_lines; i++)
		if (b->lines[i].is_pass == is_pass && !b->lines[i].is_reserved &&
		    b->lines[i].dev == dev)
			l->lines[l->n_lines++] = &b->lines[i];
}

/* A range of large addresses takes the room that its access would have. */
static bool is_wide(const struct map_label *l)
{
	s32 room = MAP_LABEL_W - (l->area->nested ? MAP_INDENT : 0) - 32;

	return *l->access &&
	       svg_text_width(SVG_CODE, l->range) + svg_text_width(SVG_FAINT, l->access) > room;
}

static void label_area(struct map_label *l, const struct board *b, const struct area *a)
{
	l->area = a;
	l->class = board_kind_name(a->kind);
	l->name = a->name;
	l->more = a->more;
	l->size = a->size ? tool_size(a->size) : "";
	l->range = a->size ? tool_text("%s", show_range(a->base, a->size).s) :
			     tool_text("%s", show_hex(a->base).s);
	l->access = a->nested ? a->backing : board_prot_name(a->prot);
	if (a->kind == AREA_RESERVED)
		l->access = "";
	if (a->kind == AREA_PASS && str_starts(str_of(a->backing), "host, "))
		l->access = tool_text("%s %s", a->backing + strlen("host, "), l->access);
	l->wide = is_wide(l);
	if (a->has_host && a->base != a->host)
		l->host = tool_text("host %s", show_hex(a->host).s);
	if ((a->kind == AREA_DEVICE || a->kind == AREA_PASS) && a->win == 0)
		find_lines(l, b, a->kind == AREA_PASS, a->dev);
}

static void label_others(struct svg_map *m)
{
	const struct vmdesc *vd = m->b->vd;

	for (u32 i = 0; i < vd->passes.n; i++) {
		struct map_label *l = &m->labels[m->n];

		if (vd->passes.v[i].n_win)
			continue;
		l->class = board_kind_name(AREA_PASS);
		board_split_path(board_pass_name(&vd->passes.v[i]), &l->name, &l->more);
		find_lines(l, m->b, true, i);
		m->n++;
	}
	for (u32 i = 0; i < vd->devs.n; i++) {
		struct map_label *l = &m->labels[m->n];

		if (vd->devs.v[i].n_win)
			continue;
		l->class = board_kind_name(AREA_DEVICE);
		l->name = tool_clean(vd->devs.v[i].name);
		l->more = tool_clean(vd->devs.v[i].class);
		find_lines(l, m->b, false, i);
		m->n++;
	}
}

static void label_reserved(struct svg_map *m)
{
	struct map_label *l = &m->labels[m->n];

	l->lines = tool_alloc(m->b->n_lines * sizeof(struct board_line *));
	for (u32 i = 0; i < m->b->n_lines; i++)
		if (m->b->lines[i].is_reserved)
			l->lines[l->n_lines++] = &m->b->lines[i];
	if (!l->n_lines)
		return;
	l->class = board_kind_name(AREA_RESERVED);
	l->name = "reserved lines";
	l->more = "";
	m->n++;
}

static void make_axis(struct svg_map *m)
{
	struct axis *a = &m->axis;
	s32 target = 0;

	*a = (struct axis){ .least = AXIS_LEAST, .most = GAP_MOST };
	a->areas = tool_alloc(m->b->n_areas * sizeof(*a->areas));
	for (u32 i = 0; i < m->b->n_areas; i++) {
		const struct area *area = &m->b->areas[i];

		if (!area->nested)
			a->areas[a->n++] = (struct axis_area){ area->base, area->size, 0, 0 };
	}
	for (u32 i = 0; i < m->n; i++)
		target += m->places[i].h + LABEL_GAP;
	axis_fit(a, MAX(target, AXIS_TARGET));
}

/* The area of the axis that holds areas[i]. */
static u32 axis_index(const struct svg_map *m, u32 i)
{
	u32 n = 0;

	for (u32 k = 0; k <= i; k++)
		n += !m->b->areas[k].nested;
	return n ? n - 1 : 0;
}

static s32 wish(const struct svg_map *m, u32 i)
{
	u32 at = axis_index(m, i);

	if (!m->axis.n)
		return 0;
	if (m->b->areas[i].nested)
		return axis_at(&m->axis, at, m->b->areas[i].base) + 1;
	return m->axis.areas[at].y + MIN(m->axis.areas[at].h / 2, 16);
}

void svg_map_make(struct svg_map *m, const struct board *b)
{
	size_t most = b->n_areas + b->vd->passes.n + b->vd->devs.n + 1;
	s32 end;

	*m = (struct svg_map){ .b = b };
	m->labels = tool_alloc(most * sizeof(*m->labels));
	m->places = tool_alloc(most * sizeof(*m->places));
	for (u32 i = 0; i < b->n_areas; i++)
		label_area(&m->labels[m->n++], b, &b->areas[i]);
	label_others(m);
	label_reserved(m);
	for (u32 i = 0; i < m->n; i++)
		m->places[i].h = label_height(&m->labels[i]);
	make_axis(m);
	for (u32 i = 0; i < m->n; i++)
		m->places[i].want = i < b->n_areas ? wish(m, i) : m->axis.height;
	for (u32 i = 1; i < m->n; i++) /* a wish never goes back */
		m->places[i].want = MAX(m->places[i].want, m->places[i - 1].want);
	end = axis_place(m->places, m->n, 0, LABEL_GAP);
	m->height = MAP_HEAD + MAX(end, m->axis.height) + 8;
}
