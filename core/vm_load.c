/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Executing a load plan, slice by slice: bytes go from the store straight to their place in the
 * guest's memory (the disk writes them there), or through the decompressor. What a guest may read
 * with its caches off is cleaned to memory.
 */
#include <core/vm.h>

#include <base/str.h>
#include <core/log.h>
#include <core/gmem.h>
#include <core/stores.h>
#include <lib/guestfw.h>

#define SLICE	      KIB(256)
#define SCRUB_SLICE   MIB(4)
#define BOUNCE_SIZE   KIB(64)
#define SCRATCH_TREE  0 /* the finished tree */
#define SCRATCH_BASE  GUEST_FDT_MAX
#define SCRATCH_GZIP  (SCRATCH_BASE + GUEST_FDT_MAX / 2)
#define SCRATCH_IN    (SCRATCH_GZIP + GUNZIP_STATE_SIZE)
#define SCRATCH_PAGES ((SCRATCH_IN + BOUNCE_SIZE) / PAGE_SIZE)

u64 vm_timer_hz;

static _Atomic u64 n_slices; /* of all VMs: who waits for the store sees that its line moves */

static u8 *scratch(const struct vm *vm, u64 off)
{
	return (u8 *)arch_phys_to_virt(vm->load.scratch) + off;
}

/* ---- zeroing ---------------------------------------------------------------------------------- */

static enum status scrub_some(struct vm *vm, const struct vd_mem *m)
{
	u64 n = MIN(m->size - vm->load.off, SCRUB_SLICE);
	void *p;

	TRY(gmem_view(&vm->mem, gpa_add(m->base, vm->load.off), &p, &n));
	memset(p, 0, n);
	arch_cache_clean(p, n);
	vm->load.off += n;
	return E_BUSY;
}

enum status vm_scrub_slice(struct vm *vm)
{
	struct vm_load *l = &vm->load;

	while (vm->dirty && l->region < vm->desc->mems.n) {
		const struct vd_mem *m = &vm->desc->mems.v[l->region];

		/* What is in reserved memory is not ours to clear. */
		if (l->off < m->size && m->backing != VD_MEM_RESERVED)
			return scrub_some(vm, m);
		l->region++;
		l->off = 0;
	}
	vm->dirty = false;
	return OK;
}

/* ---- loading ---------------------------------------------------------------------------------- */

enum status vm_load_begin(struct vm *vm)
{
	struct vm_load *l = &vm->load;

	TRY(pmm_alloc_pages_dirty(PMM_HYPERVISOR, SCRATCH_PAGES, &l->scratch));
	l->image = 0;
	l->step = 0;
	l->off = 0;
	return OK;
}

void vm_load_end(struct vm *vm)
{
	if (vm->load.scratch.v)
		pmm_free_pages(PMM_HYPERVISOR, vm->load.scratch, SCRATCH_PAGES);
	vm->load.scratch = HPA(0);
}

static enum status copy_slice(struct vm *vm, const struct fit_image *img, const struct load_step *s)
{
	struct vm_load *l = &vm->load;
	u64 n = MIN(s->file_len - l->off, SLICE);
	void *p;

	TRY(gmem_view(&vm->mem, gpa_add(s->dst, l->off), &p, &n));
	TRY(img->file.store->ops->read(&img->file, s->file_off + l->off, p, n));
	arch_cache_clean(p, n);
	l->off += n;
	return OK;
}

/* The end of the stream must be the end of what was planned: no byte beyond mem_len. */
static enum status inflate_into(struct vm *vm, const struct load_step *s, struct span *in)
{
	struct vm_load *l = &vm->load;

	while (in->n) {
		u64 n = s->mem_len - l->out;
		size_t before = in->n, room;
		enum status st;
		void *view;
		u8 *out;

		if (n == 0)
			return E_RANGE;
		TRY(gmem_view(&vm->mem, gpa_add(s->dst, l->out), &view, &n));
		out = view;
		room = n;
		st = gunzip_run(l->gunzip, in, &out, &room);
		arch_cache_clean(view, n - room);
		l->out += n - room;
		if (st != OK)
			return st;
		if (in->n == before && room == n)
			return E_FORMAT; /* no progress */
	}
	return OK;
}

