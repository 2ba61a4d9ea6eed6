/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which driver gets which device, and what is said when it goes wrong.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <port/driver.h>

static char probed[256]; /* "driver:path driver:path " */
static char logged[256];

void driver_log(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(logged + strlen(logged), sizeof(logged) - strlen(logged), format, ap);
	va_end(ap);
	strcat(logged, "\n");
}

static enum status note(const char *driver, const struct hd_dev *dev, enum status st)
{
	size_t n = strlen(probed);

	snprintf(probed + n, sizeof(probed) - n, "%s:%.*s ", driver, STR_ARG(dev->path));
	return st;
}

static enum status probe_exact(const struct hd_dev *dev, const struct hostdesc *hd)
{
	(void)hd;
	return note("exact", dev, OK);
}

static enum status probe_family(const struct hd_dev *dev, const struct hostdesc *hd)
{
	(void)hd;
	return note("family", dev, OK);
}

static enum status probe_empty(const struct hd_dev *dev, const struct hostdesc *hd)
{
	(void)hd;
	return note("empty", dev, E_NOTFOUND);
}

static enum status probe_broken(const struct hd_dev *dev, const struct hostdesc *hd)
{
	(void)hd;
	return note("broken", dev, E_IO);
}

static const char *const family_ids[] = { "acme,uart", "acme,old-uart", NULL };
static const char *const exact_ids[] = { "acme,uart9", NULL };
static const char *const empty_ids[] = { "acme,slot", NULL };
static const char *const broken_ids[] = { "acme,disk", NULL };

static const struct driver family = { "family", DRIVER_CONSOLE, family_ids, probe_family };
static const struct driver exact = { "exact", DRIVER_CONSOLE, exact_ids, probe_exact };
static const struct driver empty = { "empty", DRIVER_DEVICE, empty_ids, probe_empty };
static const struct driver broken = { "broken", DRIVER_DEVICE, broken_ids, probe_broken };

const struct driver *const drivers[] = { &broken, &empty, &exact, &family, NULL };

#define DEV(p, c)                                                               \
	{                                                                       \
		.path = { (p), sizeof(p) - 1 }, .compatible = {(c), sizeof(c) } \
	}

static struct hd_dev devs[] = {
	DEV("/a", "acme,uart9\0acme,uart"),
	DEV("/b", "acme,uart8\0acme,uart"),
	DEV("/c", "acme,uart10"),
	DEV("/d", "acme,disk"),
	DEV("/e", "acme,slot"),
	DEV("/f", "acme,disk\0acme,slot"),
};

static const struct hostdesc machine = { .devs = devs, .n_devs = array_size(devs) };

static int forget(void **state)
{
	(void)state;
	probed[0] = '\0';
	logged[0] = '\0';
	return 0;
}

static void prefers_the_most_specific(void **state)
{
	(void)state;
	assert_int_equal(drivers_probe(&machine, DRIVER_CONSOLE), 2);
	assert_string_equal(probed, "exact:/a family:/b ");
	assert_string_equal(logged, "");
}

static void reports_failures_and_goes_on(void **state)
{
	(void)state;
	assert_int_equal(drivers_probe(&machine, DRIVER_DEVICE), 0);
	assert_string_equal(probed, "broken:/d empty:/e broken:/f ");
	assert_non_null(strstr(logged, "/d: broken: "));
	assert_non_null(strstr(logged, "/f: broken: "));
	assert_null(strstr(logged, "/e"));
}

static void other_stages_are_left_alone(void **state)
{
	(void)state;
	assert_int_equal(drivers_probe(&machine, DRIVER_IRQCHIP), 0);
	assert_string_equal(probed, "");
}

/* Lists that no tree checker has seen: without an end, empty, with empty strings in them. */
static void survives_odd_lists(void **state)
{
	static struct hd_dev odd[] = {
		{ .path = { "/x", 2 }, .compatible = { "acme,slot", 9 } },
		{ .path = { "/y", 2 }, .compatible = { NULL, 0 } },
		{ .path = { "/z", 2 }, .compatible = { "\0\0acme,slot", 12 } },
	};
	const struct hostdesc hd = { .devs = odd, .n_devs = array_size(odd) };

	(void)state;
	assert_int_equal(drivers_probe(&hd, DRIVER_DEVICE), 0);
	assert_string_equal(probed, "empty:/z ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(prefers_the_most_specific, forget),
		cmocka_unit_test_setup(reports_failures_and_goes_on, forget),
		cmocka_unit_test_setup(other_stages_are_left_alone, forget),
		cmocka_unit_test_setup(survives_odd_lists, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
