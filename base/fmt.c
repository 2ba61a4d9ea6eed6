/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formatted output. `n` of the sink counts what the whole text would need; only what fits is
 * stored, and the terminator is written once, at the end. Arguments are fetched with the type
 * their length modifier names and travel as 64 bits from then on.
 */
#include <base/fmt.h>
#include <base/str.h>

struct sink {
	char *buf;
	size_t size;
	size_t n;
};

/* Indexes mask[] in fetch_unsigned(). */
enum fmt_len {
	LEN_INT,
	LEN_CHAR,
	LEN_SHORT,
	LEN_64, /* l, ll, z, j, t: all of them 64 bits wide where we run */
};
static_assert(sizeof(long) == 8 && sizeof(size_t) == 8 && sizeof(ptrdiff_t) == 8, "LP64");

enum fmt_flag {
	LEFT = 1,
	ZERO = 2,
	ALT = 4,
	PLUS = 8,
	SPACE = 16,
};

struct spec {
	u32 flags;
	bool has_prec;
	size_t width;
	size_t prec;
	enum fmt_len len;
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

static void sink_str(struct sink *o, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		sink_put(o, s.p[i]);
}

static const char *parse_flags(const char *f, struct spec *s)
{
	static const char names[] = "-0#+ "; /* in the order of enum fmt_flag */
	const char *at;

	for (; *f && (at = strchr(names, *f)); f++)
		s->flags |= 1u << (at - names);
	return f;
}

/* A number or "*"; negative only from "*". Saturates where C's int would end. */
static const char *parse_number(const char *f, va_list *ap, int *out)
{
	int v = 0;

	if (*f == '*') {
		*out = va_arg(*ap, int);
		return f + 1;
	}
	for (; *f >= '0' && *f <= '9'; f++)
		v = v > (INT32_MAX - 9) / 10 ? INT32_MAX : v * 10 + (*f - '0');
	*out = v;
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

	*s = (struct spec){ 0 };
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
	sink_str(o, str_of(prefix));
	sink_fill(o, '0', zeros);
	sink_str(o, text);
	if (s->flags & LEFT)
		sink_fill(o, ' ', pad);
}

static void put_str(struct sink *o, const struct spec *s, const char *text)
{
	/* As glibc: "(null)" whole or not at all. */
	if (!text)
		text = s->has_prec && s->prec < 6 ? "" : "(null)";
	put_field(o, s, "", 0,
		  (struct str){ text, s->has_prec ? strnlen(text, s->prec) : strlen(text) });
}

/* Digits of @v from the end of a buffer backwards; no digit at all for 0. */
static char *digits_before(char *end, u64 v, u32 radix, const char *digits)
{
	for (; v; v /= radix)
		*--end = digits[v % radix];
	return end;
}

/* Zeros come from the precision, or fill the width when there is none (C23 7.23.6.1). */
static void put_number(struct sink *o, const struct spec *s, const char *prefix, struct str digits)
{
	size_t want = s->has_prec ? s->prec : 1;
	size_t prefix_len = strlen(prefix);

	if ((s->flags & ZERO) && !(s->flags & LEFT) && !s->has_prec && s->width > prefix_len)
		want = MAX(want, s->width - prefix_len);
	put_field(o, s, prefix, want > digits.n ? want - digits.n : 0, digits);
}

static void put_unsigned(struct sink *o, struct spec *s, char conv, u64 v)
{
	char buf[24];
	char *end = buf + sizeof(buf);
	const char *set = conv == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	u32 radix = conv == 'o' ? 8 : conv == 'u' ? 10 : 16;
	char *p = digits_before(end, v, radix, set);
	const char *prefix = "";

	if ((s->flags & ALT) && radix == 16 && v)
		prefix = conv == 'X' ? "0X" : "0x";
	/* The alternative octal form makes the first digit a zero. */
	if ((s->flags & ALT) && radix == 8 && (v || (s->has_prec && s->prec == 0)))
		*--p = '0';
	put_number(o, s, prefix, (struct str){ p, (size_t)(end - p) });
}

static void put_signed(struct sink *o, const struct spec *s, s64 v)
{
	char buf[24];
	char *end = buf + sizeof(buf);
	char *p = digits_before(end, v < 0 ? 0 - (u64)v : (u64)v, 10, "0123456789");
	const char *sign = v < 0 ? "-" : (s->flags & PLUS) ? "+" : (s->flags & SPACE) ? " " : "";

	put_number(o, s, sign, (struct str){ p, (size_t)(end - p) });
}

static void put_pointer(struct sink *o, struct spec *s, const void *p)
{
	s->flags |= ALT;
	if (p)
		put_unsigned(o, s, 'x', (uintptr_t)p);
	else
		put_field(o, s, "", 0, STR("(nil)"));
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
	char c;

	switch (conv) {
	case 'd':
	case 'i':
		return put_signed(o, s, fetch_signed(s, ap));
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		return put_unsigned(o, s, conv, fetch_unsigned(s, ap));
	case 'c':
		c = (char)va_arg(*ap, int);
		return put_field(o, s, "", 0, (struct str){ &c, 1 });
	case 's':
		return put_str(o, s, va_arg(*ap, const char *));
	case 'p':
		return put_pointer(o, s, va_arg(*ap, const void *));
	case '%':
		return sink_put(o, '%');
	default:
		/* Not ours: shown as it stands, so that the mistake is seen. */
		sink_put(o, '%');
		return sink_put(o, conv);
	}
}

int fmt_vsnprintf(char *buf, size_t size, const char *format, va_list ap)
{
	struct sink o = { .buf = buf, .size = size };
	struct spec s;
	va_list args;

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
