/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux "Image" of arm64: a flat binary behind a 64-byte header that says how much memory it needs
 * and where it wants to lie. It may lie at text_offset above any multiple of 2 MiB and is entered
 * at its first byte. Linux: Documentation/arch/arm64/booting.rst, section 4.
 */
#include "internal.h"

#include <base/cold.h>
#include <base/bits.h>
#include <base/endian.h>
#include <base/fmt.h>

#define HEADER_SIZE 64
#define MAGIC	    0x644d5241u /* "ARM\x64" */
#define MACHINE	    183		/* EM_AARCH64 */

#define FLAG_BIG_ENDIAN BIT(0)

#define BASE_ALIGN	   MIB(2)
#define TEXT_OFFSET_BEFORE 0x80000 /* of kernels before 3.17, which leave image_size 0 */

static enum status placement_fault(gpa_t load, u64 text_offset, struct load_plan *plan,
				   const char **why)
{
	u64 base = load.v < text_offset ? 0 : load.v - text_offset;
	u64 down = align_down(base, BASE_ALIGN);
	u64 up = down > UINT64_MAX - BASE_ALIGN ? down : down + BASE_ALIGN;
	u64 near = base - down < BASE_ALIGN / 2 ? down : up;

	fmt_snprintf(plan->text, sizeof(plan->text),
		     "must lie 0x%llx above a multiple of 2 MiB, not at 0x%llx; use 0x%llx",
		     (unsigned long long)text_offset, (unsigned long long)load.v,
		     (unsigned long long)(near + text_offset));
	*why = plan->text;
	return E_FORMAT;
}

static enum status header_check(u64 file_size, u64 text_offset, u64 flags, const char **why)
{
	if (flags & FLAG_BIG_ENDIAN) {
		*why = COLD_TEXT("is a big-endian kernel; little-endian is wanted");
		return E_UNSUP;
	}
	if (text_offset >= GIB(4) || !is_aligned(text_offset, 4)) {
		*why = COLD_TEXT("is a kernel with a damaged header: text_offset makes no sense");
		return E_FORMAT;
	}
	if (file_size <= HEADER_SIZE) {
		*why = COLD_TEXT("is a kernel cut off behind its header");
		return E_FORMAT;
	}
	return OK;
}

static enum status linux_plan(const struct image_reader *r, gpa_t load, struct load_plan *plan,
			      const char **why)
{
	u8 h[HEADER_SIZE];
	u64 text_offset, image_size;

	if (r->size < sizeof(h))
		return E_NOTFOUND;
	TRY(image_read(r, 0, h, sizeof(h)));
	if (load_le32(h + 56) != MAGIC)
		return E_NOTFOUND;
	image_size = load_le64(h + 16);
	text_offset = image_size ? load_le64(h + 8) : TEXT_OFFSET_BEFORE;
	TRY(header_check(r->size, text_offset, load_le64(h + 24), why));
	if (load.v < text_offset || !is_aligned(load.v - text_offset, BASE_ALIGN))
		return placement_fault(load, text_offset, plan, why);

	plan->kind = IMAGE_LINUX;
	plan->machine = MACHINE;
	plan->entry = load;
	plan->mem_size = MAX(image_size, r->size);
	plan->align = BIT(bit_lowest(text_offset | BASE_ALIGN));
	plan->step[0] = (struct load_step){
		.kind = LOAD_COPY,
		.file_len = r->size,
		.dst = load,
		.mem_len = plan->mem_size,
	};
	plan->n = 1;
	return OK;
}

const struct image_format image_linux_arm64 = {
	.name = "linux_arm64",
	.plan = linux_plan,
};
