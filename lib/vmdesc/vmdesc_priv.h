/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The validator's inside, shared by validate*.c. A check reports and goes on; none trusts what
 * another has found. What the front-end has refused (vd->reported) is not judged again, nor what
 * can only be judged with it.
 */
#pragma once

#include <base/cold.h>
#include <base/bits.h>
#include <base/range.h>
#include <lib/vmdesc.h>

struct vd_check {
	const struct vmdesc *vd;
	const struct vd_target *t;
	struct diag *d;
};

/* One mistake: VM, key, @value (NULL: none to show), text. */
void vd_error_cold(const struct vd_check *c, enum vd_field f, struct src_pos at, const char *value,
		   const char *format, ...);
#define vd_error(c, f, at, value, ...) \
	(COLD_CHECK(__VA_ARGS__), vd_error_cold(c, f, at, value, COLD_FORMAT(__VA_ARGS__)))
void vd_warning_cold(const struct vd_check *c, enum vd_field f, struct src_pos at,
		     const char *value, const char *format, ...);
#define vd_warning(c, f, at, value, ...) \
	(COLD_CHECK(__VA_ARGS__), vd_warning_cold(c, f, at, value, COLD_FORMAT(__VA_ARGS__)))
void vd_note_cold(const struct vd_check *c, struct src_pos at, const char *format, ...);
#define vd_note(c, at, ...) (COLD_CHECK(__VA_ARGS__), vd_note_cold(c, at, COLD_FORMAT(__VA_ARGS__)))
void vd_fix_cold(const struct vd_check *c, struct src_pos at, const char *format, ...);
#define vd_fix(c, at, ...) (COLD_CHECK(__VA_ARGS__), vd_fix_cold(c, at, COLD_FORMAT(__VA_ARGS__)))

static inline bool vd_reported(const struct vd_check *c, enum vd_field f)
{
	return (c->vd->reported & BIT(f)) != 0;
}

/* `device "uart0" (pl011)`: how messages name a device. */
struct show vd_dev_label(const struct vd_dev *dev);

/* The region that holds @gpa, or NULL. */
const struct vd_mem *vd_mem_at(const struct vmdesc *vd, gpa_t gpa);

/* Host CPUs as the file has them: the mask, or the number of @one of them. */
struct show vd_cpus_as_written(const struct vd_check *c, u64 mask, u64 one);

/* The key that asked for @p. */
static inline enum vd_field vd_pass_field(const struct vd_pass *p)
{
	return p->name.n ? VD_F_PASSTHROUGH_DEVICES : VD_F_PASSTHROUGH_ADDRESSES;
}

/* What a region takes of the host's memory: of what is claimed, blocks of 2 MiB (core/vm_build.c). */
struct range vd_host_range(const struct vd_mem *m);

/* Bytes of the pool that the VM takes. */
u64 vd_ram_of(const struct vmdesc *vd);

void vd_check_mems(const struct vd_check *c);	  /* validate_mem.c */
void vd_check_devs(const struct vd_check *c);	  /* validate_dev.c */
void vd_check_passes(const struct vd_check *c);	  /* validate_pass.c */
void vd_check_reserves(const struct vd_check *c); /* validate_reserve.c */
/* validate_<isa>.c: ids of vCPUs, entry, interrupt numbers, windows that grow with vCPUs. */
void vd_check_isa(const struct vd_check *c);
