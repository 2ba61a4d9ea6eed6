/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices: classes that can be built, windows large enough and apart from memory and from each
 * other, one interrupt controller, one console, no interrupt given twice. A device of the default
 * board stands in no file, so a clash with it is reported where the user's own words stand.
 */
#include "vmdesc_priv.h"

#include <base/fmt.h>

#define PAGE KIB(4)

struct show vd_dev_label(const struct vd_dev *dev)
{
	struct show out = { "" };

	fmt_snprintf(out.s, sizeof(out.s), "%s \"%.*s\" (%.*s)",
		     dev->is_default ? "default device" : "device", (int)MIN(dev->name.n, 20),
		     show_text(dev->name).s, (int)MIN(dev->class.n, 16), show_text(dev->class).s);
	return out;
}

static const struct vd_class_info *class_of(const struct vd_check *c, const struct vd_dev *dev)
{
	for (u32 i = 0; i < c->t->n_classes; i++) {
		if (str_eq_c(dev->class, c->t->classes[i].name))
			return &c->t->classes[i];
	}
	return NULL;
}

/* Classes that the languages know and nobody has written: virtio-* besides. */
static bool is_later(struct str class)
{
	static const char known[] = "shmem\0smmu\0wdt-sp805\0wdt-ib700\0ioapic\0hpet\0timer8254\0"
				    "mc146818\0008259\0pckeyboard\0pci-dummy\0trace\0progress\0"
				    "pci-host-bridge\0vgpu-gvtg\0ioports\0vesa-fb\0ivc-channel\0"
				    "pch-pic\0plic\0";

	for (const char *w = known; *w; w += strlen(w) + 1) {
		if (str_eq_c(class, w))
			return true;
	}
	return str_starts(class, "virtio-");
}

static void unknown_class(const struct vd_check *c, const struct vd_dev *dev)
{
	struct suggest near = { .word = dev->class };

	if (is_later(dev->class)) {
		vd_error(c, VD_F_EMU_DEVICES, dev->at, NULL, "%s: known, not supported yet",
			 vd_dev_label(dev).s);
		vd_fix(c, dev->at, "remove it, and its use by the guest");
		return;
	}
	vd_error(c, VD_F_EMU_DEVICES, dev->at, NULL, "%s: no such class of device",
		 vd_dev_label(dev).s);
	for (u32 i = 0; i < c->t->n_classes; i++)
		suggest_try(&near, c->t->classes[i].name);
	if (near.best)
		vd_fix(c, dev->at, "did you mean '%s'?", near.best);
	else
		vd_fix(c, dev->at, "remove it, or link its class into the hypervisor");
}

static bool beyond_limit(const struct vd_check *c, const struct vd_window *win)
{
	return !range_valid(win->base.v, win->size) ||
	       (c->t->gpa_limit && !range_ok(win->base.v, win->size, c->t->gpa_limit));
}

static void check_window(const struct vd_check *c, const struct vd_dev *dev, u32 w, u64 min)
{
	const struct vd_window *win = &dev->win[w];
	struct show where = show_range(win->base.v, win->size);

	if (win->size < min) {
		vd_error(c, VD_F_EMU_DEVICES, dev->at, where.s, "%s: window %u needs %s",
			 vd_dev_label(dev).s, w, show_size(min).s);
		vd_fix(c, dev->at, "write at least %s as its length", show_hex(min).s);
	} else if (beyond_limit(c, win)) {
		vd_error(c, VD_F_EMU_DEVICES, dev->at, where.s,
			 "%s: window %u is beyond what a guest can address", vd_dev_label(dev).s,
			 w);
		vd_fix(c, dev->at, "write an address below %s", show_hex(c->t->gpa_limit).s);
	} else if (!is_aligned(win->base.v | win->size, PAGE)) {
		vd_error(c, VD_F_EMU_DEVICES, dev->at, where.s,
			 "%s: window %u is no multiple of 4 KiB", vd_dev_label(dev).s, w);
		vd_fix(c, dev->at, "write address and length as multiples of 0x1000 (4 KiB)");
	}
}

static void check_class(const struct vd_check *c, const struct vd_dev *dev)
{
	const struct vd_class_info *class = class_of(c, dev);

	if (!class && c->t->n_classes)
		unknown_class(c, dev);
	if (class && (dev->n_win < class->n_win || dev->n_irq < class->n_irq)) {
		vd_error(c, VD_F_EMU_DEVICES, dev->at, NULL,
			 "%s: has %u windows and %u interrupts, needs %u and %u",
			 vd_dev_label(dev).s, dev->n_win, dev->n_irq, class->n_win, class->n_irq);
		vd_fix(c, dev->at, "add what is missing");
	}
	for (u32 w = 0; w < dev->n_win; w++)
		check_window(c, dev, w, class ? class->min_window : 1);
}

/* ---- one against another ------------------------------------------------------------------ */

