/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pass-through against machines: what golden tests cannot show. The guest's tree read back, other
 * machines than tests/data/host.dts, arenas that are too small, damaged trees.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <lib/fdt.h>
#include <lib/guestfw.h>
#include <lib/hostdesc.h>

#include "config_fixture.h"
#include "dtbdata.h"

static u8 memory[1 << 20], host_memory[1 << 20], dt_memory[1 << 20];
static struct arena arena;
static alignas(8) u8 out[GUEST_FDT_MAX];
static struct sink sink;
static struct hostdesc hd;
static struct vmdesc *vd;

static void machine(struct span fdt)
{
	struct arena a;
	const char *why = NULL;

	arena_init(&a, host_memory, sizeof(host_memory));
	assert_int_equal(hostdesc_from_fdt(fdt, &a, &hd, &why), OK);
}

static void vm(void)
{
	struct vd_mem *m;

	arena_init(&arena, memory, 256 << 10);
	sink_reset(&sink);
	vd = vmdesc_new(&arena, "vm.toml");
	vd->name = STR("guest");
	vd->id = 1;
	assert_non_null(vmdesc_add_vcpu(vd, &arena, (struct src_pos){ 0 }));
	m = vmdesc_add_mem(vd, &arena, (struct src_pos){ 0 });
	*m = (struct vd_mem){ .base = GPA(0x80000000),
			      .size = MIB(2),
			      .prot = VD_R | VD_W | VD_X,
			      .backing = VD_MEM_CLAIMED,
			      .host = HPA(hd.mem[0].base) };
	assert_int_equal(vmdesc_add_default_board(vd, &arena), OK);
}

static void want_path(const char *path)
{
	vmdesc_add_pass_path(vd, &arena, (struct src_pos){ "vm.toml", 9, 1 })->path = str_of(path);
}

static struct vd_pass *want_row(u64 gpa, u64 hpa, u64 size, u32 irq)
{
	struct vd_pass *p = vmdesc_add_pass(vd, &arena, (struct src_pos){ "vm.toml", 10, 1 });

	p->name = STR("row");
	p->win[p->n_win++] = (struct vd_pass_window){ GPA(gpa), HPA(hpa), size, 0, VD_PASS_MAP };
	if (irq)
		p->irq[p->n_irq++].host = irq;
	return p;
}

static struct dt guest_tree(void)
{
	const struct guest_fw_info info = { 0 };
	const char *why = NULL;
	struct arena a;
	struct dt t;
	size_t len = 0;

	assert_int_equal(guest_fdt_write(vd, &info, (struct span){ 0 }, out, sizeof(out), &len),
			 OK);
	arena_init(&a, dt_memory, sizeof(dt_memory));
	assert_int_equal(dt_open(span_of(out, len), &a, &t, &why), OK);
	return t;
}

static u32 node(const struct dt *t, const char *path)
{
	u32 n = dt_find(t, str_of(path));

	if (n == DT_NONE)
		fail_msg("no %s", path);
	return n;
}

/* The guest reads the same windows and lines out of its tree as the passes have. */
static void check_agreement(const struct dt *t)
{
	struct hostdesc guest;
	struct arena a;
	const char *why = NULL;
	u32 found = 0;

	arena_init(&a, dt_memory + (512 << 10), 512 << 10);
	assert_int_equal(hostdesc_from_fdt(span_of(t->blob, t->size), &a, &guest, &why), OK);
	for (u32 i = 0; i < vd->passes.n; i++) {
		const struct vd_pass *p = &vd->passes.v[i];

		for (u32 k = 0; p->path.n && k < guest.n_devs; k++) {
			const struct hd_dev *dev = &guest.devs[k];

			if (!p->n_win || !dev->n_win || dev->win[0].base != p->win[0].gpa.v)
				continue;
			found++;
			assert_int_equal(dev->win[0].len, p->win[0].size);
			for (u32 l = 0, shared = 0; l < dev->n_irq; l++) {
				const struct vd_pass_irq *irq = &p->irq[shared];

				if (dev->irq[l].line < 32)
					continue; /* one of each CPU's: cannot be given */
				assert_true(shared++ < p->n_irq);
				assert_int_equal(dev->irq[l].line, irq->guest);
				assert_int_equal(dev->irq[l].trigger == HD_TRIGGER_EDGE,
						 irq->trigger == VD_TRIGGER_EDGE);
			}
		}
	}
	assert_true(found > 0);
}

