/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM of the flat assembly into a description: its settings sorted by the table of attributes,
 * each of the right kind or refused, and then by the machine it is for.
 */
#include "camkes_priv.h"

#include <base/fmt.h>

#define MESSAGE_SIZE 256

extern const struct config_lang config_camkes;

/* ---- messages ------------------------------------------------------------------------------ */

static void report(struct ck_vm *vm, enum diag_level level, struct src_pos at, const char *key,
		   const char *text)
{
	diag_report(vm->ck->diag, level, at, "%s: %s: %s", vmdesc_label(vm->vd).s, key, text);
}

void ck_vm_error(struct ck_vm *vm, struct src_pos at, const char *key, const char *format, ...)
{
	char text[MESSAGE_SIZE];
	va_list ap;

	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	report(vm, DIAG_ERROR, at, key, text);
}

void ck_vm_warning(struct ck_vm *vm, struct src_pos at, const char *key, const char *format, ...)
{
	char text[MESSAGE_SIZE];
	va_list ap;

	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	report(vm, DIAG_WARNING, at, key, text);
}

/* ---- kinds --------------------------------------------------------------------------------- */

static bool fits(const struct ck_item *item, enum ck_kind kind)
{
	switch (kind) {
	case CK_KIND_INT:
		return item->type == CK_INT || item->type == CK_BOOL;
	case CK_KIND_STRING:
		return item->type == CK_STRING;
	case CK_KIND_LIST:
		return item->type == CK_LIST;
	case CK_KIND_DICT:
		return item->type == CK_DICT;
	case CK_KIND_QUERY:
		return item->type == CK_QUERY;
	case CK_KIND_ADDR:
		return item->type == CK_STRING || item->type == CK_INT;
	case CK_KIND_FLAG:
		return item->type == CK_BOOL || item->type == CK_INT;
	case CK_KIND_ANY:
		break;
	}
	return true;
}

static const char *how_to_write(enum ck_kind kind)
{
	static const char *const how[] = {
		[CK_KIND_INT] = "write a number without quotes, such as 0x1000 or 2",
		[CK_KIND_STRING] = "put it in quotes",
		[CK_KIND_LIST] = "write it between [ and ]",
		[CK_KIND_DICT] = "write {\"key\" : value, ...}",
		[CK_KIND_QUERY] = "write dtb([{\"path\" : \"/node\"}])",
		[CK_KIND_ADDR] = "write \"0x40000000\"",
		[CK_KIND_FLAG] = "write true or false",
		[CK_KIND_ANY] = "",
	};

	return how[kind];
}

static bool is_kind(struct ck_vm *vm, const char *key, const struct ck_item *item,
		    enum ck_kind kind)
{
	if (fits(item, kind))
		return true;
	ck_vm_error(vm, item->at, key, "expected %s, found %s", ck_kind_name(kind),
		    ck_item_name(item));
	ck_fix(vm->ck, item->at, "%s", how_to_write(kind));
	return false;
}

bool ck_flag(const struct ck_item *item, bool fallback)
{
	return item ? item->integer != 0 : fallback;
}

struct str ck_text(const struct ck_item *item, const char *fallback)
{
	return item ? item->text : str_of(fallback);
}

s64 ck_int(const struct ck_vm *vm, enum ck_attr attr, s64 fallback)
{
	return vm->value[attr] ? vm->value[attr]->item->integer : fallback;
}

bool ck_address(struct ck_vm *vm, const char *key, const struct ck_item *item, u64 *out)
{
	s64 v = item->integer;

	if (item->type == CK_STRING && !ck_vm_expr(vm, key, item->text, item->at, &v))
		return false;
	if (v < 0) {
		ck_vm_error(vm, item->at, key, "is below 0");
		ck_fix(vm->ck, item->at, "write an address, such as \"0x40000000\"");
		return false;
	}
	*out = (u64)v;
	return true;
}

/* ---- dictionaries -------------------------------------------------------------------------- */

static u32 key_index(const struct ck_key_info *keys, u32 n, const struct ck_item *key)
{
	u32 i = 0;

	while (i < n && !(key->type == CK_STRING && str_eq_c(key->text, keys[i].name)))
		i++;
	return i;
}

