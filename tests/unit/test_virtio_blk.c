/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtio-mmio and virtio-blk drivers against a device of our own: registers in plain memory,
 * looked at whenever the driver asks for the time. It serves reads as virtio 1.2 says, or plays
 * one of several hostile parts. Each scene has a process to itself, because the driver never
 * forgets a disk.
 */
#include "scene.h"

#include <stdlib.h>
#include <string.h>

#include <base/bits.h>
#include <base/endian.h>
#include <lib/vring.h>
#include <port/driver.h>

extern const struct driver driver_virtio_mmio;

#define BUS_BASE  0x40000000u
#define DMA_SIZE  (4u << 20)
#define N_SECTORS 4096u
#define SECTOR	  512u

enum part {
	HONEST,
	NEVER_ANSWERS,
	INDEX_RUNS_WILD,
	WRONG_ID,
	LENGTH_TOO_LONG,
	LENGTH_TOO_SHORT,
	SAYS_IOERR,
	SAYS_UNSUPP,
	SAYS_NOTHING,
	FORGETS_STATUS,
	ANSWERS_TWICE,
};

static struct {
	u8 regs[0x200];
	enum part part;
	bool legacy;
	u32 seg_max;
	u32 size_max;
	u16 avail_seen;
	u32 n_requests;
	u32 largest; /* bytes of data in one request */
	u32 n_resets;
} device;

static alignas(4096) u8 dma[DMA_SIZE];
static size_t dma_used;
static u64 clock_us;
static char logged[1024];

static const struct block_ops *disk;
static void *disk_ctx;
static u64 disk_sectors;

/* ---- the device ---------------------------------------------------------------------------- */

static u32 reg(u32 off)
{
	return load_le32(device.regs + off);
}

/* Bus address to memory; a driver that gives us anything else is wrong. */
static u8 *bus(u64 addr, u64 len)
{
	CHECK(range_inside(addr, len, BUS_BASE, DMA_SIZE));
	return dma + (addr - BUS_BASE);
}

static u64 reg_addr(u32 off)
{
	return (u64)reg(off + 4) << 32 | reg(off);
}

struct rings {
	u32 size;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
};

static struct rings device_rings(void)
{
	u32 size = reg(0x38);
	u64 desc, avail, used;

	CHECK(is_pow2(size));
	if (device.legacy) {
		desc = (u64)reg(0x40) * reg(0x28);
		avail = desc + 16 * (u64)size;
		used = align_up(avail + 6 + 2 * (u64)size, reg(0x3c));
	} else {
		CHECK(reg(0x44) == 1);
		desc = reg_addr(0x80);
		avail = reg_addr(0x90);
		used = reg_addr(0xa0);
	}
	return (struct rings){ size, (void *)bus(desc, 16 * (u64)size),
			       (void *)bus(avail, 6 + 2 * (u64)size),
			       (void *)bus(used, 6 + 8 * (u64)size) };
}

static u8 pattern(u64 sector, u32 i)
{
	return (u8)(sector * 31 + i * 7 + sector / 256);
}

/* Fill the data buffers of a read; returns bytes written, *status points to the status byte. */
static u32 serve_read(const struct rings *r, u16 head, u8 **status)
{
	struct vring_desc *d = &r->desc[head];
	u64 sector;
	u32 done = 0, n_bufs = 0;

	CHECK(d->len == 16 && d->flags == 1);
	CHECK(load_le32(bus(d->addr, 16)) == 0);
	sector = load_le64(bus(d->addr, 16) + 8);
	for (d = &r->desc[d->next]; d->flags & 1; d = &r->desc[d->next]) {
		u8 *p = bus(d->addr, d->len);

		CHECK(d->flags & 2);
		CHECK(device.size_max == 0 || d->len <= device.size_max);
		CHECK(++n_bufs <= (device.seg_max ? device.seg_max : r->size));
		for (u32 i = 0; i < d->len; i++, done++)
			p[i] = pattern(sector + done / SECTOR, done % SECTOR);
	}
	CHECK(d->len == 1 && d->flags == 2);
	CHECK(sector * SECTOR + done <= (u64)N_SECTORS * SECTOR);
	*status = bus(d->addr, 1);
	device.largest = MAX(device.largest, done);
	return done;
}

