/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual device -> core. A device is a const class and an instance that embeds struct vdev as
 * its first member. The core holds the device's own lock around every entry into it, so a device
 * is written as if it were single-threaded; it keeps all state in its instance and has no
 * writable globals, so two of anything just work.
 */
#pragma once

#include <base/status.h>
#include <base/types.h>
#include <lib/vmdesc.h>

struct vdev;
struct vdev_host; /* the core's half of a device; opaque here */
struct vintc_ops; /* port/vintc.h */

/* What a device is told when it is made. */
struct vdev_setup {
	const struct vd_dev *desc; /* windows, interrupts, options: lives as long as the device */
	u32 n_vcpus;
	const u64 *vcpu_hw_id; /* n_vcpus of them; lives as long as the device */
	u32 host_intids;       /* interrupt lines worth offering to the guest, from the host's */
};

struct vdev_class {
	struct vd_class_info info; /* name (the key in vmdesc), windows and interrupts it needs */
	size_t instance_size;	   /* the core allocates it zeroed, 64-byte aligned */
	/*
	 * Make the device: map its windows with vdev_map_mmio(), open its back-ends. Runs once,
	 * before the VM starts; a failure refuses the VM. The reset state is set by reset(), which
	 * the core calls right after and at every restart of the VM.
	 */
	enum status (*init)(struct vdev *d, const struct vdev_setup *setup);
	void (*reset)(struct vdev *d);
	/* The character back-end has something to read (vdev_char_read). Devices without: vdev_no_input. */
	void (*input)(struct vdev *d);
	const struct vintc_ops *intc; /* interrupt controllers only, else NULL */
};

struct vdev {
	const struct vdev_class *class;
	struct vdev_host *host;
};

/* Generated from the component list: vdev-y. NULL-terminated, sorted by name. */
extern const struct vdev_class *const vdev_classes[];

/*
 * One window's behaviour. The bus has checked that off + width lies in the window and that off
 * is a multiple of width (1, 2, 4, 8); it trims what read() returns to the width.
 */
struct vdev_window_ops {
	u64 (*read)(struct vdev *d, u32 off, u32 width);
	void (*write)(struct vdev *d, u32 off, u32 width, u64 value);
};

/* ---- place --------------------------------------------------------------------------------- */

/* Put window @index of the description on the VM's bus. E_RANGE: no such window; E_EXISTS: taken. */
enum status vdev_map_mmio(struct vdev *d, u32 index, const struct vdev_window_ops *ops);

/* ---- interrupts ---------------------------------------------------------------------------- */

/* Set the level of interrupt @index of the description. Cheap when nothing changes. */
void vdev_irq_set(struct vdev *d, u32 index, bool level);

/* ---- back-ends ----------------------------------------------------------------------------- */

/* The VM's console: one per VM. E_EXISTS when another device has it. */
enum status vdev_char_open(struct vdev *d);
void vdev_char_write(struct vdev *d, u8 c);
/* Take one byte of input; false when there is none. */
bool vdev_char_read(struct vdev *d, u8 *c);

/* ---- the rest ------------------------------------------------------------------------------ */

/* A line in the hypervisor's log, marked with VM and device; rate-limited per device. */
void vdev_log(struct vdev *d, const char *format, ...) printf_like(2, 3);

/* For classes without input(). */
void vdev_no_input(struct vdev *d);

/* Options of the description; @fallback when absent. */
u64 opt_u64(const struct vd_dev *desc, const char *key, u64 fallback);
