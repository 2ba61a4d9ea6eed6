/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of the qvmconf front-end: VM, context and option, value, what is wrong, what to write.
 */
#include "qvmconf_priv.h"

#include <base/fmt.h>

#define MESSAGE_SIZE 256

/* "vdev pl011 loc", "ram". */
static struct show key_of(const struct qvm *q)
{
	const char *name = q->opt ? qvm_text(q->opt->name) : "";
	u32 context = QVM_O_RESERVE;
	struct show out = { "" };

	if (q->opt && q->opt->context == QVM_CPU)
		context = QVM_O_CPU;
	if (q->opt && q->opt->context == QVM_PASS)
		context = QVM_O_PASS;
	if (!q->opt || q->opt->context == QVM_G)
		fmt_snprintf(out.s, sizeof(out.s), "%s%s%s", name, q->variable ? " " : "",
			     q->variable ? q->variable : "");
	else if (q->opt->context == QVM_VDEV && q->vdev)
		fmt_snprintf(out.s, sizeof(out.s), "vdev %s %s", qvm_text(q->vdev->name), name);
	else
		fmt_snprintf(out.s, sizeof(out.s), "%s %s", qvm_text(qvm_options[context].name),
			     name);
	return out;
}

static void report(struct qvm *q, enum qvm_about about, const char *text)
{
	bool valued = about <= QVM_WARN && q->opt->args != QVM_NONE;
	struct show value = valued ? show_text(q->tok.text) : (struct show){ "" };
	struct show key = about == QVM_BARE ? value : key_of(q);
	const char *name = about == QVM_AT && q->about ? q->about : key.s;

	q->said = about == QVM_ERROR ? q->opt_at : about == QVM_AT ? q->about_at : q->tok.at;
	diag_report(q->diag, about == QVM_WARN ? DIAG_WARNING : DIAG_ERROR, q->said,
		    "%s: %s%s%s%s%s", vmdesc_label(q->vd).s, name, valued ? " = " : "", value.s,
		    *name ? ": " : "", text);
}

void qvm_say_cold(struct qvm *q, enum qvm_about about, const char *format, ...)
{
	char text[MESSAGE_SIZE];
	va_list ap;

	if (q->diag->n_errors >= q->max_errors)
		return;
	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (about == QVM_FIX)
		diag_report(q->diag, DIAG_FIX, q->said, "%s", text);
	else
		report(q, about, text);
	if (about != QVM_FORM)
		return;
	if (q->variable)
		qvm_fix(q, "write set %s and its value", q->variable);
	else
		qvm_fix(q, "write, for example, %s", qvm_advice(q->opt->form));
}

void qvm_refuse_cold(struct qvm *q, const char *text, const char *fix)
{
	qvm_say_cold(q, QVM_BAD, text);
	qvm_say_cold(q, QVM_FIX, fix);
}

void qvm_advise_cold(struct qvm *q, const char *best, const char *fix)
{
	if (best)
		qvm_fix(q, "did you mean '%s'?", best);
	else
		qvm_say_cold(q, QVM_FIX, fix);
}

void qvm_full(struct qvm *q)
{
	qvm_refuse(q, "more than 64 of that", "remove some, or join those that touch");
}

static_assert(VD_MAX_LIST == 64, "as the text says");

void qvm_note(struct qvm *q, struct src_pos at, const char *text)
{
	if (q->diag->n_errors < q->max_errors)
		diag_report(q->diag, DIAG_NOTE, at, "%s", text);
}

/* "a, b, c" of a list. */
static void join(const char *list, char *out, size_t size)
{
	size_t n = 0;

	for (const char *w = list; *w && n < size; w += strlen(w) + 1)
		n += (size_t)fmt_snprintf(out + n, size - n, "%s%s", n ? ", " : "", w);
}

int qvm_pick(struct qvm *q, struct str s, const char *list)
{
	struct suggest near = { .word = s };
	char all[96];
	int i = 0;

	for (const char *w = list; *w; w += strlen(w) + 1, i++) {
		if (str_eq_c(s, w))
			return i;
		suggest_try(&near, w);
	}
	join(list, all, sizeof(all));
	qvm_bad(q, "'%s' is none of %s", show_text(s).s, all);
	qvm_advise(q, near.best, "write one of them");
	return -1;
}

struct str qvm_keep(struct qvm *q, struct str s)
{
	char *copy = arena_strdup(q->arena, s.p, s.n);

	if (!copy)
		q->status = E_NOMEM;
	return copy ? (struct str){ copy, s.n } : (struct str){ "", 0 };
}
