/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers: addresses are hexadecimal and all else decimal unless 0x or 0d says otherwise. An
 * address with a unit and no prefix could be read either way; it is read as people mean it.
 */
#include "qvmconf_priv.h"

static u32 digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (u32)(c - '0');
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? (u32)(c - 'a') + 10 : 16;
}

/* Shift of the unit that @s ends with; 0: none. */
static u32 unit_of(struct str s)
{
	static const char units[] = "kmg";

	for (u32 i = 0; s.n > 1 && i < 3; i++) {
		if ((s.p[s.n - 1] | 0x20) == units[i])
			return 10 * (i + 1);
	}
	return 0;
}

static bool is_decimal(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (digit_of(s.p[i]) > 9)
			return false;
	}
	return true;
}

/* Prefix off @s: its base, or 0. */
static u32 prefix(struct str *s)
{
	u32 base = 0;

	if (s->n > 2 && s->p[0] == '0')
		base = (s->p[1] | 0x20) == 'x' ? 16 : s->p[1] == 'd' ? 10 : 0;
	if (base)
		*s = (struct str){ s->p + 2, s->n - 2 };
	return base;
}

static const char *digits(struct str s, u32 base, enum qvm_base kind, u64 *out)
{
	u64 v = 0;

	for (size_t i = 0; i < s.n; i++) {
		u32 d = digit_of(s.p[i]);

		if (s.p[i] == '_' && i && i + 1 < s.n)
			continue;
		if (d >= base)
			return base == 16 ? "is no hexadecimal number" :
			       kind == QVM_BASE_NUMBER ?
					    "is no decimal number" :
					    "is no decimal number; units are K, M and G";
		if (v > (UINT64_MAX - d) / base)
			return "is too large";
		v = v * base + d;
	}
	*out = v;
	return NULL;
}

const char *qvm_read_number(struct str s, enum qvm_base kind, u64 *out, const char **doubt)
{
	u32 unit = kind == QVM_BASE_NUMBER ? 0 : unit_of(s);
	u32 base = prefix(&s);
	const char *wrong;

	*doubt = NULL;
	if (!s.n)
		return "a number is missing";
	if (unit)
		s.n--;
	if (!base && kind == QVM_BASE_ADDRESS) {
		base = unit && is_decimal(s) ? 10 : 16;
		if (base == 10 && s.n > 1)
			*doubt =
				"an address with a unit is taken as decimal; write 0d or 0x before it";
	}
	if (memchr(s.p, '_', s.n))
		*doubt = "qvm itself knows no _ in numbers";
	wrong = digits(s, base ? base : 10, kind, out);
	if (wrong)
		return wrong;
	if (*out > UINT64_MAX >> unit)
		return "is too large";
	*out <<= unit;
	return NULL;
}

bool qvm_number(struct qvm *q, struct str s, enum qvm_base base, u64 *out)
{
	const char *doubt;
	const char *wrong = qvm_read_number(s, base, out, &doubt);

	if (wrong) {
		qvm_bad_form(q, "'%s' %s", show_text(s).s, wrong);
		return false;
	}
	if (doubt)
		qvm_warn(q, "%s", doubt);
	return true;
}

struct str qvm_piece(struct str *rest)
{
	const char *comma = rest->n ? memchr(rest->p, ',', rest->n) : NULL;
	struct str piece = { rest->p, comma ? (size_t)(comma - rest->p) : rest->n };

	rest->p += piece.n + (comma != NULL);
	rest->n -= piece.n + (comma != NULL);
	return piece;
}