static void everything_of(const char *name)
{
	struct span fdt = dtb_load(name);
	struct dt t;

	machine(fdt);
	vm();
	want_path("/");
	assert_int_equal(vmdesc_resolve_passes(vd, &hd, fdt, &arena, &sink.d), OK);
	dtb_free(fdt); /* nothing points into it */
	t = guest_tree();
	check_agreement(&t);
	assert_non_null(strstr(sink.text, "interrupt controller"));
}

static void test_everything(void **state)
{
	(void)state;
	everything_of("host");
	everything_of("virt1");
	everything_of("virt4");
	everything_of("soc");
}

static void test_phandles_lead_to_nodes(void **state)
{
	struct span fdt = dtb_load("host");
	u32 n, cell;
	struct dt t;

	(void)state;
	machine(fdt);
	vm();
	want_path("/soc@10000000/ethernet@5000");
	assert_int_equal(vmdesc_resolve_passes(vd, &hd, fdt, &arena, &sink.d), OK);
	t = guest_tree();
	n = node(&t, "/soc@10000000/ethernet@5000");
	assert_true(dt_u32(&t, n, "power-domains", 0, &cell));
	assert_int_equal(dt_find_phandle(&t, cell),
			 node(&t, "/soc@10000000/syscon@2000/power-controller"));
	assert_true(dt_u32(&t, n, "interrupt-parent", 0, &cell));
	assert_int_equal(dt_find_phandle(&t, cell), node(&t, "/intc@8000000"));
	assert_false(dt_has(&t, n, "iommus"));
	assert_false(dt_has(&t, n, "memory-region"));
	assert_false(dt_has(&t, n, "msi-parent"));
	assert_true(dt_is_compatible(&t, node(&t, "/soc@10000000"), "simple-bus"));
	assert_int_equal(dt_find(&t, STR("/soc@10000000/serial@4000")), DT_NONE);
	dtb_free(fdt);
}

static void test_moved(void **state)
{
	struct span fdt = dtb_load("host");
	struct range win;
	struct dt t;

	(void)state;
	machine(fdt);
	vm();
	want_row(0x9000000, 0x9040000, 0x1000, 0);
	assert_int_equal(vmdesc_resolve_passes(vd, &hd, fdt, &arena, &sink.d), OK);
	assert_null(vmdesc_dev(vd, "pl011")); /* made way */
	t = guest_tree();
	assert_int_equal(dt_reg(&t, node(&t, "/pl011@9000000"), 0, &win), OK);
	assert_int_equal(win.base, 0x9000000);
	assert_int_equal(dt_find(&t, STR("/pl011@9040000")), DT_NONE);
	check_agreement(&t);
	dtb_free(fdt);
}

/* The windows of a host bridge and the lines of its pins; of the tree, the map of its interrupts. */
static void test_pci(void **state)
{
	struct span fdt = dtb_load("virt1");
	const struct vd_pass *p;
	struct dt_irq irq;
	struct dt t;

	(void)state;
	machine(fdt);
	vm();
	want_path("/pcie@10000000");
	assert_int_equal(vmdesc_resolve_passes(vd, &hd, fdt, &arena, &sink.d), OK);
	assert_int_equal(vd->passes.n, 1);
	p = &vd->passes.v[0];
	assert_int_equal(p->n_win, 4);
	assert_int_equal(p->win[0].hpa.v, 0x4010000000);
	assert_int_equal(p->win[1].hpa.v, 0x3eff0000);
	assert_int_equal(p->win[2].hpa.v, 0x10000000);
	assert_int_equal(p->win[2].size, 0x2eff0000);
	assert_int_equal(p->win[3].hpa.v, 0x8000000000);
	for (u32 i = 0; i < p->n_win; i++)
		assert_int_equal(p->win[i].how, VD_PASS_MAP);
	assert_int_equal(p->n_irq, 4);
	for (u32 i = 0; i < p->n_irq; i++)
		assert_int_equal(p->irq[i].host, 35 + i);
	t = guest_tree();
	assert_int_equal(dt_irq_map(&t, node(&t, "/pcie@10000000"), 5, &irq), OK);
	assert_int_equal(irq.controller, node(&t, "/intc@8000000"));
	assert_int_equal(irq.cell[1], 5);
	assert_false(dt_has(&t, node(&t, "/pcie@10000000"), "msi-map"));
	dtb_free(fdt);
}