static void unknown_key(struct ck_vm *vm, enum ck_attr attr, const struct ck_item *v)
{
	struct suggest near = { .word = v->key->text };
	const struct ck_key_info *keys;
	u32 n;

	keys = ck_attr_keys(attr, &n);
	ck_vm_warning(vm, v->key->at, ck_attrs[attr].name, "unknown key \"%s\" is ignored",
		      show_text(v->key->text).s);
	if (++vm->ck->n_unknown > CK_MAX_UNKNOWN)
		return;
	for (u32 i = 0; i < n; i++)
		suggest_try(&near, keys[i].name);
	if (near.best)
		ck_fix(vm->ck, v->key->at, "did you mean \"%s\"?", near.best);
}

bool ck_cells(struct ck_vm *vm, enum ck_attr attr, const struct ck_item *dict,
	      const struct ck_item *cell[CK_MAX_KEYS])
{
	const char *name = ck_attrs[attr].name;
	u32 n;
	const struct ck_key_info *keys = ck_attr_keys(attr, &n);
	bool ok = is_kind(vm, name, dict, CK_KIND_DICT);

	for (u32 i = 0; i < CK_MAX_KEYS; i++)
		cell[i] = NULL;
	for (const struct ck_item *v = ok ? dict->child : NULL; v; v = v->next) {
		u32 i = key_index(keys, n, v->key);

		if (i == n)
			unknown_key(vm, attr, v);
		else if (is_kind(vm, keys[i].name, v, keys[i].kind))
			cell[i] = v;
		else
			ok = false;
	}
	for (u32 i = 0; ok && i < n; i++) {
		if (cell[i] || !keys[i].required)
			continue;
		ck_vm_error(vm, dict->at, name, "has no \"%s\"", keys[i].name);
		ck_fix(vm->ck, dict->at, "add \"%s\" : ...", keys[i].name);
		ok = false;
	}
	return ok;
}

bool ck_is_list_of(struct ck_vm *vm, enum ck_attr attr, enum ck_type type)
{
	const struct ck_value *value = vm->value[attr];
	bool ok = true;

	if (!value)
		return false;
	for (const struct ck_item *v = value->item->child; v; v = v->next) {
		if (v->type == type)
			continue;
		ck_vm_error(vm, v->at, ck_attrs[attr].name, "expected a list of %s, found %s in it",
			    type == CK_STRING ? "strings" : "numbers", ck_item_name(v));
		ck_fix(vm->ck, v->at, "%s",
		       how_to_write(type == CK_STRING ? CK_KIND_STRING : CK_KIND_INT));
		ok = false;
	}
	return ok;
}

/* ---- parts of a description ---------------------------------------------------------------- */

struct vd_image *ck_add_image(struct ck_vm *vm, enum vd_image_role role, struct str path,
			      struct src_pos at)
{
	struct vd_image *image = vmdesc_add_image(vm->vd, vm->ck->arena, at);

	if (!image) {
		vm->ck->no_memory = true;
		return NULL;
	}
	image->role = role;
	image->source = VD_SRC_HOME;
	image->path = path;
	return image;
}

struct vd_dev *ck_add_dev(struct ck_vm *vm, const char *class, struct str name, struct src_pos at)
{
	struct vd_dev *dev;

	if (vm->vd->devs.n == VD_MAX_LIST - 2) {
		if (!vm->is_full) {
			ck_vm_error(vm, at, "devices", "more than %d", VD_MAX_LIST - 2);
			ck_fix(vm->ck, at, "connect less");
		}
		vm->is_full = true;
		return NULL;
	}
	dev = vmdesc_add_dev(vm->vd, vm->ck->arena, at);
	if (!dev)
		return NULL;
	dev->class = str_of(class);
	dev->name = name;
	return dev;
}

void ck_add_option(struct ck_vm *vm, struct vd_dev *dev, const char *key, struct str value,
		   struct src_pos at)
{
	struct vd_option *o = dev ? vd_dev_add_option(dev, vm->ck->arena, at) : NULL;

	if (!o)
		return;
	o->key = str_of(key);
	o->value = value;
}

void ck_add_option_u64(struct ck_vm *vm, struct vd_dev *dev, const char *key, u64 value,
		       struct src_pos at)
{
	char text[24];

	fmt_snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	ck_add_option(vm, dev, key, ck_copy(vm->ck, str_of(text)), at);
}

