/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vdev contexts. A device of ours becomes one of its class; one that is known and not supported yet
 * becomes one of its own name with all its options, and is the validator's to refuse. The interrupt
 * controller gets its windows at the end, when the vCPUs are counted.
 */
#include "qvmconf_priv.h"

#include <base/fmt.h>

#define PAGE	      0x1000
#define GICV3_DIST    0x10000
#define GICV3_REDIST  0x20000 /* for each vCPU */
#define GICV2_CPU     0x2000
#define GIC_LOC	      0x2f000000
#define GIC_REDIST    0x2f100000
#define GIC_INTERFACE 0x2c000000 /* as Arm's Foundation Model has it */

static struct vd_dev *dev(struct qvm *q)
{
	return &q->vd->devs.v[q->dev];
}

static u32 vdev_id(const struct qvm *q)
{
	return (u32)(q->vdev - qvm_vdevs);
}

static bool is_ours(const struct qvm *q)
{
	return vdev_id(q) <= QVM_V_SER8250;
}

static_assert(QVM_V_GIC == 0 && QVM_V_PL011 == 1 && QVM_V_SER8250 == 2, "ours come first");

/* ---- which ISA ---------------------------------------------------------------------------- */

void qvm_isa(struct qvm *q, enum qvm_isa isa, struct src_pos at)
{
	static const char *const names[] = { [QVM_ARM] = "aarch64", [QVM_X86] = "x86_64" };

	if (isa == QVM_ANY)
		return;
	if (!q->vd->isa) {
		q->vd->isa = names[isa];
		q->vd->isa_at = at;
	}
	if (q->isa_told || strcmp(q->vd->isa, names[isa]) == 0)
		return;
	q->isa_told = true;
	qvm_error_at(q, at, NULL, "is of %s, but the VM is of %s", names[isa], q->vd->isa);
	qvm_note(q, q->vd->isa_at, "this says so");
	qvm_fix(q, "remove one of them");
}

/* ---- interrupts --------------------------------------------------------------------------- */

static bool is_pic(const struct vd_dev *d)
{
	for (u32 i = 0; i < QVM_VDEVS; i++) {
		if (qvm_vdevs[i].needs == QVM_PIC &&
		    str_eq_c(d->class, qvm_text(qvm_vdevs[i].class)))
			return true;
	}
	return false;
}

static bool has_pic(const struct qvm *q, struct str name)
{
	for (u32 i = 0; i < q->vd->devs.n; i++) {
		if (is_pic(&q->vd->devs.v[i]) && str_eq(q->vd->devs.v[i].name, name))
			return true;
	}
	return false;
}

static void use_pic(struct qvm *q, struct str name)
{
	struct qvm_pending *p;

	if (str_eq_c(name, "gic")) {
		if (!q->gic.index && !q->gic.used_at.line)
			q->gic.used_at = q->tok.at;
		qvm_isa(q, QVM_ARM, q->tok.at);
		return;
	}
	if (has_pic(q, name))
		return;
	p = arena_new(q->arena, struct qvm_pending);
	if (!p)
		return;
	*p = (struct qvm_pending){ q->pending, qvm_keep(q, name), q->tok.at };
	q->pending = p;
}

static void settle_pending(struct qvm *q)
{
	for (struct qvm_pending *p = q->pending; p; p = p->next) {
		struct suggest near = { .word = p->name };

		if (has_pic(q, p->name)) {
			qvm_error_at(
				q, p->at, "intr",
				"'%s' comes later: a controller has to stand before those that name it",
				show_text(p->name).s);
			qvm_fix(q, "move its vdev up, to the top");
			continue;
		}
		suggest_try(&near, "gic");
		suggest_try(&near, "apic");
		qvm_error_at(q, p->at, "intr", "there is no interrupt controller '%s'",
			     show_text(p->name).s);
		if (near.best)
			qvm_fix(q, "did you mean '%s'?", near.best);
		else
			qvm_fix(q, "write gic:N, or name one by vdev gic name %s",
				show_text(p->name).s);
	}
}

bool qvm_is_line(struct qvm *q, u64 line)
{
	if (line <= UINT32_MAX)
		return true;
	qvm_bad_form(q, "no controller has so many lines");
	return false;
}

