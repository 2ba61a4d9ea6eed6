/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual devices that lists of settings imply: network, console, sockets and disk. They are put
 * into the description whatever of them can be built; the validator says what cannot. Besides:
 * where the VM's first vCPU runs, and keys of the TOML language.
 */
#include "camkes_priv.h"

#include <base/fmt.h>

/* The strings or numbers @key of a list of dictionaries, with commas between. */
static struct str joined(struct ck_vm *vm, enum ck_attr attr, u32 column)
{
	const struct ck_value *value = vm->value[attr];
	const struct ck_item *cell[CK_MAX_KEYS];
	char text[256];
	size_t used = 0;

	text[0] = '\0';
	for (const struct ck_item *v = value->item->child; v && used < sizeof(text); v = v->next) {
		const char *comma = used ? "," : "";

		if (!ck_cells(vm, attr, v, cell))
			continue;
		if (cell[column]->type == CK_STRING)
			used += (size_t)fmt_snprintf(text + used, sizeof(text) - used, "%s%s",
						     comma, show_text(cell[column]->text).s);
		else
			used += (size_t)fmt_snprintf(text + used, sizeof(text) - used, "%s%lld",
						     comma, (long long)cell[column]->integer);
	}
	return ck_copy(vm->ck, str_of(text));
}

static bool is_list(const struct ck_vm *vm, enum ck_attr attr)
{
	return vm->value[attr] && vm->value[attr]->item->n;
}

/* ---- network ------------------------------------------------------------------------------- */

static struct str driver_mac(struct ck_vm *vm)
{
	const struct ck_value *value = vm->value[CK_A_ETHDRIVER_MAC];
	char text[24];
	size_t n = 0;

	for (const struct ck_item *v = value->item->child; v && n < 6; v = v->next) {
		if (v->type != CK_INT || v->integer < 0 || v->integer > 255)
			break;
		fmt_snprintf(text + 3 * n, sizeof(text) - 3 * n,
			     "%02llx:", (unsigned long long)v->integer);
		n++;
	}
	/* Without the last colon. */
	return n == 6 ? ck_copy(vm->ck, (struct str){ text, 17 }) : (struct str){ "", 0 };
}

static bool is_mac(struct str s)
{
	if (s.n != 17)
		return false;
	for (u32 i = 0; i < 17; i++) {
		if (i % 3 == 2 ? s.p[i] != ':' : !strchr("0123456789abcdefABCDEF", s.p[i]))
			return false;
	}
	return true;
}

static void add_mac(struct ck_vm *vm, struct vd_dev *dev, const struct ck_value *v, struct str mac)
{
	if (is_mac(mac)) {
		ck_add_option(vm, dev, "mac", mac, v->item->at);
		return;
	}
	ck_vm_error(vm, v->item->at, v->attr->text.p, "is not a MAC address");
	ck_fix(vm->ck, v->item->at,
	       v->item->type == CK_LIST ? "write six numbers below 256" :
					  "write \"02:00:00:00:aa:01\"");
}

static void add_net(struct ck_vm *vm, struct src_pos at)
{
	const struct ck_value *mac = vm->value[CK_A_VSWITCH_MAC];
	struct vd_dev *dev = ck_add_dev(vm, "virtio-net", STR("net"), at);

	if (mac && mac->item->text.n)
		add_mac(vm, dev, mac, mac->item->text);
	else if (vm->value[CK_A_ETHDRIVER_MAC])
		add_mac(vm, dev, vm->value[CK_A_ETHDRIVER_MAC], driver_mac(vm));
	if (is_list(vm, CK_A_VSWITCH_LAYOUT))
		ck_add_option(vm, dev, "peers", joined(vm, CK_A_VSWITCH_LAYOUT, 0),
			      vm->value[CK_A_VSWITCH_LAYOUT]->item->at);
}

/* ---- the others ---------------------------------------------------------------------------- */

static void add_console(struct ck_vm *vm, struct src_pos at)
{
	struct vd_dev *dev = ck_add_dev(vm, "virtio-console", STR("hvc0"), at);

	if (is_list(vm, CK_A_SERIAL_LAYOUT))
		ck_add_option_u64(vm, dev, "ports", vm->value[CK_A_SERIAL_LAYOUT]->item->n,
				  vm->value[CK_A_SERIAL_LAYOUT]->item->at);
}

static void add_vsock(struct ck_vm *vm, struct src_pos at)
{
	struct vd_dev *dev = ck_add_dev(vm, "virtio-vsock", STR("vsock"), at);
	s64 cid = ck_int(vm, CK_A_GUEST_CID, 0);

	if (cid < 0 || cid > 255) {
		ck_vm_error(vm, vm->value[CK_A_GUEST_CID]->item->at, "guest_cid",
			    "%lld is not below 256", (long long)cid);
		ck_fix(vm->ck, vm->value[CK_A_GUEST_CID]->item->at, "write 0 to 255");
		return;
	}
	ck_add_option_u64(vm, dev, "cid", (u64)cid, at);
	if (is_list(vm, CK_A_SOCKET_LAYOUT))
		ck_add_option(vm, dev, "peers", joined(vm, CK_A_SOCKET_LAYOUT, 0),
			      vm->value[CK_A_SOCKET_LAYOUT]->item->at);
}

