/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/vmdesc/validate_set.c: what VMs must not share, few of them and very many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <base/range.h>

#include "validate_fixture.h"

static enum status validate(const struct vmdesc *const *vds, u32 n, bool *marks)
{
	const struct vd_set set = { vds, n, &target };
	size_t used = arena.used;
	enum status st = vmdesc_validate_set(&set, marks, &arena, &sink.d);

	assert_int_equal(arena.used, used);
	return st;
}

static void test_set(void **state)
{
	struct vmdesc *a = vd;
	struct vmdesc b = *vd;
	struct vmdesc c = *vd;
	const struct vmdesc *set[] = { a, &b, &c };
	bool marks[3] = { false, false, false };

	(void)state;
	b.id = 2;
	b.name = STR("y");
	c.id = 3;
	c.name = STR("z");
	assert_int_equal(validate(set, 3, marks), OK);
	assert_int_equal(validate(set, 0, marks), OK);
	b.id = 1;
	c.name = STR("y");
	assert_int_equal(validate(set, 3, marks), E_INVAL);
	assert_int_equal(sink.d.n_errors, 2);
	assert_false(marks[0]);
	assert_true(marks[1]);
	assert_true(marks[2]);
}

static void test_set_identity(void **state)
{
	struct vd_mem other = vd->mems.v[0];
	struct vmdesc b = *vd;
	const struct vmdesc *set[] = { vd, &b };
	bool marks[2] = { false, false };

	(void)state;
	b.id = 2;
	b.name = STR("y");
	b.mems.v = &other;
	/* The same guest addresses are no conflict; the same host memory is. */
	assert_int_equal(validate(set, 2, marks), OK);
	other.backing = VD_MEM_CLAIMED;
	other.host = HPA(0x40000000);
	assert_int_equal(validate(set, 2, marks), OK);
	vd->mems.v[0].backing = VD_MEM_CLAIMED;
	vd->mems.v[0].host = HPA(0x50000000);
	assert_int_equal(validate(set, 2, marks), E_INVAL);
	assert_true(marks[1] && !marks[0]);
	assert_non_null(
		strstr(sink.text, "= 0x4000_0000..0x6000_0000: this host memory is claimed"));
	marks[1] = false;
	other.host = HPA(0x70000000);
	assert_int_equal(validate(set, 2, marks), OK);
}

/* More than there is, all together; who is refused anyway takes none. */
static void test_set_memory(void **state)
{
	struct vd_target small = target;
	struct vmdesc b = *vd, c = *vd;
	const struct vmdesc *vds[] = { vd, &b, &c };
	const struct vd_set set = { vds, 3, &small };
	bool marks[3] = { false };

	(void)state;
	b.id = 2;
	b.name = STR("b");
	c.id = 3;
	c.name = STR("c");
	small.free_ram = 2 * vd->mems.v[0].size;
	assert_int_equal(vmdesc_validate_set(&set, marks, &arena, &sink.d), E_INVAL);
	assert_true(!marks[0] && !marks[1] && marks[2]);
	assert_non_null(
		strstr(sink.text, "512 MiB, but other VMs leave only 0 bytes of the machine's"));
	marks[2] = false;
	marks[0] = true;
	assert_int_equal(vmdesc_validate_set(&set, marks, &arena, &sink.d), OK);
}

/* One device's windows and lines in two VMs are one mistake; a CPU for both is worth a word. */
static void test_set_hardware(void **state)
{
	struct vmdesc b = *vd;
	const struct vmdesc *set[] = { vd, &b };
	struct vd_pass x = { .name = STR("x"), .n_win = 2, .n_irq = 1, .irq = { { .host = 40 } } };
	struct vd_pass y = x;
	struct vd_vcpu vcpu = { .cpu_mask = 2, .mask_at = here };
	bool marks[2] = { false };

	(void)state;
	b.id = 2;
	b.name = STR("b");
	x.win[0] = (struct vd_pass_window){ .hpa = HPA(0x1000), .size = 0x3000 };
	x.win[1] = (struct vd_pass_window){ .hpa = HPA(0x8000), .size = 0x1000 };
	y.win[0] = (struct vd_pass_window){ .hpa = HPA(0x3000), .size = 0x10000 };
	y.win[1] = (struct vd_pass_window){ .hpa = HPA(0x100000), .size = 0x1000 };
	vd->passes.v = &x;
	b.passes.v = &y;
	vd->passes.n = b.passes.n = 1;
	vd->vcpus.v = b.vcpus.v = &vcpu;
	vd->vcpus.n = b.vcpus.n = 1;
	assert_int_equal(validate(set, 2, marks), E_INVAL);
	assert_int_equal(sink.d.n_errors, 1);
	assert_int_equal(sink.d.n_warnings, 1);
	assert_true(marks[1] && !marks[0]);
	assert_non_null(strstr(sink.text, "they take turns"));
}

