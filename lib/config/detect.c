/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which language a file is written in: the first of the linked front-ends whose suffix it has.
 */
#include <lib/config.h>

#include <base/fmt.h>

const struct config_env config_env_empty;

const struct config_lang *config_detect(const char *file)
{
	for (u32 i = 0; config_langs[i]; i++) {
		if (str_ends(str_of(file), config_langs[i]->suffix))
			return config_langs[i];
	}
	return NULL;
}

bool config_host_area(void *ctx, struct str name, struct range *out)
{
	const struct hd_area *a = hostdesc_area(ctx, name);

	if (a)
		*out = a->at;
	return a;
}

const char *config_host_near_area(void *ctx, struct str name)
{
	return hostdesc_near_area(ctx, name);
}

void config_list_suffixes(char *buf, size_t size)
{
	size_t n = 0;

	*buf = '\0';
	for (u32 i = 0; config_langs[i] && n < size; i++)
		n += (size_t)fmt_snprintf(buf + n, size - n, "%s*%s", i ? ", " : "",
					  config_langs[i]->suffix);
}

enum status config_parse_file(const struct config_lang *lang, struct span text, const char *file,
			      struct arena *a, struct diag *d, struct vmdesc **out)
{
	struct config_part part = { .text = text, .file = file };
	struct config_input in = { &part, 1, &config_env_empty };

	return lang->parse(&in, a, d, out);
}
