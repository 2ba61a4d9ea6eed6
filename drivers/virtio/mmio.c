/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtio transport over memory-mapped registers (virtio 1.2, 4.2), in its present form and in
 * the legacy one (4.2.4), which QEMU gives unless told otherwise. Interrupts are not used.
 */
#include <drivers/virtio.h>

#include <base/bits.h>

#define MAGIC		    0x000
#define VERSION		    0x004
#define DEVICE_ID	    0x008
#define DEVICE_FEATURES	    0x010
#define DEVICE_FEATURES_SEL 0x014
#define DRIVER_FEATURES	    0x020
#define DRIVER_FEATURES_SEL 0x024
#define GUEST_PAGE_SIZE	    0x028 /* legacy */
#define QUEUE_SEL	    0x030
#define QUEUE_NUM_MAX	    0x034
#define QUEUE_NUM	    0x038
#define QUEUE_ALIGN	    0x03c /* legacy */
#define QUEUE_PFN	    0x040 /* legacy */
#define QUEUE_READY	    0x044
#define QUEUE_NOTIFY	    0x050
#define INTERRUPT_STATUS    0x060
#define INTERRUPT_ACK	    0x064
#define STATUS		    0x070
#define QUEUE_DESC	    0x080
#define QUEUE_DRIVER	    0x090
#define QUEUE_DEVICE	    0x0a0
#define CONFIG_GENERATION   0x0fc
#define CONFIG		    0x100

#define MAGIC_VALUE 0x74726976 /* "virt" */

#define STATUS_ACKNOWLEDGE 1
#define STATUS_DRIVER	   2
#define STATUS_DRIVER_OK   4
#define STATUS_FEATURES_OK 8
#define STATUS_FAILED	   128

#define PAGE	     4096
#define RESET_US     100000
#define CONFIG_TRIES 16

static void status_add(struct virtio_dev *v, u32 bits)
{
	mmio_write32(v->m, STATUS, mmio_read32(v->m, STATUS) | bits);
}

static void mmio_reset(struct virtio_dev *v)
{
	mmio_write32(v->m, STATUS, 0);
	/* A device that takes its time says so by not reading as 0 (4.2.3.1). */
	for (u32 us = 0; us < RESET_US && mmio_read32(v->m, STATUS); us++)
		driver_delay_us(1);
}

static u64 device_features(struct virtio_dev *v)
{
	u64 features;

	mmio_write32(v->m, DEVICE_FEATURES_SEL, 0);
	features = mmio_read32(v->m, DEVICE_FEATURES);
	if (v->legacy)
		return features;
	mmio_write32(v->m, DEVICE_FEATURES_SEL, 1);
	return features | (u64)mmio_read32(v->m, DEVICE_FEATURES) << 32;
}

static enum status mmio_negotiate(struct virtio_dev *v, u64 wanted, u64 *accepted)
{
	u64 offered = device_features(v);

	if (!v->legacy)
		wanted |= VIRTIO_F_VERSION_1;
	*accepted = offered & wanted;
	mmio_write32(v->m, DRIVER_FEATURES_SEL, 0);
	mmio_write32(v->m, DRIVER_FEATURES, (u32)*accepted);
	if (v->legacy)
		return OK;
	if (!(offered & VIRTIO_F_VERSION_1))
		return E_UNSUP;
	mmio_write32(v->m, DRIVER_FEATURES_SEL, 1);
	mmio_write32(v->m, DRIVER_FEATURES, (u32)(*accepted >> 32));
	status_add(v, STATUS_FEATURES_OK);
	return mmio_read32(v->m, STATUS) & STATUS_FEATURES_OK ? OK : E_UNSUP;
}

static void write_address(struct virtio_dev *v, u64 reg, u64 addr)
{
	mmio_write32(v->m, reg, (u32)addr);
	mmio_write32(v->m, reg + 4, (u32)(addr >> 32));
}

/* Tell the device where queue QUEUE_SEL is. */
static enum status place_queue(struct virtio_dev *v, u64 addr, u32 size)
{
	mmio_write32(v->m, QUEUE_NUM, size);
	if (v->legacy) {
		if (addr / PAGE > UINT32_MAX)
			return E_RANGE;
		mmio_write32(v->m, QUEUE_ALIGN, VRING_ALIGN);
		mmio_write32(v->m, QUEUE_PFN, (u32)(addr / PAGE));
		return OK;
	}
	write_address(v, QUEUE_DESC, addr);
	write_address(v, QUEUE_DRIVER, addr + vring_avail_off(size));
	write_address(v, QUEUE_DEVICE, addr + vring_used_off(size));
	mmio_write32(v->m, QUEUE_READY, 1);
	return OK;
}

