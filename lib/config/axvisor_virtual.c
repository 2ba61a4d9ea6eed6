/* SPDX-License-Identifier: Apache-2.0 */
/*
 * [[devices.virtual]] into the description: devices by model, whose addresses and interrupts are
 * planned when everything else is known. A model that is not emulated yet becomes a device of its
 * class all the same; the validator says so.
 */
#include "axvisor_priv.h"

#include <base/fmt.h>

enum {
	VIRTUAL_ID,
	VIRTUAL_MODEL,
	VIRTUAL_BACKEND,
	VIRTUAL_CLOCK,
	VIRTUAL_SHIFT,
	VIRTUAL_WIDTH,
	VIRTUAL_CAPACITY,
	VIRTUAL_MAC
};

#define UART_OPTIONS (BIT(VIRTUAL_BACKEND) | BIT(VIRTUAL_CLOCK))

static const struct model {
	char name[16];
	char class[12];
	u8 options; /* BIT() of columns */
	bool has_irq;
} models[] = {
	{ "pl011-mmio", "pl011", UART_OPTIONS, true },
	{ "uart16550-mmio", "ns16550", UART_OPTIONS | BIT(VIRTUAL_SHIFT) | BIT(VIRTUAL_WIDTH),
	  true },
	{ "uart16550-pio", "", 0, true },
	{ "virtio-blk", "virtio-blk", BIT(VIRTUAL_BACKEND) | BIT(VIRTUAL_CAPACITY), true },
	{ "virtio-net", "virtio-net", BIT(VIRTUAL_MAC), true },
	{ "ivc-channel", "ivc-channel", 0, false },
};

/* What AxVisor plans itself, and so do we. */
bool axvisor_is_planned(struct str key)
{
	static const char *const keys[] = { "irq_id",	       "base_gpa",	"base_hpa",
					    "legacy_base_gpa", "legacy_length", "mmio_base",
					    "pio_base",	       "msi_device_id", "msi_event_id",
					    "lpi_id" };

	for (u32 i = 0; i < array_size(keys); i++)
		if (str_eq_c(key, keys[i]))
			return true;
	return false;
}

static const struct model *find_model(struct axvisor *ax, const struct toml *v)
{
	struct suggest near = { .word = v->text };

	for (u32 i = 0; i < array_size(models); i++) {
		if (str_eq_c(v->text, models[i].name))
			return &models[i];
		suggest_try(&near, models[i].name);
	}
	axvisor_cell_error(ax, VD_F_VIRTUAL, VIRTUAL_MODEL, v, "no such model");
	if (near.best)
		axvisor_fix(ax, v->at, "did you mean '%s'?", near.best);
	else
		axvisor_fix(ax, v->at, "write \"pl011-mmio\" or \"uart16550-mmio\"");
	return NULL;
}

static bool check_id(struct axvisor *ax, const struct toml *v)
{
	const char *wrong = v->text.n ? NULL : "a device needs an id";

	for (size_t i = 0; i < v->text.n && !wrong; i++) {
		u8 c = (u8)v->text.p[i], low = c | 0x20;

		if (!(low >= 'a' && low <= 'z') && !(c >= '0' && c <= '9') &&
		    (!c || !strchr("._@-", c)))
			wrong = "has a character that ids do not have";
	}
	for (u32 i = 0; i < ax->vd->devs.n && !wrong; i++)
		if (str_eq(ax->vd->devs.v[i].name, v->text))
			wrong = "is the id of another device, too";
	if (!wrong)
		return true;
	axvisor_cell_error(ax, VD_F_VIRTUAL, VIRTUAL_ID, v, "%s", wrong);
	axvisor_fix(ax, v->at, "write an id of its own: letters, digits or . _ @ -");
	return false;
}

static bool check_options(struct axvisor *ax, const struct model *m, const struct toml *const *cell)
{
	bool ok = true;

	for (u32 i = VIRTUAL_BACKEND; i <= VIRTUAL_MAC; i++) {
		if (!cell[i] || m->options & BIT(i))
			continue;
		axvisor_cell_error(ax, VD_F_VIRTUAL, i, cell[i], "model %s has no such option",
				   m->name);
		axvisor_fix(ax, cell[i]->at, "remove it");
		ok = false;
	}
	return ok;
}

static bool is_text(const struct toml *v, const char *text)
{
	return v && v->type == TOML_STRING && (!text || str_eq_c(v->text, text));
}

/* backend = { type = ... }: the console, or for disks a file. */
static bool check_backend(struct axvisor *ax, const struct model *m, const struct toml *backend)
{
	const struct toml *type = toml_get(backend, "type");
	bool uart = m->options & BIT(VIRTUAL_CLOCK);

	if (!backend || (uart && is_text(type, "host-console")) ||
	    (!uart && (is_text(type, "ramdisk") ||
		       (is_text(type, "file") && is_text(toml_get(backend, "path"), NULL)))))
		return true;
	if (uart && is_text(type, "null"))
		axvisor_cell_error(ax, VD_F_VIRTUAL, VIRTUAL_BACKEND, type,
				   "a UART without a console: known, not supported yet");
	else
		axvisor_cell_error(ax, VD_F_VIRTUAL, VIRTUAL_BACKEND, type ? type : backend,
				   "no backend of %s", m->name);
	axvisor_fix(
		ax, backend->at, "%s",
		uart ? COLD_TEXT("write { type = \"host-console\" }") :
		       COLD_TEXT(
			       "write { type = \"file\", path = \"disk.img\" } or { type = \"ramdisk\" }"));
	return false;
}

