/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vdev/regs.c: tables of registers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <vdev/regs.h>

struct toy {
	struct vdev dev;
	u32 a, b;
	u32 n_then;
};

static void toy_then(struct vdev *d)
{
	((struct toy *)d)->n_then++;
}

static void test_regs(void **state)
{
	static const struct vdev_reg table[] = {
		{ 0x0, offsetof(struct toy, a), 0x11, 0xf0, toy_then },
		{ 0x8, offsetof(struct toy, b), 0x22, 0xffffffff, NULL },
		{ 0xc, VDEV_REG_CONST, 0x33, 0xffffffff, toy_then },
	};
	struct toy t = { .a = 9, .b = 9 };

	(void)state;
	vdev_regs_reset(&t.dev, VDEV_REGS(table));
	assert_int_equal(t.a, 0x11);
	assert_int_equal(t.b, 0x22);
	assert_int_equal(t.n_then, 0);
	assert_int_equal(vdev_regs_read(&t.dev, VDEV_REGS(table), 0x8), 0x22);
	assert_int_equal(vdev_regs_read(&t.dev, VDEV_REGS(table), 0xc), 0x33);
	assert_int_equal(vdev_regs_read(&t.dev, VDEV_REGS(table), 0x4), 0);
	/* Bits that are not writable keep their value. */
	vdev_regs_write(&t.dev, VDEV_REGS(table), 0x0, 0xffffff2f);
	assert_int_equal(t.a, 0x21);
	assert_int_equal(t.n_then, 1);
	vdev_regs_write(&t.dev, VDEV_REGS(table), 0x8, 0xdeadbeef);
	assert_int_equal(t.b, 0xdeadbeef);
	/* Neither a constant nor nothing can be written. */
	vdev_regs_write(&t.dev, VDEV_REGS(table), 0xc, 0);
	vdev_regs_write(&t.dev, VDEV_REGS(table), 0x4, 0);
	assert_int_equal(vdev_regs_read(&t.dev, VDEV_REGS(table), 0xc), 0x33);
	assert_int_equal(t.n_then, 1);
	assert_int_equal(t.a, 0x21);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_regs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
