/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a VM's images go: each is looked into, planned (lib/image), and the plans are checked
 * against the VM's memory and each other. The hypervisor and the desk run this same code over their
 * own stores, so that what fits at the desk fits on the machine. Nothing is written; every mistake
 * is reported.
 */
#pragma once

#include <base/cold.h>
#include <base/arena.h>
#include <base/diag.h>
#include <lib/image.h>
#include <lib/store.h>
#include <lib/vmdesc.h>

/* One image with its plan. */
struct fit_image {
	const struct vd_image *desc;
	struct store_file file;
	struct load_plan plan;
};

struct image_fit {
	struct fit_image *image; /* of each of the description, the kernel first; in the arena */
	u32 n;
	gpa_t entry;
	gpa_t fdt; /* where the tree goes */
};

/* Where images come from, and what the place is like. */
struct fit_place {
	enum status (*open)(const struct fit_place *p, const struct vmdesc *desc,
			    const struct vd_image *img, struct store_file *out);
	/* Report that open() failed with @st. */
	void (*missing)(const struct fit_place *p, const struct vmdesc *desc,
			const struct vd_image *img, enum status st, struct diag *d);
	/* @n bytes for a while, 8-byte aligned; NULL: there are none. */
	void *(*borrow)(size_t n);
	void (*give_back)(void *mem, size_t n);
	u16 machine; /* the ELF number of the ISA that guests are of */
};

/* Open the images of a sound description and plan where their parts go. */
enum status image_fit(const struct vmdesc *desc, const struct fit_place *place, struct arena *a,
		      struct image_fit *out, struct diag *d);

/* Of a description that is refused anyway: at least say which of its images are missing. */
void image_fit_find(const struct vmdesc *desc, const struct fit_place *place, struct diag *d);

/* The store of an image: what VD_SRC_HOME stands for is looked up. */
enum vd_source image_source(const struct vmdesc *desc, const struct vd_image *img);

/* One mistake about an image: VM, key and file, then the text. */
void image_report_cold(const struct vmdesc *desc, const struct vd_image *img, enum vd_image_key key,
		       struct diag *d, const char *format, ...);
#define image_report(desc, img, f, d, ...) \
	(COLD_CHECK(__VA_ARGS__), image_report_cold(desc, img, f, d, COLD_FORMAT(__VA_ARGS__)))
