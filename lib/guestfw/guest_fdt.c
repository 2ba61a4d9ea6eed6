/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device tree of a guest, as the description says its board is. Everything in it comes from
 * the vmdesc, so a guest never hears of something that it does not have; nothing in it depends
 * on time or chance, so the same description gives the same bytes.
 */
#include <lib/guestfw.h>

#include <base/endian.h>
#include <base/fmt.h>

#include "guest_fdt.h"

#define UART_CLOCK_HZ 24000000
#define NAME_MAX_LEN  32

/* Nodes of the host's refer to its interrupt controller: the guest's answers to that number. */
u32 guest_fdt_intc_phandle(const struct vmdesc *vd)
{
	return vd->pass_tree.fdt.n ? vd->pass_tree.intc_phandle : 1;
}

u32 guest_fdt_clock_phandle(const struct vmdesc *vd)
{
	return vd->pass_tree.fdt.n ? vd->pass_tree.free_phandle : 2;
}

/* ---- devices ------------------------------------------------------------------------------- */

void guest_fdt_reg(struct guest_tree *t, const struct vd_dev *dev)
{
	u32 cells[VD_DEV_WINDOWS * 4];
	u32 n = 0;

	for (u32 i = 0; i < dev->n_win && i < VD_DEV_WINDOWS; i++) {
		cells[n++] = (u32)(dev->win[i].base.v >> 32);
		cells[n++] = (u32)dev->win[i].base.v;
		cells[n++] = (u32)(dev->win[i].size >> 32);
		cells[n++] = (u32)dev->win[i].size;
	}
	dt_out_cells(&t->out, "reg", cells, n);
}

static void write_pl011(struct guest_tree *t, const struct vd_dev *dev)
{
	u32 clock = guest_fdt_clock_phandle(t->vd);
	u32 clocks[] = { clock, clock };

	dt_out_node_at(&t->out, "pl011", dev->win[0].base.v);
	dt_out_str(&t->out, "compatible", STR("arm,pl011\0arm,primecell"));
	guest_fdt_reg(t, dev);
	guest_fdt_isa_irqs(t, dev);
	dt_out_cells(&t->out, "clocks", clocks, array_size(clocks));
	dt_out_str(&t->out, "clock-names", STR("uartclk\0apb_pclk"));
	dt_out_end_node(&t->out);
}

/* The device says how far apart its registers are (one digit). */
static u32 reg_shift(const struct vd_dev *dev)
{
	for (u32 i = 0; i < dev->options.n; i++)
		if (str_eq_c(dev->options.v[i].key, "reg-shift"))
			return (u32)(dev->options.v[i].value.p[0] - '0');
	return 2;
}

static void write_ns16550(struct guest_tree *t, const struct vd_dev *dev)
{
	u32 shift = reg_shift(dev);

	dt_out_node_at(&t->out, "serial", dev->win[0].base.v);
	dt_out_str(&t->out, "compatible", STR("ns16550a"));
	guest_fdt_reg(t, dev);
	guest_fdt_isa_irqs(t, dev);
	dt_out_u32(&t->out, "reg-shift", shift);
	dt_out_u32(&t->out, "reg-io-width", shift >= 2 ? 4 : 1);
	dt_out_u32(&t->out, "clock-frequency", UART_CLOCK_HZ);
	dt_out_end_node(&t->out);
}

static void write_clock(struct guest_tree *t)
{
	dt_out_node(&t->out, "board-clock");
	dt_out_str(&t->out, "compatible", STR("fixed-clock"));
	dt_out_u32(&t->out, "#clock-cells", 0);
	dt_out_u32(&t->out, "clock-frequency", UART_CLOCK_HZ);
	/* Guests know clocks by this name: not one that a passed-through node has. */
	dt_out_str(&t->out, "clock-output-names", STR("board-clock"));
	dt_out_u32(&t->out, "phandle", guest_fdt_clock_phandle(t->vd));
	dt_out_end_node(&t->out);
}

static const struct guest_fdt_class common_classes[] = {
	{ "ns16550", write_ns16550 },
	{ "pl011", write_pl011 },
	{ NULL, NULL },
};