bool qvm_interrupt(struct qvm *q, struct str s, u64 *line)
{
	const char *colon = s.n ? memchr(s.p, ':', s.n) : NULL;
	struct str name = { s.p, colon ? (size_t)(colon - s.p) : 0 };

	if (str_eq_c(s, "apic")) {
		qvm_isa(q, QVM_X86, q->tok.at);
		return false;
	}
	if (!colon) {
		qvm_bad(q, "an interrupt is CONTROLLER:LINE");
		qvm_fix(q, "write gic:%s, as the controller counts: shared one n is 32 + n",
			s.n && s.p[0] >= '0' && s.p[0] <= '9' ? show_text(s).s : "37");
		return false;
	}
	if (!qvm_number(q, (struct str){ colon + 1, s.n - name.n - 1 }, QVM_BASE_NUMBER, line))
		return false;
	use_pic(q, name);
	return qvm_is_line(q, *line);
}

/* ---- the context -------------------------------------------------------------------------- */

/* "vdev-pl011.so": "pl011" */
static struct str bare_type(struct str s)
{
	if (str_starts(s, "vdev-")) {
		s.p += 5;
		s.n -= 5;
	}
	if (str_ends(s, ".so"))
		s.n -= 3;
	return s;
}

static void unknown_vdev(struct qvm *q, struct str type)
{
	struct suggest near = { .word = type };

	for (u32 i = 0; i < QVM_VDEVS; i++)
		suggest_try(&near, qvm_text(qvm_vdevs[i].name));
	qvm_bad(q, "there is no such device");
	qvm_advise(q, near.best,
		   "remove it with its options: qvm has no such device, or a third party's");
}

static void open_gic(struct qvm *q)
{
	if (q->gic.used_at.line) {
		qvm_error_at(q, q->opt_at, "vdev gic", "has to stand before those that name it");
		qvm_note(q, q->gic.used_at, "it is named here");
		qvm_fix(q, "move it up, to the top");
	}
	q->gic = (struct qvm_gic){ .index = q->vd->devs.n };
}

/* Of a controller there is one: the last that is written. */
static void again(struct qvm *q)
{
	qvm_warn(q, "there is one already: this one holds");
	q->dev = q->gic.index - 1;
	dev(q)->at = q->opt_at;
	dev(q)->name = str_of(qvm_text(q->vdev->name));
	q->gic = (struct qvm_gic){ .index = q->dev + 1 };
}

void qvm_vdev_open(struct qvm *q)
{
	struct vd_dev *d;
	struct str type;

	q->vdev = NULL;
	q->has_loc = q->has_intr = q->has_peer = false;
	if (!qvm_argument(q))
		return;
	type = bare_type(q->tok.text);
	for (u32 i = 0; i < QVM_VDEVS && !q->vdev; i++) {
		if (str_eq_c(type, qvm_text(qvm_vdevs[i].name)))
			q->vdev = &qvm_vdevs[i];
	}
	if (!q->vdev) {
		unknown_vdev(q, type);
		return;
	}
	if (q->vdev == &qvm_vdevs[QVM_V_GIC] && q->gic.index) {
		again(q);
		return;
	}
	/* A controller that the file does not name needs a place, too. */
	d = q->vd->devs.n + 1 < VD_MAX_LIST ? vmdesc_add_dev(q->vd, q->arena, q->opt_at) : NULL;
	if (!d) {
		qvm_full(q);
		q->vdev = NULL;
		return;
	}
	q->dev = q->vd->devs.n - 1;
	d->class = str_of(qvm_text(q->vdev->class));
	d->name = str_of(qvm_text(q->vdev->name));
	qvm_isa(q, q->vdev->isa, q->tok.at);
	if (vdev_id(q) == QVM_V_GIC)
		open_gic(q);
}

static void missing_option(struct qvm *q, u32 option)
{
	qvm_error_at(q, q->context_at, "", "vdev %s: '%s' is missing", qvm_text(q->vdev->name),
		     qvm_text(qvm_options[option].name));
	qvm_fix(q, "add %s",
		qvm_options[option].form ? qvm_advice(qvm_options[option].form) :
					   "peer and the path of the other end");
}

/* The next one takes its place in the list, and finds nothing of it. */
static void drop_dev(struct qvm *q)
{
	*dev(q) = (struct vd_dev){ 0 };
	q->vd->devs.n--;
}

