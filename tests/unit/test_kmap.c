/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own address space, read back from the table that was made active: image, direct map,
 * devices, and that nothing in it is writable and executable.
 */
#include "expect_bug.h"

#include <string.h>

#include <arch/fake.h>
#include <base/bits.h>
#include <core/kmap.h>
#include <core/pt.h>

#define RAM MIB(512)

static struct arch_boot boot;
static u64 image_end; /* physical, page aligned */

/* Tables are in .bss, that is in the image, or in RAM. */
static u64 *table_at(hpa_t table)
{
	u64 into = table.v - boot.image.v;

	if (table.v >= boot.image.v && into < boot.image_len)
		return (u64 *)(void *)((u8 *)fake.parts[0].va + into);
	return arch_phys_to_virt(table);
}

static const struct pt_pages pages = { NULL, table_at };

static struct pt active(void)
{
	return (struct pt){ arch_pt_format(PT_HOST), &pages, fake.kmap_root, PMM_HYPERVISOR };
}

static enum status look(u64 va, struct pte_info *info, u64 *run)
{
	struct pt pt = active();

	return pt_lookup(&pt, va, info, run);
}

/* [va, va + len) is mapped to [pa, ...) with exactly these rights. */
static bool maps(u64 va, u64 pa, u64 len, u32 prot, enum pt_type type)
{
	struct pte_info info;
	u64 run;

	for (u64 off = 0; off < len; off += run) {
		if (look(va + off, &info, &run) != OK || info.target.v != pa + off ||
		    info.prot != prot || info.type != type)
			return false;
	}
	return true;
}

static bool direct(u64 pa, u64 len)
{
	return maps((u64)arch_phys_to_virt(HPA(pa)), pa, len, PT_R | PT_W, PT_NORMAL);
}

static bool hole(u64 va, u64 len)
{
	struct pte_info info;
	u64 run;

	for (u64 off = 0; off < len; off += run) {
		if (look(va + off, &info, &run) != E_NOTFOUND)
			return false;
	}
	return true;
}

static bool no_direct(u64 pa, u64 len)
{
	return hole((u64)arch_phys_to_virt(HPA(pa)), len);
}

/* Walks all there is; returns the number of leaves. */
static u64 check_w_xor_x(void)
{
	struct pte_info info;
	u64 n = 0, run;

	for (u64 va = 0; va < BIT(48); va += run) {
		if (look(va, &info, &run) != OK)
			continue;
		assert_false((info.prot & PT_W) && (info.prot & PT_X));
		assert_false(info.type == PT_DEVICE && (info.prot & PT_X));
		n++;
	}
	return n;
}

static int setup(void **state)
{
	(void)state;
	fake_init(RAM);
	/* As boot code promises: what is aligned where it is linked is aligned where it lies. */
	fake_image(HPA(FAKE_RAM_BASE + MIB(4)), &boot);
	boot.image.v += (u64)fake.parts[0].va % MIB(2);
	image_end = boot.image.v + boot.image_len;
	return 0;
}

static void test_image_and_direct_map(void **state)
{
	const struct range mem = { FAKE_RAM_BASE, RAM };
	const struct arch_image_part *part = fake.parts;
	u64 pa = boot.image.v;

	(void)state;
	assert_int_equal(kmap_init(&boot, &mem, 1), OK);
	assert_int_equal(fake.n_activations, 1);
	assert_true(maps((u64)part[0].va, pa, part[0].len, PT_R | PT_X, PT_NORMAL));
	assert_true(hole((u64)part[1].va, part[1].len));
	pa += part[0].len + part[1].len;
	assert_true(maps((u64)part[2].va, pa, part[2].len, PT_R | PT_W, PT_NORMAL));
	assert_true(hole((u64)part[2].va + part[2].len, KIB(4)));
	assert_true(direct(FAKE_RAM_BASE, boot.image.v - FAKE_RAM_BASE));
	assert_true(no_direct(boot.image.v, boot.image_len));
	assert_true(direct(image_end, FAKE_RAM_BASE + RAM - image_end));
	assert_true(no_direct(FAKE_RAM_BASE - MIB(1), MIB(1)));
	assert_true(no_direct(FAKE_RAM_BASE + RAM, MIB(1)));
	assert_true(check_w_xor_x() > 100);
}

static void test_ragged_banks(void **state)
{
	struct range mem[8];

	(void)state;
	/* Eight, none of which begins or ends at a multiple of anything. */
	for (u32 i = 0; i < 8; i++)
		mem[i] = (struct range){ FAKE_RAM_BASE + i * GIB(3) + KIB(4) * (i + 1) - 1,
					 GIB(1) + MIB(1) + 0x777 };
	assert_int_equal(kmap_init(&boot, mem, 8), OK);
	for (u32 i = 0; i < 8; i++) {
		u64 base = FAKE_RAM_BASE + i * GIB(3) + KIB(4) * (i + 1);
		u64 len = GIB(1) + MIB(1); /* 0x776 more bytes are no page */

		assert_true(no_direct(base - KIB(4), KIB(4)));
		assert_true(no_direct(base + len, KIB(4)));
		if (i > 0)
			assert_true(direct(base, len));
	}
	check_w_xor_x();
}

static void test_far_banks(void **state)
{
	struct range mem[8];

	(void)state;
	/* Each over a boundary of 512 GiB. */
	for (u32 i = 0; i < 8; i++)
		mem[i] = (struct range){ GIB(512) * (i + 1) - KIB(4), MIB(4) };
	assert_int_equal(kmap_init(&boot, mem, 8), OK);
	for (u32 i = 0; i < 8; i++)
		assert_true(direct(GIB(512) * (i + 1) - KIB(4), MIB(4)));
}