static void complete(const struct rings *r, u32 id, u32 len)
{
	r->used->ring[r->used->idx % r->size] = (struct vring_used_elem){ id, len };
	r->used->idx++;
	store_le32(device.regs + 0x60, 1);
}

static void answer(const struct rings *r, u16 head)
{
	u8 *status;
	u32 done = serve_read(r, head, &status);

	device.n_requests++;
	*status = device.part == SAYS_IOERR   ? 1 :
		  device.part == SAYS_UNSUPP  ? 2 :
		  device.part == SAYS_NOTHING ? 77 :
						0;
	if (device.part == FORGETS_STATUS)
		*status = 0xff;
	switch (device.part) {
	case NEVER_ANSWERS:
		break;
	case INDEX_RUNS_WILD:
		r->used->idx = (u16)(r->used->idx + 1000);
		break;
	case WRONG_ID:
		complete(r, head + 1u, done + 1);
		break;
	case LENGTH_TOO_LONG:
		complete(r, head, 0xfffffff0);
		break;
	case LENGTH_TOO_SHORT:
		complete(r, head, 0);
		break;
	case ANSWERS_TWICE:
		complete(r, head, done + 1);
		complete(r, head, done + 1);
		break;
	case HONEST:
	case SAYS_IOERR:
	case SAYS_UNSUPP:
	case SAYS_NOTHING:
	case FORGETS_STATUS:
		complete(r, head, done + 1);
		break;
	}
}

static void device_runs(void)
{
	struct rings r;

	if (reg(0x50) == UINT32_MAX || !(reg(0x70) & 4))
		return;
	CHECK(reg(0x50) == 0);
	store_le32(device.regs + 0x50, UINT32_MAX);
	r = device_rings();
	while (device.avail_seen != r.avail->idx)
		answer(&r, r.avail->ring[device.avail_seen++ % r.size]);
}

static void device_make(bool legacy, u32 size_max, u32 seg_max)
{
	memset(&device, 0, sizeof(device));
	device.legacy = legacy;
	device.size_max = size_max;
	device.seg_max = seg_max;
	store_le32(device.regs + 0x00, 0x74726976);
	store_le32(device.regs + 0x04, legacy ? 1 : 2);
	store_le32(device.regs + 0x08, 2);
	/* Both halves of the features read the same: bit 32 is VERSION_1, bits 1 and 2 limits. */
	store_le32(device.regs + 0x10, 1u | (size_max ? 2u : 0) | (seg_max ? 4u : 0));
	store_le32(device.regs + 0x34, 128);
	store_le32(device.regs + 0x50, UINT32_MAX);
	store_le64(device.regs + 0x100, N_SECTORS);
	store_le32(device.regs + 0x108, size_max);
	store_le32(device.regs + 0x10c, seg_max);
}

/* ---- the port ------------------------------------------------------------------------------ */

void driver_log(const char *format, ...)
{
	size_t n = strlen(logged);
	va_list ap;

	va_start(ap, format);
	vsnprintf(logged + n, sizeof(logged) - n, format, ap);
	va_end(ap);
}

enum status driver_map(struct range win, struct mmio *out)
{
	*out = (struct mmio){ device.regs, win.len };
	return OK;
}

enum status driver_dma_alloc(size_t size, void **out)
{
	if (dma_used + size > DMA_SIZE)
		return E_NOMEM;
	*out = dma + dma_used;
	dma_used += (size_t)align_up(size, 4096);
	return OK;
}

hpa_t driver_dma_addr(const void *p)
{
	return HPA(BUS_BASE + (u64)((const u8 *)p - dma));
}

void driver_dma_barrier(void)
{
}

void driver_delay_us(u32 us)
{
	clock_us += us;
}

