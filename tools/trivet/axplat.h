/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers of AxVisor's own files share: platform files (axplat.c) become platform files of
 * ours, build configurations (axbuild.c) become what `make defconfig` writes.
 */
#pragma once

#include "convert.h"

extern const struct convert_foreign foreign_axplat;
extern const struct convert_foreign foreign_axbuild;

/* The document, or NULL: it is no TOML. Says nothing. */
const struct toml *axplat_look(const char *file, struct span text);
/* An integer from 0 on, or one written as a string. */
bool axplat_number(const struct toml *v, u64 *out);
/* As a string of TOML. */
void axplat_put_text(FILE *f, struct str s);
bool axplat_put_file(const struct tool_options *o, const char *text, size_t len);

/* A foreign file on its way: what reads it, complains to @d and writes to @f. */
struct axplat_job {
	const struct tool_options *o;
	const char *file;
	struct diag *d;
	struct arena *a;
	const struct toml *root;
	FILE *f;
};

/*
 * Read @text as TOML and have @put write what it becomes; where no mistake was reported, and @is_sound
 * (NULL: no need) finds it sound, it goes where wish->o says. Of @wish only o and file count.
 */
enum tool_exit axplat_run(const struct axplat_job *wish, struct span text,
			  void (*put)(const struct axplat_job *job),
			  bool (*is_sound)(const struct axplat_job *job, struct span text));
