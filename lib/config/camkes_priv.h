/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the CAmkES front-end. Text becomes tokens (lex), tokens values (expr, item) and a
 * tree of components (parse), the tree one flat assembly (link), and its VMs descriptions (vm).
 * Names are interned: equal names are equal pointers, and what was said of a name hangs on it.
 * Every list, depth and count has a bound here, so a hostile file costs little.
 */
#pragma once

#include <base/bits.h>
#include <lib/config.h>

#define CK_MAX_DEPTH	    32 /* of values, expressions, braces */
#define CK_MAX_COMPOUNDS    8  /* compounds inside of compounds */
#define CK_MAX_ITEMS	    200000
#define CK_MAX_NAMES	    20000
#define CK_MAX_SETTINGS	    20000
#define CK_MAX_INSTANCES    1024
#define CK_MAX_ENDS	    16
#define CK_MAX_IMPORTS	    256
#define CK_MAX_IMPORT_DEPTH 16
#define CK_MAX_SYNTAX	    20 /* syntax errors that are told */
#define CK_MAX_UNKNOWN	    64 /* unknown names that are looked for among the known ones */
#define CK_MAX_VMS	    32
#define CK_BUCKETS	    4096

struct ck_component;
struct ck_flat;
struct ck_link;
struct dt;

/* ---- names ------------------------------------------------------------------------------- */

struct ck_name {
	struct str text;
	u32 hash;
	struct ck_name *next;
	struct ck_component *component; /* declared under this name */
	struct ck_flat *instance;	/* in the flat assembly */
	struct ck_link *connection;	/* in the flat assembly */
	bool told;			/* a message about it has been given */
};

/* ---- values ------------------------------------------------------------------------------ */

enum ck_type {
	CK_INT,
	CK_BOOL,
	CK_FLOAT,
	CK_STRING,
	CK_LIST,
	CK_DICT,
	CK_QUERY,
};

struct ck_item {
	enum ck_type type;
	u32 n; /* children */
	struct src_pos at;
	s64 integer;	 /* INT, BOOL */
	struct str text; /* STRING; QUERY: its name; FLOAT: as written */
	struct ck_item *key;
	struct ck_item *child;
	struct ck_item *next;
};

/* ---- declarations ------------------------------------------------------------------------ */

enum ck_member {
	CK_USES,
	CK_PROVIDES,
	CK_EMITS,
	CK_CONSUMES,
	CK_DATAPORT,
	CK_ATTRIBUTE,
};

struct ck_decl {
	enum ck_member kind;
	struct ck_name *name;
	struct src_pos at;
	struct str type;	    /* ATTRIBUTE: "int", "string", ... */
	bool is_list;		    /* ATTRIBUTE */
	bool maybe;		    /* its interface may stay unconnected */
	const struct ck_item *item; /* ATTRIBUTE: default; DATAPORT: size; or NULL */
	struct ck_decl *next;
};

struct ck_inst {
	struct ck_name *name;
	struct ck_name *type; /* NULL: of its own, declared in place */
	struct ck_name *group;
	struct ck_component *own;
	struct src_pos at;
	struct ck_inst *next;
};

struct ck_end {
	struct ck_name *instance; /* NULL: the interface of the compound itself */
	struct ck_name *iface;
	bool is_to;
	struct src_pos at;
};

struct ck_conn {
	struct ck_name *name;
	struct str connector;
	struct ck_end end[CK_MAX_ENDS];
	u32 n_ends;
	struct src_pos at;
	struct ck_conn *next;
};

struct ck_set {
	struct ck_name *target;
	struct ck_name *attr;
	struct src_pos at;
	const struct ck_item *item; /* NULL: by reference */
	struct ck_name *from;	    /* of the reference: instance, NULL: the compound itself */
	struct ck_name *from_attr;
	struct ck_set *next;
};

#define CK_CHAIN(T)       \
	struct {          \
		T *first; \
		T *last;  \
	}

