/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that `trivet convert` reads and that describe no VMs: another project's platform, say. They
 * are known by what is in them, so that nobody has to tell.
 */
#pragma once

#include "trivet.h"

struct convert_foreign {
	const char *what; /* "AxVisor platform file" */
	bool (*is)(const char *file, struct span text);
	/* Writes to o->output; ends as commands end. */
	enum tool_exit (*run)(const struct tool_options *o, const char *file, struct span text);
};
