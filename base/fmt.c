/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formatted output. `n` of the sink counts what the whole text would need; only what fits is
 * stored, and the terminator is written once, at the end. Arguments are fetched with the type
 * their length modifier names and travel as 64 bits from then on.
 */
#include <base/fmt.h>

#include <base/cold.h>
#include <base/str.h>

const struct cold_texts *cold_texts;

struct sink {
	char *buf;
	size_t size, n;
};

/* Indexes mask[] in fetch_unsigned(). */
enum fmt_len {
	LEN_INT,
	LEN_CHAR,
	LEN_SHORT,
	LEN_64, /* l, ll, z, j, t: all of them 64 bits wide where we run */
};
static_assert(sizeof(long) == 8 && sizeof(size_t) == 8 && sizeof(ptrdiff_t) == 8, "LP64");

/* Flags, in the order of names[] in parse_flags(). */
#define LEFT  1u
#define ZERO  2u
#define ALT   4u
#define PLUS  8u
#define SPACE 16u

struct spec {
	u32 flags;
	bool has_prec;
	size_t width, prec;
	enum fmt_len len;
	const char *digits;
};

static void sink_fill(struct sink *o, char c, size_t n)
{
	size_t fits = o->n < o->size ? MIN(n, o->size - o->n) : 0;

	if (fits)
		memset(o->buf + o->n, c, fits);
	o->n += n;
}

static void sink_put(struct sink *o, char c)
{
	sink_fill(o, c, 1);
}

static const char *parse_flags(const char *f, struct spec *s)
{
	const char *at, *names = "-0#+ ";

	for (; *f && (at = strchr(names, *f)); f++)
		s->flags |= 1u << (at - names);
	return f;
}

/* A number or "*"; negative only from "*". Saturates where C's int would end. */
static const char *parse_number(const char *f, va_list *ap, int *v)
{
	if (*f == '*') {
		*v = va_arg(*ap, int);
		return f + 1;
	}
	for (*v = 0; *f >= '0' && *f <= '9'; f++)
		*v = *v > (INT32_MAX - 9) / 10 ? INT32_MAX : *v * 10 + (*f - '0');
	return f;
}

static const char *parse_len(const char *f, struct spec *s)
{
	for (; *f && strchr("hlzjt", *f); f++) {
		if (*f == 'h')
			s->len = s->len == LEN_SHORT ? LEN_CHAR : LEN_SHORT;
		else
			s->len = LEN_64;
	}
	return f;
}

static const char *parse_spec(const char *f, struct spec *s, va_list *ap)
{
	int v;

	*s = (struct spec){ .digits = "0123456789abcdef" };
	f = parse_flags(f, s);
	f = parse_number(f, ap, &v);
	if (v < 0)
		s->flags |= LEFT;
	s->width = v < 0 ? 0 - (size_t)v : (size_t)v;
	if (*f == '.') {
		f = parse_number(f + 1, ap, &v);
		s->has_prec = v >= 0;
		s->prec = v < 0 ? 0 : (size_t)v;
	}
	return parse_len(f, s);
}

/* Prefix, zeros, text, in this order, inside the width. */
static void put_field(struct sink *o, const struct spec *s, const char *prefix, size_t zeros,
		      struct str text)
{
	size_t len = strlen(prefix) + zeros + text.n;
	size_t pad = s->width > len ? s->width - len : 0;

	if (!(s->flags & LEFT))
		sink_fill(o, ' ', pad);
	for (; *prefix; prefix++)
		sink_put(o, *prefix);
	sink_fill(o, '0', zeros);
	for (size_t i = 0; i < text.n; i++)
		sink_put(o, text.p[i]);
	if (s->flags & LEFT)
		sink_fill(o, ' ', pad);
}

static void put_str(struct sink *o, const struct spec *s, const char *text)
{
	size_t max = s->has_prec ? s->prec : SIZE_MAX;

	/* As glibc: "(null)" whole or not at all. */
	if (!text)
		text = max < 6 ? "" : "(null)";
	cold_text_wanted(text);
	put_field(o, s, "", 0, (struct str){ text, strnlen(text, max) });
}

