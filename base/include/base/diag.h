/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where front-ends and the validator say what is wrong with a configuration: every mistake at
 * once, each with its place, what it concerns, and how to mend it. The text is ready to print:
 *
 *   vm.toml:14:3: error: VM "linux": kernel.entry_point = 0x1000: outside of every memory region
 *   vm.toml:14:3: fix: write an address in 0x8000_0000..0xa000_0000
 */
#pragma once

#include <stdarg.h>

#include <base/cold.h>
#include <base/str.h>
#include <base/types.h>

/* Line and column count from 1; line 0 means "this file, no place", file NULL "no file". */
struct src_pos {
	const char *file;
	u32 line;
	u32 col;
};

enum diag_level {
	DIAG_ERROR,   /* the VM is refused */
	DIAG_WARNING, /* legal but suspicious */
	DIAG_NOTE,    /* the other party of the message before */
	DIAG_FIX,     /* what to write instead, for the message before */
};

struct diag {
	/* Receives one finished line at a time, without the newline. */
	void (*emit)(struct diag *d, enum diag_level level, const struct src_pos *at,
		     const char *text);
	u32 n_errors;
	u32 n_warnings;
};

void diag_report_cold(struct diag *d, enum diag_level level, struct src_pos at, const char *format,
		      ...);
#define diag_report(d, level, at, ...) \
	(COLD_CHECK(__VA_ARGS__), diag_report_cold(d, level, at, COLD_FORMAT(__VA_ARGS__)))

/* "file:line:col: error: " for @at and @level into @buf, as compilers print it. */
int diag_prefix(char *buf, size_t size, enum diag_level level, const struct src_pos *at);
