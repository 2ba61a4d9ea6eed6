/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streaming gunzip: zlib's inflate behind our two functions. All memory it wants comes from an
 * arena inside of the caller's state, so a stream costs no more than that and needs no clean-up.
 * "Ended" is only said after the stream's own CRC and length agreed (RFC 1952, section 2.3.1).
 */
#include <lib/image.h>

#include <base/arena.h>
#include <base/bits.h>

#include <zlib.h>

/* 16 for "gzip header and trailer", 15 for the largest window a stream may ask for. */
#define GZIP_WINDOW_BITS (16 + 15)
/* zlib counts in unsigned int; our buffers may be larger. */
#define CHUNK_MAX MIB(512)

struct gunzip {
	z_stream z;
	struct arena mem;
};

static voidpf gunzip_alloc(voidpf ctx, uInt n, uInt size)
{
	return arena_array((struct arena *)ctx, n, size, 16);
}

static void gunzip_free(voidpf ctx, voidpf p)
{
	(void)ctx; /* the arena dies with the state */
	(void)p;
}

enum status gunzip_init(struct gunzip **out, void *state)
{
	struct gunzip *g = (struct gunzip *)state;
	size_t used = align_up(sizeof(*g), 16);

	*g = (struct gunzip){ 0 };
	arena_init(&g->mem, (u8 *)state + used, GUNZIP_STATE_SIZE - used);
	g->z.zalloc = gunzip_alloc;
	g->z.zfree = gunzip_free;
	g->z.opaque = &g->mem;
	*out = g;
	return inflateInit2(&g->z, GZIP_WINDOW_BITS) == Z_OK ? OK : E_NOMEM;
}

static enum status status_of(int zlib_result)
{
	switch (zlib_result) {
	case Z_OK:
	case Z_BUF_ERROR: /* no progress without more input or output space */
		return OK;
	case Z_STREAM_END:
		return E_NOTFOUND;
	case Z_MEM_ERROR:
		return E_NOMEM;
	default:
		return E_FORMAT;
	}
}

enum status gunzip_run(struct gunzip *g, struct span *in, u8 **out, size_t *out_n)
{
	uInt in_n = (uInt)MIN(in->n, CHUNK_MAX);
	uInt room = (uInt)MIN(*out_n, CHUNK_MAX);
	enum status st;

	g->z.next_in = (z_const Bytef *)in->p;
	g->z.avail_in = in_n;
	g->z.next_out = *out;
	g->z.avail_out = room;
	st = status_of(inflate(&g->z, Z_NO_FLUSH));
	in->p += in_n - g->z.avail_in;
	in->n -= in_n - g->z.avail_in;
	*out += room - g->z.avail_out;
	*out_n -= room - g->z.avail_out;
	return st;
}
