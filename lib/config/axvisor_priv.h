/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the AxVisor front-end. `value` holds what the file gave for a field, and only when
 * it has the right kind: a NULL is absent, refused or of the wrong kind, and then the mistake has
 * been reported. The steps below therefore never check kinds of whole fields again.
 */
#pragma once

#include <base/bits.h>
#include <lib/config.h>

struct axvisor {
	struct arena *arena;
	struct diag *diag;
	struct vmdesc *vd;
	const struct toml *value[VD_FIELDS];
	u32 intc_parts; /* index + 1 of the device that rows for parts of one make up */
	u64 meant;	/* BIT(enum vd_field): a misspelt or misplaced key was meant to be this */
	bool syntax_ok; /* else a key that is missing may stand in a broken line */
};

/* One mistake, with the VM's name, the key's path and the value as it was written. */
void axvisor_error(struct axvisor *ax, enum vd_field f, const struct toml *v, const char *format,
		   ...) printf_like(4, 5);
/* The same for a cell of a row: @column names it. */
void axvisor_cell_error(struct axvisor *ax, enum vd_field f, u32 column, const struct toml *v,
			const char *format, ...) printf_like(5, 6);
/* The same for what is taken all the same; @column of a row's cell, else AXVISOR_WHOLE. */
#define AXVISOR_WHOLE UINT32_MAX
void axvisor_warning(struct axvisor *ax, enum vd_field f, u32 column, const struct toml *v,
		     const char *format, ...) printf_like(5, 6);
void axvisor_fix(struct axvisor *ax, struct src_pos at, const char *format, ...) printf_like(3, 4);
/* "known, not supported yet", and @instead. */
void axvisor_later(struct axvisor *ax, enum vd_field f, const struct toml *v, const char *instead);

/* The number of a field, or @fallback. */
u64 axvisor_uint(const struct axvisor *ax, enum vd_field f, u64 fallback);
/* An integer that is not negative; reports others. */
bool axvisor_is_uint(struct axvisor *ax, enum vd_field f, const struct toml *v);
/*
 * The cells of a row of @f, a list or a table, in the order of the columns; NULL for an optional
 * one that is absent. False when the row was refused.
 */
bool axvisor_row(struct axvisor *ax, enum vd_field f, const struct toml *row,
		 const struct toml *cell[VD_MAX_COLUMNS]);

/* ---- axvisor_keys.c: every key is known and has its kind; fills `value` -------------------- */
void axvisor_read_keys(struct axvisor *ax, const struct toml *root);

/* ---- axvisor_vm.c, axvisor_devices.c, axvisor_pass.c: fields into the description -------------------------- */
enum status axvisor_base(struct axvisor *ax);
enum status axvisor_kernel(struct axvisor *ax);
enum status axvisor_devices(struct axvisor *ax);
enum status axvisor_pass(struct axvisor *ax);
