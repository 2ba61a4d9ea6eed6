/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two lists are gathered as the description has them, then put in order; nothing is left out,
 * what overlaps (the validator has said so) stands twice.
 */
#include <stdlib.h>
#include <string.h>

#include <base/bits.h>
#include <lib/words.h>

#include "board.h"

#define FIRST_PPI  16
#define FIRST_SPI  32
#define TIMER_VIRT 27
#define TIMER_PHYS 30

static struct area *add_area(struct board *b, enum area_kind kind, u64 base, u64 size)
{
	struct area *a = &b->areas[b->n_areas++];

	*a = (struct area){ .kind = kind, .base = base, .size = size };
	return a;
}

static void add_mem(struct board *b, const struct vd_mem *m)
{
	static const char *const backing[] = {
		[VD_MEM_ALLOC] = "allocated",
		[VD_MEM_CLAIMED] = "host, claimed",
		[VD_MEM_RESERVED] = "host, reserved",
	};
	bool rom = !(m->prot & VD_W);
	struct area *a = add_area(b, rom ? AREA_ROM : AREA_RAM, m->base.v, m->size);

	a->what = a->name = rom ? "ROM" : "RAM";
	a->more = backing[m->backing];
	a->prot = m->prot;
	a->backing = backing[m->backing];
	a->has_host = m->backing != VD_MEM_ALLOC;
	a->host = m->host.v;
	a->at = m->at;
	b->ram += m->size;
}

/* What a window is for, where a device has several. */
static const char *window_part(const struct vd_dev *d, u32 win)
{
	if (d->n_win < 2)
		return "";
	if (str_starts(d->class, "gic") && win == 0)
		return ", distributor";
	if (str_eq_c(d->class, "gicv2"))
		return ", CPU interface";
	if (str_eq_c(d->class, "gicv3"))
		return ", redistributors";
	return tool_text(", window %u", win);
}

static void add_dev(struct board *b, u32 index)
{
	const struct vd_dev *d = &b->vd->devs.v[index];

	for (u32 i = 0; i < d->n_win; i++) {
		struct area *a = add_area(b, AREA_DEVICE, d->win[i].base.v, d->win[i].size);

		a->name = tool_clean(d->name);
		a->more = tool_text("%s%s", tool_clean(d->class), window_part(d, i));
		a->what = tool_text("%s (%s)%s", a->name, tool_clean(d->class), window_part(d, i));
		a->prot = VD_R | VD_W;
		a->backing = "emulated";
		a->dev = index;
		a->win = i;
		a->at = d->is_default ? (struct src_pos){ 0 } : d->at;
	}
}

void board_split_path(const char *path, const char **name, const char **folder)
{
	const char *slash = *path == '/' ? strrchr(path, '/') : NULL;

	*name = slash ? slash + 1 : path;
	*folder = slash ? tool_text("%.*s", (int)(slash - path), path) : "";
}

static void add_pass(struct board *b, u32 index)
{
	const struct vd_pass *p = &b->vd->passes.v[index];

	for (u32 i = 0; i < p->n_win; i++) {
		const struct vd_pass_window *w = &p->win[i];
		struct area *a = add_area(b, AREA_PASS, w->gpa.v, w->size);

		a->what = board_pass_name(p);
		board_split_path(a->what, &a->name, &a->more);
		a->prot = board_pass_prot(w);
		a->backing = w->how == VD_PASS_MAP ? "host, mapped" : "host, forwarded";
		a->has_host = true;
		a->host = w->hpa.v;
		a->dev = index;
		a->win = i;
		a->at = p->at;
	}
}

static void add_image(struct board *b, u32 index, const struct tool_set *set)
{
	const struct vd_image *image = &b->vd->images.v[index];
	struct board_image known = board_image(set, b->vd, index);
	struct area *a;

	if (!known.placed)
		return;
	a = add_area(b, AREA_IMAGE, known.base, known.size);
	a->name = board_role_name(image->role);
	a->more = tool_clean(image->path);
	a->what = tool_text("%s \"%s\"", a->name, a->more);
	a->backing = known.size || set->report.o->no_images ? "" : "not found here";
	a->dev = index;
	a->at = image->at;
	a->nested = true;
}

static void add_tree(struct board *b, const struct tool_set *set)
{
	struct area *a;
	u64 base;

	if (vmdesc_image(b->vd, VD_IMG_DTB) || !board_tree(set, b->vd, &base))
		return;
	a = add_area(b, AREA_TREE, base, 0);
	a->what = a->name = "device tree";
	a->more = "";
	a->backing = "generated";
	a->at = b->vd->tree.at;
	a->nested = true;
}

static void add_reserve(struct board *b, const struct vd_reserve *r)
{
	struct area *a;

	if (!r->win.size)
		return;
	a = add_area(b, AREA_RESERVED, r->win.base.v, r->win.size);
	a->what = a->name = "reserved";
	a->more = "";
	a->backing = "nothing";
	a->at = r->at;
}