static const struct guest_fdt_class *find_class(const struct guest_fdt_class *c, struct str class)
{
	for (; c->class; c++)
		if (str_eq_c(class, c->class))
			return c;
	return NULL;
}

static void write_device(struct guest_tree *t, const struct vd_dev *dev)
{
	const struct guest_fdt_class *c = find_class(guest_fdt_isa_classes, dev->class);

	if (!c)
		c = find_class(common_classes, dev->class);
	if (c && dev->n_win)
		c->write(t, dev);
}

/* ---- CPUs and memory ----------------------------------------------------------------------- */

static void write_cpus(struct guest_tree *t)
{
	const struct vmdesc *vd = t->vd;
	u64 ids = 0;

	for (u32 i = 0; i < vd->vcpus.n; i++)
		ids |= vd->vcpus.v[i].hw_id;
	dt_out_node(&t->out, "cpus");
	dt_out_u32(&t->out, "#address-cells", ids >> 32 ? 2 : 1);
	dt_out_u32(&t->out, "#size-cells", 0);
	for (u32 i = 0; i < vd->vcpus.n; i++) {
		const struct vd_vcpu *vcpu = &vd->vcpus.v[i];

		dt_out_node_at(&t->out, "cpu", vcpu->hw_id);
		dt_out_str(&t->out, "device_type", STR("cpu"));
		if (ids >> 32)
			dt_out_u64(&t->out, "reg", vcpu->hw_id);
		else
			dt_out_u32(&t->out, "reg", (u32)vcpu->hw_id);
		guest_fdt_isa_cpu(t, vcpu);
		dt_out_end_node(&t->out);
	}
	dt_out_end_node(&t->out);
}

static bool is_ram(const struct vd_mem *m)
{
	return (m->prot & (VD_R | VD_W)) == (VD_R | VD_W);
}

static void write_memory(struct guest_tree *t)
{
	for (u32 i = 0; i < t->vd->mems.n; i++) {
		const struct vd_mem *m = &t->vd->mems.v[i];
		u32 reg[] = { (u32)(m->base.v >> 32), (u32)m->base.v, (u32)(m->size >> 32),
			      (u32)m->size };

		if (!is_ram(m))
			continue;
		dt_out_node_at(&t->out, "memory", m->base.v);
		dt_out_str(&t->out, "device_type", STR("memory"));
		dt_out_cells(&t->out, "reg", reg, array_size(reg));
		dt_out_end_node(&t->out);
	}
}

/* ---- the whole ----------------------------------------------------------------------------- */

static void write_chosen(struct guest_tree *t, struct str console)
{
	dt_out_node(&t->out, "chosen");
	if (t->vd->cmdline.n)
		dt_out_str(&t->out, "bootargs", t->vd->cmdline);
	if (console.n)
		dt_out_str(&t->out, "stdout-path", console);
	if (t->info->initrd_len) {
		dt_out_u64(&t->out, "linux,initrd-start", t->info->initrd.v);
		dt_out_u64(&t->out, "linux,initrd-end", t->info->initrd.v + t->info->initrd_len);
	}
	dt_out_end_node(&t->out);
	dt_out_node(&t->out, "aliases");
	if (console.n)
		dt_out_str(&t->out, "serial0", console);
	if (t->vd->pass_tree.fdt.n)
		dt_out_copy(&t->out, t->vd->pass_tree.fdt, DT_ROOT_PROPS);
	dt_out_end_node(&t->out);
}

static struct str console_path(const struct vmdesc *vd, char *buf, size_t size)
{
	const struct vd_dev *dev = vmdesc_dev(vd, "pl011");
	const char *name = "pl011";

	if (!dev) {
		dev = vmdesc_dev(vd, "ns16550");
		name = "serial";
	}
	if (!dev || !dev->n_win)
		return (struct str){ "", 0 };
	fmt_snprintf(buf, size, "/%s@%llx", name, (unsigned long long)dev->win[0].base.v);
	return str_of(buf);
}

static enum status write_all(struct guest_tree *t, void *buf, size_t size, size_t *len)
{
	char console[NAME_MAX_LEN];

