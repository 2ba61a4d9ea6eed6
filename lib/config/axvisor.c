/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AxVisor's VM configuration: [base] [kernel] [devices] into a vmdesc. It translates and refuses
 * what cannot be translated; whether the VM makes sense is the validator's business. Keys that
 * belong to later work are refused by name, so that nobody's wish is dropped in silence.
 */
#include "axvisor_priv.h"

#include <base/fmt.h>

#define MESSAGE_SIZE 256

/* The value as a message quotes it; nothing for arrays and tables, which are long. */
static struct show quote(const struct toml *v)
{
	struct show out = { "" };

	if (v->type == TOML_STRING)
		fmt_snprintf(out.s, sizeof(out.s), " = \"%s\"", show_text(v->text).s);
	else if (v->type != TOML_ARRAY && v->type != TOML_TABLE)
		fmt_snprintf(out.s, sizeof(out.s), " = %s", show_text(v->text).s);
	return out;
}

static void report(struct axvisor *ax, enum diag_level level, enum vd_field f, u32 column,
		   const struct toml *v, const char *text)
{
	u32 n;
	const char *name = column == AXVISOR_WHOLE ? NULL : vmdesc_columns(f, &n)[column].name;
	const struct vd_field_info *info = vmdesc_field(f);
	bool loose = ax->extends || ax->flat;

	if (level == DIAG_ERROR)
		ax->vd->reported |= BIT(f);
	diag_report(ax->diag, level, v->at, "%s: %s%s%s%s%s%s: %s", vmdesc_label(ax->vd).s,
		    loose ? "" : info->table, loose ? "" : ".", info->key, name ? ": " : "",
		    name ? name : "", quote(v).s, text);
}

void axvisor_error_cold(struct axvisor *ax, enum vd_field f, const struct toml *v,
			const char *format, ...)
{
	char text[MESSAGE_SIZE];
	va_list ap;

	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	report(ax, DIAG_ERROR, f, AXVISOR_WHOLE, v, text);
}

void axvisor_cell_error_cold(struct axvisor *ax, enum vd_field f, u32 column, const struct toml *v,
			     const char *format, ...)
{
	char text[MESSAGE_SIZE];
	va_list ap;

	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	report(ax, DIAG_ERROR, f, column, v, text);
}

void axvisor_warning_cold(struct axvisor *ax, enum vd_field f, u32 column, const struct toml *v,
			  const char *format, ...)
{
	char text[MESSAGE_SIZE];
	va_list ap;

	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	report(ax, DIAG_WARNING, f, column, v, text);
}

void axvisor_fix_cold(struct axvisor *ax, struct src_pos at, const char *format, ...)
{
	char text[MESSAGE_SIZE];
	va_list ap;

	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	diag_report(ax->diag, DIAG_FIX, at, "%s", text);
}

void axvisor_later(struct axvisor *ax, enum vd_field f, const struct toml *v, const char *instead)
{
	axvisor_error(ax, f, v, "known, not supported yet");
	axvisor_fix(ax, v->at, "%s", instead);
}

u32 axvisor_word(struct axvisor *ax, enum vd_field f)
{
	const struct toml *v = ax->value[f];
	char list[MESSAGE_SIZE] = "";
	size_t used = 0;
	const char *word;

	if (!v)
		return AXVISOR_NONE;
	for (u32 i = 0; (word = vmdesc_word(f, i)) != NULL; i++) {
		if (str_eq_c(v->text, word))
			return i;
		used += (size_t)fmt_snprintf(list + used, sizeof(list) - used, "%s\"%s\"",
					     !i			   ? "" :
					     vmdesc_word(f, i + 1) ? ", " :
								     " or ",
					     word);
	}
	axvisor_error(ax, f, v, "no such word");
	axvisor_fix(ax, v->at, "write %s", list);
	return AXVISOR_NONE;
}

bool axvisor_is_uint(struct axvisor *ax, enum vd_field f, const struct toml *v)
{
	if (v->type != TOML_INT) {
		axvisor_error(ax, f, v, "expected an integer, found %s", toml_type_name(v->type));
		axvisor_fix(ax, v->at, "write a number without quotes, such as 0x8000_0000 or 2");
		return false;
	}
	if (v->integer < 0) {
		axvisor_error(ax, f, v, "a negative number has no meaning here");
		axvisor_fix(ax, v->at, "write a number from 0 on");
		return false;
	}
	return true;
}

/* ---- rows --------------------------------------------------------------------------------- */

