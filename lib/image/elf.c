/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ELF executables: 64-bit, little-endian, any machine (the plan says which, the caller knows which
 * fits). PT_LOAD segments go to their physical addresses; nothing is relocated. The header values
 * are foreign: no sum of two of them is formed before it is known not to wrap.
 * Layout: System V ABI, generic part, chapters 4 (object files) and 5 (program loading).
 */
#include "internal.h"

#include <base/cold.h>
#include <base/endian.h>
#include <base/range.h>
#include <base/str.h>

#define EHDR_SIZE 64
#define PHDR_SIZE 56
#define PHDRS_MAX 128

#define ET_EXEC 2
#define ET_DYN	3

#define PT_LOAD	  1
#define PT_INTERP 3

struct elf_file {
	const struct image_reader *r;
	u64 entry;
	u64 ph_off;
	u16 n_ph;
	bool entry_found;
	u64 low;  /* lowest destination */
	u64 high; /* last byte of the highest */
};

struct elf_segment {
	u32 type;
	u64 off;
	u64 vaddr;
	u64 paddr;
	u64 file_len;
	u64 mem_len;
};

static const char *ident_fault(const u8 *h)
{
	if (h[4] != 2)
		return "is a 32-bit ELF file; 64 bits are wanted";
	if (h[5] != 1)
		return "is a big-endian ELF file; little-endian is wanted";
	return NULL;
}

static const char *header_fault(const u8 *h)
{
	u16 type = load_le16(h + 16);

	if (h[6] != 1 || load_le32(h + 20) != 1)
		return "is an ELF file of an unknown version";
	if (type != ET_EXEC && type != ET_DYN)
		return "is an ELF file that is not linked (an object file?)";
	if (load_le16(h + 54) != PHDR_SIZE)
		return "is an ELF file with program headers of a wrong size";
	if (!load_le16(h + 56))
		return "is an ELF file without program headers";
	if (load_le16(h + 56) > PHDRS_MAX)
		return "is an ELF file with too many program headers";
	return NULL;
}

static enum status header_read(struct elf_file *e, struct load_plan *plan, const char **why)
{
	u8 h[EHDR_SIZE] = { 0 };
	size_t n = e->r->size < sizeof(h) ? (size_t)e->r->size : sizeof(h);

	TRY(image_read(e->r, 0, h, n));
	if (n < 4 || memcmp(h, "\177ELF", 4) != 0)
		return E_NOTFOUND;
	*why = n < sizeof(h) ? "is an ELF file cut off within its header" : NULL;
	if (*why)
		return E_FORMAT;
	*why = ident_fault(h);
	if (*why)
		return E_UNSUP;
	*why = header_fault(h);
	if (*why)
		return E_FORMAT;
	plan->machine = load_le16(h + 18);
	e->entry = load_le64(h + 24);
	e->ph_off = load_le64(h + 32);
	e->n_ph = load_le16(h + 56);
	return OK;
}

static enum status segment_read(const struct elf_file *e, u32 i, struct elf_segment *s,
				const char **why)
{
	u8 h[PHDR_SIZE];
	enum status st = E_FORMAT;

	if (range_ok(e->ph_off, (u64)e->n_ph * PHDR_SIZE, e->r->size))
		st = image_read(e->r, e->ph_off + (u64)i * PHDR_SIZE, h, sizeof(h));
	if (st != OK) {
		*why = COLD_TEXT("is an ELF file whose program headers cannot be read: truncated?");
		return st;
	}
	*s = (struct elf_segment){
		.type = load_le32(h),
		.off = load_le64(h + 8),
		.vaddr = load_le64(h + 16),
		.paddr = load_le64(h + 24),
		.file_len = load_le64(h + 32),
		.mem_len = load_le64(h + 40),
	};
	return OK;
}

/* The image is linked to run at virtual addresses, and entered with translation off. */
static void entry_translate(struct elf_file *e, const struct elf_segment *s, struct load_plan *plan)
{
	if (e->entry_found || !range_inside(e->entry, 1, s->vaddr, s->mem_len))
		return;
	plan->entry = GPA(s->paddr + (e->entry - s->vaddr));
	e->entry_found = true;
}

static enum status segment_add(struct elf_file *e, const struct elf_segment *s,
			       struct load_plan *plan, const char **why)
{
	struct load_step step = {
		.kind = LOAD_COPY,
		.file_off = s->off,
		.file_len = s->file_len,
		.dst = GPA(s->paddr),
		.mem_len = s->mem_len,
	};

	if (s->type == PT_INTERP) {
		*why = COLD_TEXT(
			"is an ELF program that needs a dynamic linker; link it statically");
		return E_UNSUP;
	}
	if (s->type != PT_LOAD || !s->mem_len)
		return OK;
	TRY(image_plan_add(plan, &step, why));
	if (!range_valid(s->vaddr, s->mem_len) || !range_valid(s->paddr, s->mem_len)) {
		*why = COLD_TEXT("has a segment that reaches beyond the end of the address space");
		return E_FORMAT;
	}
	entry_translate(e, s, plan);
	e->low = MIN(e->low, s->paddr);
	e->high = MAX(e->high, s->paddr + (s->mem_len - 1));
	return OK;
}

static enum status extent_set(const struct elf_file *e, struct load_plan *plan, const char **why)
{
	if (!plan->n)
		*why = COLD_TEXT("is an ELF file with nothing to load");
	else if (!e->entry_found)
		*why = COLD_TEXT("is an ELF file whose entry point lies in none of its segments");
	else if (e->high - e->low == UINT64_MAX)
		*why = COLD_TEXT("spans the whole address space");
	else {
		plan->mem_size = e->high - e->low + 1;
		return OK;
	}
	return E_FORMAT;
}

static enum status elf_plan(const struct image_reader *r, gpa_t load, struct load_plan *plan,
			    const char **why)
{
	struct elf_file e = { .r = r, .low = UINT64_MAX };

	(void)load; /* the file carries its own addresses */
	plan->kind = IMAGE_ELF;
	TRY(header_read(&e, plan, why));
	for (u32 i = 0; i < e.n_ph; i++) {
		struct elf_segment s;

		TRY(segment_read(&e, i, &s, why));
		TRY(segment_add(&e, &s, plan, why));
	}
	return extent_set(&e, plan, why);
}

const struct image_format image_elf = {
	.name = "elf",
	.plan = elf_plan,
};