/* Behind its last option: is everything there? */
void qvm_vdev_close(struct qvm *q)
{
	const struct qvm_vdev *v = q->vdev;
	bool io = v && vdev_id(q) == QVM_V_SER8250 && !q->has_loc;
	bool loc, intr;

	if (!v)
		return;
	if (io) /* where a PC has its first one */
		qvm_isa(q, QVM_X86, q->context_at);
	loc = (v->needs == QVM_LOC || v->needs == QVM_LOC_INTR) && !q->has_loc;
	intr = (v->needs == QVM_INTR || v->needs == QVM_LOC_INTR) && !q->has_intr && !io;
	if (loc)
		missing_option(q, QVM_O_V_LOC);
	if (intr)
		missing_option(q, QVM_O_V_INTR);
	if (vdev_id(q) == QVM_V_VIRTIO_NET && !q->has_peer)
		missing_option(q, QVM_O_NET_PEER);
	/* Told once; and of a PC's ports that they are x86's. */
	if (is_ours(q) && vdev_id(q) != QVM_V_GIC && !(dev(q)->n_win && dev(q)->n_irq))
		drop_dev(q);
	q->vdev = NULL;
}

/* ---- options ------------------------------------------------------------------------------ */

/* The one of which several add up, and the last of others. */
static void keep_option(struct qvm *q, struct str value)
{
	u32 id = (u32)(q->opt - qvm_options);
	bool adds = id == QVM_O_SHM_CREATE || id == QVM_O_SHM_ALLOW || id == QVM_O_SHM_DENY ||
		    id == QVM_O_V_REG || id == QVM_O_V_HOSTDEV;
	struct str key = str_of(qvm_text(q->opt->name));
	struct vd_option *o = NULL;
	struct vd_dev *d = dev(q);

	for (u32 i = 0; i < d->options.n && !adds && !o; i++) {
		if (str_eq(d->options.v[i].key, key))
			o = &d->options.v[i];
	}
	if (!o)
		o = vd_dev_add_option(d, q->arena, q->opt_at);
	if (!o) {
		qvm_full(q);
		return;
	}
	*o = (struct vd_option){ key, qvm_keep(q, value), q->opt_at };
}

/* [mem:|io:|pci:]address[,length] */
static void read_loc(struct qvm *q)
{
	struct vd_window *w = &dev(q)->win[0];
	struct str rest = q->tok.text;
	struct str start;

	q->has_loc = true;
	if (str_starts(rest, "pci:") || str_starts(rest, "io:")) {
		if (is_ours(q)) {
			qvm_bad(q, "guests have no PCI bus and no I/O ports here");
			qvm_fix(q, "write an address in memory: %s", qvm_advice(q->opt->form));
			return;
		}
		if (rest.p[0] == 'i')
			qvm_isa(q, QVM_X86, q->tok.at);
		return;
	}
	if (str_starts(rest, "mem:")) {
		rest.p += 4;
		rest.n -= 4;
	} else if (q->vdev->isa == QVM_X86 && q->vdev->needs != QVM_PCI &&
		   vdev_id(q) != QVM_V_IOAPIC && vdev_id(q) != QVM_V_HPET) {
		keep_option(q, rest); /* I/O ports */
		return;
	}
	start = qvm_piece(&rest);
	if (!qvm_number(q, start, QVM_BASE_ADDRESS, &w->base.v))
		return;
	w->size = PAGE;
	if (rest.n && !qvm_number(q, rest, QVM_BASE_SIZE, &w->size))
		return;
	if (is_ours(q))
		w->size = PAGE;
	dev(q)->n_win = 1;
	if (vdev_id(q) == QVM_V_GIC)
		q->gic.gicd = w->base.v;
}

static void read_intr(struct qvm *q)
{
	u64 line;

	q->has_intr = true;
	if (q->vdev->isa == QVM_X86)
		keep_option(q, q->tok.text); /* lines of several controllers */
	if (!qvm_interrupt(q, q->tok.text, &line) || q->vdev->isa == QVM_X86)
		return;
	dev(q)->irq[0] = (struct vd_irq){ (u32)line, VD_TRIGGER_LEVEL };
	dev(q)->n_irq = 1;
}

static void read_name(struct qvm *q)
{
	struct str s = q->tok.text;

	if (q->vdev->needs == QVM_PIC && s.n && memchr(s.p, ':', s.n)) {
		qvm_bad_form(
			q, "no ':' in the name of an interrupt controller: intr could not say it");
		return;
	}
	dev(q)->name = qvm_keep(q, s);
}

static void read_version(struct qvm *q)
{
	u64 v;

	if (!qvm_number(q, q->tok.text, QVM_BASE_NUMBER, &v))
		return;
	q->gic.version_at = q->tok.at;
	q->gic.version = (u32)v;
	if (v == 2 || v == 3)
		return;
	qvm_refuse(q, "version 2 and 3 are there", "write version 3");
	q->gic.version = 3;
}

