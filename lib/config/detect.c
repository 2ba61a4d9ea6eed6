/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which language a file is written in: the first of the linked front-ends whose suffix it has.
 */
#include <lib/config.h>

const struct config_lang *config_detect(const char *file)
{
	for (u32 i = 0; config_langs[i]; i++) {
		if (str_ends(str_of(file), config_langs[i]->suffix))
			return config_langs[i];
	}
	return NULL;
}
