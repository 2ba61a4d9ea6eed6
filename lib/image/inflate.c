/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inflate. What zlib refuses is refused: sets of codes with too many codes or too few (one code of
 * one bit excepted), no code for the end of a block, distances beyond what was made.
 */
#include "inflate.h"

#include <base/endian.h>
#include <base/str.h>

#define FAST_MASK ((1u << INFLATE_FAST_BITS) - 1)

/* What decode() says besides symbols. */
#define DECODE_MORE (-1)
#define DECODE_BAD  (-2)

#define END_OF_BLOCK   256
#define FIRST_LENGTH   257
#define MAX_SYMBOLS    286
#define MAX_DISTANCES  30
#define N_LENGTH_CODES 19

/* ---- bits -------------------------------------------------------------------------------------- */

u32 inflate_take(struct inflate_bits *b, u32 n)
{
	u32 v = (u32)(b->v & ((UINT64_C(1) << n) - 1));

	b->v >>= n;
	b->n -= n;
	return v;
}

/* More than 56 bits, or all that there are. */
static inline void fill(struct inflate *f)
{
	struct inflate_bits *b = &f->bits;

	if (f->in->n >= 8) {
		u32 n = (63 - b->n) >> 3;

		b->v |= load_le64(f->in->p) << b->n;
		b->n += n * 8;
		f->in->p += n;
		f->in->n -= n;
		return;
	}
	for (; b->n <= 56 && f->in->n; b->n += 8, f->in->n--)
		b->v |= (u64)*f->in->p++ << b->n;
}

bool inflate_need(struct inflate *f, u32 n)
{
	if (f->bits.n < n)
		fill(f);
	return f->bits.n >= n;
}

/* ---- codes ------------------------------------------------------------------------------------- */

/* Codes are numbered as RFC 1951 says (3.2.2), and stand in the stream with their first bit first. */
static void fill_fast(struct inflate_code *c)
{
	u32 code = 0, k = 0;

	memset(c->fast, 0, sizeof(c->fast));
	for (u32 len = 1; len <= INFLATE_FAST_BITS; len++) {
		u32 top = 1u << (len - 1);

		for (u32 n = c->count[len]; n; n--, k++) {
			u32 bit = top;

			for (u32 i = code; i <= FAST_MASK; i += top * 2)
				c->fast[i] = (u16)((u32)c->symbol[k] << 4 | len);
			/* one more, bits reversed */
			for (; code & bit; bit >>= 1)
				code &= ~bit;
			code |= bit;
		}
	}
}

/* @length of @n symbols. How much of the code is not used, of 2^15; negative: over-used. */
static s32 code_build(struct inflate_code *c, const u8 *length, u32 n)
{
	u16 at[INFLATE_MAX_BITS + 1];
	s32 unused = 1;

	memset(c->count, 0, sizeof(c->count));
	for (u32 i = 0; i < n; i++)
		c->count[length[i]]++;
	c->count[0] = 0;
	at[0] = 0;
	for (u32 len = 1; len <= INFLATE_MAX_BITS; len++) {
		unused = unused * 2 - c->count[len];
		if (unused < 0)
			return unused;
		at[len] = (u16)(at[len - 1] + c->count[len - 1]);
	}
	for (u32 i = 0; i < n; i++)
		if (length[i])
			c->symbol[at[length[i]]++] = (u16)i;
	fill_fast(c);
	return unused;
}

/* Whole, or not more than one code of one bit. */
static bool code_is_usable(const struct inflate_code *c, s32 unused)
{
	u32 n = 0;

	for (u32 len = 2; len <= INFLATE_MAX_BITS; len++)
		n += c->count[len];
	return unused == 0 || (unused > 0 && n == 0);
}

static s32 decode_long(const struct inflate_code *c, struct inflate_bits *b)
{
	u32 code = 0, first = 0, index = 0;

	for (u32 len = 1; len <= INFLATE_MAX_BITS; len++) {
		if (len > b->n)
			return DECODE_MORE;
		code |= (u32)(b->v >> (len - 1)) & 1;
		if (code - first < c->count[len]) {
			(void)inflate_take(b, len);
			return c->symbol[index + code - first];
		}
		index += c->count[len];
		first = (first + c->count[len]) << 1;
		code <<= 1;
	}
	return DECODE_BAD;
}

static inline s32 decode(const struct inflate_code *c, struct inflate_bits *b)
{
	u32 e = c->fast[b->v & FAST_MASK];

	if (!e || (e & 15) > b->n)
		return decode_long(c, b);
	b->v >>= e & 15;
	b->n -= e & 15;
	return (s32)(e >> 4);
}

static enum inflate_step step_of(s32 decoded)
{
	return decoded == DECODE_MORE ? STEP_MORE : STEP_BAD;
}

/* ---- blocks ------------------------------------------------------------------------------------ */

