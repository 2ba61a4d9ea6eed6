/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests and what they found. Any vCPU may check; the test that runs is the one vCPU 0 runs.
 */
#include <inmate/inmate.h>

#include <base/fmt.h>

#define MAX_TOLD 6

static struct lock tap_lock;
static u32 n_run, n_failed, n_wrong;
static char first_wrong[160];

bool check_at(bool ok, const char *file, u32 line, const char *format, ...)
{
	char text[160];
	va_list ap;

	if (ok)
		return true;
	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	lock_take(&tap_lock);
	if (n_wrong == 0)
		fmt_snprintf(first_wrong, sizeof(first_wrong), "%s:%u: %s", file, line, text);
	else if (n_wrong < MAX_TOLD)
		say("# also %s:%u: %s", file, line, text);
	n_wrong++;
	lock_give(&tap_lock);
	return false;
}

bool test_run(const char *name, void (*fn)(void))
{
	n_wrong = 0;
	fn();
	n_run++;
	if (n_wrong == 0) {
		say("ok %u %s;", n_run, name);
		return true;
	}
	n_failed++;
	say("not ok %u %s - %s (%u wrong);", n_run, name, first_wrong, n_wrong);
	return false;
}

void suite_run(const struct suite *s)
{
	char name[64];

	for (u32 i = 0; i < s->n; i++) {
		fmt_snprintf(name, sizeof(name), "%s_%s", s->name, s->tests[i].name);
		test_run(name, s->tests[i].fn);
	}
}

bool tests_passed(void)
{
	return n_failed == 0;
}
