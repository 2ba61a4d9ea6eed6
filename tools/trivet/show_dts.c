/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device tree of a guest, made by the same code as in the hypervisor.
 */
#include <lib/guestfw.h>

#include "dts.h"
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

bool view_dts(FILE *f, const struct tool_set *set, u32 index)
{
	const struct vmdesc *vd = set->vms[index];
	struct guest_fw_info info = { .timer_hz = set->machine.hd.timer_hz };
	void *buf = tool_alloc(GUEST_FDT_MAX);
	const char *why = "";
	enum status st;
	size_t len;

	if (set->refused[index]) {
		tool_complain("show: VM \"%s\" is refused, so it gets no device tree",
			      tool_clean(vd->name));
		return false;
	}
	find_initrd(set, vd, &info);
	st = guest_fdt_write(vd, &info, span_of(NULL, 0), buf, GUEST_FDT_MAX, &len);
	if (st == OK)
		st = dts_print(f, span_of(buf, len), &why);
	if (st != OK)
		tool_complain("show: VM \"%s\": the device tree is larger than 64 KiB %s",
			      tool_clean(vd->name), why);
	return st == OK;
}
