/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine at the bottom of the picture: its CPUs with who runs on them, its memory by share,
 * the hardware that was given away. VMs are told apart by colour and by name.
 */
#include <base/bits.h>
#include <lib/words.h>

#include "svg.h"

#define CPU_W	150
#define CPU_GAP 12
#define CHIP_H	22
#define BAR_H	28
#define DEV_W	312
#define DEV_H	24

struct host_pen {
	FILE *f; /* NULL: only measure */
	const struct show_view *v;
	s32 x, w; /* inside */
	s32 y;	  /* what comes next stands here */
};

const char *svg_accent(u32 index)
{
	static const char *const color[] = { "#1d4f91", "#a61e4d", "#0b6b63",
					     "#6b2fa0", "#7a4a00", "#3d4a57" };

	return color[index % array_size(color)];
}

static const char *vm_name(const struct host_pen *p, u32 i)
{
	return tool_clean(p->v->boards[i].vd->name);
}

static void swatch(const struct host_pen *p, u32 vm, struct svg_box b)
{
	fprintf(p->f, "<rect fill=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"3\"/>\n",
		svg_accent(vm), b.x, b.y, b.w, b.h);
}

/* ---- CPUs ---------------------------------------------------------------------------------- */

/* The vCPUs of a VM that run there, "0-1"; "" when none. @cpu n_cpus: those that run anywhere. */
static const char *runners(const struct host_pen *p, u32 vm, u32 cpu)
{
	const struct vmdesc *vd = p->v->boards[vm].vd;
	const struct host_view *h = &p->v->host;
	u64 found = 0;

	for (u32 i = 0; i < vd->vcpus.n && i < 64; i++) {
		const struct vd_vcpu *v = &vd->vcpus.v[i];

		if (cpu < h->n_cpus ? host_view_runs_on(h, v, cpu) : host_view_any(v))
			found |= UINT64_C(1) << i;
	}
	return host_view_numbers(found);
}

static const char *cpu_name(const struct host_view *h, u32 cpu)
{
	if (h->cpus[cpu].has_index)
		return tool_text("host CPU %u", h->cpus[cpu].index);
	return tool_text("host CPU %s", show_hex(h->cpus[cpu].id).s);
}

static u32 n_chips(const struct host_pen *p, u32 cpu)
{
	u32 n = 0;

	for (u32 i = 0; i < p->v->n; i++)
		n += *runners(p, i, cpu) != 0;
	return n;
}

static const char *chip_text(const char *name, const char *who, s32 room)
{
	const char *text = tool_text("%s: vCPU %s", name, who);

	return svg_text_width(SVG_CHIP, text) <= room ? text : tool_text("%s: %s", name, who);
}

static void draw_cpu(const struct host_pen *p, u32 cpu, struct svg_box b)
{
	s32 y = b.y + 28;

	svg_rect(p->f, "cpu", b, 5);
	svg_text(p->f, SVG_NAME, SVG_LEFT, (s32[]){ b.x + 10, b.y + 18 }, b.w - 20,
		 cpu_name(&p->v->host, cpu));
	for (u32 i = 0; i < p->v->n; i++) {
		const char *who = runners(p, i, cpu);

		if (!*who)
			continue;
		swatch(p, i, (struct svg_box){ b.x + 8, y, b.w - 16, CHIP_H - 3 });
		svg_text(p->f, SVG_CHIP, SVG_LEFT, (s32[]){ b.x + 14, y + 14 }, b.w - 28,
			 chip_text(vm_name(p, i), who, b.w - 28));
		y += CHIP_H;
	}
}

static void do_row(struct host_pen *p, u32 first, u32 end)
{
	u32 most = 1;

	for (u32 i = first; i < end; i++)
		most = MAX(most, n_chips(p, i));
	for (u32 i = first; p->f && i < end; i++)
		draw_cpu(p, i,
			 (struct svg_box){ p->x + (s32)(i - first) * (CPU_W + CPU_GAP), p->y, CPU_W,
					   32 + (s32)most * CHIP_H });
	p->y += 32 + (s32)most * CHIP_H + CPU_GAP;
}

