/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's card: its name and facts, its CPUs, its map.
 */
#include <string.h>

#include <base/bits.h>
#include <lib/words.h>

#include "svg_map.h"

#define INNER	  (SVG_CARD - 2 * SVG_PAD)
#define CPU_W	  150
#define CPU_H	  46
#define CPU_GAP	  12
#define CPU_ROW	  4
#define MAX_TEXT  3 /* lines of a command line */
#define TEXT_H	  15
#define MAP_ABOVE 22

struct svg_vm {
	const struct show_view *v;
	const struct board *b;
	u32 index;
	struct svg_map map;
	const char *cmdline[MAX_TEXT];
	u32 n_cmdline;
	s32 cpus_y; /* of the sections, from the card's top */
	s32 map_y;
};

/* Break between words, as far as lines are left; the last one is cut when it is drawn. */
static void break_cmdline(struct svg_vm *m)
{
	const char *p = tool_clean(m->b->vd->cmdline);

	while (*p && m->n_cmdline < MAX_TEXT) {
		const char *line = p;
		size_t n = strlen(p);

		while (m->n_cmdline + 1 < MAX_TEXT && n &&
		       svg_text_width(SVG_CODE, tool_text("%.*s", (int)n, line)) > INNER) {
			do
				n--;
			while (n && line[n] != ' ');
		}
		n = n ? n : strlen(p);
		m->cmdline[m->n_cmdline++] = tool_text("%.*s", (int)n, line);
		p += n;
		p += strspn(p, " ");
	}
}

static s32 cpus_height(const struct svg_vm *m)
{
	u32 rows = (m->b->vd->vcpus.n + CPU_ROW - 1) / CPU_ROW;

	return 24 + (s32)MAX(rows, 1u) * (CPU_H + CPU_GAP) + 2;
}

struct svg_vm *svg_vm_make(const struct show_view *v, u32 index)
{
	struct svg_vm *m = tool_alloc(sizeof(*m));

	m->v = v;
	m->b = &v->boards[index];
	m->index = index;
	svg_map_make(&m->map, m->b);
	break_cmdline(m);
	m->cpus_y = 94 + (s32)m->n_cmdline * TEXT_H;
	m->map_y = m->cpus_y + cpus_height(m) + MAP_ABOVE;
	return m;
}

void svg_vm_align(struct svg_vm *const *vms, u32 n)
{
	s32 head = 0, cpus = 0;

	for (u32 i = 0; i < n; i++) {
		head = MAX(head, vms[i]->cpus_y);
		cpus = MAX(cpus, vms[i]->map_y - vms[i]->cpus_y);
	}
	for (u32 i = 0; i < n; i++) {
		vms[i]->cpus_y = head;
		vms[i]->map_y = head + cpus;
	}
}

s32 svg_vm_height(const struct svg_vm *m)
{
	return m->map_y + m->map.height + SVG_PAD;
}

/* ---- head ---------------------------------------------------------------------------------- */

static const char *facts(const struct board *b)
{
	const struct vmdesc *vd = b->vd;
	const char *entry = vd->entry.given ? tool_text(" at %s", show_hex(vd->entry.gpa.v).s) : "";

	return tool_text("%u vCPU%s \xc2\xb7 %s of memory \xc2\xb7 %s%sstarts %s%s", vd->vcpus.n,
			 vd->vcpus.n == 1 ? "" : "s", tool_size(b->ram), vd->isa ? vd->isa : "",
			 vd->isa ? " \xc2\xb7 " : "", board_abi_name(vd->abi), entry);
}

