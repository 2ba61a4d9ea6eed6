/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the qvmconf front-end. One pass: a token, the option it is, its arguments, what
 * they do to the description. A token's text is good until the next token is read; what is kept is
 * copied. A function that returns false has reported why.
 */
#pragma once

#include <base/cold.h>
#include <base/bits.h>
#include <lib/config.h>
#include <lib/qvmconf.h>

/* More mistakes than this are not told: somebody gave us another kind of file. */
#define QVM_MAX_ERRORS 200
#define QVM_MAX_TOKEN  4096

enum qvm_context {
	QVM_G,
	QVM_CPU,
	QVM_VDEV,
	QVM_PASS,
	QVM_RESERVE,
};

enum qvm_args {
	QVM_NONE,
	QVM_VALUE,
	QVM_TEXT,
	QVM_TWO,
	QVM_OPEN,
	QVM_BLOB,
};

enum qvm_effect {
	QVM_DONE,
	QVM_QUIET,
	QVM_TOLD,
};

enum qvm_type {
	QVM_BOOL,
	QVM_TRISTATE,
	QVM_NUMBER,
	QVM_ADDRESS,
	QVM_STRING,
};

enum qvm_isa {
	QVM_ANY,
	QVM_ARM,
	QVM_X86,
};

/* What a device must be given. */
enum qvm_needs {
	QVM_NOTHING,
	QVM_LOC,
	QVM_INTR,
	QVM_LOC_INTR,
	QVM_PCI, /* nothing: the bus gives it */
	QVM_PIC, /* is an interrupt controller */
};

/* Texts are offsets into one string: see qvm_text(). */
struct qvm_option {
	u16 name;
	u16 form; /* an example */
	u16 does; /* of QVM_TOLD: what we do instead */
	u8 context;
	u8 args;
	u8 effect;
	u32 vdevs; /* BIT(id) of those that have it */
};

struct qvm_vdev {
	u16 name;
	u16 class;
	u8 isa;
	u8 needs;
};

struct qvm_set {
	u16 name;
	u16 does;
	u8 contexts; /* BIT() of them */
	u8 type;
	u8 effect;
};

/* Ids are indices. */
enum {
#define QVM_OPTION(id, ...)	  QVM_O_##id,
#define QVM_VDEV_OPTION(id, ...)  QVM_O_##id,
#define QVM_LATER_OPTION(id, ...) QVM_O_##id,
#define QVM_SET(id, ...)
#define QVM_VDEV(id, ...)
#define QVM_LATER_VDEV(id, ...)
#include "qvmconf.def"
	QVM_OPTIONS
};
#undef QVM_OPTION
#undef QVM_VDEV_OPTION
#undef QVM_LATER_OPTION
#undef QVM_SET
#undef QVM_VDEV
#undef QVM_LATER_VDEV

enum {
#define QVM_OPTION(id, ...)
#define QVM_VDEV_OPTION(id, ...)
#define QVM_LATER_OPTION(id, ...)
#define QVM_SET(id, ...) QVM_S_##id,
#define QVM_VDEV(id, ...)
#define QVM_LATER_VDEV(id, ...)
#include "qvmconf.def"
	QVM_SETS
};
#undef QVM_SET
#undef QVM_VDEV
#undef QVM_LATER_VDEV

enum {
#define QVM_SET(id, ...)
#define QVM_VDEV(id, ...)	QVM_V_##id,
#define QVM_LATER_VDEV(id, ...) QVM_V_##id,
#include "qvmconf.def"
	QVM_VDEVS
};
#undef QVM_OPTION
#undef QVM_VDEV_OPTION
#undef QVM_LATER_OPTION
#undef QVM_SET
#undef QVM_VDEV
#undef QVM_LATER_VDEV

extern const struct qvm_option qvm_options[QVM_OPTIONS];
extern const struct qvm_vdev qvm_vdevs[QVM_VDEVS];
extern const struct qvm_set qvm_sets[QVM_SETS];
const char *qvm_text(u16 offset);

struct qvm_token {
	struct str text;
	struct src_pos at;
	u32 part;
	bool quoted; /* wholly or in part */
	bool area;   /* an area's name gave a part of it */
	bool broken; /* a mistake in it has been reported */
};

/* An interrupt controller that was named and is not there yet. */
struct qvm_pending {
	struct qvm_pending *next;
	struct str name;
	struct src_pos at;
};

/* What `vdev gic` says; windows are made at the end, when the vCPUs are counted. */
struct qvm_gic {
	u32 index; /* of its device, plus 1 */
	struct src_pos at;
	struct src_pos version_at;
	u32 version; /* 0: not said */
	u64 gicd, gicc, gicr;
	struct src_pos used_at; /* its name was first used here, when there was no vdev gic */
};