static bool uint_cell(struct axvisor *ax, enum vd_field f, u32 column, const struct toml *v)
{
	if (v->type == TOML_INT && v->integer >= 0)
		return true;
	axvisor_cell_error(ax, f, column, v, "expected an integer from 0 on, found %s",
			   v->type == TOML_INT ? "a negative one" : toml_type_name(v->type));
	axvisor_fix(ax, v->at, "write a number, such as 0x8000_0000 or 2");
	return false;
}

static bool cell_is(struct axvisor *ax, const struct vd_column *columns, u32 column,
		    const struct toml *v)
{
	enum vd_kind kind = columns[column].kind;
	enum vd_field f = columns[column].field;
	enum toml_type want = kind == VD_KIND_STRING ? TOML_STRING :
			      kind == VD_KIND_TABLE  ? TOML_TABLE :
						       TOML_ARRAY;

	if (kind == VD_KIND_UINT)
		return uint_cell(ax, f, column, v);
	if (v->type != want) {
		axvisor_cell_error(ax, f, column, v, "expected %s, found %s", toml_type_name(want),
				   toml_type_name(v->type));
		axvisor_fix(ax, v->at, "%s",
			    want == TOML_STRING ? COLD_TEXT("put it in quotes") :
			    want == TOML_TABLE	? COLD_TEXT("write { type = \"...\" }") :
						  COLD_TEXT("write a list of numbers, or []"));
		return false;
	}
	for (v = want == TOML_ARRAY ? v->child : NULL; v; v = v->next) {
		if (!uint_cell(ax, f, column, v))
			return false;
	}
	return true;
}

static u32 n_required(const struct vd_column *columns, u32 n)
{
	u32 required = 0;

	for (u32 c = 0; c < n; c++)
		required += columns[c].need == VD_NEED_REQUIRED;
	return required;
}

/* "[gpa, size, flags, map_type]": what a row must have, or all that it can when that is little. */
static struct show row_form(const struct vd_column *columns, u32 n)
{
	struct show out = { "[" };
	size_t used = 1;

	if (n_required(columns, n) > 1)
		n = n_required(columns, n);
	for (u32 i = 0; i < n; i++)
		used += (size_t)fmt_snprintf(out.s + used, sizeof(out.s) - used, "%s%s",
					     columns[i].name, i + 1 < n ? ", " : "]");
	return out;
}

static bool list_cells(struct axvisor *ax, const struct vd_column *columns, u32 n,
		       const struct toml *row, const struct toml *cell[VD_MAX_COLUMNS])
{
	struct show least = { "" };
	u32 required = n_required(columns, n);
	u32 i = 0;

	if (row->n < required || row->n > n) {
		if (required != n)
			fmt_snprintf(least.s, sizeof(least.s), "%u to ", required);
		axvisor_error(ax, columns[0].field, row, "a row has %s%u elements, this one %u",
			      least.s, n, row->n);
		axvisor_fix(ax, row->at, "write %s", row_form(columns, n).s);
		return false;
	}
	for (const struct toml *v = row->child; v; v = v->next)
		cell[i++] = v;
	return true;
}

static u32 column_index(const struct vd_column *columns, u32 n, struct str name)
{
	u32 i = 0;

	while (i < n && !str_eq_c(name, columns[i].name))
		i++;
	return i;
}

/* The column that was probably meant; n when none. */
static u32 unknown_column(struct axvisor *ax, const struct vd_column *columns, u32 n,
			  const struct toml *v)
{
	struct suggest near = { .word = v->key };

	if (columns[0].field == VD_F_VIRTUAL && axvisor_is_planned(v->key)) {
		axvisor_error(ax, VD_F_VIRTUAL, v, "'%s' is planned by the hypervisor",
			      show_text(v->key).s);
		axvisor_fix(ax, v->key_at, "remove it, or write a row in devices.emu_devices");
		return n;
	}
	axvisor_error(ax, columns[0].field, v, "a row has no element '%s'", show_text(v->key).s);
	for (u32 i = 0; i < n; i++)
		suggest_try(&near, columns[i].name);
	if (near.best)
		axvisor_fix(ax, v->key_at, "did you mean '%s'?", near.best);
	else
		axvisor_fix(ax, v->key_at, "remove it; a row has %s", row_form(columns, n).s);
	return column_index(columns, n, str_of(near.best));
}

