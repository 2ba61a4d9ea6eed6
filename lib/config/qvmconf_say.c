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

static void report(struct qvm *q, enum diag_level level, struct src_pos at, const char *key,
		   const char *value, const char *text)
{
	struct show own = key ? (struct show){ "" } : key_of(q);

	if (q->diag->n_errors >= q->max_errors)
		return;
	if (!key)
		key = own.s;
	diag_report(q->diag, level, at, "%s: %s%s%s%s%s", vmdesc_label(q->vd).s, key,
		    value ? " = " : "", value ? value : "", *key ? ": " : "", text);
}

void qvm_bad_cold(struct qvm *q, const char *format, ...)
{
	char text[MESSAGE_SIZE];
	va_list ap;

	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	report(q, DIAG_ERROR, q->tok.at, NULL, show_text(q->tok.text).s, text);
}

void qvm_bad_form_cold(struct qvm *q, const char *format, ...)
{
	char text[MESSAGE_SIZE];
	va_list ap;

	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	report(q, DIAG_ERROR, q->tok.at, NULL, show_text(q->tok.text).s, text);
	if (q->variable)
		qvm_fix(q, q->tok.at, "write set %s and its value", q->variable);
	else
		qvm_fix(q, q->tok.at, "write, for example, %s", qvm_text(q->opt->form));
}

void qvm_warn_cold(struct qvm *q, const char *format, ...)
{
	char text[MESSAGE_SIZE];
	va_list ap;

	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	report(q, DIAG_WARNING, q->tok.at, NULL,
	       q->opt && q->opt->args == QVM_NONE ? NULL : show_text(q->tok.text).s, text);
}

void qvm_error_at_cold(struct qvm *q, struct src_pos at, const char *key, const char *format, ...)
{
	char text[MESSAGE_SIZE];
	va_list ap;

	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	report(q, DIAG_ERROR, at, key, NULL, text);
}

void qvm_note(struct qvm *q, struct src_pos at, const char *text)
{
	if (q->diag->n_errors < q->max_errors)
		diag_report(q->diag, DIAG_NOTE, at, "%s", text);
}

void qvm_fix_cold(struct qvm *q, struct src_pos at, const char *format, ...)
{
	char text[MESSAGE_SIZE];
	va_list ap;

	if (q->diag->n_errors >= q->max_errors)
		return;
	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	diag_report(q->diag, DIAG_FIX, at, "%s", text);
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
	if (near.best)
		qvm_fix(q, q->tok.at, "did you mean '%s'?", near.best);
	else
		qvm_fix(q, q->tok.at, "write one of them");
	return -1;
}

struct str qvm_keep(struct qvm *q, struct str s)
{
	char *copy = arena_strdup(q->arena, s.p, s.n);

	if (!copy)
		q->status = E_NOMEM;
	return copy ? (struct str){ copy, s.n } : (struct str){ "", 0 };
}
