/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What descriptions may ask about the place where they are read: variables of the environment, the
 * machine's tree.
 */
#include <stdlib.h>

#include "places.h"
#include "trivet.h"

static bool variable(void *ctx, struct str name, struct str *out)
{
	const char *value = getenv(tool_format("%.*s", STR_ARG(name)));

	(void)ctx;
	if (value)
		*out = str_of(value);
	return value != NULL;
}

void tool_env(struct tool_set *set, struct config_env *env)
{
	*env = (struct config_env){
		.variable = variable,
		.fdt = set->machine.fdt,
		.ctx = set,
	};
}