static bool table_cells(struct axvisor *ax, const struct vd_column *columns, u32 n,
			const struct toml *row, const struct toml *cell[VD_MAX_COLUMNS])
{
	bool ok = true;
	u64 meant = 0;

	for (const struct toml *v = row->child; v; v = v->next) {
		u32 i = column_index(columns, n, v->key);

		if (i < n) {
			cell[i] = v;
			continue;
		}
		meant |= BIT(unknown_column(ax, columns, n, v));
		ok = false;
	}
	for (u32 i = 0; i < n; i++) {
		if (cell[i] || columns[i].need != VD_NEED_REQUIRED || meant & BIT(i))
			continue;
		axvisor_error(ax, columns[0].field, row, "the row has no '%s'", columns[i].name);
		axvisor_fix(ax, row->at, "add %s = ...", columns[i].name);
		ok = false;
	}
	return ok;
}

bool axvisor_row(struct axvisor *ax, enum vd_field f, const struct toml *row,
		 const struct toml *cell[VD_MAX_COLUMNS])
{
	u32 n;
	const struct vd_column *columns = vmdesc_columns(f, &n);
	bool ok;

	for (u32 i = 0; i < VD_MAX_COLUMNS; i++)
		cell[i] = NULL;
	if (row->type != TOML_ARRAY && row->type != TOML_TABLE) {
		axvisor_error(ax, f, row, "expected a row, found %s", toml_type_name(row->type));
		axvisor_fix(ax, row->at, "write %s", row_form(columns, n).s);
		return false;
	}
	ok = row->type == TOML_ARRAY ? list_cells(ax, columns, n, row, cell) :
				       table_cells(ax, columns, n, row, cell);
	for (u32 i = 0; i < n; i++) {
		if (cell[i] && !cell_is(ax, columns, i, cell[i]))
			ok = false;
	}
	return ok;
}

/* Several keys fill one list of the description: a list that is full is not an arena that is. */
static enum status add_row(struct axvisor *ax, const struct axvisor_rows *key,
			   const struct toml *row)
{
	enum status st = key->read(ax, row);

	if (st != E_NOMEM || ax->arena->size - ax->arena->used < KIB(64))
		return st;
	axvisor_error(ax, key->f, row, "a VM has room for %d of them", VD_MAX_LIST);
	axvisor_fix(ax, row->at, "join those that touch, or remove some");
	return E_RANGE;
}

enum status axvisor_read_rows(struct axvisor *ax, const struct axvisor_rows *keys, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		const struct toml *list = ax->value[keys[i].f];
		enum status st = OK;

		for (const struct toml *row = list ? list->child : NULL; row && st == OK;
		     row = row->next)
			st = add_row(ax, &keys[i], row);
		if (st == E_NOMEM)
			return st;
	}
	return OK;
}

extern const struct config_lang config_axvisor;

/* ---- the whole ---------------------------------------------------------------------------- */

static enum status translate(struct axvisor *ax)
{
	TRY(axvisor_base(ax));
	axvisor_boot(ax);
	TRY(axvisor_kernel(ax));
	TRY(axvisor_devices(ax));
	TRY(axvisor_pass(ax));
	return axvisor_trivet(ax);
}

static enum status parse(const struct config_input *in, struct arena *a, struct diag *d,
			 struct vmdesc **out)
{
	const char *file = in->part->file;
	u32 errors = d->n_errors;
	struct axvisor *ax = arena_new(a, struct axvisor);
	struct toml *root;
	enum status st;

	*out = NULL;
	if (!ax)
		return E_NOMEM;
	st = toml_parse(in->part->text, file, a, d, &root);
	if (st == E_NOMEM)
		return st;
	ax->arena = a;
	ax->diag = d;
	ax->syntax_ok = st == OK;
	ax->vd = vmdesc_new(a, file);
	if (!ax->vd)
		return E_NOMEM;
	axvisor_read_keys(ax, root);
	TRY(translate(ax));
	ax->vd->lang = config_axvisor.name;
	*out = ax->vd;
	return d->n_errors == errors ? OK : E_INVAL;
}

enum status config_extend(struct vmdesc *vd, const struct toml *keys, struct arena *a,
			  struct diag *d)
{
	struct axvisor *ax = arena_new(a, struct axvisor);
	u32 errors = d->n_errors;

	if (!ax)
		return E_NOMEM;
	*ax = (struct axvisor){ .arena = a, .diag = d, .vd = vd, .extends = true };
	axvisor_read_loose_keys(ax, keys);
	TRY(translate(ax));
	return d->n_errors == errors ? OK : E_INVAL;
}

const struct config_lang config_axvisor = {
	.name = "axvisor",
	.suffix = ".toml",
	.parse = parse,
};
