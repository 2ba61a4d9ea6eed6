/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diagnostics as a person reads them.
 */
#include "trivet.h"

static void emit(struct diag *d, enum diag_level level, const struct src_pos *at, const char *text)
{
	(void)d;
	(void)level;
	(void)at;
	fprintf(stderr, "%s\n", text);
}

void tool_report_init(struct tool_report *r, const struct tool_options *o)
{
	*r = (struct tool_report){ .d = { .emit = emit }, .o = o };
}

void tool_report_end(struct tool_report *r)
{
	if (r->d.n_errors || r->d.n_warnings)
		fprintf(stderr, "%u errors, %u warnings\n", r->d.n_errors, r->d.n_warnings);
}
