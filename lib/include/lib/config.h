/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration languages. A front-end translates bytes into a vmdesc and records where each
 * value stood; it never checks what values mean (that is vmdesc_validate).
 */
#pragma once

#include <base/arena.h>
#include <base/diag.h>
#include <base/span.h>
#include <lib/vmdesc.h>

struct config_lang {
	const char *name;   /* "axvisor" */
	const char *suffix; /* ".toml" */
	/*
	 * Translate @text of @file. Reports every mistake it can find to @d. @out is set also
	 * when there were mistakes, as far as the file could be understood, so that the validator
	 * can add its own; NULL when nothing could be. E_INVAL when an error was reported,
	 * E_NOMEM when the arena is full.
	 */
	enum status (*parse)(struct span text, const char *file, struct arena *a, struct diag *d,
			     struct vmdesc **out);
};

/* Generated from the component list: config-y. NULL-terminated. */
extern const struct config_lang *const config_langs[];

/* The language of @file by its suffix; NULL when none fits. */
const struct config_lang *config_detect(const char *file);

/* ---- TOML 1.0: bytes to events; knows nothing of VMs ------------------------------------- */

enum toml_type {
	TOML_STRING,
	TOML_INT,
	TOML_FLOAT,
	TOML_BOOL,
	TOML_DATETIME,
	TOML_ARRAY,
	TOML_TABLE,
};

/*
 * A value in the tree. Arrays and tables link their children in the order of the file; `child` is
 * the first. Strings are unescaped, UTF-8, in the arena. Floats keep their bits unread by us:
 * the hypervisor has no floating point, so `text` is what was written.
 */
struct toml {
	enum toml_type type;
	struct str key;	   /* in a table: its key, else empty */
	struct src_pos at; /* of the value */
	struct src_pos key_at;
	struct str text; /* STRING: unescaped; others: as written */
	s64 integer;	 /* INT, BOOL (0 or 1) */
	struct toml *child;
	struct toml *next;
	struct toml *last; /* ARRAY, TABLE: last child, for the reader */
	u32 n;		   /* children */
	u32 flags;	   /* the reader's own */
};

/*
 * Read a document. Reports syntax errors to @d; after an error the reader goes on at the next
 * line, so that one run shows them all. OK, E_INVAL (reported) or E_NOMEM. @root is set unless
 * E_NOMEM. Depth of nesting is bounded by TOML_MAX_DEPTH.
 */
#define TOML_MAX_DEPTH 32
enum status toml_parse(struct span text, const char *file, struct arena *a, struct diag *d,
		       struct toml **root);

/* The child of a table with that key, or NULL. */
const struct toml *toml_get(const struct toml *table, const char *key);

/* "a string", "an integer", ...: for messages. */
const char *toml_type_name(enum toml_type t);