static void test_refusals(void **state)
{
	const struct range overlap[] = { { FAKE_RAM_BASE, MIB(64) },
					 { FAKE_RAM_BASE + MIB(60), MIB(8) } };
	const struct range wraps = { FAKE_RAM_BASE, UINT64_MAX };
	struct range many[40];

	(void)state;
	assert_int_equal(kmap_init(&boot, overlap, 2), E_EXISTS);
	assert_int_equal(kmap_init(&boot, &wraps, 1), E_RANGE);
	for (u32 i = 0; i < array_size(many); i++)
		many[i] = (struct range){ FAKE_RAM_BASE + i * GIB(3) + KIB(4), GIB(1) };
	assert_int_equal(kmap_init(&boot, many, array_size(many)), E_NOMEM);
	assert_int_equal(fake.n_activations, 0);
	/* A part that is writable and executable is our own mistake. */
	fake.parts[2].prot |= PT_X;
	expect_bug((void)kmap_init(&boot, overlap, 1));
}

static void test_devices(void **state)
{
	const struct range mem = { FAKE_RAM_BASE, RAM };
	void *a, *b;

	(void)state;
	assert_int_equal(kmap_init(&boot, &mem, 1), OK);
	assert_int_equal(kmap_device((struct range){ 0x09000000, 0x1000 }, &a), OK);
	assert_ptr_equal(a, arch_phys_to_virt(HPA(0x09000000)));
	assert_true(maps((u64)a, 0x09000000, 0x1000, PT_R | PT_W, PT_DEVICE));
	assert_true(hole((u64)a + 0x1000, 0x1000));
	assert_true(hole((u64)a - 0x1000, 0x1000));
	assert_int_equal(kmap_device((struct range){ 0x09000000, 0x1000 }, &b), OK);
	assert_ptr_equal(a, b);
	/* Two in one page, then one over its end. */
	assert_int_equal(kmap_device((struct range){ 0x0a000200, 0x200 }, &a), OK);
	assert_int_equal(kmap_device((struct range){ 0x0a000400, 0x200 }, &b), OK);
	assert_int_equal((u8 *)b - (u8 *)a, 0x200);
	assert_int_equal(kmap_device((struct range){ 0x0a000f00, 0x200 }, &a), OK);
	assert_true(maps((u64)arch_phys_to_virt(HPA(0x0a000000)), 0x0a000000, 0x2000, PT_R | PT_W,
			 PT_DEVICE));
	/* Large, over something mapped already. */
	assert_int_equal(kmap_device((struct range){ 0x08000000, MIB(48) }, &a), OK);
	assert_true(maps((u64)a, 0x08000000, MIB(48), PT_R | PT_W, PT_DEVICE));
	check_w_xor_x();
}

static void test_no_devices_in_ram(void **state)
{
	const struct range mem = { FAKE_RAM_BASE, RAM };
	void *at;

	(void)state;
	assert_int_equal(kmap_init(&boot, &mem, 1), OK);
	assert_int_equal(kmap_device((struct range){ FAKE_RAM_BASE, 0x1000 }, &at), E_EXISTS);
	assert_int_equal(kmap_device((struct range){ FAKE_RAM_BASE - 0x1000, 0x2000 }, &at),
			 E_EXISTS);
	assert_int_equal(kmap_device((struct range){ boot.image.v, 0x1000 }, &at), E_EXISTS);
	assert_true(kmap_is_image((struct range){ boot.image.v - 0x1000, 0x1001 }));
	assert_false(kmap_is_image((struct range){ boot.image.v - 0x1000, 0x1000 }));
	assert_false(kmap_is_image((struct range){ boot.image.v + boot.image_len, 0x1000 }));
	assert_int_equal(kmap_device((struct range){ 0x1000, 0 }, &at), E_INVAL);
	assert_int_equal(kmap_device((struct range){ UINT64_MAX, 2 }, &at), E_INVAL);
}

/* When the tables in .bss are used up, those of the page pool follow. */
static void test_tables_from_the_pool(void **state)
{
	const struct range mem = { FAKE_RAM_BASE, RAM };
	struct range taken;
	u64 before, i;
	void *at;

	(void)state;
	assert_int_equal(kmap_init(&boot, &mem, 1), OK);
	taken = (struct range){ boot.image.v, boot.image_len };
	assert_int_equal(pmm_init(&mem, 1, &taken, 1, PMM_DIRTY), OK);
	before = pmm_owned(PMM_HYPERVISOR);
	for (i = 0; i < 100; i++)
		assert_int_equal(kmap_device((struct range){ GIB(200 + i), 0x1000 }, &at), OK);
	assert_true(pmm_owned(PMM_HYPERVISOR) > before + 100);
	for (i = 0; i < 100; i++)
		assert_true(maps((u64)arch_phys_to_virt(HPA(GIB(200 + i))), GIB(200 + i), 0x1000,
				 PT_R | PT_W, PT_DEVICE));
	check_w_xor_x();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_image_and_direct_map, setup),
		cmocka_unit_test_setup(test_ragged_banks, setup),
		cmocka_unit_test_setup(test_far_banks, setup),
		cmocka_unit_test_setup(test_refusals, setup),
		cmocka_unit_test_setup(test_devices, setup),
		cmocka_unit_test_setup(test_no_devices_in_ram, setup),
		cmocka_unit_test_setup(test_tables_from_the_pool, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
