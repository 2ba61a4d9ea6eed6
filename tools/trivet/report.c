/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diagnostics as a person reads them: the message, the line it is about with a mark under the
 * place, then the other party and what to write instead. The same mistake is said once, however
 * often a file is read. With --json they are kept, and printed as one document at the end.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "json.h"
#include "places.h"
#include "source.h"
#include "trivet.h"

#define N_BUCKETS     1024
#define DEFAULT_WIDTH 100
#define GUTTER	      16 /* line number and dots beside a line of a file */

struct entry {
	struct entry *next; /* in the order they came */
	struct entry *same; /* in the bucket */
	enum diag_level level;
	bool leads; /* notes and fixes behind it belong to it */
	struct src_pos at;
	const char *text; /* with its prefix */
	const char *message;
};

struct report_own {
	struct entry *first;
	struct entry **last;
	struct entry *buckets[N_BUCKETS];
	struct src_pos shown; /* the line that stands above */
	struct src_pos lead;  /* that of the message that leads */
	bool alone;	      /* the next one leads whatever its level */
	bool muted;	      /* what belongs to a message that has been said before */
	u32 n_errors;
	u32 n_warnings;
	u32 width;
	bool color;
};

/* ---- how it looks ----------------------------------------------------------------------------- */

static const char *const paint[] = {
	[DIAG_ERROR] = "\033[1;31m",
	[DIAG_WARNING] = "\033[1;35m",
	[DIAG_NOTE] = "\033[1;36m",
	[DIAG_FIX] = "\033[1;32m",
};

static const char *const level_name[] = {
	[DIAG_ERROR] = "error",
	[DIAG_WARNING] = "warning",
	[DIAG_NOTE] = "note",
	[DIAG_FIX] = "fix",
};

static bool wants_color(enum tool_color wish)
{
	const char *off = getenv("NO_COLOR"), *term = getenv("TERM");

	if (wish != TOOL_COLOR_AUTO)
		return wish == TOOL_COLOR_ALWAYS;
	return isatty(STDERR_FILENO) && !(off && *off) && term && strcmp(term, "dumb") != 0;
}

static u32 find_width(void)
{
	const char *columns = getenv("COLUMNS");
	unsigned long wish = columns ? strtoul(columns, NULL, 10) : 0;
	struct winsize size;

	if (!wish && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0)
		wish = size.ws_col;
	if (wish < 40 || wish > 1000)
		wish = DEFAULT_WIDTH;
	return (u32)wish - GUTTER;
}

static bool same_place(const struct src_pos *a, const struct src_pos *b)
{
	return a->file && b->file && strcmp(a->file, b->file) == 0 && a->line == b->line &&
	       a->col == b->col;
}

static void print_entry(struct report_own *own, const struct entry *e)
{
	const struct source_paint mark = { own->color ? paint[e->level] : "",
					   own->color ? "\033[0m" : "" };
	int behind = (int)(e->message - e->text);
	int place = behind - MIN(behind, (int)strlen(level_name[e->level]) + 2);

	fprintf(stderr, "%s%.*s%s", own->color ? "\033[1m" : "", place, e->text, mark.end);
	fprintf(stderr, "%s%.*s%s%s\n", mark.mark, behind - place, e->text + place, mark.end,
		e->message);
	if (e->leads)
		own->lead = e->at;
	else if (same_place(&own->shown, &e->at) ||
		 (e->level == DIAG_FIX && same_place(&own->lead, &e->at)))
		return;
	own->shown = e->at;
	source_show(stderr, &e->at, own->width, &mark);
}

/* ---- what came -------------------------------------------------------------------------------- */

static struct entry **bucket_of(struct report_own *own, const char *text)
{
	u32 hash = 2166136261u;

	for (; *text; text++)
		hash = (hash ^ (u8)*text) * 16777619u;
	return &own->buckets[hash % N_BUCKETS];
}

static bool was_said(struct report_own *own, const char *text)
{
	for (const struct entry *e = *bucket_of(own, text); e; e = e->same) {
		if (strcmp(e->text, text) == 0)
			return true;
	}
	return false;
}

