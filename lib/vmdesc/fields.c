/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields.def as tables. A row whose name is not in enum vd_field does not compile, and the
 * assertion below finds a name without a row: neither side can be forgotten.
 */
#include <lib/vmdesc.h>

#define VD_COLUMN(field_, name_, kind_, need_, meaning_)
#define VD_WORD(field_, word_)

/* What only the reference tells is not carried along. */
#define EXAMPLE_REQUIRED(text) text
#define EXAMPLE_OPTIONAL(text) NULL
#define EXAMPLE_LATER(text)    NULL
#define INSTEAD_REQUIRED(text) NULL
#define INSTEAD_OPTIONAL(text) NULL
#define INSTEAD_LATER(text)    text

static const struct vd_field_info fields[VD_FIELDS] = {
#define VD_FIELD(id_, table_, key_, kind_, need_, fallback_, meaning_, does_) \
	[VD_F_##id_] = { .table = (table_),                                   \
			 .key = (key_),                                       \
			 .kind = VD_KIND_##kind_,                             \
			 .need = VD_NEED_##need_,                             \
			 .example = EXAMPLE_##need_(fallback_),               \
			 .instead = INSTEAD_##need_(does_) },
#include "fields.def"
#undef VD_FIELD
};

enum {
#define VD_FIELD(id_, ...) FIELD_HAS_ROW_##id_,
#include "fields.def"
#undef VD_FIELD
	N_FIELD_ROWS
};

static_assert((int)N_FIELD_ROWS == (int)VD_FIELDS, "every enum vd_field has one row in fields.def");

static_assert(VD_FIELDS <= 64, "vmdesc.reported has a bit for each");

#undef VD_COLUMN
#define VD_FIELD(...)

static const struct vd_column columns[] = {
#define VD_COLUMN(field_, name_, kind_, need_, meaning_) \
	{ VD_F_##field_, (name_), VD_KIND_##kind_, VD_NEED_##need_ },
#include "fields.def"
#undef VD_COLUMN
};

#undef VD_WORD
#define VD_COLUMN(...)

static const struct {
	u8 field;
	char word[15];
} words[] = {
#define VD_WORD(field_, word_) { VD_F_##field_, (word_) },
#include "fields.def"
};

const struct vd_field_info *vmdesc_field(enum vd_field f)
{
	return &fields[f];
}

const struct vd_column *vmdesc_columns(enum vd_field f, u32 *n)
{
	const struct vd_column *first = NULL;

	*n = 0;
	for (u32 i = 0; i < array_size(columns); i++) {
		if (columns[i].field != f)
			continue;
		if (!first)
			first = &columns[i];
		++*n;
	}
	return first;
}

const char *vmdesc_word(enum vd_field f, u32 i)
{
	for (u32 k = 0; k < array_size(words); k++) {
		if (words[k].field == f && !i--)
			return words[k].word;
	}
	return NULL;
}
