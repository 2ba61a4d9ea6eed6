/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log line is made on the caller's stack, at most LOG_LINE bytes long, and handed to the console
 * in one piece; the console's ring keeps it until there is a UART that takes it. So there is
 * nothing to lock here, and any CPU may log under (nearly) any lock.
 */
#include <core/log.h>

#include <base/fmt.h>
#include <base/str.h>
#include <core/console.h>
#include <port/arch.h>

#define LOG_LINE 255
#define CUT	 "..."

static _Atomic enum log_level max_level = LOG_INFO;

static _Atomic u64 n_lines;

static const struct {
	const char *name;
	const char *prefix;
} levels[] = {
	[LOG_ERROR] = { "error", "error: " },
	[LOG_WARN] = { "warn", "warning: " },
	[LOG_INFO] = { "info", "" },
	[LOG_DEBUG] = { "debug", "debug: " },
};

void log_set_level(enum log_level level)
{
	atomic_store(&max_level, level);
}

bool log_shows(enum log_level level)
{
	return level <= atomic_load(&max_level);
}

bool log_level_from_name(const char *name, enum log_level *out)
{
	for (u32 i = 0; i < array_size(levels); i++) {
		if (strcmp(name, levels[i].name) == 0) {
			*out = (enum log_level)i;
			return true;
		}
	}
	return false;
}

/* Seconds and microseconds since the counter began, as wide as a day needs. */
static size_t put_time(char *buf, size_t size)
{
	u64 hz = arch_cycles_hz();
	u64 t = arch_cycles();

	if (!hz) /* not known yet */
		return (size_t)fmt_snprintf(buf, size, "[    ?.??????] ");
	return (size_t)fmt_snprintf(buf, size, "[%5llu.%06llu] ", (unsigned long long)(t / hz),
				    (unsigned long long)(t % hz * 1000000 / hz));
}

void log_vprint(enum log_level level, const char *format, va_list ap)
{
	char line[LOG_LINE + 1];
	size_t n;

	atomic_fetch_add_explicit(&n_lines, 1, memory_order_relaxed);
	if (level > atomic_load(&max_level))
		return;
	n = put_time(line, sizeof(line));
	n += (size_t)fmt_snprintf(line + n, sizeof(line) - n, "%s", levels[level].prefix);
	n += (size_t)fmt_vsnprintf(line + n, sizeof(line) - n, format, ap);
	if (n > LOG_LINE)
		memcpy(line + LOG_LINE - strlen(CUT), CUT, strlen(CUT));
	else if (line[n - 1] == '\n')
		line[n - 1] = '\0';
	console_write_line(line);
}

void log_print(enum log_level level, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	log_vprint(level, format, ap);
	va_end(ap);
}

u64 log_count(void)
{
	return atomic_load_explicit(&n_lines, memory_order_relaxed);
}

void log_text(enum log_level level, const char *text)
{
	if (level <= atomic_load(&max_level))
		console_write_line(text);
}
