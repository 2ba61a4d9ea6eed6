/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions as C writes them, over signed 64-bit numbers: in the description itself, and in
 * strings that are pasted into C ("0x1000_0000 + 0x2000"). What overflows is refused, never
 * wrapped. `true` and `false` are 1 and 0; `**` is the power.
 */
#include "camkes_priv.h"

#include <base/fmt.h>

#define LEVELS 10

static bool ternary(struct ck_lex *lx, struct ck_number *out);

static bool refuse(struct ck_lex *lx, struct src_pos at, const char *what, const char *fix)
{
	if (!lx->failed) {
		ck_error(lx->ck, at, "%s", what);
		ck_fix(lx->ck, at, "%s", fix);
	}
	lx->failed = true;
	return false;
}

/* ---- numbers ------------------------------------------------------------------------------- */

static u32 digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (u32)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (u32)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (u32)(c - 'A') + 10;
	return UINT32_MAX;
}

static struct str without_suffix(struct str s)
{
	while (s.n > 1 && strchr("uUlL", s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool read_number(struct str s, s64 *out)
{
	u32 base = 10;
	size_t i = 0;
	u64 v = 0;

	s = without_suffix(s);
	if (s.n > 2 && s.p[0] == '0' && (s.p[1] == 'x' || s.p[1] == 'X')) {
		base = 16;
		i = 2;
	}
	for (; i < s.n; i++) {
		u32 digit = digit_of(s.p[i]);

		if (digit >= base || v > (u64)(INT64_MAX - (s64)digit) / base)
			return false;
		v = v * base + digit;
	}
	*out = (s64)v;
	return true;
}

static bool number(struct ck_lex *lx, struct ck_number *out)
{
	*out = (struct ck_number){ 0 };
	if (memchr(lx->s.p, '.', lx->s.n)) {
		out->is_float = true;
		out->text = lx->s;
	} else if (!read_number(lx->s, &out->v)) {
		return refuse(lx, lx->pos, "not a number, or one that is too large",
			      "write decimal digits, or 0x and hexadecimal ones, below 2^63");
	}
	ck_lex_next(lx);
	return true;
}

static bool name(struct ck_lex *lx, struct ck_number *out)
{
	bool yes = ck_is_word(lx, "true") || ck_is_word(lx, "True");
	bool no = ck_is_word(lx, "false") || ck_is_word(lx, "False");
	struct src_pos at = lx->pos;
	struct str s = lx->s;

	ck_lex_next(lx);
	*out = (struct ck_number){ .v = yes, .is_bool = true };
	if (yes || no)
		return true;
	if (ck_is(lx, "(")) {
		if (!lx->failed)
			ck_unexpanded(lx, s, at);
		lx->failed = true;
		return false;
	}
	if (!lx->failed) {
		ck_error(lx->ck, at, "the name '%s' is not a value", show_text(s).s);
		ck_fix(lx->ck, at, "%s, or define it as a macro",
		       lx->markers ? "put it in quotes" : "write a number");
	}
	lx->failed = true;
	return false;
}

static bool primary(struct ck_lex *lx, struct ck_number *out)
{
	if (lx->tok == CK_T_NUMBER)
		return number(lx, out);
	if (lx->tok == CK_T_ID)
		return name(lx, out);
	if (!ck_take(lx, "(")) {
		ck_syntax(lx, "a value");
		return false;
	}
	return ternary(lx, out) && ck_expect(lx, ")");
}

/* ---- operators ----------------------------------------------------------------------------- */

static bool is_whole(struct ck_lex *lx, const struct ck_number *n, struct src_pos at)
{
	if (!n->is_float)
		return true;
	return refuse(lx, at, "a fraction cannot be computed with", "write a whole number");
}

static bool unary(struct ck_lex *lx, struct ck_number *out)
{
	struct src_pos at = lx->pos;
	char op = lx->tok == CK_T_PUNCT && lx->s.n == 1 ? lx->s.p[0] : 0;
	bool ok;

	if (!op || !strchr("+-!~", op))
		return primary(lx, out);
	if (++lx->depth > CK_MAX_DEPTH)
		return refuse(lx, at, "nested too deep", "write it in a simpler way");
	ck_lex_next(lx);
	ok = unary(lx, out) && is_whole(lx, out, at);
	lx->depth--;
	out->is_bool = false;
	if (op == '-' && __builtin_sub_overflow(0, out->v, &out->v))
		return refuse(lx, at, "the result is beyond 64 bits", "mend the expression");
	if (op == '!')
		out->v = !out->v;
	else if (op == '~')
		out->v = ~out->v;
	return ok;
}

static bool power(s64 base, s64 exponent, s64 *out)
{
	*out = 1;
	if (exponent < 0 || exponent > 63)
		return base == 1;
	while (exponent--) {
		if (__builtin_mul_overflow(*out, base, out))
			return false;
	}
	return true;
}

static bool divide(char op, s64 a, s64 b, s64 *out)
{
	if (b == 0 || (a == INT64_MIN && b == -1))
		return false;
	*out = op == '/' ? a / b : a % b;
	return true;
}

static bool shift(char op, s64 a, s64 b, s64 *out)
{
	if (b < 0 || b > 62 || (op == '<' && (a < 0 || a > INT64_MAX >> b)))
		return false;
	*out = op == '<' ? a << b : a >> b;
	return true;
}

/* @op is one of the table's below; two characters for those that have two. */
static bool apply(struct str op, s64 a, s64 b, s64 *out)
{
	char second = op.n == 2 ? op.p[1] : 0;

	switch (op.p[0]) {
	case '|':
		*out = second ? (a || b) : (a | b);
		return true;
	case '&':
		*out = second ? (a && b) : (a & b);
		return true;
	case '^':
		*out = a ^ b;
		return true;
	case '=':
		*out = a == b;
		return true;
	case '!':
		*out = a != b;
		return true;
	case '<':
	case '>':
		if (second == op.p[0])
			return shift(second, a, b, out);
		*out = op.p[0] == '<' ? a < b : a > b;
		if (second)
			*out |= a == b;
		return true;
	case '+':
		return !__builtin_add_overflow(a, b, out);
	case '-':
		return !__builtin_sub_overflow(a, b, out);
	case '*':
		return second ? power(a, b, out) : !__builtin_mul_overflow(a, b, out);
	default:
		return divide(op.p[0], a, b, out);
	}
}

/* From what binds least to what binds most; the power binds to the right. */
static const char *const operators[LEVELS][5] = {
	{ "||" },
	{ "&&" },
	{ "|" },
	{ "^" },
	{ "&" },
	{ "==", "!=" },
	{ "<", "<=", ">", ">=" },
	{ "<<", ">>" },
	{ "+", "-" },
	{ "*", "/", "%" },
};

static bool is_operator(const struct ck_lex *lx, u32 level)
{
	for (const char *const *op = operators[level]; *op; op++) {
		if (ck_is(lx, *op))
			return true;
	}
	return false;
}

static bool combine(struct ck_lex *lx, struct str op, struct src_pos at, struct ck_number *a,
		    const struct ck_number *b)
{
	if (!is_whole(lx, a, at) || !is_whole(lx, b, at))
		return false;
	a->is_bool = false;
	if (apply(op, a->v, b->v, &a->v))
		return true;
	return refuse(lx, at,
		      op.p[0] == '/' || op.p[0] == '%' ? "division by zero" :
							 "the result is beyond 64 bits",
		      "mend the expression");
}

static bool raised(struct ck_lex *lx, struct ck_number *out)
{
	struct ck_number right;
	struct src_pos at;
	struct str op;
	bool ok;

	if (!unary(lx, out))
		return false;
	if (!ck_is(lx, "**"))
		return true;
	at = lx->pos;
	op = lx->s;
	if (++lx->depth > CK_MAX_DEPTH)
		return refuse(lx, at, "nested too deep", "write it in a simpler way");
	ck_lex_next(lx);
	ok = raised(lx, &right);
	lx->depth--;
	return ok && combine(lx, op, at, out, &right);
}

/* The depth is that of the table. */
static bool binary(struct ck_lex *lx, u32 level, struct ck_number *out)
{
	if (level == LEVELS)
		return raised(lx, out);
	if (!binary(lx, level + 1, out))
		return false;
	while (is_operator(lx, level)) {
		struct src_pos at = lx->pos;
		struct str op = lx->s;
		struct ck_number right;

		ck_lex_next(lx);
		if (!binary(lx, level + 1, &right) || !combine(lx, op, at, out, &right))
			return false;
	}
	return true;
}

static bool choose(struct ck_lex *lx, struct ck_number *out)
{
	struct ck_number yes, no;

	if (!binary(lx, 0, out))
		return false;
	if (!ck_take(lx, "?"))
		return true;
	if (!ternary(lx, &yes) || !ck_expect(lx, ":") || !ternary(lx, &no))
		return false;
	*out = out->v ? yes : no;
	return true;
}

static bool ternary(struct ck_lex *lx, struct ck_number *out)
{
	bool ok;

	if (++lx->depth > CK_MAX_DEPTH)
		return refuse(lx, lx->pos, "nested too deep", "write it in a simpler way");
	ok = choose(lx, out);
	lx->depth--;
	return ok;
}

bool ck_expr(struct ck_lex *lx, struct ck_number *out)
{
	return ternary(lx, out);
}

bool ck_expr_text(struct camkes *ck, struct str text, struct src_pos at, s64 *out)
{
	struct ck_number n;
	struct ck_lex lx;

	ck_lex_begin(&lx, ck, span_of(text.p, text.n), at.file);
	lx.markers = false;
	lx.line = at.line;
	lx.col_base = at.col; /* behind the quote */
	ck_lex_next(&lx);
	if (!ck_expr(&lx, &n) || !is_whole(&lx, &n, at))
		return false;
	if (lx.tok != CK_T_END) {
		ck_syntax(&lx, "an operator or the end of the string");
		return false;
	}
	*out = n.v;
	return true;
}

bool ck_vm_expr(struct ck_vm *vm, const char *key, struct str text, struct src_pos at, s64 *out)
{
	char about[128];
	bool ok;

	fmt_snprintf(about, sizeof(about), "%s: %s: ", vmdesc_label(vm->vd).s, key);
	vm->ck->about = about;
	ok = ck_expr_text(vm->ck, text, at, out);
	vm->ck->about = NULL;
	return ok;
}
