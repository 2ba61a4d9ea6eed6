/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pass-through of a stranger's machine: whatever its tree says, what is given lies outside of its
 * memory and of what the hypervisor uses, and the guest's tree is sound.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include <base/range.h>
#include <lib/fdt.h>
#include <lib/guestfw.h>
#include <lib/hostdesc.h>

static u8 host_memory[2 << 20], memory[1 << 20];
static alignas(8) u8 out[GUEST_FDT_MAX];

static void emit(struct diag *d, enum diag_level level, const struct src_pos *at, const char *text)
{
	(void)d;
	(void)level;
	(void)at;
	fuzz_check(strlen(text) < 2048);
}

static void check_apart(const struct vd_pass_window *w, const struct range *r, u32 n)
{
	for (u32 i = 0; i < n; i++)
		fuzz_check(!range_overlaps(w->hpa.v, w->size, r[i].base, r[i].len));
}

static void check_pass(const struct hostdesc *hd, const struct vd_pass *p)
{
	fuzz_check(p->n_win <= VD_DEV_WINDOWS && p->n_irq <= VD_PASS_IRQS);
	for (u32 i = 0; i < p->n_win; i++) {
		fuzz_check(p->win[i].size && range_valid(p->win[i].hpa.v, p->win[i].size));
		check_apart(&p->win[i], hd->mem, hd->n_mem);
		if (p->win[i].how == VD_PASS_MAP)
			fuzz_check(!((p->win[i].gpa.v | p->win[i].hpa.v | p->win[i].size) & 4095));
		if (hd->console)
			check_apart(&p->win[i], hd->console->win, hd->console->n_win);
		if (hd->intc)
			check_apart(&p->win[i], hd->intc->win, hd->intc->n_win);
	}
	for (u32 i = 0; i < p->n_irq; i++)
		fuzz_check(p->irq[i].host >= 32 && p->irq[i].guest == p->irq[i].host);
}

static void ask(struct vmdesc *vd, struct arena *a, const struct hostdesc *hd, size_t n)
{
	const struct hd_dev *dev = hd->n_devs ? &hd->devs[n % hd->n_devs] : NULL;
	struct src_pos at = { "fuzz", 1, 1 };

	if (n % 3)
		vmdesc_add_pass_path(vd, a, at)->path = STR("/");
	if (dev && n % 2)
		vmdesc_add_pass_except(vd, a, at)->path = dev->path;
	if (dev && dev->n_win) {
		struct vd_pass *p = vmdesc_add_pass(vd, a, at);

		p->name = STR("row");
		p->n_win = 1;
		p->win[0] = (struct vd_pass_window){ GPA(0x5000 + (n & 0xff)),
						     HPA(dev->win[0].base), dev->win[0].len, 0,
						     VD_PASS_MAP };
	}
}

static void resolve(struct span fdt, const struct hostdesc *hd)
{
	static struct vd_mem mem = { .base = { 0x80000000 }, .size = 0x1000, .prot = VD_R | VD_W };
	const struct guest_fw_info info = { 0 };
	struct diag d = { .emit = emit };
	const char *why = NULL;
	struct vmdesc *vd;
	struct arena a;
	size_t len;

	arena_init(&a, memory, sizeof(memory));
	vd = vmdesc_new(&a, "fuzz");
	vd->mems.v = &mem;
	vd->mems.n = vd->mems.cap = 1;
	fuzz_check(vmdesc_add_default_board(vd, &a) == OK);
	ask(vd, &a, hd, fdt.n);
	if (vmdesc_resolve_passes(vd, hd, fdt, &a, &d) != OK) {
		fuzz_check(d.n_errors);
		return;
	}
	for (u32 i = 0; i < vd->passes.n; i++)
		check_pass(hd, &vd->passes.v[i]);
	if (guest_fdt_write(vd, &info, (struct span){ 0 }, out, sizeof(out), &len) == OK)
		fuzz_check(dt_check(span_of(out, len), &why) == OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *why = NULL;
	struct hostdesc hd;
	struct arena a;
	u8 *copy = malloc(n ? n : 1);

	memcpy(copy, data, n);
	arena_init(&a, host_memory, sizeof(host_memory));
	if (hostdesc_from_fdt(span_of(copy, n), &a, &hd, &why) == OK)
		resolve(span_of(copy, n), &hd);
	free(copy);
	return 0;
}
