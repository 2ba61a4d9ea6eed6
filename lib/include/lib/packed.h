/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptions as bytes: a flattened device tree of a binding of our own (docs/packed-form.md). What
 * a property does not say has the value that an empty description has. Packing what was unpacked
 * gives the same bytes.
 */
#pragma once

#include <lib/vmdesc.h>

#define PACKED_COMPATIBLE "trivet,vm-1"

/*
 * @vd and those that follow it, as they were parsed: what resolving adds is not packed. @buf is
 * 8-byte aligned. E_RANGE: too small, or more than 64 files have a part in it.
 */
enum status vmdesc_pack(const struct vmdesc *vd, void *buf, size_t size, size_t *len);

/*
 * The descriptions in @blob, in their order; nothing in them points into it. E_FORMAT with *why: no
 * sound ones. E_NOMEM. Values are in their kind's range; what they mean, the validator judges.
 */
enum status vmdesc_unpack(struct span blob, struct arena *a, struct vmdesc **out, const char **why);
