/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A description as text that holds all that matters at run time, and nothing of how its file was
 * written: `trivet convert` reads again what it has written and compares by this.
 */
#include <stdlib.h>
#include <string.h>

#include <base/bits.h>

#include "writer.h"

#define ull(v) ((unsigned long long)(v))

static void put_str(FILE *f, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		fprintf(f, (u8)s.p[i] > 0x20 && (u8)s.p[i] < 0x7f ? "%c" : "\\%02x", (u8)s.p[i]);
	fputc(' ', f);
}

static void put_addr(FILE *f, const char *what, struct vd_addr a)
{
	if (a.given)
		fprintf(f, "%s 0x%llx ", what, ull(a.gpa.v));
}

/* Said, or by the interrupt controller. */
static const char *isa_of(const struct vmdesc *vd)
{
	for (u32 i = 0; i < vd->devs.n; i++) {
		if (str_starts(vd->devs.v[i].class, "gic"))
			return "aarch64";
	}
	return vd->isa ? vd->isa : "any";
}

static void put_head(FILE *f, const struct vmdesc *vd)
{
	fprintf(f, "vm %u ", vd->id);
	put_str(f, vd->name);
	fprintf(f, "abi %d intc %d isa %s\n", vd->abi, vd->intc, isa_of(vd));
	put_addr(f, "entry", vd->entry);
	put_addr(f, "tree", vd->tree);
	fprintf(f, "boot\ncmdline ");
	put_str(f, vd->cmdline);
	fprintf(f, "\npolicy %d %d %d\n", vd->policy.unsupported[0], vd->policy.unsupported[1],
		vd->policy.unsupported[2]);
}

static void put_vcpus(FILE *f, const struct vmdesc *vd)
{
	for (u32 i = 0; i < vd->vcpus.n; i++) {
		const struct vd_vcpu *v = &vd->vcpus.v[i];

		fprintf(f, "vcpu %u id 0x%llx mask 0x%llx priority %u", i, ull(v->hw_id),
			ull(v->cpu_mask), v->priority);
		/* A mask is the last word on where to run. */
		if (v->has_host_hw_id && !v->cpu_mask)
			fprintf(f, " host 0x%llx", ull(v->host_hw_id));
		fputc('\n', f);
	}
}

static void put_mems(FILE *f, const struct vmdesc *vd)
{
	for (u32 i = 0; i < vd->mems.n; i++) {
		const struct vd_mem *m = &vd->mems.v[i];

		fprintf(f, "memory %u 0x%llx 0x%llx prot %u backing %d host 0x%llx\n", i,
			ull(m->base.v), ull(m->size), m->prot, m->backing,
			m->backing == VD_MEM_ALLOC ? 0 : ull(m->host.v));
	}
	for (u32 i = 0; i < vd->reserves.n; i++)
		fprintf(f, "reserve 0x%llx 0x%llx irq %u\n", ull(vd->reserves.v[i].win.base.v),
			ull(vd->reserves.v[i].win.size),
			vd->reserves.v[i].win.size ? 0 : vd->reserves.v[i].irq);
}

static void put_images(FILE *f, const struct vmdesc *vd)
{
	for (u32 i = 0; i < vd->images.n; i++) {
		const struct vd_image *m = &vd->images.v[i];

		fprintf(f, "image %d from %d ", m->role, m->source);
		put_str(f, m->path);
		put_addr(f, "at", m->load);
		fputc('\n', f);
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines of @text sorted, in place of it. */
static char *sort_lines(char *text, size_t len)
{
	char **line = malloc((len + 1) * sizeof(*line));
	char *out = malloc(len + 1), *at = out;
	size_t n = 0;

	if (!line || !out)
		abort();
	for (char *p = strtok(text, "\n"); p; p = strtok(NULL, "\n"))
		line[n++] = p;
	qsort(line, n, sizeof(*line), by_text);
	for (size_t i = 0; i < n; i++)
		at += sprintf(at, "%s\n", line[i]);
	*at = 0;
	free(line);
	free(text);
	return out;
}

static void put_options(FILE *f, const struct vd_dev *d)
{
	char *text;
	size_t len;
	FILE *sorted = open_memstream(&text, &len);

	for (u32 i = 0; i < d->options.n; i++) {
		put_str(sorted, d->options.v[i].key);
		put_str(sorted, d->options.v[i].value);
		fputc('\n', sorted);
	}
	fclose(sorted);
	text = sort_lines(text, len);
	for (char *p = strtok(text, "\n"); p; p = strtok(NULL, "\n"))
		fprintf(f, " %s", p);
	free(text);
}

static void put_devs(FILE *f, const struct vmdesc *vd)
{
	for (u32 i = 0; i < vd->devs.n; i++) {
		const struct vd_dev *d = &vd->devs.v[i];

		fprintf(f, "device ");
		put_str(f, d->class);
		put_str(f, d->name);
		for (u32 k = 0; k < d->n_win; k++)
			fprintf(f, "0x%llx+0x%llx ", ull(d->win[k].base.v), ull(d->win[k].size));
		for (u32 k = 0; k < d->n_irq; k++)
			fprintf(f, "irq %u/%d ", d->irq[k].line, d->irq[k].trigger);
		put_options(f, d);
		fputc('\n', f);
	}
}

static void put_passes(FILE *f, const struct vmdesc *vd)
{
	for (u32 i = 0; i < vd->passes.n; i++) {
		const struct vd_pass *p = &vd->passes.v[i];

		fprintf(f, "pass ");
		put_str(f, p->name);
		for (u32 k = 0; k < p->n_win; k++)
			fprintf(f, "0x%llx=0x%llx+0x%llx/%u ", ull(p->win[k].gpa.v),
				ull(p->win[k].hpa.v), ull(p->win[k].size),
				p->win[k].prot ? p->win[k].prot : VD_R | VD_W);
		for (u32 k = 0; k < p->n_irq; k++)
			fprintf(f, "irq %u=%u/%d ",
				p->irq[k].guest ? p->irq[k].guest : p->irq[k].host, p->irq[k].host,
				p->irq[k].trigger);
		fputc('\n', f);
	}
	for (u32 i = 0; i < vd->pass_paths.n; i++) {
		fprintf(f, "path ");
		put_str(f, vd->pass_paths.v[i].path);
		fputc('\n', f);
	}
	for (u32 i = 0; i < vd->pass_except.n; i++) {
		fprintf(f, "except ");
		put_str(f, vd->pass_except.v[i].path);
		fputc('\n', f);
	}
}

char *model_text(const struct vmdesc *vd)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		abort();
	put_head(f, vd);
	put_vcpus(f, vd);
	put_mems(f, vd);
	put_images(f, vd);
	put_devs(f, vd);
	put_passes(f, vd);
	fclose(f);
	return sort_lines(text, len);
}
