/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guest-physical addresses become pointers here and nowhere else. What is not write-back memory
 * (devices passed through) is no memory to us. An access is checked to its last byte before the
 * first is copied.
 */
#include <core/gmem.h>

#include <base/str.h>

/* A contiguous piece of the guest's memory at @at, with all of the rights @need. */
static enum status gmem_piece(const struct stage2 *s2, gpa_t at, u32 need, u8 **p, u64 *run)
{
	struct pte_info info;

	if (pt_lookup(&s2->pt, at.v, &info, run) != OK)
		return E_RANGE;
	if (info.type != PT_NORMAL || (info.prot & need) != need)
		return E_RANGE;
	*p = arch_phys_to_virt(info.target);
	return OK;
}

/* The first piece of [at, at + n), when all of it has the rights @need. */
static enum status gmem_begin(const struct stage2 *s2, gpa_t at, size_t n, u32 need, u8 **p,
			      u64 *run)
{
	u64 more;
	u8 *q;

	/* Nothing wraps: where the addresses of the format end, a piece ends. */
	TRY(gmem_piece(s2, at, need, p, run));
	for (u64 off = *run; off < n; off += more)
		TRY(gmem_piece(s2, gpa_add(at, off), need, &q, &more));
	return OK;
}

enum status gmem_read(const struct stage2 *s2, gpa_t at, void *buf, size_t n)
{
	u8 *to = buf, *p;
	u64 run;

	if (!n)
		return OK;
	TRY(gmem_begin(s2, at, n, PT_R, &p, &run));
	while (run < n) {
		memcpy(to, p, run);
		to += run;
		n -= run;
		at = gpa_add(at, run);
		TRY(gmem_piece(s2, at, PT_R, &p, &run));
	}
	memcpy(to, p, n);
	return OK;
}

enum status gmem_write(const struct stage2 *s2, gpa_t at, const void *buf, size_t n)
{
	const u8 *from = buf;
	u64 run;
	u8 *p;

	if (!n)
		return OK;
	TRY(gmem_begin(s2, at, n, PT_W, &p, &run));
	while (run < n) {
		memcpy(p, from, run);
		from += run;
		n -= run;
		at = gpa_add(at, run);
		TRY(gmem_piece(s2, at, PT_W, &p, &run));
	}
	memcpy(p, from, n);
	return OK;
}

enum status gmem_view(const struct stage2 *s2, gpa_t at, void **out, u64 *len)
{
	u64 have, run;
	u8 *first, *p;

	TRY(gmem_piece(s2, at, 0, &first, &have));
	/* Leaves that lie one after the other here as there make one window. */
	while (have < *len && gmem_piece(s2, gpa_add(at, have), 0, &p, &run) == OK &&
	       p == first + have)
		have += run;
	*out = first;
	*len = MIN(*len, have);
	return OK;
}
