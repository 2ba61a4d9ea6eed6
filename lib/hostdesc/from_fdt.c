/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device tree becomes a hostdesc. Whatever is kept is copied, so the tree's memory can be used
 * for something else afterwards. CPUs, memory and reservations must be right or the tree is
 * refused; a single device that makes no sense only loses the part that does not.
 */
#include <lib/hostdesc.h>

#include <lib/fdt.h>

#include "isa.h"

struct reader {
	struct dt t;
	struct arena *a;
	struct hostdesc *hd;
	const char *why;
	u32 cpus; /* nodes; DT_NONE */
	u32 reserved;
};

static enum status refuse(struct reader *r, enum status st, const char *why)
{
	r->why = why;
	return st;
}

/* An empty string where the tree says nothing. */
static enum status copy_str(struct reader *r, u32 n, const char *prop, struct str *out)
{
	struct str s;

	if (n == DT_NONE || !dt_str(&r->t, n, prop, 0, &s))
		return OK;
	out->p = arena_strdup(r->a, s.p, s.n);
	out->n = s.n;
	return out->p ? OK : E_NOMEM;
}

/* ---- CPUs ---------------------------------------------------------------------------------- */

static bool is_cpu(const struct dt *t, u32 n)
{
	struct str type;

	if (dt_str(t, n, "device_type", 0, &type))
		return str_eq_c(type, "cpu");
	return str_starts(dt_name(t, n), "cpu@");
}

static enum status read_cpus(struct reader *r)
{
	const struct dt *t = &r->t;
	struct hostdesc *hd = r->hd;
	u32 cpus = dt_child(t, 0, STR("cpus"));

	r->cpus = cpus;
	if (cpus == DT_NONE)
		return refuse(r, E_FORMAT, "no /cpus");
	for (u32 n = cpus + 1; n < dt_end(t, cpus); n = dt_end(t, n)) {
		u64 id;

		if (!is_cpu(t, n) || !dt_enabled(t, n))
			continue;
		if (dt_reg_id(t, n, 0, &id) != OK)
			return refuse(r, E_FORMAT, "a CPU has no usable reg");
		if (hd->n_cpus_found++ < HD_MAX_CPUS)
			hd->cpu_hw_id[hd->n_cpus++] = id;
	}
	return hd->n_cpus ? OK : refuse(r, E_FORMAT, "no CPU that may be used");
}

/* ---- memory -------------------------------------------------------------------------------- */

/*
 * Insert @add into the sorted list @v, joined with every range that it touches or overlaps.
 * False when there is no room.
 */
static bool ranges_add(struct range *v, u32 *n, u32 max, struct range add)
{
	u32 from = 0, to;
	u64 last = add.base + (add.len - 1);

	while (from < *n && v[from].base + (v[from].len - 1) < add.base &&
	       v[from].base + v[from].len != add.base)
		from++;
	for (to = from; to < *n && (v[to].base <= last || v[to].base - 1 == last); to++) {
		last = MAX(last, v[to].base + (v[to].len - 1));
		add.base = MIN(add.base, v[to].base);
	}
	add.len = MIN(last - add.base, UINT64_MAX - 1) + 1; /* all of 2^64 has no length */
	if (to == from && *n == max)
		return false;
	memmove(&v[from + 1], &v[to], (*n - to) * sizeof(*v));
	v[from] = add;
	*n = *n - (to - from) + 1;
	return true;
}

/* All windows of @n's reg into a list. E_RANGE: no room for one. */
static enum status add_windows(struct reader *r, u32 n, struct range *v, u32 *count)
{
	for (u32 i = 0;; i++) {
		struct range w;
		enum status st = dt_reg(&r->t, n, i, &w);

		if (st == E_NOTFOUND)
			return OK;
		if (st != OK)
			return st;
		/* A length that wraps to 0 when its last byte is the last of all is cut there. */
		if (w.len && !ranges_add(v, count, HD_MAX_MEM, w))
			return E_RANGE;
	}
}

static bool is_memory(const struct dt *t, u32 n)
{
	struct str type;

	return dt_str(t, n, "device_type", 0, &type) && str_eq_c(type, "memory");
}

static enum status read_memory(struct reader *r)
{
	const struct dt *t = &r->t;

	for (u32 n = 1; n < t->n_nodes; n++) {
		enum status st;

		if (!is_memory(t, n) || !dt_enabled(t, n))
			continue;
		st = add_windows(r, n, r->hd->mem, &r->hd->n_mem);
		if (st == E_RANGE) /* what we do not know of we do not use */
			r->hd->n_mem_found++;
		else if (st != OK)
			return refuse(r, E_FORMAT, "a memory bank's reg makes no sense");
	}
	r->hd->n_mem_found += r->hd->n_mem;
	return r->hd->n_mem ? OK : refuse(r, E_FORMAT, "no memory");
}

/* What nobody may map is no memory to us: touching it, even by a guess of the CPU, may be fatal. */
static void cut_windows(struct reader *r, u32 n)
{
	struct range w;

	for (u32 i = 0; dt_reg(&r->t, n, i, &w) == OK; i++)
		hostdesc_cut(r->hd, w);
}