static void overlap_memory(const struct vd_check *c, const struct vd_dev *dev, u32 w)
{
	const struct vd_window *win = &dev->win[w];

	for (u32 i = 0; i < c->vd->mems.n; i++) {
		const struct vd_mem *m = &c->vd->mems.v[i];
		struct show region = show_range(m->base.v, m->size);
		struct show window = show_range(win->base.v, win->size);

		if (!range_overlaps(m->base.v, m->size, win->base.v, win->size))
			continue;
		if (dev->is_default) {
			vd_error(c, VD_F_MEMORY_REGIONS, m->at, region.s, "overlaps %s at %s",
				 vd_dev_label(dev).s, window.s);
			vd_fix(c, m->at,
			       "move the region, or list the device at another address in %s",
			       vmdesc_key(c->vd, VD_F_EMU_DEVICES).s);
			continue;
		}
		vd_error(c, VD_F_EMU_DEVICES, dev->at, window.s, "%s overlaps memory",
			 vd_dev_label(dev).s);
		vd_note(c, m->at, "region %s", region.s);
		vd_fix(c, dev->at, "write an address outside of the region");
	}
}

static void overlap_devices(const struct vd_check *c, const struct vd_dev *a, u32 wa,
			    const struct vd_dev *b, u32 wb)
{
	const struct vd_window *x = &a->win[wa];
	const struct vd_window *y = &b->win[wb];

	if (!range_overlaps(x->base.v, x->size, y->base.v, y->size))
		return;
	vd_error(c, VD_F_EMU_DEVICES, b->at, show_range(y->base.v, y->size).s, "%s%s",
		 vd_dev_label(b).s,
		 a == b ? COLD_TEXT(": its windows overlap") :
			  COLD_TEXT(" overlaps another device"));
	vd_note(c, a->at, "%s at %s", vd_dev_label(a).s, show_range(x->base.v, x->size).s);
	vd_fix(c, b->at, "write another address");
}

/* All pairs of windows, each once; the device from the file is the one to blame. */
static void check_overlaps(const struct vd_check *c, u32 i)
{
	const struct vd_dev *dev = &c->vd->devs.v[i];

	for (u32 w = 0; w < dev->n_win; w++) {
		overlap_memory(c, dev, w);
		for (u32 v = 0; v < w; v++)
			overlap_devices(c, dev, v, dev, w);
		for (u32 j = 0; j < i; j++) {
			const struct vd_dev *other = &c->vd->devs.v[j];

			for (u32 v = 0; v < other->n_win; v++) {
				if (dev->is_default)
					overlap_devices(c, dev, w, other, v);
				else
					overlap_devices(c, other, v, dev, w);
			}
		}
	}
}

static void same_line(const struct vd_check *c, const struct vd_dev *first,
		      const struct vd_dev *second, u32 line)
{
	vd_error(c, VD_F_EMU_DEVICES, second->at, NULL, "%s: interrupt %u is taken",
		 vd_dev_label(second).s, line);
	vd_note(c, first->at, "by %s", vd_dev_label(first).s);
	vd_fix(c, second->at, "write another interrupt");
}

static void check_irqs(const struct vd_check *c, u32 i)
{
	const struct vd_dev *dev = &c->vd->devs.v[i];

	for (u32 k = 0; k < dev->n_irq; k++) {
		for (u32 j = 0; j < i; j++) {
			const struct vd_dev *other = &c->vd->devs.v[j];

			for (u32 l = 0; l < other->n_irq; l++) {
				if (other->irq[l].line != dev->irq[k].line)
					continue;
				same_line(c, dev->is_default ? dev : other,
					  dev->is_default ? other : dev, dev->irq[k].line);
			}
		}
	}
}

/* ---- how many ----------------------------------------------------------------------------- */

enum only_one {
	ONLY_ONE_INTC,
	ONLY_ONE_CONSOLE
};

static bool is_kind(const struct vd_check *c, const struct vd_dev *dev, enum only_one kind)
{
	const struct vd_class_info *class = class_of(c, dev);

	if (!class)
		return false;
	return kind == ONLY_ONE_INTC ? class->is_intc : class->is_console;
}

static void check_only_one(const struct vd_check *c, enum only_one kind)
{
	const char *what = kind == ONLY_ONE_INTC ? "interrupt controller" : "console";
	const struct vd_dev *first = NULL;

	for (u32 i = 0; i < c->vd->devs.n; i++) {
		const struct vd_dev *dev = &c->vd->devs.v[i];

		if (!is_kind(c, dev, kind))
			continue;
		if (!first) {
			first = dev;
			continue;
		}
		vd_error(c, VD_F_EMU_DEVICES, dev->at, NULL, "%s: a VM has only one %s",
			 vd_dev_label(dev).s, what);
		vd_note(c, first->at, "the first one is %s", vd_dev_label(first).s);
		vd_fix(c, dev->at, "remove it");
	}
	if (!first && kind == ONLY_ONE_INTC && c->t->n_classes &&
	    !vd_reported(c, VD_F_EMU_DEVICES)) {
		vd_error(c, VD_F_EMU_DEVICES, (struct src_pos){ .file = c->vd->file }, NULL,
			 "a VM needs an interrupt controller");
		vd_fix(c, (struct src_pos){ .file = c->vd->file },
		       "link its class into the hypervisor, or list one");
	}
}

void vd_check_devs(const struct vd_check *c)
{
	for (u32 i = 0; i < c->vd->devs.n; i++) {
		check_class(c, &c->vd->devs.v[i]);
		check_overlaps(c, i);
		check_irqs(c, i);
	}
	check_only_one(c, ONLY_ONE_INTC);
	check_only_one(c, ONLY_ONE_CONSOLE);
}
