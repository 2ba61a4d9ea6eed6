/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines with remarks, and what is lost.
 */
#include <stdlib.h>
#include <string.h>

#include <lib/words.h>

#include "writer.h"

#define REMARK_COLUMN 48
#define TEXT_SIZE     512

void writer_begin(struct writer *w, const struct dialect *to, FILE *f, struct diag *d, bool lossy)
{
	*w = (struct writer){ .f = f, .to = to, .diag = d, .lossy = lossy };
	w->notes = open_memstream(&w->notes_text, &w->notes_len);
	if (!w->notes)
		abort();
}

/* What was lost since the last line, above this one. */
static void put_notes(struct writer *w)
{
	fflush(w->notes);
	if (!w->notes_len)
		return;
	fwrite(w->notes_text, 1, w->notes_len, w->f);
	rewind(w->notes);
	fflush(w->notes);
}

void writer_end(struct writer *w)
{
	put_notes(w);
	fclose(w->notes);
	free(w->notes_text);
}

void say(struct writer *w, const char *format, ...)
{
	va_list ap;

	put_notes(w);
	va_start(ap, format);
	vfprintf(w->f, format, ap);
	va_end(ap);
	fputc('\n', w->f);
}

void say_origin(struct writer *w)
{
	const char *slash = strrchr(w->vd->file, '/');
	const char *base = slash ? slash + 1 : w->vd->file;

	say(w, "%s %s, converted from %s", w->to->comment, vmdesc_label(w->vd).s,
	    show_text(str_of(base)).s);
}

void say_with(struct writer *w, const char *text, const char *remark)
{
	size_t n = strlen(text);

	put_notes(w);
	fputs(text, w->f);
	if (remark && *remark)
		fprintf(w->f, "%*s %s %s", n < REMARK_COLUMN ? (int)(REMARK_COLUMN - n) : 0, "",
			w->to->comment, remark);
	fputc('\n', w->f);
}

void say_lost(struct writer *w, struct src_pos at, const char *what, ...)
{
	char text[TEXT_SIZE];
	va_list ap;

	va_start(ap, what);
	vsnprintf(text, sizeof(text), what, ap);
	va_end(ap);
	w->n_lost++;
	/* Foreign text in it has gone through show_text(): no control character ends the comment. */
	if (w->lossy) {
		fprintf(w->notes, "%s lost: %s\n", w->to->comment, text);
		return;
	}
	if (!at.line)
		at = (struct src_pos){ .file = w->vd->file };
	diag_report(w->diag, DIAG_ERROR, at, "%s: %s: %s cannot say it", vmdesc_label(w->vd).s,
		    text, w->to->title);
	diag_report(w->diag, DIAG_FIX, at, "use --lossy to have it as a comment");
}