/* What is claimed are whole blocks; what is reserved are the pages themselves. */
static void test_set_blocks(void **state)
{
	struct vd_mem x = { .size = 0x1000, .host = HPA(0x50001000), .backing = VD_MEM_CLAIMED };
	struct vd_mem y = { .size = 0x1000, .host = HPA(0x501ff000), .backing = VD_MEM_CLAIMED };
	struct vmdesc b = *vd;
	const struct vmdesc *set[] = { vd, &b };
	bool marks[2] = { false };

	(void)state;
	b.id = 2;
	b.name = STR("b");
	vd->mems.v = &x;
	b.mems.v = &y;
	assert_int_equal(validate(set, 2, marks), E_INVAL);
	assert_true(marks[1] && !marks[0]);
	x.backing = y.backing = VD_MEM_RESERVED;
	assert_int_equal(validate(set, 2, marks), OK);
	x.backing = VD_MEM_CLAIMED;
	y.host = HPA(0x50200000);
	assert_int_equal(validate(set, 2, marks), OK);
	/* What ends beyond all addresses is refused elsewhere, and no reason to stumble. */
	x.host = HPA(UINT64_MAX - 0xfff);
	assert_int_equal(validate(set, 2, marks), OK);
}

/* However much of one place others claim, two that clash behind it are found. */
static void test_set_crowded(void **state)
{
	static struct vmdesc vms[12];
	static struct vd_mem mems[12][12];
	static const struct vmdesc *set[12];
	static char names[12][2];
	bool marks[12] = { false };

	(void)state;
	for (u32 i = 0; i < 12; i++) {
		vms[i] = *vd;
		vms[i].id = i + 1;
		names[i][0] = (char)('a' + i);
		vms[i].name = (struct str){ names[i], 1 };
		vms[i].vcpus.n = 0;
		vms[i].mems.v = mems[i];
		vms[i].mems.n = 1;
		mems[i][0] = (struct vd_mem){ .size = 0x1000, .backing = VD_MEM_RESERVED };
		mems[i][0].host = HPA(0x10000);
		set[i] = &vms[i];
	}
	/* The first two, in another order than they are found. */
	mems[0][0] = mems[1][0];
	mems[0][0].size = mems[1][0].size = 0x100000;
	mems[1][0].host = HPA(0x11000);
	mems[0][0].host = HPA(0x10800);
	assert_int_equal(validate(set, 12, marks), E_INVAL);
	assert_true(marks[1] && !marks[0]);
	/* The last takes the place over and over, and is refused for that alone. */
	memset(marks, 0, sizeof(marks));
	vms[11].mems.n = 12;
	for (u32 k = 0; k < 12; k++)
		mems[11][k] = mems[2][0];
	assert_int_equal(validate(set, 12, marks), E_INVAL);
	assert_true(marks[1] && !marks[0]);
}

static u32 lcg(u32 *x)
{
	return *x = *x * 1664525 + 1013904223;
}

/* The same mistakes as by comparing everybody with everybody, of a thousand, in no time. */
static void test_set_of_a_thousand(void **state)
{
	static struct vmdesc vms[1000];
	static struct vd_mem mems[1000];
	static const struct vmdesc *set[1000];
	static bool marks[1000], want[1000];
	u32 x = 1;

	(void)state;
	for (u32 i = 0; i < 1000; i++) {
		mems[i] = (struct vd_mem){ .size = 0x1000 * (1 + lcg(&x) % 4),
					   .backing = VD_MEM_RESERVED,
					   .host = HPA(lcg(&x) & UINT64_C(0xfffff000)) };
		vms[i] = *vd;
		vms[i].id = i + 1;
		vms[i].name = (struct str){ arena_strdup(&arena, "vm-0000", 7), 7 };
		for (u32 k = 0, n = i; k < 4; k++, n /= 10)
			((char *)vms[i].name.p)[6 - k] = (char)('0' + n % 10);
		vms[i].mems.v = &mems[i];
		vms[i].vcpus.n = 0;
		set[i] = &vms[i];
	}
	vms[500].id = 3;
	vms[501].name = vms[2].name;
	mems[700].host = mems[3].host;
	for (u32 j = 0; j < 1000; j++) {
		for (u32 i = 0; i < j; i++)
			want[j] |= vms[i].id == vms[j].id || str_eq(vms[i].name, vms[j].name) ||
				   range_overlaps(mems[i].host.v, mems[i].size, mems[j].host.v,
						  mems[j].size);
	}
	assert_int_equal(validate(set, 1000, marks), E_INVAL);
	for (u32 i = 0; i < 1000; i++)
		assert_int_equal(marks[i], want[i]);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, fresh)
	const struct CMUnitTest tests[] = {
		T(test_set),
		T(test_set_identity),
		T(test_set_memory),
		T(test_set_hardware),
		T(test_set_blocks),
		T(test_set_crowded),
		T(test_set_of_a_thousand),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