u64 driver_now_us(void)
{
	device_runs();
	return clock_us += 100;
}

enum status register_block(const struct block_ops *ops, void *ctx, const struct hd_dev *dev,
			   u64 n_sectors)
{
	(void)dev;
	disk = ops;
	disk_ctx = ctx;
	disk_sectors = n_sectors;
	return OK;
}

/* ---- scenes -------------------------------------------------------------------------------- */

static enum status probe(void)
{
	const struct hd_dev dev = {
		.path = STR("/virtio@0"),
		.compatible = STR("virtio,mmio\0"),
		.win = { { 0xa000000, 0x200 } },
		.n_win = 1,
	};
	static struct hd_dev kept;
	const struct hostdesc hd = { 0 };

	kept = dev;
	return driver_virtio_mmio.probe(&kept, &hd);
}

static u8 *buffer(u32 n_sectors)
{
	void *p = NULL;

	CHECK(driver_dma_alloc((size_t)n_sectors * SECTOR, &p) == OK);
	return p;
}

static void check_data(const u8 *p, u64 sector, u32 count)
{
	for (u32 s = 0; s < count; s++)
		for (u32 i = 0; i < SECTOR; i++)
			CHECK(p[s * SECTOR + i] == pattern(sector + s, i));
}

static void read_and_check(u64 sector, u32 count)
{
	u8 *p = buffer(count + 1);

	memset(p, 0xee, (count + 1) * SECTOR);
	CHECK(disk->read(disk_ctx, sector, count, p) == OK);
	check_data(p, sector, count);
	for (u32 i = 0; i < SECTOR; i++)
		CHECK(p[count * SECTOR + i] == 0xee);
}

static void reads_all_sizes(void)
{
	static const u32 counts[] = { 1, 2, 7, 8, 511, 512, 513, 1500 };

	CHECK(probe() == OK);
	CHECK(disk_sectors == N_SECTORS);
	for (u32 i = 0; i < array_size(counts); i++)
		read_and_check(i * 13, counts[i]);
	read_and_check(N_SECTORS - 1, 1);
	read_and_check(5, 0);
	CHECK(device.largest <= KIB(256));
	CHECK(reg(0x64) == 1); /* the interrupt was quietened */
}

static void modern_disk(void)
{
	device_make(false, 0, 0);
	reads_all_sizes();
	CHECK(device.largest == KIB(256));
	CHECK(reg(0x70) == 15);
}

static void legacy_disk(void)
{
	device_make(true, 0, 0);
	reads_all_sizes();
	CHECK(reg(0x70) == 7);
}

static void picky_disk(void)
{
	device_make(false, 3000, 5); /* 2560 bytes a buffer, 12800 a request */
	reads_all_sizes();
	CHECK(device.largest == 12800);
}

static void small_queue(void)
{
	device_make(false, 1024, 0);
	store_le32(device.regs + 0x34, 7); /* four descriptors of ours fit */
	reads_all_sizes();
	CHECK(device.largest == 2048);
}

static void past_the_end(void)
{
	u8 *p = buffer(4);

	device_make(false, 0, 0);
	CHECK(probe() == OK);
	CHECK(disk->read(disk_ctx, N_SECTORS, 1, p) == E_RANGE);
	CHECK(disk->read(disk_ctx, N_SECTORS - 1, 2, p) == E_RANGE);
	CHECK(disk->read(disk_ctx, UINT64_MAX, 2, p) == E_RANGE);
	CHECK(device.n_requests == 0);
}

static void many_requests(void)
{
	u8 *p = buffer(1);

	device_make(true, 0, 0);
	CHECK(probe() == OK);
	for (u32 i = 0; i < 70000; i++) { /* beyond the 16 bits of the rings' indexes */
		CHECK(disk->read(disk_ctx, i % N_SECTORS, 1, p) == OK);
		CHECK(p[0] == pattern(i % N_SECTORS, 0));
	}
}

