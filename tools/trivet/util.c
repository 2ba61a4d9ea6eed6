/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files, memory and messages of the program: what fails is said, once, with the name of the file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source.h"
#include "trivet.h"

#define PAGE	   KIB(4)
#define MAP_FROM   KIB(256)
#define STREAM_MAX GIB(1)

void tool_complain(const char *format, ...)
{
	va_list ap;

	fputs("trivet: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static _Noreturn void tool_no_memory(void)
{
	tool_complain("out of memory");
	exit(TOOL_ERRORS);
}

void *tool_alloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	if (!p)
		tool_no_memory();
	return p;
}

/* Of a file that tells its size: mapped, so that an image of which little is read costs little. */
static struct span map_file(int fd, size_t n, const char **why)
{
	u8 *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

	if (p != MAP_FAILED)
		return span_of(p, n);
	*why = strerror(errno);
	return (struct span){ NULL, 0 };
}

/* Of a pipe, or a small file: read until nothing more comes. */
static struct span read_stream(int fd, const char **why)
{
	size_t n = 0, size = KIB(16);
	u8 *p = tool_alloc(size);
	ssize_t got = 1;

	while (n < STREAM_MAX && (got = read(fd, p + n, size - n - 1)) > 0) {
		n += (size_t)got;
		if (n + 1 < size)
			continue;
		p = realloc(p, size *= 2);
		if (!p)
			tool_no_memory();
	}
	if (got == 0) {
		p[n] = 0;
		return span_of(p, n);
	}
	*why = got < 0 ? strerror(errno) : "does not end";
	return (struct span){ NULL, 0 };
}

struct span tool_read_quietly(const char *path, const char **why)
{
	struct span out = { NULL, 0 };
	int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	*why = NULL;
	if (fd < 0 || fstat(fd, &st) != 0)
		*why = strerror(errno);
	else if (S_ISDIR(st.st_mode))
		*why = "is a folder";
	else if (S_ISREG(st.st_mode) && (u64)st.st_size > MAP_FROM && (u64)st.st_size % PAGE)
		out = map_file(fd, (size_t)st.st_size, why);
	else
		out = read_stream(fd, why);
	if (fd >= 0)
		close(fd);
	return out;
}

struct span tool_read_file(const char *path)
{
	const char *why;
	struct span out = tool_read_quietly(path, &why);

	if (!out.p)
		tool_complain("%s: %s", path, why);
	return out;
}

struct span tool_read_source(const char *path, struct diag *d)
{
	const char *why;
	struct span out = tool_read_quietly(path, &why);

	if (out.p)
		source_add(path, out);
	else
		diag_report(d, DIAG_ERROR, (struct src_pos){ .file = path }, "cannot be read: %s",
			    why);
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