void ck_add_option_hex(struct ck_vm *vm, struct vd_dev *dev, const char *key, u64 value,
		       struct src_pos at)
{
	char text[24];

	fmt_snprintf(text, sizeof(text), "0x%llx", (unsigned long long)value);
	ck_add_option(vm, dev, key, ck_copy(vm->ck, str_of(text)), at);
}

static struct vd_pass *new_pass(struct ck_vm *vm, struct str name, struct src_pos at)
{
	struct vd_pass *p = vmdesc_add_pass(vm->vd, vm->ck->arena, at);

	if (!p) {
		ck_vm_error(vm, at, "devices", "more than %d are passed through", VD_MAX_LIST);
		ck_fix(vm->ck, at, "pass less through");
		return NULL;
	}
	p->name = name;
	return p;
}

void ck_add_pass(struct ck_vm *vm, struct str name, u64 base, u64 size, struct src_pos at)
{
	struct vd_pass *p = new_pass(vm, name, at);

	if (!p)
		return;
	p->win[0] = (struct vd_pass_window){ .gpa = GPA(base), .hpa = HPA(base), .size = size };
	p->n_win = 1;
}

void ck_add_pass_irq(struct ck_vm *vm, struct str name, u32 host, u32 guest,
		     enum vd_trigger trigger, struct src_pos at)
{
	struct vd_pass *p = new_pass(vm, name, at);

	if (!p)
		return;
	p->irq[0] = (struct vd_pass_irq){ host, guest, trigger };
	p->n_irq = 1;
}

/* "address:bits", "address:bytes:page bits"; each part an expression. */
bool ck_region(struct ck_vm *vm, enum ck_attr attr, const struct ck_item *item, u64 *base,
	       u64 *size)
{
	const char *name = ck_attrs[attr].name;
	const char *colon = memchr(item->text.p, ':', item->text.n);
	struct str first = item->text, second;
	const char *next;
	s64 a, b;

	if (!colon) {
		ck_vm_error(vm, item->at, name, "\"%s\" has no ':'", show_text(item->text).s);
		ck_fix(vm->ck, item->at, "write \"%s\"",
		       attr == CK_A_MMIOS ? "0x10000000:0x1000:12" : "0x10000000:12");
		return false;
	}
	first.n = (size_t)(colon - first.p);
	second = (struct str){ colon + 1, item->text.n - first.n - 1 };
	next = memchr(second.p, ':', second.n);
	if (next)
		second.n = (size_t)(next - second.p);
	if (!ck_vm_expr(vm, name, first, item->at, &a) ||
	    !ck_vm_expr(vm, name, second, item->at, &b))
		return false;
	if (!next && (b < 12 || b > 47)) {
		ck_vm_error(vm, item->at, name, "2^%lld bytes is not a region's size",
			    (long long)b);
		ck_fix(vm->ck, item->at,
		       "write bits from 12 (4 KiB) on, such as \"0x10000000:12\"");
		return false;
	}
	if (a < 0 || b <= 0) {
		ck_vm_error(vm, item->at, name, "is below 0, or empty");
		ck_fix(vm->ck, item->at, "write an address and a size");
		return false;
	}
	*base = (u64)a;
	*size = next ? (u64)b : UINT64_C(1) << b;
	return true;
}

/* ---- attributes ---------------------------------------------------------------------------- */

static const struct ck_decl *declared(const struct ck_vm *vm, const struct ck_name *attr)
{
	const struct ck_decl *d = vm->inst->component->decls.first;

	while (d && d->name != attr)
		d = d->next;
	return d;
}

/* As CAmkES checks it, so that the file stays good there. */
static void check_declared(struct ck_vm *vm, const struct ck_value *v, const struct ck_decl *d)
{
	enum ck_kind kind = CK_KIND_ANY;

	if (d->is_list)
		kind = CK_KIND_LIST;
	else if (str_eq_c(d->type, "int"))
		kind = CK_KIND_INT;
	else if (str_eq_c(d->type, "string"))
		kind = CK_KIND_STRING;
	(void)is_kind(vm, v->attr->text.p, v->item, kind);
}

