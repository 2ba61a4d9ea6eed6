/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An x86 VM: RAM in the two places where its monitor puts it, the chips of a PC, and what it gets
 * of the host's PCI functions, ports and interrupts.
 */
#include "camkes_priv.h"

#include <base/fmt.h>

#define LOW_BASE  UINT64_C(0x1000) /* the page of the first 0x500 bytes is left out */
#define LOW_END	  UINT64_C(0x9f000)
#define HIGH_BASE UINT64_C(0x10003000)
#define HIGH_END  UINT64_C(0xa0000000)
/* Where a kernel that may be moved is moved to: 4 MiB boundaries. */
#define MOVED_TO UINT64_C(0x10400000)
#define PAGE	 UINT64_C(0x1000)

/* ---- memory -------------------------------------------------------------------------------- */

struct excluded {
	struct range r[VD_MAX_LIST];
	u32 n;
};

static void read_excluded(struct ck_vm *vm, struct excluded *ex)
{
	const struct ck_value *value = vm->value[CK_A_EXCLUDE_PADDR];

	ex->n = 0;
	for (const struct ck_item *v = value ? value->item->child : NULL; v; v = v->next) {
		const struct ck_item *a = v->type == CK_LIST ? v->child : NULL;
		const struct ck_item *b = a ? a->next : NULL;
		struct vd_reserve *r;

		if (!b || v->n != 2 || a->type != CK_INT || b->type != CK_INT || a->integer < 0 ||
		    b->integer <= 0) {
			ck_vm_error(vm, v->at, "exclude_paddr", "expected [address, bytes]");
			ck_fix(vm->ck, v->at, "write [0x20000000, 0x1000]");
			continue;
		}
		r = vmdesc_add_reserve(vm->vd, vm->ck->arena, v->at);
		if (ex->n == VD_MAX_LIST || !r) {
			ck_vm_error(vm, v->at, "exclude_paddr", "more than %d ranges", VD_MAX_LIST);
			ck_fix(vm->ck, v->at, "join neighbouring ones");
			return;
		}
		r->win = (struct vd_window){ GPA((u64)a->integer), (u64)b->integer };
		ex->r[ex->n++] = (struct range){ (u64)a->integer, (u64)b->integer };
	}
}

/* Where the first piece of [at, end) without @ex begins and ends. */
static bool next_piece(const struct excluded *ex, u64 *at, u64 *end)
{
	bool moved = true;

	while (moved) {
		moved = false;
		for (u32 i = 0; i < ex->n; i++) {
			u64 r_end = align_up(ex->r[i].base + ex->r[i].len, PAGE);

			if (*at < r_end && *at >= align_down(ex->r[i].base, PAGE)) {
				*at = r_end;
				moved = true;
			}
		}
	}
	for (u32 i = 0; i < ex->n; i++) {
		u64 base = align_down(ex->r[i].base, PAGE);

		if (base > *at && base < *end)
			*end = base;
	}
	return *at < *end;
}

static void add_memory(struct ck_vm *vm, u64 base, u64 size, struct src_pos at)
{
	struct vd_mem *m = vmdesc_add_mem(vm->vd, vm->ck->arena, at);

	if (!m)
		return;
	m->base = GPA(base);
	m->size = size;
	m->prot = VD_R | VD_W | VD_X;
}

/* As much of @left as fits between @base and @limit. */
static u64 fill(struct ck_vm *vm, const struct excluded *ex, struct range in, u64 left,
		struct src_pos at)
{
	u64 begin = in.base;

	while (left) {
		u64 end = in.base + in.len;

		if (!next_piece(ex, &begin, &end))
			break;
		end = MIN(end, begin + left);
		add_memory(vm, begin, end - begin, at);
		left -= end - begin;
		begin = end;
	}
	return left;
}

static void read_memory(struct ck_vm *vm)
{
	const struct ck_value *v = vm->value[CK_A_GUEST_RAM_MB];
	static struct excluded none;
	struct excluded *ex = ck_new(vm->ck, struct excluded);
	s64 mb = ck_int(vm, CK_A_GUEST_RAM_MB, 0);

	if (!v) {
		ck_vm_error(vm, vm->inst->at, "guest_ram_mb", "is missing");
		ck_fix(vm->ck, vm->inst->at, "add %s.guest_ram_mb = 128;",
		       show_text(vm->inst->name->text).s);
		return;
	}
	if (!ex)
		ex = &none;
	vm->vd->mems_at = v->item->at;
	read_excluded(vm, ex);
	if (mb > 0 && mb < INT64_MAX >> 20) {
		fill(vm, ex, (struct range){ LOW_BASE, LOW_END - LOW_BASE }, LOW_END, v->item->at);
		if (!fill(vm, ex, (struct range){ HIGH_BASE, HIGH_END - HIGH_BASE }, (u64)mb << 20,
			  v->item->at))
			return;
	}
	ck_vm_error(vm, v->item->at, "guest_ram_mb",
		    "%lld: between %s and %s there is no place for it", (long long)mb,
		    show_hex(HIGH_BASE).s, show_hex(HIGH_END).s);
	ck_fix(vm->ck, v->item->at, "write 1 to %u", (u32)((HIGH_END - HIGH_BASE) >> 20));
}

