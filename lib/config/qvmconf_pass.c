/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pass and reserve contexts. Each loc of a pass is a row of its own, the context's interrupts go
 * with its rows one by one. What is passed as RAM is memory of the VM.
 */
#include "qvmconf_priv.h"

static const char flag_letters[] = "rwxcmdnest";

#define FLAG(letter) BIT(letter)
enum {
	F_R,
	F_W,
	F_X,
	F_C,
	F_M,
	F_D,
	F_N,
	F_E,
	F_S,
	F_T
};

#define RAM_FLAGS (BIT(F_R) | BIT(F_W) | BIT(F_X) | BIT(F_C) | BIT(F_S) | BIT(F_T) | BIT(F_N))

/* "rwxcm", "+m-x": @flags; false: refused. */
static bool read_flags(struct qvm *q, struct str s, u32 *flags)
{
	bool add = true;

	*flags = 0;
	for (size_t i = 0; i < s.n; i++) {
		const char *f = strchr(flag_letters, s.p[i]);
		u32 bits;

		if (s.p[i] == '+' || s.p[i] == '-') {
			add = s.p[i] == '+';
			continue;
		}
		if (!f || !*f) {
			qvm_bad_form(q, "'%c' is no flag: there are r w x c m d n e s t + -",
				     s.p[i] < 0x20 ? '?' : s.p[i]);
			return false;
		}
		bits = (u32)BIT(f - flag_letters);
		if (bits == BIT(F_M) && add)
			bits |= RAM_FLAGS;
		*flags = add ? *flags | bits : *flags & ~bits;
	}
	return true;
}

/* Flags that cannot be together; NULL: all well. */
static const char *conflict(u32 flags)
{
	if (flags & BIT(F_D) && flags & BIT(F_M))
		return "memory (m) is no device that reads memory (d)";
	if (flags & BIT(F_D) && flags & BIT(F_N))
		return "d and n say the opposite";
	if (flags & BIT(F_D) && !(flags & BIT(F_R) && flags & BIT(F_W)))
		return "d needs r and w";
	return NULL;
}

struct place {
	u64 start, size, host;
	u32 flags;
};

/* start,length[,flags][=host] behind "mem:" */
static bool read_place(struct qvm *q, struct str s, struct place *p)
{
	const char *equals = memchr(s.p, '=', s.n);
	struct str host = { NULL, 0 };
	const char *wrong;

	if (equals) {
		host = (struct str){ equals + 1, s.n - (size_t)(equals - s.p) - 1 };
		s.n = (size_t)(equals - s.p);
	}
	if (!qvm_number(q, qvm_piece(&s), QVM_BASE_ADDRESS, &p->start) ||
	    !qvm_number(q, qvm_piece(&s), QVM_BASE_SIZE, &p->size))
		return false;
	p->host = p->start;
	p->flags = 0;
	if (!read_flags(q, s, &p->flags))
		return false;
	if (!(p->flags & (BIT(F_R) | BIT(F_W) | BIT(F_X))))
		p->flags |= BIT(F_R) | BIT(F_W);
	if (equals && str_starts(host, "mem:"))
		host = (struct str){ host.p + 4, host.n - 4 };
	if (equals && !qvm_number(q, host, QVM_BASE_ADDRESS, &p->host))
		return false;
	wrong = conflict(p->flags);
	if (wrong)
		qvm_bad_form(q, "%s", wrong);
	return !wrong;
}

/* The bus that the value names, off it. */
static bool in_memory(struct qvm *q, struct str *s)
{
	const char *colon = s->n ? memchr(s->p, ':', s->n) : NULL;

	if (!colon)
		return true;
	if (str_starts(*s, "mem:")) {
		*s = (struct str){ s->p + 4, s->n - 4 };
		return true;
	}
	if (str_starts(*s, "pci:") || str_starts(*s, "io:"))
		return false;
	qvm_bad_form(q, "no such bus: there are mem:, io: and pci:");
	return false;
}

static void add_window(struct qvm *q, const struct place *p)
{
	struct vd_pass *pass = vmdesc_add_pass(q->vd, q->arena, q->tok.at);

	if (!pass) {
		qvm_full(q);
		return;
	}
	pass->name = STR("pass");
	pass->n_win = 1;
	pass->win[0] = (struct vd_pass_window){ .gpa = GPA(p->start),
						.hpa = HPA(p->host),
						.size = p->size,
						.prot = (p->flags & (VD_R | VD_W | VD_X)) |
							(p->flags & BIT(F_N) ? VD_NO_DMA : 0u) };
}

static_assert(BIT(F_R) == VD_R && BIT(F_W) == VD_W && BIT(F_X) == VD_X, "the flags are rights");

