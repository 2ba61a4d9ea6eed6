/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the AxVisor front-end. `value` holds what the file gave for a field, and only when
 * it has the right kind: a NULL is absent, refused or of the wrong kind, and then the mistake has
 * been reported. The steps below therefore never check kinds of whole fields again.
 */
#pragma once

#include <base/cold.h>
#include <base/bits.h>
#include <lib/config.h>

struct axvisor {
	struct arena *arena;
	struct diag *diag;
	struct vmdesc *vd;
	const struct toml *value[VD_FIELDS];
	u32 intc_parts; /* index + 1 of the device that rows for parts of one make up */
	u32 replaced;	/* BIT(enum vd_part): another language's device has made way for ours */
	enum vd_source source; /* where images are that this file names */
	u64 meant;	/* BIT(enum vd_field): a misspelt or misplaced key was meant to be this */
	bool extends;	/* another language's description: only what is given changes */
	bool flat;	/* the schema of 2024: keys without tables, older numbers of devices */
	bool modern;	/* the schema of autumn 2026: more keys have defaults */
	bool syntax_ok; /* else a key that is missing may stand in a broken line */
};

/* One mistake, with the VM's name, the key's path and the value as it was written. */
void axvisor_error_cold(struct axvisor *ax, enum vd_field f, const struct toml *v,
			const char *format, ...);
#define axvisor_error(ax, f, v, ...) \
	(COLD_CHECK(__VA_ARGS__), axvisor_error_cold(ax, f, v, COLD_FORMAT(__VA_ARGS__)))
/* The same for a cell of a row: @column names it. */
void axvisor_cell_error_cold(struct axvisor *ax, enum vd_field f, u32 column, const struct toml *v,
			     const char *format, ...);
#define axvisor_cell_error(ax, f, column, v, ...) \
	(COLD_CHECK(__VA_ARGS__),                 \
	 axvisor_cell_error_cold(ax, f, column, v, COLD_FORMAT(__VA_ARGS__)))
/* The same for what is taken all the same; @column of a row's cell, else AXVISOR_WHOLE. */
#define AXVISOR_WHOLE UINT32_MAX
void axvisor_warning_cold(struct axvisor *ax, enum vd_field f, u32 column, const struct toml *v,
			  const char *format, ...);
#define axvisor_warning(ax, f, column, v, ...) \
	(COLD_CHECK(__VA_ARGS__), axvisor_warning_cold(ax, f, column, v, COLD_FORMAT(__VA_ARGS__)))
void axvisor_fix_cold(struct axvisor *ax, struct src_pos at, const char *format, ...);
#define axvisor_fix(ax, at, ...) \
	(COLD_CHECK(__VA_ARGS__), axvisor_fix_cold(ax, at, COLD_FORMAT(__VA_ARGS__)))
/* "known, not supported yet", and @instead. */
void axvisor_later(struct axvisor *ax, enum vd_field f, const struct toml *v, const char *instead);

/* Which of its words (vmdesc_word) a field has; AXVISOR_NONE when absent, or none, which is reported. */
#define AXVISOR_NONE UINT32_MAX
u32 axvisor_word(struct axvisor *ax, enum vd_field f);
/* An integer that is not negative; reports others. */
bool axvisor_is_uint(struct axvisor *ax, enum vd_field f, const struct toml *v);
/*
 * The cells of a row of @f, a list or a table, in the order of the columns; NULL for an optional
 * one that is absent. False when the row was refused.
 */
bool axvisor_row(struct axvisor *ax, enum vd_field f, const struct toml *row,
		 const struct toml *cell[VD_MAX_COLUMNS]);

/* What reads one element of a field's list. */
struct axvisor_rows {
	enum vd_field f;
	enum status (*read)(struct axvisor *ax, const struct toml *row);
};

/* Read every element of fields that are lists; a list that is longer than a VM has room for is
 * refused.
 */
enum status axvisor_read_rows(struct axvisor *ax, const struct axvisor_rows *keys, u32 n);

/* ---- axvisor_keys.c: every key is known and has its kind; fills `value` -------------------- */
void axvisor_read_keys(struct axvisor *ax, const struct toml *root);

/* The same for a table of keys of any tables. */
void axvisor_read_loose_keys(struct axvisor *ax, const struct toml *keys);

/* ---- axvisor_vm.c, axvisor_devices.c, axvisor_pass.c, axvisor_trivet.c: fields into the description ---- */
enum status axvisor_base(struct axvisor *ax);
enum status axvisor_kernel(struct axvisor *ax);
enum status axvisor_devices(struct axvisor *ax);
enum status axvisor_pass(struct axvisor *ax);
enum status axvisor_trivet(struct axvisor *ax);
/* axvisor_boot.c: boot_protocol; comes before images are read. */
void axvisor_boot(struct axvisor *ax);
/* axvisor_virtual.c: one of [[devices.virtual]]. */
enum status axvisor_read_virtual(struct axvisor *ax, const struct toml *row);
/* A key that the later schema plans itself, so that nobody may write it there. */
bool axvisor_is_planned(struct str key);
/* A device of @class, zeroed; of the one controller and the one console, that in place of what another language has. */
struct vd_dev *axvisor_add_dev(struct axvisor *ax, struct src_pos at, const char *class);
/* An image of that role, which takes the place of one that is there. NULL: out of memory. */
struct vd_image *axvisor_image(struct axvisor *ax, enum vd_image_role role,
			       const struct toml *path);