/* Those that run anywhere stand in a strip below all CPUs. */
static void do_roamers(struct host_pen *p)
{
	const s32 first = p->x + 122;
	s32 x = first, top = p->y;

	for (u32 i = 0; i < p->v->n; i++) {
		const char *who = runners(p, i, p->v->host.n_cpus);
		const char *text = tool_text("%s: vCPU %s", vm_name(p, i), who);
		s32 w = MIN(svg_text_width(SVG_CHIP, text) + 12, p->w - 130);

		if (!*who)
			continue;
		if (x > first && x + w > p->x + p->w - 8) {
			x = first;
			p->y += CHIP_H;
		}
		if (p->f) {
			swatch(p, i, (struct svg_box){ x, p->y + 7, w, CHIP_H - 3 });
			svg_text(p->f, SVG_CHIP, SVG_LEFT, (s32[]){ x + 6, p->y + 21 }, w - 12,
				 text);
		}
		x += w + 8;
	}
	p->y += CHIP_H + 10;
	if (!p->f)
		return;
	svg_rect(p->f, "any", (struct svg_box){ p->x, top, p->w, p->y - top }, 5);
	svg_text(p->f, SVG_NAME, SVG_LEFT, (s32[]){ p->x + 10, top + 21 }, 0, "any host CPU");
}

static void do_cpus(struct host_pen *p)
{
	u32 n = p->v->host.n_cpus, per_row = (u32)((p->w + CPU_GAP) / (CPU_W + CPU_GAP));

	for (u32 i = 0; i < n; i += per_row)
		do_row(p, i, MIN(i + per_row, n));
	if (n_chips(p, n))
		do_roamers(p);
	p->y += 4;
}

/* ---- memory -------------------------------------------------------------------------------- */

static u64 given(const struct host_pen *p)
{
	u64 sum = 0;

	for (u32 i = 0; i < p->v->n; i++)
		sum += p->v->boards[i].ram;
	return sum;
}

/* Of @w pixels those that @part of @all is; both fit in 53 bits or are brought there. */
static s32 share(s32 w, u64 part, u64 all)
{
	while (all >> 40) {
		all >>= 1;
		part >>= 1;
	}
	return all ? (s32)(part * (u64)w / all) : 0;
}

static void do_bar(struct host_pen *p)
{
	u64 sum = given(p), all = MAX(p->v->host.ram, sum);
	s32 x = p->x;

	p->y += BAR_H + 6;
	if (!p->f)
		return;
	svg_rect(p->f, "axis", (struct svg_box){ p->x, p->y - BAR_H - 6, p->w, BAR_H }, 4);
	for (u32 i = 0; i < p->v->n; i++) {
		s32 w = MAX(share(p->w, p->v->boards[i].ram, all), 3);

		swatch(p, i, (struct svg_box){ x, p->y - BAR_H - 6, w, BAR_H });
		x += w;
	}
	if (p->x + p->w - x > 200)
		svg_text(p->f, SVG_FAINT, SVG_MIDDLE,
			 (s32[]){ (x + p->x + p->w) / 2, p->y - BAR_H / 2 - 2 }, 0,
			 tool_text("%s for the hypervisor and free", tool_size(all - sum)));
}

/* Words one after the other, in a new line where there is no room. */
static void flow(struct host_pen *p, s32 *x, u32 vm, const char *text)
{
	s32 w = svg_text_width(SVG_PLAIN, text) + 18;

	if (*x > p->x && *x + w > p->x + p->w) {
		*x = p->x;
		p->y += 20;
	}
	if (p->f) {
		swatch(p, vm, (struct svg_box){ *x, p->y + 2, 11, 11 });
		svg_text(p->f, SVG_PLAIN, SVG_LEFT, (s32[]){ *x + 17, p->y + 12 }, p->w - 20, text);
	}
	*x += w + 20;
}

static void flow_vm(struct host_pen *p, s32 *x, u32 vm)
{
	const struct vmdesc *vd = p->v->boards[vm].vd;
	u64 anywhere = 0;

	for (u32 i = 0; i < vd->mems.n; i++)
		anywhere += vd->mems.v[i].backing == VD_MEM_ALLOC ? vd->mems.v[i].size : 0;
	if (anywhere)
		flow(p, x, vm, tool_text("%s: %s, allocated", vm_name(p, vm), tool_size(anywhere)));
	for (u32 i = 0; i < vd->mems.n; i++) {
		const struct vd_mem *m = &vd->mems.v[i];

		if (m->backing != VD_MEM_ALLOC)
			flow(p, x, vm,
			     tool_text("%s: %s at host %s", vm_name(p, vm), tool_size(m->size),
				       show_hex(m->host.v).s));
	}
}

