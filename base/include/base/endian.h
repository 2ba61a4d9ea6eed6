/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and stores of a given byte order at any alignment. Compilers turn them into single
 * instructions where the ISA allows it.
 */
#pragma once

#include <base/types.h>

static inline u16 load_le16(const void *at)
{
	const u8 *p = (const u8 *)at;

	return (u16)(p[0] | p[1] << 8);
}

static inline u32 load_le32(const void *at)
{
	const u8 *p = (const u8 *)at;

	return (u32)load_le16(p) | (u32)load_le16(p + 2) << 16;
}

static inline u64 load_le64(const void *at)
{
	const u8 *p = (const u8 *)at;

	return (u64)load_le32(p) | (u64)load_le32(p + 4) << 32;
}

static inline u16 load_be16(const void *at)
{
	const u8 *p = (const u8 *)at;

	return (u16)(p[0] << 8 | p[1]);
}

static inline u32 load_be32(const void *at)
{
	const u8 *p = (const u8 *)at;

	return (u32)load_be16(p) << 16 | (u32)load_be16(p + 2);
}

static inline u64 load_be64(const void *at)
{
	const u8 *p = (const u8 *)at;

	return (u64)load_be32(p) << 32 | (u64)load_be32(p + 4);
}

/* At a multiple of 4 bytes, where a format promises that. */
static inline u32 load_be32_aligned(const void *at)
{
	u32 v = *(const u32 *)at;

	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap32(v) : v;
}

static inline void store_le32(void *at, u32 v)
{
	u8 *p = (u8 *)at;

	for (u32 i = 0; i < 4; i++)
		p[i] = (u8)(v >> (8 * i));
}

static inline void store_le64(void *at, u64 v)
{
	store_le32(at, (u32)v);
	store_le32((u8 *)at + 4, (u32)(v >> 32));
}

static inline void store_be32(void *at, u32 v)
{
	u8 *p = (u8 *)at;

	for (u32 i = 0; i < 4; i++)
		p[i] = (u8)(v >> (24 - 8 * i));
}

static inline void store_be64(void *at, u64 v)
{
	store_be32(at, (u32)(v >> 32));
	store_be32((u8 *)at + 4, (u32)v);
}