static enum status inflate_slice(struct vm *vm, const struct fit_image *img,
				 const struct load_step *s)
{
	struct vm_load *l = &vm->load;
	size_t n = MIN(s->file_len - l->off, BOUNCE_SIZE);
	struct span in = span_of(scratch(vm, SCRATCH_IN), n);
	enum status st;

	if (l->off == 0) {
		l->out = 0;
		TRY(gunzip_init(&l->gunzip, scratch(vm, SCRATCH_GZIP)));
	}
	TRY(img->file.store->ops->read(&img->file, s->file_off + l->off, scratch(vm, SCRATCH_IN),
				       n));
	st = inflate_into(vm, s, &in);
	l->off += n;
	if (st == E_NOTFOUND) {
		l->off = s->file_len; /* the stream has ended well; trailing bytes are padding */
		return OK;
	}
	return st == OK && l->off == s->file_len ? E_FORMAT : st;
}

/* Advance to the next piece of work; false when all images are in place. */
static bool next_step(struct vm *vm)
{
	struct vm_load *l = &vm->load;

	for (; l->image < vm->fit.n; l->image++, l->step = 0, l->off = 0) {
		const struct load_plan *p = &vm->fit.image[l->image].plan;

		for (; l->step < p->n; l->step++, l->off = 0) {
			if (l->off < p->step[l->step].file_len)
				return true;
		}
	}
	return false;
}

static enum status place(struct vm *vm, gpa_t at, const u8 *from, u64 len)
{
	while (len) {
		u64 n = len;
		void *p;

		TRY(gmem_view(&vm->mem, at, &p, &n));
		memcpy(p, from, n);
		arch_cache_clean(p, n);
		at = gpa_add(at, n);
		from += n;
		len -= n;
	}
	return OK;
}

static enum status load_tree(struct vm *vm)
{
	struct guest_fw_info info = { .timer_hz = vm_timer_hz };
	struct span base = { NULL, 0 };
	size_t len;

	for (u32 i = 0; i < vm->fit.n; i++) {
		const struct fit_image *img = &vm->fit.image[i];
		u8 *at = scratch(vm, SCRATCH_BASE);

		if (img->desc->role == VD_IMG_INITRD) {
			info.initrd = img->plan.step[0].dst;
			info.initrd_len = img->file.size;
		} else if (img->desc->role == VD_IMG_DTB) {
			TRY(img->file.store->ops->read(&img->file, 0, at, img->file.size));
			base = span_of(at, img->file.size);
		}
	}
	TRY(guest_fdt_write(vm->desc, &info, base, scratch(vm, SCRATCH_TREE), GUEST_FDT_MAX, &len));
	vm->fdt_len = len;
	return place(vm, vm->fit.fdt, scratch(vm, SCRATCH_TREE), len);
}

static enum status slice(struct vm *vm)
{
	const struct fit_image *img;
	const struct load_step *s;

	if (!next_step(vm))
		return load_tree(vm);
	img = &vm->fit.image[vm->load.image];
	s = &img->plan.step[vm->load.step];
	TRY(s->kind == LOAD_COPY ? copy_slice(vm, img, s) : inflate_slice(vm, img, s));
	return E_BUSY;
}

enum status vm_load_slice(struct vm *vm)
{
	struct stores_locked l = stores_trylock();
	enum status st;

	vm->load.blocked = !l.held;
	if (!l.held) {
		vm->load.line = atomic_load_explicit(&n_slices, memory_order_relaxed);
		return E_BUSY;
	}
	atomic_fetch_add_explicit(&n_slices, 1, memory_order_relaxed);
	st = slice(vm);
	stores_unlock(&l);
	return st;
}
