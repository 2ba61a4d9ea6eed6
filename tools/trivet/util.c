/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files, memory and messages of the program: what fails is said, once, with the name of the file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trivet.h"

void tool_complain(const char *format, ...)
{
	va_list ap;

	fputs("trivet: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void *tool_alloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	if (!p) {
		tool_complain("out of memory");
		exit(TOOL_ERRORS);
	}
	return p;
}

struct span tool_read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct span out = { NULL, 0 };
	u8 *p;
	long n;

	if (!f) {
		tool_complain("%s: %s", path, strerror(errno));
		return out;
	}
	if (fseek(f, 0, SEEK_END) != 0 || (n = ftell(f)) < 0 || fseek(f, 0, SEEK_SET) != 0) {
		tool_complain("%s: is no file that can be read", path);
		fclose(f);
		return out;
	}
	p = tool_alloc((size_t)n + 1);
	if (fread(p, 1, (size_t)n, f) == (size_t)n)
		out = span_of(p, (size_t)n);
	else
		tool_complain("%s: cannot be read", path);
	fclose(f);
	return out;
}

FILE *tool_output_open(const struct tool_options *o, const char *mode)
{
	FILE *f = o->output ? fopen(o->output, mode) : stdout;

	if (!f)
		tool_complain("%s: %s", o->output, strerror(errno));
	return f;
}

bool tool_output_close(const struct tool_options *o, FILE *f)
{
	bool ok = fflush(f) == 0 && !ferror(f);

	if (o->output && fclose(f) != 0)
		ok = false;
	if (!ok)
		tool_complain("%s: cannot be written", o->output ? o->output : "standard output");
	return ok;
}
