/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest we are asked for: the one model that every configuration language is translated into.
 * Front-ends (lib/config) fill it, lib/vmdesc/board.c adds what the file left to the default
 * board, validate.c checks it whole, core/vm_build.c turns it into a machine. It is plain data in
 * the caller's arena; every node remembers where it was written.
 */
#pragma once

#include <base/arena.h>
#include <base/diag.h>
#include <base/span.h>
#include <base/status.h>
#include <base/str.h>
#include <base/types.h>
#include <lib/words.h>

#define VD_LIST(T)       \
	struct {         \
		T *v;    \
		u32 n;   \
		u32 cap; \
	}

/*
 * The fields of a description as a configuration spells them: lib/vmdesc/fields.def says each
 * one's key, kind, default and meaning. Front-ends read by it, messages name keys by it, and
 * docs/config-toml.md is generated from it.
 */
enum vd_field {
	VD_F_ID,
	VD_F_NAME,
	VD_F_VM_TYPE,
	VD_F_CPU_NUM,
	VD_F_PHYS_CPU_IDS,
	VD_F_PHYS_CPU_SETS,
	VD_F_CPU_SET,
	VD_F_GUEST_TYPE,
	VD_F_ENTRY_POINT,
	VD_F_IMAGE_LOCATION,
	VD_F_KERNEL_PATH,
	VD_F_KERNEL_LOAD_ADDR,
	VD_F_RAMDISK_PATH,
	VD_F_RAMDISK_LOAD_ADDR,
	VD_F_DTB_PATH,
	VD_F_DTB_LOAD_ADDR,
	VD_F_CMDLINE,
	VD_F_MEMORY_REGIONS,
	VD_F_BIOS_PATH,
	VD_F_BIOS_LOAD_ADDR,
	VD_F_DISK_PATH,
	VD_F_ENABLE_BIOS,
	VD_F_BOOT_PROTOCOL,
	VD_F_UEFI_FIRMWARE_PATH,
	VD_F_EMU_DEVICES,
	VD_F_INTERRUPT_MODE,
	VD_F_PASSTHROUGH_DEVICES,
	VD_F_EXCLUDED_DEVICES,
	VD_F_PASSTHROUGH_ADDRESSES,
	VD_F_PASSTHROUGH_PORTS,
	VD_F_ADDRESS_SPACE_POLICY,
	VD_F_VIRTUAL,
	VD_F_PASSTHROUGH,
	VD_F_DISABLED,
	VD_F_CPU_PRIORITIES,
	VD_F_UNSUPPORTED_INSTRUCTION,
	VD_F_UNSUPPORTED_REFERENCE,
	VD_F_UNSUPPORTED_REGISTER,
	VD_F_RESERVED,
	VD_F_RESERVED_INTERRUPTS,
	VD_F_CONSOLE,
	VD_F_INTERRUPT_CONTROLLER,
	VD_F_BOOT,
	VD_F_ISA,
	VD_F_DATA,
	VD_F_HOST_CPU_IDS,
	VD_F_DEVICE,
	VD_F_PASS,
	VD_FIELDS
};

enum vd_kind {
	VD_KIND_UINT,
	VD_KIND_STRING,
	VD_KIND_BOOL,
	VD_KIND_UINTS, /* a list of numbers */
	VD_KIND_ROWS,  /* a list of rows: see vmdesc_columns() */
	VD_KIND_TABLE, /* of a column: keys of its own */
};

enum vd_need {
	VD_NEED_REQUIRED,
	VD_NEED_OPTIONAL,
	VD_NEED_LATER, /* known, not supported yet: only an empty value is accepted */
};

struct vd_field_info {
	const char *table;
	const char *key;
	enum vd_kind kind;
	enum vd_need need;
	const char *example; /* of VD_NEED_REQUIRED; else NULL */
	const char *instead; /* of VD_NEED_LATER: what to write; else NULL */
};

/* A column of a row: rows are written as lists, or as tables with these names. */
struct vd_column {
	enum vd_field field;
	const char *name;
	enum vd_kind kind;
	enum vd_need need;
};

