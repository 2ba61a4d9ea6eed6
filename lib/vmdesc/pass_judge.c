/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How each window is reached, and what is dangerous about it. Mapped: whole pages in which no
 * device has registers that is not given too. Anything else is forwarded. A device is taken to be
 * able to do DMA unless its node's name is one of those that cannot, or when its node says so.
 */
#include "pass_priv.h"

#define PAGE KIB(4)

/* Somebody else's registers that share [base, base + len) with a window, ours before others'. */
static const struct hd_dev *stranger_in(const struct pass_resolver *r, u64 base, u64 len)
{
	const struct hd_dev *found = NULL;

	for (u32 i = 0; i < r->hd->n_devs; i++) {
		const struct hd_dev *dev = &r->hd->devs[i];

		for (u32 w = 0; !r->pass_index[i] && w < dev->n_win; w++) {
			if (range_overlaps(dev->win[w].base, dev->win[w].len, base, len) &&
			    (!found || pass_own_use(r, dev)))
				found = dev;
		}
	}
	return found;
}

static void judge_window(struct pass_resolver *r, const struct vd_pass *p, struct vd_pass_window *w)
{
	const struct hd_dev *other = stranger_in(r, w->hpa.v, w->size);
	bool whole = is_aligned(w->gpa.v | w->hpa.v | w->size, PAGE);

	w->how = whole && !other ? VD_PASS_MAP : VD_PASS_FORWARD;
	if (!other || !pass_own_use(r, other))
		return;
	vd_error(&r->c, vd_pass_field(p), p->at, show_range(w->hpa.v, w->size).s,
		 "holds registers of %s, which is the hypervisor's own (%s)",
		 show_text(other->path).s, pass_own_use(r, other));
	vd_fix(&r->c, p->at, "give a smaller window, or leave the device out");
}

/* ---- DMA ---------------------------------------------------------------------------------- */

/* Names of nodes as the specification recommends (v0.4, 2.2.2), and a few that are common. */
static bool is_harmless_name(struct str path)
{
	static const char names[] = "serial\0uart\0pl011\0pl031\0pl061\0gpio\0rtc\0timer\0"
				    "watchdog\0pinctrl\0clock-controller\0reset-controller\0"
				    "power-controller\0power-management\0syscon\0pwm\0i2c\0adc\0"
				    "saradc\0tsadc\0thermal-sensor\0efuse\0mailbox\0";
	struct str s = { path.p + path.n, 0 };

	while (s.n < path.n && s.p[-1] != '/') {
		s.p--;
		s.n++;
	}
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '@')
			s.n = i;
	}
	for (const char *n = names; *n; n += strlen(n) + 1) {
		if (str_eq_c(s, n))
			return true;
	}
	return false;
}

static bool can_dma(const struct pass_resolver *r, const struct vd_pass *p)
{
	u32 n = r->t.n_nodes && p->path.n ? dt_find(&r->t, p->path) : DT_NONE;

	bool said_none = true;

	for (u32 i = 0; i < p->n_win; i++)
		said_none &= (p->win[i].prot & VD_NO_DMA) != 0;
	if (said_none)
		return false;
	if (n != DT_NONE && (dt_has(&r->t, n, "dma-coherent") || dt_has(&r->t, n, "iommus")))
		return true;
	return !is_harmless_name(p->path);
}

static bool memory_is_identity(const struct vmdesc *vd)
{
	for (u32 i = 0; i < vd->mems.n; i++) {
		const struct vd_mem *m = &vd->mems.v[i];

		if (m->backing == VD_MEM_ALLOC || m->host.v != m->base.v)
			return false;
	}
	return true;
}

/* One message for the VM: that it is dangerous matters, not how often. */
static void warn_of_dma(const struct pass_resolver *r)
{
	const struct vd_pass *first = NULL;
	u32 n = 0;

	for (u32 i = 0; i < r->n; i++) {
		if (can_dma(r, &r->pass[i]) && !n++)
			first = &r->pass[i];
	}
	if (!first)
		return;
	vd_warning(&r->c, vd_pass_field(first), first->at, NULL,
		   "%s%s may do DMA: with no I/O MMU before it, the guest can read and write all "
		   "memory of the machine by it, the hypervisor's and other VMs' too",
		   show_text(first->path.n ? first->path :
			     first->name.n ? first->name :
					     STR("a device there"))
			   .s,
		   n > 1 ? " and others" : "");
	if (memory_is_identity(r->vd))
		return;
	vd_warning(
		&r->c, VD_F_MEMORY_REGIONS, r->vd->mems_at, NULL,
		"DMA will go to the wrong place: the host's addresses of this memory are others");
	vd_fix(&r->c, r->vd->mems_at, "%s", vmdesc_same_memory(r->vd));
}

void pass_judge(struct pass_resolver *r)
{
	for (u32 i = 0; i < r->n; i++) {
		for (u32 w = 0; w < r->pass[i].n_win; w++)
			judge_window(r, &r->pass[i], &r->pass[i].win[w]);
	}
	warn_of_dma(r);
}
