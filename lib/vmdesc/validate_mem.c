/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory regions: whole pages, inside of what a guest can address, apart from each other and from
 * the windows of devices, with permissions that a CPU can give, and no more than the host has.
 */
#include "vmdesc_priv.h"

#define PAGE  KIB(4)
#define BLOCK MIB(2)

static bool check_shape(const struct vd_check *c, const struct vd_mem *m)
{
	const char *wrong = NULL;
	const char *fix = "write address and size as multiples of 0x1000 (4 KiB)";

	if (!m->size) {
		wrong = "a region of no bytes";
		fix = "write a size, such as 0x2000_0000 (512 MiB)";
	} else if (!range_valid(m->base.v, m->size)) {
		wrong = "ends beyond 2^64";
		fix = "write a smaller size";
	} else if (!is_aligned(m->base.v, PAGE)) {
		wrong = "the address is no multiple of 4 KiB";
	} else if (!is_aligned(m->size, PAGE)) {
		wrong = "the size is no multiple of 4 KiB";
	} else if (!is_aligned(m->host.v, PAGE) || !range_valid(m->host.v, m->size)) {
		wrong = "the host's address is no multiple of 4 KiB, or too high";
	}
	if (wrong) {
		vd_error(c, VD_F_MEMORY_REGIONS, m->at, show_range(m->base.v, m->size).s, "%s",
			 wrong);
		vd_fix(c, m->at, "%s", fix);
		return false;
	}
	if (!is_aligned(m->base.v | m->size, BLOCK))
		vd_warning(
			c, VD_F_MEMORY_REGIONS, m->at, show_range(m->base.v, m->size).s,
			"address or size is no multiple of 2 MiB: mapped in small pages, slower");
	return true;
}

static void check_limit(const struct vd_check *c, const struct vd_mem *m)
{
	if (!c->t->gpa_limit || range_ok(m->base.v, m->size, c->t->gpa_limit))
		return;
	vd_error(c, VD_F_MEMORY_REGIONS, m->at, show_range(m->base.v, m->size).s,
		 "beyond what a guest can address on this machine");
	vd_fix(c, m->at, "write a region that ends at or below %s", show_hex(c->t->gpa_limit).s);
}

static void check_prot(const struct vd_check *c, const struct vd_mem *m)
{
	if (m->prot & VD_R)
		return;
	vd_error(c, VD_F_MEMORY_REGIONS, m->at, show_range(m->base.v, m->size).s,
		 "flags %s: memory %s", show_hex(m->prot).s,
		 m->prot ? COLD_TEXT("to be written or executed must be readable too") :
			   COLD_TEXT("that cannot be read"));
	vd_fix(c, m->at, "write flags 0x7 (all), 0x5 (read, execute), 0x3 (read, write) or 0x1");
}

struct range vd_host_range(const struct vd_mem *m)
{
	u64 base = align_down(m->host.v, BLOCK), end = align_up(m->host.v + m->size, BLOCK);

	if (m->backing != VD_MEM_CLAIMED || end <= base)
		return (struct range){ m->host.v, m->size };
	return (struct range){ base, end - base };
}

static void check_overlap(const struct vd_check *c, u32 i)
{
	const struct vd_mem *m = &c->vd->mems.v[i];
	struct range host = vd_host_range(m);

	for (u32 j = 0; j < i; j++) {
		const struct vd_mem *o = &c->vd->mems.v[j];
		struct range other = vd_host_range(o);
		bool both_host = m->backing != VD_MEM_ALLOC && o->backing != VD_MEM_ALLOC;

		if (both_host && range_overlaps(other.base, other.len, host.base, host.len) &&
		    !range_overlaps(o->base.v, o->size, m->base.v, m->size)) {
			vd_error(c, VD_F_MEMORY_REGIONS, m->at, show_range(m->host.v, m->size).s,
				 "this host memory is that of another region");
			vd_note(c, o->at, "region %s", show_range(o->base.v, o->size).s);
			vd_fix(c, m->at,
			       "write another host address (whole blocks of 2 MiB are claimed)");
		}
		if (!range_overlaps(o->base.v, o->size, m->base.v, m->size))
			continue;
		vd_error(c, VD_F_MEMORY_REGIONS, m->at, show_range(m->base.v, m->size).s,
			 "overlaps another region");
		vd_note(c, o->at, "region %s", show_range(o->base.v, o->size).s);
		vd_fix(c, m->at, "write an address from %s on, or make the regions smaller",
		       show_hex(o->base.v + o->size).s);
	}
}

static u64 add_up(u64 a, u64 b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

u64 vd_ram_of(const struct vmdesc *vd)
{
	u64 total = 0;

	for (u32 i = 0; i < vd->mems.n; i++) {
		if (vd->mems.v[i].backing != VD_MEM_RESERVED)
			total = add_up(total, vd->mems.v[i].size);
	}
	return total;
}

static void check_total(const struct vd_check *c)
{
	struct src_pos at = c->vd->mems_at;
	u64 total = vd_ram_of(c->vd);

	if (!c->t->free_ram || total <= c->t->free_ram)
		return;
	vd_error(c, VD_F_MEMORY_REGIONS, at, NULL, "%s in all, but guests can have only %s",
		 show_size(total).s, show_size(c->t->free_ram).s);
	vd_fix(c, at, "make regions smaller, or give the machine more memory");
}

void vd_check_mems(const struct vd_check *c)
{
	u32 before = c->d->n_errors;

	if (!c->vd->mems.n && !vd_reported(c, VD_F_MEMORY_REGIONS)) {
		vd_error(c, VD_F_MEMORY_REGIONS, c->vd->mems_at, NULL, "a VM needs memory");
		vd_fix(c, c->vd->mems_at, "write %s%s", vmdesc_key_is(c->vd, VD_F_MEMORY_REGIONS).s,
		       vmdesc_memory_example(c->vd));
	}
	for (u32 i = 0; i < c->vd->mems.n; i++) {
		if (!check_shape(c, &c->vd->mems.v[i]))
			continue;
		check_limit(c, &c->vd->mems.v[i]);
		check_prot(c, &c->vd->mems.v[i]);
		check_overlap(c, i);
	}
	/* A region of a wrong size would be a second message about the same number. */
	if (c->d->n_errors == before)
		check_total(c);
}
