/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Variables. None of qvm's changes what we do; what they say is checked by its type, and told where
 * somebody could miss it. Those of ours are keys of the TOML language.
 */
#include "qvmconf_priv.h"

static const char ours[] = "trivet-";

static const struct qvm_set *find(struct str name)
{
	for (u32 i = 0; i < QVM_SETS; i++) {
		if (str_eq_c(name, qvm_text(qvm_sets[i].name)))
			return &qvm_sets[i];
	}
	return NULL;
}

static void unknown(struct qvm *q)
{
	struct suggest near = { .word = q->tok.text };

	for (u32 i = 0; i < QVM_SETS; i++)
		suggest_try(&near, qvm_text(qvm_sets[i].name));
	qvm_bad(q, "there is no such variable");
	qvm_advise(q, near.best, "remove it with its value; `trivet qvm set ?` lists them");
}

/* ---- keys of ours ------------------------------------------------------------------------- */

static bool is_string(struct str key)
{
	for (u32 f = 0; f < VD_FIELDS; f++) {
		if (str_eq_c(key, vmdesc_field((enum vd_field)f)->key))
			return vmdesc_field((enum vd_field)f)->kind == VD_KIND_STRING;
	}
	return false;
}

static void add_key(struct qvm *q, struct toml *v)
{
	if (!q->keys) {
		q->keys = arena_new(q->arena, struct toml);
		if (!q->keys)
			return;
		q->keys->type = TOML_TABLE;
		q->keys->at = q->keys->key_at = v->key_at;
	}
	if (q->keys->last)
		q->keys->last->next = v;
	else
		q->keys->child = v;
	q->keys->last = v;
	q->keys->n++;
}

static void set_key(struct qvm *q)
{
	struct str key = { q->tok.text.p + sizeof(ours) - 1, q->tok.text.n - sizeof(ours) + 1 };
	struct src_pos at = q->tok.at;
	struct toml *v = NULL;
	struct str text;

	key = qvm_keep(q, key);
	if (!qvm_argument(q))
		return;
	text = qvm_keep(q, q->tok.text);
	if (is_string(key)) {
		v = arena_new(q->arena, struct toml);
		if (v)
			*v = (struct toml){ .type = TOML_STRING,
					    .key = key,
					    .at = q->tok.at,
					    .key_at = at,
					    .text = text };
	} else if (toml_parse_value(text, key, q->tok.at, q->arena, q->diag, &v) != OK) {
		v = NULL;
	}
	if (v)
		add_key(q, v);
}

/* ---- qvm's -------------------------------------------------------------------------------- */

static bool is_type(struct qvm *q, const struct qvm_set *s)
{
	u64 v;

	switch ((enum qvm_type)s->type) {
	case QVM_BOOL:
		return qvm_pick(q, q->tok.text, "on\0off\0yes\0no\0true\0false\0001\0000\0") >= 0;
	case QVM_TRISTATE:
		return qvm_pick(q, q->tok.text, "on\0off\0auto\0") >= 0;
	case QVM_NUMBER:
		return qvm_number(q, q->tok.text, QVM_BASE_NUMBER, &v);
	case QVM_ADDRESS:
		return qvm_number(q, q->tok.text, QVM_BASE_ADDRESS, &v);
	case QVM_STRING:
		return true;
	}
	return true;
}

static void set_known(struct qvm *q, const struct qvm_set *s)
{
	if (!(s->contexts & (BIT(QVM_G) | BIT(q->context)))) {
		qvm_refuse(q, "is no variable of this context",
			   "write it before the first cpu or vdev");
	}
	q->variable = qvm_text(s->name);
	if (!qvm_argument(q) || !is_type(q, s))
		return;
	if (s - qvm_sets == QVM_S_FDT_DUMP_FILE && q->run)
		q->run->fdt_dump_file = qvm_keep(q, q->tok.text);
	else if (s->effect == QVM_TOLD)
		qvm_warn(q, "has no effect: %s", qvm_advice(s->does));
}

void qvm_set(struct qvm *q)
{
	const struct qvm_set *s;

	if (!qvm_argument(q))
		return;
	if (str_starts(q->tok.text, ours)) {
		set_key(q);
		return;
	}
	s = find(q->tok.text);
	if (s) {
		set_known(q, s);
		q->variable = NULL;
		return;
	}
	unknown(q);
	(void)qvm_argument(q);
}

void qvm_finish_sets(struct qvm *q)
{
	if (q->keys && config_extend(q->vd, q->keys, q->arena, q->diag) == E_NOMEM)
		q->status = E_NOMEM;
}
