/* SPDX-License-Identifier: Apache-2.0 */
/* CAmkES descriptions come out of the C preprocessor; so do the files that they import. */
#pragma once

#include "trivet.h"

/*
 * Run the system's preprocessor over @file with o->includes and o->defines, our macros first.
 * False: reported to @d.
 */
bool cpp_read(const struct tool_options *o, const char *file, struct diag *d,
	      struct config_part *out);

/* Forget which files have been imported, and count @file as one that has. */
void cpp_begin(const char *file);

/* config_env's: beside @from, then along o->includes; the other way round between < and >. */
enum status cpp_import(const struct tool_options *o, struct str name, bool angled, const char *from,
		       struct diag *d, struct config_part *out);
