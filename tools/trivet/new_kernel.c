/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kind of kernel a file is, by the hypervisor's own planners. They take what they do not
 * recognise for raw bytes; kernels of other machines are recognised here first.
 */
#include <string.h>

#include <base/bits.h>

#include "new.h"
#include "places.h"

#define USUAL_BASE   0x80000000 /* above all devices of the default board */
#define USUAL_OFFSET MIB(2)
#define MACHINE	     183 /* EM_AARCH64 */

static enum status read_bytes(void *ctx, u64 off, void *buf, size_t n)
{
	struct span part;

	TRY(span_at(*(const struct span *)ctx, off, n, &part));
	memcpy(buf, part.p, n);
	return OK;
}

static bool has(struct span s, size_t at, const char *magic, size_t n)
{
	return s.n >= at + n && memcmp(s.p + at, magic, n) == 0;
}

/* Linux: Documentation/arch/x86/boot.rst, Documentation/arch/riscv/boot-image-header.rst. */
static const char *other_machine(struct span s)
{
	if (has(s, 0x202, "HdrS", 4))
		return "x86_64";
	if (has(s, 0x30, "RISCV", 5) || has(s, 0x38, "RSC\5", 4))
		return "riscv64";
	if (has(s, 0x24, "\x18\x28\x6f\x01", 4))
		return "32-bit Arm";
	return NULL;
}

static void describe(const struct load_plan *plan, struct new_kernel *k)
{
	static const char *const os[] = {
		[IMAGE_RAW] = "raw",
		[IMAGE_LINUX] = "linux",
		[IMAGE_ELF] = "elf",
	};
	static const char *const what[] = {
		[IMAGE_RAW] = "raw bytes, entered at the first",
		[IMAGE_LINUX] = "a Linux Image",
		[IMAGE_ELF] = "an ELF program",
	};

	k->os = os[plan->kind];
	k->what = plan->gzip ? tool_format("%s, in gzip", what[plan->kind]) : what[plan->kind];
	k->entry = plan->entry;
}

/* The memory that the plan touches. */
static void measure(const struct load_plan *plan, u64 base, struct new_kernel *k)
{
	u64 first = UINT64_MAX, end = 0;

	for (u32 i = 0; i < plan->n; i++) {
		const struct load_step *s = &plan->step[i];

		first = MIN(first, s->dst.v);
		end = MAX(end, s->dst.v + MAX(s->mem_len, s->file_len));
	}
	if (plan->kind == IMAGE_LINUX)
		end = MAX(end, first + plan->mem_size);
	k->load = GPA(first);
	k->base = GPA(base ? base : align_down(first, plan->kind == IMAGE_ELF ? MIB(2) : MIB(16)));
	k->need = end > k->base.v ? end - k->base.v : 0;
}

bool new_look_into(const char *path, u64 base, struct new_kernel *k)
{
	const char *why = "cannot be understood";
	struct span bytes = tool_read_quietly(path, &why);
	struct image_reader r = { read_bytes, &bytes, bytes.n };
	struct load_plan plan = { 0 };
	gpa_t at = GPA((base ? base : USUAL_BASE) + USUAL_OFFSET);
	const char *other = bytes.p ? other_machine(bytes) : NULL;

	if (other) {
		tool_complain("%s: is a kernel for %s; guests are of aarch64", path, other);
		return false;
	}
	if (!bytes.p || image_plan(&r, at, &plan, &why) != OK) {
		tool_complain("%s: %s", path, why);
		return false;
	}
	if (plan.kind == IMAGE_ELF && plan.machine != MACHINE) {
		tool_complain("%s: is a program for another kind of CPU; guests are of aarch64",
			      path);
		return false;
	}
	if (plan.kind == IMAGE_RAW)
		tool_complain("%s: is no kernel of a known format: taken as raw bytes", path);
	describe(&plan, k);
	measure(&plan, base, k);
	return true;
}