#define VD_MAX_COLUMNS 8

const struct vd_field_info *vmdesc_field(enum vd_field f);
/* The columns of a field of kind VD_KIND_ROWS, in their order; *n of them, 0 for others. */
const struct vd_column *vmdesc_columns(enum vd_field f, u32 *n);
/* The words that a field of kind VD_KIND_STRING can be, from 0 on; NULL: no more, or any text. */
const char *vmdesc_word(enum vd_field f, u32 i);

/* Bounds of a description: more is refused with a message, never cut. */
#define VD_MAX_VCPUS 32
#define VD_MAX_LIST  64
#define VD_NAME_MAX  32

enum vm_boot_abi {
	VM_BOOT_AUTO, /* from the kernel image: its format says */
	VM_BOOT_LINUX,
	VM_BOOT_RAW, /* first instruction at entry, registers zero */
};

/* Interrupts of passed-through devices; the guest's controller is emulated in any case. */
enum vm_intc_mode {
	VM_INTC_EMULATED,
	VM_INTC_NONE,	     /* they do not reach the guest */
	VM_INTC_PASSTHROUGH, /* as EMULATED */
};

enum vd_mem_backing {
	VD_MEM_ALLOC,	 /* host pages from the pool */
	VD_MEM_CLAIMED,	 /* the host range at `host`, claimed from the pool */
	VD_MEM_RESERVED, /* the host range at `host`, in memory that is not in the pool */
};

/* Bits. */
enum vd_prot {
	VD_R = 1,
	VD_W = 2,
	VD_X = 4,
	VD_NO_DMA = 8, /* of a passed window: the file says that no DMA is done by it */
};

enum vd_image_role {
	VD_IMG_KERNEL,
	VD_IMG_INITRD,
	VD_IMG_DTB,
	VD_IMG_BIOS,
	VD_IMG_DATA, /* copied as it is; there may be several */
	VD_IMG_ROLES
};

enum vd_source {
	VD_SRC_FS,     /* a file system on the host's disk */
	VD_SRC_MEMORY, /* the archive linked into the hypervisor */
	VD_SRC_HOME,   /* where the description itself was found */
};

/* What the guest does that the board has no answer for, and what happens then. */
enum vd_unsupported {
	VD_UNSUP_INSTRUCTION, /* one that is not there, an access that cannot be decoded */
	VD_UNSUP_REFERENCE,   /* an address where nothing is */
	VD_UNSUP_REGISTER,    /* a system register that is not there */
	VD_UNSUPPORTED
};

enum vd_action {
	VD_FAIL,   /* the architectural fault */
	VD_IGNORE, /* writes go nowhere, reads give all ones */
	VD_ABORT,  /* the VM is stopped, and says why */
};

struct vd_policy {
	enum vd_action unsupported[VD_UNSUPPORTED];
	struct src_pos at[VD_UNSUPPORTED];
};

/* Parts of the default board that a language does not give unasked: BIT() of these. */
enum vd_part {
	VD_PART_INTC,
	VD_PART_CONSOLE,
};

enum vd_trigger {
	VD_TRIGGER_LEVEL,
	VD_TRIGGER_EDGE,
};

/* An address that may be left to us. */
struct vd_addr {
	gpa_t gpa;
	bool given;
	struct src_pos at;
};

struct vd_vcpu {
	u64 hw_id;	/* the id the guest sees, as its ISA numbers CPUs */
	bool has_hw_id; /* written in the file; else the board numbers */
	u64 cpu_mask;	/* host CPUs it may run on, by index; 0 = no wish */
	u64 host_hw_id; /* wished host CPU by hardware id, when has_host_hw_id */
	bool has_host_hw_id;
	u32 priority;		/* higher runs first; equal ones share round robin */
	struct src_pos at;	/* of hw_id */
	struct src_pos mask_at; /* of cpu_mask; line 0: none was written */
};

struct vd_mem {
	gpa_t base;
	u64 size;
	u32 prot; /* enum vd_prot bits */
	enum vd_mem_backing backing;
	struct src_pos at;
	hpa_t host; /* of CLAIMED and RESERVED; mostly the same number as base */
};