static void read_gic_option(struct qvm *q, u64 *out)
{
	(void)qvm_number(q, q->tok.text, QVM_BASE_ADDRESS, out);
}

/* An option that says nothing to a device of ours, or of one that is not supported yet. */
static void other_option(struct qvm *q)
{
	if (q->opt - qvm_options == QVM_O_NET_PEER)
		q->has_peer = true;
	if (!is_ours(q))
		keep_option(q, q->opt->args == QVM_NONE ? (struct str){ "", 0 } : q->tok.text);
	else if (q->opt->effect == QVM_TOLD)
		qvm_warn(q, "has no effect: %s", qvm_advice(q->opt->does));
}

void qvm_vdev_option(struct qvm *q)
{
	if (q->opt->args == QVM_TWO) {
		qvm_logger(q, "fatal\0internal\0error\0warning\0info\0debug\0verbose\0");
		return;
	}
	if (q->opt->args != QVM_NONE && !qvm_argument(q)) {
		/* What is wrong with it has been told; it is not missing. */
		q->has_loc |= q->opt - qvm_options == QVM_O_V_LOC;
		q->has_intr |= q->opt - qvm_options == QVM_O_V_INTR;
		q->has_peer |= q->opt - qvm_options == QVM_O_NET_PEER;
		return;
	}
	switch (q->opt - qvm_options) {
	case QVM_O_V_LOC:
		return read_loc(q);
	case QVM_O_V_INTR:
		return read_intr(q);
	case QVM_O_V_NAME:
		return read_name(q);
	case QVM_O_GIC_VERSION:
		return read_version(q);
	case QVM_O_GIC_GICD:
		return read_gic_option(q, &q->gic.gicd);
	case QVM_O_GIC_GICC:
		return read_gic_option(q, &q->gic.gicc);
	case QVM_O_GIC_GICR:
		return read_gic_option(q, &q->gic.gicr);
	default:
		return other_option(q);
	}
}

/* ---- at the end --------------------------------------------------------------------------- */

static void place_gic(struct qvm *q, struct vd_dev *d)
{
	const struct qvm_gic *g = &q->gic;
	bool v2 = g->version == 2 || (!g->version && g->gicc && !g->gicr);

	if (v2 && g->gicr) {
		qvm_error_at(q, g->version_at, "vdev gic version",
			     "gicr says that it is version 3");
		qvm_fix(q, "write version 3, or gicc in place of gicr");
	}
	d->class = str_of(v2 ? "gicv2" : "gicv3");
	d->win[0] = (struct vd_window){ GPA(g->gicd ? g->gicd : GIC_LOC), v2 ? PAGE : GICV3_DIST };
	if (v2)
		d->win[1] = (struct vd_window){ GPA(g->gicc ? g->gicc : GIC_INTERFACE), GICV2_CPU };
	else
		d->win[1] = (struct vd_window){ GPA(g->gicr ? g->gicr : GIC_REDIST),
						GICV3_REDIST * (u64)q->vd->vcpus.n };
	d->n_win = 2;
	d->n_irq = 0;
}

static void use_byte_registers(struct qvm *q, struct vd_dev *d)
{
	struct vd_option *o;

	if (!str_eq_c(d->class, qvm_text(qvm_vdevs[QVM_V_SER8250].class)))
		return;
	o = vd_dev_add_option(d, q->arena, d->at);
	if (o)
		*o = (struct vd_option){ STR("reg-shift"), STR("0"), d->at };
}

void qvm_finish_devs(struct qvm *q)
{
	struct vmdesc *vd = q->vd;
	struct vd_dev *d;

	settle_pending(q);
	for (u32 i = 0; i < vd->devs.n; i++) {
		d = &vd->devs.v[i];
		use_byte_registers(q, d);
		if (str_eq_c(d->class, qvm_text(qvm_vdevs[QVM_V_PL011].class)) ||
		    str_eq_c(d->class, qvm_text(qvm_vdevs[QVM_V_SER8250].class)))
			vd->absent &= ~(u32)BIT(VD_PART_CONSOLE);
	}
	if (q->gic.index) {
		place_gic(q, &vd->devs.v[q->gic.index - 1]);
		return;
	}
	if (vd->isa && strcmp(vd->isa, "x86_64") == 0)
		return;
	d = vmdesc_add_dev(vd, q->arena, (struct src_pos){ .file = vd->file });
	if (!d)
		return;
	d->name = STR("gic");
	d->is_default = true;
	place_gic(q, d);
}