/* ---- images -------------------------------------------------------------------------------- */

static void read_images(struct ck_vm *vm)
{
	const struct ck_value *kernel = vm->value[CK_A_KERNEL_IMAGE];
	const struct ck_value *relocs = vm->value[CK_A_KERNEL_RELOCS];
	const struct ck_value *initrd = vm->value[CK_A_INITRD_IMAGE];
	const struct ck_value *cmdline = vm->value[CK_A_KERNEL_CMDLINE];
	struct vd_image *image;

	if (!kernel) {
		ck_vm_error(vm, vm->inst->at, "kernel_image", "is missing");
		ck_fix(vm->ck, vm->inst->at, "add %s.kernel_image = \"bzimage\";",
		       show_text(vm->inst->name->text).s);
		return;
	}
	image = ck_add_image(vm, VD_IMG_KERNEL, kernel->item->text, kernel->item->at);
	if (image && relocs && relocs->item->text.n)
		image->load = (struct vd_addr){ GPA(MOVED_TO), true, relocs->item->at };
	if (initrd && initrd->item->text.n)
		ck_add_image(vm, VD_IMG_INITRD, initrd->item->text, initrd->item->at);
	if (cmdline) {
		vm->vd->cmdline = cmdline->item->text;
		vm->vd->cmdline_at = cmdline->item->at;
	}
}

/* ---- interrupts, functions and ports -------------------------------------------------------- */

enum {
	IRQ_NAME,
	IRQ_IOAPIC,
	IRQ_SOURCE,
	IRQ_LEVEL,
	IRQ_LOW,
	IRQ_DEST
};

enum {
	PCI_NAME,
	PCI_BUS,
	PCI_DEV,
	PCI_FUN,
	PCI_IRQ,
	PCI_MEMORY
};

static bool read_irq(struct ck_vm *vm, const struct ck_item *row, struct vd_pass_irq *out)
{
	const struct ck_item *cell[CK_MAX_KEYS];

	if (!ck_cells(vm, CK_A_VM_IRQS, row, cell))
		return false;
	if (cell[IRQ_DEST]->integer < 0 || cell[IRQ_DEST]->integer > 15 ||
	    cell[IRQ_SOURCE]->integer < 0 || cell[IRQ_SOURCE]->integer > 255) {
		ck_vm_error(vm, row->at, "vm_irqs", "source %lld to dest %lld: there are no such",
			    (long long)cell[IRQ_SOURCE]->integer,
			    (long long)cell[IRQ_DEST]->integer);
		ck_fix(vm->ck, row->at, "write a dest from 0 to 15 and a pin from 0 to 255");
		return false;
	}
	out->host = (u32)cell[IRQ_SOURCE]->integer;
	out->guest = (u32)cell[IRQ_DEST]->integer;
	out->trigger = ck_flag(cell[IRQ_LEVEL], true) ? VD_TRIGGER_LEVEL : VD_TRIGGER_EDGE;
	return true;
}

static const struct ck_item *find_irq(struct ck_vm *vm, struct str name)
{
	const struct ck_value *irqs = vm->value[CK_A_VM_IRQS];

	for (const struct ck_item *v = irqs ? irqs->item->child : NULL; v; v = v->next) {
		const struct ck_item *n = v->type == CK_DICT ? ck_item_get(v, "name") : NULL;

		if (n && n->type == CK_STRING && str_eq(n->text, name))
			return v;
	}
	return NULL;
}

static void no_such_irq(struct ck_vm *vm, const struct ck_item *irq)
{
	const struct ck_value *irqs = vm->value[CK_A_VM_IRQS];
	struct suggest near = { .word = irq->text };

	ck_vm_error(vm, irq->at, "pci_devices: irq", "\"%s\" is not in vm_irqs",
		    show_text(irq->text).s);
	for (const struct ck_item *v = irqs ? irqs->item->child : NULL; v; v = v->next) {
		const struct ck_item *n = v->type == CK_DICT ? ck_item_get(v, "name") : NULL;

		if (n && n->type == CK_STRING && n->text.n)
			suggest_try(&near, n->text.p);
	}
	if (near.best)
		ck_fix(vm->ck, irq->at, "did you mean \"%s\"?", near.best);
	else
		ck_fix(vm->ck, irq->at,
		       "add {\"name\" : \"%s\", \"source\" : ..., \"dest\" : ...} "
		       "to vm_irqs",
		       show_text(irq->text).s);
}

