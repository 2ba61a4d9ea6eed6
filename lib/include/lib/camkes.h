/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of each setting of a CAmkES description: for people who bring one and want to know.
 */
#pragma once

#include <lib/config.h>

/*
 * Read as config_camkes does, and @put a line for each setting of each VM: used as what, ignored
 * because of what, unknown. Mistakes go to @d.
 */
enum status camkes_explain(const struct config_input *in, struct arena *a, struct diag *d,
			   void (*put)(void *ctx, const char *line), void *ctx);
