/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system's C preprocessor as a filter, bounded in time, memory and output. What it complains of
 * becomes a message like any other; its line markers keep the user's places in what follows.
 */
#include "cpp.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cpp_macros.h"
#include "places.h"

/* A description takes a hundredth of these; what doubles itself shall not take the machine. */
#define OUTPUT_MAX  MIB(4)
#define SAID_MAX    KIB(64)
#define MEMORY_MAX  MIB(40)
#define SECONDS_MAX 1
#define PATIENCE    15 /* seconds of the clock: others may have the CPU */
#define MAX_ARGS    (2 * TOOL_MAX_WORDS + 16)
#define MAX_GIVEN   256

/* ---- the process ------------------------------------------------------------------------------ */

struct sink {
	size_t most;
	char *p;
	size_t n;
	size_t cap;
};

static bool sink_read(struct sink *s, int fd)
{
	ssize_t got;

	/* One more: report_all() ends the text. */
	if (s->n + 65536 >= s->cap) {
		s->cap = s->cap ? 2 * s->cap : 262144;
		s->p = realloc(s->p, s->cap);
		if (!s->p) {
			s->n = s->most + 1;
			return false;
		}
	}
	got = read(fd, s->p + s->n, 65536);
	if (got <= 0)
		return false;
	s->n += (size_t)got;
	return s->n <= s->most;
}

static void limit(int what, rlim_t most)
{
	struct rlimit r = { most, most };

	setrlimit(what, &r);
}

/* Of the child. "cpp" where there is one, else the compiler's. */
static void become_cpp(const char **args, const int out[2], const int err[2])
{
	const char *words[MAX_ARGS + 4] = { "cc", "-E", "-x", "c" };
	int nothing = open("/dev/null", O_RDONLY);

	dup2(nothing, STDIN_FILENO);
	dup2(out[1], STDOUT_FILENO);
	dup2(err[1], STDERR_FILENO);
	close(out[0]);
	close(err[0]);
	setpgid(0, 0);
	setenv("LC_ALL", "C", 1);
	limit(RLIMIT_CPU, SECONDS_MAX);
	limit(RLIMIT_DATA, MEMORY_MAX);
	limit(RLIMIT_CORE, 0);
	execvp("cpp", (char *const *)(uintptr_t)args);
	for (int i = 1; args[i - 1]; i++)
		words[3 + i] = args[i];
	execvp("cc", (char *const *)(uintptr_t)words);
	_exit(127);
}

static long seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long)t.tv_sec;
}

/* Both pipes until both end. A file that never comes costs no time of a CPU: the clock tells. */
static bool drain(int out, int err, struct sink *text, struct sink *said)
{
	const long end = seconds_now() + PATIENCE;
	struct pollfd fds[] = { { out, POLLIN, 0 }, { err, POLLIN, 0 } };
	struct sink *sinks[] = { text, said };
	int open = 2;

	while (open) {
		if (seconds_now() >= end || (poll(fds, 2, 1000) < 0 && errno != EINTR))
			return false;
		for (int i = 0; i < 2; i++) {
			if (fds[i].fd < 0 || !fds[i].revents || sink_read(sinks[i], fds[i].fd))
				continue;
			close(fds[i].fd);
			fds[i].fd = -1;
			open--;
		}
	}
	return text->n <= text->most;
}