/* The read fails with @st; @lives tells whether the disk is asked again afterwards. */
static void plays(enum part part, enum status st, bool lives)
{
	u8 *p;
	u32 before;

	device_make(false, 0, 0);
	CHECK(probe() == OK);
	p = buffer(8);
	device.part = part;
	CHECK(disk->read(disk_ctx, 3, 8, p) == st);
	CHECK((logged[0] == '\0') == lives);
	CHECK((reg(0x70) != 0) == lives); /* a reset stops its DMA */
	device.part = HONEST;
	before = device.n_requests;
	CHECK(disk->read(disk_ctx, 3, 8, p) == (lives ? OK : E_IO));
	CHECK(device.n_requests == before + (lives ? 1u : 0));
	CHECK(clock_us < 20000000);
}

static void never_answers(void)
{
	plays(NEVER_ANSWERS, E_IO, false);
	CHECK(strstr(logged, "5 seconds"));
}

static void index_runs_wild(void)
{
	plays(INDEX_RUNS_WILD, E_IO, false);
}

static void wrong_id(void)
{
	plays(WRONG_ID, E_IO, false);
}

static void length_too_long(void)
{
	plays(LENGTH_TOO_LONG, E_IO, false);
}

static void length_too_short(void)
{
	plays(LENGTH_TOO_SHORT, E_IO, false);
}

static void unknown_status(void)
{
	plays(SAYS_NOTHING, E_IO, false);
}

static void forgotten_status(void)
{
	plays(FORGETS_STATUS, E_IO, false);
}

static void answers_twice(void)
{
	plays(ANSWERS_TWICE, E_IO, false);
}

static void io_error(void)
{
	plays(SAYS_IOERR, E_IO, true);
}

static void unsupported(void)
{
	plays(SAYS_UNSUPP, E_UNSUP, true);
}

/* Old devices wrote any length they liked: only too long a one is an offence. */
static void legacy_length(void)
{
	u8 *p;

	device_make(true, 0, 0);
	CHECK(probe() == OK);
	p = buffer(8);
	device.part = LENGTH_TOO_SHORT;
	CHECK(disk->read(disk_ctx, 3, 8, p) == OK);
	check_data(p, 3, 8);
}

static void nothing_there(void)
{
	device_make(false, 0, 0);
	store_le32(device.regs + 0x08, 0);
	CHECK(probe() == E_NOTFOUND);
	CHECK(logged[0] == '\0');
	store_le32(device.regs + 0x08, 1);
	CHECK(probe() == E_NOTFOUND);
	CHECK(strstr(logged, "kind 1"));
	store_le32(device.regs + 0x00, 0);
	CHECK(probe() == E_FORMAT);
}

static void impossible_devices(void)
{
	device_make(false, 100, 0); /* less than a sector in a buffer */
	CHECK(probe() == E_UNSUP);
	CHECK(reg(0x70) == 0);
	device_make(false, 0, 0);
	store_le32(device.regs + 0x04, 3);
	CHECK(probe() == E_UNSUP);
	device_make(false, 0, 0);
	store_le32(device.regs + 0x10, 2); /* version 2 without VERSION_1 */
	CHECK(probe() == E_UNSUP);
	device_make(false, 0, 0);
	store_le32(device.regs + 0x34, 0); /* no queue */
	CHECK(probe() == E_NOTFOUND);
	device_make(false, 0, 0);
	store_le32(device.regs + 0x34, 2); /* no room for a request */
	CHECK(probe() == E_UNSUP);
	CHECK(!disk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(modern_disk),	   SCENE(legacy_disk),	    SCENE(picky_disk),
		SCENE(small_queue),	   SCENE(past_the_end),	    SCENE(many_requests),
		SCENE(never_answers),	   SCENE(index_runs_wild),  SCENE(wrong_id),
		SCENE(length_too_long),	   SCENE(length_too_short), SCENE(unknown_status),
		SCENE(forgotten_status),   SCENE(answers_twice),    SCENE(io_error),
		SCENE(unsupported),	   SCENE(legacy_length),    SCENE(nothing_there),
		SCENE(impossible_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
