/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a guest is told of its board: vmdesc in, bytes out. guest_fdt.c writes a flattened device
 * tree, or completes one that the user gave.
 */
#pragma once

#include <base/span.h>
#include <base/status.h>
#include <lib/vmdesc.h>

struct guest_fw_info {
	gpa_t initrd; /* valid when initrd_len != 0 */
	u64 initrd_len;
	u64 timer_hz; /* 0: the guest may read it from the CPU */
};

#define GUEST_FDT_MAX KIB(64)

/*
 * Write the VM's device tree into @buf (at most @size bytes); *len is its length. @base is the
 * tree given by `dtb_path` (n == 0: generate all): /chosen and /memory are set in it, the rest
 * is the user's. Memory that the guest may not write is no RAM to an operating system: it is not
 * in /memory, so firmware and images there are safe from it. Nodes of vd->pass_tree become nodes
 * of its root. Devices of a class that has no
 * binding are not told of. @buf and @base are 8-byte aligned and apart.
 * E_RANGE when @buf is too small, E_FORMAT when @base is damaged or its root's cells cannot hold
 * an address of ours.
 * One file per ISA writes the parts only that ISA has (guestfw/fdt_<isa>.c).
 */
enum status guest_fdt_write(const struct vmdesc *vd, const struct guest_fw_info *info,
			    struct span base, void *buf, size_t size, size_t *len);
