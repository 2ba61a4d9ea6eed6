/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between virtio transports and the drivers of what is behind them. A transport resets the
 * device, gives it to the driver of its kind, and offers these calls; the driver negotiates,
 * sets its queues up and declares itself ready, in the order of virtio 1.2, 3.1.1.
 */
#pragma once

#include <lib/vring.h>
#include <port/driver.h>

#define VIRTIO_F_VERSION_1 BIT(32)

#define VIRTIO_ID_BLOCK 2

struct virtio_dev;

struct virtio_transport {
	/* Accept what is both offered and in @wanted; E_UNSUP: the device does not go along. */
	enum status (*negotiate)(struct virtio_dev *v, u64 wanted, u64 *accepted);
	/* A queue of at most @max descriptors; E_NOTFOUND: the device has no such queue. */
	enum status (*queue)(struct virtio_dev *v, u32 index, u32 max, struct vring *vr);
	void (*ready)(struct virtio_dev *v);
	void (*notify)(struct virtio_dev *v, u32 queue);
	/* Quieten the device's interrupt line; we poll. */
	void (*ack)(struct virtio_dev *v);
	/* Stop the device: afterwards it touches no memory. */
	void (*reset)(struct virtio_dev *v);
	u32 (*config32)(struct virtio_dev *v, u32 off);
	/* Two words that belong together, whatever the device does in between. */
	u64 (*config64)(struct virtio_dev *v, u32 off);
};

struct virtio_dev {
	const struct virtio_transport *ops;
	const struct hd_dev *dev;
	struct mmio m;
	bool legacy; /* before version 1.0: lengths in the used ring are not to be trusted */
};

/* drivers/block/virtio_blk.c: take @v over; it is copied. */
enum status virtio_blk_attach(const struct virtio_dev *v);
