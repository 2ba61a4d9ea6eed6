/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all formats have in common: checked reads from the file, adding steps, and the conditions
 * that every plan meets. A plan that passed image_plan_check() can be executed without further
 * arithmetic on its numbers; only whether the guest has memory there is left to ask.
 */
#include "internal.h"

#include <base/cold.h>
#include <base/range.h>

enum status image_read(const struct image_reader *r, u64 off, void *buf, size_t n)
{
	if (!range_ok(off, n, r->size))
		return E_FORMAT;
	return r->read(r->ctx, off, buf, n);
}

enum status image_plan_add(struct load_plan *plan, const struct load_step *step, const char **why)
{
	if (plan->n >= LOAD_MAX_STEPS) {
		*why = COLD_TEXT("has more than 16 segments to load");
		return E_FORMAT;
	}
	plan->step[plan->n++] = *step;
	return OK;
}

static const char *step_fault(const struct load_step *s, u64 file_size)
{
	if (!range_ok(s->file_off, s->file_len, file_size))
		return "names bytes beyond the end of the file: truncated?";
	if (!range_valid(s->dst.v, s->mem_len))
		return "reaches beyond the end of the address space";
	if (s->kind == LOAD_COPY && s->file_len > s->mem_len)
		return "has a segment with more bytes in the file than in memory";
	return NULL;
}

static const char *step_clash(const struct load_plan *plan, u32 i)
{
	const struct load_step *a = &plan->step[i];

	for (u32 j = 0; j < i; j++) {
		const struct load_step *b = &plan->step[j];

		if (range_overlaps(a->dst.v, a->mem_len, b->dst.v, b->mem_len))
			return "has segments that overlap in memory";
	}
	return NULL;
}

enum status image_plan_check(const struct load_plan *plan, u64 file_size, const char **why)
{
	const char *fault = plan->n ? NULL : "has nothing to load";

	for (u32 i = 0; i < plan->n && !fault; i++) {
		fault = step_fault(&plan->step[i], file_size);
		if (!fault)
			fault = step_clash(plan, i);
	}
	if (!fault)
		return OK;
	*why = fault;
	return E_FORMAT;
}

enum status image_plan_blob(const struct image_reader *r, gpa_t load, struct load_plan *plan)
{
	const char *why;

	*plan = (struct load_plan){
		.step[0] = {
			.kind = LOAD_COPY,
			.file_len = r->size,
			.dst = load,
			.mem_len = r->size,
		},
		.n = 1,
		.kind = IMAGE_RAW,
		.entry = load,
		.mem_size = r->size,
	};
	if (!r->size)
		return E_FORMAT;
	return image_plan_check(plan, r->size, &why) == OK ? OK : E_RANGE;
}
