/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/config/complete.c: what is judged before the validator: the kind of machine, and the interrupt
 * controller that its guests can have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "validate_fixture.h"

static enum status complete(const char *guest_intc)
{
	const struct hostdesc hd = { .guest_intc = guest_intc };
	const struct config_machine m = { .hd = &hd, .target = &target };

	return config_complete(vd, &m, &arena, &sink.d);
}

static void test_other_machine(void **state)
{
	(void)state;
	target.isa = "aarch64";
	vd->isa = "x86_64";
	vd->isa_at = here;
	assert_int_equal(complete(NULL), E_INVAL);
	assert_int_equal(sink.d.n_errors, 1);
	assert_non_null(strstr(sink.text, "is made for x86_64, and this machine is aarch64"));
	vd->isa = "aarch64";
	assert_int_equal(complete(NULL), OK);
}

static void test_interrupt_controller(void **state)
{
	static const struct vd_class_info both[] = {
		{ .name = "gicv2", .min_window = KIB(4), .n_win = 2, .is_intc = true },
		{ .name = "gicv3", .min_window = KIB(64), .n_win = 2, .is_intc = true },
		{ .name = "pl011", .min_window = KIB(4), .n_win = 1, .is_console = true },
	};

	(void)state;
	target.classes = both;
	target.n_classes = array_size(both);
	assert_int_equal(complete("gicv3"), OK);
	vmdesc_use_intc(vd, "gicv2");
	vd->devs.v[0].is_default = false;
	vd->devs.v[0].at = here;
	assert_int_equal(complete("gicv2"), OK);
	assert_int_equal(complete(NULL), OK); /* who knows */
	assert_int_equal(complete("gicv3"), E_INVAL);
	assert_int_equal(sink.d.n_errors, 1);
	assert_non_null(strstr(sink.text,
			       "devices.emu_devices: device \"intc\" (gicv2): guests of this "
			       "machine can only have a gicv3"));
	assert_non_null(strstr(sink.text, "fix: remove it: a VM has a gicv3 unasked"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, fresh)
	const struct CMUnitTest tests[] = {
		T(test_other_machine),
		T(test_interrupt_controller),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
