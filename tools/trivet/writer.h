/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptions back into text. A writer says all that its language can say, and tells of the rest
 * by say_lost(), once for each thing: an error, or with --lossy a comment where the thing would
 * stand. Nothing here reads files, so tests call it with models that no file ever had.
 */
#pragma once

#include <stdio.h>

#include <base/diag.h>
#include <lib/vmdesc.h>

struct writer;

/* A language that descriptions are written in. */
struct dialect {
	const char *name;    /* --to toml */
	const char *title;   /* "AxVisor TOML": in messages */
	const char *lang;    /* config_lang's name: "axvisor" */
	const char *suffix;  /* ".toml" */
	const char *comment; /* "#": what begins one, to the end of its line */
	bool several;	     /* a file may hold several VMs */
	/* @n of them, 1 unless `several`, by way of w->vd. */
	void (*write)(struct writer *w, const struct vmdesc *const *vms, u32 n);
};

extern const struct dialect dialect_toml;
extern const struct dialect dialect_qvmconf;
extern const struct dialect dialect_camkes;

struct writer {
	FILE *f;
	const struct dialect *to;
	const struct vmdesc *vd; /* at work on it */
	struct diag *diag;
	bool lossy;
	bool native; /* the description was of this language before: what it left out stays out */
	bool irqs_apart; /* interrupts without registers are said elsewhere than with the devices */
	u32 n_lost;
	FILE *notes; /* of what is lost with --lossy, until the next whole line */
	char *notes_text;
	size_t notes_len;
};

/* @f stays the caller's. writer_end() comes behind each writer_begin(). */
void writer_begin(struct writer *w, const struct dialect *to, FILE *f, struct diag *d, bool lossy);
void writer_end(struct writer *w);

/* ---- whole lines ---------------------------------------------------------------------------- */

/* A line, empty or not. What was lost before it stands above it. */
void say(struct writer *w, const char *format, ...) printf_like(2, 3);
/* A comment on where this comes from. */
void say_origin(struct writer *w);
/* A line and what it means: comments stand in one column where they can. NULL: none. */
void say_with(struct writer *w, const char *text, const char *remark);
/* What cannot be said in this language. @what: "memory at 0x0: its host address" */
void say_lost(struct writer *w, struct src_pos at, const char *what, ...) printf_like(3, 4);

/* ---- TOML's values, which the other languages carry too (toml_values.c) ---------------------- */

/*
 * The value of a key as TOML writes it, on one line. False and nothing written: the description
 * says nothing of it, or what TOML takes when nothing is said.
 */
bool write_value(struct writer *w, enum vd_field f, FILE *out);

/* A quoted string; foreign bytes that are no UTF-8 are lost. */
void write_string(struct writer *w, FILE *out, struct str s, struct src_pos at);

/* Rows of a field of kind VD_KIND_ROWS, one by one: @i from 0 on; false at the end. */
struct value_rows {
	enum vd_field field;
	u32 (*count)(const struct vmdesc *vd);
	/* Row @i, and what to say beside it. False: this one is not for this field. */
	bool (*row)(struct writer *w, u32 i, FILE *out, char *remark, size_t size);
};
/* NULL: not such a field, or never written. */
const struct value_rows *value_rows(enum vd_field f);
/* Of those, the ones that are devices (toml_devices.c). */
const struct value_rows *device_rows(enum vd_field f);
bool is_console(const struct vd_dev *d);
/* An interrupt that comes without registers, as CAmkES gives them. */
bool is_bare_irq(const struct vd_pass *p);

/* ---- what a description says, whatever the language (model_text.c) --------------------------- */

/*
 * Everything that matters at run time, a line for each thing, sorted; so two descriptions are the
 * same board exactly when these are the same text. Memory of the caller's, by malloc.
 */
char *model_text(const struct vmdesc *vd);
