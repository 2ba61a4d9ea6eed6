/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images into a VM's memory, in plan only. Those with a place of their own come first, then those
 * that go where there is room; the kernel is always image 0.
 */
#include <lib/fit.h>

#include <base/cold.h>
#include <base/bits.h>
#include <base/fmt.h>
#include <base/range.h>
#include <lib/guestfw.h>

struct fitting {
	const struct vmdesc *desc;
	const struct fit_place *place;
	struct image_fit *out;
	struct diag *d;
};

enum vd_source image_source(const struct vmdesc *desc, const struct vd_image *img)
{
	return img->source == VD_SRC_HOME ? desc->home : img->source;
}

void image_report_cold(const struct vmdesc *desc, const struct vd_image *img, enum vd_image_key key,
		       struct diag *d, const char *format, ...)
{
	struct src_pos at = key == VD_IMAGE_LOAD && img->load.given ? img->load.at : img->at;
	enum vd_field f = vmdesc_image_field(img->role, key);
	char text[160];
	va_list ap;

	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	diag_report(d, DIAG_ERROR, at, "%s: %s%s\"%.*s\"%s", vmdesc_label(desc).s,
		    key == VD_IMAGE_PATH ? vmdesc_key_is(desc, f).s : vmdesc_key(desc, f).s,
		    key == VD_IMAGE_PATH ? "" : ": ", STR_ARG(img->path), text);
}

static enum status read_file(void *ctx, u64 off, void *buf, size_t n)
{
	const struct store_file *file = (const struct store_file *)ctx;

	return file->store->ops->read(file, off, buf, n);
}

static const struct vd_mem *region_of(const struct vmdesc *desc, u64 base, u64 len)
{
	for (u32 i = 0; i < desc->mems.n; i++) {
		const struct vd_mem *m = &desc->mems.v[i];

		if (range_inside(base, len, m->base.v, m->size))
			return m;
	}
	return NULL;
}

/* Bytes of guest memory a step covers; for the last one, what the image needs beyond the file. */
static u64 step_len(const struct load_plan *p, u32 i)
{
	u64 len = MAX(p->step[i].mem_len, p->step[i].file_len * (p->step[i].kind == LOAD_COPY));

	return p->kind == IMAGE_LINUX ? MAX(len, p->mem_size) : len;
}

static void report_fit(const struct fitting *f, const struct vd_image *img, u64 base, u64 len)
{
	image_report(f->desc, img, VD_IMAGE_LOAD, f->d,
		     " needs 0x%llx..0x%llx, which is not inside of one memory region",
		     (unsigned long long)base, (unsigned long long)(base + len));
	diag_report(f->d, DIAG_FIX, f->desc->mems_at,
		    "make the memory region larger, or load the image elsewhere");
}

static enum status check_fit(const struct fitting *f, const struct fit_image *img)
{
	for (u32 i = 0; i < img->plan.n; i++) {
		u64 base = img->plan.step[i].dst.v;
		u64 len = step_len(&img->plan, i);

		if (region_of(f->desc, base, len))
			continue;
		report_fit(f, img->desc, base, len);
		return E_RANGE;
	}
	return OK;
}

static bool plans_overlap(const struct load_plan *a, const struct load_plan *b)
{
	for (u32 i = 0; i < a->n; i++) {
		for (u32 j = 0; j < b->n; j++) {
			if (range_overlaps(a->step[i].dst.v, step_len(a, i), b->step[j].dst.v,
					   step_len(b, j)))
				return true;
		}
	}
	return false;
}

static enum status check_overlap(const struct fitting *f, const struct fit_image *img)
{
	for (u32 i = 0; i < f->out->n; i++) {
		const struct fit_image *o = &f->out->image[i];
		const struct load_step *s = &o->plan.step[0];

		if (!plans_overlap(&img->plan, &o->plan))
			continue;
		image_report(f->desc, img->desc, VD_IMAGE_LOAD, f->d,
			     " overlaps \"%.*s\" at 0x%llx..0x%llx", STR_ARG(o->desc->path),
			     (unsigned long long)s->dst.v,
			     (unsigned long long)(s->dst.v + step_len(&o->plan, 0)));
		diag_report(f->d, DIAG_FIX, img->desc->load.at, "write an address from 0x%llx on",
			    (unsigned long long)align_up(s->dst.v + step_len(&o->plan, 0), MIB(2)));
		return E_EXISTS;
	}
	return OK;
}

