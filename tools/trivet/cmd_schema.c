/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trivet schema: the JSON Schema of a VM's TOML, for editors that complete and check while one
 * writes. It comes from fields.def as the reader does, old and new spellings alike. What depends on
 * several values at once is left to `trivet check`; what it refuses, the reader refuses too.
 */
#include <string.h>

#include "json.h"
#include "trivet.h"

#define VD_COLUMN(...)
#define VD_WORD(...)

/* What only people read, by field; and by column, in the order of the definitions. */
static const struct {
	const char *meaning, *fallback, *does;
} texts[VD_FIELDS] = {
#define VD_FIELD(id_, table_, key_, kind_, need_, fallback_, meaning_, does_) \
	[VD_F_##id_] = { meaning_, fallback_, does_ },
#include "fields.def"
#undef VD_FIELD
};

#undef VD_COLUMN
#define VD_FIELD(...)

static const struct {
	enum vd_field field;
	const char *meaning;
} column_texts[] = {
#define VD_COLUMN(field_, name_, kind_, need_, meaning_) { VD_F_##field_, meaning_ },
#include "fields.def"
#undef VD_COLUMN
};

#undef VD_FIELD
#undef VD_WORD

/* Limits of numbers and shapes of texts that the validator knows. */
static const struct limit {
	enum vd_field field;
	u64 min, max; /* of a number, when max is not 0 */
	const char *pattern;
} limits[] = {
	{ VD_F_CPU_NUM, 1, VD_MAX_VCPUS, NULL },
	{ VD_F_ID, 0, UINT32_MAX, NULL },
	{ VD_F_VM_TYPE, 0, 2, NULL },
	{ VD_F_NAME, 0, 0, "^[A-Za-z0-9._@+-]{1,32}$" },
	{ VD_F_KERNEL_PATH, 0, 0, "^[^\\u0000-\\u001f\\u007f]{1,255}$" },
	{ VD_F_RAMDISK_PATH, 0, 0, "^[^\\u0000-\\u001f\\u007f]{0,255}$" },
	{ VD_F_DTB_PATH, 0, 0, "^[^\\u0000-\\u001f\\u007f]{0,255}$" },
	{ VD_F_BIOS_PATH, 0, 0, "^[^\\u0000-\\u001f\\u007f]{0,255}$" },
	{ VD_F_CMDLINE, 0, 0, "^[^\\u0000-\\u001f\\u007f]{0,2047}$" },
};

/* Of columns, by name. */
static const struct column_limit {
	enum vd_field field;
	const char *column;
	const char *pattern;
	u64 min, max, multiple;
} column_limits[] = {
	{ VD_F_MEMORY_REGIONS, "gpa", NULL, 0, 0, 0x1000 },
	{ VD_F_MEMORY_REGIONS, "size", NULL, 0x1000, 0, 0x1000 },
	{ VD_F_MEMORY_REGIONS, "map_type", NULL, 0, 2, 0 },
	{ VD_F_MEMORY_REGIONS, "flags", NULL, 1, 0x3f, 0 },
	{ VD_F_PASSTHROUGH_DEVICES, "length", NULL, 1, 0, 0 },
	{ VD_F_PASSTHROUGH_ADDRESSES, "length", NULL, 1, 0, 0 },
	{ VD_F_PASSTHROUGH_PORTS, "base", NULL, 0, 0xffff, 0 },
	{ VD_F_PASSTHROUGH_PORTS, "length", NULL, 1, 0x10000, 0 },
	{ VD_F_VIRTUAL, "id", "^[A-Za-z0-9._@-]+$", 0, 0, 0 },
	{ VD_F_VIRTUAL, "model", "^(pl011-mmio|uart16550-mmio|virtio-blk|virtio-net|ivc-channel)$",
	  0, 0, 0 },
	{ VD_F_VIRTUAL, "register_shift", NULL, 0, 3, 0 },
	{ VD_F_PASSTHROUGH, "path", "^/.", 0, 0, 0 },
	{ VD_F_DISABLED, "path", "^/.", 0, 0, 0 },
	{ VD_F_RESERVED, "length", NULL, 1, 0, 0 },
	{ VD_F_DATA, "path", "^.", 0, 0, 0 },
};

static void uint_schema(struct json *j, u64 min, u64 max)
{
	json_text(j, "type", "integer");
	json_u64(j, "minimum", min);
	if (max)
		json_u64(j, "maximum", max);
}

static void uints_schema(struct json *j)
{
	json_text(j, "type", "array");
	json_object(j, "items");
	uint_schema(j, 0, 0);
	json_end_object(j);
}

static const struct column_limit *find_column_limit(const struct vd_column *c)
{
	for (u32 i = 0; i < array_size(column_limits); i++)
		if (column_limits[i].field == c->field &&
		    strcmp(column_limits[i].column, c->name) == 0)
			return &column_limits[i];
	return NULL;
}

static void column_schema(struct json *j, const char *key, const struct vd_column *c,
			  const char *meaning)
{
	const struct column_limit *limit = find_column_limit(c);

	json_object(j, key);
	json_text(j, "description", meaning);
	if (limit && limit->pattern)
		json_text(j, "pattern", limit->pattern);
	if (limit && limit->multiple)
		json_u64(j, "multipleOf", limit->multiple);
	if (c->kind == VD_KIND_UINT)
		uint_schema(j, limit ? limit->min : 0, limit ? limit->max : 0);
	else if (c->kind == VD_KIND_UINTS)
		uints_schema(j);
	else
		json_text(j, "type", c->kind == VD_KIND_TABLE ? "object" : "string");
	json_end_object(j);
}

/* The texts of a field's columns stand together, in their order. */
static u32 first_text(enum vd_field f)
{
	u32 i = 0;

	while (i < array_size(column_texts) && column_texts[i].field != f)
		i++;
	return i;
}

static void required_columns(struct json *j, const struct vd_column *c, u32 n)
{
	json_array(j, "required");
	for (u32 i = 0; i < n; i++)
		if (c[i].need == VD_NEED_REQUIRED)
			json_text(j, NULL, c[i].name);
	json_end_array(j);
}

static u32 n_required(const struct vd_column *c, u32 n)
{
	u32 required = 0;

	for (u32 i = 0; i < n; i++)
		required += c[i].need == VD_NEED_REQUIRED;
	return required;
}

/* A row is a list in the order of the columns, or a table of their names. */
static void row_schema(struct json *j, enum vd_field f)
{
	u32 n, text = first_text(f);
	const struct vd_column *c = vmdesc_columns(f, &n);

	json_array(j, "anyOf");
	json_object(j, NULL);
	json_text(j, "type", "array");
	json_u64(j, "minItems", n_required(c, n));
	json_u64(j, "maxItems", n);
	json_array(j, "items");
	for (u32 i = 0; i < n; i++)
		column_schema(j, NULL, &c[i], column_texts[text + i].meaning);
	json_end_array(j);
	json_end_object(j);
	json_object(j, NULL);
	json_text(j, "type", "object");
	json_object(j, "properties");
	for (u32 i = 0; i < n; i++)
		column_schema(j, c[i].name, &c[i], column_texts[text + i].meaning);
	json_end_object(j);
	required_columns(j, c, n);
	json_bool(j, "additionalProperties", false);
	json_end_object(j);
	json_end_array(j);
}

static void path_schema(struct json *j, const char *key)
{
	json_object(j, key);
	json_text(j, "type", "string");
	json_text(j, "pattern", "^/");
	json_end_object(j);
}

static void rows_schema(struct json *j, enum vd_field f)
{
	u32 n;

	vmdesc_columns(f, &n);
	json_text(j, "type", "array");
	json_u64(j, "maxItems", VD_MAX_LIST);
	json_object(j, "items");
	if (n) {
		row_schema(j, f);
	} else {
		/* A path, or a row of paths. */
		json_array(j, "anyOf");
		path_schema(j, NULL);
		json_object(j, NULL);
		json_text(j, "type", "array");
		path_schema(j, "items");
		json_end_object(j);
		json_end_array(j);
	}
	json_end_object(j);
}

static void words_schema(struct json *j, enum vd_field f)
{
	json_array(j, "enum");
	for (u32 i = 0; vmdesc_word(f, i); i++)
		json_text(j, NULL, vmdesc_word(f, i));
	json_end_array(j);
}

static void string_schema(struct json *j, enum vd_field f, const struct limit *limit)
{
	json_text(j, "type", "string");
	if (vmdesc_field(f)->need == VD_NEED_LATER)
		json_u64(j, "maxLength", 0);
	if (vmdesc_word(f, 0))
		words_schema(j, f);
	if (limit && limit->pattern)
		json_text(j, "pattern", limit->pattern);
}

static void field_schema(struct json *j, enum vd_field f)
{
	const struct vd_field_info *info = vmdesc_field(f);
	const struct limit *limit = NULL;
	char text[1024];

	for (u32 i = 0; i < array_size(limits); i++)
		if (limits[i].field == f)
			limit = &limits[i];
	snprintf(text, sizeof(text), "%s %s%s%s%s", texts[f].meaning,
		 info->need == VD_NEED_LATER ? "Known, not supported yet: " : "", texts[f].does,
		 info->need == VD_NEED_OPTIONAL && *texts[f].fallback ? " Default: " : "",
		 info->need == VD_NEED_OPTIONAL ? texts[f].fallback : "");
	json_object(j, info->key);
	json_text(j, "description", text);
	switch (info->kind) {
	case VD_KIND_UINT:
		uint_schema(j, limit ? limit->min : 0, limit ? limit->max : 0);
		break;
	case VD_KIND_STRING:
		string_schema(j, f, limit);
		break;
	case VD_KIND_BOOL:
		json_text(j, "type", "boolean");
		break;
	case VD_KIND_UINTS:
		uints_schema(j);
		break;
	case VD_KIND_ROWS:
		rows_schema(j, f);
		break;
	case VD_KIND_TABLE:
		json_text(j, "type", "object");
		break;
	}
	json_end_object(j);
}

/* ---- the whole ---------------------------------------------------------------------------- */

/* The schema of autumn 2026 finds a number, and the images where the file is. */
static bool may_lack(enum vd_field f)
{
	return f == VD_F_ID || f == VD_F_IMAGE_LOCATION;
}

static bool in_table(enum vd_field f, const char *table)
{
	return !table || strcmp(vmdesc_field(f)->table, table) == 0;
}

/* Keys that must be there; of all tables when @table is NULL. */
static void required_keys(struct json *j, const char *table, bool lacking)
{
	json_array(j, "required");
	for (enum vd_field f = 0; f < VD_FIELDS; f++)
		if (vmdesc_field(f)->need == VD_NEED_REQUIRED && in_table(f, table) &&
		    (!may_lack(f) || lacking))
			json_text(j, NULL, vmdesc_field(f)->key);
	json_end_array(j);
}

static const char *const tables[] = { "base", "kernel", "devices", "trivet" };

static void table_schemas(struct json *j)
{
	for (u32 i = 0; i < array_size(tables); i++) {
		json_object(j, tables[i]);
		json_text(j, "type", "object");
		json_object(j, "properties");
		for (enum vd_field f = 0; f < VD_FIELDS; f++)
			if (in_table(f, tables[i]))
				field_schema(j, f);
		json_end_object(j);
		required_keys(j, tables[i], false);
		json_bool(j, "additionalProperties", false);
		json_end_object(j);
	}
}

/* Tables, and no keys beside them. */
static void with_tables(struct json *j)
{
	json_object(j, NULL);
	json_object(j, "propertyNames");
	json_array(j, "enum");
	for (u32 i = 0; i < array_size(tables); i++)
		json_text(j, NULL, tables[i]);
	json_end_array(j);
	json_end_object(j);
	json_array(j, "required");
	json_text(j, NULL, "base");
	json_text(j, NULL, "kernel");
	json_end_array(j);
	json_end_object(j);
}

/* The flat schema of 2024: all keys at the top, only [trivet] beside them. */
static void without_tables(struct json *j)
{
	json_object(j, NULL);
	json_object(j, "propertyNames");
	json_object(j, "not");
	json_array(j, "enum");
	for (u32 i = 0; i + 1 < array_size(tables); i++)
		json_text(j, NULL, tables[i]);
	json_end_array(j);
	json_end_object(j);
	json_end_object(j);
	required_keys(j, NULL, false);
	json_end_object(j);
}

static void if_has(struct json *j, enum vd_field f)
{
	const struct vd_field_info *info = vmdesc_field(f);

	json_object(j, NULL);
	json_object(j, "properties");
	json_object(j, info->table);
	json_array(j, "required");
	json_text(j, NULL, info->key);
	json_end_array(j);
	json_end_object(j);
	json_end_object(j);
	json_array(j, "required");
	json_text(j, NULL, info->table);
	json_end_array(j);
	json_end_object(j);
	json_object(j, NULL);
	json_array(j, "required");
	json_text(j, NULL, info->key);
	json_end_array(j);
	json_end_object(j);
}

/* Unless a key of the latest schema is there, nothing may be lacking. */
static void lacking_keys(struct json *j)
{
	json_object(j, "if");
	json_array(j, "anyOf");
	if_has(j, VD_F_GUEST_TYPE);
	if_has(j, VD_F_VIRTUAL);
	if_has(j, VD_F_PASSTHROUGH);
	if_has(j, VD_F_DISABLED);
	json_end_array(j);
	json_end_object(j);
	json_object(j, "else");
	json_array(j, "anyOf");
	json_object(j, NULL);
	json_object(j, "properties");
	for (u32 i = 0; i < 2; i++) {
		json_object(j, tables[i]);
		required_keys(j, tables[i], true);
		json_end_object(j);
	}
	json_end_object(j);
	json_array(j, "required");
	json_text(j, NULL, tables[0]);
	json_end_array(j);
	json_end_object(j);
	json_object(j, NULL);
	required_keys(j, NULL, true);
	json_end_object(j);
	json_end_array(j);
	json_end_object(j);
}

static void write_schema(FILE *f)
{
	struct json j;

	json_begin(&j, f);
	json_object(&j, NULL);
	json_text(&j, "$schema", "http://json-schema.org/draft-07/schema#");
	json_text(&j, "title", "A VM of Trivet, in AxVisor's TOML");
	json_text(&j, "type", "object");
	json_object(&j, "properties");
	table_schemas(&j);
	for (enum vd_field i = 0; i < VD_FIELDS; i++)
		if (!in_table(i, "trivet"))
			field_schema(&j, i);
	json_end_object(&j);
	json_bool(&j, "additionalProperties", false);
	json_array(&j, "anyOf");
	with_tables(&j);
	without_tables(&j);
	json_end_array(&j);
	lacking_keys(&j);
	json_end_object(&j);
	json_end(&j);
}

static int run(int argc, char **argv)
{
	struct tool_options o;
	FILE *f;

	if (!tool_options_read(&o, argc, argv, NULL))
		return TOOL_USAGE;
	if (o.n_files) {
		tool_complain("schema: takes no file");
		return TOOL_USAGE;
	}
	f = tool_output_open(&o, "w");
	if (!f)
		return TOOL_ERRORS;
	write_schema(f);
	return tool_output_close(&o, f) ? TOOL_OK : TOOL_ERRORS;
}

const struct command cmd_schema = {
	.name = "schema",
	.synopsis = "schema [-o FILE]",
	.help = "print the JSON Schema by which editors complete and check a VM's TOML",
	.run = run,
};
