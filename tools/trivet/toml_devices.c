/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices of a description as rows of TOML: emulated ones and those passed through. A row has a place
 * for what AxVisor's devices have; whatever else a device has is lost, by name.
 */
#include <base/bits.h>
#include <lib/words.h>

#include "writer.h"

enum {
	EMU_INTC = 1,
	EMU_CONSOLE = 2,
};

/* ---- emulated ------------------------------------------------------------------------------- */

static u32 count_devs(const struct vmdesc *vd)
{
	return vd->devs.n;
}

bool is_console(const struct vd_dev *d)
{
	return str_eq_c(d->class, "pl011") || str_eq_c(d->class, "ns16550");
}

/* A console's class is in its name: the format has one number for all of them. */
static bool name_says_16550(struct str name)
{
	return str_starts(name, "ns16550") || str_starts(name, "uart16550") ||
	       str_starts(name, "dw-apb-uart") || str_starts(name, "ser8250");
}

static const struct vd_option *option(const struct vd_dev *d, const char *key)
{
	for (u32 i = 0; i < d->options.n; i++) {
		if (str_eq_c(d->options.v[i].key, key))
			return &d->options.v[i];
	}
	return NULL;
}

static void put_dev_head(struct writer *w, const struct vd_dev *d, FILE *out)
{
	fputc('[', out);
	write_string(w, out, d->name.n ? d->name : d->class, d->at);
	fprintf(out, ", %s, %s, %u, ", show_hex(d->win[0].base.v).s, show_hex(d->win[0].size).s,
		d->n_irq ? d->irq[0].line : 0);
}

/* Its version is told by the first window. */
static bool intc_is_sayable(const struct vd_dev *d)
{
	bool older = str_eq_c(d->class, vmdesc_board.older_intc.class);
	u64 size = vmdesc_board.older_intc.win[0].size;

	return d->n_win == 2 && !d->n_irq && (d->win[0].size == size) == older &&
	       (older || str_eq_c(d->class, vmdesc_board.intc.class));
}

static bool row_intc(struct writer *w, const struct vd_dev *d, FILE *out)
{
	put_dev_head(w, d, out);
	fprintf(out, "%d, [%s, %s]]", EMU_INTC, show_hex(d->win[1].base.v).s,
		show_hex(d->win[1].size).s);
	return true;
}

static bool row_console(struct writer *w, const struct vd_dev *d, FILE *out)
{
	const struct vd_option *shift = option(d, "reg-shift");

	put_dev_head(w, d, out);
	fprintf(out, "%d, [", EMU_CONSOLE);
	if (shift)
		fwrite(shift->value.p, 1, shift->value.n, out);
	fputs("]]", out);
	return true;
}

/* Devices that are known and not emulated yet. */
static u32 other_type(const struct vd_dev *d)
{
	static const struct {
		u32 number;
		const char *class;
	} types[] = {
		{ 0xe1, "virtio-blk" },	 { 0xe2, "virtio-net" }, { 0xe3, "virtio-console" },
		{ 0x0a, "ivc-channel" }, { 0x23, "ioapic" },	 { 0x24, "timer8254" },
		{ 0x25, "pch-pic" },	 { 0x30, "plic" },
	};

	for (u32 i = 0; i < array_size(types); i++) {
		if (str_eq_c(d->class, types[i].class) && d->n_win == 1 && d->win[0].size &&
		    d->n_irq <= 1 && !d->options.n &&
		    (!d->n_irq || (d->irq[0].line && d->irq[0].trigger == VD_TRIGGER_LEVEL)))
			return types[i].number;
	}
	return 0;
}

static bool row_other(struct writer *w, const struct vd_dev *d, FILE *out)
{
	put_dev_head(w, d, out);
	fprintf(out, "0x%x, []]", other_type(d));
	return true;
}

static bool console_is_sayable(const struct vd_dev *d)
{
	bool is_16550 = str_eq_c(d->class, "ns16550");

	return is_console(d) && d->n_win == 1 && d->n_irq == 1 &&
	       d->irq[0].trigger == VD_TRIGGER_LEVEL && name_says_16550(d->name) == is_16550 &&
	       d->options.n == (option(d, "reg-shift") != NULL);
}

static bool row_dev(struct writer *w, u32 i, FILE *out, char *remark, size_t size)
{
	const struct vd_dev *d = &w->vd->devs.v[i];

	if (d->is_placed_by_us || (w->native && d->is_default))
		return false;
	snprintf(remark, size, "%s", show_text(d->class).s);
	if (console_is_sayable(d))
		return row_console(w, d, out);
	if (intc_is_sayable(d))
		return row_intc(w, d, out);
	return other_type(d) && row_other(w, d, out);
}