static int by_address(const void *left, const void *right)
{
	const struct area *a = left, *b = right;

	if (a->base != b->base)
		return a->base < b->base ? -1 : 1;
	if (a->nested != b->nested)
		return a->nested ? 1 : -1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return a->size == b->size ? 0 : a->size < b->size ? -1 : 1;
}

static void gather_areas(struct board *b, const struct tool_set *set)
{
	const struct vmdesc *vd = b->vd;
	size_t most = vd->mems.n + (vd->devs.n + vd->passes.n) * (size_t)VD_DEV_WINDOWS +
		      vd->images.n + vd->reserves.n + 1;

	b->areas = tool_alloc(most * sizeof(*b->areas));
	for (u32 i = 0; i < vd->mems.n; i++)
		add_mem(b, &vd->mems.v[i]);
	for (u32 i = 0; i < vd->devs.n; i++)
		add_dev(b, i);
	for (u32 i = 0; i < vd->passes.n; i++)
		add_pass(b, i);
	for (u32 i = 0; i < vd->reserves.n; i++)
		add_reserve(b, &vd->reserves.v[i]);
	for (u32 i = 0; i < vd->images.n; i++)
		add_image(b, i, set);
	add_tree(b, set);
	qsort(b->areas, b->n_areas, sizeof(*b->areas), by_address);
}

/* ---- interrupts ---------------------------------------------------------------------------- */

const struct vd_dev *board_intc(const struct vmdesc *vd)
{
	for (u32 i = 0; i < vd->devs.n; i++)
		if (str_starts(vd->devs.v[i].class, "gic"))
			return &vd->devs.v[i];
	return NULL;
}

static struct board_line *add_line(struct board *b, u32 line, const char *device)
{
	struct board_line *l = &b->lines[b->n_lines++];

	*l = (struct board_line){ .line = line, .kind = "", .device = device };
	if (board_intc(b->vd))
		l->kind = line >= FIRST_SPI ? "SPI" : line >= FIRST_PPI ? "PPI" : "SGI";
	return l;
}

static void add_dev_lines(struct board *b, u32 index)
{
	const struct vd_dev *d = &b->vd->devs.v[index];

	for (u32 i = 0; i < d->n_irq; i++) {
		struct board_line *l =
			add_line(b, d->irq[i].line,
				 tool_text("%s (%s)", tool_clean(d->name), tool_clean(d->class)));

		l->trigger = d->irq[i].trigger;
		l->dev = index;
		l->at = d->is_default ? (struct src_pos){ 0 } : d->at;
	}
}

static void add_pass_lines(struct board *b, u32 index)
{
	const struct vd_pass *p = &b->vd->passes.v[index];

	for (u32 i = 0; i < p->n_irq; i++) {
		struct board_line *l = add_line(b, p->irq[i].guest, board_pass_name(p));

		l->trigger = p->irq[i].trigger;
		l->is_pass = l->has_host = true;
		l->host = p->irq[i].host;
		l->dev = index;
		l->at = p->at;
	}
}

static void add_own_lines(struct board *b)
{
	static const struct {
		u32 line;
		const char *name;
	} own[] = { { TIMER_VIRT, "timer, virtual" }, { TIMER_PHYS, "timer, physical" } };

	if (!board_intc(b->vd))
		return;
	for (u32 i = 0; i < array_size(own); i++)
		add_line(b, own[i].line, own[i].name)->dev = UINT32_MAX;
}

static int by_line(const void *left, const void *right)
{
	const struct board_line *a = left, *b = right;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return strcmp(a->device, b->device);
}

static void gather_lines(struct board *b)
{
	const struct vmdesc *vd = b->vd;
	size_t most = vd->devs.n * (size_t)VD_DEV_IRQS + vd->passes.n * (size_t)VD_PASS_IRQS +
		      vd->reserves.n + 2;

	b->lines = tool_alloc(most * sizeof(*b->lines));
	add_own_lines(b);
	for (u32 i = 0; i < vd->devs.n; i++)
		add_dev_lines(b, i);
	for (u32 i = 0; i < vd->passes.n; i++)
		add_pass_lines(b, i);
	for (u32 i = 0; i < vd->reserves.n; i++) {
		const struct vd_reserve *r = &vd->reserves.v[i];
		struct board_line *l;

		if (r->win.size)
			continue;
		l = add_line(b, r->irq, "reserved");
		l->is_reserved = true;
		l->at = r->at;
	}
	qsort(b->lines, b->n_lines, sizeof(*b->lines), by_line);
}

void board_make(struct board *b, const struct vmdesc *vd, const struct tool_set *set)
{
	*b = (struct board){ .vd = vd };
	gather_areas(b, set);
	gather_lines(b);
}