	dt_out_begin(&t->out, buf, size);
	dt_out_str(&t->out, "model", STR("Trivet virtual board"));
	dt_out_str(&t->out, "compatible", STR("trivet,virtual-board\0linux,dummy-virt"));
	dt_out_u32(&t->out, "#address-cells", 2);
	dt_out_u32(&t->out, "#size-cells", 2);
	if (guest_fdt_isa_has_intc(t->vd))
		dt_out_u32(&t->out, "interrupt-parent", guest_fdt_intc_phandle(t->vd));
	write_chosen(t, console_path(t->vd, console, sizeof(console)));
	write_memory(t);
	write_cpus(t);
	guest_fdt_isa_nodes(t);
	write_clock(t);
	for (u32 i = 0; i < t->vd->devs.n; i++)
		write_device(t, &t->vd->devs.v[i]);
	if (t->vd->pass_tree.fdt.n)
		dt_out_copy(&t->out, t->vd->pass_tree.fdt, DT_NODES);
	return dt_out_finish(&t->out, len);
}

/* ---- a tree of the user's ------------------------------------------------------------------- */

/* @v as @cells cells at @at; false when it does not fit. */
static bool put_cells(u8 *at, u32 cells, u64 v)
{
	if (cells == 2)
		store_be64(at, v);
	else
		store_be32(at, (u32)v);
	return cells == 2 || v >> 32 == 0;
}

static enum status edit_memory(struct dt_edit *e, const struct vmdesc *vd)
{
	u32 address_cells, size_cells;

	dt_edit_root_cells(e, &address_cells, &size_cells);
	if (address_cells < 1 || address_cells > 2 || size_cells < 1 || size_cells > 2)
		return E_FORMAT;
	dt_edit_delete_type(e, "memory");
	for (u32 i = 0; i < vd->mems.n; i++) {
		const struct vd_mem *m = &vd->mems.v[i];
		char name[NAME_MAX_LEN];
		u8 reg[16];
		int node;

		if (!is_ram(m))
			continue;
		if (!put_cells(reg, address_cells, m->base.v) ||
		    !put_cells(reg + (size_t)address_cells * 4, size_cells, m->size))
			return E_FORMAT;
		fmt_snprintf(name, sizeof(name), "memory@%llx", (unsigned long long)m->base.v);
		node = dt_edit_node(e, 0, name);
		dt_edit_set(e, node, "device_type", "memory", sizeof("memory"));
		dt_edit_set(e, node, "reg", reg, (size_t)(address_cells + size_cells) * 4);
	}
	return OK;
}

static void edit_chosen(struct dt_edit *e, const struct vmdesc *vd,
			const struct guest_fw_info *info)
{
	int chosen = dt_edit_node(e, 0, "chosen");
	u8 start[8], end[8];

	if (vd->cmdline.n)
		dt_edit_set_str(e, chosen, "bootargs", vd->cmdline);
	if (!info->initrd_len) { /* one that the tree's author had is not here */
		dt_edit_unset(e, chosen, "linux,initrd-start");
		dt_edit_unset(e, chosen, "linux,initrd-end");
		return;
	}
	store_be64(start, info->initrd.v);
	store_be64(end, info->initrd.v + info->initrd_len);
	dt_edit_set(e, chosen, "linux,initrd-start", start, sizeof(start));
	dt_edit_set(e, chosen, "linux,initrd-end", end, sizeof(end));
}

static enum status complete(const struct vmdesc *vd, const struct guest_fw_info *info,
			    struct span base, void *buf, size_t size, size_t *len)
{
	struct dt_edit e;

	TRY(dt_edit_begin(&e, base, buf, size));
	edit_chosen(&e, vd, info);
	if (e.error == 0)
		TRY(edit_memory(&e, vd));
	return dt_edit_finish(&e, len);
}

enum status guest_fdt_write(const struct vmdesc *vd, const struct guest_fw_info *info,
			    struct span base, void *buf, size_t size, size_t *len)
{
	struct guest_tree t = { .vd = vd, .info = info };

	if (base.n)
		return complete(vd, info, base, buf, size, len);
	return write_all(&t, buf, size, len);
}
