/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections between VMs and with other components: a dataport is a device of shared memory, and
 * events go with the dataport of the same peer. Which of them belong together a description cannot
 * say (it stands in the monitor's C code), except by `crossvm`, which is ours.
 */
#include "camkes_priv.h"

#define DEFAULT_SIZE 4096

static bool is_shared(struct str connector)
{
	return ck_pattern_fits("seL4SharedData*", connector) ||
	       str_eq_c(connector, "seL4MultiSharedData");
}

static bool is_event(struct str connector)
{
	return ck_pattern_fits("seL4Notification*", connector) ||
	       ck_pattern_fits("seL4GlobalAsynch*", connector) ||
	       ck_pattern_fits("seL4Asynch*", connector);
}

bool ck_link_is_used(const struct ck_link *l)
{
	return is_shared(l->connector) || is_event(l->connector);
}

static bool is_helper(const struct ck_flat *f)
{
	return f->type && ck_is_helper(f->type->text);
}

static struct ck_vm *vm_of(struct ck_vm *vms, const struct ck_flat *inst)
{
	while (vms && vms->inst != inst)
		vms = vms->next;
	return vms;
}

/* Whoever is at another end than @end; NULL: nobody, or a helper. */
static struct ck_flat *peer_of(const struct ck_link *l, u32 end)
{
	for (u32 i = 0; i < l->n_ends; i++) {
		if (i != end && l->end[i].is_to != l->end[end].is_to && !is_helper(l->end[i].inst))
			return l->end[i].inst;
	}
	return NULL;
}

static struct str peer_name(struct ck_vm *vms, const struct ck_flat *peer)
{
	const struct ck_vm *vm = vm_of(vms, peer);

	return vm ? vm->vd->name : peer->name->text;
}

/* ---- sizes --------------------------------------------------------------------------------- */

static const struct ck_item *declared_size(const struct ck_flat *f, const struct ck_name *iface)
{
	const struct ck_decl *d = f->component ? f->component->decls.first : NULL;

	while (d && !(d->kind == CK_DATAPORT && d->name == iface))
		d = d->next;
	return d ? d->item : NULL;
}

/* "data" + "_size" */
static const struct ck_item *set_of(struct camkes *ck, const struct ck_flat *f,
				    const struct ck_name *iface, struct str tail)
{
	char text[128];
	const struct ck_seen *e;
	struct ck_name *attr;

	if (iface->text.n + tail.n > sizeof(text))
		return NULL;
	memcpy(text, iface->text.p, iface->text.n);
	memcpy(text + iface->text.n, tail.p, tail.n);
	attr = ck_intern(ck, (struct str){ text, iface->text.n + tail.n });
	e = attr ? ck_find_set(ck, f, attr) : NULL;
	return e ? e->item : NULL;
}

static const struct ck_item *link_size(const struct ck_link *l)
{
	for (const struct ck_value *v = l->values.first; v; v = v->next) {
		if (str_eq_c(v->attr->text, "size"))
			return v->item;
	}
	return NULL;
}

static bool bytes_of(struct ck_vm *vm, const struct ck_item *item, u64 *out)
{
	if (!item)
		return false;
	if (item->type != CK_INT && item->type != CK_STRING) {
		ck_vm_error(vm, item->at, "size", "expected a number, found %s",
			    ck_item_name(item));
		ck_fix(vm->ck, item->at, "write bytes, such as 4096");
		return false;
	}
	return ck_address(vm, "size", item, out);
}

/* Of the connection, of the interface, of its declaration on either side, or a page. */
static u64 size_of(struct ck_vm *vm, const struct ck_link *l, u32 end)
{
	const struct ck_name *iface = l->end[end].iface;
	const struct ck_item *set = set_of(vm->ck, l->end[end].inst, iface, STR("_size"));
	u64 declared = 0, size = 0;

	for (u32 i = 0; i < l->n_ends && !declared; i++)
		bytes_of(vm, declared_size(l->end[i].inst, l->end[i].iface), &declared);
	if (!bytes_of(vm, link_size(l), &size) && !bytes_of(vm, set, &size))
		return declared ? declared : DEFAULT_SIZE;
	if (declared && size != declared) {
		struct src_pos at = link_size(l) ? link_size(l)->at : set->at;

		ck_vm_error(vm, at, iface->text.p,
			    "%llu bytes, but the dataport is declared with %llu",
			    (unsigned long long)size, (unsigned long long)declared);
		ck_fix(vm->ck, at, "write %llu in both places", (unsigned long long)declared);
	}
	return size;
}

/* ---- devices ------------------------------------------------------------------------------- */

static void share(struct ck_vm *vms, const struct ck_link *l, u32 end)
{
	struct ck_vm *vm = vm_of(vms, l->end[end].inst);
	struct ck_flat *peer = vm ? peer_of(l, end) : NULL;
	const struct ck_item *id;
	struct vd_dev *dev;

	if (!peer)
		return;
	dev = ck_add_dev(vm, "shmem", l->end[end].iface->text, l->at);
	if (!dev)
		return;
	ck_add_option(vm, dev, "connection", l->name->text, l->at);
	ck_add_option_u64(vm, dev, "size", size_of(vm, l, end), l->at);
	ck_add_option(vm, dev, "peer", peer_name(vms, peer), l->at);
	id = set_of(vm->ck, vm->inst, l->end[end].iface, STR("_id"));
	if (id && id->type == CK_INT && id->integer >= 0)
		ck_add_option_u64(vm, dev, "id", (u64)id->integer, id->at);
}

static const struct vd_option *option(const struct vd_dev *dev, const char *key)
{
	for (u32 i = 0; i < dev->options.n; i++) {
		if (str_eq_c(dev->options.v[i].key, key))
			return &dev->options.v[i];
	}
	return NULL;
}

/* The first of the peer's when the guest sends, the last when it receives; then any. */
static struct vd_dev *dev_for(struct ck_vm *vm, struct str peer, bool sends)
{
	struct vd_dev *any = NULL, *best = NULL;

	for (u32 i = 0; i < vm->vd->devs.n; i++) {
		struct vd_dev *dev = &vm->vd->devs.v[i];
		const struct vd_option *o = option(dev, "peer");

		if (!str_eq_c(dev->class, "shmem") || !option(dev, "size"))
			continue;
		if (!any || !sends)
			any = dev;
		if (o && str_eq(o->value, peer) && (!best || !sends))
			best = dev;
	}
	return best ? best : any;
}

static struct vd_dev *dev_by_name(struct ck_vm *vm, struct str name, struct suggest *near)
{
	for (u32 i = 0; i < vm->vd->devs.n; i++) {
		struct vd_dev *dev = &vm->vd->devs.v[i];

		if (!str_eq_c(dev->class, "shmem"))
			continue;
		if (str_eq(dev->name, name))
			return dev;
		suggest_try(near, dev->name.p);
	}
	return NULL;
}

/* What `crossvm` says of the event; NULL when nothing. */
static struct vd_dev *paired(struct ck_vm *vm, struct str event, bool sends)
{
	const struct ck_value *v = vm->value[CK_A_CROSSVM];

	for (const struct ck_item *row = v ? v->item->child : NULL; row; row = row->next) {
		const struct ck_item *e, *dp;
		struct suggest near = { .word = event };

		if (row->type != CK_DICT)
			continue;
		e = ck_item_get(row, sends ? "emit" : "consume");
		dp = ck_item_get(row, "dataport");
		if (e && dp && e->type == CK_STRING && dp->type == CK_STRING &&
		    str_eq(e->text, event))
			return dev_by_name(vm, dp->text, &near);
	}
	return NULL;
}

static void notify(struct ck_vm *vms, const struct ck_link *l, u32 end)
{
	struct ck_vm *vm = vm_of(vms, l->end[end].inst);
	struct ck_flat *peer = vm ? peer_of(l, end) : NULL;
	struct str event = l->end[end].iface->text;
	bool sends = !l->end[end].is_to;
	struct vd_dev *dev;

	if (!peer || ck_attr_is_silent(event))
		return;
	dev = paired(vm, event, sends);
	if (!dev)
		dev = dev_for(vm, peer_name(vms, peer), sends);
	if (!dev) {
		dev = ck_add_dev(vm, "shmem", event, l->at);
		ck_add_option(vm, dev, "connection", l->name->text, l->at);
		ck_add_option(vm, dev, "peer", peer_name(vms, peer), l->at);
	}
	ck_add_option(vm, dev, sends ? "emits" : "consumes", event, l->at);
}

static void check_pairs(struct ck_vm *vm)
{
	const struct ck_value *v = vm->value[CK_A_CROSSVM];
	const struct ck_item *cell[CK_MAX_KEYS];

	for (const struct ck_item *row = v ? v->item->child : NULL; row; row = row->next) {
		struct suggest near;

		if (!ck_cells(vm, CK_A_CROSSVM, row, cell))
			continue;
		near = (struct suggest){ .word = cell[0]->text };
		if (dev_by_name(vm, cell[0]->text, &near))
			continue;
		ck_vm_error(vm, cell[0]->at, "crossvm", "no dataport \"%s\" is connected",
			    show_text(cell[0]->text).s);
		if (near.best)
			ck_fix(vm->ck, cell[0]->at, "did you mean \"%s\"?", near.best);
		else
			ck_fix(vm->ck, cell[0]->at, "connect it by seL4SharedDataWithCaps");
	}
}

/* Memory and events that are declared for others; the rest our macros would connect. */
static void check_connected(struct ck_vm *vm)
{
	const struct ck_decl *d = vm->inst->component->decls.first;

	for (; d; d = d->next) {
		bool shared = d->kind == CK_DATAPORT || d->kind == CK_EMITS ||
			      d->kind == CK_CONSUMES;

		if (!shared || d->maybe || !d->name || ck_is_connected(vm->ck, vm->inst, d->name))
			continue;
		ck_vm_warning(vm, d->at, show_text(d->name->text).s, "is not connected");
		ck_fix(vm->ck, d->at, "connect it, or write maybe in front of it");
	}
}

void ck_cross(struct camkes *ck, struct ck_vm *vms)
{
	for (u32 pass = 0; pass < 2; pass++) {
		for (const struct ck_link *l = ck->links.first; l && !ck_stopped(ck); l = l->next) {
			bool fits = pass ? is_event(l->connector) : is_shared(l->connector);

			for (u32 i = 0; fits && i < l->n_ends; i++) {
				if (pass)
					notify(vms, l, i);
				else
					share(vms, l, i);
			}
		}
	}
	for (struct ck_vm *vm = vms; vm; vm = vm->next) {
		check_pairs(vm);
		check_connected(vm);
	}
}

/* A VM whose console is multiplexed with others' has it as a virtual console. */
void ck_find_serial(struct camkes *ck, struct ck_vm *vms)
{
	for (const struct ck_link *l = ck->links.first; l; l = l->next) {
		for (u32 i = 0; i < l->n_ends; i++) {
			struct ck_vm *vm = vm_of(vms, l->end[i].inst);

			if (vm && str_eq_c(l->connector, "seL4SerialServer") &&
			    ck_pattern_fits("*batch", l->end[i].iface->text))
				vm->virtual_serial = true;
		}
	}
}