/* ---- places that are left to us --------------------------------------------------------------- */

static bool hits_image(const struct fitting *f, u64 base, u64 len)
{
	struct load_plan one = { .n = 1, .step[0] = { .dst = GPA(base), .mem_len = len } };

	for (u32 i = 0; i < f->out->n; i++) {
		if (f->out->image[i].desc->role != VD_IMG_DTB &&
		    plans_overlap(&one, &f->out->image[i].plan))
			return true;
	}
	return false;
}

/* As high in the region as there is room, at 2 MiB (Linux's boot protocol). */
static enum status find_room_in(const struct fitting *f, const struct vd_mem *m, u64 len,
				gpa_t *out)
{
	u64 at = align_down(m->base.v + m->size - MIN(m->size, len), MIB(2));

	for (; m->size >= len && at >= m->base.v; at -= MIB(2)) {
		if (!hits_image(f, at, len) && !vmdesc_reserve_at(f->desc, at, len)) {
			*out = GPA(at);
			return OK;
		}
		if (at < MIB(2))
			break;
	}
	return E_NOTFOUND;
}

static enum status find_room(const struct fitting *f, u64 len, gpa_t *out)
{
	for (u32 i = 0; i < f->desc->mems.n; i++) {
		const struct vd_mem *m = &f->desc->mems.v[i];

		if (m->prot & VD_W && find_room_in(f, m, len, out) == OK)
			return OK;
	}
	return E_NOTFOUND;
}

/* The kernel goes to the beginning of memory, so that all behind it is in one piece. */
static gpa_t kernel_place(const struct vmdesc *desc)
{
	const struct vd_mem *rom = NULL;

	for (u32 i = 0; i < desc->mems.n; i++) {
		const struct vd_mem *m = &desc->mems.v[i];

		if ((m->prot & (VD_X | VD_W)) == (VD_X | VD_W))
			return GPA(align_up(m->base.v, MIB(2)));
		if (m->prot & VD_X && !rom)
			rom = m;
	}
	return GPA(rom ? align_up(rom->base.v, MIB(2)) : 0);
}

/* Linux before 3.17 wants to be this much above a multiple of 2 MiB. */
#define OLD_TEXT_OFFSET KIB(512)

static enum status plan_kernel_at(gpa_t at, struct fit_image *img, struct image_reader *r,
				  const char **why)
{
	enum status st = image_plan(r, at, &img->plan, why);

	if (st == E_FORMAT && !img->desc->load.given)
		st = image_plan(r, gpa_add(at, OLD_TEXT_OFFSET), &img->plan, why);
	return st;
}

static enum status plan_kernel(const struct fitting *f, struct fit_image *img,
			       struct image_reader *r, const char **why)
{
	bool given = img->desc->load.given;
	gpa_t at = given ? img->desc->load.gpa : kernel_place(f->desc);
	const struct vd_reserve *not_there;

	/* Each turn is behind one more of them. */
	for (u32 i = 0; i <= f->desc->reserves.n; i++) {
		TRY(plan_kernel_at(at, img, r, why));
		not_there = vmdesc_reserve_at(f->desc, img->plan.step[0].dst.v,
					      step_len(&img->plan, 0));
		if (given || img->plan.kind == IMAGE_ELF || !not_there)
			break;
		at = GPA(align_up(not_there->win.base.v + not_there->win.size, MIB(2)));
	}
	if (img->plan.kind == IMAGE_ELF && img->plan.machine != f->place->machine) {
		*why = COLD_TEXT("is made for another kind of CPU");
		return E_FORMAT;
	}
	return OK;
}

