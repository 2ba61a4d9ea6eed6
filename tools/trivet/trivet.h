/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of `trivet`, the program for the desk. A command is one file (cmd_NAME.c) and one line
 * in commands.def. Every command goes the same way as the hypervisor: the same front-ends, the same
 * validator, the same device classes, over a machine that a platform file or a device tree tells of.
 */
#pragma once

#include <stdio.h>

#include <base/arena.h>
#include <base/diag.h>
#include <lib/config.h>
#include <lib/fit.h>
#include <lib/hostdesc.h>
#include <lib/vmdesc.h>

/* How every command ends. */
enum tool_exit {
	TOOL_OK = 0,
	TOOL_ERRORS = 1, /* the configuration has mistakes, or a file cannot be had */
	TOOL_USAGE = 2,
};

struct command {
	const char *name;
	const char *synopsis;		   /* "check FILE... [--platform P]" */
	const char *help;		   /* one sentence */
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
	/* Its own options for `trivet help`, a line each: "  --svg" at 0, text from column 28. NULL: none. */
	const char *options;
};

/* From commands.def; name NULL ends it. */
extern const struct command commands[];

/* ---- options that commands share (options.c) ---------------------------------------------- */

#define TOOL_MAX_WORDS 64

struct tool_words {
	const char *v[TOOL_MAX_WORDS];
	u32 n;
};

enum tool_color {
	TOOL_COLOR_AUTO, /* on a terminal, unless NO_COLOR is set */
	TOOL_COLOR_NEVER,
	TOOL_COLOR_ALWAYS,
};

struct tool_options {
	const char *platform;	    /* --platform: a name of configs/platforms, or a file */
	const char *tree;	    /* --tree: the machine's device tree, as a blob */
	struct tool_words archives; /* --archive F: images by name in a CPIO archive */
	struct tool_words folders;  /* --files DIR: images by name in a folder */
	struct tool_words named;    /* --file NAME=PATH */
	struct tool_words includes; /* -I DIR: for the preprocessor */
	struct tool_words defines;  /* -D NAME[=VALUE] */
	struct tool_words added;    /* --add PATH=NAME: more files for a disk */
	const char *output;	    /* -o: NULL: standard output */
	bool json;
	bool json_is_ours; /* --json is what the command itself prints: diagnostics stay text */
	bool no_images;	   /* --no-images: a check does not look for them */
	bool verbose;	   /* -v: what was fine, too */
	const char *lang;  /* --lang: whatever the suffix is */
	enum tool_color color;
	const char *color_word;	  /* --color as written */
	const char *const *files; /* what is no option */
	u32 n_files;
};

/* An option of one command alone: @value is set to its word, or to its own name when it has none. */
struct tool_own_option {
	const char *name; /* "--svg" */
	bool has_value;
	const char **value;
};

/*
 * Read @argv into @o. @own: this command's options, ended by name NULL; or NULL. False: a message
 * has been printed, the command returns TOOL_USAGE.
 */
bool tool_options_read(struct tool_options *o, int argc, char **argv,
		       const struct tool_own_option *own);

/* ---- the machine (machine.c) ---------------------------------------------------------------- */

struct tool_machine {
	struct hostdesc hd;
	struct span fdt; /* n 0: no tree was given, so nodes of the host cannot be looked at */
	struct vd_target target;
	struct arena arena;
	const char *platform; /* its file; NULL: built-in facts */
	const char *tree;     /* its file; NULL: none */
	u64 memory;	      /* bytes; 0: not known */
};

/* From --platform (else the default one) and --tree. Mistakes go to @d. */
enum status tool_machine_open(const struct tool_options *o, struct tool_machine *m, struct diag *d);

/* ---- diagnostics (report.c) ----------------------------------------------------------------- */

/* First member: what front-ends get. Renders to stderr, or collects for --json. */
struct tool_report {
	struct diag d;
	const struct tool_options *o;
	bool json; /* collected, and printed to stdout at the end */
	struct report_own *own;
};

/* @json comes from the options; a command whose own output is the JSON sets it to false. */
void tool_report_init(struct tool_report *r, const struct tool_options *o);
/* A note that belongs to no message, such as what could not be checked. Said once. */
void tool_report_remark(struct tool_report *r, const char *text);
/* With --json, print what was collected to stdout. Else a line that counts, when there were any. */
void tool_report_end(struct tool_report *r);

/* ---- descriptions (load.c) ------------------------------------------------------------------ */

enum tool_depth {
	TOOL_PARSE,    /* what the file says, nothing added */
	TOOL_COMPLETE, /* default board, passes, validated, compared with the others */
	TOOL_IMAGES,   /* and its images opened and planned, where they can be found */
};

struct tool_set {
	struct tool_report report;
	struct tool_machine machine;
	struct vmdesc **vms;
	bool *refused; /* by index of vms */
	u32 n;
	struct image_fit *fits; /* by index of vms; n 0: was not planned */
	u32 cap;
	const char *reading; /* the file that is being read */
	struct arena pool;   /* what descriptions are kept in */
};

/*
 * Read o->files, whatever languages they are in. OK also when VMs are refused: report.d.n_errors
 * says. E_INVAL: nothing could be read at all. One process loads one set; it is never freed.
 */
enum status tool_load(const struct tool_options *o, enum tool_depth depth, struct tool_set *set);

/* The steps of tool_load(), for commands whose words are no plain list of files. */
enum status tool_set_begin(const struct tool_options *o, struct tool_set *set);
/* By --lang, else by suffix; NULL: reported. */
const struct config_lang *tool_lang_of(const struct tool_options *o, const char *file,
				       struct diag *d);
/* False: reported, and there is nothing to parse. */
bool tool_read_part(struct tool_set *set, const struct config_lang *lang, const char *file,
		    struct config_part *part);
/* One description (or several VMs of one file) from its parts. */
void tool_load_parts(struct tool_set *set, const struct config_lang *lang,
		     const struct config_part *parts, u32 n_parts, enum tool_depth depth);
void tool_set_end(struct tool_set *set, enum tool_depth depth);

/* What descriptions may ask about the place where they are read (env.c). @set lives longer. */
void tool_env(struct tool_set *set, struct config_env *env);

/* As tool_read_file(), but says nothing: *why is the reason. */
struct span tool_read_quietly(const char *path, const char **why);

/* As tool_read_file(), but the error goes to @d, and messages about it can show its lines. */
struct span tool_read_source(const char *path, struct diag *d);

/* A whole file, with a 0 byte behind its end that n does not count; p NULL: an error was printed. */
struct span tool_read_file(const char *path);

/* o->output or stdout; NULL: an error was printed. tool_output_close() says if writing failed. */
FILE *tool_output_open(const struct tool_options *o, const char *mode);
bool tool_output_close(const struct tool_options *o, FILE *f);

/* "trivet: " and the message, to stderr. */
void tool_complain(const char *format, ...) printf_like(1, 2);

/* Memory that is never freed; ends the program when there is none. */
void *tool_alloc(size_t n);