struct qvm {
	struct arena *arena;
	struct diag *diag;
	const struct config_input *in;
	struct qvmconf_run *run;
	struct vmdesc *vd;
	u32 max_errors; /* of diag */
	/* lexer */
	u32 part;
	const char *p, *end, *line_start;
	u32 line;
	u32 word;
	bool unread; /* tok is to be given once more */
	struct qvm_token tok;
	size_t len;
	char buf[QVM_MAX_TOKEN];
	/* reader */
	const struct qvm_option *opt; /* being read; NULL: none */
	struct src_pos opt_at;
	u32 opt_part;
	struct src_pos first; /* the first option of all */
	u32 lost;	      /* line of the last unknown word, plus 1 */
	enum qvm_context context;
	struct src_pos context_at;
	const struct qvm_vdev *vdev; /* of the context; NULL: an unknown one */
	bool has_loc, has_intr, has_peer;
	u32 blob; /* option that says what the next load or pass is; 0: none */
	struct src_pos blob_at;
	u32 pass; /* passes before this context */
	u32 n_intr;
	u64 early; /* images that were reported to come before memory */
	bool guest_typed;
	bool isa_told;
	const char *variable; /* of set, when its value is read */
	struct qvm_gic gic;
	struct qvm_pending *pending;
	struct toml *keys; /* set trivet-KEY */
	enum status status;
};

/* ---- qvmconf_lex.c ------------------------------------------------------------------------ */

void qvm_lex_start(struct qvm *q);
/* The next token into q->tok; false: no more. */
bool qvm_next(struct qvm *q);

/* ---- qvmconf_number.c --------------------------------------------------------------------- */

enum qvm_base {
	QVM_BASE_ADDRESS, /* hexadecimal unless it says otherwise; K M G */
	QVM_BASE_SIZE,	  /* decimal unless it says otherwise; K M G */
	QVM_BASE_NUMBER,  /* the same without K M G */
};

/* @s as a number; reports what is wrong with it for the current option and token. */
bool qvm_number(struct qvm *q, struct str s, enum qvm_base base, u64 *out);
/* The same without a word: NULL, or what is wrong. */
const char *qvm_read_number(struct str s, enum qvm_base base, u64 *out, const char **doubt);
/* Cut what stands before the first comma off @rest. */
struct str qvm_piece(struct str *rest);

/* ---- qvmconf_say.c ------------------------------------------------------------------------ */

/* About q->tok as value of the current option: an error; a fix has to follow. */
void qvm_bad_cold(struct qvm *q, const char *format, ...);
#define qvm_bad(q, ...) (COLD_CHECK(__VA_ARGS__), qvm_bad_cold(q, COLD_FORMAT(__VA_ARGS__)))
/* The same with the option's example as fix. */
void qvm_bad_form_cold(struct qvm *q, const char *format, ...);
#define qvm_bad_form(q, ...) \
	(COLD_CHECK(__VA_ARGS__), qvm_bad_form_cold(q, COLD_FORMAT(__VA_ARGS__)))
void qvm_warn_cold(struct qvm *q, const char *format, ...);
#define qvm_warn(q, ...) (COLD_CHECK(__VA_ARGS__), qvm_warn_cold(q, COLD_FORMAT(__VA_ARGS__)))
/* About the option itself, at @at. */
void qvm_error_at_cold(struct qvm *q, struct src_pos at, const char *key, const char *format, ...);
#define qvm_error_at(q, at, key, ...) \
	(COLD_CHECK(__VA_ARGS__), qvm_error_at_cold(q, at, key, COLD_FORMAT(__VA_ARGS__)))
void qvm_note(struct qvm *q, struct src_pos at, const char *text);
void qvm_fix_cold(struct qvm *q, struct src_pos at, const char *format, ...);
#define qvm_fix(q, at, ...) (COLD_CHECK(__VA_ARGS__), qvm_fix_cold(q, at, COLD_FORMAT(__VA_ARGS__)))
/*
 * The index of @s in @list, words that NULs end and an empty one closes; -1 when it is none of
 * them, which was reported.
 */
int qvm_pick(struct qvm *q, struct str s, const char *list);
/* A copy that lasts. */
struct str qvm_keep(struct qvm *q, struct str s);

/* ---- qvmconf.c ---------------------------------------------------------------------------- */

/* The argument of the current option into q->tok; false: there is none that can be used. */
bool qvm_argument(struct qvm *q);

/* ---- qvmconf_vm.c, qvmconf_dev.c, qvmconf_set.c: options into the description ------------ */

void qvm_memory(struct qvm *q, u32 prot);
void qvm_load(struct qvm *q);
void qvm_sched(struct qvm *q);
void qvm_runmask(struct qvm *q);
void qvm_cluster(struct qvm *q);
void qvm_unsupported(struct qvm *q);
void qvm_logger(struct qvm *q, const char *filters);
void qvm_add_memory(struct qvm *q, const struct vd_mem *m);

void qvm_vdev_open(struct qvm *q);
void qvm_vdev_close(struct qvm *q);
void qvm_vdev_option(struct qvm *q);
/* controller:line; @name empty: of none. False: nothing to be used. */
bool qvm_interrupt(struct qvm *q, struct str s, u64 *line);
void qvm_isa(struct qvm *q, enum qvm_isa isa, struct src_pos at);
void qvm_finish_devs(struct qvm *q);

void qvm_pass_loc(struct qvm *q);
void qvm_pass_intr(struct qvm *q);
void qvm_reserve_loc(struct qvm *q);
void qvm_reserve_intr(struct qvm *q);

void qvm_set(struct qvm *q);
void qvm_finish_sets(struct qvm *q);
