/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The binding of packed descriptions: each member that a file can set, with its property.
 */
#include "packed.h"

const struct packed_row packed_rows[] = {
	[PACKED_WINDOW] = { VD_DEV_WINDOWS, sizeof(struct vd_window), "88" },
	[PACKED_IRQ] = { VD_DEV_IRQS, sizeof(struct vd_irq), "41" },
	[PACKED_PASS_WINDOW] = { VD_DEV_WINDOWS, sizeof(struct vd_pass_window), "888f1" },
	[PACKED_PASS_IRQ] = { VD_PASS_IRQS, sizeof(struct vd_pass_irq), "441" },
};

static_assert(sizeof(struct vd_window) == 16 && sizeof(struct vd_irq) == 8 &&
		      sizeof(struct vd_pass_window) == 32 && sizeof(struct vd_pass_irq) == 12,
	      "members of rows have nothing between them");

/* Who adds a member adds it below; pass_tree, home, folder and reported are not the file's. */
static_assert(sizeof(struct vd_vcpu) == 72 && sizeof(struct vd_mem) == 48 &&
		      sizeof(struct vd_image) == 72 && sizeof(struct vd_option) == 48 &&
		      sizeof(struct vd_dev) == 176 && sizeof(struct vd_pass) == 280 &&
		      sizeof(struct vd_path) == 32 && sizeof(struct vd_reserve) == 40 &&
		      sizeof(struct vmdesc) == 504,
	      "what a description holds is packed");

#define FIELD(T, member, name, kind, limit)                        \
	{                                                          \
		name, PACKED_##kind, limit, offsetof(T, member), 0 \
	}
#define ROWS(T, member, n, name, shape)                                                \
	{                                                                              \
		name, PACKED_ROWS, PACKED_##shape, offsetof(T, member), offsetof(T, n) \
	}
#define TYPE(fields_, lists_)                                            \
	{                                                                \
		fields_, lists_, array_size(fields_), array_size(lists_) \
	}
#define LEAF(fields_)                                 \
	{                                             \
		fields_, NULL, array_size(fields_), 0 \
	}
#define LIST(T, member, name, max, type)                                           \
	{                                                                          \
		name, offsetof(T, member), sizeof(*((T *)0)->member.v), max, &type \
	}

/* Nothing more than all bits of a sound value. */
#define PROT_MAX (VD_R | VD_W | VD_X)

#define T struct vd_vcpu
static const struct packed_field vcpu_fields[] = {
	FIELD(T, hw_id, "id", U64, 0),
	FIELD(T, has_hw_id, "id-given", FLAG, 0),
	FIELD(T, cpu_mask, "cpus", U64, 0),
	FIELD(T, host_hw_id, "host-id", U64, 0),
	FIELD(T, has_host_hw_id, "host-id-given", FLAG, 0),
	FIELD(T, priority, "priority", U32, 0),
	FIELD(T, at, "at", POS, 0),
	FIELD(T, mask_at, "cpus-at", POS, 0),
};
#undef T
static const struct packed_type vcpu = LEAF(vcpu_fields);

#define T struct vd_mem
static const struct packed_field mem_fields[] = {
	FIELD(T, base, "base", U64, 0),	       FIELD(T, size, "size", U64, 0),
	FIELD(T, prot, "prot", U32, PROT_MAX), FIELD(T, backing, "backing", U32, VD_MEM_RESERVED),
	FIELD(T, host, "host", U64, 0),	       FIELD(T, at, "at", POS, 0),
};
#undef T
static const struct packed_type mem = LEAF(mem_fields);

#define T struct vd_image
static const struct packed_field image_fields[] = {
	FIELD(T, role, "role", U32, VD_IMG_ROLES - 1),
	FIELD(T, source, "source", U32, VD_SRC_HOME),
	FIELD(T, path, "path", STR, 0),
	FIELD(T, load, "load", ADDR, 0),
	FIELD(T, at, "at", POS, 0),
};
#undef T
static const struct packed_type image = LEAF(image_fields);

#define T struct vd_option
static const struct packed_field option_fields[] = {
	FIELD(T, key, "key", STR, 0),
	FIELD(T, value, "value", STR, 0),
	FIELD(T, at, "at", POS, 0),
};
#undef T
static const struct packed_type option = LEAF(option_fields);

