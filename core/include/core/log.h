/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hypervisor's log: lines with a level and the time since boot, kept in a ring and written to
 * the console when there is one (lines from before come out then).
 */
#pragma once

#include <stdarg.h>

#include <base/types.h>

enum log_level {
	LOG_ERROR,
	LOG_WARN,
	LOG_INFO,
	LOG_DEBUG
};

void log_print(enum log_level level, const char *format, ...) printf_like(2, 3);
void log_vprint(enum log_level level, const char *format, va_list ap);
/* A line that says its level itself (diagnostics: "file:line:col: error: ..."), at most 1 KiB. */
void log_text(enum log_level level, const char *text);
/* How many lines of log_print() there were so far, whatever their level. */
u64 log_count(void);
/* Lines of a higher level are dropped. */
void log_set_level(enum log_level level);
/* Not worth making a long message for nobody. */
bool log_shows(enum log_level level);
/* "error", "warn", "info", "debug": false when @name is none of them. */
bool log_level_from_name(const char *name, enum log_level *out);

#define log_error(...) log_print(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_print(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_print(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_print(LOG_DEBUG, __VA_ARGS__)
