/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AxVisor's platform file (configs/platforms/NAME.toml, platform/NAME/axconfig.toml) as ours. What
 * it says of the machine goes to the keys that the hypervisor reads, or into [machine], which is
 * for people; what is AxVisor's own business is named and left out. The result is read again by the
 * hypervisor's own code before anybody gets it.
 */
#include <stdlib.h>
#include <string.h>

#include <base/bits.h>

#include "axplat.h"

/* Of AxVisor's keys: where they go, or that they do not. */
enum kind {
	KIND_NUMBER,
	KIND_COUNT, /* a number that people write in decimal */
	KIND_TEXT,
	KIND_PAIRS, /* [[address, bytes], ...] */
	KIND_OWN,   /* of its own making: left out */
};

struct item {
	const char *table, *key;
	enum kind kind;
	const char *ours; /* key of [machine]; NULL: elsewhere */
};

static const struct item items[] = {
	{ "", "arch", KIND_TEXT, NULL },
	{ "", "platform", KIND_TEXT, NULL },
	{ "", "package", KIND_OWN, NULL },
	{ "", "task-stack-size", KIND_OWN, NULL },
	{ "", "ticks-per-sec", KIND_OWN, NULL },
	{ "", "smp", KIND_OWN, NULL },
	{ "plat", "family", KIND_TEXT, "family" },
	{ "plat", "phys-memory-base", KIND_NUMBER, NULL },
	{ "plat", "phys-memory-size", KIND_NUMBER, NULL },
	{ "plat", "kernel-base-paddr", KIND_NUMBER, "load" },
	{ "plat", "kernel-base-vaddr", KIND_NUMBER, "link" },
	{ "plat", "kernel-aspace-base", KIND_NUMBER, "address_space" },
	{ "plat", "kernel-aspace-size", KIND_NUMBER, "address_space_size" },
	{ "plat", "phys-virt-offset", KIND_NUMBER, "physical_offset" },
	{ "plat", "phys-bus-offset", KIND_NUMBER, "bus_offset" },
	{ "plat", "cpu-num", KIND_COUNT, "cpus" },
	{ "plat", "boot-stack-size", KIND_OWN, NULL },
	{ "devices", "mmio-regions", KIND_PAIRS, "mmio" },
	{ "devices", "virtio-mmio-regions", KIND_PAIRS, "virtio_mmio" },
	{ "devices", "pci-ecam-base", KIND_NUMBER, NULL },
	{ "devices", "pci-bus-end", KIND_NUMBER, NULL },
	{ "devices", "pci-ranges", KIND_PAIRS, "pci_ranges" },
	{ "devices", "timer-frequency", KIND_COUNT, NULL },
	{ "devices", "timer-irq", KIND_COUNT, "timer_irq" },
	{ "devices", "uart-paddr", KIND_NUMBER, "uart" },
	{ "devices", "uart-irq", KIND_COUNT, "uart_irq" },
	{ "devices", "gicd-paddr", KIND_NUMBER, "gicd" },
	{ "devices", "gicc-paddr", KIND_NUMBER, "gicc" },
	{ "devices", "gicr-paddr", KIND_NUMBER, "gicr" },
	{ "devices", "psci-method", KIND_TEXT, "psci" },
	{ "devices", "rtc-paddr", KIND_NUMBER, "rtc" },
};

struct axplat {
	const char *file;
	struct diag *d;
	const struct toml *root;
	const struct toml *value[array_size(items)];
	FILE *f;
};

/* A number, which AxVisor writes as text when it does not fit into 63 bits. */
bool axplat_number(const struct toml *v, u64 *out)
{
	char text[40];
	size_t n = 0;
	char *end;

	if (!v || (v->type != TOML_INT && v->type != TOML_STRING) || v->text.n >= sizeof(text))
		return false;
	for (size_t i = 0; i < v->text.n; i++)
		if (v->text.p[i] != '_')
			text[n++] = v->text.p[i];
	text[n] = '\0';
	if (!n || *text == '-' || *text == '+' || v->type == TOML_INT) {
		*out = (u64)v->integer;
		return v->type == TOML_INT && v->integer >= 0;
	}
	*out = strtoull(text, &end, 0);
	return !*end;
}