static void unknown_attr(struct ck_vm *vm, const struct ck_value *v)
{
	struct suggest near = { .word = v->attr->text };

	if (v->attr->told || ck_attr_is_silent(v->attr->text))
		return;
	v->attr->told = true;
	if (declared(vm, v->attr)) {
		check_declared(vm, v, declared(vm, v->attr));
		ck_vm_warning(vm, v->at, show_text(v->attr->text).s,
			      "an attribute of your component's own: its code does not run here");
		return;
	}
	ck_vm_warning(vm, v->at, show_text(v->attr->text).s, "unknown attribute is ignored");
	if (++vm->ck->n_unknown > CK_MAX_UNKNOWN)
		return;
	ck_attr_suggest(&near);
	if (near.best)
		ck_fix(vm->ck, v->at, "did you mean '%s'?", near.best);
}

/* Older names, by what they hold: a list of dictionaries was renamed. */
enum ck_attr ck_attr_of(const struct ck_value *v)
{
	const struct ck_item *first = v->item->type == CK_LIST ? v->item->child : NULL;

	if (str_eq_c(v->attr->text, "ioports"))
		return CK_A_VM_IOPORTS;
	if (str_eq_c(v->attr->text, "irqs") && first && first->type == CK_DICT)
		return CK_A_VM_IRQS;
	return (enum ck_attr)ck_attr_find(v->attr->text);
}

static void later(struct ck_vm *vm, enum ck_attr attr, const struct ck_value *v)
{
	bool empty = v->item->type == CK_LIST ? v->item->n == 0 : !v->item->integer;

	if (v->item->type == CK_STRING)
		empty = v->item->text.n == 0;
	if (!empty)
		ck_vm_warning(vm, v->at, ck_attrs[attr].name, "known, not supported yet");
}

static bool is_short(struct ck_vm *vm, enum ck_attr attr, const struct ck_item *item)
{
	bool counts = ck_attrs[attr].class != CK_CLASS_IGN &&
		      ck_attrs[attr].class != CK_CLASS_LATER;

	if (item->type != CK_LIST || item->n <= VD_MAX_LIST || !counts)
		return true;
	ck_vm_error(vm, item->at, ck_attrs[attr].name, "%u of them; a VM can have %d", item->n,
		    VD_MAX_LIST);
	ck_fix(vm->ck, item->at, "remove some");
	return false;
}

static void sort_value(struct ck_vm *vm, const struct ck_value *v)
{
	enum ck_attr attr = ck_attr_of(v);

	if (attr == CK_ATTRS) {
		unknown_attr(vm, v);
		return;
	}
	if (!is_kind(vm, ck_attrs[attr].name, v->item, ck_attrs[attr].kind) ||
	    !is_short(vm, attr, v->item))
		return;
	if (vm->value[attr]) {
		ck_vm_error(vm, v->at, ck_attrs[attr].name, "is set by its older name, too");
		ck_fix(vm->ck, v->at, "remove one of the two");
		ck_note(vm->ck, vm->value[attr]->at, "here is the other");
		return;
	}
	vm->value[attr] = v;
	if (ck_attrs[attr].class == CK_CLASS_LATER && attr != CK_A_PLAT_KEEP &&
	    attr != CK_A_PLAT_KEEP_SUBTREE)
		later(vm, attr, v);
}

/* ---- which machine ------------------------------------------------------------------------- */

static void guess_isa(struct ck_vm *vm)
{
	u32 n[3] = { 0 };

	for (u32 i = 0; i < CK_ATTRS; i++) {
		if (vm->value[i])
			n[ck_attrs[i].isa]++;
	}
	if (vm->value[CK_A_GUEST_RAM_MB] || vm->value[CK_A_KERNEL_IMAGE])
		vm->isa = CK_ISA_X86;
	else if (vm->value[CK_A_ADDRESS] || vm->value[CK_A_OLD_ADDRESS] || n[CK_ISA_ARM])
		vm->isa = CK_ISA_ARM;
	else if (n[CK_ISA_X86] ||
		 ck_pattern_fits("Init*", vm->inst->type ? vm->inst->type->text : STR("")))
		vm->isa = CK_ISA_X86;
	else
		vm->isa = CK_ISA_ARM;
}

