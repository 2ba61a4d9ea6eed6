/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images of a VM out of the stores, planned by lib/image/fit.c.
 */
#include <core/vm.h>

#include <base/bits.h>
#include <core/stores.h>

static const char *const where[] = {
	[VD_SRC_FS] = "on the disk",
	[VD_SRC_MEMORY] = "in the archive",
};

static enum status open_image(const struct fit_place *p, const struct vmdesc *desc,
			      const struct vd_image *img, struct store_file *out)
{
	(void)p;
	return stores_open(desc, image_source(desc, img), img->path, out);
}

static void report_missing(const struct fit_place *p, const struct vmdesc *desc,
			   const struct vd_image *img, enum status st, struct diag *d)
{
	enum vd_source source = image_source(desc, img);
	enum vd_source other = source == VD_SRC_FS ? VD_SRC_MEMORY : VD_SRC_FS;

	(void)p;
	image_report(desc, img, VD_IMAGE_PATH, d, ": %s %s",
		     st == E_NOTFOUND ? "there is no such file" : status_str(st), where[source]);
	diag_report(d, DIAG_FIX, img->at,
		    "put the file there (beside the VM's file, or in the root), or set "
		    "%s\"%s\" if it is %s",
		    vmdesc_key_is(desc, VD_F_IMAGE_LOCATION).s,
		    other == VD_SRC_MEMORY ? "memory" : "fs", where[other]);
}

static u32 pages_of(size_t n)
{
	return (u32)(align_up(n, PAGE_SIZE) / PAGE_SIZE);
}

static void *borrow(size_t n)
{
	hpa_t at;

	if (pmm_alloc_pages(PMM_HYPERVISOR, pages_of(n), &at) != OK)
		return NULL;
	return arch_phys_to_virt(at);
}

static void give_back(void *mem, size_t n)
{
	pmm_free_pages(PMM_HYPERVISOR, arch_virt_to_phys(mem), pages_of(n));
}

static const struct fit_place stores = {
	.open = open_image,
	.missing = report_missing,
	.borrow = borrow,
	.give_back = give_back,
	.machine = ARCH_ELF_MACHINE,
};

enum status vm_plan_images(struct vm *vm, const struct vmdesc *desc, struct diag *d)
{
	return image_fit(desc, &stores, &vm->arena, &vm->fit, d);
}

void vm_find_images(const struct vmdesc *desc, struct diag *d)
{
	image_fit_find(desc, &stores, d);
}
