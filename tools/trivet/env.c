/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What descriptions may ask about the place where they are read: variables of the environment, the
 * machine's tree.
 */
#include <stdlib.h>

#include "cpp.h"
#include "images.h"
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

static bool has_image(void *ctx, struct str name)
{
	const struct tool_set *set = ctx;
	struct store_file f;

	return images_find(set->report.o, set->reading ? set->reading : ".", name, &f);
}

static enum status import(void *ctx, struct str name, bool angled, const char *from,
			  struct config_part *out)
{
	struct tool_set *set = ctx;

	return cpp_import(set->report.o, name, angled, from, &set->report.d, out);
}

static bool area(void *ctx, struct str name, struct range *out)
{
	struct tool_set *set = ctx;

	return config_host_area(&set->machine.hd, name, out);
}

static const char *near_area(void *ctx, struct str name)
{
	struct tool_set *set = ctx;

	return config_host_near_area(&set->machine.hd, name);
}

void tool_env(struct tool_set *set, struct config_env *env)
{
	*env = (struct config_env){
		.variable = variable,
		.area = area,
		.near_area = near_area,
		.has_image = has_image,
		.import = import,
		.fdt = set->machine.fdt,
		.ctx = set,
	};
}
