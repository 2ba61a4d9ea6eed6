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
