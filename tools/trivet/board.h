/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's board as people look at it: what lies where in its address space, and which line of the
 * interrupt controller is whose. Text, JSON and picture are all drawn from these two lists, so
 * that they cannot tell different things.
 */
#pragma once

#include "trivet.h"

enum area_kind {
	AREA_RAM,
	AREA_ROM, /* memory that the guest cannot write */
	AREA_DEVICE,
	AREA_PASS,
	AREA_RESERVED,
	AREA_IMAGE, /* inside of memory */
	AREA_TREE,  /* the device tree that we write; inside of memory */
	AREA_KINDS
};

struct area {
	enum area_kind kind;
	u64 base;
	u64 size;    /* 0: not known (an image that is not here) */
	bool nested; /* lies in the area before it that is not */
	u32 prot;    /* enum vd_prot bits */
	const char *what;
	const char *name;    /* @what in two parts: its own name, */
	const char *more;    /* and the rest; may be "" */
	const char *backing; /* who answers there */
	bool has_host;
	u64 host; /* the host's address, when it is fixed */
	u32 dev; /* of DEVICE: index of vd->devs; of PASS: of vd->passes; of IMAGE: of vd->images */
	u32 win; /* window of it */
	struct src_pos at; /* line 0: the default board */
};

struct board_line {
	u32 line;
	const char *kind; /* "SPI", "PPI"; "" where the controller has no kinds */
	enum vd_trigger trigger;
	const char *device;
	bool is_pass;
	bool is_reserved;
	bool has_host;
	u32 host; /* line of the host's controller */
	u32 dev;  /* index of vd->devs or vd->passes; UINT32_MAX: the vCPU's own */
	struct src_pos at;
};

struct board {
	const struct vmdesc *vd;
	struct area *areas; /* by address; images behind what they lie in */
	u32 n_areas;
	struct board_line *lines; /* by number */
	u32 n_lines;
	u64 ram; /* bytes the guest has */
};

/* The index of the VM of that name, else of that number; set->n: there is none. */
u32 board_find_vm(const struct tool_set *set, const char *word);

/* What is known of an image's file; size 0: it is not here. */
struct board_image {
	u64 base; /* where it will lie, when !free */
	u64 size;
	bool placed; /* base is known */
};

void board_make(struct board *b, const struct vmdesc *vd, const struct tool_set *set);

const char *board_kind_name(enum area_kind kind);
const char *board_abi_name(enum vm_boot_abi abi);
const char *board_intc_mode_name(enum vm_intc_mode mode);
const char *board_role_name(enum vd_image_role role);
const char *board_trigger_name(enum vd_trigger t);
const char *board_action_name(enum vd_action a);
/* "rwx", "r--" */
const char *board_prot_name(u32 prot);
/* Rows of addresses may have no name. */
const char *board_pass_name(const struct vd_pass *p);
/* What the guest may do there: silence means read and write. */
u32 board_pass_prot(const struct vd_pass_window *w);
/* The interrupt controller, or NULL. */
const struct vd_dev *board_intc(const struct vmdesc *vd);
/* "line 12", "other.toml:12", "default" (board) */
const char *board_where(const struct vmdesc *vd, struct src_pos at);
/* "/soc@0/uart@1000" into "uart@1000" and "/soc@0"; what is no path stays whole. */
void board_split_path(const char *path, const char **name, const char **folder);
/* The image's place and size as far as they are known here. */
struct board_image board_image(const struct tool_set *set, const struct vmdesc *vd, u32 index);
/* Where the guest's device tree goes; false: nobody knows yet. */
bool board_tree(const struct tool_set *set, const struct vmdesc *vd, u64 *base);

/* ---- the machine below ---------------------------------------------------------------------- */

struct host_cpu {
	bool has_index;
	bool has_id;
	u32 index;
	u64 id;
};

struct host_view {
	const struct hostdesc *hd;
	struct host_cpu *cpus; /* of the machine; where it is not known, those that VMs name */
	u32 n_cpus;
	u64 ram; /* all of it; 0: not known */
};

void host_view_make(struct host_view *h, const struct tool_set *set);
/* The vCPU may run on cpus[i] because it says so; one without a wish: false for all. */
bool host_view_runs_on(const struct host_view *h, const struct vd_vcpu *v, u32 i);
bool host_view_any(const struct vd_vcpu *v);
/* The numbers of the bits that are set: "0, 2-3" */
const char *host_view_numbers(u64 mask);
/* "any", "0", "0, 2-3", "id 0x100" */
const char *host_view_cpus(const struct host_view *h, const struct vd_vcpu *v);

/* ---- helpers --------------------------------------------------------------------------------- */

/* A text that is never freed. */
char *tool_text(const char *format, ...) printf_like(1, 2);
/* Foreign text on one line: control characters and what is no UTF-8 become '?'. */
const char *tool_clean(struct str s);
/* Characters, not bytes. */
u32 tool_columns(const char *s);
/* "64 KiB", "7.9 MiB": for people, to two digits. */
const char *tool_size(u64 bytes);