static void report_plan(const struct fitting *f, const struct vd_image *want, const char *why)
{
	const char *fix = "give a file that is not empty and fits into memory";

	if (want->role == VD_IMG_KERNEL)
		fix = "give an Image, a gzip of it, an ELF or a raw file, at an address it takes";
	image_report(f->desc, want, VD_IMAGE_PATH, f->d, ": the image %s", why);
	diag_report(f->d, DIAG_FIX, want->load.given ? want->load.at : want->at, "%s", fix);
}

static enum status plan_blob(const struct fitting *f, struct fit_image *img, struct image_reader *r)
{
	gpa_t at = img->desc->load.gpa;

	if (!img->desc->load.given)
		TRY(find_room(f, r->size, &at));
	return image_plan_blob(r, at, &img->plan);
}

static enum status plan_one(const struct fitting *f, struct fit_image *img)
{
	const struct vd_image *want = img->desc;
	struct image_reader r = { read_file, &img->file, img->file.size };
	const char *why = COLD_TEXT("is empty, or too large");
	enum status st;

	if (want->role == VD_IMG_KERNEL)
		st = plan_kernel(f, img, &r, &why);
	else
		st = plan_blob(f, img, &r);
	if (st != OK)
		report_plan(f, want, why);
	return st;
}

/* Write the guest's tree over the user's, as loading will, and throw it away. */
static enum status try_tree(const struct fitting *f, const struct store_file *file)
{
	struct guest_fw_info info = { 0 };
	size_t n = GUEST_FDT_MAX + GUEST_FDT_MAX / 2, len;
	u8 *p = f->place->borrow(n);
	enum status st;

	if (!p)
		return E_NOMEM;
	st = file->store->ops->read(file, 0, p + GUEST_FDT_MAX, file->size);
	if (st == OK)
		st = guest_fdt_write(f->desc, &info, span_of(p + GUEST_FDT_MAX, file->size), p,
				     GUEST_FDT_MAX, &len);
	f->place->give_back(p, n);
	return st;
}

/* A tree of the user's is completed in a buffer of ours before it is placed. */
static enum status check_tree(const struct fitting *f, const struct fit_image *img)
{
	bool fits = img->file.size > 0 && img->file.size <= GUEST_FDT_MAX / 2;
	enum status st = fits ? try_tree(f, &img->file) : E_RANGE;

	if (st == OK)
		return OK;
	image_report(f->desc, img->desc, VD_IMAGE_PATH, f->d, ": the file %s",
		     st == E_FORMAT ? "is not a sound device tree" :
		     st == E_RANGE  ? "is empty, or too large for a device tree" :
				      status_str(st));
	diag_report(f->d, DIAG_FIX, img->desc->at,
		    "give a compiled tree (.dtb) of at most 0x%llx bytes, or leave it out: "
		    "the tree is generated then",
		    (unsigned long long)(GUEST_FDT_MAX / 2));
	return st;
}

static enum status plan_image(struct fitting *f, const struct vd_image *want)
{
	struct fit_image *img = &f->out->image[f->out->n];
	enum status st;

	*img = (struct fit_image){ .desc = want };
	st = f->place->open(f->place, f->desc, want, &img->file);
	if (st != OK) {
		f->place->missing(f->place, f->desc, want, st, f->d);
		return st;
	}
	if (want->role == VD_IMG_DTB) {
		TRY(check_tree(f, img));
	} else {
		TRY(plan_one(f, img));
		TRY(check_fit(f, img));
		TRY(check_overlap(f, img));
	}
	f->out->n++;
	return OK;
}

/* ---- the guest's tree ------------------------------------------------------------------------- */

static enum status plan_tree(const struct fitting *f)
{
	const struct vd_image *dtb = vmdesc_image(f->desc, VD_IMG_DTB);
	const struct vd_addr *wish = dtb ? &dtb->load : &f->desc->tree;

