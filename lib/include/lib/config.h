/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration languages. A front-end translates bytes into a vmdesc and records where each
 * value stood; it never checks what values mean (that is vmdesc_validate).
 */
#pragma once

#include <base/arena.h>
#include <base/diag.h>
#include <base/range.h>
#include <base/span.h>
#include <lib/hostdesc.h>
#include <lib/vmdesc.h>

/* A file with more bytes is no VM file, for the hypervisor and so for the desk. */
#define CONFIG_FILE_MAX KIB(64)

/* A piece of configuration: a file, or words of a command line. */
struct config_part {
	struct span text;
	const char *file; /* for messages: the path as the user knows it */
	bool words;	  /* @text is command line words, NUL-separated; columns count words */
};

/*
 * What a description may ask of the place where it is read. Every member may be NULL: nothing of
 * the kind is there, and a front-end that needs it says so with the place that asked.
 */
struct config_env {
	/* $env{NAME}. The string lives as long as the environment. */
	bool (*variable)(void *ctx, struct str name, struct str *out);
	/* $asinfo_start{NAME}: a memory area that the platform file or the host's tree names. */
	bool (*area)(void *ctx, struct str name, struct range *out);
	/* The name of an area that is near @name, for "did you mean"; NULL: there is none. */
	const char *(*near_area)(void *ctx, struct str name);
	/*
	 * `import`: @name as written, @angled between < and >, @from the file that asks. The text
	 * comes out of the preprocessor. E_NOTFOUND; E_BUSY: has been given before, so is empty now.
	 */
	enum status (*import)(void *ctx, struct str name, bool angled, const char *from,
			      struct config_part *out);
	/* Is there an image of that name in the archive or folder that the description will run with? */
	bool (*has_image)(void *ctx, struct str name);
	/* The host's device tree, where a language asks it questions; n 0: not known. */
	struct span fdt;
	void *ctx;
};

struct config_input {
	const struct config_part *part; /* read in this order; most languages take exactly one */
	u32 n_parts;
	const struct config_env *env; /* never NULL */
};

struct config_lang {
	const char *name;   /* "axvisor" */
	const char *suffix; /* ".toml" */
	/*
	 * Translate. Reports every mistake it can find to @d. @out is set also when there were
	 * mistakes, as far as the file could be understood, so that the validator can add its own;
	 * NULL when nothing could be. A file that describes several VMs gives a list, by `next`.
	 * Nothing in @out points into the parts' text. E_INVAL when an error was reported, E_NOMEM
	 * when the arena is full.
	 */
	enum status (*parse)(const struct config_input *in, struct arena *a, struct diag *d,
			     struct vmdesc **out);
};

/* Generated from the component list: config-y. NULL-terminated. */
extern const struct config_lang *const config_langs[];

/* The language of @file by its suffix; NULL when none fits. */
const struct config_lang *config_detect(const char *file);

/* "*.toml, *.qvmconf": for messages. */
void config_list_suffixes(char *buf, size_t size);

/* An environment in which there is nothing. */
extern const struct config_env config_env_empty;

/* `area` and `near_area` of an environment whose ctx is a struct hostdesc. */
bool config_host_area(void *ctx, struct str name, struct range *out);
const char *config_host_near_area(void *ctx, struct str name);

/* Parse one file in an environment in which there is nothing. */
enum status config_parse_file(const struct config_lang *lang, struct span text, const char *file,
			      struct arena *a, struct diag *d, struct vmdesc **out);

/* The machine that a description shall run on. */
struct config_machine {
	const struct hostdesc *hd;
	struct span fdt; /* its device tree, 8-byte aligned; n 0: not known */
	const struct vd_target *target;
};

/*
 * What follows parsing, the same at the desk and on the target: default board, passes resolved,
 * validated. E_INVAL: an error was reported to @d. E_NOMEM: the arena is full.
 */
enum status config_complete(struct vmdesc *vd, const struct config_machine *m, struct arena *a,
			    struct diag *d);

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

/* ---- keys of ours in the other languages ----------------------------------------------------- */

/*
 * What a language cannot say is said with the keys of TOML (lib/vmdesc/fields.def), without their
 * tables: `vmN.trivet = { "id": 2, ... }` in CAmkES, `set trivet-id 2` in qvmconf. @keys is a table
 * of them; each overrides what @vd has. Reports to @d; E_INVAL when something was refused.
 */
enum status config_extend(struct vmdesc *vd, const struct toml *keys, struct arena *a,
			  struct diag *d);

/* Read the text of one TOML value, such as "[1, 2]" or "0x10", as a key's value at @at. */
enum status toml_parse_value(struct str text, struct str key, struct src_pos at, struct arena *a,
			     struct diag *d, struct toml **out);