static enum inflate_step begin_stored(struct inflate *f)
{
	u32 n;

	(void)inflate_take(&f->bits, f->bits.n & 7);
	n = inflate_take(&f->bits, 32);
	if ((n & 0xffff) != (n >> 16 ^ 0xffff))
		return STEP_BAD;
	f->left = n & 0xffff;
	f->stage = INFLATE_STORED;
	return STEP_ON;
}

static enum inflate_step begin_fixed(struct inflate *f)
{
	memset(f->length, 8, 144);
	memset(f->length + 144, 9, 112);
	memset(f->length + 256, 7, 24);
	memset(f->length + 280, 8, 8);
	(void)code_build(&f->symbols, f->length, INFLATE_SYMBOLS);
	memset(f->length, 5, INFLATE_DISTANCES);
	(void)code_build(&f->distances, f->length, INFLATE_DISTANCES);
	f->stage = INFLATE_SYMBOL;
	return STEP_ON;
}

static enum inflate_step begin_dynamic(struct inflate *f)
{
	f->n_symbols = inflate_take(&f->bits, 5) + FIRST_LENGTH;
	f->n_distances = inflate_take(&f->bits, 5) + 1;
	f->n_lengths_of_lengths = inflate_take(&f->bits, 4) + 4;
	f->at = 0;
	memset(f->length, 0, N_LENGTH_CODES);
	f->stage = INFLATE_LENGTHS_OF_LENGTHS;
	return f->n_symbols > MAX_SYMBOLS || f->n_distances > MAX_DISTANCES ? STEP_BAD : STEP_ON;
}

static enum inflate_step begin_block(struct inflate *f)
{
	static const u8 least[] = { 0, 3, 3 + 14, 3 };
	u32 type;

	if (f->last) {
		f->stage = INFLATE_END;
		return STEP_ON;
	}
	if (!inflate_need(f, 3))
		return STEP_MORE;
	type = (u32)f->bits.v >> 1 & 3;
	/* Up to 7 bits before a stored block's length are skipped: how many is known. */
	if (!inflate_need(f, type ? least[type] : 3 + ((f->bits.n - 3) & 7) + 32))
		return STEP_MORE;
	f->last = inflate_take(&f->bits, 1);
	(void)inflate_take(&f->bits, 2);
	if (type == 0)
		return begin_stored(f);
	if (type == 1)
		return begin_fixed(f);
	return type == 2 ? begin_dynamic(f) : STEP_BAD;
}

static enum inflate_step run_stored(struct inflate *f)
{
	while (f->left) {
		if (f->out == f->out_end)
			return STEP_FULL;
		if (!inflate_need(f, 8))
			return STEP_MORE;
		*f->out++ = (u8)inflate_take(&f->bits, 8);
		f->left--;
	}
	f->stage = INFLATE_BLOCK;
	return STEP_ON;
}

static enum inflate_step lengths_of_lengths(struct inflate *f)
{
	static const u8 order[N_LENGTH_CODES] = { 16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
						  11, 4,  12, 3, 13, 2, 14, 1, 15 };

	for (; f->at < f->n_lengths_of_lengths; f->at++) {
		if (!inflate_need(f, 3))
			return STEP_MORE;
		f->length[order[f->at]] = (u8)inflate_take(&f->bits, 3);
	}
	f->at = 0;
	f->stage = INFLATE_LENGTHS;
	return code_build(&f->symbols, f->length, N_LENGTH_CODES) ? STEP_BAD : STEP_ON;
}

static enum inflate_step lengths_done(struct inflate *f)
{
	const u8 *d = f->length + f->n_symbols;
	s32 unused;

	if (!f->length[END_OF_BLOCK])
		return STEP_BAD;
	unused = code_build(&f->symbols, f->length, f->n_symbols);
	if (!code_is_usable(&f->symbols, unused))
		return STEP_BAD;
	unused = code_build(&f->distances, d, f->n_distances);
	if (!code_is_usable(&f->distances, unused))
		return STEP_BAD;
	f->stage = INFLATE_SYMBOL;
	return STEP_ON;
}

/* One length, or the one before again (16), or zeros (17, 18). */
static enum inflate_step one_length(struct inflate *f)
{
	static const u8 extra[] = { 2, 3, 7 }, least[] = { 3, 3, 11 };
	struct inflate_bits b = f->bits;
	s32 symbol = decode(&f->symbols, &b);
	u32 n = 1, end = f->n_symbols + f->n_distances;
	u8 length = (u8)symbol;

	if (symbol < 0)
		return step_of(symbol);
	if (symbol >= 16) {
		if (b.n < extra[symbol - 16])
			return STEP_MORE;
		if (symbol == 16 && !f->at)
			return STEP_BAD;
		length = symbol == 16 ? f->length[f->at - 1] : 0;
		n = least[symbol - 16] + inflate_take(&b, extra[symbol - 16]);
	}
	if (n > end - f->at)
		return STEP_BAD;
	memset(f->length + f->at, length, n);
	f->at += n;
	f->bits = b;
	return STEP_ON;
}

