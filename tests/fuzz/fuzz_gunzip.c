/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gunzip: the first two bytes of the input are the sizes of the slices in and out, the rest is the
 * stream. It moves only forward, never writes outside of the slice, and an end stays an end. What
 * zlib makes of the stream is made of it, and what zlib refuses is refused.
 */
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "fuzz.h"

#include <base/arena.h>
#include <base/bits.h>
#include <lib/image.h>

#define OUT_MAX MIB(1)

static voidpf oracle_alloc(voidpf ctx, uInt n, uInt size)
{
	return arena_array((struct arena *)ctx, n, size, 16);
}

static void oracle_free(voidpf ctx, voidpf p)
{
	(void)ctx; /* the arena dies with the stream */
	(void)p;
}

/* Copies of just the slice's size, so that the sanitizer sees a byte too many. */
static enum status run_slice(struct gunzip *g, const u8 *data, size_t *in_n, u8 *out, size_t *out_n)
{
	u8 *in_mem = malloc(*in_n + 1), *out_mem = malloc(*out_n + 1);
	u8 *in_tight = in_mem + 1, *out_tight = out_mem + 1, *to = out_tight;
	struct span in = span_of(in_tight, *in_n);
	size_t room = *out_n;
	enum status st;

	if (*in_n)
		memcpy(in_tight, data, *in_n);
	st = gunzip_run(g, &in, &to, &room);
	fuzz_check(in.n <= *in_n && in.p == in_tight + (*in_n - in.n));
	fuzz_check(room <= *out_n && to == out_tight + (*out_n - room));
	fuzz_check(st == OK || st == E_NOTFOUND || st == E_FORMAT);
	*in_n -= in.n;
	*out_n -= room;
	memcpy(out, out_tight, *out_n);
	free(in_mem);
	free(out_mem);
	return st;
}

/* All of it at once, by zlib. */
static enum status oracle(const u8 *data, size_t n, u8 *out, size_t *made)
{
	static u8 heap[KIB(64)];
	z_stream z = { .zalloc = oracle_alloc,
		       .zfree = oracle_free,
		       .opaque = &(struct arena){ 0 } };
	int result;

	arena_init((struct arena *)z.opaque, heap, sizeof(heap));
	fuzz_check(inflateInit2(&z, 16 + 15) == Z_OK);
	z.next_in = (z_const Bytef *)data;
	z.avail_in = (uInt)n;
	z.next_out = out;
	z.avail_out = OUT_MAX;
	result = inflate(&z, Z_NO_FLUSH);
	*made = z.total_out;
	if (result == Z_STREAM_END)
		return E_NOTFOUND;
	return result == Z_OK || result == Z_BUF_ERROR ? OK : E_FORMAT;
}

static u8 expected[OUT_MAX];

static void compare(const u8 *data, size_t n, enum status st, size_t made)
{
	size_t want;
	enum status other = oracle(data, n, expected, &want);

	/* A stream that is cut where no code fits any more is bad to one, and incomplete to the other. */
	fuzz_check((st == E_NOTFOUND) == (other == E_NOTFOUND));
	if (st == E_NOTFOUND)
		fuzz_check(made == want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static alignas(16) u8 state[GUNZIP_STATE_SIZE];
	static u8 all[OUT_MAX + KIB(4)];
	struct gunzip *g;
	size_t slice_in, slice_out, at = 2, made = 0;
	enum status st = OK;

	if (n < 2)
		return 0;
	slice_in = data[0] + 1u;
	slice_out = (data[1] + 1u) * 16;
	fuzz_check(gunzip_init(&g, state) == OK);
	while (st == OK && made < OUT_MAX) {
		size_t in = MIN(n - at, slice_in), out = MIN(slice_out, OUT_MAX - made);

		st = run_slice(g, data + at, &in, all + made, &out);
		at += in;
		made += out;
		if (!in && !out)
			break;
	}
	if (made < OUT_MAX)
		compare(data + 2, n - 2, st, made);
	if (made < OUT_MAX && st != E_FORMAT)
		fuzz_check(memcmp(all, expected, made) == 0);
	if (st != OK) {
		size_t in = 0, out = 0;

		fuzz_check(run_slice(g, data, &in, all, &out) == st);
	}
	return 0;
}
