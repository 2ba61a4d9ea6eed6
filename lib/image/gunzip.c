/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A gzip file (RFC 1952) in slices: header, deflate stream, trailer. "Ended" is only said after
 * the stream's own CRC and length agreed. Bytes behind the end stay in the caller's slice.
 */
#include <lib/image.h>

#include <base/bits.h>
#include <base/str.h>

#include "inflate.h"

#define FLAG_HEADER_CRC 0x02u
#define FLAG_EXTRA	0x04u
#define FLAG_NAME	0x08u
#define FLAG_COMMENT	0x10u
#define FLAGS_RESERVED	0xe0u

#define DEFLATED 8

enum gunzip_stage {
	GUNZIP_FIXED, /* ten bytes */
	GUNZIP_EXTRA_LEN,
	GUNZIP_EXTRA,
	GUNZIP_NAME,
	GUNZIP_COMMENT,
	GUNZIP_HEADER_CRC,
	GUNZIP_DATA,
	GUNZIP_CRC,
	GUNZIP_SIZE,
	GUNZIP_ENDED,
	GUNZIP_BAD
};

struct gunzip {
	enum gunzip_stage stage;
	u32 flags, at, extra_len;
	u32 crc;
	u32 crc_table[256];
	struct inflate f;
};
static_assert(sizeof(struct gunzip) <= GUNZIP_STATE_SIZE, "state");

/* ---- CRC (RFC 1952, section 8) ----------------------------------------------------------------- */

static void crc_init(struct gunzip *g)
{
	for (u32 i = 0; i < 256; i++) {
		u32 c = i;

		for (u32 k = 0; k < 8; k++)
			c = c >> 1 ^ (0xedb88320u & (0 - (c & 1)));
		g->crc_table[i] = c;
	}
}

static void crc_add(struct gunzip *g, const u8 *p, size_t n)
{
	u32 crc = ~g->crc;

	for (; n; n--)
		crc = g->crc_table[(u8)(crc ^ *p++)] ^ crc >> 8;
	g->crc = ~crc;
}

/* ---- header ------------------------------------------------------------------------------------ */

static bool fixed_byte_ok(struct gunzip *g, u32 byte)
{
	static const u8 magic[] = { 0x1f, 0x8b, DEFLATED };

	if (g->at < sizeof(magic))
		return byte == magic[g->at];
	if (g->at == sizeof(magic))
		g->flags = byte;
	return !(g->flags & FLAGS_RESERVED);
}

static enum gunzip_stage header_next(struct gunzip *g)
{
	static const u8 flag_of[] = {
		[GUNZIP_EXTRA_LEN] = FLAG_EXTRA,
		[GUNZIP_EXTRA] = FLAG_EXTRA,
		[GUNZIP_NAME] = FLAG_NAME,
		[GUNZIP_COMMENT] = FLAG_COMMENT,
		[GUNZIP_HEADER_CRC] = FLAG_HEADER_CRC,
	};
	u32 next = g->stage + 1;

	while (next < GUNZIP_DATA &&
	       (!(g->flags & flag_of[next]) || (next == GUNZIP_EXTRA && !g->extra_len)))
		next++;
	g->at = 0;
	if (next == GUNZIP_DATA)
		g->crc = 0;
	return (enum gunzip_stage)next;
}

/* The header's CRC is of all before it: its low 16 bits. */
static enum inflate_step header_crc(struct gunzip *g)
{
	if (!inflate_need(&g->f, 16))
		return STEP_MORE;
	if (inflate_take(&g->f.bits, 16) != (g->crc & 0xffff))
		return STEP_BAD;
	g->stage = header_next(g);
	return STEP_ON;
}

static enum inflate_step header_byte(struct gunzip *g)
{
	bool ends = false;
	u8 byte;

	if (!inflate_need(&g->f, 8))
		return STEP_MORE;
	byte = (u8)inflate_take(&g->f.bits, 8);
	crc_add(g, &byte, 1);
	if (g->stage == GUNZIP_FIXED) {
		if (!fixed_byte_ok(g, byte))
			return STEP_BAD;
		ends = g->at == 9;
	} else if (g->stage == GUNZIP_EXTRA_LEN) {
		g->extra_len |= (u32)byte << g->at * 8;
		ends = g->at == 1;
	} else if (g->stage == GUNZIP_EXTRA) {
		ends = g->at + 1 == g->extra_len;
	} else {
		ends = byte == 0;
	}
	g->at++;
	if (ends)
		g->stage = header_next(g);
	return STEP_ON;
}

/* ---- data and trailer -------------------------------------------------------------------------- */

static enum inflate_step data(struct gunzip *g)
{
	u8 *from = g->f.out;
	enum inflate_step step = inflate_run(&g->f);

	crc_add(g, from, (size_t)(g->f.out - from));
	if (step != STEP_END)
		return step;
	(void)inflate_take(&g->f.bits, g->f.bits.n & 7);
	g->stage = GUNZIP_CRC;
	return STEP_ON;
}

static enum inflate_step trailer(struct gunzip *g)
{
	struct inflate *f = &g->f;
	u32 want = g->stage == GUNZIP_CRC ? g->crc :
					    (u32)(f->n_before + (u64)(f->out - f->out_begin));

	if (!inflate_need(f, 32))
		return STEP_MORE;
	if (inflate_take(&f->bits, 32) != want)
		return STEP_BAD;
	g->stage++;
	return STEP_ON;
}

static enum inflate_step run(struct gunzip *g)
{
	switch (g->stage) {
	case GUNZIP_FIXED:
	case GUNZIP_EXTRA_LEN:
	case GUNZIP_EXTRA:
	case GUNZIP_NAME:
	case GUNZIP_COMMENT:
		return header_byte(g);
	case GUNZIP_HEADER_CRC:
		return header_crc(g);
	case GUNZIP_DATA:
		return data(g);
	case GUNZIP_CRC:
	case GUNZIP_SIZE:
		return trailer(g);
	case GUNZIP_ENDED:
		return STEP_END;
	case GUNZIP_BAD:
		break;
	}
	return STEP_BAD;
}

/* ---- slices ------------------------------------------------------------------------------------ */

enum status gunzip_init(struct gunzip **out, void *state)
{
	struct gunzip *g = (struct gunzip *)state;

	g->stage = GUNZIP_FIXED;
	g->flags = g->at = g->extra_len = g->crc = 0;
	crc_init(g);
	inflate_init(&g->f);
	*out = g;
	return OK;
}

/* Whole bytes that were not needed go back to the slice that they are from. */
static void give_back(struct inflate *f, const u8 *in_begin)
{
	size_t n = MIN(f->bits.n / 8, (size_t)(f->in->p - in_begin));

	f->in->p -= n;
	f->in->n += n;
	f->bits.n -= (u32)n * 8;
	f->bits.v &= (UINT64_C(1) << f->bits.n) - 1;
}

enum status gunzip_run(struct gunzip *g, struct span *in, u8 **out, size_t *out_n)
{
	const u8 *in_begin = in->p;
	enum inflate_step step;

	g->f.in = in;
	g->f.out = g->f.out_begin = *out;
	g->f.out_end = *out + *out_n;
	do
		step = run(g);
	while (step == STEP_ON);
	if (step != STEP_MORE)
		give_back(&g->f, in_begin);
	inflate_keep(&g->f);
	*out_n = (size_t)(g->f.out_end - g->f.out);
	*out = g->f.out;
	if (step == STEP_BAD)
		g->stage = GUNZIP_BAD;
	if (step == STEP_END)
		return E_NOTFOUND;
	return step == STEP_BAD ? E_FORMAT : OK;
}
