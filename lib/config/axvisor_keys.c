/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From TOML's tables to fields: every key of the file is looked up in the schema, so one that we
 * do not know, or do not support yet, never passes unseen. Kinds are checked here, once.
 */
#include "axvisor_priv.h"

#include <base/fmt.h>

static bool find_field(struct str table, struct str key, enum vd_field *out)
{
	for (u32 f = 0; f < VD_FIELDS; f++) {
		const struct vd_field_info *info = vmdesc_field((enum vd_field)f);

		*out = (enum vd_field)f;
		if (str_eq_c(key, info->key) && (!table.p || str_eq_c(table, info->table)))
			return true;
	}
	return false;
}

static bool is_table_name(struct str name)
{
	for (u32 f = 0; f < VD_FIELDS; f++) {
		if (str_eq_c(name, vmdesc_field((enum vd_field)f)->table))
			return true;
	}
	return false;
}

static void unknown(struct axvisor *ax, const char *what, const struct toml *v)
{
	diag_report(ax->diag, DIAG_ERROR, v->key_at, "%s: %s '%s'", vmdesc_label(ax->vd).s, what,
		    show_text(v->key).s);
}

static void suggest_fix(struct axvisor *ax, const struct toml *v, const struct suggest *near)
{
	if (near->best)
		axvisor_fix(ax, v->key_at, "did you mean '%s'?", near->best);
	else
		axvisor_fix(ax, v->key_at, "remove it; docs/config-toml.md lists all keys");
}

static void misplaced(struct axvisor *ax, const struct toml *v, enum vd_field f)
{
	axvisor_fix(ax, v->key_at, "'%s' belongs into [%s]", vmdesc_field(f)->key,
		    vmdesc_field(f)->table);
	ax->meant |= BIT(f);
}

/* Every key of a table is meant to be there: the table itself is what is wrong. */
static void meant_table(struct axvisor *ax, struct str table)
{
	for (u32 i = 0; i < VD_FIELDS; i++) {
		if (str_eq_c(table, vmdesc_field((enum vd_field)i)->table))
			ax->meant |= BIT(i);
	}
}

static void unknown_key(struct axvisor *ax, struct str table, const struct toml *v)
{
	struct suggest near = { .word = v->key };
	enum vd_field f;

	if (!table.p)
		unknown(ax, "unknown key", v);
	else
		diag_report(ax->diag, DIAG_ERROR, v->key_at, "%s: unknown key '%s' in [%s]",
			    vmdesc_label(ax->vd).s, show_text(v->key).s, show_text(table).s);
	if (find_field((struct str){ NULL, 0 }, v->key, &f)) {
		misplaced(ax, v, f);
		return;
	}
	for (u32 i = 0; i < VD_FIELDS; i++) {
		const struct vd_field_info *info = vmdesc_field((enum vd_field)i);

		if ((!table.p || str_eq_c(table, info->table)) && info->need != VD_NEED_LATER)
			suggest_try(&near, info->key);
	}
	suggest_fix(ax, v, &near);
	if (near.best && find_field(table, str_of(near.best), &f))
		ax->meant |= BIT(f);
}

/* Something at the top that is none of our tables. */
static void unknown_top(struct axvisor *ax, const struct toml *v)
{
	struct suggest near = { .word = v->key };
	enum vd_field f;

	unknown(ax, v->type == TOML_TABLE ? "unknown table" : "unknown key", v);
	if (v->type != TOML_TABLE && find_field((struct str){ NULL, 0 }, v->key, &f)) {
		misplaced(ax, v, f);
		return;
	}
	for (u32 i = 0; v->type == TOML_TABLE && i < VD_FIELDS; i++)
		suggest_try(&near, vmdesc_field((enum vd_field)i)->table);
	suggest_fix(ax, v, &near);
	if (near.best)
		meant_table(ax, str_of(near.best));
}

static enum toml_type type_of(enum vd_kind kind)
{
	switch (kind) {
	case VD_KIND_UINT:
		return TOML_INT;
	case VD_KIND_STRING:
		return TOML_STRING;
	case VD_KIND_BOOL:
		return TOML_BOOL;
	case VD_KIND_UINTS:
	case VD_KIND_ROWS:
		return TOML_ARRAY;
	case VD_KIND_TABLE:
		return TOML_TABLE;
	}
	return TOML_STRING;
}

static bool has_kind(struct axvisor *ax, enum vd_field f, const struct toml *v)
{
	enum vd_kind kind = vmdesc_field(f)->kind;
	bool ok = true;

	if (kind == VD_KIND_UINT)
		return axvisor_is_uint(ax, f, v);
	if (v->type != type_of(kind)) {
		axvisor_error(ax, f, v, "expected %s, found %s", toml_type_name(type_of(kind)),
			      toml_type_name(v->type));
		if (kind == VD_KIND_STRING)
			axvisor_fix(ax, v->at, "put it in quotes");
		else if (kind == VD_KIND_BOOL)
			axvisor_fix(ax, v->at, "write true or false");
		else
			axvisor_fix(ax, v->at, "put it in brackets: [ ... ]");
		return false;
	}
	if (kind == VD_KIND_UINTS) {
		for (v = v->child; v; v = v->next)
			ok = axvisor_is_uint(ax, f, v) && ok;
	}
	return ok;
}

/* What asks for nothing may be written of a key that is not supported yet. */
static bool is_empty(const struct toml *v)
{
	return (v->type == TOML_ARRAY && !v->n) || (v->type == TOML_STRING && !v->text.n) ||
	       (v->type == TOML_BOOL && !v->integer);
}