struct vd_image {
	enum vd_image_role role;
	enum vd_source source;
	struct str path;
	struct vd_addr load;
	struct src_pos at; /* of the path */
};

struct vd_window {
	gpa_t base;
	u64 size;
};

struct vd_irq {
	u32 line; /* number as the VM's interrupt controller counts */
	enum vd_trigger trigger;
};

struct vd_option {
	struct str key;
	struct str value; /* numbers as written, without separators */
	struct src_pos at;
};

/* Devices have at most this many windows and interrupts; classes say how many they want. */
#define VD_DEV_WINDOWS 4
#define VD_DEV_IRQS    4

struct vd_dev {
	struct str class; /* "pl011": the key of a vdev class */
	struct str name;  /* as the user calls it */
	struct vd_window win[VD_DEV_WINDOWS];
	u32 n_win;
	struct vd_irq irq[VD_DEV_IRQS];
	u32 n_irq;
	VD_LIST(struct vd_option) options;
	bool is_default; /* from the default board, not from the file */
	/* Where its windows are, and which its interrupts, is ours to choose: vmdesc_place_devices(). */
	bool is_placed_by_us;
	struct src_pos at;
};

/* ---- passed-through hardware ---- */

enum vd_pass_how {
	VD_PASS_MAP,	 /* the guest reaches the registers itself: whole pages, nobody else's */
	VD_PASS_FORWARD, /* accesses are trapped and done for the guest: part of a shared page */
};

struct vd_pass_window {
	gpa_t gpa;
	hpa_t hpa;
	u64 size;
	u32 prot;	      /* enum vd_prot bits; no right among them: read and write */
	enum vd_pass_how how; /* set by vmdesc_resolve_passes() */
};

struct vd_pass_irq {
	u32 host;  /* as the host's interrupt controller counts */
	u32 guest; /* as the VM's does */
	enum vd_trigger trigger;
};

#define VD_PASS_IRQS 8

/* A piece of the host's hardware that the VM gets. */
struct vd_pass {
	struct str name; /* as the user calls it; of a node: its path */
	struct str path; /* its node in the host's tree; empty: just addresses */
	struct vd_pass_window win[VD_DEV_WINDOWS];
	u32 n_win;
	struct vd_pass_irq irq[VD_PASS_IRQS]; /* before resolving: irq[0].host as written */
	u32 n_irq;
	struct src_pos at;
};

/* A node of the host's tree, as the file names it. */
struct vd_path {
	struct str path;
	struct src_pos at;
};

/* What resolving leaves of the host's tree for the guest's. */
struct vd_pass_tree {
	struct span
		fdt; /* nodes for the guest's root; the root's properties are aliases. n 0: none */
	/* In them the host's interrupt controller is referred to: the guest's stands for it. */
	u32 intc_phandle;
	u32 intc_address_cells;
	u32 intc_irq_cells;
	u32 free_phandle; /* none of theirs is this or above */
};

/* A piece of the guest's address space, or an interrupt, that we place nothing in unasked. */
struct vd_reserve {
	struct vd_window win; /* size 0: the interrupt */
	u32 irq;
	struct src_pos at;
};

struct vmdesc {
	struct vmdesc *next; /* of the same file; NULL: the last */
	const char *lang;    /* config_lang's name: "axvisor" */
	/* The ISA that the description says, or implies, it is for, as compilers call it; NULL: any. */
	const char *isa;
	struct src_pos isa_at;
	const char *file;    /* for messages: the path it came from */
	enum vd_source home; /* where that file was found */
	struct str folder;   /* the file's folder there, for relative paths; no trailing '/' */
	u32 id;		     /* 0: none was given; vmdesc_number() gives one */
	struct src_pos id_at;
	struct str name;
	struct src_pos name_at;
	enum vm_boot_abi abi;
	enum vm_intc_mode intc;
	struct src_pos vcpus_at; /* where the number of vCPUs was written */
	struct src_pos mems_at;
	VD_LIST(struct vd_vcpu) vcpus;
	VD_LIST(struct vd_mem) mems;
	VD_LIST(struct vd_image) images;
	VD_LIST(struct vd_dev) devs;
	VD_LIST(struct vd_pass) passes;	     /* rows with addresses; after resolving: everything */
	VD_LIST(struct vd_path) pass_paths;  /* nodes asked for, with what hangs below them */
	VD_LIST(struct vd_path) pass_except; /* nodes kept out of that */
	VD_LIST(struct vd_reserve) reserves;
	struct vd_policy policy;
	u32 absent; /* BIT(enum vd_part) */
	struct vd_pass_tree pass_tree;
	struct str cmdline;
	struct src_pos cmdline_at;
	struct vd_addr entry;
	struct vd_addr tree; /* wished place of a generated device tree; a file's is with its image */
	u64 reported; /* BIT(enum vd_field): the front-end refused it, so nobody says more of it */
};