static struct entry *keep(struct report_own *own, enum diag_level level, const struct src_pos *at,
			  const char *text)
{
	struct entry *e = tool_alloc(sizeof(*e));
	struct entry **bucket = bucket_of(own, text);
	char prefix[1024];
	int n = diag_prefix(prefix, sizeof(prefix), level, at);
	char *copy = tool_format("%s", text);

	*e = (struct entry){ .same = *bucket, .level = level, .at = *at, .text = copy };
	e->message = copy + MIN((size_t)n, strlen(copy));
	*bucket = e;
	*own->last = e;
	own->last = &e->next;
	return e;
}

static void emit(struct diag *d, enum diag_level level, const struct src_pos *at, const char *text)
{
	struct tool_report *r = (struct tool_report *)d;
	struct report_own *own = r->own;
	bool leads = level == DIAG_ERROR || level == DIAG_WARNING || own->alone || !own->first;
	struct entry *e;

	if (leads)
		own->muted = was_said(own, text);
	if (own->muted)
		return;
	own->n_errors += level == DIAG_ERROR;
	own->n_warnings += level == DIAG_WARNING;
	e = keep(own, level, at, text);
	e->leads = leads;
	if (!r->json)
		print_entry(own, e);
}

void tool_report_init(struct tool_report *r, const struct tool_options *o)
{
	struct report_own *own = tool_alloc(sizeof(*own));

	*r = (struct tool_report){
		.d = { .emit = emit }, .o = o, .own = own, .json = o->json && !o->json_is_ours
	};
	own->last = &own->first;
	own->color = wants_color(o->color);
	own->width = find_width();
}

void tool_report_remark(struct tool_report *r, const char *text)
{
	struct report_own *own = r->own;

	own->alone = true;
	diag_report(&r->d, DIAG_NOTE, (struct src_pos){ 0 }, "%s", text);
	own->alone = false;
}

/* ---- the end ---------------------------------------------------------------------------------- */

static void json_place(struct json *j, const struct entry *e)
{
	json_text(j, "file", e->at.file);
	if (e->at.line)
		json_u64(j, "line", e->at.line);
	else
		json_null(j, "line");
	if (e->at.col)
		json_u64(j, "column", e->at.col);
	else
		json_null(j, "column");
}

/* Those of @level that follow @e, up to the next that leads. */
static void json_followers(struct json *j, const struct entry *e, enum diag_level level)
{
	json_array(j, level == DIAG_NOTE ? "notes" : "fixes");
	for (e = e->next; e && !e->leads; e = e->next) {
		if (e->level != level)
			continue;
		json_object(j, NULL);
		json_place(j, e);
		json_text(j, "message", e->message);
		json_end_object(j);
	}
	json_end_array(j);
}

static void print_json(const struct report_own *own)
{
	struct json j;

	json_begin(&j, stdout);
	json_array(&j, NULL);
	for (const struct entry *e = own->first; e; e = e->next) {
		if (!e->leads)
			continue;
		json_object(&j, NULL);
		json_place(&j, e);
		json_text(&j, "level", level_name[e->level]);
		json_text(&j, "message", e->message);
		json_followers(&j, e, DIAG_NOTE);
		json_followers(&j, e, DIAG_FIX);
		json_end_object(&j);
	}
	json_end_array(&j);
	json_end(&j);
}

void tool_report_end(struct tool_report *r)
{
	const struct report_own *own = r->own;

	if (r->json) {
		print_json(own);
		return;
	}
	if (own->n_errors)
		fprintf(stderr, "%u error%s", own->n_errors, own->n_errors == 1 ? "" : "s");
	if (own->n_warnings)
		fprintf(stderr, "%s%u warning%s", own->n_errors ? ", " : "", own->n_warnings,
			own->n_warnings == 1 ? "" : "s");
	if (own->n_errors || own->n_warnings)
		fputc('\n', stderr);
}