static enum status mmio_queue(struct virtio_dev *v, u32 index, u32 max, struct vring *vr)
{
	u32 size;
	void *mem;

	mmio_write32(v->m, QUEUE_SEL, index);
	if (mmio_read32(v->m, v->legacy ? QUEUE_PFN : QUEUE_READY))
		return E_BUSY;
	size = MIN(mmio_read32(v->m, QUEUE_NUM_MAX), max);
	if (size == 0)
		return E_NOTFOUND;
	size = (u32)BIT(bit_highest(size));
	TRY(driver_dma_alloc(vring_bytes(size), &mem));
	TRY(vring_init(vr, mem, vring_bytes(size), size));
	driver_dma_barrier();
	return place_queue(v, driver_dma_addr(mem).v, size);
}

static void mmio_ready(struct virtio_dev *v)
{
	status_add(v, STATUS_DRIVER_OK);
}

static void mmio_notify(struct virtio_dev *v, u32 queue)
{
	mmio_write32(v->m, QUEUE_NOTIFY, queue);
}

static void mmio_ack(struct virtio_dev *v)
{
	u32 pending = mmio_read32(v->m, INTERRUPT_STATUS);

	if (pending)
		mmio_write32(v->m, INTERRUPT_ACK, pending);
}

static u32 mmio_config32(struct virtio_dev *v, u32 off)
{
	return mmio_read32(v->m, CONFIG + off);
}

/* Legacy devices have no generation counter; reading until two reads agree serves both. */
static u64 mmio_config64(struct virtio_dev *v, u32 off)
{
	u64 last = 0, now = 0;

	for (u32 i = 0; i < CONFIG_TRIES; i++) {
		u32 generation = v->legacy ? 0 : mmio_read32(v->m, CONFIG_GENERATION);

		now = (u64)mmio_config32(v, off + 4) << 32 | mmio_config32(v, off);
		if (i && now == last)
			break;
		if (!v->legacy && generation == mmio_read32(v->m, CONFIG_GENERATION))
			break;
		last = now;
	}
	return now;
}

static const struct virtio_transport mmio_transport = {
	.negotiate = mmio_negotiate,
	.queue = mmio_queue,
	.ready = mmio_ready,
	.notify = mmio_notify,
	.ack = mmio_ack,
	.reset = mmio_reset,
	.config32 = mmio_config32,
	.config64 = mmio_config64,
};

static const struct virtio_kind {
	u32 id;
	enum status (*attach)(const struct virtio_dev *v);
} kinds[] = {
	{ VIRTIO_ID_BLOCK, virtio_blk_attach },
};

static const struct virtio_kind *find_kind(u32 id)
{
	for (size_t i = 0; i < array_size(kinds); i++)
		if (kinds[i].id == id)
			return &kinds[i];
	return NULL;
}

static enum status attach(struct virtio_dev *v, const struct virtio_kind *kind)
{
	enum status st;

	mmio_reset(v);
	status_add(v, STATUS_ACKNOWLEDGE);
	status_add(v, STATUS_DRIVER);
	if (v->legacy)
		mmio_write32(v->m, GUEST_PAGE_SIZE, PAGE);
	st = kind->attach(v);
	if (st != OK) {
		status_add(v, STATUS_FAILED);
		mmio_reset(v);
	}
	return st;
}

static enum status mmio_probe(const struct hd_dev *dev, const struct hostdesc *hd)
{
	struct virtio_dev v = { .ops = &mmio_transport, .dev = dev };
	const struct virtio_kind *kind;
	u32 version, id;

	(void)hd;
	if (dev->n_win == 0)
		return E_INVAL;
	TRY(driver_map(dev->win[0], &v.m));
	if (v.m.len < CONFIG)
		return E_RANGE;
	if (mmio_read32(v.m, MAGIC) != MAGIC_VALUE)
		return E_FORMAT;
	version = mmio_read32(v.m, VERSION);
	id = mmio_read32(v.m, DEVICE_ID);
	if (id == 0)
		return E_NOTFOUND; /* a slot with nothing in it (4.2.2) */
	if (version != 1 && version != 2)
		return E_UNSUP;
	v.legacy = version == 1;
	kind = find_kind(id);
	if (!kind) {
		driver_log("%.*s: virtio device of kind %u: nothing here uses one",
			   STR_ARG(dev->path), id);
		return E_NOTFOUND;
	}
	return attach(&v, kind);
}

static const char *const mmio_compatible[] = { "virtio,mmio", NULL };

const struct driver driver_virtio_mmio = {
	.name = "virtio-mmio",
	.stage = DRIVER_DEVICE,
	.compatible = mmio_compatible,
	.probe = mmio_probe,
};