/* What the VM has to fit on; from hostdesc and the ISA, or a platform file at the desk. */
struct vd_target {
	const char *isa;      /* as compilers call it; NULL: not known */
	u64 gpa_limit;	      /* first guest-physical address that cannot be given */
	u32 n_cpus;	      /* host CPUs */
	const u64 *cpu_hw_id; /* n_cpus of them */
	u64 free_ram;	      /* bytes guests may get in all; 0 = not known */
	u32 n_lines;	      /* of the guest's interrupt controller; 0 = as many as can be */
	/* Classes that can be built, and what each wants. */
	const struct vd_class_info *classes;
	u32 n_classes;
};

struct vd_class_info {
	const char *name;
	u64 min_window; /* bytes each window must have at least */
	u32 n_win;	/* windows it needs */
	u32 n_irq;	/* interrupts it needs */
	bool is_intc;	/* an interrupt controller: exactly one for a VM */
	bool is_console;
};

/* An empty description with @file as its origin. NULL when the arena is full. */
struct vmdesc *vmdesc_new(struct arena *a, const char *file);

/* Append a zeroed element to a list of the description; NULL when full or out of memory. */
struct vd_vcpu *vmdesc_add_vcpu(struct vmdesc *vd, struct arena *a, struct src_pos at);
struct vd_mem *vmdesc_add_mem(struct vmdesc *vd, struct arena *a, struct src_pos at);
struct vd_image *vmdesc_add_image(struct vmdesc *vd, struct arena *a, struct src_pos at);
struct vd_dev *vmdesc_add_dev(struct vmdesc *vd, struct arena *a, struct src_pos at);
struct vd_pass *vmdesc_add_pass(struct vmdesc *vd, struct arena *a, struct src_pos at);
struct vd_path *vmdesc_add_pass_path(struct vmdesc *vd, struct arena *a, struct src_pos at);
struct vd_path *vmdesc_add_pass_except(struct vmdesc *vd, struct arena *a, struct src_pos at);
struct vd_reserve *vmdesc_add_reserve(struct vmdesc *vd, struct arena *a, struct src_pos at);
struct vd_option *vd_dev_add_option(struct vd_dev *d, struct arena *a, struct src_pos at);

const struct vd_image *vmdesc_image(const struct vmdesc *vd, enum vd_image_role role);
const struct vd_dev *vmdesc_dev(const struct vmdesc *vd, const char *class);

/* `VM "linux"`, `VM 3` when it has no name, `VM` when no number either: how messages begin. */
struct show vmdesc_label(const struct vmdesc *vd);

/* How messages name a key: as the description's language spells it. "kernel.entry_point" */
struct show vmdesc_key(const struct vmdesc *vd, enum vd_field f);
/* The same, ready for its value: "kernel.entry_point = ", "load ". */
struct show vmdesc_key_is(const struct vmdesc *vd, enum vd_field f);
/* A piece of memory as the language writes it, behind its key. */
const char *vmdesc_memory_example(const struct vmdesc *vd);
/* What to write for memory that has the host's addresses. */
const char *vmdesc_same_memory(const struct vmdesc *vd);
/* Its language names host CPUs by masks; others by their numbers. */
bool vmdesc_has_cpu_masks(const struct vmdesc *vd);