/* ---- devices with everything: [[trivet.device]] ---------------------------------------------- */

static void put_numbers(const struct vd_dev *d, FILE *out)
{
	u32 edges = 0;

	fputs(", [", out);
	for (u32 i = 0; i < d->n_win; i++)
		fprintf(out, "%s%s, %s", i ? ", " : "", show_hex(d->win[i].base.v).s,
			show_hex(d->win[i].size).s);
	fputs("], [", out);
	for (u32 i = 0; i < d->n_irq; i++)
		fprintf(out, "%s%u", i ? ", " : "", d->irq[i].line);
	fputs("], [", out);
	for (u32 i = 0; i < d->n_irq; i++)
		if (d->irq[i].trigger == VD_TRIGGER_EDGE)
			fprintf(out, "%s%u", edges++ ? ", " : "", d->irq[i].line);
	fputc(']', out);
}

static void put_options(struct writer *w, const struct vd_dev *d, FILE *out)
{
	if (d->options.n && w->irqs_apart) {
		say_lost(w, d->at, "options of device \"%s\"", show_text(d->name).s);
		return;
	}
	for (u32 k = 0; k < d->options.n; k++) {
		fputs(k ? ", " : ", { ", out);
		write_string(w, out, d->options.v[k].key, d->options.v[k].at);
		fputs(" = ", out);
		write_string(w, out, d->options.v[k].value, d->options.v[k].at);
	}
	fputs(d->options.n ? " }" : "", out);
}

static bool row_device(struct writer *w, u32 i, FILE *out, char *remark, size_t size)
{
	const struct vd_dev *d = &w->vd->devs.v[i];

	(void)remark;
	(void)size;
	if (d->is_placed_by_us || console_is_sayable(d) || intc_is_sayable(d) || other_type(d))
		return false;
	fputc('[', out);
	write_string(w, out, d->class, d->at);
	fputs(", ", out);
	write_string(w, out, d->name, d->at);
	put_numbers(d, out);
	put_options(w, d, out);
	fputc(']', out);
	return true;
}

/* ---- devices that are placed by us ----------------------------------------------------------- */

static const char *model_of(const struct vd_dev *d)
{
	static const char *const models[][2] = {
		{ "pl011", "pl011-mmio" },	  { "ns16550", "uart16550-mmio" },
		{ "virtio-blk", "virtio-blk" },	  { "virtio-net", "virtio-net" },
		{ "ivc-channel", "ivc-channel" },
	};

	for (u32 i = 0; i < array_size(models); i++) {
		if (str_eq_c(d->class, models[i][0]))
			return models[i][1];
	}
	return NULL;
}

/* "02:00:00:00:00:01" as a list of numbers. */
static void put_mac(FILE *out, struct str mac)
{
	fputs(", guest_mac = [", out);
	for (size_t i = 0; i + 1 < mac.n; i += 3)
		fprintf(out, "%s0x%.2s", i ? ", " : "", mac.p + i);
	fputc(']', out);
}

static void put_backend(struct writer *w, const struct vd_dev *d, FILE *out)
{
	const struct vd_option *type = option(d, "backend"), *path = option(d, "path");

	if (!type)
		return;
	fputs(", backend = { type = ", out);
	write_string(w, out, type->value, type->at);
	if (path) {
		fputs(", path = ", out);
		write_string(w, out, path->value, path->at);
	}
	fputs(" }", out);
}

static bool row_virtual(struct writer *w, u32 i, FILE *out, char *remark, size_t size)
{
	const struct vd_dev *d = &w->vd->devs.v[i];
	const struct vd_option *shift = option(d, "reg-shift"), *mac = option(d, "mac");
	const struct vd_option *capacity = option(d, "capacity");

	(void)remark;
	(void)size;
	if (!d->is_placed_by_us)
		return false;
	if (!model_of(d)) {
		say_lost(w, d->at, "device %s \"%s\" without a place", show_text(d->class).s,
			 show_text(d->name).s);
		return false;
	}
	fputs("{ id = ", out);
	write_string(w, out, d->name, d->at);
	fprintf(out, ", model = \"%s\"", model_of(d));
	put_backend(w, d, out);
	if (shift)
		fprintf(out, ", register_shift = %.*s", STR_ARG(shift->value));
	if (capacity)
		fprintf(out, ", capacity = %.*s", STR_ARG(capacity->value));
	if (mac)
		put_mac(out, mac->value);
	fputs(" }", out);
	return true;
}

/* ---- passed through ------------------------------------------------------------------------ */

static u32 count_passes(const struct vmdesc *vd)
{
	return vd->pass_paths.n + vd->passes.n;
}

/* A row of passthrough_addresses: nothing but one address. */
static bool is_plain_address(const struct vd_pass *p)
{
	return !p->name.n && p->n_win == 1 && !p->n_irq && p->win[0].gpa.v == p->win[0].hpa.v;
}