static bool is_pairs(const struct toml *v)
{
	u64 n;

	if (v->type != TOML_ARRAY)
		return false;
	for (const struct toml *pair = v->child; pair; pair = pair->next) {
		if (pair->type != TOML_ARRAY || pair->n != 2 || !axplat_number(pair->child, &n) ||
		    !axplat_number(pair->child->next, &n))
			return false;
	}
	return true;
}

static void wrong(struct axplat *ax, const struct item *item, const struct toml *v,
		  const char *what)
{
	diag_report(ax->d, DIAG_ERROR, v->at, "%s%s%s: expected %s", item->table,
		    *item->table ? "." : "", item->key, what);
}

static void take(struct axplat *ax, u32 i, const struct toml *v)
{
	u64 n;

	if ((items[i].kind == KIND_NUMBER || items[i].kind == KIND_COUNT) && !axplat_number(v, &n))
		wrong(ax, &items[i], v, "a number from 0 on");
	else if (items[i].kind == KIND_TEXT && v->type != TOML_STRING)
		wrong(ax, &items[i], v, "a string");
	else if (items[i].kind == KIND_PAIRS && !is_pairs(v))
		wrong(ax, &items[i], v, "pairs: [[address, bytes], ...]");
	else
		ax->value[i] = v;
}

static void read_key(struct axplat *ax, const char *table, const struct toml *v)
{
	struct suggest near = { .word = v->key };

	for (u32 i = 0; i < array_size(items); i++) {
		if (strcmp(items[i].table, table) != 0)
			continue;
		if (str_eq_c(v->key, items[i].key)) {
			take(ax, i, v);
			return;
		}
		suggest_try(&near, items[i].key);
	}
	diag_report(ax->d, DIAG_WARNING, v->key_at, "%s%s%s: not known, and left out", table,
		    *table ? "." : "", show_text(v->key).s);
	if (near.best)
		diag_report(ax->d, DIAG_FIX, v->key_at, "did you mean '%s'?", near.best);
}

static void read_keys(struct axplat *ax)
{
	for (const struct toml *v = ax->root->child; v; v = v->next) {
		if (v->type != TOML_TABLE) {
			read_key(ax, "", v);
			continue;
		}
		for (const struct toml *k = v->child; k; k = k->next)
			read_key(ax, v->key.p, k);
	}
}

static const struct toml *value_of(const struct axplat *ax, const char *key)
{
	for (u32 i = 0; i < array_size(items); i++)
		if (strcmp(items[i].key, key) == 0)
			return ax->value[i];
	return NULL;
}

static u64 number_of(const struct axplat *ax, const char *key)
{
	u64 n = 0;

	axplat_number(value_of(ax, key), &n);
	return n;
}

/* What our reader would refuse of the result is told where it stands in theirs. */
static void check(struct axplat *ax)
{
	const struct toml *size = value_of(ax, "phys-memory-size");
	const struct toml *hz = value_of(ax, "timer-frequency");
	u64 n = number_of(ax, "timer-frequency");

	if (size &&
	    !is_aligned(number_of(ax, "phys-memory-base") | number_of(ax, "phys-memory-size"),
			KIB(4)))
		diag_report(ax->d, DIAG_ERROR, size->at,
			    "plat.phys-memory-base, phys-memory-size: no multiples of 4 KiB");
	if (hz && n && (n < 1000000 || n > UINT64_C(10000000000)))
		diag_report(ax->d, DIAG_ERROR, hz->at,
			    "devices.timer-frequency: no frequency a timer has: 1 MHz to 10 GHz");
}