/* Without a tree, windows are known by the machine's list of devices, and paths are not. */
static void test_no_tree(void **state)
{
	struct span fdt = dtb_load("host");

	(void)state;
	machine(fdt);
	dtb_free(fdt);
	vm();
	want_row(0x9040000, 0x9040000, 0x1000, 8);
	assert_int_equal(vmdesc_resolve_passes(vd, &hd, (struct span){ 0 }, &arena, &sink.d), OK);
	assert_int_equal(vd->passes.v[0].irq[0].host, 40);
	assert_int_equal(vd->pass_tree.fdt.n, 0);
	want_path("/pl011@9040000");
	assert_int_equal(vmdesc_resolve_passes(vd, &hd, (struct span){ 0 }, &arena, &sink.d),
			 E_INVAL);
	assert_non_null(strstr(sink.text, "no device tree"));
}

/* The hypervisor's registers inside of another device's are nobody else's. */
static void test_own_inside(void **state)
{
	struct span fdt = dtb_load("host");

	(void)state;
	machine(fdt);
	for (u32 i = 0; i < hd.n_devs; i++) {
		if (str_eq_c(hd.devs[i].path, "/pl031@9010000"))
			hd.devs[i].win[0] = (struct range){ 0x8ff0000, 0x20000 };
	}
	vm();
	want_path("/pl031@9010000");
	assert_int_equal(vmdesc_resolve_passes(vd, &hd, fdt, &arena, &sink.d), E_INVAL);
	assert_non_null(strstr(sink.text, "holds registers of /pl011@9000000"));
	dtb_free(fdt);
}

static void test_small_arenas(void **state)
{
	struct span fdt = dtb_load("host");
	enum status st = E_INVAL;
	size_t size = 0;

	(void)state;
	machine(fdt);
	for (; st != OK && size < 256 << 10; size += 512) {
		vm();
		want_path("/");
		if (arena.used + size > sizeof(memory))
			break;
		arena.size = arena.used + size;
		st = vmdesc_resolve_passes(vd, &hd, fdt, &arena, &sink.d);
		assert_int_equal(arena.size, arena.used > arena.size ? 0 : arena.size);
		if (st != OK)
			assert_non_null(strstr(sink.text, "does not fit"));
	}
	assert_int_equal(st, OK);
	assert_true(size < 96 << 10);
	dtb_free(fdt);
}

/* A bus at the root whose cells are not the guest's. */
static void test_other_cells(void **state)
{
	struct span fdt = dtb_load("narrow");
	struct range win;
	struct dt t;

	(void)state;
	machine(fdt);
	vm();
	want_path("/");
	assert_int_equal(vmdesc_resolve_passes(vd, &hd, fdt, &arena, &sink.d), OK);
	t = guest_tree();
	assert_int_equal(dt_reg(&t, node(&t, "/rtc@9010000"), 0, &win), OK);
	assert_int_equal(win.base, 0x9010000);
	assert_int_equal(win.len, 0x1000);
	assert_int_equal(dt_reg(&t, node(&t, "/bus@20000000/gpio@100"), 0, &win), OK);
	assert_int_equal(win.base, 0x20000100);
	check_agreement(&t);
	dtb_free(fdt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything),   cmocka_unit_test(test_phandles_lead_to_nodes),
		cmocka_unit_test(test_moved),	     cmocka_unit_test(test_pci),
		cmocka_unit_test(test_no_tree),	     cmocka_unit_test(test_own_inside),
		cmocka_unit_test(test_small_arenas), cmocka_unit_test(test_other_cells),
	};

	return cmocka_run_group_tests(tests, dtb_setup, dtb_teardown);
}
