/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates and times: RFC 3339 with TOML's local forms. Only checked, never computed with; the value
 * keeps the text. Every field is bounded, days by month and leap year.
 */
#include "toml_priv.h"

/* Two or four digits at the start of @s, cut off; -1 when there are not as many. */
static int take_number(struct span *s, size_t digits)
{
	struct span d;
	int v = 0;

	if (span_take(s, digits, &d) != OK)
		return -1;
	for (size_t i = 0; i < digits; i++) {
		if (!toml_is_digit(d.p[i]))
			return -1;
		v = v * 10 + (d.p[i] - '0');
	}
	return v;
}

static bool take_char(struct span *s, u8 c)
{
	if (!s->n || s->p[0] != c)
		return false;
	s->p++;
	s->n--;
	return true;
}

static bool digits_then(struct span s, size_t digits, u8 sep)
{
	return take_number(&s, digits) >= 0 && take_char(&s, sep);
}

bool toml_time_starts(struct span text)
{
	return digits_then(text, 4, '-') || digits_then(text, 2, ':');
}

static int days_of(int year, int month)
{
	static const u8 days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

static const char *check_date(struct span *s)
{
	int year = take_number(s, 4);
	int month;
	int day;

	if (year < 0 || !take_char(s, '-'))
		return "a date is written YYYY-MM-DD";
	month = take_number(s, 2);
	if (month < 0 || !take_char(s, '-'))
		return "a date is written YYYY-MM-DD";
	day = take_number(s, 2);
	if (day < 0)
		return "a date is written YYYY-MM-DD";
	if (month < 1 || month > 12)
		return "a month is 01 to 12";
	if (day < 1 || day > days_of(year, month))
		return "this month has no such day";
	return NULL;
}

static const char *check_clock(struct span *s)
{
	int hour = take_number(s, 2);
	int minute = take_char(s, ':') ? take_number(s, 2) : -1;
	int second = take_char(s, ':') ? take_number(s, 2) : -1;

	if (hour < 0 || minute < 0 || second < 0)
		return "a time is written HH:MM:SS, with seconds";
	if (hour > 23)
		return "an hour is 00 to 23";
	if (minute > 59)
		return "a minute is 00 to 59";
	if (second > 60) /* 60: leap seconds, RFC 3339, 5.7 */
		return "a second is 00 to 59";
	if (!take_char(s, '.'))
		return NULL;
	if (take_number(s, 1) < 0)
		return "a fraction of a second needs digits";
	while (s->n && toml_is_digit(s->p[0]))
		take_char(s, s->p[0]);
	return NULL;
}

static const char *check_offset(struct span *s)
{
	int hour;
	int minute;

	if (take_char(s, 'Z') || take_char(s, 'z'))
		return NULL;
	if (!take_char(s, '+') && !take_char(s, '-'))
		return NULL;
	hour = take_number(s, 2);
	minute = take_char(s, ':') ? take_number(s, 2) : -1;
	if (hour < 0 || minute < 0)
		return "an offset is written +HH:MM, -HH:MM or Z";
	return hour > 23 || minute > 59 ? "an offset is at most 23:59" : NULL;
}

static bool take_separator(struct span *s)
{
	return take_char(s, 'T') || take_char(s, 't') || take_char(s, ' ');
}

const char *toml_time_check(struct span text)
{
	const char *wrong;

	if (digits_then(text, 2, ':')) {
		wrong = check_clock(&text);
	} else {
		wrong = check_date(&text);
		if (!wrong && take_separator(&text)) {
			wrong = check_clock(&text);
			if (!wrong)
				wrong = check_offset(&text);
		}
	}
	if (!wrong && text.n)
		wrong = "there is more after its end";
	return wrong;
}
