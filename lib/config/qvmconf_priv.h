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

/* Texts are offsets: see qvm_text(), and qvm_advice() for those that only messages show. */
struct qvm_option {
	u16 name;
	u16 form; /* an example; 0: none */
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
const char *qvm_advice(u16 offset);

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
	/* reader */
	const struct qvm_option *opt; /* being read; NULL: none */
	struct src_pos opt_at;
	u32 opt_part;
	struct src_pos first; /* the first option of all */
	u32 lost;	      /* line of the last unknown word, plus 1 */
	enum qvm_context context;
	struct src_pos context_at;
	const struct qvm_vdev *vdev; /* of the context; NULL: an unknown one */
	u32 dev;		     /* its device */
	bool has_loc, has_intr, has_peer;
	u32 blob; /* option that says what the next load or pass is; 0: none */
	struct src_pos blob_at;
	u32 pass; /* passes before this context */
	u32 n_intr;
	u64 early; /* images that were reported to come before memory */
	bool guest_typed;
	bool isa_told;
	struct src_pos said; /* where the error was that a fix is for */
	struct src_pos about_at;
	const char *about;
	const char *variable; /* of set, when its value is read */
	struct qvm_gic gic;
	struct qvm_pending *pending;
	struct toml *keys; /* set trivet-KEY */
	enum status status;
	char buf[QVM_MAX_TOKEN]; /* tok's text; last, so that the others are near */
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

/* What a message is about. */
enum qvm_about {
	QVM_BAD,   /* an error: q->tok as value of the current option */
	QVM_FORM,  /* the same, and the option's example as advice */
	QVM_WARN,  /* as QVM_BAD, a warning */
	QVM_BARE,  /* an error: q->tok, which is no value of an option */
	QVM_ERROR, /* an error: the current option itself */
	QVM_AT,	 /* an error: what stands at q->about_at and is called q->about; NULL: the option */
	QVM_FIX, /* what to write, for the error before */
};

void qvm_say_cold(struct qvm *q, enum qvm_about about, const char *format, ...);
#define qvm_say(q, about, ...) \
	(COLD_CHECK(__VA_ARGS__), qvm_say_cold(q, about, COLD_FORMAT(__VA_ARGS__)))
#define qvm_bad(q, ...)	     qvm_say(q, QVM_BAD, __VA_ARGS__)
#define qvm_bad_form(q, ...) qvm_say(q, QVM_FORM, __VA_ARGS__)
#define qvm_warn(q, ...)     qvm_say(q, QVM_WARN, __VA_ARGS__)
#define qvm_bare(q, ...)     qvm_say(q, QVM_BARE, __VA_ARGS__)
#define qvm_error(q, ...)    qvm_say(q, QVM_ERROR, __VA_ARGS__)
#define qvm_fix(q, ...)	     qvm_say(q, QVM_FIX, __VA_ARGS__)
#define qvm_error_at(q, at, key, ...) \
	((q)->about_at = (at), (q)->about = (key), qvm_say(q, QVM_AT, __VA_ARGS__))
/* qvm_bad() and qvm_fix() of texts without arguments. */
void qvm_refuse_cold(struct qvm *q, const char *text, const char *fix);
#define qvm_refuse(q, text, fix) qvm_refuse_cold(q, COLD_TEXT(text), COLD_TEXT(fix))
/* "did you mean @best?", or when that is NULL @fix. */
void qvm_advise_cold(struct qvm *q, const char *best, const char *fix);
#define qvm_advise(q, best, fix) qvm_advise_cold(q, best, COLD_TEXT(fix))
/* The option asks for more than a description holds. */
void qvm_full(struct qvm *q);
void qvm_note(struct qvm *q, struct src_pos at, const char *text);
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
/* A number that a line can have, or it is told. */
bool qvm_is_line(struct qvm *q, u64 line);
void qvm_isa(struct qvm *q, enum qvm_isa isa, struct src_pos at);
void qvm_finish_devs(struct qvm *q);

void qvm_pass_loc(struct qvm *q);
void qvm_pass_intr(struct qvm *q);
void qvm_reserve_loc(struct qvm *q);
void qvm_reserve_intr(struct qvm *q);

void qvm_set(struct qvm *q);
void qvm_finish_sets(struct qvm *q);
