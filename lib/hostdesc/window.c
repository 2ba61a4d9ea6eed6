/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of the machine's memory that we may use: neither what the platform file leaves out, nor
 * what the device tree forbids to map.
 */
#include <lib/hostdesc.h>

#include <base/bits.h>

#define PAGE KIB(4)

/* What of @r lies in @w; length 0: nothing. */
static struct range clip(struct range r, struct range w)
{
	u64 base = MAX(r.base, w.base);
	u64 end = MIN(r.base + r.len, w.base + w.len);

	return (struct range){ base, end > base ? end - base : 0 };
}

void hostdesc_apply_window(struct hostdesc *hd)
{
	u32 n = 0;

	if (!hd->window.len)
		return;
	for (u32 i = 0; i < hd->n_mem; i++) {
		struct range r = clip(hd->mem[i], hd->window);

		if (r.len)
			hd->mem[n++] = r;
	}
	hd->n_mem = n;
}

/* Bank @i becomes what lies before @hole, and what lies behind it. False: the bank is gone. */
static bool cut_bank(struct hostdesc *hd, u32 i, struct range hole)
{
	struct range *m = &hd->mem[i];
	u64 end = m->base + m->len, hole_end = hole.base + hole.len;
	struct range before = { m->base, hole.base > m->base ? hole.base - m->base : 0 };
	struct range behind = { hole_end, end > hole_end ? end - hole_end : 0 };

	if (before.len && behind.len && hd->n_mem < HD_MAX_MEM) {
		memmove(m + 1, m, (hd->n_mem++ - i) * sizeof(*m));
		m[1] = behind;
		behind.len = 0;
	}
	*m = before.len > behind.len ? before : behind;
	return m->len != 0;
}

void hostdesc_cut(struct hostdesc *hd, struct range r)
{
	u64 base = align_down(r.base, PAGE);
	u32 n = 0;

	if (!r.len || !range_valid(base, r.len + (r.base - base)) ||
	    r.base + r.len > UINT64_MAX - PAGE)
		return;
	r = (struct range){ base, align_up(r.base + r.len, PAGE) - base };
	for (u32 i = 0; i < hd->n_mem; i++)
		if (!range_overlaps(r.base, r.len, hd->mem[i].base, hd->mem[i].len) ||
		    cut_bank(hd, i, r))
			hd->mem[n++] = hd->mem[i];
	hd->n_mem = n;
}