static void read_key(struct axvisor *ax, struct str table, const struct toml *v)
{
	enum vd_field f;

	if (!find_field(table, v->key, &f)) {
		unknown_key(ax, table, v);
		return;
	}
	if (!has_kind(ax, f, v))
		return;
	if (vmdesc_field(f)->need != VD_NEED_LATER)
		ax->value[f] = v;
	else if (!is_empty(v))
		axvisor_later(ax, f, v, vmdesc_field(f)->instead);
}

static void read_table(struct axvisor *ax, const struct toml *t)
{
	if (!is_table_name(t->key)) {
		unknown_top(ax, t);
	} else if (t->type != TOML_TABLE) {
		unknown(ax, "expected a table, found a value for", t);
		axvisor_fix(ax, t->key_at, "write [%s] on a line of its own", t->key.p);
		meant_table(ax, t->key);
	} else {
		for (const struct toml *v = t->child; v; v = v->next)
			read_key(ax, t->key, v);
	}
}

static bool is_missing(const struct axvisor *ax, u32 f)
{
	if (ax->modern && (f == VD_F_ID || f == VD_F_IMAGE_LOCATION))
		return false;
	return vmdesc_field((enum vd_field)f)->need == VD_NEED_REQUIRED && !ax->value[f] &&
	       !((ax->vd->reported | ax->meant) & BIT(f));
}

static void missing_key(struct axvisor *ax, const struct toml *table, u32 f)
{
	const struct vd_field_info *info = vmdesc_field((enum vd_field)f);

	diag_report(ax->diag, DIAG_ERROR, table->at, "%s: %s%s%s is missing",
		    vmdesc_label(ax->vd).s, ax->flat ? "" : info->table, ax->flat ? "" : ".",
		    info->key);
	if (ax->flat)
		axvisor_fix(ax, table->at, "add %s = %s", info->key, info->example);
	else
		axvisor_fix(ax, table->at, "add to [%s]: %s = %s", info->table, info->key,
			    info->example);
}

/* One message for a whole table, with all keys it needs. */
static void missing_table(struct axvisor *ax, const struct toml *root, const char *table)
{
	char keys[128];
	size_t used = 0;

	keys[0] = '\0';
	for (u32 i = 0; i < VD_FIELDS; i++) {
		const struct vd_field_info *info = vmdesc_field((enum vd_field)i);

		if (!is_missing(ax, i) || !str_eq_c(str_of(table), info->table))
			continue;
		ax->vd->reported |= BIT(i);
		if (used < sizeof(keys))
			used += (size_t)fmt_snprintf(keys + used, sizeof(keys) - used, "%s%s",
						     used ? ", " : "", info->key);
	}
	diag_report(ax->diag, DIAG_ERROR, root->at, "%s: table [%s] is missing",
		    vmdesc_label(ax->vd).s, table);
	axvisor_fix(ax, root->at, "add [%s] with its keys %s", table, keys);
}

static void check_required(struct axvisor *ax, const struct toml *root)
{
	for (u32 i = 0; i < VD_FIELDS; i++) {
		const char *name = vmdesc_field((enum vd_field)i)->table;
		const struct toml *table = ax->flat ? root : toml_get(root, name);

		if (!is_missing(ax, i) || !ax->syntax_ok)
			continue;
		if (table)
			missing_key(ax, table, i);
		else
			missing_table(ax, root, name);
	}
	/* What is not there is not judged again. */
	for (u32 i = 0; i < VD_FIELDS; i++) {
		if (vmdesc_field((enum vd_field)i)->need == VD_NEED_REQUIRED && !ax->value[i])
			ax->vd->reported |= BIT(i);
	}
}

/* First, because every message begins with them. */
static void read_label(struct axvisor *ax, const struct toml *base)
{
	const struct toml *name = toml_get(base, "name");
	const struct toml *id = toml_get(base, "id");

	if (id && id->type == TOML_INT && id->integer > 0 && id->integer <= UINT32_MAX)
		ax->vd->id = (u32)id->integer;
	if (name && name->type == TOML_STRING) {
		ax->vd->name = name->text;
		ax->vd->name_at = name->at;
	}
}

/* Keys without tables, as in AxVisor's first schema, and none of the tables of later ones. */
static bool is_flat(const struct toml *root)
{
	enum vd_field f;
	bool keys = false;

	for (const struct toml *v = root->child; v; v = v->next) {
		bool table = is_table_name(v->key);

		if (table && !str_eq_c(v->key, vmdesc_field(VD_F_DATA)->table))
			return false;
		keys |= !table && v->type != TOML_TABLE &&
			find_field((struct str){ NULL, 0 }, v->key, &f);
	}
	return keys;
}

static bool is_modern(const struct axvisor *ax)
{
	return ax->value[VD_F_GUEST_TYPE] || ax->value[VD_F_VIRTUAL] ||
	       ax->value[VD_F_PASSTHROUGH] || ax->value[VD_F_DISABLED];
}

void axvisor_read_loose_keys(struct axvisor *ax, const struct toml *keys)
{
	read_label(ax, keys);
	for (const struct toml *v = keys->child; v; v = v->next) {
		if (ax->flat && is_table_name(v->key))
			read_table(ax, v);
		else
			read_key(ax, (struct str){ NULL, 0 }, v);
	}
}

void axvisor_read_keys(struct axvisor *ax, const struct toml *root)
{
	ax->flat = is_flat(root);
	if (ax->flat) {
		axvisor_read_loose_keys(ax, root);
	} else {
		read_label(ax, toml_get(root, "base"));
		for (const struct toml *t = root->child; t; t = t->next)
			read_table(ax, t);
	}
	ax->modern = is_modern(ax);
	check_required(ax, root);
}