static void read_bars(struct ck_vm *vm, const struct ck_item *memory, struct vd_pass *p)
{
	const struct ck_item *cell[CK_MAX_KEYS];

	for (const struct ck_item *v = memory ? memory->child : NULL; v; v = v->next) {
		if (!ck_cells(vm, CK_A_GUEST_MAPPINGS, v, cell))
			continue;
		if (p->n_win == VD_DEV_WINDOWS || cell[0]->integer < 0 || cell[1]->integer <= 0) {
			ck_vm_error(vm, v->at, "pci_devices: memory",
				    p->n_win == VD_DEV_WINDOWS ? "more than %d windows" :
								 "is no window",
				    VD_DEV_WINDOWS);
			ck_fix(vm->ck, v->at, "write the function's memory windows");
			return;
		}
		p->win[p->n_win++] = (struct vd_pass_window){ .gpa = GPA((u64)cell[0]->integer),
							      .hpa = HPA((u64)cell[0]->integer),
							      .size = (u64)cell[1]->integer };
	}
}

static void read_function(struct ck_vm *vm, const struct ck_item *row)
{
	const struct ck_item *cell[CK_MAX_KEYS];
	const struct ck_item *irq_row;
	char name[48];
	struct vd_pass *p;

	if (!ck_cells(vm, CK_A_PCI_DEVICES, row, cell))
		return;
	p = vmdesc_add_pass(vm->vd, vm->ck->arena, row->at);
	if (!p)
		return;
	fmt_snprintf(name, sizeof(name), "pci %llx:%llx.%llx",
		     (unsigned long long)cell[PCI_BUS]->integer,
		     (unsigned long long)cell[PCI_DEV]->integer,
		     (unsigned long long)cell[PCI_FUN]->integer);
	p->name = ck_copy(vm->ck, str_of(name));
	read_bars(vm, cell[PCI_MEMORY], p);
	if (!cell[PCI_IRQ] || !cell[PCI_IRQ]->text.n)
		return;
	irq_row = find_irq(vm, cell[PCI_IRQ]->text);
	if (!irq_row)
		no_such_irq(vm, cell[PCI_IRQ]);
	else if (read_irq(vm, irq_row, &p->irq[0]))
		p->n_irq = 1;
}

static bool is_of_function(struct ck_vm *vm, struct str irq)
{
	const struct ck_value *v = vm->value[CK_A_PCI_DEVICES];

	for (const struct ck_item *f = v ? v->item->child : NULL; f; f = f->next) {
		const struct ck_item *n = f->type == CK_DICT ? ck_item_get(f, "irq") : NULL;

		if (n && n->type == CK_STRING && str_eq(n->text, irq))
			return true;
	}
	return false;
}

static void read_irqs(struct ck_vm *vm)
{
	const struct ck_value *irqs = vm->value[CK_A_VM_IRQS];

	for (const struct ck_item *v = irqs ? irqs->item->child : NULL; v; v = v->next) {
		const struct ck_item *n = v->type == CK_DICT ? ck_item_get(v, "name") : NULL;
		struct vd_pass_irq irq;

		if (n && n->type == CK_STRING && is_of_function(vm, n->text))
			continue;
		if (read_irq(vm, v, &irq))
			ck_add_pass_irq(vm, n->text, irq.host, irq.guest, irq.trigger, v->at);
	}
}

static void read_ports(struct ck_vm *vm)
{
	const struct ck_value *ports = vm->value[CK_A_VM_IOPORTS];
	const struct ck_item *cell[CK_MAX_KEYS];

	for (const struct ck_item *v = ports ? ports->item->child : NULL; v; v = v->next) {
		struct vd_dev *dev;

		if (!ck_cells(vm, CK_A_VM_IOPORTS, v, cell))
			continue;
		if (cell[0]->integer < 0 || cell[1]->integer < cell[0]->integer ||
		    cell[1]->integer > 0x10000) {
			ck_vm_error(vm, v->at, "vm_ioports", "%s..%s is no range of ports",
				    show_hex((u64)cell[0]->integer).s,
				    show_hex((u64)cell[1]->integer).s);
			ck_fix(vm->ck, v->at, "write a start below the end, both below 0x1_0000");
			continue;
		}
		dev = ck_add_dev(vm, "ioports", ck_text(cell[3], "ioports"), v->at);
		ck_add_option_hex(vm, dev, "start", (u64)cell[0]->integer, cell[0]->at);
		ck_add_option_hex(vm, dev, "end", (u64)cell[1]->integer, cell[1]->at);
	}
}