/* Append to a chain. */
#define ck_append(chain, node)                        \
	do {                                          \
		if ((chain)->last)                    \
			(chain)->last->next = (node); \
		else                                  \
			(chain)->first = (node);      \
		(chain)->last = (node);               \
	} while (0)

/* What an assembly and the inside of a compound are made of. */
struct ck_body {
	CK_CHAIN(struct ck_inst) instances;
	CK_CHAIN(struct ck_conn) connections;
	CK_CHAIN(struct ck_set) settings;
};

struct ck_component {
	struct ck_name *name;
	struct src_pos at;
	bool is_vm; /* carries the mark of VM_INIT_DEF() */
	CK_CHAIN(struct ck_decl) decls;
	struct ck_body body;
};

/* ---- the flat assembly ------------------------------------------------------------------- */

/* A setting of one instance. */
struct ck_value {
	struct ck_name *attr;
	const struct ck_item *item;
	struct src_pos at;
	struct ck_value *next;
};

struct ck_flat {
	struct ck_name *name; /* "vm.vm0" */
	struct ck_name *last; /* "vm0" */
	const struct ck_component *component;
	struct ck_name *type;
	struct src_pos at;
	CK_CHAIN(struct ck_value) values;
	struct ck_flat *next;
};

/* That an instance or a connection (@owner) has a value for an attribute. */
struct ck_seen {
	const void *owner;
	const struct ck_name *attr;
	const struct ck_item *item;
	struct src_pos at;
	struct ck_seen *next;
};

struct ck_link {
	struct ck_name *name;
	struct str connector;
	struct src_pos at;
	struct {
		struct ck_flat *inst;
		struct ck_name *iface;
		bool is_to;
	} end[CK_MAX_ENDS];
	u32 n_ends;
	CK_CHAIN(struct ck_value) values; /* `conn.size = ...` */
	struct ck_link *next;
};

/* ---- attributes (camkes_attrs.def) ------------------------------------------------------- */

enum ck_attr {
#define CK_ATTR(id, name, kind, class, isa, meaning, does) CK_A_##id,
#define CK_KEY(id, name, kind, need, meaning)
#define CK_SILENT(pattern, meaning)
#include "camkes_attrs.def"
#undef CK_ATTR
#undef CK_KEY
#undef CK_SILENT
	CK_ATTRS
};

enum ck_kind {
	CK_KIND_INT,
	CK_KIND_STRING,
	CK_KIND_LIST, /* of anything */
	CK_KIND_DICT,
	CK_KIND_QUERY,
	CK_KIND_ADDR, /* a string with an expression, or a number */
	CK_KIND_FLAG,
	CK_KIND_ANY,
};

/* What a setting is about; IGN: resources that other kernel needs and ours does not. */
enum ck_class {
	CK_CLASS_VM,
	CK_CLASS_DEV,
	CK_CLASS_NET,
	CK_CLASS_CON,
	CK_CLASS_BLK,
	CK_CLASS_SCHED,
	CK_CLASS_IGN,
	CK_CLASS_LATER, /* known, not supported yet: warned about */
};

enum ck_isa {
	CK_ISA_ANY,
	CK_ISA_X86,
	CK_ISA_ARM,
};

struct ck_attr_info {
	const char *name;
	enum ck_kind kind;
	enum ck_class class;
	enum ck_isa isa;
};

struct ck_key_info {
	enum ck_attr attr;
	const char *name;
	enum ck_kind kind;
	bool required;
};

#define CK_MAX_KEYS 12

extern const struct ck_attr_info ck_attrs[CK_ATTRS];
/* Index of @name, CK_ATTRS when there is none. */
u32 ck_attr_find(struct str name);
/* Is it plumbing that is ignored by name: "simple_untyped24_pool", "ether_vm1_send_id"? */
bool ck_attr_is_silent(struct str name);
void ck_attr_suggest(struct suggest *near);
/* The first of an attribute's keys; *n of them. */
const struct ck_key_info *ck_attr_keys(enum ck_attr attr, u32 *n);
/* Does @text fit @pattern, in which one '*' may stand for anything? */
bool ck_pattern_fits(const char *pattern, struct str text);
const char *ck_kind_name(enum ck_kind kind);
const char *ck_item_name(const struct ck_item *item);