/* A setting of the other machine has no effect; that is told. */
static void check_isa(struct ck_vm *vm)
{
	for (u32 i = 0; i < CK_ATTRS; i++) {
		enum ck_isa isa = ck_attrs[i].isa;

		if (!vm->value[i] || isa == CK_ISA_ANY || isa == vm->isa)
			continue;
		ck_vm_warning(vm, vm->value[i]->at, ck_attrs[i].name,
			      "is for %s VMs, and this one is %s: ignored",
			      isa == CK_ISA_ARM ? "Arm" : "x86",
			      vm->isa == CK_ISA_ARM ? "Arm" : "x86");
		vm->value[i] = NULL;
	}
}

/* ---- the whole ----------------------------------------------------------------------------- */

/* "vm.vm0" is vm0 when no other is. */
static struct str vm_name(struct camkes *ck, const struct ck_flat *inst)
{
	u32 n = 0;

	for (const struct ck_flat *f = ck->flats.first; f; f = f->next)
		n += f->component && f->component->is_vm && f->last == inst->last;
	return n == 1 ? inst->last->text : inst->name->text;
}

static struct ck_vm *new_vm(struct camkes *ck, struct ck_flat *inst)
{
	struct ck_vm *vm = ck_new(ck, struct ck_vm);

	if (!vm)
		return NULL;
	vm->vd = vmdesc_new(ck->arena, ck->in->part->file);
	if (!vm->vd) {
		ck->no_memory = true;
		return NULL;
	}
	vm->ck = ck;
	vm->inst = inst;
	vm->vd->lang = config_camkes.name;
	vm->vd->name = vm_name(ck, inst);
	vm->vd->name_at = inst->at;
	for (const struct ck_value *v = inst->values.first; v; v = v->next)
		sort_value(vm, v);
	guess_isa(vm);
	check_isa(vm);
	return vm;
}

static void warn_of_native(struct camkes *ck, const struct ck_flat *f)
{
	u32 told = 0;

	if (!f->component || f->component->is_vm || f->component->body.instances.first)
		return;
	if (f->type && ck_is_helper(f->type->text))
		return;
	ck_warning(ck, f->at, "%s is a component of its own, no VM: it does not run here",
		   show_text(f->name->text).s);
	for (const struct ck_link *l = ck->links.first; l && told < 8; l = l->next) {
		for (u32 i = 0; i < l->n_ends; i++) {
			if (l->end[i].inst != f)
				continue;
			ck_note(ck, l->at, "connection %s ends there", show_text(l->name->text).s);
			told++;
			break;
		}
	}
}

static void no_vm(struct camkes *ck)
{
	struct src_pos at = { ck->in->part->file, 1, 1 };

	ck_error(ck, at, "describes no VM");
	ck_fix(ck, at,
	       "write VM_INIT_DEF() in the VM's component, import <VM_Arm/VM.camkes>, or include "
	       "<configurations/vm.h>");
}

void ck_describe(struct camkes *ck, struct vmdesc **out)
{
	CK_CHAIN(struct ck_vm) vms = { NULL, NULL };
	struct vmdesc **tail = out;
	u32 n = 0;

	for (struct ck_flat *f = ck->flats.first; f && !ck_stopped(ck); f = f->next) {
		struct ck_vm *vm;

		warn_of_native(ck, f);
		if (!f->component || !f->component->is_vm)
			continue;
		if (++n > CK_MAX_VMS) {
			ck_too_large(ck, f->at, "VMs", CK_MAX_VMS);
			break;
		}
		vm = new_vm(ck, f);
		if (vm)
			ck_append(&vms, vm);
	}
	ck_find_serial(ck, vms.first);
	for (struct ck_vm *vm = vms.first; vm && !ck_stopped(ck); vm = vm->next) {
		if (vm->isa == CK_ISA_ARM)
			ck_arm(vm);
		else
			ck_x86(vm);
		ck_virtual(vm);
	}
	if (!ck_stopped(ck))
		ck_cross(ck, vms.first);
	for (struct ck_vm *vm = vms.first; vm && !ck_stopped(ck); vm = vm->next) {
		ck_extend(vm);
		if (vm->isa == CK_ISA_ARM)
			ck_arm_board(vm);
		*tail = vm->vd;
		tail = &vm->vd->next;
	}
	if (!n && !ck_stopped(ck) && ck->diag->n_errors == ck->errors)
		no_vm(ck);
}