static bool check_numbers(struct axvisor *ax, const struct toml *const *cell)
{
	const struct toml *shift = cell[VIRTUAL_SHIFT], *width = cell[VIRTUAL_WIDTH];
	const struct toml *mac = cell[VIRTUAL_MAC];
	bool ok = true;

	if (shift && shift->integer > 3) {
		axvisor_cell_error(ax, VD_F_VIRTUAL, VIRTUAL_SHIFT, shift, "too far apart");
		axvisor_fix(ax, shift->at, "write 0 (bytes) to 3 (eight bytes apart)");
		ok = false;
	}
	if (width && width->integer != 1 && width->integer != 4) {
		axvisor_cell_error(ax, VD_F_VIRTUAL, VIRTUAL_WIDTH, width,
				   "no width of a register");
		axvisor_fix(ax, width->at, "write 1 or 4");
		ok = false;
	}
	if (mac && mac->n != 6) {
		axvisor_cell_error(ax, VD_F_VIRTUAL, VIRTUAL_MAC, mac, "an address has six bytes");
		axvisor_fix(ax, mac->at, "write [0x02, 0, 0, 0, 0, 1]");
		ok = false;
	}
	return ok;
}

static enum status add_option(struct axvisor *ax, struct vd_dev *dev, const char *key,
			      struct str value)
{
	struct vd_option *o = value.p ? vd_dev_add_option(dev, ax->arena, dev->at) : NULL;

	if (!value.p)
		return OK;
	if (!o)
		return E_NOMEM;
	o->key = str_of(key);
	o->value = value;
	return OK;
}

static enum status add_text(struct axvisor *ax, struct vd_dev *dev, const char *key,
			    const char *text)
{
	struct str value = { arena_strdup(ax->arena, text, strlen(text)), strlen(text) };

	return value.p ? add_option(ax, dev, key, value) : E_NOMEM;
}

static enum status add_number(struct axvisor *ax, struct vd_dev *dev, const char *key, s64 n)
{
	char text[24];

	fmt_snprintf(text, sizeof(text), "%lld", (long long)n);
	return add_text(ax, dev, key, text);
}

/* Of a list of numbers: "02:00:00:00:00:01". */
static enum status add_mac(struct axvisor *ax, struct vd_dev *dev, const struct toml *list)
{
	char mac[24] = "";
	size_t used = 0;

	for (const struct toml *v = list->child; v; v = v->next)
		used += (size_t)fmt_snprintf(mac + used, sizeof(mac) - used, "%s%02x",
					     used ? ":" : "", (u32)v->integer & 0xff);
	return add_text(ax, dev, "mac", mac);
}

/* Of a disk; what a UART is connected to is the console. */
static enum status add_backend(struct axvisor *ax, struct vd_dev *dev, const struct toml *backend)
{
	const struct toml *type = toml_get(backend, "type");
	const struct toml *path = toml_get(backend, "path");

	if (type)
		TRY(add_option(ax, dev, "backend", type->text));
	return path ? add_option(ax, dev, "path", path->text) : OK;
}

static enum status add_device(struct axvisor *ax, const struct model *m,
			      const struct toml *const *cell, struct src_pos at)
{
	struct vd_dev *dev = axvisor_add_dev(ax, at, m->class);

	if (!dev)
		return E_NOMEM;
	*dev = (struct vd_dev){
		.class = str_of(m->class),
		.name = cell[VIRTUAL_ID]->text,
		.win = { { .size = KIB(4) } },
		.n_win = 1,
		.n_irq = m->has_irq,
		.is_placed_by_us = true,
		.at = at,
	};
	if (m->options & BIT(VIRTUAL_SHIFT))
		TRY(add_number(ax, dev, "reg-shift",
			       cell[VIRTUAL_SHIFT] ? cell[VIRTUAL_SHIFT]->integer : 0));
	if (!(m->options & BIT(VIRTUAL_CLOCK)))
		TRY(add_backend(ax, dev, cell[VIRTUAL_BACKEND]));
	if (cell[VIRTUAL_CAPACITY])
		TRY(add_number(ax, dev, "capacity", cell[VIRTUAL_CAPACITY]->integer));
	return cell[VIRTUAL_MAC] ? add_mac(ax, dev, cell[VIRTUAL_MAC]) : OK;
}

enum status axvisor_read_virtual(struct axvisor *ax, const struct toml *row)
{
	const struct toml *cell[VD_MAX_COLUMNS];
	const struct model *m;

	if (!axvisor_row(ax, VD_F_VIRTUAL, row, cell))
		return OK;
	m = find_model(ax, cell[VIRTUAL_MODEL]);
	if (!check_id(ax, cell[VIRTUAL_ID]) || !m)
		return OK;
	if (!*m->class) {
		axvisor_cell_error(ax, VD_F_VIRTUAL, VIRTUAL_MODEL, cell[VIRTUAL_MODEL],
				   "needs I/O ports, which only x86_64 has");
		axvisor_fix(ax, cell[VIRTUAL_MODEL]->at, "write \"uart16550-mmio\"");
		return OK;
	}
	if (!check_options(ax, m, cell) || !check_backend(ax, m, cell[VIRTUAL_BACKEND]) ||
	    !check_numbers(ax, cell))
		return OK;
	return add_device(ax, m, cell, row->at);
}
