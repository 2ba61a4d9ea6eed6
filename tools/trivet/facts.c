/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a platform file tells the desk and not the hypervisor: how many CPUs and how much memory the
 * machine has, where its tree is. [desk] says it of a board, [emulator] of an emulated machine.
 */
#include <lib/config.h>

#include "facts.h"
#include "trivet.h"

static bool read_cpus(const struct toml *v, struct facts *f)
{
	struct str text = v->text;
	u64 n = (u64)v->integer;

	f->n_cpus = 0;
	if (v->type == TOML_ARRAY) {
		for (const struct toml *e = v->child; e; e = e->next) {
			if (e->type != TOML_INT || e->integer < 0)
				return false;
			if (f->n_cpus < HD_MAX_CPUS)
				f->cpu[f->n_cpus++] = (u64)e->integer;
		}
		return f->n_cpus;
	}
	if (v->type == TOML_STRING && !tool_parse_size(text, &n))
		return false;
	if ((v->type != TOML_INT && v->type != TOML_STRING) || !n || n > 4096)
		return false;
	for (; f->n_cpus < MIN(n, (u64)HD_MAX_CPUS); f->n_cpus++)
		f->cpu[f->n_cpus] = f->n_cpus;
	return true;
}

/* [[base, size], ...] */
static bool read_banks(const struct toml *v, struct facts *f)
{
	f->memory = 0;
	for (const struct toml *e = v->child; e; e = e->next) {
		const struct toml *base = e->type == TOML_ARRAY && e->n == 2 ? e->child : NULL;

		if (!base || base->type != TOML_INT || base->next->type != TOML_INT ||
		    base->next->integer <= 0 || base->next->integer >> 48)
			return false;
		f->memory += (u64)base->next->integer;
	}
	return f->memory;
}

/* As QEMU's -m: a number without a unit is of MiB. */
static bool read_memory(const struct toml *v, u64 unit, struct facts *f)
{
	u64 n = v->type == TOML_INT ? (u64)v->integer : 0;
	bool plain = v->type == TOML_INT;

	if (v->type == TOML_ARRAY)
		return read_banks(v, f);
	if (v->type == TOML_STRING) {
		if (!tool_parse_size(v->text, &n))
			return false;
		plain = v->text.n && v->text.p[v->text.n - 1] >= '0' &&
			v->text.p[v->text.n - 1] <= '9';
	}
	f->memory = plain ? n * unit : n;
	return n && n < UINT64_C(1) << 48;
}

static void wrong(struct diag *d, const struct toml *v, const char *table, const char *fix)
{
	diag_report(d, DIAG_ERROR, v->at, "platform: %s.%.*s: is not understood", table,
		    STR_ARG(v->key));
	diag_report(d, DIAG_FIX, v->at, "%s", fix);
}

static void read_desk(const struct toml *desk, struct facts *f, struct diag *d)
{
	for (const struct toml *v = desk->child; v; v = v->next) {
		f->said |= str_eq_c(v->key, "cpus") ? FACT_CPUS : 0;
		f->said |= str_eq_c(v->key, "memory") ? FACT_MEMORY : 0;
		if (str_eq_c(v->key, "cpus")) {
			if (!read_cpus(v, f))
				wrong(d, v, "desk", "write a number, or a list of hardware ids");
		} else if (str_eq_c(v->key, "memory")) {
			if (!read_memory(v, 1, f))
				wrong(d, v, "desk",
				      "write \"4G\", a number of bytes, or [[address, bytes], ...]");
		} else if (str_eq_c(v->key, "interrupts")) {
			if (v->type != TOML_INT || v->integer < 32 || v->integer > 1020)
				wrong(d, v, "desk", "write how many lines its controller has");
			else
				f->n_lines = (u32)v->integer;
		} else if (str_eq_c(v->key, "tree") && v->type == TOML_STRING) {
			f->tree = v->text;
		} else if (!str_eq_c(v->key, "debian_tree")) { /* that one is for `make tree` */
			diag_report(d, DIAG_ERROR, v->key_at,
				    "platform: unknown key '%.*s' in [desk]", STR_ARG(v->key));
			diag_report(
				d, DIAG_FIX, v->key_at,
				"known are cpus, memory, interrupts, and tree: a path in quotes");
		}
	}
}

void facts_read(struct span text, const char *file, struct arena *a, struct facts *f,
		struct diag *d)
{
	struct diag quiet = { 0 }; /* hostdesc_apply_platform() says what is wrong with its syntax */
	const struct toml *table, *v;
	struct toml *root;

	*f = (struct facts){ 0 };
	if (toml_parse(text, file, a, &quiet, &root) != OK)
		return;
	table = toml_get(root, "platform");
	v = table && table->type == TOML_TABLE ? toml_get(table, "isa") : NULL;
	if (v && v->type == TOML_STRING)
		f->isa = v->text.p;
	table = toml_get(root, "emulator");
	if (table && table->type == TOML_TABLE) {
		v = toml_get(table, "smp");
		if (v && !read_cpus(v, f))
			wrong(d, v, "emulator", "write a number of CPUs");
		v = toml_get(table, "mem");
		if (v && !read_memory(v, MIB(1), f))
			wrong(d, v, "emulator", "write a size, such as \"2G\"");
	}
	table = toml_get(root, "desk");
	if (table && table->type == TOML_TABLE)
		read_desk(table, f, d);
}
