/* SPDX-License-Identifier: Apache-2.0 */
/* Images of descriptions, found at the desk and planned as the hypervisor plans them. */
#pragma once

#include <lib/fit.h>

#include "trivet.h"

/* The image that the description @from calls @path. */
bool images_find(const struct tool_options *o, const char *from, struct str path,
		 struct store_file *out);
/* Its bytes, which stay where they are. */
struct span images_bytes(const struct store_file *f);
/* The bytes of a file, which need not fit into memory. False: there is no such file. */
bool images_map(const char *path, struct span *out);

/* Report places of the command line that are not there. */
bool images_check_places(const struct tool_options *o, struct diag *d);

/* As image_fit() and image_fit_find(), with the desk's places. */
enum status images_fit(const struct tool_options *o, const struct vmdesc *desc, struct arena *a,
		       struct image_fit *out, struct diag *d);
void images_say_missing(const struct tool_options *o, const struct vmdesc *desc, struct diag *d);