void qvm_pass_loc(struct qvm *q)
{
	struct place p;
	struct str s;

	if (!qvm_argument(q)) {
		q->vd->reported |= BIT(VD_F_MEMORY_REGIONS); /* it may have been that */
		return;
	}
	s = q->tok.text;
	if (str_starts(s, "pci:") || str_starts(s, "io:")) {
		qvm_bad(q, "known, not supported yet");
		qvm_fix(q, "pass a device that has registers in memory: %s",
			qvm_advice(q->opt->form));
		if (s.p[0] == 'i')
			qvm_isa(q, QVM_X86, q->tok.at);
		return;
	}
	if (!in_memory(q, &s) || !read_place(q, s, &p))
		return;
	if (p.flags & BIT(F_M)) {
		qvm_add_memory(q, &(struct vd_mem){ .base = GPA(p.start),
						    .size = p.size,
						    .prot = p.flags & (VD_R | VD_W | VD_X),
						    .backing = q->tok.area ? VD_MEM_RESERVED :
									     VD_MEM_CLAIMED,
						    .host = HPA(p.host),
						    .at = q->tok.at });
		return;
	}
	add_window(q, &p);
}

/* The windows of the context in turn: the first interrupt is the first one's. */
static struct vd_pass *pass_of(struct qvm *q)
{
	u32 i = q->pass + q->n_intr;

	if (i < q->vd->passes.n)
		return &q->vd->passes.v[i];
	i = q->vd->passes.n;
	return i > q->pass ? &q->vd->passes.v[i - 1] : NULL;
}

/* gic:44[,t][,u][=179] */
void qvm_pass_intr(struct qvm *q)
{
	struct vd_pass *pass;
	struct str guest, option, rest;
	const char *equals;
	u64 line, host;

	if (!qvm_argument(q))
		return;
	rest = q->tok.text;
	equals = rest.n ? memchr(rest.p, '=', rest.n) : NULL;
	if (equals)
		rest.n = (size_t)(equals - rest.p);
	guest = qvm_piece(&rest);
	while (rest.n) {
		option = qvm_piece(&rest);
		if (!str_eq_c(option, "t") && !str_eq_c(option, "u")) {
			qvm_bad_form(q, "'%s' is none of t, u", show_text(option).s);
			return;
		}
	}
	if (!qvm_interrupt(q, guest, &line))
		return;
	host = line;
	if (equals) {
		struct str h = { equals + 1, q->tok.text.n - (size_t)(equals - q->tok.text.p) - 1 };

		if (!qvm_number(q, h, QVM_BASE_NUMBER, &host))
			return;
	}
	pass = pass_of(q);
	if (!pass || pass->n_irq == VD_PASS_IRQS || host > UINT32_MAX) {
		qvm_bad(q, "%s",
			pass ? COLD_TEXT("more interrupts than a window can have") :
			       COLD_TEXT("stands before the loc of its device"));
		qvm_fix(q, "write loc first, and an intr for each");
		return;
	}
	pass->irq[pass->n_irq++] = (struct vd_pass_irq){ (u32)host, (u32)line, VD_TRIGGER_LEVEL };
	q->n_intr++;
}

/* ---- reserve ------------------------------------------------------------------------------ */

static struct vd_reserve *add_reserve(struct qvm *q)
{
	struct vd_reserve *r = vmdesc_add_reserve(q->vd, q->arena, q->tok.at);

	if (!r) {
		qvm_full(q);
	}
	return r;
}

void qvm_reserve_loc(struct qvm *q)
{
	struct vd_window w;
	struct vd_reserve *r;
	struct str s;

	if (!qvm_argument(q))
		return;
	s = q->tok.text;
	if (!in_memory(q, &s))
		return;
	if (!qvm_number(q, qvm_piece(&s), QVM_BASE_ADDRESS, &w.base.v))
		return;
	if (!s.n) {
		qvm_bad_form(q, "its length is missing");
		return;
	}
	if (!qvm_number(q, s, QVM_BASE_SIZE, &w.size))
		return;
	r = add_reserve(q);
	if (r)
		r->win = w;
}

void qvm_reserve_intr(struct qvm *q)
{
	struct vd_reserve *r;
	const char *doubt;
	u64 line;

	if (!qvm_argument(q))
		return;
	if (qvm_read_number(q->tok.text, QVM_BASE_NUMBER, &line, &doubt) &&
	    !qvm_interrupt(q, q->tok.text, &line))
		return;
	if (!qvm_is_line(q, line))
		return;
	r = add_reserve(q);
	if (r)
		r->irq = (u32)line;
}