/* ---- ours --------------------------------------------------------------------------------- */

/* TOML's integers have 63 bits. */
static void put_number(FILE *f, u64 n)
{
	fprintf(f, n >> 63 ? "\"%s\"" : "%s", show_hex(n).s);
}

static void put_pairs(FILE *f, const struct toml *v)
{
	const char *sep = v->n > 2 ? ",\n\t" : ", ";
	u64 base, len;

	fprintf(f, v->n > 2 ? "[\n\t" : "[");
	for (const struct toml *pair = v->child; pair; pair = pair->next) {
		axplat_number(pair->child, &base);
		axplat_number(pair->child->next, &len);
		fputc('[', f);
		put_number(f, base);
		fputs(", ", f);
		put_number(f, len);
		fprintf(f, "]%s", pair->next ? sep : "");
	}
	fputs(v->n > 2 ? ",\n]" : "]", f);
}

static void put_machine(struct axplat *ax)
{
	u64 ecam = number_of(ax, "pci-ecam-base");

	fputs("\n# The rest of what AxVisor was told. We find it in the device tree or ask the machine.\n"
	      "[machine]\n",
	      ax->f);
	for (u32 i = 0; i < array_size(items); i++) {
		const struct toml *v = ax->value[i];
		u64 n;

		if (!v || !items[i].ours || (items[i].kind == KIND_PAIRS && !v->n))
			continue;
		fprintf(ax->f, "%s = ", items[i].ours);
		if (items[i].kind == KIND_PAIRS)
			put_pairs(ax->f, v);
		else if (items[i].kind == KIND_TEXT)
			axplat_put_text(ax->f, v->text);
		else if (items[i].kind == KIND_COUNT && axplat_number(v, &n))
			fprintf(ax->f, "%llu", (unsigned long long)n);
		else if (axplat_number(v, &n))
			put_number(ax->f, n);
		fprintf(ax->f, " # %s.%s\n", items[i].table, items[i].key);
	}
	/* One MiB of configuration space for each bus (PCI Firmware Specification, 4.1.2). */
	if (ecam)
		fprintf(ax->f, "pci_ecam = [%s, %s] # devices.pci-ecam-base, pci-bus-end\n",
			show_hex(ecam).s, show_hex((number_of(ax, "pci-bus-end") + 1) << 20).s);
}

static void put_memory(struct axplat *ax)
{
	u64 base = number_of(ax, "phys-memory-base"), size = number_of(ax, "phys-memory-size");

	fputs("\n[memory]\n", ax->f);
	if (size)
		fprintf(ax->f, "window = [%s, %s] # plat.phys-memory-base, phys-memory-size\n",
			show_hex(base).s, show_hex(size).s);
	fputs("clean = false # fresh memory may hold anything\n", ax->f);
}

/* Its path is in the device tree alone. */
static void put_console(struct axplat *ax, const struct tool_options *o)
{
	static struct hostdesc hd;
	u64 uart = number_of(ax, "uart-paddr");
	struct arena a;
	const char *why;

	if (!uart || !o->tree)
		return;
	arena_init(&a, tool_alloc(MIB(8)), MIB(8));
	if (hostdesc_from_fdt(tool_read_file(o->tree), &a, &hd, &why) != OK) {
		tool_complain("%s: %s", o->tree, why);
		return;
	}
	for (u32 i = 0; i < hd.n_devs; i++) {
		if (!hd.devs[i].n_win || uart - hd.devs[i].win[0].base >= hd.devs[i].win[0].len)
			continue;
		fprintf(ax->f, "\n[console]\npath = \"%.*s\" # devices.uart-paddr\n",
			STR_ARG(hd.devs[i].path));
		return;
	}
}

static void put_timer(struct axplat *ax)
{
	u64 hz = number_of(ax, "timer-frequency");

	if (hz)
		fprintf(ax->f, "\n[timer]\nhz = %llu # devices.timer-frequency\n",
			(unsigned long long)hz);
}

