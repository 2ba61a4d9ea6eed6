/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An Arm VM: memory and images at the addresses it names, vCPUs, what it gets of the host, and a
 * GICv2 where the host's is. It has no console unless something of it says so.
 */
#include "camkes_priv.h"

/* Cells of both spellings of the addresses. */
enum {
	RAM_BASE,
	RAM_PADDR,
	RAM_SIZE,
	DTB_ADDR,
	INITRD_ADDR,
	ENTRY
};

enum {
	KERNEL,
	DTB_NAME,
	INITRD,
	CMDLINE,
	STDOUT,
	BASE_DTB,
	PROVIDE_DTB,
	GENERATE_DTB,
	PROVIDE_INITRD,
	CLEAN_CACHE,
	ONE_TO_ONE
};

/* The older spelling has one key less in front of what both call differently. */
static const u8 old_image[] = { KERNEL, DTB_NAME, INITRD, CMDLINE, STDOUT, BASE_DTB };

struct addresses {
	const struct ck_item *cell[CK_MAX_KEYS];
	struct src_pos at;
};

/* ---- memory -------------------------------------------------------------------------------- */

static enum ck_attr either(const struct ck_vm *vm, enum ck_attr now, enum ck_attr old)
{
	return vm->value[now] ? now : old;
}

/* Both spellings at once: which counts? */
static void check_both(struct ck_vm *vm, enum ck_attr now, enum ck_attr old)
{
	if (!vm->value[now] || !vm->value[old])
		return;
	ck_vm_error(vm, vm->value[old]->at, ck_attrs[old].name, "is the older spelling of %s",
		    ck_attrs[now].name);
	ck_fix(vm->ck, vm->value[old]->at, "remove one of the two");
	ck_note(vm->ck, vm->value[now]->at, "here is the other");
}

static bool cell_address(struct ck_vm *vm, const struct addresses *a, u32 index, const char *key,
			 u64 *out)
{
	return a->cell[index] && ck_address(vm, key, a->cell[index], out);
}

static void read_memory(struct ck_vm *vm, const struct addresses *a, bool one_to_one)
{
	u64 base, size, host;
	struct vd_mem *m;

	if (!((int)cell_address(vm, a, RAM_BASE, "ram_base", &base) &
	      (int)cell_address(vm, a, RAM_SIZE, "ram_size", &size))) {
		vm->vd->reported |= BIT(VD_F_MEMORY_REGIONS);
		return;
	}
	host = base;
	cell_address(vm, a, RAM_PADDR, "ram_paddr_base", &host);
	m = vmdesc_add_mem(vm->vd, vm->ck->arena, a->cell[RAM_BASE]->at);
	if (!m) {
		vm->ck->no_memory = true;
		return;
	}
	vm->ram_base = base;
	vm->ram_size = size;
	m->base = GPA(base);
	m->size = size;
	m->prot = VD_R | VD_W | VD_X;
	m->backing = one_to_one ? VD_MEM_CLAIMED : VD_MEM_ALLOC;
	m->host = HPA(one_to_one ? host : 0);
}

static bool read_addresses(struct ck_vm *vm, struct addresses *a)
{
	enum ck_attr attr = either(vm, CK_A_ADDRESS, CK_A_OLD_ADDRESS);
	const struct ck_value *v = vm->value[attr];

	*a = (struct addresses){ .at = vm->inst->at };
	check_both(vm, CK_A_ADDRESS, CK_A_OLD_ADDRESS);
	if (!v) {
		ck_vm_error(vm, vm->inst->at, "vm_address_config", "is missing");
		ck_fix(vm->ck, vm->inst->at,
		       "add %s.vm_address_config = {\"ram_base\" : \"0x40000000\", \"ram_size\" : "
		       "\"0x20000000\", ...}",
		       show_text(vm->inst->name->text).s);
		return false;
	}
	a->at = v->at;
	vm->vd->mems_at = v->at;
	return ck_cells(vm, attr, v->item, a->cell);
}

/* ---- images -------------------------------------------------------------------------------- */

static bool has_image(const struct ck_vm *vm, struct str name, bool unknown)
{
	const struct config_env *env = vm->ck->in->env;

	return env->has_image ? env->has_image(env->ctx, name) : unknown;
}

static void load_at(struct vd_addr *load, struct ck_vm *vm, const struct addresses *a, u32 index,
		    const char *key)
{
	u64 gpa;

	if (!cell_address(vm, a, index, key, &gpa))
		return;
	*load = (struct vd_addr){ GPA(gpa), true, a->cell[index]->at };
}

/* "-1": as the kernel image says. */
static void read_entry(struct ck_vm *vm, const struct addresses *a, struct vd_image *kernel)
{
	const struct ck_item *v = a->cell[ENTRY];
	s64 entry = v ? v->integer : -1;

	if (v && v->type == CK_STRING &&
	    !ck_vm_expr(vm, "kernel_entry_addr", v->text, v->at, &entry))
		return;
	if (!v || entry == -1)
		return;
	if (entry < 0) {
		ck_vm_error(vm, v->at, "kernel_entry_addr", "is below 0");
		ck_fix(vm->ck, v->at, "write an address, or \"-1\" for what the kernel image says");
		return;
	}
	vm->vd->entry = (struct vd_addr){ GPA((u64)entry), true, v->at };
	kernel->load = vm->vd->entry;
}

