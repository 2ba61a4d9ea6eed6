/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's bus: device windows sorted by address. Filled while the VM is built, sealed when it
 * starts; look-ups take no lock. A device's own lock is held around every entry into it.
 */
#pragma once

#include <base/spinlock.h>
#include <port/exit.h>
#include <port/vdev.h>

#define VBUS_MAX_WINDOWS 128

struct vm;
struct vcpu;

/* The core's half of a device. */
struct vdev_host {
	struct spinlock lock;
	struct vdev *dev;
	struct vm *vm;
	const struct vd_dev *desc;
	u32 irq_levels; /* bit per interrupt of the description */
	u32 n_complaints;
};

struct vdev_locked {
	struct vdev_host *host;
};

struct vbus_window {
	u64 base;
	u64 len;
	const struct vdev_window_ops *ops;
	struct vdev_host *host;
};

struct vbus {
	struct vbus_window win[VBUS_MAX_WINDOWS]; /* the free ones begin behind every address */
	u32 n;
	bool sealed;
};

static inline struct vdev_locked vdev_lock(struct vdev_host *h)
{
	spin_lock(&h->lock);
	return (struct vdev_locked){ h };
}

static inline void vdev_unlock(struct vdev_locked *l)
{
	spin_unlock(&l->host->lock);
}

enum status vbus_add(struct vbus *bus, const struct vbus_window *win);
void vbus_seal(struct vbus *bus);
/*
 * Perform the access. E_NOTFOUND: no device there; E_INVAL: misaligned, or across the end of a
 * window. Nothing happened then.
 */
enum status vbus_access(struct vcpu *v, struct io_access *io);
/* The window at, or next to, @addr: for messages. NULL when the bus is empty. */
const struct vbus_window *vbus_nearest(const struct vbus *bus, u64 addr);
