/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where platform files and trees are: in the checkout one works in, else in the one that this
 * program was built in, else where it was installed to.
 */
#include <dirent.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "places.h"
#include "trivet.h"

char *tool_format(const char *format, ...)
{
	va_list ap, again;
	char *s;
	int n;

	va_start(ap, format);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	s = tool_alloc((size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, format, again);
	va_end(again);
	return s;
}

const char *tool_folder_of(const char *path)
{
	return dirname(tool_format("%s", path));
}

/* The folder that this program is in. */
static const char *program_folder(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return ".";
	path[n] = 0;
	return tool_folder_of(path);
}

/* Relative to the working folder when that is above it: as one would write it. */
static const char *shorten(const char *path)
{
	char here[PATH_MAX];
	size_t n;

	if (!getcwd(here, sizeof(here)))
		return path;
	n = strlen(here);
	return strncmp(path, here, n) == 0 && path[n] == '/' ? path + n + 1 : path;
}

#define N_PLACES 3

/* Folders with platform files, and with their trees. */
static const char *place(u32 i, bool trees)
{
	const char *top = i == 0 ? NULL : tool_folder_of(program_folder());

	switch (i) {
	case 0:
		return trees ? "build/trees" : "configs/platforms";
	case 1:
		return tool_format("%s/%s", top, trees ? "build/trees" : "configs/platforms");
	default:
		return tool_format("%s/share/trivet/platforms", top);
	}
}

const char *place_platform(const char *name)
{
	for (u32 i = 0; i < N_PLACES; i++) {
		const char *path = tool_format("%s/%s.toml", place(i, false), name);

		if (access(path, R_OK) == 0)
			return shorten(path);
	}
	return NULL;
}

const char *place_tree(const char *name)
{
	for (u32 i = 0; i < N_PLACES; i++) {
		const char *path = tool_format("%s/%s.dtb", place(i, true), name);

		if (access(path, R_OK) == 0)
			return shorten(path);
	}
	return NULL;
}

const char *place_guests(void)
{
	static const char folder[] = ".cache/guests/aarch64";
	static const char *found;
	static bool looked;

	if (!looked && access(folder, R_OK) == 0)
		found = folder;
	else if (!looked)
		found = tool_format("%s/%s", tool_folder_of(program_folder()), folder);
	if (!looked && access(found, R_OK) != 0)
		found = NULL;
	looked = true;
	return found ? shorten(found) : NULL;
}

static int is_platform(const struct dirent *e)
{
	return str_ends(str_of(e->d_name), ".toml");
}

static const char *list_folder(const char *folder)
{
	struct dirent **names;
	int n = scandir(folder, &names, is_platform, alphasort);
	const char *list = NULL;

	for (int i = 0; i < n; i++)
		list = tool_format("%s%s%.*s", list ? list : "", list ? ", " : "",
				   (int)strlen(names[i]->d_name) - 5, names[i]->d_name);
	return list;
}

const char *place_platforms(void)
{
	const char *list = NULL;

	for (u32 i = 0; i < N_PLACES && !list; i++)
		list = list_folder(place(i, false));
	return list;
}
