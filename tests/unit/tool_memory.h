/* SPDX-License-Identifier: Apache-2.0 */
/* Memory as the desk's program takes it, never freed: kept in a list, so that it is no leak. */
#pragma once

#include <stdlib.h>

#include "trivet.h"

struct tool_kept {
	struct tool_kept *next;
	_Alignas(16) char bytes[];
};

static struct tool_kept *tool_kept;

void *tool_alloc(size_t n)
{
	struct tool_kept *k = calloc(1, sizeof(*k) + n);

	if (!k)
		abort();
	k->next = tool_kept;
	tool_kept = k;
	return k->bytes;
}
