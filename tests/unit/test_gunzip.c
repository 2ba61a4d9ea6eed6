/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams made by gzip(1), in slices of every size, damaged and cut.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <lib/image.h>

#include "testdata.h"

static struct gunzip *begin(void)
{
	static alignas(16) u8 state[GUNZIP_STATE_SIZE];
	struct gunzip *g;

	memset(state, 0xa5, sizeof(state));
	assert_int_equal(gunzip_init(&g, state), OK);
	return g;
}

struct slices {
	size_t in;
	size_t out;
};

/* Inflate everything in slices; at most @max bytes come out. */
static enum status inflate_all(struct span rest, struct slices max_slice, u8 *out, size_t max,
			       size_t *got)
{
	struct gunzip *g = begin();
	enum status st = OK;

	*got = 0;
	while (st == OK) {
		struct span piece = span_of(rest.p, MIN(rest.n, max_slice.in));
		size_t room = MIN(max - *got, max_slice.out), before_room = room;
		size_t before_in = piece.n;
		u8 *to = out + *got;

		st = gunzip_run(g, &piece, &to, &room);
		*got += before_room - room;
		rest.p += before_in - piece.n;
		rest.n -= before_in - piece.n;
		assert_ptr_equal(to, out + *got);
		assert_ptr_equal(piece.p, rest.p);
		if (st == OK && before_in == piece.n && before_room == room)
			return E_BUSY; /* nothing moves: more input or room is needed */
	}
	return st;
}

static void test_slices(void **state)
{
	static const size_t sizes[] = { 1, 7, 64, 100000 };
	u8 out[1024];
	size_t n, got;
	u8 *gz = testdata_load("named.gz", &n);

	(void)state;
	for (u32 i = 0; i < array_size(sizes); i++) {
		for (u32 j = 0; j < array_size(sizes); j++) {
			assert_int_equal(inflate_all(span_of(gz, n),
						     (struct slices){ sizes[i], sizes[j] }, out,
						     sizeof(out), &got),
					 E_NOTFOUND);
			assert_int_equal(got, 1024);
			assert_true(testdata_same(out, 500, 0, got));
		}
	}
	free(gz);
}

static void test_large(void **state)
{
	size_t size = 40u << 20, n, got;
	u8 *gz = testdata_load("big.gz", &n);
	u8 *out = malloc(size);

	(void)state;
	assert_int_equal(inflate_all(span_of(gz, n), (struct slices){ 262144, 1048576 }, out, size,
				     &got),
			 E_NOTFOUND);
	assert_int_equal(got, size);
	assert_true(testdata_same(out, 0, 0, size));
	free(out);
	free(gz);
}

static void test_empty_and_what_follows(void **state)
{
	u8 buf[64], out[16];
	size_t n, room = sizeof(out);
	u8 *gz = testdata_load("empty.gz", &n), *to = out;
	struct gunzip *g = begin();
	struct span in = span_of(buf, n + 5);

	(void)state;
	memset(buf, 0x77, sizeof(buf));
	memcpy(buf, gz, n);
	assert_int_equal(gunzip_run(g, &in, &to, &room), E_NOTFOUND);
	assert_int_equal(in.n, 5);
	assert_int_equal(room, sizeof(out));
	/* and it stays so */
	assert_int_equal(gunzip_run(g, &in, &to, &room), E_NOTFOUND);
	assert_int_equal(in.n, 5);
	free(gz);
}

/* A stream cut anywhere never ends well. */
static void test_truncated(void **state)
{
	u8 out[1024];
	size_t n, got;
	u8 *gz = testdata_load("named.gz", &n);

	(void)state;
	for (size_t i = 0; i < n; i++)
		assert_int_equal(inflate_all(span_of(gz, i), (struct slices){ 1000, 1000 }, out,
					     sizeof(out), &got),
				 E_BUSY);
	free(gz);
}

static void test_too_little_room(void **state)
{
	u8 out[1023];
	size_t n, got;
	u8 *gz = testdata_load("named.gz", &n);

	(void)state;
	assert_int_equal(inflate_all(span_of(gz, n), (struct slices){ 1000, 1000 }, out,
				     sizeof(out), &got),
			 E_BUSY);
	assert_int_equal(got, 1023);
	free(gz);
}

/* Whatever bit is wrong in the data or the trailer, no wrong data is reported as a good end. Bits
 * that mean nothing (the padding of the last byte of data) may differ. */
static void test_damaged(void **state)
{
	u8 out[4096];
	size_t n, got, first;
	u8 *gz = testdata_load("named.gz", &n);

	(void)state;
	first = 10 + strlen("named") + 1;
	for (size_t i = 0; i < n; i++) {
		for (u32 bit = 0; bit < 8; bit++) {
			enum status st;

			gz[i] ^= (u8)(1 << bit);
			st = inflate_all(span_of(gz, n), (struct slices){ 1000, 1000 }, out,
					 sizeof(out), &got);
			gz[i] ^= (u8)(1 << bit);
			if (i < 3 || i >= n - 8)
				assert_int_not_equal(st, E_NOTFOUND);
			if (i < first || st != E_NOTFOUND)
				continue;
			assert_int_equal(got, 1024);
			assert_true(testdata_same(out, 500, 0, got));
		}
	}
	free(gz);
}

/* FEXTRA, FNAME, FCOMMENT and FHCRC, as RFC 1952 lays them out; made by hand, with a wrong and a
 * right CRC of the header. */
static void test_header_fields(void **state)
{
	u8 in[] = { 0x1f, 0x8b, 8,   0x1e, 0,	0,   0, 0,   0, 3,    /* all four flags */
		    3,	  0,	'x', 'y',  'z', 'n', 0, 'c', 0, 0, 0, /* CRC16 filled in below */
		    3,	  0,	0,   0,	   0,	0,   0, 0,   0, 0 };
	u32 crc = ~0u;
	u8 out[16];
	size_t got;

	(void)state;
	for (u32 i = 0; i < 19; i++) {
		crc ^= in[i];
		for (u32 b = 0; b < 8; b++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	in[19] = (u8)~crc;
	in[20] = (u8)(~crc >> 8);
	assert_int_equal(inflate_all(span_of(in, sizeof(in)), (struct slices){ 1000, 16 }, out,
				     sizeof(out), &got),
			 E_NOTFOUND);
	assert_int_equal(got, 0);
	in[19] ^= 1;
	assert_int_equal(inflate_all(span_of(in, sizeof(in)), (struct slices){ 1000, 16 }, out,
				     sizeof(out), &got),
			 E_FORMAT);
}

static void test_not_gzip(void **state)
{
	static const u8 zlib_stream[] = { 0x78, 0x9c, 3, 0, 0, 0, 0, 1 };
	u8 out[16];
	size_t got;

	(void)state;
	assert_int_equal(inflate_all(span_of(zlib_stream, sizeof(zlib_stream)),
				     (struct slices){ 8, 16 }, out, 16, &got),
			 E_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_empty_and_what_follows),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_too_little_room),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_header_fields),
		cmocka_unit_test(test_not_gzip),
	};

	return cmocka_run_group_tests(tests, testdata_setup, testdata_teardown);
}