static void put_build(struct axplat *ax)
{
	const struct toml *arch = value_of(ax, "arch");

	if (!arch || !str_eq_c(arch->text, "aarch64")) {
		fputs("\n# [build] is yours to write: which of our components this machine needs.\n",
		      ax->f);
		return;
	}
	fputs("\n[build]\n"
	      "vdev = [\"intc/gicv3\", \"intc/gicv2\", \"uart/pl011\", \"uart/ns16550\"]\n"
	      "drivers = [\"uart/pl011\", \"uart/ns16550\", \"irqchip/gicv3\", \"irqchip/gicv2\", "
	      "\"virtio/mmio\"]\n"
	      "config = [\"axvisor\"]\n"
	      "image = [\"elf\", \"linux_arm64\", \"raw\"]\n",
	      ax->f);
}

static void put_platform(struct axplat *ax, const struct tool_options *o)
{
	const struct toml *name = value_of(ax, "platform"), *arch = value_of(ax, "arch");

	fprintf(ax->f, "# From AxVisor's %s, by `trivet convert`.\n\n[platform]\n", ax->file);
	if (name) {
		fputs("name = ", ax->f);
		axplat_put_text(ax->f, name->text);
		fputc('\n', ax->f);
	}
	if (arch) {
		fputs("isa = ", ax->f);
		axplat_put_text(ax->f, arch->text);
		fputc('\n', ax->f);
	}
	put_memory(ax);
	put_console(ax, o);
	put_timer(ax);
	put_machine(ax);
	put_build(ax);
}

/* ---- the file ------------------------------------------------------------------------------- */

static bool is(const char *file, struct span text)
{
	const struct toml *root = axplat_look(file, text);
	const struct toml *plat = toml_get(root, "plat"), *devices = toml_get(root, "devices");

	return toml_get(plat, "phys-memory-base") || toml_get(plat, "kernel-base-paddr") ||
	       toml_get(plat, "family") || toml_get(devices, "mmio-regions") ||
	       toml_get(devices, "timer-frequency");
}

/* The hypervisor's own reader has to take it. */
static bool proves(const struct axplat_job *job, struct span text)
{
	static struct hostdesc hd;

	return hostdesc_apply_platform(text, "written", job->a, &hd, job->d) == OK;
}

static void put(const struct axplat_job *job)
{
	struct axplat ax = { .file = job->file, .d = job->d, .root = job->root, .f = job->f };

	read_keys(&ax);
	check(&ax);
	put_platform(&ax, job->o);
}

enum tool_exit axplat_run(const struct axplat_job *wish, struct span text,
			  void (*put_job)(const struct axplat_job *job),
			  bool (*is_sound)(const struct axplat_job *job, struct span text))
{
	struct axplat_job job = *wish;
	struct tool_report report;
	struct toml *root;
	struct arena a;
	char *out = NULL;
	size_t len = 0;
	bool ok;

	tool_report_init(&report, job.o);
	arena_init(&a, tool_alloc(MIB(16)), MIB(16));
	job.d = &report.d;
	job.a = &a;
	ok = toml_parse(text, job.file, &a, job.d, &root) == OK;
	if (ok) {
		job.root = root;
		job.f = open_memstream(&out, &len);
		put_job(&job);
		fclose(job.f);
		ok = !report.d.n_errors && (!is_sound || is_sound(&job, span_of(out, len)));
	}
	ok = ok && axplat_put_file(job.o, out, len);
	free(out);
	tool_report_end(&report);
	return ok ? TOOL_OK : TOOL_ERRORS;
}

static enum tool_exit run(const struct tool_options *o, const char *file, struct span text)
{
	struct axplat_job job = { .o = o, .file = file };

	return axplat_run(&job, text, put, proves);
}

const struct convert_foreign foreign_axplat = {
	.what = "AxVisor platform file",
	.is = is,
	.run = run,
};