/* ---- state ------------------------------------------------------------------------------- */

struct camkes {
	struct arena *arena;
	struct diag *diag;
	const struct config_input *in;
	bool no_memory; /* the arena is full: stop, and say so once */
	bool too_large; /* one of the bounds was passed, and told */
	u32 n_items;
	u32 n_names;
	u32 n_settings;
	u32 n_instances;
	u32 n_imports;
	u32 n_syntax;
	u32 n_unknown;
	u32 import_depth;
	u32 errors;    /* reported before we began */
	u64 libraries; /* of the files that come with CAmkES, those that were read */
	struct ck_name *bucket[CK_BUCKETS];
	struct ck_seen **seen; /* by owner and attribute */
	struct ck_body root;
	CK_CHAIN(struct ck_flat) flats;
	CK_CHAIN(struct ck_link) links;
	struct dt *tree;   /* of the host; NULL: not known */
	const char *about; /* before errors: whose value is being read; NULL: no VM's */
};

void ck_error(struct camkes *ck, struct src_pos at, const char *format, ...) printf_like(3, 4);
void ck_warning(struct camkes *ck, struct src_pos at, const char *format, ...) printf_like(3, 4);
void ck_fix(struct camkes *ck, struct src_pos at, const char *format, ...) printf_like(3, 4);
void ck_note(struct camkes *ck, struct src_pos at, const char *format, ...) printf_like(3, 4);
/* A bound was passed: told once. */
void ck_too_large(struct camkes *ck, struct src_pos at, const char *what, u32 bound);
static inline bool ck_stopped(const struct camkes *ck)
{
	return ck->no_memory || ck->too_large;
}

/* Zeroed memory; NULL and `no_memory` when the arena is full. */
void *ck_alloc(struct camkes *ck, size_t size);
#define ck_new(ck, T) ((T *)ck_alloc((ck), sizeof(T)))
struct str ck_copy(struct camkes *ck, struct str s);
/* NULL when stopped. */
struct ck_name *ck_intern(struct camkes *ck, struct str s);
/* "a.b", or "b" when there is no @a. */
struct ck_name *ck_join(struct camkes *ck, const struct ck_name *a, const struct ck_name *b);

/* ---- camkes.c ---------------------------------------------------------------------------- */

/* Read and link; NULL when there is no memory at all. */
struct camkes *ck_read(const struct config_input *in, struct arena *a, struct diag *d);

/* ---- camkes_lex.c ------------------------------------------------------------------------ */

enum ck_tok {
	CK_T_END,
	CK_T_ID,
	CK_T_NUMBER,
	CK_T_STRING,
	CK_T_ANGLED, /* <path>, after `import` and `include` */
	CK_T_PUNCT,
};

struct ck_lex {
	struct camkes *ck;
	struct span text;
	size_t at;
	size_t line_start; /* offset, so that at - line_start + 1 is the column */
	const char *file;
	u32 line;
	u32 col_base; /* added to columns: a string inside of a line */
	u32 depth;    /* of values */
	u32 blocks;   /* of components inside of each other */
	bool markers; /* lines that begin with '#' are the preprocessor's */
	bool failed;  /* the statement has been reported */
	bool broken;  /* the text ended too early, which has been reported */
	u32 braces;   /* of dictionaries that are open */
	/* the token */
	enum ck_tok tok;
	struct str s; /* STRING without its quotes; PUNCT one or two characters */
	struct src_pos pos;
};

void ck_lex_begin(struct ck_lex *lx, struct camkes *ck, struct span text, const char *file);
void ck_lex_next(struct ck_lex *lx);
/* The next token is a path between < and >: to be called while the token before is current. */
void ck_lex_next_path(struct ck_lex *lx);
bool ck_is(const struct ck_lex *lx, const char *punct);
bool ck_is_word(const struct ck_lex *lx, const char *word);
/* Is it this? Then go on. */
bool ck_take(struct ck_lex *lx, const char *punct);
/* Has the block more in it? Not at @close, at the end, or when we stopped. */
bool ck_more(const struct ck_lex *lx, const char *close);
/* What the token is, for "found ...". */
struct show ck_found(const struct ck_lex *lx);

