/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partition tables: the first byte of the input says whether checksums are made right (bit 0) and
 * how large the disk is, the rest is its first sectors; others hold zeros. A partition that is
 * found lies on the disk.
 */
#include <string.h>

#include "fuzz.h"

#include <base/endian.h>
#include <base/range.h>
#include <lib/store.h>

#define N_SECTORS 64

struct fuzz_disk {
	u8 bytes[N_SECTORS * STORE_SECTOR];
	struct block_reader reader;
	u32 n_reads;
};

static enum status disk_read(void *ctx, u64 sector, u32 count, void *buf)
{
	struct fuzz_disk *d = (struct fuzz_disk *)ctx;

	fuzz_check(count && range_ok(sector, count, d->reader.n_sectors));
	fuzz_check(++d->n_reads < 10000);
	memset(buf, 0, (size_t)count * STORE_SECTOR);
	for (u32 i = 0; i < count && sector + i < N_SECTORS; i++)
		memcpy((u8 *)buf + i * STORE_SECTOR, d->bytes + (sector + i) * STORE_SECTOR,
		       STORE_SECTOR);
	return OK;
}

static u32 crc32(const u8 *p, size_t n)
{
	u32 crc = ~0u;

	while (n--) {
		crc ^= *p++;
		for (u32 bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static void checksums_mend(struct fuzz_disk *d)
{
	u8 *h = d->bytes + STORE_SECTOR;
	u64 table = load_le64(h + 72), size = (u64)load_le32(h + 80) * load_le32(h + 84);
	u32 header_size = load_le32(h + 12);

	if (table < N_SECTORS && range_ok(table * STORE_SECTOR, size, sizeof(d->bytes)))
		store_le32(h + 88, crc32(d->bytes + table * STORE_SECTOR, (size_t)size));
	store_le32(h + 16, 0);
	if (header_size <= STORE_SECTOR)
		store_le32(h + 16, crc32(h, header_size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const u64 sizes[] = {
		N_SECTORS, 1, 2, 33, 34, 100000, UINT64_C(1) << 33, UINT64_MAX
	};
	static struct fuzz_disk d;
	struct partition part;

	if (!n)
		return 0;
	memset(&d, 0, sizeof(d));
	memcpy(d.bytes, data + 1, MIN(n - 1, sizeof(d.bytes)));
	d.reader = (struct block_reader){ disk_read, &d, sizes[data[0] >> 1 & 7] };
	if (data[0] & 1)
		checksums_mend(&d);
	if (partition_find_fat(&d.reader, &part) == OK)
		fuzz_check(part.n_sectors &&
			   range_ok(part.first_sector, part.n_sectors, d.reader.n_sectors));
	return 0;
}
