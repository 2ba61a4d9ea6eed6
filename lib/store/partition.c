/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the volume: a GUID partition table, a partition table in the master boot record, or a file
 * system that begins at the disk's first sector. What counts as a FAT volume is its boot sector;
 * partition types lie too often. No more than a fixed number of sectors is looked at.
 * UEFI 2.10, section 5.2 (MBR) and 5.3 (GPT); Microsoft FAT specification 1.03, section 3.
 */
#include <lib/store.h>

#include <base/bits.h>
#include <base/endian.h>
#include <base/range.h>
#include <base/str.h>

#define MBR_TABLE	   446
#define MBR_ENTRY_SIZE	   16
#define MBR_N_ENTRIES	   4
#define MBR_TYPE_GPT	   0xee
#define BOOT_SIGNATURE_OFF 510
#define BOOT_SIGNATURE	   0xaa55

#define GPT_HEADER_MIN	92
#define GPT_ENTRY_MIN	128
#define GPT_ENTRY_MAX	4096
#define GPT_TABLE_MAX	KIB(128)
#define GPT_TABLE_FIRST 2

struct gpt {
	u64 table;
	u32 n_entries;
	u32 entry_size;
	u32 table_crc;
};

static enum status sector_read(const struct block_reader *disk, u64 sector, u8 *buf)
{
	if (sector >= disk->n_sectors)
		return E_FORMAT;
	return disk->read(disk->ctx, sector, 1, buf);
}