struct images {
	const struct ck_item *cell[CK_MAX_KEYS];
	bool is_old;
	struct src_pos at;
};

static bool wants_initrd(struct ck_vm *vm, const struct images *im, struct str name)
{
	if (!name.n)
		return false;
	if (!im->is_old)
		return ck_flag(im->cell[PROVIDE_INITRD], true);
	return has_image(vm, name, im->cell[INITRD] != NULL);
}

static bool wants_dtb(struct ck_vm *vm, const struct images *im, struct str name)
{
	if (!name.n)
		return false;
	if (!im->is_old)
		return ck_flag(im->cell[PROVIDE_DTB], true) &&
		       !ck_flag(im->cell[GENERATE_DTB], false);
	return has_image(vm, name, im->cell[DTB_NAME] != NULL);
}

static void read_initrd_and_dtb(struct ck_vm *vm, const struct addresses *a,
				const struct images *im)
{
	struct str initrd = ck_text(im->cell[INITRD], "linux-initrd");
	struct str dtb = ck_text(im->cell[DTB_NAME], "linux-dtb");
	struct vd_image *image;

	if (wants_initrd(vm, im, initrd)) {
		image = ck_add_image(vm, VD_IMG_INITRD, initrd,
				     im->cell[INITRD] ? im->cell[INITRD]->at : im->at);
		if (image)
			load_at(&image->load, vm, a, INITRD_ADDR, "initrd_addr");
	}
	if (!wants_dtb(vm, im, dtb)) {
		load_at(&vm->vd->tree, vm, a, DTB_ADDR, "dtb_addr");
		return;
	}
	image = ck_add_image(vm, VD_IMG_DTB, dtb,
			     im->cell[DTB_NAME] ? im->cell[DTB_NAME]->at : im->at);
	if (image)
		load_at(&image->load, vm, a, DTB_ADDR, "dtb_addr");
}

static bool read_cells(struct ck_vm *vm, struct images *im)
{
	enum ck_attr attr = either(vm, CK_A_IMAGE, CK_A_OLD_IMAGE);
	const struct ck_value *v = vm->value[attr];
	const struct ck_item *cell[CK_MAX_KEYS];

	*im = (struct images){ .is_old = attr == CK_A_OLD_IMAGE, .at = vm->inst->at };
	check_both(vm, CK_A_IMAGE, CK_A_OLD_IMAGE);
	if (!v)
		return true;
	im->at = v->at;
	if (!ck_cells(vm, attr, v->item, cell))
		return false;
	for (u32 i = 0; i < CK_MAX_KEYS; i++) {
		if (!im->is_old)
			im->cell[i] = cell[i];
		else if (i < array_size(old_image))
			im->cell[old_image[i]] = cell[i];
	}
	return true;
}

static void read_images(struct ck_vm *vm, const struct addresses *a, const struct images *im)
{
	struct str name = ck_text(im->cell[KERNEL], "linux");
	struct vd_image *kernel = ck_add_image(vm, VD_IMG_KERNEL, name,
					       im->cell[KERNEL] ? im->cell[KERNEL]->at : im->at);

	if (!kernel)
		return;
	read_entry(vm, a, kernel);
	read_initrd_and_dtb(vm, a, im);
	vm->vd->cmdline = ck_text(im->cell[CMDLINE], "");
	vm->vd->cmdline_at = im->cell[CMDLINE] ? im->cell[CMDLINE]->at : im->at;
	if (im->cell[BASE_DTB] && im->cell[BASE_DTB]->text.n)
		ck_vm_warning(vm, im->cell[BASE_DTB]->at, "dtb_base_name",
			      "known, not supported yet");
}

/* ---- CPUs ---------------------------------------------------------------------------------- */

static void read_vcpus(struct ck_vm *vm)
{
	const struct ck_value *v = vm->value[CK_A_NUM_VCPUS];
	struct src_pos at = v ? v->item->at : vm->inst->at;
	s64 n = ck_int(vm, CK_A_NUM_VCPUS, 1);
	s64 prio = ck_int(vm, CK_A_BASE_PRIO, 0);

	if (n < 1) {
		ck_vm_warning(vm, at, "num_vcpus", "%lld is taken as 1", (long long)n);
		n = 1;
	}
	if (n > VD_MAX_VCPUS) {
		ck_vm_error(vm, at, "num_vcpus", "%lld; a VM can have %d", (long long)n,
			    VD_MAX_VCPUS);
		ck_fix(vm->ck, at, "write a number from 1 to %d", VD_MAX_VCPUS);
		n = 1;
	}
	vm->vd->vcpus_at = at;
	for (s64 i = 0; i < n; i++) {
		struct vd_vcpu *vcpu = vmdesc_add_vcpu(vm->vd, vm->ck->arena, at);

		if (vcpu && prio > 0 && prio <= 255)
			vcpu->priority = (u32)prio - 1;
	}
	if (prio < 0 || prio > 255) {
		ck_vm_error(vm, vm->value[CK_A_BASE_PRIO]->item->at, "base_prio",
			    "%lld is not a priority", (long long)prio);
		ck_fix(vm->ck, vm->value[CK_A_BASE_PRIO]->item->at, "write 0 to 255");
	}
}