#define T struct vd_dev
static const struct packed_field dev_fields[] = {
	FIELD(T, class, "class", STR, 0),
	FIELD(T, name, "name", STR, 0),
	ROWS(T, win, n_win, "windows", WINDOW),
	ROWS(T, irq, n_irq, "irqs", IRQ),
	FIELD(T, is_default, "default", FLAG, 0),
	FIELD(T, is_placed_by_us, "placed-by-us", FLAG, 0),
	FIELD(T, at, "at", POS, 0),
};
static const struct packed_list dev_lists[] = {
	LIST(T, options, "option", VD_MAX_LIST, option),
};
#undef T
static const struct packed_type dev = TYPE(dev_fields, dev_lists);

#define T struct vd_pass
static const struct packed_field pass_fields[] = {
	FIELD(T, name, "name", STR, 0),
	FIELD(T, path, "path", STR, 0),
	ROWS(T, win, n_win, "windows", PASS_WINDOW),
	ROWS(T, irq, n_irq, "irqs", PASS_IRQ),
	FIELD(T, at, "at", POS, 0),
};
#undef T
static const struct packed_type pass = LEAF(pass_fields);

#define T struct vd_path
static const struct packed_field path_fields[] = {
	FIELD(T, path, "path", STR, 0),
	FIELD(T, at, "at", POS, 0),
};
#undef T
static const struct packed_type path = LEAF(path_fields);

#define T struct vd_reserve
static const struct packed_field reserve_fields[] = {
	FIELD(T, win.base, "base", U64, 0),
	FIELD(T, win.size, "size", U64, 0),
	FIELD(T, irq, "irq", U32, 0),
	FIELD(T, at, "at", POS, 0),
};
#undef T
static const struct packed_type reserve = LEAF(reserve_fields);

#define T struct vmdesc
static const struct packed_field vm_fields[] = {
	FIELD(T, lang, "lang", CSTR, 0),
	FIELD(T, isa, "isa", CSTR, 0),
	FIELD(T, isa_at, "isa-at", POS, 0),
	FIELD(T, file, "file", FILE, 0),
	FIELD(T, id, "id", U32, 0),
	FIELD(T, id_at, "id-at", POS, 0),
	FIELD(T, name, "name", STR, 0),
	FIELD(T, name_at, "name-at", POS, 0),
	FIELD(T, abi, "abi", U32, VM_BOOT_RAW),
	FIELD(T, intc, "intc", U32, VM_INTC_PASSTHROUGH),
	FIELD(T, vcpus_at, "vcpus-at", POS, 0),
	FIELD(T, mems_at, "mems-at", POS, 0),
	FIELD(T, policy.unsupported[VD_UNSUP_INSTRUCTION], "instruction", U32, VD_ABORT),
	FIELD(T, policy.unsupported[VD_UNSUP_REFERENCE], "reference", U32, VD_ABORT),
	FIELD(T, policy.unsupported[VD_UNSUP_REGISTER], "register", U32, VD_ABORT),
	FIELD(T, policy.at[VD_UNSUP_INSTRUCTION], "instruction-at", POS, 0),
	FIELD(T, policy.at[VD_UNSUP_REFERENCE], "reference-at", POS, 0),
	FIELD(T, policy.at[VD_UNSUP_REGISTER], "register-at", POS, 0),
	FIELD(T, absent, "absent", U32, 1 << VD_PART_INTC | 1 << VD_PART_CONSOLE),
	FIELD(T, cmdline, "cmdline", STR, 0),
	FIELD(T, cmdline_at, "cmdline-at", POS, 0),
	FIELD(T, entry, "entry", ADDR, 0),
	FIELD(T, tree, "tree", ADDR, 0),
};
static const struct packed_list vm_lists[] = {
	LIST(T, vcpus, "vcpu", VD_MAX_VCPUS, vcpu),
	LIST(T, mems, "memory", VD_MAX_LIST, mem),
	LIST(T, images, "image", VD_MAX_LIST, image),
	LIST(T, devs, "device", VD_MAX_LIST, dev),
	LIST(T, passes, "pass", VD_MAX_LIST, pass),
	LIST(T, pass_paths, "node", VD_MAX_LIST, path),
	LIST(T, pass_except, "except", VD_MAX_LIST, path),
	LIST(T, reserves, "reserve", VD_MAX_LIST, reserve),
};
#undef T
const struct packed_type packed_vm = TYPE(vm_fields, vm_lists);