static int run(const char **args, struct sink *text, struct sink *said, bool *fits)
{
	int out[2], err[2], status;
	pid_t child;

	if (pipe(out) != 0 || pipe(err) != 0)
		return -1;
	child = fork();
	if (child == 0)
		become_cpp(args, out, err);
	close(out[1]);
	close(err[1]);
	if (child < 0)
		return -1;
	*fits = drain(out[0], err[0], text, said);
	if (!*fits)
		kill(-child, SIGKILL);
	if (waitpid(child, &status, 0) != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

/* ---- what it says ----------------------------------------------------------------------------- */

/* "file:12:3: fatal error: x.h: No such file or directory" */
static bool report_line(char *line, struct diag *d)
{
	static const char *const marks[] = { ": fatal error: ", ": error: ", ": warning: " };
	struct src_pos at = { NULL, 0, 0 };
	char *mark = NULL, *colon;
	u32 kind = 0;

	while (kind < array_size(marks) && !(mark = strstr(line, marks[kind])))
		kind++;
	if (!mark)
		return false;
	*mark = '\0';
	mark += strlen(marks[kind]);
	colon = strrchr(line, ':');
	if (colon) {
		at.col = (u32)strtoul(colon + 1, NULL, 10);
		*colon = '\0';
		colon = strrchr(line, ':');
	}
	if (colon) {
		at.line = (u32)strtoul(colon + 1, NULL, 10);
		*colon = '\0';
	}
	at.file = tool_format("%s", line);
	diag_report(d, kind < 2 ? DIAG_ERROR : DIAG_WARNING, at, "%s", mark);
	if (strstr(mark, "No such file"))
		diag_report(d, DIAG_FIX, at, "give the folder that it is in by -I");
	return true;
}

static u32 report_all(struct sink *said, struct diag *d)
{
	u32 n = 0;
	char *save = NULL;

	if (!said->p)
		return 0;
	said->p[said->n] = '\0';
	for (char *l = strtok_r(said->p, "\n", &save); l && n < 20; l = strtok_r(NULL, "\n", &save))
		n += report_line(l, d);
	return n;
}

/* ---- a file ----------------------------------------------------------------------------------- */

static const char *folder_of(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? tool_format("%.*s", (int)(slash - file + (slash == file)), file) : ".";
}

static u32 make_args(const struct tool_options *o, const char *file, const char *macros,
		     const char **args)
{
	u32 n = 0;

	args[n++] = "cpp";
	args[n++] = "-nostdinc";
	args[n++] = "-I";
	args[n++] = macros;
	args[n++] = "-I";
	args[n++] = folder_of(file);
	for (u32 i = 0; i < o->includes.n; i++)
		args[n++] = tool_format("-I%s", o->includes.v[i]);
	for (u32 i = 0; i < o->defines.n; i++)
		args[n++] = tool_format("-D%s", o->defines.v[i]);
	/* A name that begins with '-' is no option. */
	args[n++] = file[0] == '-' ? tool_format("./%s", file) : file;
	args[n] = NULL;
	return n;
}

static bool is_too_much(int status, bool fits, const struct sink *said)
{
	return !fits || status >= 126 || status < 0 || (said->n && strstr(said->p, "memory"));
}

/* Whatever it ends for is said, so that no file is left out in silence. */
static void report_end(struct diag *d, struct src_pos at, int status, bool fits, struct sink *said)
{
	u32 before = d->n_errors;
	u32 n = report_all(said, d);

	if (!n && status == 127) {
		diag_report(d, DIAG_ERROR, at, "there is no C preprocessor on this machine");
		diag_report(d, DIAG_FIX, at, "install one: the commands tried are cpp and cc");
	} else if ((fits && !status) || (fits && d->n_errors != before)) {
		return;
	} else if (is_too_much(status, fits, said)) {
		diag_report(d, DIAG_ERROR, at,
			    "preprocessing it takes more than %d s, %d MiB or %d MiB of text",
			    SECONDS_MAX, (int)(MEMORY_MAX >> 20), (int)(OUTPUT_MAX >> 20));
		diag_report(d, DIAG_FIX, at,
			    "look for macros that hold each other, or for what never ends");
	} else {
		diag_report(d, DIAG_ERROR, at, "the C preprocessor ends with status %d: %s", status,
			    said->n ? said->p : "it says nothing");
	}
}

bool cpp_read(const struct tool_options *o, const char *file, struct diag *d,
	      struct config_part *out)
{
	const char *macros = cpp_macros_folder();
	const char *args[MAX_ARGS];
	struct sink text = { .most = OUTPUT_MAX }, said = { .most = SAID_MAX };
	struct src_pos at = { .file = file };
	bool fits = true;
	int status;

	if (!macros) {
		diag_report(d, DIAG_ERROR, at, "cannot be preprocessed: no folder for our macros");
		return false;
	}
	make_args(o, file, macros, args);
	status = run(args, &text, &said, &fits);
	report_end(d, at, status, fits, &said);
	if (status != 0 || !fits)
		return false;
	*out = (struct config_part){ span_of(text.p ? text.p : "", text.n), file, false };
	return true;
}

/* ---- imports ---------------------------------------------------------------------------------- */

static char *given[MAX_GIVEN];
static u32 n_given;

static bool is_given(const char *path)
{
	char *real = realpath(path, NULL);

	for (u32 i = 0; real && i < n_given; i++) {
		if (strcmp(given[i], real) == 0) {
			free(real);
			return true;
		}
	}
	if (real && n_given < MAX_GIVEN)
		given[n_given++] = real;
	else
		free(real);
	return false;
}

void cpp_begin(const char *file)
{
	while (n_given)
		free(given[--n_given]);
	(void)is_given(file);
}

static const char *find(const struct tool_options *o, struct str name, bool angled,
			const char *from)
{
	const char *beside = name.n && name.p[0] == '/' ?
				     tool_format("%.*s", STR_ARG(name)) :
				     tool_format("%s/%.*s", folder_of(from), STR_ARG(name));

	if (str_starts(str_of(beside), "./"))
		beside += 2;
	if (!angled && access(beside, R_OK) == 0)
		return beside;
	for (u32 i = 0; i < o->includes.n; i++) {
		const char *path = tool_format("%s/%.*s", o->includes.v[i], STR_ARG(name));

		if (access(path, R_OK) == 0)
			return path;
	}
	return access(beside, R_OK) == 0 ? beside : NULL;
}

enum status cpp_import(const struct tool_options *o, struct str name, bool angled, const char *from,
		       struct diag *d, struct config_part *out)
{
	const char *path = find(o, name, angled, from);

	if (!path)
		return E_NOTFOUND;
	if (is_given(path))
		return E_BUSY;
	/* What is wrong with it has been said, and there is nothing to add. */
	return cpp_read(o, path, d, out) ? OK : E_BUSY;
}