/* What an image of that role is asked for by. */
enum vd_image_key {
	VD_IMAGE_PATH,
	VD_IMAGE_LOAD,
};
enum vd_field vmdesc_image_field(enum vd_image_role role, enum vd_image_key key);

/* The first of its reserves that [base, base + len) touches; NULL. */
const struct vd_reserve *vmdesc_reserve_at(const struct vmdesc *vd, u64 base, u64 len);

/* Where this ISA's usual board has a device, and of which class it is. One board_<isa>.c each. */
struct vd_board_dev {
	const char *class;
	const char *name;
	struct vd_window win[VD_DEV_WINDOWS];
	u64 per_vcpu[VD_DEV_WINDOWS]; /* added to the window's size for every vCPU */
	u32 n_win;
	struct vd_irq irq[VD_DEV_IRQS];
	u32 n_irq;
};

struct vd_board {
	struct vd_board_dev intc;
	struct vd_board_dev older_intc; /* known by its first window, which is smaller */
	struct vd_board_dev console;
	struct vd_window pool; /* where devices go that have no place of their own */
	u32 first_line;	       /* the first interrupt for them */
	u32 last_line;
};

extern const struct vd_board vmdesc_board;

/* Make @d what the board has, sized for @n_vcpus. Its options, name and place stay as they are. */
void vd_dev_from_board(struct vd_dev *d, const struct vd_board_dev *b, u32 n_vcpus);

/*
 * Give the VM what its file left to us: interrupt controller, timer and console at their usual
 * places (architecture.md, section 10), hardware ids of vCPUs. One file per ISA
 * (board_<isa>.c), chosen at link time. E_NOMEM when the arena is full.
 */
enum status vmdesc_add_default_board(struct vmdesc *vd, struct arena *a);

struct hostdesc;

/*
 * Turn what the file asks of the host's hardware (passes, pass_paths, pass_except) into passes
 * with windows, interrupts and how each window is reached, and cut their nodes out of @host_fdt
 * (8-byte aligned; n 0: the machine has no tree, paths are refused). Devices of the default board
 * make way for windows at their addresses. Comes after the default board and before
 * vmdesc_validate(). Mistakes go to @d and leave E_INVAL; nothing in @vd points into @host_fdt,
 * but it may point into @hd. Most of what is free in @a is used, and given back.
 */
enum status vmdesc_resolve_passes(struct vmdesc *vd, const struct hostdesc *hd,
				  struct span host_fdt, struct arena *a, struct diag *d);

/*
 * After the default board: make the interrupt controller one of class @class (hostdesc's
 * guest_intc; NULL: not known), where it is of another that only other machines can have.
 */
void vmdesc_use_intc(struct vmdesc *vd, const char *class);

/*
 * Give the devices that are placed by us windows and interrupts: the lowest that are free of
 * everything else in @vd, in the order of their names. Comes after resolving passes.
 */
enum status vmdesc_place_devices(struct vmdesc *vd, struct diag *d);

/*
 * Check the whole description and report every mistake to @d, each with VM, key, value and fix.
 * OK when nothing was an error, else E_INVAL.
 */
enum status vmdesc_validate(const struct vmdesc *vd, const struct vd_target *t, struct diag *d);

/* Give every VM whose file gave none the lowest id that no other has. */
void vmdesc_number(struct vmdesc *const *vds, u32 n);

/* VMs that shall run side by side; of two that cannot the later one is refused. */
struct vd_set {
	const struct vmdesc *const *vds;
	u32 n;
	const struct vd_target *target;
};

/*
 * Mistakes between VMs: same id, same name, host memory or hardware claimed twice, more memory than
 * there is. Marks in @refused; those marked already take no memory. @a is used and given back:
 * about 40 bytes for each claim. E_INVAL: something was reported. E_NOMEM.
 */
enum status vmdesc_validate_set(const struct vd_set *set, bool *refused, struct arena *a,
				struct diag *d);

/* The canonical text of a description, line by line to @put: golden tests and `vm show`. */
void vmdesc_print(const struct vmdesc *vd, void (*put)(void *ctx, const char *line), void *ctx);