/* ---- camkes_expr.c ----------------------------------------------------------------------- */

struct ck_number {
	s64 v;
	bool is_bool;
	bool is_float;
	struct str text; /* of a float */
};

/* Reads an expression; false when it was reported. */
bool ck_expr(struct ck_lex *lx, struct ck_number *out);
/* The value of a string that is pasted into C: "0x1000 + 0x20". Reports; @what is the key. */
bool ck_expr_text(struct camkes *ck, struct str text, struct src_pos at, s64 *out);

/* ---- camkes_item.c ----------------------------------------------------------------------- */

/* A value, NULL when it was reported. */
struct ck_item *ck_item(struct ck_lex *lx);
/* dtb(...) behind its name. */
struct ck_item *ck_query(struct ck_lex *lx, struct str name, struct src_pos at);
struct str ck_strings(struct ck_lex *lx);
const struct ck_item *ck_item_get(const struct ck_item *dict, const char *key);

/* ---- camkes_parse.c, camkes_member.c ------------------------------------------------------ */

void ck_parse_part(struct camkes *ck, struct span text, const char *file);
/* "expected X, found Y", once for each statement. */
void ck_syntax(struct ck_lex *lx, const char *expected);
bool ck_expect(struct ck_lex *lx, const char *punct);
struct ck_name *ck_expect_id(struct ck_lex *lx, const char *what);
/* "a.b.c": @last is the last part, @rest what is before it or NULL. */
bool ck_ref(struct ck_lex *lx, struct ck_name **rest, struct ck_name **last);
/* To the end of a broken statement. */
void ck_recover(struct ck_lex *lx);
void ck_skip_braces(struct ck_lex *lx);
void ck_component(struct ck_lex *lx);
struct ck_component *ck_component_body(struct ck_lex *lx, struct ck_name *name);
void ck_composition(struct ck_lex *lx, struct ck_body *body);
void ck_configuration(struct ck_lex *lx, struct ck_body *body);
/* A name with "(" behind it, where none may stand: a macro that nobody expanded. */
void ck_unexpanded(struct ck_lex *lx, struct str name, struct src_pos at);

/* ---- camkes_library.c -------------------------------------------------------------------- */

/* The text that stands for a file of the libraries that come with CAmkES; false: none of them. */
bool ck_library(struct camkes *ck, struct str name, struct str *text);
/* Is @type a component of theirs that runs beside VMs and does nothing here? */
bool ck_is_helper(struct str type);

/* ---- camkes_link.c ----------------------------------------------------------------------- */

/* Make `flats` and `links` of what was read. */
void ck_link_all(struct camkes *ck);
const struct ck_seen *ck_find_set(const struct camkes *ck, const void *owner,
				  const struct ck_name *attr);

/* Does a connection end at this interface? */
bool ck_is_connected(const struct camkes *ck, const struct ck_flat *f, const struct ck_name *iface);

/* ---- camkes_vm.c ------------------------------------------------------------------------- */

struct ck_vm {
	struct camkes *ck;
	struct ck_flat *inst;
	struct vmdesc *vd;
	enum ck_isa isa;
	const struct ck_value *value[CK_ATTRS]; /* only of the right kind */
	bool virtual_serial;
	bool is_full; /* of devices, which has been told */
	u64 ram_base;
	u64 ram_size;
	struct ck_vm *next;
};

/* Which attribute a setting is, older names included; CK_ATTRS: none. */
enum ck_attr ck_attr_of(const struct ck_value *v);
/* The descriptions of all VMs. */
void ck_describe(struct camkes *ck, struct vmdesc **out);

