/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the table of attributes (camkes_attrs.def) says, for those who ask by name.
 */
#include "camkes_priv.h"

#include <base/fmt.h>

#define CK_REQUIRED true
#define CK_OPTIONAL false

const struct ck_attr_info ck_attrs[CK_ATTRS] = {
#define CK_ATTR(id, name, kind, class, isa, meaning, does) \
	[CK_A_##id] = { name, CK_KIND_##kind, CK_CLASS_##class, CK_ISA_##isa },
#define CK_KEY(id, name, kind, need, meaning)
#define CK_SILENT(pattern, meaning)
#include "camkes_attrs.def"
#undef CK_ATTR
#undef CK_KEY
#undef CK_SILENT
};

static const struct ck_key_info keys[] = {
#define CK_ATTR(id, name, kind, class, isa, meaning, does)
#define CK_KEY(id, name, kind, need, meaning) { CK_A_##id, name, CK_KIND_##kind, CK_##need },
#define CK_SILENT(pattern, meaning)
#include "camkes_attrs.def"
#undef CK_ATTR
#undef CK_KEY
#undef CK_SILENT
};

static const char *const silent[] = {
#define CK_ATTR(id, name, kind, class, isa, meaning, does)
#define CK_KEY(id, name, kind, need, meaning)
#define CK_SILENT(pattern, meaning) pattern,
#include "camkes_attrs.def"
#undef CK_ATTR
#undef CK_KEY
#undef CK_SILENT
};

u32 ck_attr_find(struct str name)
{
	u32 i = 0;

	while (i < CK_ATTRS && !str_eq_c(name, ck_attrs[i].name))
		i++;
	return i;
}

bool ck_pattern_fits(const char *pattern, struct str text)
{
	const char *star = strchr(pattern, '*');
	size_t head = star ? (size_t)(star - pattern) : strlen(pattern);
	size_t tail = star ? strlen(star + 1) : 0;

	if (!star)
		return str_eq_c(text, pattern);
	return text.n >= head + tail && memcmp(text.p, pattern, head) == 0 &&
	       memcmp(text.p + text.n - tail, star + 1, tail) == 0;
}

bool ck_attr_is_silent(struct str name)
{
	for (u32 i = 0; i < array_size(silent); i++) {
		if (ck_pattern_fits(silent[i], name))
			return true;
	}
	return false;
}

void ck_attr_suggest(struct suggest *near)
{
	for (u32 i = 0; i < CK_ATTRS; i++)
		suggest_try(near, ck_attrs[i].name);
}

const struct ck_key_info *ck_attr_keys(enum ck_attr attr, u32 *n)
{
	u32 first = 0;

	while (first < array_size(keys) && keys[first].attr != attr)
		first++;
	*n = 0;
	while (first + *n < array_size(keys) && keys[first + *n].attr == attr)
		++*n;
	return keys + first;
}

const char *ck_kind_name(enum ck_kind kind)
{
	static const char *const names[] = {
		[CK_KIND_INT] = "a number",	  [CK_KIND_STRING] = "a string",
		[CK_KIND_LIST] = "a list",	  [CK_KIND_DICT] = "a dictionary",
		[CK_KIND_QUERY] = "dtb(...)",	  [CK_KIND_ADDR] = "a string with an address",
		[CK_KIND_FLAG] = "true or false", [CK_KIND_ANY] = "a value",
	};

	return names[kind];
}

const char *ck_item_name(const struct ck_item *item)
{
	static const char *const names[] = {
		[CK_INT] = "a number",	  [CK_BOOL] = "true or false", [CK_FLOAT] = "a fraction",
		[CK_STRING] = "a string", [CK_LIST] = "a list",	       [CK_DICT] = "a dictionary",
		[CK_QUERY] = "a query",
	};

	return names[item->type];
}
