/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partition tables with one partition from 1 MiB on: MBR as PCs have it, GPT as UEFI 2.10, 5.3 has.
 * Serial numbers are fixed, so that the same files make the same disk.
 */
#include <string.h>
#include <unistd.h>

#include <base/endian.h>

#include "pack.h"
#include "trivet.h"

#define FIRST_SECTOR 2048
#define BEHIND	     2048 /* sectors left for the second GPT */
#define N_ENTRIES    128
#define ENTRY_SIZE   128
#define ENTRIES_SIZE ((size_t)N_ENTRIES * ENTRY_SIZE)
#define ENTRY_BLOCKS (ENTRIES_SIZE / DISK_SECTOR)
#define SERIAL	     0x54524956 /* "TRIV" */

enum {
	TYPE_FAT32 = 0x0c,
	TYPE_GPT = 0xee,
};

/* GUIDs as they lie on disk: the first three fields little-endian. */
static const u8 guid_disk[16] = { 0x56, 0x49, 0x52, 0x54, 0x54, 0x45, 0x00, 0x40,
				  0x80, 0,    0,    0,	  0,	0,    0,    1 };
static const u8 guid_part[16] = { 0x56, 0x49, 0x52, 0x54, 0x54, 0x45, 0x00, 0x40,
				  0x80, 0,    0,    0,	  0,	0,    0,    2 };
/* Basic data: ebd0a0a2-b9e5-4433-87c0-68b6b72699c7. */
static const u8 guid_data[16] = { 0xa2, 0xa0, 0xd0, 0xeb, 0xe5, 0xb9, 0x33, 0x44,
				  0x87, 0xc0, 0x68, 0xb6, 0xb7, 0x26, 0x99, 0xc7 };

bool disk_put(int fd, u64 off, const void *buf, size_t n)
{
	const u8 *p = buf;

	while (n) {
		ssize_t done = pwrite(fd, p, n, (off_t)off);

		if (done <= 0) {
			tool_complain("the disk image cannot be written");
			return false;
		}
		p += done;
		off += (u64)done;
		n -= (size_t)done;
	}
	return true;
}

u64 disk_first_sector(enum pack_table table)
{
	return table == PACK_NO_TABLE ? 0 : FIRST_SECTOR;
}

u64 disk_sectors(enum pack_table table, u64 n_sectors)
{
	return table == PACK_NO_TABLE ? n_sectors : FIRST_SECTOR + n_sectors + BEHIND;
}

static bool put_mbr(int fd, u8 type, u64 first, u64 count)
{
	u8 s[DISK_SECTOR] = { 0 };
	u8 *entry = s + 446;

	store_le32(s + 440, SERIAL);
	/* Addresses beyond what cylinders can say. */
	memcpy(entry + 1, "\xfe\xff\xff", 3);
	memcpy(entry + 5, "\xfe\xff\xff", 3);
	entry[4] = type;
	store_le32(entry + 8, (u32)first);
	store_le32(entry + 12, (u32)count);
	store_le16(s + 510, 0xaa55);
	return disk_put(fd, 0, s, sizeof(s));
}

/* CRC-32 of IEEE 802.3, bit by bit: there are 16 KiB of it. */
static u32 crc32_of(const u8 *p, size_t n)
{
	u32 crc = UINT32_MAX;

	while (n--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void make_entries(u8 *e, u64 n_sectors)
{
	static const char name[] = "trivet";

	memcpy(e, guid_data, 16);
	memcpy(e + 16, guid_part, 16);
	store_le64(e + 32, FIRST_SECTOR);
	store_le64(e + 40, FIRST_SECTOR + n_sectors - 1);
	for (size_t i = 0; name[i]; i++)
		e[56 + 2 * i] = (u8)name[i];
}

static bool put_header(int fd, u64 here, u64 other, u64 entries_at, u32 entries_crc)
{
	u8 h[DISK_SECTOR] = { 0 };
	u64 last = here > other ? here : other;

	memcpy(h, "EFI PART", 8);
	store_le32(h + 8, 0x10000);
	store_le32(h + 12, 92);
	store_le64(h + 24, here);
	store_le64(h + 32, other);
	store_le64(h + 40, 2 + ENTRY_BLOCKS);
	store_le64(h + 48, last - ENTRY_BLOCKS - 1);
	memcpy(h + 56, guid_disk, 16);
	store_le64(h + 72, entries_at);
	store_le32(h + 80, N_ENTRIES);
	store_le32(h + 84, ENTRY_SIZE);
	store_le32(h + 88, entries_crc);
	store_le32(h + 16, crc32_of(h, 92));
	return disk_put(fd, here * DISK_SECTOR, h, sizeof(h));
}

static bool put_gpt(int fd, u64 n_sectors)
{
	static u8 entries[ENTRIES_SIZE];
	u64 last = disk_sectors(PACK_GPT, n_sectors) - 1;
	u32 crc;

	make_entries(entries, n_sectors);
	crc = crc32_of(entries, sizeof(entries));
	return put_mbr(fd, TYPE_GPT, 1, last > UINT32_MAX ? UINT32_MAX : last) &&
	       put_header(fd, 1, last, 2, crc) &&
	       disk_put(fd, (u64)2 * DISK_SECTOR, entries, sizeof(entries)) &&
	       disk_put(fd, (last - ENTRY_BLOCKS) * DISK_SECTOR, entries, sizeof(entries)) &&
	       put_header(fd, last, 1, last - ENTRY_BLOCKS, crc);
}

bool disk_put_table(int fd, enum pack_table table, u64 n_sectors)
{
	switch (table) {
	case PACK_MBR:
		return put_mbr(fd, TYPE_FAT32, FIRST_SECTOR, n_sectors);
	case PACK_GPT:
		return put_gpt(fd, n_sectors);
	case PACK_NO_TABLE:
		break;
	}
	return true;
}
