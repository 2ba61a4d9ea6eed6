/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A deflate stream (RFC 1951) in slices. A symbol, with its length and distance, is taken whole or
 * not at all: its at most 48 bits fit the 64 that are held. So the only thing to remember between
 * two slices besides tables and window is the stage, and bytes are held over the end of a slice
 * only when the next symbol needs them all.
 */
#pragma once

#include <base/span.h>

#define INFLATE_WINDOW	  32768u
#define INFLATE_MAX_BITS  15
#define INFLATE_FAST_BITS 10
#define INFLATE_SYMBOLS	  288u
#define INFLATE_DISTANCES 32u

/* Codes of up to INFLATE_FAST_BITS bits by look-up, longer ones by counting (canonical codes). */
struct inflate_code {
	u16 fast[1u << INFLATE_FAST_BITS]; /* symbol << 4 | bits; 0: longer */
	u16 count[INFLATE_MAX_BITS + 1];
	u16 symbol[INFLATE_SYMBOLS];
};

/* The first bit of the stream is the lowest. Bits beyond n are those that follow, or 0. */
struct inflate_bits {
	u64 v;
	u32 n;
};

enum inflate_step {
	STEP_ON,
	STEP_MORE, /* what is left of the input is not enough for the next symbol: it is held */
	STEP_FULL, /* there is no more room */
	STEP_END,
	STEP_BAD
};

enum inflate_stage {
	INFLATE_BLOCK,
	INFLATE_STORED,
	INFLATE_LENGTHS_OF_LENGTHS,
	INFLATE_LENGTHS,
	INFLATE_SYMBOL,
	INFLATE_MATCH,
	INFLATE_END
};

struct inflate {
	struct span *in;
	u8 *out_begin, *out, *out_end;
	struct inflate_bits bits;
	enum inflate_stage stage;
	bool last;
	u32 left;     /* bytes of a stored block or of a match */
	u32 distance; /* of the match */
	u32 n_symbols, n_distances, n_lengths_of_lengths, at;
	u64 n_before; /* bytes made before out_begin */
	u8 length[INFLATE_SYMBOLS + INFLATE_DISTANCES];
	struct inflate_code symbols, distances;
	u8 window[INFLATE_WINDOW]; /* of what was made before: byte k at k modulo its size */
};

/* Before the first slice; the large arrays need not be cleared. */
void inflate_init(struct inflate *f);
/* From @f->in to @f->out, until the stream ends or a slice does. */
enum inflate_step inflate_run(struct inflate *f);
/* Put what this slice has made into the window. */
void inflate_keep(struct inflate *f);

/* At least @n <= 56 bits are there. */
bool inflate_need(struct inflate *f, u32 n);
/* The next @n <= 32 bits, which are there. */
u32 inflate_take(struct inflate_bits *b, u32 n);