void ck_vm_error(struct ck_vm *vm, struct src_pos at, const char *key, const char *format, ...)
	printf_like(4, 5);
void ck_vm_warning(struct ck_vm *vm, struct src_pos at, const char *key, const char *format, ...)
	printf_like(4, 5);

/* The cells of a dictionary by the attribute's keys; false when it was refused. */
bool ck_cells(struct ck_vm *vm, enum ck_attr attr, const struct ck_item *dict,
	      const struct ck_item *cell[CK_MAX_KEYS]);
/* ck_expr_text() of a VM's @key: errors name both. */
bool ck_vm_expr(struct ck_vm *vm, const char *key, struct str text, struct src_pos at, s64 *out);
/* A number, of an integer or of an expression in a string; not below 0. */
bool ck_address(struct ck_vm *vm, const char *key, const struct ck_item *item, u64 *out);
bool ck_flag(const struct ck_item *item, bool fallback);
struct str ck_text(const struct ck_item *item, const char *fallback);
s64 ck_int(const struct ck_vm *vm, enum ck_attr attr, s64 fallback);
struct vd_image *ck_add_image(struct ck_vm *vm, enum vd_image_role role, struct str path,
			      struct src_pos at);
struct vd_dev *ck_add_dev(struct ck_vm *vm, const char *class, struct str name, struct src_pos at);
void ck_add_option(struct ck_vm *vm, struct vd_dev *dev, const char *key, struct str value,
		   struct src_pos at);
void ck_add_option_u64(struct ck_vm *vm, struct vd_dev *dev, const char *key, u64 value,
		       struct src_pos at);
void ck_add_option_hex(struct ck_vm *vm, struct vd_dev *dev, const char *key, u64 value,
		       struct src_pos at);
void ck_add_pass(struct ck_vm *vm, struct str name, u64 base, u64 size, struct src_pos at);
void ck_add_pass_irq(struct ck_vm *vm, struct str name, u32 host, u32 guest,
		     enum vd_trigger trigger, struct src_pos at);
/* "0x10000:12" and "0x10000:0x1000:12" */
bool ck_region(struct ck_vm *vm, enum ck_attr attr, const struct ck_item *item, u64 *base,
	       u64 *size);
bool ck_is_list_of(struct ck_vm *vm, enum ck_attr attr, enum ck_type type);

/* ---- camkes_arm.c, camkes_x86.c, camkes_dtb.c, camkes_cross.c ------------------------------ */

void ck_arm(struct ck_vm *vm);
/* Its interrupt controller, unless `trivet` gave one. */
void ck_arm_board(struct ck_vm *vm);
void ck_x86(struct ck_vm *vm);
/* Where QEMU's virt machine has a GICv2, with all its parts. */
#define CK_GICD	   UINT64_C(0x08000000)
#define CK_GICC	   UINT64_C(0x08010000)
#define CK_GIC_ALL 0x50000
/* Make the host's tree known, if there is one. */
void ck_open_tree(struct camkes *ck);
/* Are these registers of an interrupt controller of the host? */
bool ck_is_intc(const struct camkes *ck, u64 base, u64 size);
/* Where the host has its GICv2; where the usual board has it when the host has none. */
void ck_find_gicv2(const struct camkes *ck, u64 *dist, u64 *cpu);
/* Passes of `dtb([...])`. */
void ck_dtb(struct ck_vm *vm);
/* Virtual network, console and block devices that lists of attributes describe. */
void ck_virtual(struct ck_vm *vm);
/* Shared memory and events of connections. */
void ck_cross(struct camkes *ck, struct ck_vm *vms);
/* Is it shared memory or an event? */
bool ck_link_is_used(const struct ck_link *l);
/* Which VMs have a virtual console; before ck_virtual(). */
void ck_find_serial(struct camkes *ck, struct ck_vm *vms);
/* `vmN.trivet = {...}` */
void ck_extend(struct ck_vm *vm);

/* Does @pattern, a regular expression, fit anywhere in @text? -1: not one that we read. */
int ck_regex_search(struct str pattern, struct str text);
