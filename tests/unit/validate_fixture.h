/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sound VM, and the machine that it is judged for, before every test of the validator.
 */
#pragma once

#include <base/bits.h>
#include <lib/vmdesc.h>

#include "config_fixture.h"

#define ARENA KIB(512)

static const u64 cpu_ids[] = { 0x0, 0x100, 0x200, 0x300 };

static const struct vd_class_info classes[] = {
	{ .name = "gicv3", .min_window = KIB(64), .n_win = 2, .is_intc = true },
	{ .name = "pl011", .min_window = KIB(4), .n_win = 1, .n_irq = 1, .is_console = true },
};

static struct sink sink;
static struct arena arena;
static struct vd_target target;
static struct vmdesc *vd;
static const struct src_pos here = { "vm.toml", 7, 3 };

/* A sound VM of two vCPUs before every test. */
static inline int fresh(void **state)
{
	struct vd_image *kernel;
	struct vd_mem *m;

	(void)state;
	if (!arena.base)
		arena_new_of(&arena, ARENA);
	sink_reset(&sink);
	arena_init(&arena, arena.base, ARENA);
	target = (struct vd_target){ .gpa_limit = UINT64_C(1) << 40,
				     .n_cpus = array_size(cpu_ids),
				     .cpu_hw_id = cpu_ids,
				     .free_ram = GIB(2),
				     .classes = classes,
				     .n_classes = array_size(classes) };
	vd = vmdesc_new(&arena, "vm.toml");
	vd->id = 1;
	vd->name = STR("x");
	vd->id_at = vd->name_at = vd->vcpus_at = vd->mems_at = vd->cmdline_at = here;
	vmdesc_add_vcpu(vd, &arena, here);
	vmdesc_add_vcpu(vd, &arena, here);
	m = vmdesc_add_mem(vd, &arena, here);
	*m = (struct vd_mem){ .base = GPA(0x80000000), .size = 0x20000000, .prot = 7, .at = here };
	kernel = vmdesc_add_image(vd, &arena, here);
	kernel->path = STR("Image");
	kernel->load = (struct vd_addr){ GPA(0x80200000), true, here };
	vd->entry = kernel->load;
	return vmdesc_add_default_board(vd, &arena) == OK ? 0 : -1;
}

static inline int end(void **state)
{
	(void)state;
	free(arena.base);
	arena.base = NULL;
	return 0;
}
