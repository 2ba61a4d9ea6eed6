/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values that are one word: numbers, booleans, times. The word is cut off first, by the characters
 * such values are made of, then judged whole: so a wrong one is quoted whole in its message.
 * Floats are checked but not converted: there is no floating point here.
 */
#include "toml_priv.h"

#include <lib/words.h>

static bool in_word(int c)
{
	return toml_is_bare(c) || c == '+' || c == '.' || c == ':';
}

/* A date may be joined with its time by one space: "1979-05-27 07:32:00". */
static size_t word_len(const struct toml_reader *r)
{
	size_t n = 0;

	while (in_word(toml_peek(r, n)))
		n++;
	if (n == 10 && toml_peek(r, n) == ' ' && toml_time_starts(r->in) &&
	    toml_is_digit(toml_peek(r, n + 1))) {
		for (n++; in_word(toml_peek(r, n)); n++)
			;
	}
	return n;
}

static int digit_of(u8 c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

/*
 * Digits of @base with single underscores between them, from the start of @s. Cuts them off.
 * NULL when at least one digit was there and every underscore stands between two.
 */
static const char *take_digits(struct span *s, u32 base)
{
	bool digit = false;
	bool any = false;

	for (; s->n; s->p++, s->n--) {
		if (s->p[0] == '_') {
			if (!digit)
				break;
			digit = false;
			continue;
		}
		if ((u32)digit_of(s->p[0]) >= base)
			break;
		digit = true;
		any = true;
	}
	if (!any)
		return "digits are missing";
	return digit ? NULL : "an underscore must stand between two digits";
}

static bool take_sign(struct span *s, bool *negative)
{
	*negative = s->n && s->p[0] == '-';
	if (!s->n || (s->p[0] != '-' && s->p[0] != '+'))
		return false;
	s->p++;
	s->n--;
	return true;
}

/* @digits hold nothing but digits of @base and underscores. */
static const char *convert(struct span digits, u32 base, bool negative, s64 *out)
{
	u64 limit = negative ? UINT64_C(1) << 63 : INT64_MAX;
	u64 v = 0;

	for (size_t i = 0; i < digits.n; i++) {
		u32 d;

		if (digits.p[i] == '_')
			continue;
		d = (u32)digit_of(digits.p[i]);
		if (v > (limit - d) / base)
			return "does not fit into 64 bits (-2^63 to 2^63 - 1)";
		v = v * base + d;
	}
	*out = (s64)(negative ? 0 - v : v);
	return NULL;
}

static const char *check_prefixed(struct span s, bool has_sign, s64 *out)
{
	u32 base = s.p[1] == 'x' ? 16 : s.p[1] == 'o' ? 8 : 2;
	struct span digits;
	const char *wrong;

	if (has_sign)
		return "a number with 0x, 0o or 0b has no sign";
	digits = (struct span){ s.p + 2, s.n - 2 };
	s = digits;
	wrong = take_digits(&s, base);
	if (wrong)
		return wrong;
	if (s.n)
		return base == 16 ? "not a hexadecimal number" :
		       base == 8  ? "not an octal number" :
				    "not a binary number";
	return convert(digits, base, false, out);
}

/* What follows the integer part of a float. */
static const char *check_float_rest(struct span s)
{
	const char *wrong = NULL;
	bool negative;

	if (s.n && s.p[0] == '.') {
		s = (struct span){ s.p + 1, s.n - 1 };
		wrong = take_digits(&s, 10);
		if (wrong)
			return "a decimal point needs digits on both sides";
	}
	if (s.n && (s.p[0] == 'e' || s.p[0] == 'E')) {
		s = (struct span){ s.p + 1, s.n - 1 };
		take_sign(&s, &negative);
		wrong = take_digits(&s, 10);
	}
	if (!wrong && s.n)
		wrong = "not a number";
	return wrong;
}

static bool is_word(struct span s, const char *word)
{
	return str_eq_c((struct str){ (const char *)s.p, s.n }, word);
}

static const char *check_decimal(struct span s, bool negative, struct toml *v)
{
	struct span digits = s;
	const char *wrong = take_digits(&s, 10);

	digits.n -= s.n;
	if (wrong)
		return wrong;
	if (digits.n > 1 && digits.p[0] == '0')
		return "leading zeros are not allowed (octal numbers begin with 0o)";
	if (!s.n)
		return convert(digits, 10, negative, &v->integer);
	v->type = TOML_FLOAT;
	return check_float_rest(s);
}

static const char *check_number(struct span s, struct toml *v)
{
	bool negative;
	bool has_sign = take_sign(&s, &negative);

	v->type = TOML_INT;
	if (is_word(s, "inf") || is_word(s, "nan")) {
		v->type = TOML_FLOAT;
		return NULL;
	}
	if (s.n > 1 && s.p[0] == '0' && (s.p[1] == 'x' || s.p[1] == 'o' || s.p[1] == 'b'))
		return check_prefixed(s, has_sign, &v->integer);
	if (s.n > 1 && s.p[0] == '0' && (s.p[1] == 'X' || s.p[1] == 'O' || s.p[1] == 'B'))
		return "the prefix is written in lower case: 0x, 0o, 0b";
	return check_decimal(s, negative, v);
}

static enum status not_a_value(struct toml_reader *r, struct src_pos at, struct span word)
{
	struct show text = show_text((struct str){ (const char *)word.p, word.n });

	if (is_word(word, "True") || is_word(word, "TRUE") || is_word(word, "yes") ||
	    is_word(word, "on"))
		return toml_fail(r, at, "'%s' is no value; booleans are true and false", text.s);
	if (is_word(word, "False") || is_word(word, "FALSE") || is_word(word, "no") ||
	    is_word(word, "off"))
		return toml_fail(r, at, "'%s' is no value; booleans are true and false", text.s);
	return toml_fail(r, at, "'%s' is no value; a string needs quotes: \"%s\"", text.s, text.s);
}

static enum status judge(struct toml_reader *r, struct toml *v, struct span word)
{
	bool negative;
	struct span unsigned_word = word;
	const char *wrong;

	if (is_word(word, "true") || is_word(word, "false")) {
		v->type = TOML_BOOL;
		v->integer = word.n == 4;
		return OK;
	}
	take_sign(&unsigned_word, &negative);
	if (toml_time_starts(word)) {
		v->type = TOML_DATETIME;
		wrong = toml_time_check(word);
	} else if (is_word(unsigned_word, "inf") || is_word(unsigned_word, "nan") ||
		   (unsigned_word.n && toml_is_digit(unsigned_word.p[0]))) {
		wrong = check_number(word, v);
	} else {
		return not_a_value(r, v->at, word);
	}
	if (!wrong)
		return OK;
	return toml_fail(r, v->at, "'%s': %s",
			 show_text((struct str){ (const char *)word.p, word.n }).s, wrong);
}

enum status toml_scalar(struct toml_reader *r, struct toml *v)
{
	size_t n = word_len(r);
	struct span word;
	char *text;

	if (!n)
		return toml_fail(r, v->at, "expected a value");
	TRY(span_take(&r->in, n, &word));
	TRY(judge(r, v, word));
	text = arena_strdup(r->arena, (const char *)word.p, n);
	if (!text)
		return E_NOMEM;
	v->text = (struct str){ text, n };
	return OK;
}