static enum inflate_step run_lengths(struct inflate *f)
{
	while (f->at < f->n_symbols + f->n_distances) {
		enum inflate_step step;

		fill(f);
		step = one_length(f);
		if (step != STEP_ON)
			return step;
	}
	return lengths_done(f);
}

/* ---- symbols ----------------------------------------------------------------------------------- */

/* Some of the match: what was made before this slice is in the window. */
static enum inflate_step run_match(struct inflate *f)
{
	size_t n = MIN(f->left, (size_t)(f->out_end - f->out));
	size_t made = (size_t)(f->out - f->out_begin);
	u8 *to = f->out, *end = to + n;

	f->out = end;
	f->left -= (u32)n;
	for (u64 at = f->n_before + made - f->distance; made < f->distance && to < end; made++)
		*to++ = f->window[at++ % INFLATE_WINDOW];
	for (const u8 *from = to - f->distance; to < end;)
		*to++ = *from++;
	f->stage = f->left ? INFLATE_MATCH : INFLATE_SYMBOL;
	return f->left ? STEP_FULL : STEP_ON;
}

/*
 * Lengths: eight codes for 3 to 10, then four for each number of extra bits; the last of all is 258
 * itself. Distances: four codes for 1 to 4, then two for each number (RFC 1951, 3.2.5).
 */
static enum inflate_step begin_match(struct inflate *f, u32 symbol, struct inflate_bits *b)
{
	u32 k = symbol - FIRST_LENGTH;
	u32 extra = k < 8 || k == 28 ? 0 : k / 4 - 1;
	u32 length = k < 8 ? k + 3 : k == 28 ? 258 : ((4 + k % 4) << extra) + 3;
	s32 d;

	if (symbol >= MAX_SYMBOLS)
		return STEP_BAD;
	if (b->n < extra)
		return STEP_MORE;
	length += inflate_take(b, extra);
	d = decode(&f->distances, b);
	if (d < 0)
		return step_of(d);
	if (d >= MAX_DISTANCES)
		return STEP_BAD;
	k = (u32)d;
	extra = k < 4 ? 0 : k / 2 - 1;
	if (b->n < extra)
		return STEP_MORE;
	f->distance = (k < 4 ? k : (2 + k % 2) << extra) + 1 + inflate_take(b, extra);
	if (f->distance > f->n_before + (u64)(f->out - f->out_begin))
		return STEP_BAD;
	f->left = length;
	f->bits = *b;
	return run_match(f);
}

static enum inflate_step run_symbols(struct inflate *f)
{
	enum inflate_step step = STEP_ON;

	while (step == STEP_ON) {
		struct inflate_bits b;
		s32 symbol;

		if (f->bits.n < 48)
			fill(f);
		b = f->bits;
		symbol = decode(&f->symbols, &b);
		if (symbol < 0)
			return step_of(symbol);
		if (symbol > END_OF_BLOCK) {
			step = begin_match(f, (u32)symbol, &b);
			continue;
		}
		if (symbol < END_OF_BLOCK) {
			if (f->out == f->out_end)
				return STEP_FULL;
			*f->out++ = (u8)symbol;
		}
		f->bits = b;
		if (symbol == END_OF_BLOCK) {
			f->stage = INFLATE_BLOCK;
			return STEP_ON;
		}
	}
	return step;
}

/* ---- slices ------------------------------------------------------------------------------------ */

void inflate_init(struct inflate *f)
{
	memset(f, 0, offsetof(struct inflate, length));
}

enum inflate_step inflate_run(struct inflate *f)
{
	for (;;) {
		enum inflate_step step = STEP_END;

		switch (f->stage) {
		case INFLATE_BLOCK:
			step = begin_block(f);
			break;
		case INFLATE_STORED:
			step = run_stored(f);
			break;
		case INFLATE_LENGTHS_OF_LENGTHS:
			step = lengths_of_lengths(f);
			break;
		case INFLATE_LENGTHS:
			step = run_lengths(f);
			break;
		case INFLATE_SYMBOL:
			step = run_symbols(f);
			break;
		case INFLATE_MATCH:
			step = run_match(f);
			break;
		case INFLATE_END:
			break;
		}
		if (step != STEP_ON)
			return step;
	}
}

void inflate_keep(struct inflate *f)
{
	size_t n = (size_t)(f->out - f->out_begin);
	u64 at = f->n_before += n;

	n = MIN(n, INFLATE_WINDOW);
	while (n) {
		size_t end = (size_t)((at - 1) % INFLATE_WINDOW) + 1, piece = MIN(n, end);

		memcpy(f->window + end - piece, f->out - (f->n_before - at) - piece, piece);
		at -= piece;
		n -= piece;
	}
}