static void draw_head(FILE *f, const struct svg_vm *m, s32 x, s32 y)
{
	const struct vmdesc *vd = m->b->vd;
	const char *id =
		tool_text(m->v->set->refused[m->index] ? "VM %u, refused" : "VM %u", vd->id);
	s32 w = svg_text_width(SVG_CHIP, id) + 20, right = x + INNER;

	fprintf(f, "<rect fill=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"22\" rx=\"11\"/>\n",
		svg_accent(m->index), right - w, y + 20, w);
	svg_text(f, SVG_CHIP, SVG_MIDDLE, (s32[]){ right - w / 2, y + 35 }, 0, id);
	svg_text(f, SVG_TITLE, SVG_LEFT, (s32[]){ x, y + 40 }, INNER - w - 16,
		 tool_clean(vd->name));
	svg_text(f, SVG_PLAIN, SVG_LEFT, (s32[]){ x, y + 62 }, INNER, facts(m->b));
	svg_text(f, SVG_PALE, SVG_LEFT, (s32[]){ x, y + 80 }, INNER, tool_clean(str_of(vd->file)));
	for (u32 i = 0; i < m->n_cmdline; i++)
		svg_text(f, SVG_CODE, SVG_LEFT, (s32[]){ x, y + 96 + (s32)i * TEXT_H }, INNER,
			 m->cmdline[i]);
}

/* ---- CPUs ---------------------------------------------------------------------------------- */

static const char *host_of(const struct svg_vm *m, const struct vd_vcpu *v)
{
	const char *cpus = host_view_cpus(&m->v->host, v);

	return host_view_any(v) ? "any host CPU" : tool_text("host CPU %s", cpus);
}

static void draw_cpu(FILE *f, const struct svg_vm *m, u32 i, struct svg_box b)
{
	const struct vd_vcpu *v = &m->b->vd->vcpus.v[i];
	s32 used;

	svg_rect(f, "cpu", b, 5);
	used = svg_text(f, SVG_PALE, SVG_RIGHT, (s32[]){ b.x + b.w - 10, b.y + 18 }, 0,
			show_hex(v->hw_id).s);
	svg_text(f, SVG_NAME, SVG_LEFT, (s32[]){ b.x + 10, b.y + 18 }, b.w - used - 26,
		 tool_text("vCPU %u", i));
	used = 0;
	if (v->priority)
		used = svg_text(f, SVG_FAINT, SVG_RIGHT, (s32[]){ b.x + b.w - 10, b.y + 35 }, 0,
				tool_text("prio %u", v->priority)) +
		       6;
	svg_text(f, SVG_FAINT, SVG_LEFT, (s32[]){ b.x + 10, b.y + 35 }, b.w - 20 - used,
		 host_of(m, v));
}

static void draw_cpus(FILE *f, const struct svg_vm *m, s32 x, s32 y)
{
	s32 h = m->map_y - m->cpus_y - MAP_ABOVE, bus = x + INNER - 54;

	svg_rect(f, "well", (struct svg_box){ x - 12, y, INNER + 24, h }, 8);
	svg_text(f, SVG_HEAD, SVG_LEFT, (s32[]){ x, y + 17 }, 0, "CPUS");
	for (u32 i = 0; i < m->b->vd->vcpus.n; i++)
		draw_cpu(f, m, i,
			 (struct svg_box){ x + (s32)(i % CPU_ROW) * (CPU_W + CPU_GAP),
					   y + 26 + (s32)(i / CPU_ROW) * (CPU_H + CPU_GAP), CPU_W,
					   CPU_H });
	if (!board_intc(m->b->vd))
		return;
	fprintf(f, "<path class=\"bus\" d=\"M%d %dV%d\"/>\n", bus, y + h + MAP_ABOVE, y + h + 8);
	fprintf(f, "<path class=\"head\" d=\"M%d %dl-5 9h10z\"/>\n", bus, y + h);
}

void svg_vm_draw(FILE *f, const struct svg_vm *m, s32 x, s32 y, s32 h)
{
	svg_rect(f, "card", (struct svg_box){ x, y, SVG_CARD, h }, 10);
	fprintf(f,
		"<path fill=\"%s\" d=\"M%d %dv-%da10 10 0 0 1 10 -10h%da10 10 0 0 1 10 10z\"/>\n",
		svg_accent(m->index), x, y + 10, 0, SVG_CARD - 20);
	draw_head(f, m, x + SVG_PAD, y);
	draw_cpus(f, m, x + SVG_PAD, y + m->cpus_y);
	svg_map_draw(f, &m->map, x + SVG_PAD, y + m->map_y);
}
