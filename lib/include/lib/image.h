/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images: bytes of a file turn into a load plan, a value that says what goes where in the guest's
 * memory. Planning is pure and never touches guest memory; core/vm_load.c executes the plan.
 */
#pragma once

#include <base/span.h>
#include <base/status.h>
#include <base/types.h>

/* How the planner looks into a file: exactly @n bytes at @off, or an error. */
struct image_reader {
	enum status (*read)(void *ctx, u64 off, void *buf, size_t n);
	void *ctx;
	u64 size;
};

enum load_kind {
	LOAD_COPY,    /* file bytes as they are */
	LOAD_INFLATE, /* file bytes are a gzip stream; mem_len is what comes out at most */
};

struct load_step {
	enum load_kind kind;
	u64 file_off;
	u64 file_len;
	gpa_t dst;
	u64 mem_len; /* >= bytes copied; the rest is zero (memory is given zeroed) */
};

#define LOAD_MAX_STEPS 16

enum image_kind {
	IMAGE_RAW,
	IMAGE_LINUX, /* the ISA's Linux "Image" */
	IMAGE_ELF,
};

struct load_plan {
	struct load_step step[LOAD_MAX_STEPS];
	u32 n;
	enum image_kind kind;
	bool gzip;
	gpa_t entry;   /* where the image wants to be entered */
	u64 mem_size;  /* bytes it needs from its load address on, bss included */
	u64 align;     /* its load address must be a multiple of this (0: any) */
	u16 machine;   /* the ELF number of the ISA it is made for (0: it does not say) */
	char text[96]; /* room for a *why with numbers in it */
};

/* A planner of one format. Generated list from the components: image-y. */
struct image_format {
	const char *name;
	/*
	 * Recognise and plan. @load is the wished address; ignored by formats that carry theirs
	 * (ELF). @plan comes zeroed. E_NOTFOUND: not this format. E_FORMAT: this format, but damaged,
	 * E_UNSUP: a kind of it that we do not load; *why says how, and may point into @plan->text.
	 */
	enum status (*plan)(const struct image_reader *r, gpa_t load, struct load_plan *plan,
			    const char **why);
};

extern const struct image_format *const image_formats[];

/*
 * Plan a kernel: the first format of the list that recognises it; "raw" recognises everything
 * and stands last. A gzip file is looked into and planned by what is inside (one caller at a time:
 * E_BUSY for another). On failure *why is never NULL and continues a sentence: "Image <why>".
 */
enum status image_plan(const struct image_reader *r, gpa_t load, struct load_plan *plan,
		       const char **why);

/* Plan a file that is just placed: initrd, dtb, bios. */
enum status image_plan_blob(const struct image_reader *r, gpa_t load, struct load_plan *plan);

/* Streaming gunzip with state in the caller's memory (no allocation). */
struct gunzip;
#define GUNZIP_STATE_SIZE KIB(48)

/* @state: GUNZIP_STATE_SIZE bytes, 16-byte aligned, lives as long as the stream. */
enum status gunzip_init(struct gunzip **out, void *state);
/*
 * Feed @in, produce into @out; both are advanced by what was used. OK: go on (more input or more
 * output space needed), E_NOTFOUND: the stream has ended well (its CRC and length agree),
 * E_FORMAT: damaged.
 */
enum status gunzip_run(struct gunzip *g, struct span *in, u8 **out, size_t *out_n);