/* ---- what it gets of the host -------------------------------------------------------------- */

static void read_regions(struct ck_vm *vm, enum ck_attr attr)
{
	if (!ck_is_list_of(vm, attr, CK_STRING))
		return;
	for (const struct ck_item *v = vm->value[attr]->item->child; v; v = v->next) {
		u64 base, size;

		if (!ck_region(vm, attr, v, &base, &size) || ck_is_intc(vm->ck, base, size))
			continue;
		if (vm->ram_size && range_overlaps(base, size, vm->ram_base, vm->ram_size))
			continue;
		ck_add_pass(vm, v->text, base, size, v->at);
	}
}

static void read_irqs(struct ck_vm *vm)
{
	if (!ck_is_list_of(vm, CK_A_DTB_IRQS, CK_INT))
		return;
	for (const struct ck_item *v = vm->value[CK_A_DTB_IRQS]->item->child; v; v = v->next) {
		if (v->integer < 32 || v->integer > 1019) {
			ck_vm_error(vm, v->at, "dtb_irqs", "%lld is no device's interrupt",
				    (long long)v->integer);
			ck_fix(vm->ck, v->at, "write an INTID from 32 to 1019");
			continue;
		}
		ck_add_pass_irq(vm, STR("dtb_irqs"), (u32)v->integer, (u32)v->integer,
				VD_TRIGGER_LEVEL, v->at);
	}
}

/* What a guest's tree has in any case. */
static bool is_usual(struct str path)
{
	static const char *const usual[] = { "/timer*", "/apb-pclk*", "/psci*",	 "/pmu*",
					     "/intc*",	"/cpus*",     "*/timer*" };

	for (u32 i = 0; i < array_size(usual); i++) {
		if (ck_pattern_fits(usual[i], path))
			return true;
	}
	return false;
}

static void read_kept(struct ck_vm *vm, enum ck_attr attr)
{
	if (!ck_is_list_of(vm, attr, CK_STRING))
		return;
	for (const struct ck_item *v = vm->value[attr]->item->child; v; v = v->next) {
		if (is_usual(v->text))
			continue;
		ck_vm_warning(vm, v->at, ck_attrs[attr].name,
			      "\"%s\" is not in the guest's tree: known, not supported yet",
			      show_text(v->text).s);
		ck_fix(vm->ck, v->at, "give the node by dtb([...]) if the guest needs it");
	}
}

/* ---- the board ----------------------------------------------------------------------------- */

void ck_arm_board(struct ck_vm *vm)
{
	struct vd_dev *dev;
	u64 dist, cpu;

	if (vmdesc_dev(vm->vd, "pl011") || vmdesc_dev(vm->vd, "ns16550"))
		vm->vd->absent &= ~(u32)BIT(VD_PART_CONSOLE);
	if (vmdesc_dev(vm->vd, "gicv2") || vmdesc_dev(vm->vd, "gicv3"))
		return;
	dev = vmdesc_add_dev(vm->vd, vm->ck->arena, vm->inst->at);
	if (!dev)
		return;
	dev->class = STR("gicv2");
	dev->name = STR("intc");
	ck_find_gicv2(vm->ck, &dist, &cpu);
	dev->is_default = true;
	dev->win[0] = (struct vd_window){ GPA(dist), 0x1000 };
	dev->win[1] = (struct vd_window){ GPA(cpu), 0x2000 };
	dev->n_win = 2;
}

void ck_arm(struct ck_vm *vm)
{
	struct addresses a;
	struct images im;

	vm->vd->isa = "aarch64";
	vm->vd->isa_at = vm->inst->at;
	read_vcpus(vm);
	if ((int)read_addresses(vm, &a) & (int)read_cells(vm, &im)) {
		read_memory(vm, &a, ck_flag(im.cell[ONE_TO_ONE], false));
		read_images(vm, &a, &im);
	} else {
		vm->vd->reported |= BIT(VD_F_MEMORY_REGIONS) | BIT(VD_F_KERNEL_PATH);
	}
	ck_open_tree(vm->ck);
	ck_dtb(vm);
	read_regions(vm, CK_A_UNTYPED_MMIOS);
	read_regions(vm, CK_A_MMIOS);
	read_irqs(vm);
	read_kept(vm, CK_A_PLAT_KEEP);
	read_kept(vm, CK_A_PLAT_KEEP_SUBTREE);
	vm->vd->absent |= BIT(VD_PART_CONSOLE);
}