/* CRC-32 of IEEE 802.3, bit by bit: a table would be larger than what it is used for. */
static u32 crc32_add(u32 crc, const u8 *p, size_t n)
{
	while (n--) {
		crc ^= *p++;
		for (u32 bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return crc;
}

static bool boot_signature_ok(const u8 *s)
{
	return load_le16(s + BOOT_SIGNATURE_OFF) == BOOT_SIGNATURE;
}

static bool is_fat_boot_sector(const u8 *s)
{
	u8 jump = s[0];
	u8 n_fats = s[16];

	return boot_signature_ok(s) && (jump == 0xeb || jump == 0xe9 || jump == 0xe8) &&
	       load_le16(s + 11) == STORE_SECTOR && is_pow2(s[13]) && load_le16(s + 14) &&
	       (n_fats == 1 || n_fats == 2) && (load_le16(s + 19) || load_le32(s + 32)) &&
	       (load_le16(s + 22) || load_le32(s + 36));
}

static enum status candidate_check(const struct block_reader *disk, u64 first, u64 n,
				   struct partition *out)
{
	u8 s[STORE_SECTOR];

	if (!n)
		return E_NOTFOUND;
	if (!range_ok(first, n, disk->n_sectors))
		return E_FORMAT;
	TRY(sector_read(disk, first, s));
	if (!is_fat_boot_sector(s))
		return E_NOTFOUND;
	*out = (struct partition){ first, n };
	return OK;
}

static const u8 *mbr_entry(const u8 *mbr, u32 i)
{
	return mbr + MBR_TABLE + (size_t)i * MBR_ENTRY_SIZE;
}

static bool mbr_protects_gpt(const u8 *mbr)
{
	for (u32 i = 0; i < MBR_N_ENTRIES; i++) {
		if (mbr_entry(mbr, i)[4] == MBR_TYPE_GPT)
			return true;
	}
	return false;
}

/* The first that holds a FAT volume; when none does, a damaged entry is worth telling. */
static enum status mbr_find(const struct block_reader *disk, const u8 *mbr, struct partition *out)
{
	enum status result = E_NOTFOUND;

	for (u32 i = 0; i < MBR_N_ENTRIES; i++) {
		const u8 *e = mbr_entry(mbr, i);
		enum status st;

		if (!e[4])
			continue;
		st = candidate_check(disk, load_le32(e + 8), load_le32(e + 12), out);
		if (st == OK || st == E_IO)
			return st;
		if (st != E_NOTFOUND)
			result = st;
	}
	return result;
}

static enum status gpt_header_check(u8 *h, u64 where)
{
	u32 size = load_le32(h + 12);
	u32 crc = load_le32(h + 16);

	if (memcmp(h, "EFI PART", 8) != 0 || size < GPT_HEADER_MIN || size > STORE_SECTOR)
		return E_FORMAT;
	store_le32(h + 16, 0);
	if (~crc32_add(~0u, h, size) != crc || load_le64(h + 24) != where)
		return E_FORMAT;
	return OK;
}

static enum status gpt_header_read(const struct block_reader *disk, u64 where, struct gpt *g)
{
	u8 h[STORE_SECTOR];

	TRY(sector_read(disk, where, h));
	TRY(gpt_header_check(h, where));
	*g = (struct gpt){
		.table = load_le64(h + 72),
		.n_entries = load_le32(h + 80),
		.entry_size = load_le32(h + 84),
		.table_crc = load_le32(h + 88),
	};
	if (g->entry_size < GPT_ENTRY_MIN || g->entry_size > GPT_ENTRY_MAX ||
	    !is_pow2(g->entry_size) || !g->n_entries ||
	    (u64)g->n_entries * g->entry_size > GPT_TABLE_MAX)
		return E_FORMAT;
	return g->table < GPT_TABLE_FIRST ? E_FORMAT : OK;
}

static enum status gpt_table_check(const struct block_reader *disk, const struct gpt *g)
{
	u64 left = (u64)g->n_entries * g->entry_size;
	u32 crc = ~0u;
	u8 s[STORE_SECTOR];

	if (!range_ok(g->table, (left + STORE_SECTOR - 1) / STORE_SECTOR, disk->n_sectors))
		return E_FORMAT;
	for (u64 at = g->table; left; at++) {
		size_t n = (size_t)MIN(left, sizeof(s));

		TRY(sector_read(disk, at, s));
		crc = crc32_add(crc, s, n);
		left -= n;
	}
	return ~crc == g->table_crc ? OK : E_FORMAT;
}

static bool is_unused_guid(const u8 *guid)
{
	return !load_le64(guid) && !load_le64(guid + 8);
}

static enum status gpt_entry_check(const struct block_reader *disk, const struct gpt *g, u32 i,
				   struct partition *out)
{
	u64 off = (u64)i * g->entry_size;
	u64 first, last;
	u8 s[STORE_SECTOR];
	const u8 *e = s + off % STORE_SECTOR; /* sizes are powers of two: never straddles */

	TRY(sector_read(disk, g->table + off / STORE_SECTOR, s));
	if (is_unused_guid(e))
		return E_NOTFOUND;
	first = load_le64(e + 32);
	last = load_le64(e + 40);
	if (last < first || last - first == UINT64_MAX)
		return E_FORMAT;
	return candidate_check(disk, first, last - first + 1, out);
}

static enum status gpt_find_in(const struct block_reader *disk, const struct gpt *g,
			       struct partition *out)
{
	enum status result = E_NOTFOUND;

	for (u32 i = 0; i < g->n_entries; i++) {
		enum status st = gpt_entry_check(disk, g, i, out);

		if (st == OK || st == E_IO)
			return st;
		if (st != E_NOTFOUND)
			result = st;
	}
	return result;
}

/* The table in the first sectors, or else its copy in the last. */
static enum status gpt_find(const struct block_reader *disk, struct partition *out)
{
	struct gpt g;
	enum status st = gpt_header_read(disk, 1, &g);

	if (st == OK)
		st = gpt_table_check(disk, &g);
	if (st != OK) {
		TRY(gpt_header_read(disk, disk->n_sectors - 1, &g));
		TRY(gpt_table_check(disk, &g));
	}
	return gpt_find_in(disk, &g, out);
}

enum status partition_find_fat(const struct block_reader *disk, struct partition *out)
{
	u8 mbr[STORE_SECTOR];
	enum status st = E_NOTFOUND;

	if (!disk->n_sectors)
		return E_NOTFOUND;
	TRY(sector_read(disk, 0, mbr));
	if (!boot_signature_ok(mbr))
		return E_NOTFOUND;
	if (mbr_protects_gpt(mbr)) {
		st = gpt_find(disk, out);
		if (st != E_FORMAT)
			return st;
	}
	if (is_fat_boot_sector(mbr)) {
		*out = (struct partition){ 0, disk->n_sectors };
		return OK;
	}
	return st == E_FORMAT ? st : mbr_find(disk, mbr, out);
}