static void read_mappings(struct ck_vm *vm)
{
	const struct ck_value *value = vm->value[CK_A_GUEST_MAPPINGS];
	const struct ck_item *cell[CK_MAX_KEYS];

	for (const struct ck_item *v = value ? value->item->child : NULL; v; v = v->next) {
		if (ck_cells(vm, CK_A_GUEST_MAPPINGS, v, cell))
			ck_add_pass(vm, STR("guest_mappings"), (u64)cell[0]->integer,
				    (u64)cell[1]->integer, v->at);
	}
	if (!ck_is_list_of(vm, CK_A_UNTYPED_MMIOS, CK_STRING))
		return;
	for (const struct ck_item *v = vm->value[CK_A_UNTYPED_MMIOS]->item->child; v; v = v->next) {
		u64 base, size;

		if (ck_region(vm, CK_A_UNTYPED_MMIOS, v, &base, &size))
			ck_add_pass(vm, v->text, base, size, v->at);
	}
}

/* ---- the board ----------------------------------------------------------------------------- */

static void add_chip(struct ck_vm *vm, const char *class, u64 port, u32 irq)
{
	struct vd_dev *dev = ck_add_dev(vm, class, str_of(class), vm->inst->at);

	if (!dev)
		return;
	dev->is_default = true;
	if (port)
		ck_add_option_hex(vm, dev, "port", port, vm->inst->at);
	if (irq == UINT32_MAX)
		return;
	dev->irq[0] = (struct vd_irq){ irq, VD_TRIGGER_EDGE };
	dev->n_irq = 1;
}

static void add_board(struct ck_vm *vm)
{
	/* What another machine's default board would have stays away. */
	vm->vd->absent |= BIT(VD_PART_INTC) | BIT(VD_PART_CONSOLE);
	add_chip(vm, "i8259", 0x20, UINT32_MAX);
	add_chip(vm, "lapic", 0, UINT32_MAX);
	add_chip(vm, "i8254", 0x40, 0);
	add_chip(vm, "mc146818", 0x70, 8);
	add_chip(vm, "ns16550", 0x3f8, 4);
	add_chip(vm, "pci-cam1", 0xcf8, UINT32_MAX);
}

static void read_boot_info(struct ck_vm *vm)
{
	if (!ck_is_list_of(vm, CK_A_EXTRA_BOOTINFO, CK_STRING))
		return;
	for (const struct ck_item *v = vm->value[CK_A_EXTRA_BOOTINFO]->item->child; v;
	     v = v->next) {
		if (str_eq_c(v->text, "SEL4_BOOTINFO_HEADER_X86_VBE"))
			ck_add_dev(vm, "vesa-fb", STR("framebuffer"), v->at);
		else
			ck_vm_warning(vm, v->at, "simple_extra_bootinfo", "\"%s\" is ignored",
				      show_text(v->text).s);
	}
}

static void read_vcpu(struct ck_vm *vm)
{
	struct vd_vcpu *vcpu = vmdesc_add_vcpu(vm->vd, vm->ck->arena, vm->inst->at);
	enum ck_attr attr = vm->value[CK_A_PRIORITY] ? CK_A_PRIORITY : CK_A_U_PRIORITY;
	s64 prio = ck_int(vm, attr, 0);

	vm->vd->vcpus_at = vm->inst->at;
	if (prio < 0 || prio > 255) {
		ck_vm_error(vm, vm->value[attr]->item->at, ck_attrs[attr].name,
			    "%lld is not a priority", (long long)prio);
		ck_fix(vm->ck, vm->value[attr]->item->at, "write 0 to 255");
	} else if (vcpu) {
		vcpu->priority = (u32)prio;
	}
}

void ck_x86(struct ck_vm *vm)
{
	const struct ck_value *functions = vm->value[CK_A_PCI_DEVICES];

	vm->vd->isa = "x86_64";
	vm->vd->isa_at = vm->inst->at;
	read_vcpu(vm);
	read_memory(vm);
	read_images(vm);
	for (const struct ck_item *v = functions ? functions->item->child : NULL; v; v = v->next)
		read_function(vm, v);
	read_irqs(vm);
	read_ports(vm);
	read_mappings(vm);
	read_boot_info(vm);
	add_board(vm);
}
