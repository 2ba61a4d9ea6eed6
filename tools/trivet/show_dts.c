/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device tree of a guest, made by the same code as in the hypervisor.
 */
#include <lib/guestfw.h>

#include "dts.h"
#include "images.h"
#include "show.h"

/* Of an initrd that is not here nobody knows where it ends: the tree then does not tell of it. */
static void find_initrd(const struct tool_set *set, const struct vmdesc *vd,
			struct guest_fw_info *info)
{
	for (u32 i = 0; i < vd->images.n; i++) {
		struct board_image known = board_image(set, vd, i);

		if (vd->images.v[i].role != VD_IMG_INITRD || !known.placed || !known.size)
			continue;
		info->initrd.v = known.base;
		info->initrd_len = known.size;
	}
}

/* The tree that the description brings, which is then completed; n 0: it brings none. */
static bool find_base(const struct tool_set *set, const struct vmdesc *vd, struct span *base)
{
	const struct vd_image *image = vmdesc_image(vd, VD_IMG_DTB);
	struct store_file file;
	void *bytes;

	*base = span_of(NULL, 0);
	if (!image)
		return true;
	if (!images_find(set->report.o, vd->file, image->path, &file) ||
	    file.size > GUEST_FDT_MAX) {
		tool_complain("show: VM \"%s\": its device tree %s is not here",
			      tool_clean(vd->name), tool_clean(image->path));
		return false;
	}
	bytes = tool_alloc((size_t)file.size);
	*base = span_of(bytes, (size_t)file.size);
	return file.store->ops->read(&file, 0, bytes, (size_t)file.size) == OK;
}

static const char *why_not(enum status st)
{
	return st == E_FORMAT ? "the tree that it brings is damaged" :
				"its device tree is larger than 64 KiB";
}

static bool make_tree(const struct tool_set *set, const struct vmdesc *vd, struct span *blob)
{
	struct guest_fw_info info = { .timer_hz = set->machine.hd.timer_hz };
	void *buf = tool_alloc(GUEST_FDT_MAX);
	struct span base;
	enum status st;
	size_t len;

	if (!find_base(set, vd, &base))
		return false;
	find_initrd(set, vd, &info);
	st = guest_fdt_write(vd, &info, base, buf, GUEST_FDT_MAX, &len);
	if (st != OK)
		tool_complain("show: VM \"%s\": %s", tool_clean(vd->name), why_not(st));
	*blob = span_of(buf, len);
	return st == OK;
}

bool view_tree(FILE *f, const struct tool_set *set, u32 index, enum tree_form form)
{
	const struct vmdesc *vd = set->vms[index];
	const char *why;
	struct span blob;

	if (set->refused[index]) {
		tool_complain("show: VM \"%s\" is refused, so it gets no device tree",
			      tool_clean(vd->name));
		return false;
	}
	if (!make_tree(set, vd, &blob))
		return false;
	if (form == TREE_BLOB)
		return fwrite(blob.p, 1, blob.n, f) == blob.n;
	if (dts_print(f, blob, &why) == OK)
		return true;
	tool_complain("show: VM \"%s\": device tree: %s", tool_clean(vd->name), why);
	return false;
}
