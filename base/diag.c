/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call makes one line: prefix and message together, never longer than a line buffer and
 * without control characters, because messages quote foreign bytes and go to terminals. The
 * counters are right before emit() is called.
 */
#include <base/diag.h>
#include <base/fmt.h>

#define LINE_SIZE 512

static const char *level_name(enum diag_level level)
{
	switch (level) {
	case DIAG_ERROR:
		return "error";
	case DIAG_WARNING:
		return "warning";
	case DIAG_NOTE:
		return "note";
	case DIAG_FIX:
		return "fix";
	}
	return "message";
}

int diag_prefix(char *buf, size_t size, enum diag_level level, const struct src_pos *at)
{
	const char *name = level_name(level);

	if (!at || !at->file)
		return fmt_snprintf(buf, size, "%s: ", name);
	if (!at->line)
		return fmt_snprintf(buf, size, "%s: %s: ", at->file, name);
	if (!at->col)
		return fmt_snprintf(buf, size, "%s:%u: %s: ", at->file, at->line, name);
	return fmt_snprintf(buf, size, "%s:%u:%u: %s: ", at->file, at->line, at->col, name);
}

static void make_printable(char *s)
{
	for (; *s; s++) {
		if ((u8)*s < 0x20 || *s == 0x7f)
			*s = '?';
	}
}

void diag_report_cold(struct diag *d, enum diag_level level, struct src_pos at, const char *format,
		      ...)
{
	char line[LINE_SIZE];
	size_t used;
	va_list ap;
	int n;

	if (level == DIAG_ERROR)
		d->n_errors++;
	if (level == DIAG_WARNING)
		d->n_warnings++;
	n = diag_prefix(line, sizeof(line), level, &at);
	used = MIN((size_t)n, sizeof(line) - 1);
	va_start(ap, format);
	n = fmt_vsnprintf(line + used, sizeof(line) - used, format, ap);
	va_end(ap);
	if (used + (size_t)n >= sizeof(line))
		memcpy(line + sizeof(line) - 4, "...", 4);
	make_printable(line);
	if (d->emit)
		d->emit(d, level, &at, line);
}