	if (wish->given) {
		f->out->fdt = wish->gpa;
		if (region_of(f->desc, f->out->fdt.v, GUEST_FDT_MAX) &&
		    !hits_image(f, f->out->fdt.v, GUEST_FDT_MAX))
			return OK;
		diag_report(f->d, DIAG_ERROR, wish->at,
			    "%s: %s0x%llx: the tree and what we add to it need 0x%llx bytes of "
			    "free memory there",
			    vmdesc_label(f->desc).s, vmdesc_key_is(f->desc, VD_F_DTB_LOAD_ADDR).s,
			    (unsigned long long)f->out->fdt.v, (unsigned long long)GUEST_FDT_MAX);
		diag_report(f->d, DIAG_FIX, wish->at, "leave it out: we find a place");
		return E_RANGE;
	}
	if (find_room(f, GUEST_FDT_MAX, &f->out->fdt) == OK)
		return OK;
	diag_report(f->d, DIAG_ERROR, f->desc->mems_at,
		    "%s: %s: no 0x%llx bytes are left for the guest's device tree",
		    vmdesc_label(f->desc).s, vmdesc_key(f->desc, VD_F_MEMORY_REGIONS).s,
		    (unsigned long long)GUEST_FDT_MAX);
	diag_report(f->d, DIAG_FIX, f->desc->mems_at, "make a memory region larger");
	return E_RANGE;
}

static bool is_in_bios(const struct fitting *f)
{
	for (u32 i = 0; i < f->out->n; i++) {
		const struct load_step *s = &f->out->image[i].plan.step[0];

		if (f->out->image[i].desc->role == VD_IMG_BIOS &&
		    range_inside(f->out->entry.v, 4, s->dst.v, s->file_len))
			return true;
	}
	return false;
}

static void choose_entry(const struct fitting *f)
{
	const struct load_plan *kernel = &f->out->image[0].plan;

	f->out->entry = f->desc->entry.given ? f->desc->entry.gpa : kernel->entry;
	if (kernel->kind == IMAGE_RAW || f->out->entry.v == kernel->entry.v || is_in_bios(f))
		return;
	diag_report(f->d, DIAG_WARNING, f->desc->entry.at,
		    "%s: %s0x%llx: the image wants to be entered at 0x%llx",
		    vmdesc_label(f->desc).s, vmdesc_key_is(f->desc, VD_F_ENTRY_POINT).s,
		    (unsigned long long)f->out->entry.v, (unsigned long long)kernel->entry.v);
}

enum status image_fit(const struct vmdesc *desc, const struct fit_place *place, struct arena *a,
		      struct image_fit *out, struct diag *d)
{
	const struct vd_image *kernel = vmdesc_image(desc, VD_IMG_KERNEL);
	struct fitting f = { desc, place, out, d };
	u32 n = desc->images.n;
	enum status st;

	*out = (struct image_fit){ 0 };
	if (!kernel)
		return E_NOTFOUND;
	out->image = arena_new_n(a, struct fit_image, n);
	if (!out->image)
		return E_NOMEM;
	st = plan_image(&f, kernel);
	/* Twice round: those with a place before those that go where there is room. */
	for (u32 i = 0; i < 2 * n; i++) {
		const struct vd_image *img = &desc->images.v[i % n];
		enum status one;

		if (img == kernel || img->load.given != (i < n))
			continue;
		one = plan_image(&f, img);
		st = one != OK ? one : st;
	}
	if (st != OK)
		return st;
	choose_entry(&f);
	return plan_tree(&f);
}

void image_fit_find(const struct vmdesc *desc, const struct fit_place *place, struct diag *d)
{
	if (desc->reported & BIT(VD_F_IMAGE_LOCATION))
		return; /* who knows where to look */
	for (u32 i = 0; i < desc->images.n; i++) {
		const struct vd_image *img = &desc->images.v[i];
		struct store_file file;
		enum status st = place->open(place, desc, img, &file);

		if (st != OK)
			place->missing(place, desc, img, st, d);
	}
}