/* By the name of its node, without the address. */
static enum status name_area(struct reader *r, u32 n)
{
	struct str name = dt_name(&r->t, n);
	struct range w;
	const char *copy;

	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '@')
			name.n = i;
	}
	if (dt_reg(&r->t, n, 0, &w) != OK || !w.len)
		return OK;
	copy = arena_strdup(r->a, name.p, name.n);
	if (!copy)
		return E_NOMEM;
	/* One too many has no name, that is all. */
	(void)hostdesc_add_area(r->hd, str_of(copy), w);
	return OK;
}

static enum status read_reserved(struct reader *r)
{
	const struct dt *t = &r->t;
	struct hostdesc *hd = r->hd;
	u32 top = dt_child(t, 0, STR("reserved-memory"));
	enum status st = OK;
	struct range w;

	r->reserved = top;
	for (u32 i = 0; st == OK && dt_reservation(t, i, &w) == OK; i++)
		if (w.len && (!range_valid(w.base, w.len) ||
			      !ranges_add(hd->reserved, &hd->n_reserved, HD_MAX_MEM, w)))
			st = E_RANGE;
	/* Nodes without reg ask the OS to choose a place: nothing of the machine's is there. */
	if (top != DT_NONE)
		for (u32 n = top + 1; st == OK && n < dt_end(t, top); n = dt_end(t, n)) {
			if (!dt_enabled(t, n))
				continue;
			st = add_windows(r, n, hd->reserved, &hd->n_reserved);
			TRY(name_area(r, n));
			if (dt_has(t, n, "no-map"))
				cut_windows(r, n);
		}
	if (st == E_RANGE)
		return refuse(r, E_UNSUP, "more than 16 reserved ranges");
	if (st == OK && !hd->n_mem)
		return refuse(r, E_FORMAT, "no memory but what nobody may map");
	return st == OK ? OK : refuse(r, E_FORMAT, "a reserved range makes no sense");
}

/* ---- devices ------------------------------------------------------------------------------- */

/* The device at or behind @n. Nodes of CPUs and reservations only look like devices. */
static u32 next_device(const struct reader *r, u32 n)
{
	const struct dt *t = &r->t;

	while (n < t->n_nodes) {
		if (n == r->cpus || n == r->reserved)
			n = dt_end(t, n);
		else if (dt_enabled(t, n) && dt_is_device(t, n) && !is_memory(t, n))
			return n;
		else
			n++;
	}
	return DT_NONE;
}

static void read_windows(const struct dt *t, u32 n, struct hd_dev *dev)
{
	for (u32 i = 0; dev->n_win < HD_DEV_WINDOWS; i++) {
		enum status st = dt_reg(t, n, i, &dev->win[dev->n_win]);

		if (st == OK)
			dev->n_win++;
		else if (st != E_UNSUP || i >= HD_DEV_WINDOWS)
			return;
	}
}

/* Interrupts that reach the root controller; those of others (GPIOs) are not for us. */
static void read_irqs(const struct dt *t, u32 n, struct hd_dev *dev)
{
	for (u32 i = 0; i < HD_DEV_IRQS; i++) {
		struct dt_irq irq;

		if (dt_irq(t, n, i, &irq) != OK)
			return;
		if (hostdesc_isa_irq(t, &irq, &dev->irq[dev->n_irq]) == OK)
			dev->n_irq++;
	}
}

#define MAX_MAPPED 64 /* entries of an interrupt-map that are looked at */

static bool has_line(const struct hd_dev *dev, u32 line)
{
	for (u32 i = 0; i < dev->n_irq; i++) {
		if (dev->irq[i].line == line)
			return true;
	}
	return false;
}

/* What a PCI host bridge has for the devices behind it: windows, and the lines of their pins. */
static void read_behind(const struct dt *t, u32 n, struct hd_dev *dev)
{
	struct range win;
	struct dt_irq irq;
	struct str type;

	if (dt_range(t, n, 0, &win) != OK || !dt_str(t, n, "device_type", 0, &type) ||
	    !str_eq_c(type, "pci"))
		return;
	for (u32 i = 0; dev->n_win < HD_DEV_WINDOWS && dt_range(t, n, i, &win) == OK; i++)
		dev->win[dev->n_win++] = win;
	for (u32 i = 0; i < MAX_MAPPED && dt_irq_map(t, n, i, &irq) == OK; i++) {
		struct hd_irq *line = &dev->irq[dev->n_irq];

		if (dev->n_irq == HD_DEV_IRQS)
			return;
		if (hostdesc_isa_irq(t, &irq, line) == OK && !has_line(dev, line->line))
			dev->n_irq++;
	}
}

/* The rate of the first clock, when it is one that never changes. */
static u32 read_clock(const struct dt *t, u32 n)
{
	u32 phandle, hz = 0;
	u32 clock;

	if (dt_u32(t, n, "clock-frequency", 0, &hz))
		return hz;
	if (!dt_u32(t, n, "clocks", 0, &phandle))
		return 0;
	clock = dt_find_phandle(t, phandle);
	if (clock == DT_NONE || !dt_is_compatible(t, clock, "fixed-clock"))
		return 0;
	return dt_u32(t, clock, "clock-frequency", 0, &hz) ? hz : 0;
}