bool is_bare_irq(const struct vd_pass *p)
{
	return !p->n_win && p->n_irq == 1 && str_eq_c(p->name, "dtb_irqs") &&
	       (!p->irq[0].guest || p->irq[0].guest == p->irq[0].host);
}

static bool is_sayable(const struct vd_pass *p)
{
	return p->n_win == 1 && (!p->win[0].prot || p->win[0].prot == (VD_R | VD_W)) &&
	       p->n_irq <= 1 && (!p->n_irq || p->irq[0].host) &&
	       (!p->n_irq || ((!p->irq[0].guest || p->irq[0].guest == p->irq[0].host) &&
			      p->irq[0].trigger == VD_TRIGGER_LEVEL));
}

/* [[trivet.pass]]: what a row of passthrough_devices has no place for. */
static bool row_trivet_pass(struct writer *w, u32 i, FILE *out, char *remark, size_t size)
{
	const struct vd_pass *p = &w->vd->passes.v[i];

	(void)remark;
	(void)size;
	if (is_sayable(p) || (w->irqs_apart && is_bare_irq(p)))
		return false;
	if (p->n_win > 1 || p->n_irq > 1) {
		say_lost(w, p->at, "passed through \"%s\": all but one window and one interrupt",
			 show_text(p->name).s);
		return false;
	}
	fputc('[', out);
	write_string(w, out, p->name, p->at);
	fputs(", [", out);
	if (p->n_win)
		fprintf(out, "%s, %s, %s, %u", show_hex(p->win[0].gpa.v).s,
			show_hex(p->win[0].hpa.v).s, show_hex(p->win[0].size).s, p->win[0].prot);
	fputc(']', out);
	if (p->n_irq)
		fprintf(out, ", [%u, %u], %d", p->irq[0].host, p->irq[0].guest,
			p->irq[0].trigger == VD_TRIGGER_EDGE);
	fputc(']', out);
	return true;
}

static bool row_pass(struct writer *w, u32 i, FILE *out, char *remark, size_t size)
{
	const struct vmdesc *vd = w->vd;
	const struct vd_pass *p;

	if (i < vd->pass_paths.n) {
		fputc('[', out);
		write_string(w, out, vd->pass_paths.v[i].path, vd->pass_paths.v[i].at);
		fputc(']', out);
		snprintf(remark, size, "the node, all below it and what it needs");
		return true;
	}
	p = &vd->passes.v[i - vd->pass_paths.n];
	if (w->irqs_apart && is_bare_irq(p))
		return false;
	if (is_plain_address(p) || !is_sayable(p))
		return false;
	fputc('[', out);
	write_string(w, out, p->name, p->at);
	fprintf(out, ", %s, %s, %s, %u]", show_hex(p->win[0].gpa.v).s, show_hex(p->win[0].hpa.v).s,
		show_hex(p->win[0].size).s, p->n_irq ? p->irq[0].host : 0);
	return true;
}

static u32 count_windows(const struct vmdesc *vd)
{
	return vd->passes.n;
}

static bool row_address(struct writer *w, u32 i, FILE *out, char *remark, size_t size)
{
	const struct vd_pass *p = &w->vd->passes.v[i];

	(void)remark;
	(void)size;
	if (!is_plain_address(p) || !is_sayable(p))
		return false;
	fprintf(out, "[%s, %s]", show_hex(p->win[0].gpa.v).s, show_hex(p->win[0].size).s);
	return true;
}

static u32 count_excluded(const struct vmdesc *vd)
{
	return vd->pass_except.n;
}

static bool row_excluded(struct writer *w, u32 i, FILE *out, char *remark, size_t size)
{
	(void)remark;
	(void)size;
	fputc('[', out);
	write_string(w, out, w->vd->pass_except.v[i].path, w->vd->pass_except.v[i].at);
	fputc(']', out);
	return true;
}

static const struct value_rows rows[] = {
	{ VD_F_EMU_DEVICES, count_devs, row_dev },
	{ VD_F_VIRTUAL, count_devs, row_virtual },
	{ VD_F_PASSTHROUGH_DEVICES, count_passes, row_pass },
	{ VD_F_EXCLUDED_DEVICES, count_excluded, row_excluded },
	{ VD_F_PASSTHROUGH_ADDRESSES, count_windows, row_address },
	{ VD_F_DEVICE, count_devs, row_device },
	{ VD_F_PASS, count_windows, row_trivet_pass },
};

const struct value_rows *device_rows(enum vd_field f)
{
	for (u32 i = 0; i < array_size(rows); i++) {
		if (rows[i].field == f)
			return &rows[i];
	}
	return NULL;
}
