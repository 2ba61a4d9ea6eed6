/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each setting with what we do with it, in the words of the table: a report for those who move a
 * system here.
 */
#include "camkes_priv.h"

#include <base/fmt.h>
#include <lib/camkes.h>

#define LINE_SIZE 400

static const char *const does[CK_ATTRS] = {
#define CK_ATTR(id, name, kind, class, isa, meaning, what) [CK_A_##id] = what,
#define CK_KEY(id, name, kind, need, meaning)
#define CK_SILENT(pattern, meaning)
#include "camkes_attrs.def"
#undef CK_ATTR
#undef CK_KEY
#undef CK_SILENT
};

static const struct {
	const char *pattern;
	const char *meaning;
} silent[] = {
#define CK_ATTR(id, name, kind, class, isa, meaning, does)
#define CK_KEY(id, name, kind, need, meaning)
#define CK_SILENT(pattern, meaning) { pattern, meaning },
#include "camkes_attrs.def"
#undef CK_ATTR
#undef CK_KEY
#undef CK_SILENT
};

static const char *why_silent(struct str name)
{
	for (u32 i = 0; i < array_size(silent); i++) {
		if (ck_pattern_fits(silent[i].pattern, name))
			return silent[i].meaning;
	}
	return NULL;
}

static const char *verdict(enum ck_attr attr, struct str name, const char **why)
{
	*why = "";
	if (attr == CK_ATTRS) {
		*why = why_silent(name);
		if (*why)
			return "ignored";
		*why = "Of your own component, or misspelt: it has no effect.";
		return "unknown";
	}
	*why = does[attr];
	if (ck_attrs[attr].class == CK_CLASS_LATER)
		return "later";
	return ck_attrs[attr].class == CK_CLASS_IGN ? "ignored" : "used";
}

struct report {
	void (*put)(void *ctx, const char *line);
	void *ctx;
};

static void explain_vm(const struct report *r, const struct ck_flat *f)
{
	char line[LINE_SIZE];

	fmt_snprintf(line, sizeof(line), "%s:%u: VM %s", f->at.file, f->at.line,
		     show_text(f->name->text).s);
	r->put(r->ctx, line);
	for (const struct ck_value *v = f->values.first; v; v = v->next) {
		const char *why;
		const char *what = verdict(ck_attr_of(v), v->attr->text, &why);

		fmt_snprintf(line, sizeof(line), "  %-7s  %-24s  %s:%u  %s", what,
			     show_text(v->attr->text).s, v->at.file, v->at.line, why);
		r->put(r->ctx, line);
	}
}

static void explain_links(const struct report *r, const struct camkes *ck, const struct ck_flat *f)
{
	char line[LINE_SIZE];

	for (const struct ck_link *l = ck->links.first; l; l = l->next) {
		for (u32 i = 0; i < l->n_ends; i++) {
			if (l->end[i].inst != f)
				continue;
			fmt_snprintf(line, sizeof(line), "  %-7s  %-24s  %s:%u  %s",
				     ck_link_is_used(l) ? "used" : "ignored",
				     show_text(l->name->text).s, l->at.file, l->at.line,
				     ck_link_is_used(l) ?
					     "A device of class shmem, or an event of one." :
					     "A helper's, which is not needed here.");
			r->put(r->ctx, line);
		}
	}
}

enum status camkes_explain(const struct config_input *in, struct arena *a, struct diag *d,
			   void (*put)(void *ctx, const char *line), void *ctx)
{
	const struct report r = { put, ctx };
	struct camkes *ck = ck_read(in, a, d);

	if (!ck || ck->no_memory)
		return E_NOMEM;
	for (const struct ck_flat *f = ck->flats.first; f && !ck_stopped(ck); f = f->next) {
		if (!f->component || !f->component->is_vm)
			continue;
		explain_vm(&r, f);
		explain_links(&r, ck, f);
	}
	return d->n_errors == ck->errors ? OK : E_INVAL;
}
