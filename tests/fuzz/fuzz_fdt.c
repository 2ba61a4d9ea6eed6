/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device trees from strangers: as the machine's, and as the one a user gives for a VM. A tree
 * that is accepted answers every question within its own bounds; what is made of it is sound.
 * Seeds: tests/data/make_dtb.sh OUT.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include <lib/fdt.h>
#include <lib/guestfw.h>
#include <lib/hostdesc.h>
#include <libfdt.h>

static u8 memory[2 << 20];
static alignas(8) u8 out[GUEST_FDT_MAX];

static void ask(const struct dt *t)
{
	for (u32 n = 0; n < t->n_nodes; n++) {
		struct dt_irq irq = { 0 };
		struct range r;
		struct span s;
		struct str str;

		fuzz_check(dt_end(t, n) > n && dt_end(t, n) <= t->n_nodes);
		fuzz_check(n == 0 ? dt_parent(t, n) == DT_NONE : dt_parent(t, n) < n);
		if (dt_prop(t, n, "reg", &s))
			fuzz_check(s.n <= t->size);
		if (dt_str(t, n, "compatible", 0, &str))
			fuzz_check(memchr(str.p, 0, str.n + 1) == str.p + str.n);
		for (u32 i = 0; i < 4; i++) {
			if (dt_reg(t, n, i, &r) == OK)
				fuzz_check(range_valid(r.base, r.len));
			if (dt_range(t, n, i, &r) == OK)
				fuzz_check(range_valid(r.base, r.len));
			if (dt_irq_map(t, n, i, &irq) == OK)
				fuzz_check(irq.controller < t->n_nodes && irq.n_cells <= 4);
			if (dt_irq(t, n, i, &irq) == OK)
				fuzz_check(irq.controller < t->n_nodes && irq.n_cells <= 4);
		}
	}
}

/* What another reader finds in the same tree. */
static void compare(const struct dt *t)
{
	u32 n = 0;
	int depth = 0;

	/* It wants the root at the very beginning of the structure. */
	if (fdt_check_full(t->blob, t->size) ||
	    t->structure.p != (const u8 *)t->blob + fdt_off_dt_struct(t->blob))
		return;
	for (int off = 0; off >= 0 && depth >= 0; off = fdt_next_node(t->blob, off, &depth)) {
		const char *name;
		struct span v;
		u32 at = 0;
		int prop, len;

		fuzz_check(n < t->n_nodes);
		name = fdt_get_name(t->blob, off, &len);
		fuzz_check(name == dt_name(t, n).p && (u32)len == dt_name(t, n).n);
		fdt_for_each_property_offset(prop, t->blob, off) {
			const void *p = fdt_getprop_by_offset(t->blob, prop, &name, &len);
			const char *ours;

			fuzz_check(dt_prop_next(t, n, &at, &ours, &v));
			fuzz_check(name == ours && v.p == p && v.n == (u32)len);
			p = fdt_getprop(t->blob, off, name, &len);
			fuzz_check(dt_prop(t, n, name, &v) && v.p == p && v.n == (u32)len);
		}
		fuzz_check(!dt_prop_next(t, n, &at, &name, &v));
		n++;
	}
	fuzz_check(n == t->n_nodes);
}

static void ignore_line(void *ctx, const char *line)
{
	(void)ctx;
	fuzz_check(strlen(line) < 160);
}

static void as_machine(struct span s)
{
	struct hostdesc hd;
	const char *why = NULL;
	struct arena a;

	arena_init(&a, memory, sizeof(memory));
	if (hostdesc_from_fdt(s, &a, &hd, &why) != OK) {
		fuzz_check(why != NULL);
		return;
	}
	fuzz_check(hd.n_cpus && hd.n_cpus <= HD_MAX_CPUS && hd.n_cpus <= hd.n_cpus_found);
	fuzz_check(hd.n_mem && hd.n_mem <= HD_MAX_MEM && hd.n_reserved <= HD_MAX_MEM);
	for (u32 i = 0; i < hd.n_mem; i++) {
		fuzz_check(hd.mem[i].len && range_valid(hd.mem[i].base, hd.mem[i].len));
		if (i) /* sorted, and apart */
			fuzz_check(hd.mem[i].base - hd.mem[i - 1].base > hd.mem[i - 1].len);
	}
	for (u32 i = 0; i < hd.n_devs; i++) {
		fuzz_check(hd.devs[i].n_win <= HD_DEV_WINDOWS && hd.devs[i].n_irq <= HD_DEV_IRQS);
		(void)hd_dev_is(&hd.devs[i], "arm,pl011");
	}
	hostdesc_print(&hd, ignore_line, NULL);
}

static void as_guests(struct span s)
{
	static struct vd_mem mem = { .base = { 0x80000000 }, .size = 0x1000, .prot = VD_R | VD_W };
	const struct vmdesc vd = { .mems = { &mem, 1, 1 }, .cmdline = STR("quiet") };
	const struct guest_fw_info info = { .initrd = { 0x88000000 }, .initrd_len = 99 };
	const char *why;
	size_t len;

	if (guest_fdt_write(&vd, &info, s, out, sizeof(out), &len) != OK)
		return;
	fuzz_check(len <= sizeof(out));
	fuzz_check(dt_check(span_of(out, len), &why) == OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *why = NULL;
	struct arena a;
	struct dt t;
	u8 *copy = malloc(n ? n : 1); /* exactly as long, and aligned */

	memcpy(copy, data, n);
	arena_init(&a, memory, sizeof(memory));
	if (dt_open(span_of(copy, n), &a, &t, &why) == OK) {
		ask(&t);
		compare(&t);
	}
	as_machine(span_of(copy, n));
	if (n)
		as_guests(span_of(copy, n));
	free(copy);
	return 0;
}
