/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio block device (virtio 1.2, 5.2) as a source of sectors: one request at a time, polled,
 * with a deadline. A device that misses it, or answers what cannot be, is reset and not asked
 * again: it may still hold addresses of ours, and only a reset makes it let go of them.
 */
#include <drivers/virtio.h>

#include <base/bits.h>
#include <base/spinlock.h>

#define MAX_DISKS   4
#define QUEUE_MAX   64
#define QUEUE_MIN   4 /* header, data, status: three, and a power of two */
#define SECTOR	    512
#define REQUEST_MAX KIB(256)
#define DEADLINE_US 5000000

#define F_SIZE_MAX BIT(1)
#define F_SEG_MAX  BIT(2)

#define CONFIG_CAPACITY 0
#define CONFIG_SIZE_MAX 8
#define CONFIG_SEG_MAX	12

#define T_IN 0

#define S_OK	 0
#define S_IOERR	 1
#define S_UNSUPP 2
#define S_NONE	 0xff /* ours: the device has not written one */

/* Shared with the device. */
struct blk_request {
	u32 type;
	u32 reserved;
	u64 sector;
	volatile u8 status;
};

static_assert(offsetof(struct blk_request, status) == 16, "virtio 1.2, 5.2.6");

struct disk {
	struct virtio_dev v;
	struct vring q;
	struct blk_request *req;
	u64 n_sectors;
	u32 seg_bytes; /* most bytes in one buffer */
	u32 n_segs;    /* most data buffers in a request */
	struct spinlock lock;
	bool dead;
};

static struct disk disks[MAX_DISKS];
static u32 n_disks;

static enum status give_up(struct disk *d, enum status st, const char *why)
{
	d->v.ops->reset(&d->v);
	d->dead = true;
	driver_log("%.*s: disk %s: not used any more", STR_ARG(d->v.dev->path), why);
	return st;
}

/* Header, @len bytes of data in as many buffers as the device asks for, status. */
static enum status queue_request(struct disk *d, u64 sector, void *buf, u32 len, u16 *head)
{
	struct vring_buf bufs[QUEUE_MAX];
	u64 req = driver_dma_addr(d->req).v;
	u64 data = driver_dma_addr(buf).v;
	u32 n = 0;

	d->req->type = T_IN;
	d->req->reserved = 0;
	d->req->sector = sector;
	d->req->status = S_NONE;
	bufs[n++] =
		(struct vring_buf){ req, offsetof(struct blk_request, status), VRING_TO_DEVICE };
	for (u32 done = 0; done < len && n < QUEUE_MAX - 1;) {
		u32 part = MIN(len - done, d->seg_bytes);

		bufs[n++] = (struct vring_buf){ data + done, part, VRING_FROM_DEVICE };
		done += part;
	}
	bufs[n++] = (struct vring_buf){ req + offsetof(struct blk_request, status), 1,
					VRING_FROM_DEVICE };
	return vring_add(&d->q, bufs, n, head);
}

/* Until the device has finished its only request. */
static enum status wait_used(struct disk *d, u32 *written)
{
	u64 deadline = driver_now_us() + DEADLINE_US;
	enum status st;
	u16 head;

	while ((st = vring_poll(&d->q)) == E_NOTFOUND)
		if (driver_now_us() > deadline)
			return give_up(d, E_IO, "did not answer within 5 seconds");
	driver_dma_barrier();
	if (st == OK)
		st = vring_take(&d->q, &head, written);
	if (st != OK)
		return give_up(d, E_IO, "answered a request it was not given");
	d->v.ops->ack(&d->v);
	return OK;
}

static enum status request_result(struct disk *d, u32 len, u32 written)
{
	switch (d->req->status) {
	case S_OK:
		/* Legacy devices often got the length wrong (2.7.8.3). */
		if (!d->v.legacy && written != len + 1)
			return give_up(d, E_IO, "says it wrote another length");
		return OK;
	case S_IOERR:
		return E_IO;
	case S_UNSUPP:
		return E_UNSUP;
	default:
		return give_up(d, E_IO, "answered with an unknown status");
	}
}

static enum status read_once(struct disk *d, u64 sector, void *buf, u32 len)
{
	u32 written;
	u16 head;

	TRY(queue_request(d, sector, buf, len, &head));
	driver_dma_barrier();
	vring_publish(&d->q);
	driver_dma_barrier();
	d->v.ops->notify(&d->v, 0);
	TRY(wait_used(d, &written));
	return request_result(d, len, written);
}

static enum status read_all(struct disk *d, u64 sector, u32 count, void *buf)
{
	u64 max = MIN((u64)d->seg_bytes * d->n_segs, REQUEST_MAX) / SECTOR;
	u8 *p = buf;

	while (count) {
		u32 n = (u32)MIN(count, max);

		TRY(read_once(d, sector, p, n * SECTOR));
		sector += n;
		count -= n;
		p += (size_t)n * SECTOR;
	}
	return OK;
}

static enum status blk_read(void *ctx, u64 sector, u32 count, void *buf)
{
	struct disk *d = ctx;
	enum status st;

	if (!range_ok(sector, count, d->n_sectors))
		return E_RANGE;
	if (!spin_trylock(&d->lock))
		return E_BUSY;
	st = d->dead ? E_IO : read_all(d, sector, count, buf);
	spin_unlock(&d->lock);
	return st;
}

static const struct block_ops blk_ops = {
	.name = "virtio-blk",
	.read = blk_read,
};

/* How a request may be cut, from what the device says and what the queue holds. */
static enum status read_limits(struct disk *d, u64 features)
{
	d->n_sectors = d->v.ops->config64(&d->v, CONFIG_CAPACITY);
	d->seg_bytes = REQUEST_MAX;
	d->n_segs = d->q.size - 2;
	if (features & F_SIZE_MAX)
		d->seg_bytes = MIN(d->seg_bytes, d->v.ops->config32(&d->v, CONFIG_SIZE_MAX));
	if (features & F_SEG_MAX)
		d->n_segs = MIN(d->n_segs, d->v.ops->config32(&d->v, CONFIG_SEG_MAX));
	d->seg_bytes = (u32)align_down(d->seg_bytes, SECTOR);
	return d->seg_bytes && d->n_segs ? OK : E_UNSUP;
}

static enum status start(struct disk *d)
{
	void *req;
	u64 features;

	TRY(d->v.ops->negotiate(&d->v, F_SIZE_MAX | F_SEG_MAX, &features));
	TRY(d->v.ops->queue(&d->v, 0, QUEUE_MAX, &d->q));
	if (d->q.size < QUEUE_MIN)
		return E_UNSUP;
	TRY(read_limits(d, features));
	TRY(driver_dma_alloc(sizeof(*d->req), &req));
	d->req = req;
	d->v.ops->ready(&d->v);
	return OK;
}

enum status virtio_blk_attach(const struct virtio_dev *v)
{
	struct disk *d = &disks[n_disks];

	if (n_disks == MAX_DISKS)
		return E_NOMEM;
	*d = (struct disk){ .v = *v };
	TRY(start(d));
	TRY(register_block(&blk_ops, d, v->dev, d->n_sectors));
	n_disks++;
	return OK;
}