static void do_memory(struct host_pen *p)
{
	s32 x = p->x;

	if (p->v->host.ram)
		do_bar(p);
	for (u32 i = 0; i < p->v->n; i++)
		flow_vm(p, &x, i);
	p->y += 26;
}

/* ---- hardware ------------------------------------------------------------------------------ */

static void draw_pass(const struct host_pen *p, u32 vm, const struct vd_pass *pass, s32 x)
{
	const char *path = pass->path.n ? tool_clean(pass->path) : board_pass_name(pass);
	const char *who = tool_text("to %s", vm_name(p, vm));
	s32 used;

	svg_rect(p->f, "card", (struct svg_box){ x, p->y, DEV_W, DEV_H }, 4);
	swatch(p, vm, (struct svg_box){ x + 7, p->y + 7, 11, 11 });
	used = MIN(svg_text_width(SVG_FAINT, who), 110);
	svg_text(p->f, SVG_FAINT, SVG_RIGHT, (s32[]){ x + DEV_W - 8, p->y + 16 }, 110, who);
	svg_text(p->f, SVG_CODE, SVG_LEFT, (s32[]){ x + 25, p->y + 16 }, DEV_W - used - 45, path);
}

static u32 do_devices(struct host_pen *p)
{
	u32 per_row = (u32)((p->w + 12) / (DEV_W + 12)), n = 0;

	for (u32 i = 0; i < p->v->n; i++) {
		const struct vmdesc *vd = p->v->boards[i].vd;

		for (u32 k = 0; k < vd->passes.n; k++, n++) {
			if (n && n % per_row == 0)
				p->y += DEV_H + 6;
			if (p->f)
				draw_pass(p, i, &vd->passes.v[k],
					  p->x + (s32)(n % per_row) * (DEV_W + 12));
		}
	}
	p->y += n ? DEV_H + 6 : 0;
	return n;
}

static void section(struct host_pen *p, const char *text)
{
	if (p->f)
		svg_text(p->f, SVG_HEAD, SVG_LEFT, (s32[]){ p->x, p->y + 9 }, 0, text);
	p->y += 20;
}

static bool has_passes(const struct show_view *v)
{
	for (u32 i = 0; i < v->n; i++)
		if (v->boards[i].vd->passes.n)
			return true;
	return false;
}

static void do_all(struct host_pen *p)
{
	const struct hostdesc *hd = p->v->host.hd;
	const char *facts = "";
	u64 ram = p->v->host.ram;

	if (hd->n_cpus)
		facts = tool_text("%s%s%u CPUs%s%s", tool_clean(hd->model),
				  hd->model.n ? " \xc2\xb7 " : "", hd->n_cpus,
				  ram ? " \xc2\xb7 " : "",
				  ram ? tool_text("%s of memory", tool_size(ram)) : "");
	if (p->f) {
		svg_text(p->f, SVG_TITLE, SVG_LEFT, (s32[]){ p->x, p->y + 22 }, 0, "Machine");
		svg_text(p->f, SVG_PLAIN, SVG_LEFT, (s32[]){ p->x + 120, p->y + 22 }, p->w - 120,
			 facts);
	}
	p->y += 46;
	section(p, "WHO RUNS WHERE");
	do_cpus(p);
	p->y += 10;
	section(p, "MEMORY");
	do_memory(p);
	if (!has_passes(p->v))
		return;
	p->y += 8;
	section(p, "HARDWARE GIVEN AWAY");
	do_devices(p);
}

s32 svg_host(FILE *f, const struct show_view *v, struct svg_box at)
{
	struct host_pen p = { f, v, at.x + SVG_PAD, at.w - 2 * SVG_PAD, at.y + 18 };

	if (f)
		svg_rect(f, "card", at, 10);
	do_all(&p);
	return p.y + 12 - at.y;
}
