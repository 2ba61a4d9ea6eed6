/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the planners share. Every byte of a foreign file is read through image_read(), and every
 * plan, whichever format made it, passes image_plan_check() before it leaves this folder.
 */
#pragma once

#include <base/range.h>
#include <lib/image.h>

/* Exactly @n bytes at @off. E_FORMAT when the file has fewer; else what the reader says. */
enum status image_read(const struct image_reader *r, u64 off, void *buf, size_t n);

/*
 * No step leaves the file (@file_size bytes), wraps around the address space or overlaps another.
 * E_FORMAT with *why otherwise.
 */
enum status image_plan_check(const struct load_plan *plan, u64 file_size, const char **why);

/* Append a step. E_FORMAT with *why when the plan is full. */
enum status image_plan_add(struct load_plan *plan, const struct load_step *step, const char **why);

/*
 * Where in the file a gzip stream lies that is the image: the whole file, or the payload of an EFI
 * "zboot" wrapper. E_NOTFOUND: neither. E_UNSUP: compressed in another way, *why names it.
 */
enum status packed_find(const struct image_reader *r, struct range *out, const char **why);

/* Plan what is inside of the gzip stream @gz by the formats of the list. */
enum status packed_plan(const struct image_reader *r, struct range gz, gpa_t load,
			struct load_plan *plan, const char **why);

/* The first format that recognises @r makes the plan. E_NOTFOUND when none does. */
enum status image_plan_formats(const struct image_reader *r, gpa_t load, struct load_plan *plan,
			       const char **why);
