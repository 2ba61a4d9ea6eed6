/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Split virtqueue, driver side. `next`, `chain_len` and `writable` are our own copy of what the
 * descriptors say; the shared memory is written, and of it only the used ring is ever read. A
 * ring that was lied to stays broken: descriptors may be in use that we cannot tell from free
 * ones.
 */
#include <lib/vring.h>

#include <base/bits.h>

#define DESC_NEXT	   1
#define DESC_WRITE	   2
#define AVAIL_NO_INTERRUPT 1

static_assert(sizeof(struct vring_desc) == 16, "virtio 1.2, 2.7.5");
static_assert(sizeof(struct vring_used_elem) == 8, "virtio 1.2, 2.7.8");
static_assert(offsetof(struct vring_avail, ring) == 4, "virtio 1.2, 2.7.6");
static_assert(offsetof(struct vring_used, ring) == 4, "virtio 1.2, 2.7.8");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "fields of the ring are little-endian");

size_t vring_avail_off(u32 size)
{
	return size * sizeof(struct vring_desc);
}

/* Both rings end with a 16-bit field for notification thresholds, used or not. */
size_t vring_used_off(u32 size)
{
	return (size_t)align_up(vring_avail_off(size) + 6 + 2 * (u64)size, VRING_ALIGN);
}

size_t vring_bytes(u32 size)
{
	size_t used = 6 + size * sizeof(struct vring_used_elem);

	return vring_used_off(size) + (size_t)align_up(used, VRING_ALIGN);
}

enum status vring_init(struct vring *vr, void *mem, size_t len, u32 size)
{
	u8 *p = mem;

	if (!is_pow2(size) || size > VRING_MAX)
		return E_INVAL;
	if (len < vring_bytes(size))
		return E_RANGE;
	*vr = (struct vring){ .size = size, .n_free = (u16)size };
	vr->desc = (volatile struct vring_desc *)(void *)p;
	vr->avail = (volatile struct vring_avail *)(void *)(p + vring_avail_off(size));
	vr->used = (volatile struct vring_used *)(void *)(p + vring_used_off(size));
	for (u32 i = 0; i < size; i++)
		vr->next[i] = (u16)(i + 1);
	vr->avail->flags = AVAIL_NO_INTERRUPT;
	return OK;
}

static enum status check_bufs(const struct vring_buf *bufs, u32 n, u64 *writable)
{
	*writable = 0;
	for (u32 i = 0; i < n; i++) {
		if (bufs[i].dir == VRING_FROM_DEVICE)
			*writable += bufs[i].len;
		else if (*writable)
			return E_INVAL;
	}
	return n && *writable <= UINT32_MAX ? OK : E_INVAL;
}

enum status vring_add(struct vring *vr, const struct vring_buf *bufs, u32 n, u16 *head)
{
	u16 first = vr->free_head, at = first;
	u64 writable;

	TRY(check_bufs(bufs, n, &writable));
	if (vr->broken || n > vr->n_free)
		return E_BUSY;
	for (u32 i = 0; i < n; i++) {
		volatile struct vring_desc *d = &vr->desc[at];
		u16 next = i + 1 < n ? DESC_NEXT : 0;
		u16 write = bufs[i].dir == VRING_FROM_DEVICE ? DESC_WRITE : 0;

		d->addr = bufs[i].addr;
		d->len = bufs[i].len;
		d->flags = (u16)(next | write);
		d->next = next ? vr->next[at] : 0;
		if (i + 1 < n)
			at = vr->next[at];
	}
	vr->free_head = vr->next[at];
	vr->n_free = (u16)(vr->n_free - n);
	vr->chain_len[first] = (u16)n;
	vr->writable[first] = (u32)writable;
	vr->avail->ring[vr->avail_idx & (vr->size - 1)] = first;
	vr->avail_idx++;
	vr->n_in_flight++;
	*head = first;
	return OK;
}

void vring_publish(struct vring *vr)
{
	vr->avail->idx = vr->avail_idx;
}

enum status vring_poll(struct vring *vr)
{
	u16 n;

	if (vr->broken)
		return E_FORMAT;
	n = (u16)(vr->used->idx - vr->used_idx);
	if (n > vr->n_in_flight) {
		vr->broken = true;
		return E_FORMAT;
	}
	vr->n_used = n;
	return n ? OK : E_NOTFOUND;
}

static void free_chain(struct vring *vr, u16 head)
{
	u16 last = head;

	for (u16 i = 1; i < vr->chain_len[head]; i++)
		last = vr->next[last];
	vr->next[last] = vr->free_head;
	vr->free_head = head;
	vr->n_free = (u16)(vr->n_free + vr->chain_len[head]);
	vr->chain_len[head] = 0;
	vr->n_in_flight--;
}

enum status vring_take(struct vring *vr, u16 *head, u32 *written)
{
	volatile struct vring_used_elem *e = &vr->used->ring[vr->used_idx & (vr->size - 1)];
	u32 id, len;

	if (vr->broken)
		return E_FORMAT;
	if (vr->n_used == 0)
		return E_NOTFOUND;
	id = e->id;
	len = e->len;
	if (id >= vr->size || vr->chain_len[id] == 0 || len > vr->writable[id]) {
		vr->broken = true;
		return E_FORMAT;
	}
	vr->used_idx++;
	vr->n_used--;
	free_chain(vr, (u16)id);
	*head = (u16)id;
	*written = len;
	return OK;
}
