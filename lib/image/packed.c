/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compressed kernels. The first page of what a gzip stream holds is inflated, and the formats plan
 * from that as if it were the file; the plan is then turned into one that inflates. The work is
 * bounded whatever the stream says. The state for it is one static block, taken by one caller at
 * a time: a second one is told E_BUSY rather than given a wrong answer.
 */
#include "internal.h"

#include <base/cold.h>
#include <base/endian.h>
#include <base/range.h>
#include <base/spinlock.h>
#include <base/str.h>

#define HEAD_SIZE     4096
#define INPUT_SIZE    4096
#define INPUT_MAX     KIB(128) /* a gzip header may carry a long name and comment */
#define DEFLATE_RATIO 1032     /* the most that one byte of a deflate stream can become, */
#define GZIP_MIN      18       /* header and trailer */

#define ZBOOT_SIZE 64

struct peek {
	u64 in_at; /* what of the file comes next */
	u64 in_end;
	size_t head_len;
	bool whole; /* the stream ended within the head */
	u8 head[HEAD_SIZE];
	u8 input[INPUT_SIZE];
	alignas(16) u8 gunzip[GUNZIP_STATE_SIZE];
};

static struct spinlock peek_lock;
static not_cleared struct peek the_peek;

static enum status zboot_find(const u8 *h, u64 file_size, struct range *out, const char **why)
{
	*out = (struct range){ load_le32(h + 8), load_le32(h + 12) };
	if (!range_ok(out->base, out->len, file_size)) {
		*why = COLD_TEXT(
			"is an EFI zboot image whose payload lies beyond its end: truncated?");
		return E_FORMAT;
	}
	if (memcmp(h + 24, "gzip", 5) != 0) {
		*why = COLD_TEXT(
			"is an EFI zboot image that is not compressed with gzip; unpack it");
		return E_UNSUP;
	}
	return OK;
}

enum status packed_find(const struct image_reader *r, struct range *out, const char **why)
{
	u8 h[ZBOOT_SIZE] = { 0 };

	TRY(image_read(r, 0, h, (size_t)MIN(r->size, sizeof(h))));
	if (h[0] == 0x1f && h[1] == 0x8b && h[2] == 8) {
		*out = (struct range){ 0, r->size };
		return OK;
	}
	if (memcmp(h, "MZ\0\0zimg", 8) == 0)
		return zboot_find(h, r->size, out, why);
	return E_NOTFOUND;
}

/* One piece of input, as much of the head as it gives. OK: go on. */
static enum status peek_feed(struct peek *p, const struct image_reader *r, struct gunzip *gz)
{
	size_t n = (size_t)MIN(p->in_end - p->in_at, sizeof(p->input));
	struct span in = span_of(p->input, n);
	u8 *out = p->head + p->head_len;
	size_t room = sizeof(p->head) - p->head_len;
	enum status st;

	if (!n)
		return E_FORMAT;
	TRY(image_read(r, p->in_at, p->input, n));
	p->in_at += n;
	st = gunzip_run(gz, &in, &out, &room);
	p->head_len = sizeof(p->head) - room;
	return st;
}

static enum status peek_fill(struct peek *p, const struct image_reader *r, struct range file)
{
	struct gunzip *gz;
	enum status st = gunzip_init(&gz, p->gunzip);

	p->in_at = file.base;
	p->in_end = file.base + MIN(file.len, INPUT_MAX);
	p->head_len = 0;
	while (st == OK && p->head_len < sizeof(p->head))
		st = peek_feed(p, r, gz);
	p->whole = st == E_NOTFOUND;
	return p->whole ? OK : st;
}

static enum status peek_read(void *ctx, u64 off, void *buf, size_t n)
{
	const struct peek *p = (const struct peek *)ctx;

	if (!range_ok(off, n, p->head_len))
		return E_UNSUP;
	memcpy(buf, p->head + off, n);
	return OK;
}

/* What the stream says it becomes: modulo 2^32, and unchecked until it has been inflated. */
static enum status packed_size(const struct peek *p, const struct image_reader *r,
			       struct range file, u64 *size)
{
	u8 trailer[4];

	TRY(image_read(r, file.base + file.len - sizeof(trailer), trailer, sizeof(trailer)));
	*size = load_le32(trailer);
	if (*size < p->head_len || (p->whole && *size != p->head_len))
		return E_FORMAT;
	return *size / DEFLATE_RATIO > file.len ? E_FORMAT : OK;
}

static enum status plan_inside(struct peek *p, u64 size, gpa_t load, struct load_plan *plan,
			       const char **why)
{
	struct image_reader inside = { .read = peek_read, .ctx = p, .size = size };
	enum status st = image_plan_formats(&inside, load, plan, why);

	if (plan->kind == IMAGE_ELF) {
		*why = COLD_TEXT("is a compressed ELF file; unpack it");
		return E_UNSUP;
	}
	return st;
}

static enum status peek_plan(struct peek *p, const struct image_reader *r, struct range file,
			     gpa_t load, struct load_plan *plan, const char **why)
{
	u64 size;

	*why = COLD_TEXT("is a damaged gzip file");
	if (file.len < GZIP_MIN)
		return E_FORMAT;
	TRY(peek_fill(p, r, file));
	*why = COLD_TEXT(
		"is a gzip file whose length does not fit: truncated, or bytes behind its end?");
	TRY(packed_size(p, r, file, &size));
	*why = NULL;
	TRY(plan_inside(p, size, load, plan, why));
	if (plan->n != 1 || plan->step[0].file_off != 0) {
		*why = COLD_TEXT("is a compressed file of a format that must be unpacked first");
		return E_UNSUP;
	}
	plan->gzip = true;
	plan->step[0].kind = LOAD_INFLATE;
	plan->step[0].file_off = file.base;
	plan->step[0].file_len = file.len;
	return OK;
}

enum status packed_plan(const struct image_reader *r, struct range gz, gpa_t load,
			struct load_plan *plan, const char **why)
{
	struct peek *p = &the_peek;
	enum status st;

	if (!spin_trylock(&peek_lock)) {
		*why = COLD_TEXT("cannot be looked into while another compressed file is");
		return E_BUSY;
	}
	st = peek_plan(p, r, gz, load, plan, why);
	spin_unlock(&peek_lock);
	return st;
}