static u64 read_number(const struct dt *t, u32 n, const char *prop)
{
	u32 hi, lo;

	if (!dt_u32(t, n, prop, 0, &hi))
		return 0;
	return dt_u32(t, n, prop, 1, &lo) ? (u64)hi << 32 | lo : hi;
}

static enum status read_device(struct reader *r, u32 n, struct hd_dev *dev)
{
	const struct dt *t = &r->t;
	const char *path = dt_path(t, n, r->a);
	struct span compatible;
	char *copy;

	if (!path || !dt_prop(t, n, "compatible", &compatible))
		return E_NOMEM;
	copy = arena_strdup(r->a, (const char *)compatible.p, compatible.n);
	if (!copy)
		return E_NOMEM;
	dev->path = str_of(path);
	dev->compatible = (struct str){ copy, compatible.n };
	read_windows(t, n, dev);
	read_irqs(t, n, dev);
	read_behind(t, n, dev);
	dev->clock_hz = read_clock(t, n);
	dev->reg_offset = (u32)read_number(t, n, "reg-offset");
	dev->reg_shift = (u32)read_number(t, n, "reg-shift");
	dev->reg_io_width = (u32)read_number(t, n, "reg-io-width");
	dev->redist_stride = read_number(t, n, "redistributor-stride");
	dev->n_redist = (u32)read_number(t, n, "#redistributor-regions");
	return OK;
}

/* The controller that every other hands on to: it has no parent, or is its own. */
static u32 find_root_intc(const struct dt *t)
{
	for (u32 n = 1; n < t->n_nodes; n++) {
		u32 parent = dt_irq_parent(t, n);

		if ((parent == DT_NONE || parent == n) && dt_enabled(t, n) &&
		    dt_has(t, n, "interrupt-controller"))
			return n;
	}
	return DT_NONE;
}

/* "serial0:115200n8" or "/soc/uart@0:9600": the node, and the baud rate when it is said. */
static u32 find_console(const struct dt *t, u32 *baud)
{
	u32 chosen = dt_child(t, 0, STR("chosen"));
	struct str s, path;
	size_t i;

	if (chosen == DT_NONE || (!dt_str(t, chosen, "stdout-path", 0, &s) &&
				  !dt_str(t, chosen, "linux,stdout-path", 0, &s)))
		return DT_NONE;
	for (i = 0; i < s.n && s.p[i] != ':'; i++)
		;
	path = (struct str){ s.p, i };
	for (i++; i < s.n && s.p[i] >= '0' && s.p[i] <= '9' && *baud < 100000000; i++)
		*baud = *baud * 10 + (u32)(s.p[i] - '0');
	return dt_find(t, path);
}

static enum status read_devices(struct reader *r)
{
	const struct dt *t = &r->t;
	struct hostdesc *hd = r->hd;
	u32 console = find_console(t, &hd->console_baud);
	u32 intc = find_root_intc(t);
	u32 n_found = 0;

	for (u32 n = next_device(r, 1); n != DT_NONE; n = next_device(r, n + 1))
		n_found++;
	hd->devs = arena_new_n(r->a, struct hd_dev, n_found + 1); /* never 0 elements */
	if (!hd->devs)
		return E_NOMEM;
	for (u32 n = next_device(r, 1); n != DT_NONE; n = next_device(r, n + 1)) {
		struct hd_dev *dev = &hd->devs[hd->n_devs];

		TRY(read_device(r, n, dev));
		if (!dev->n_win && !dev->n_irq) { /* on a bus behind another device */
			*dev = (struct hd_dev){ 0 };
			continue;
		}
		if (n == console)
			hd->console = dev;
		if (n == intc)
			hd->intc = dev;
		hd->n_devs++;
	}
	return OK;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static enum status read_all(struct reader *r)
{
	u32 chosen = dt_child(&r->t, 0, STR("chosen"));

	TRY(copy_str(r, 0, "model", &r->hd->model));
	TRY(copy_str(r, chosen, "bootargs", &r->hd->bootargs));
	TRY(copy_str(r, chosen, "u-boot,version", &r->hd->loader));
	TRY(read_cpus(r));
	TRY(read_memory(r));
	TRY(read_reserved(r));
	TRY(read_devices(r));
	hostdesc_isa_intc(r->hd);
	hostdesc_isa_nodes(&r->t, r->hd);
	return OK;
}

enum status hostdesc_from_fdt(struct span fdt, struct arena *a, struct hostdesc *hd,
			      const char **why)
{
	struct reader r = { .a = a, .hd = hd };
	enum status st;

	*hd = (struct hostdesc){ 0 };
	st = dt_open(fdt, a, &r.t, &r.why);
	if (st == OK) {
		hd->fdt.len = r.t.size;
		st = read_all(&r);
	}
	if (st == E_NOMEM)
		r.why = "no memory left to describe it";
	*why = r.why;
	return st;
}
