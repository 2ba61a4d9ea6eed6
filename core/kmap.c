/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own page table. Its first pages lie in .bss, which is mapped as part of the image both
 * before and after the switch; those of later come from the page pool and are reached through
 * the direct map. The image itself is not in the direct map: each of its pages has one mapping,
 * with the rights of its part.
 */
#include <core/kmap.h>

#include <base/bits.h>
#include <base/spinlock.h>
#include <base/str.h>
#include <core/panic.h>
#include <core/pt.h>

#define MAX_PARTS 64

/*
 * Tables needed before the page pool is there, at worst: the root; for the begin and the end of
 * each bank, when nothing is aligned, a table for its 512 GiB, 1 GiB and 2 MiB; two of the last
 * two where the image leaves a hole; for the image two above, and ragged parts in eight stretches
 * of 2 MiB. What is left over serves devices.
 */
#define EARLY_BANKS 8
#define EARLY_PAGES (1 + EARLY_BANKS * 2 * 3 + 2 * 2 + 2 + 8)

/* Not cleared when we start: table_alloc() does that. */
#define in_tables __attribute__((section(".bss.tables")))
static in_tables alignas(PAGE_SIZE) u8 kmap_pool[EARLY_PAGES][PAGE_SIZE];

static struct kmap {
	struct spinlock lock;
	struct pt pt;
	u8 *image; /* where it is linked */
	struct range image_at;
	struct range device; /* what was mapped last: windows of a kind often share pages */
	u32 n_early;	     /* pages of kmap_pool in use */
} kmap;

struct kmap_locked {
	struct kmap *kmap;
};

static struct kmap_locked kmap_lock(void)
{
	spin_lock(&kmap.lock);
	return (struct kmap_locked){ &kmap };
}

static void kmap_unlock(struct kmap_locked *l)
{
	spin_unlock(&l->kmap->lock);
	l->kmap = NULL;
}

/* ---- tables ----------------------------------------------------------------------------------- */

static enum status table_alloc(pmm_owner_t owner, u32 n, hpa_t *out)
{
	u8 *page;

	if (n > EARLY_PAGES - kmap.n_early)
		return pmm_alloc_pages(owner, n, out);
	page = kmap_pool[kmap.n_early];
	kmap.n_early += n;
	memset(page, 0, n * PAGE_SIZE);
	*out = HPA(kmap.image_at.base + (u64)(page - kmap.image));
	return OK;
}

static u64 *table_at(hpa_t table)
{
	if (range_inside(table.v, PAGE_SIZE, kmap.image_at.base, kmap.image_at.len))
		return (u64 *)(void *)(kmap.image + (table.v - kmap.image_at.base));
	return arch_phys_to_virt(table);
}

static const struct pt_pages kmap_pages = { table_alloc, table_at };

/* ---- building --------------------------------------------------------------------------------- */

static enum status map_image(const struct arch_image_part *parts, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		hpa_t at = HPA(kmap.image_at.base + (u64)((u8 *)parts[i].va - kmap.image));

		if (!parts[i].prot)
			continue;
		TRY(pt_map(&kmap.pt, (u64)parts[i].va, at, parts[i].len, parts[i].prot, PT_NORMAL));
	}
	return OK;
}

static enum status map_ram(u64 base, u64 end)
{
	base = align_up(base, PAGE_SIZE);
	end = align_down(end, PAGE_SIZE);
	if (base >= end)
		return OK;
	return pt_map(&kmap.pt, (u64)arch_phys_to_virt(HPA(base)), HPA(base), end - base,
		      PT_R | PT_W, PT_NORMAL);
}

/* The direct map of one bank: what lies before the image, and what lies behind it. */
static enum status map_bank(struct range r)
{
	u64 hole = kmap.image_at.base;
	u64 hole_end = hole + kmap.image_at.len;
	u64 end = r.base + r.len;

	if (!range_ok(r.base, r.len, BIT(kmap.pt.format->input_bits)))
		return E_RANGE;
	TRY(map_ram(r.base, MIN(end, hole)));
	return map_ram(MAX(r.base, hole_end), end);
}

enum status kmap_init(const struct arch_boot *boot, const struct range *mem, u32 n_mem)
{
	struct arch_image_part parts[MAX_PARTS];
	u32 n = arch_image_parts(parts, MAX_PARTS);
	u64 len;

	BUG_ON(n == 0);
	len = (u64)((u8 *)parts[n - 1].va - (u8 *)parts[0].va) + parts[n - 1].len;
	kmap = (struct kmap){ .image = parts[0].va,
			      .image_at = { boot->image.v, MAX(len, boot->image_len) } };
	TRY(pt_init_from(&kmap.pt, arch_pt_format(PT_HOST), &kmap_pages, PMM_HYPERVISOR));
	TRY(map_image(parts, n));
	for (u32 i = 0; i < n_mem; i++)
		TRY(map_bank(mem[i]));
	arch_kmap_activate(kmap.pt.root);
	return OK;
}

/* ---- devices ---------------------------------------------------------------------------------- */

/* What has been mapped for a device is kept: windows may share pages. */
static enum status map_device_pages(struct kmap_locked l, u64 base, u64 end)
{
	struct pt_stretch s = { (u64)arch_phys_to_virt(HPA(base)), HPA(base), end - base,
				PT_R | PT_W, PT_DEVICE };
	struct pte_info info;
	enum status st;
	u64 run;

	if (range_inside(base, end - base, l.kmap->device.base, l.kmap->device.len))
		return OK;
	l.kmap->device = (struct range){ base, end - base };
	while ((st = pt_map_stretch(&l.kmap->pt, &s)) == E_EXISTS) {
		if (pt_lookup(&l.kmap->pt, s.va, &info, &run) != OK || info.type != PT_DEVICE)
			break;
		run = MIN(run, s.len);
		s.va += run;
		s.pa.v += run;
		s.len -= run;
	}
	if (st != OK)
		l.kmap->device.len = 0;
	return st;
}

enum status kmap_device(struct range win, void **out)
{
	struct kmap_locked l;
	enum status st;

	if (!win.len || !range_ok(win.base, win.len, BIT(kmap.pt.format->input_bits)))
		return E_INVAL;
	if (kmap_is_image(win))
		return E_EXISTS;
	l = kmap_lock();
	st = map_device_pages(l, align_down(win.base, PAGE_SIZE),
			      align_up(win.base + win.len, PAGE_SIZE));
	kmap_unlock(&l);
	*out = arch_phys_to_virt(HPA(win.base));
	return st;
}

bool kmap_is_image(struct range r)
{
	return range_overlaps(r.base, r.len, kmap.image_at.base, kmap.image_at.len);
}

bool kmap_is_memory(struct range r)
{
	struct kmap_locked l;
	struct pte_info info;
	bool found = range_overlaps(r.base, r.len, kmap.image_at.base, kmap.image_at.len);
	u64 run;

	if (!range_ok(r.base, r.len, BIT(kmap.pt.format->input_bits)))
		return false;
	l = kmap_lock();
	for (u64 off = 0; off < r.len && !found; off += run) {
		u64 va = (u64)arch_phys_to_virt(HPA(r.base + off));

		found = pt_lookup(&l.kmap->pt, va, &info, &run) == OK && info.type != PT_DEVICE;
	}
	kmap_unlock(&l);
	return found;
}

/* ---- looking up ------------------------------------------------------------------------------- */

hpa_t kmap_phys(const void *p)
{
	u64 off = (u64)((const u8 *)p - kmap.image);

	if (off < kmap.image_at.len)
		return HPA(kmap.image_at.base + off);
	return arch_virt_to_phys(p);
}