/* Zeros come from the precision, or fill the width when there is none (C23 7.23.6.1). */
static void put_number(struct sink *o, const struct spec *s, const char *prefix, u64 v, u32 radix)
{
	char digits[24];
	char *end = digits + sizeof(digits);
	char *p = end;
	size_t want = s->has_prec ? s->prec : 1;
	size_t prefix_len, n;

	if (radix == 16 && !(v && (s->flags & ALT)))
		prefix = "";
	prefix_len = strlen(prefix);
	for (; v; v /= radix)
		*--p = s->digits[v % radix];
	/* The alternative octal form makes the first digit a zero. */
	if ((s->flags & ALT) && radix == 8 && (p != end || want == 0))
		*--p = '0';
	n = (size_t)(end - p);
	if ((s->flags & ZERO) && !(s->flags & LEFT) && !s->has_prec && s->width > prefix_len)
		want = MAX(want, s->width - prefix_len);
	put_field(o, s, prefix, want > n ? want - n : 0, (struct str){ p, n });
}

static void put_signed(struct sink *o, const struct spec *s, s64 v)
{
	const char *sign = v < 0 ? "-" : (s->flags & PLUS) ? "+" : (s->flags & SPACE) ? " " : "";

	put_number(o, s, sign, v < 0 ? 0 - (u64)v : (u64)v, 10);
}

static s64 fetch_signed(const struct spec *s, va_list *ap)
{
	int v;

	if (s->len == LEN_64)
		return va_arg(*ap, s64);
	v = va_arg(*ap, int);
	return s->len == LEN_CHAR ? (signed char)v : s->len == LEN_SHORT ? (short)v : v;
}

static u64 fetch_unsigned(const struct spec *s, va_list *ap)
{
	static const u64 mask[] = { UINT32_MAX, UINT8_MAX, UINT16_MAX, UINT64_MAX };

	return (u64)fetch_signed(s, ap) & mask[s->len];
}

static void put_conversion(struct sink *o, struct spec *s, char conv, va_list *ap)
{
	const void *p;
	char c;

	switch (conv) {
	case 'd':
	case 'i':
		return put_signed(o, s, fetch_signed(s, ap));
	case 'u':
		return put_number(o, s, "", fetch_unsigned(s, ap), 10);
	case 'o':
		return put_number(o, s, "", fetch_unsigned(s, ap), 8);
	case 'x':
		return put_number(o, s, "0x", fetch_unsigned(s, ap), 16);
	case 'X':
		s->digits = "0123456789ABCDEF";
		return put_number(o, s, "0X", fetch_unsigned(s, ap), 16);
	case 'c':
		c = (char)va_arg(*ap, int);
		return put_field(o, s, "", 0, (struct str){ &c, 1 });
	case 's':
		return put_str(o, s, va_arg(*ap, const char *));
	case 'p':
		p = va_arg(*ap, const void *);
		s->flags |= ALT;
		if (!p)
			return put_str(o, s, "(nil)");
		return put_number(o, s, "0x", (uintptr_t)p, 16);
	default:
		/* Not one of ours: shown as it stands, so that the mistake is seen. */
		if (conv != '%')
			sink_put(o, '%');
		return sink_put(o, conv);
	}
}

int fmt_vsnprintf(char *buf, size_t size, const char *format, va_list ap)
{
	struct sink o = { .buf = buf, .size = size };
	struct spec s;
	va_list args;

	cold_text_wanted(format);
	va_copy(args, ap); /* a local of array type, so that its address can be passed on */
	for (const char *f = format; *f; f++) {
		if (*f != '%') {
			sink_put(&o, *f);
			continue;
		}
		f = parse_spec(f + 1, &s, &args);
		if (!*f)
			break;
		put_conversion(&o, &s, *f, &args);
	}
	va_end(args);
	if (size)
		buf[MIN(o.n, size - 1)] = '\0';
	return (int)MIN(o.n, (size_t)INT32_MAX);
}

int fmt_snprintf(char *buf, size_t size, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = fmt_vsnprintf(buf, size, format, ap);
	va_end(ap);
	return n;
}
