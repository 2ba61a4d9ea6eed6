/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The board as a picture.
 */
#include "show.h"

void view_svg(FILE *f, const struct show_view *v)
{
	(void)f;
	(void)v;
}
