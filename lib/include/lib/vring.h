/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver's side of a split virtqueue (virtio 1.2, 2.7), over memory that the caller has from
 * somewhere and tells the device about. The device is a stranger: what it writes is checked
 * against what we gave it, and nothing we need later is kept where it can write. There are no
 * barriers in here; the order in which a user calls them is
 *
 *   vring_add() · barrier · vring_publish() · barrier · notify the device
 *   vring_poll() until OK · barrier · vring_take()
 */
#pragma once

#include <base/status.h>
#include <base/types.h>

#define VRING_MAX   256	 /* descriptors; the specification allows 32768 */
#define VRING_ALIGN 4096 /* of the memory, and of the used ring in it: what legacy devices want */

enum vring_dir {
	VRING_TO_DEVICE,
	VRING_FROM_DEVICE,
};

struct vring_buf {
	u64 addr; /* on the bus */
	u32 len;
	enum vring_dir dir;
};

struct vring_desc {
	u64 addr;
	u32 len;
	u16 flags;
	u16 next;
};

struct vring_avail {
	u16 flags;
	u16 idx;
	u16 ring[];
};

struct vring_used_elem {
	u32 id;
	u32 len;
};

struct vring_used {
	u16 flags;
	u16 idx;
	struct vring_used_elem ring[];
};

struct vring {
	u32 size; /* a power of two */
	volatile struct vring_desc *desc;
	volatile struct vring_avail *avail;
	volatile struct vring_used *used;
	u16 avail_idx; /* as it will be published */
	u16 used_idx;  /* next to be taken */
	u16 n_used;    /* seen by poll() and not taken yet */
	u16 n_in_flight;
	u16 n_free;
	u16 free_head;
	bool broken;
	u16 next[VRING_MAX];	  /* free list, and chains in flight */
	u16 chain_len[VRING_MAX]; /* at the head of one in flight; 0: not a head */
	u32 writable[VRING_MAX];  /* at such a head: bytes the device may write */
};

/* Memory a ring of @size takes, and where in it the parts are that a device must be told of. */
size_t vring_bytes(u32 size);
size_t vring_avail_off(u32 size);
size_t vring_used_off(u32 size);

/* E_INVAL: @size is no power of two up to VRING_MAX. E_RANGE: @mem is too small. */
enum status vring_init(struct vring *vr, void *mem, size_t len, u32 size);

/*
 * Queue a chain of @n buffers, those to the device first. *head names it until it is taken.
 * E_BUSY: not enough free descriptors. E_INVAL: no buffer, wrong order, or more than 4 GiB.
 */
enum status vring_add(struct vring *vr, const struct vring_buf *bufs, u32 n, u16 *head);

/* Let the device see what was added. */
void vring_publish(struct vring *vr);

/* Has the device finished something? E_NOTFOUND: no. E_FORMAT: it says what cannot be. */
enum status vring_poll(struct vring *vr);

/*
 * Take a finished chain after poll() said OK: which one, and how much was written into it.
 * E_FORMAT: the device names a chain it does not have, or wrote more than it may; the ring
 * cannot be used any more.
 */
enum status vring_take(struct vring *vr, u16 *head, u32 *written);
