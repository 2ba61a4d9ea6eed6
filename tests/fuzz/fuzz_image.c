/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Planning an image: the first byte of the input chooses the load address, the rest is the file.
 * Every plan that comes out can be executed without leaving the file or the address space.
 */
#include <string.h>

#include "fuzz.h"

#include <base/range.h>
#include <lib/image.h>

extern const struct image_format image_elf, image_linux_arm64, image_raw;
const struct image_format *const image_formats[] = { &image_elf, &image_linux_arm64, &image_raw,
						     NULL };

static enum status file_read(void *ctx, u64 off, void *buf, size_t n)
{
	const struct span *file = (const struct span *)ctx;
	struct span bytes;

	fuzz_check(span_at(*file, off, n, &bytes) == OK);
	if (n)
		memcpy(buf, bytes.p, n);
	return OK;
}

static void plan_check(const struct load_plan *p, u64 file_size)
{
	fuzz_check(p->n >= 1 && p->n <= LOAD_MAX_STEPS);
	for (u32 i = 0; i < p->n; i++) {
		const struct load_step *s = &p->step[i];

		fuzz_check(range_ok(s->file_off, s->file_len, file_size));
		fuzz_check(range_valid(s->dst.v, s->mem_len));
		fuzz_check(s->kind == LOAD_INFLATE || s->file_len <= s->mem_len);
		fuzz_check(s->mem_len && s->mem_len <= p->mem_size);
		for (u32 j = 0; j < i; j++)
			fuzz_check(!range_overlaps(s->dst.v, s->mem_len, p->step[j].dst.v,
						   p->step[j].mem_len));
	}
	fuzz_check(p->kind == IMAGE_ELF || p->entry.v == p->step[0].dst.v);
	fuzz_check(!p->align || !(p->entry.v % p->align));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const u64 loads[] = { 0x80200000, 0, 0x80000, 0x12345678, UINT64_MAX - 0x1fffff };
	struct span file = span_of(data + 1, n - 1);
	struct image_reader r = { .read = file_read, .ctx = &file, .size = n - 1 };
	struct load_plan plan;
	const char *why = NULL;
	gpa_t load;

	if (!n)
		return 0;
	load = GPA(loads[data[0] % array_size(loads)]);
	if (image_plan(&r, load, &plan, &why) == OK)
		plan_check(&plan, r.size);
	else
		fuzz_check(why && strlen(why) < 100);
	if (image_plan_blob(&r, load, &plan) == OK)
		plan_check(&plan, r.size);
	return 0;
}
