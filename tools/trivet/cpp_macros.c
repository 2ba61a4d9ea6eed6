/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The macro library's files (tools/trivet/camkes/include) stand in the program, so that it runs
 * wherever it is copied to; the preprocessor gets them in a folder that is gone with the process.
 */
#include "cpp_macros.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "places.h"
#include "trivet.h"

/* The compiler runs in the root of the sources. NOLINTBEGIN(bugprone-macro-parentheses): names */
#define EMBED(symbol, path)                                                                   \
	__asm__(".section .rodata\n" #symbol ":\n.incbin \"tools/trivet/camkes/include/" path \
		"\"\n" #symbol "_end:\n.previous\n");                                         \
	extern const char symbol[] __asm__(#symbol);                                          \
	extern const char symbol##_end[] __asm__(#symbol "_end")

/* NOLINTEND(bugprone-macro-parentheses) */
EMBED(macros_vm, "configurations/vm.h");
EMBED(macros_connections, "configurations/connections.h");
EMBED(macros_sata, "configurations/sata.h");
EMBED(macros_autoconf, "autoconf.h");

static const struct {
	const char *path;
	const char *text;
	const char *end;
} files[] = {
	{ "configurations/vm.h", macros_vm, macros_vm_end },
	{ "configurations/connections.h", macros_connections, macros_connections_end },
	{ "configurations/sata.h", macros_sata, macros_sata_end },
	{ "autoconf.h", macros_autoconf, macros_autoconf_end },
};

static char folder[512];

static void remove_all(void)
{
	for (size_t i = 0; i < array_size(files); i++)
		unlink(tool_format("%s/%s", folder, files[i].path));
	rmdir(tool_format("%s/configurations", folder));
	rmdir(folder);
}

static bool write_all(void)
{
	if (mkdir(tool_format("%s/configurations", folder), 0700) != 0)
		return false;
	for (size_t i = 0; i < array_size(files); i++) {
		FILE *f = fopen(tool_format("%s/%s", folder, files[i].path), "w");
		size_t n = (size_t)(files[i].end - files[i].text);
		bool ok = f && fwrite(files[i].text, 1, n, f) == n;

		if (f && fclose(f) != 0)
			ok = false;
		if (!ok)
			return false;
	}
	return true;
}

const char *cpp_macros_folder(void)
{
	const char *tmp = getenv("TMPDIR");

	if (folder[0])
		return folder;
	snprintf(folder, sizeof(folder), "%s/trivet-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(folder)) {
		tool_complain("%s: %s", folder, strerror(errno));
		folder[0] = '\0';
		return NULL;
	}
	atexit(remove_all);
	if (write_all())
		return folder;
	tool_complain("%s: cannot be written: %s", folder, strerror(errno));
	return NULL;
}
