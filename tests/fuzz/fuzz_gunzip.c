/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gunzip: the first two bytes of the input are the sizes of the slices in and out, the rest is the
 * stream. It moves only forward, never writes outside of the slice, and an end stays an end.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include <lib/image.h>

#define OUT_MAX MIB(1)

/* Copies of just the slice's size, so that the sanitizer sees a byte too many. */
static enum status run_slice(struct gunzip *g, const u8 *data, size_t *in_n, size_t *out_n)
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
	free(in_mem);
	free(out_mem);
	return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static alignas(16) u8 state[GUNZIP_STATE_SIZE];
	struct gunzip *g;
	size_t slice_in, slice_out, at = 2, made = 0;
	enum status st = OK;

	if (n < 2)
		return 0;
	slice_in = data[0] + 1u;
	slice_out = (data[1] + 1u) * 16;
	fuzz_check(gunzip_init(&g, state) == OK);
	while (st == OK && made < OUT_MAX) {
		size_t in = MIN(n - at, slice_in), out = slice_out;

		st = run_slice(g, data + at, &in, &out);
		at += in;
		made += out;
		if (!in && !out)
			break;
	}
	if (st != OK) {
		size_t in = 0, out = 0;

		fuzz_check(run_slice(g, data, &in, &out) == st);
	}
	return 0;
}