static void add_blk(struct ck_vm *vm, struct src_pos at)
{
	struct vd_dev *dev = ck_add_dev(vm, "virtio-blk", STR("disk"), at);
	char text[96];
	size_t used = 0;

	if (!ck_is_list_of(vm, CK_A_PARTITIONS, CK_INT))
		return;
	for (const struct ck_item *v = vm->value[CK_A_PARTITIONS]->item->child;
	     v && used < sizeof(text); v = v->next)
		used += (size_t)fmt_snprintf(text + used, sizeof(text) - used,
					     used ? ",%lld" : "%lld", (long long)v->integer);
	if (used)
		ck_add_option(vm, dev, "partitions", ck_copy(vm->ck, str_of(text)),
			      vm->value[CK_A_PARTITIONS]->item->at);
}

/* ---- which of them there are ---------------------------------------------------------------- */

static const struct {
	const char *init;
	void (*add)(struct ck_vm *vm, struct src_pos at);
} functions[] = {
	{ "make_virtio_net_vswitch_driver_dummy", NULL },
	{ "make_virtio_con_driver_dummy", NULL },
	{ "vchan_init_init", NULL },
	{ "make_virtio_net_vswitch", add_net },
	{ "make_virtio_net", add_net },
	{ "make_virtio_blk", add_blk },
	{ "make_virtio_con", add_console },
	{ "make_virtio_vsock", add_vsock },
};

static void call(struct ck_vm *vm, const struct ck_item *row)
{
	const struct ck_item *cell[CK_MAX_KEYS];
	struct suggest near;

	if (!ck_cells(vm, CK_A_INIT_CONS, row, cell))
		return;
	near = (struct suggest){ .word = cell[0]->text };
	for (u32 i = 0; i < array_size(functions); i++) {
		if (str_eq_c(cell[0]->text, functions[i].init)) {
			if (functions[i].add)
				functions[i].add(vm, cell[0]->at);
			return;
		}
		suggest_try(&near, functions[i].init);
	}
	ck_vm_warning(vm, cell[0]->at, "init_cons", "%s is code of your own: it does not run here",
		      show_text(cell[0]->text).s);
	if (near.best)
		ck_fix(vm->ck, cell[0]->at, "did you mean \"%s\"?", near.best);
}

/* ---- where it runs ------------------------------------------------------------------------- */

static void read_affinity(struct ck_vm *vm)
{
	const struct ck_value *v = vm->value[CK_A_AFFINITY] ? vm->value[CK_A_AFFINITY] :
							      vm->value[CK_A_U_AFFINITY];
	struct vd_vcpu *first = vm->vd->vcpus.n ? &vm->vd->vcpus.v[0] : NULL;

	if (!v || !first)
		return;
	if (v->item->integer < 0 || v->item->integer > 63) {
		ck_vm_error(vm, v->item->at, v->attr->text.p, "%lld is no CPU's number",
			    (long long)v->item->integer);
		ck_fix(vm->ck, v->item->at, "write the number of a host CPU, from 0 on");
		return;
	}
	first->cpu_mask = BIT((u32)v->item->integer);
	first->mask_at = v->item->at;
}

void ck_virtual(struct ck_vm *vm)
{
	const struct ck_value *cons = vm->value[CK_A_INIT_CONS];

	read_affinity(vm);
	for (const struct ck_item *v = cons ? cons->item->child : NULL; v; v = v->next)
		call(vm, v);
	if (vm->isa != CK_ISA_ARM)
		return;
	/* Arm's monitor is built with or without them; what is described is wanted. */
	if (is_list(vm, CK_A_VSWITCH_LAYOUT))
		add_net(vm, vm->value[CK_A_VSWITCH_LAYOUT]->at);
	if (is_list(vm, CK_A_SERIAL_LAYOUT))
		add_console(vm, vm->value[CK_A_SERIAL_LAYOUT]->at);
	else if (vm->virtual_serial)
		add_console(vm, vm->inst->at);
}

/* ---- keys of TOML -------------------------------------------------------------------------- */

static struct toml *to_toml(struct camkes *ck, const struct ck_item *item)
{
	static const enum toml_type types[] = {
		[CK_INT] = TOML_INT,	   [CK_BOOL] = TOML_BOOL,  [CK_FLOAT] = TOML_FLOAT,
		[CK_STRING] = TOML_STRING, [CK_LIST] = TOML_ARRAY, [CK_DICT] = TOML_TABLE,
		[CK_QUERY] = TOML_TABLE,
	};
	struct toml *t = ck_new(ck, struct toml);
	char text[24];

	if (!t)
		return NULL;
	t->type = types[item->type];
	t->at = item->at;
	t->key_at = item->key ? item->key->at : item->at;
	t->key = item->key ? item->key->text : (struct str){ "", 0 };
	t->text = item->text;
	t->integer = item->integer;
	if (item->type == CK_BOOL)
		t->text = str_of(item->integer ? "true" : "false");
	if (item->type == CK_INT) {
		fmt_snprintf(text, sizeof(text), "%lld", (long long)item->integer);
		t->text = ck_copy(ck, str_of(text));
	}
	/* As deep as it was read. */
	for (const struct ck_item *v = item->child; v && !ck_stopped(ck); v = v->next) {
		struct toml *c = to_toml(ck, v);

		if (!c)
			return NULL;
		if (t->last)
			t->last->next = c;
		else
			t->child = c;
		t->last = c;
		t->n++;
	}
	return t;
}

void ck_extend(struct ck_vm *vm)
{
	const struct ck_value *v = vm->value[CK_A_TRIVET];
	struct toml *table = v ? to_toml(vm->ck, v->item) : NULL;

	/* What it refuses, it reports. */
	if (table && config_extend(vm->vd, table, vm->ck->arena, vm->ck->diag) == E_NOMEM)
		vm->ck->no_memory = true;
}
