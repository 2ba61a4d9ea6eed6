/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is found on boards that we do not have, from the device trees that they are started with:
 * compared with tests/data/boards/NAME.txt. TRIVET_GOLDEN_WRITE=1 writes those. Only what does
 * not depend on the version of the tree is printed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <lib/hostdesc.h>

#include "dtbdata.h"

/* main.c has this much for it, with the platform file. */
#define BOOT_MEMORY KIB(192)

static char text[8192];

static void line(const char *format, ...) printf_like(1, 2);

static void line(const char *format, ...)
{
	size_t n = strlen(text);
	va_list ap;

	va_start(ap, format);
	vsnprintf(text + n, sizeof(text) - n, format, ap);
	va_end(ap);
}

static void show_ranges(const char *what, const struct range *r, u32 n)
{
	for (u32 i = 0; i < n; i++)
		line("%-9s 0x%010llx + 0x%llx\n", what, (unsigned long long)r[i].base,
		     (unsigned long long)r[i].len);
}

static void show_dev(const char *what, const struct hd_dev *d)
{
	line("%s %s (%s)\n", what, d->path.p, d->compatible.p);
	show_ranges("  window", d->win, d->n_win);
	for (u32 i = 0; i < d->n_irq; i++)
		line("  line    %u %s\n", d->irq[i].line,
		     d->irq[i].trigger == HD_TRIGGER_EDGE ? "edge" : "level");
}

static void show(const struct hostdesc *hd)
{
	static const char *const conduit[] = { "none", "SMC", "HVC" };

	line("model     %s\n", hd->model.p);
	for (u32 i = 0; i < hd->n_cpus; i++)
		line("CPU       0x%llx\n", (unsigned long long)hd->cpu_hw_id[i]);
	show_ranges("memory", hd->mem, hd->n_mem);
	show_ranges("reserved", hd->reserved, hd->n_reserved);
	if (hd->intc) {
		show_dev("intc", hd->intc);
		line("  %u regions of redistributors, stride 0x%llx\n", hd->intc->n_redist,
		     (unsigned long long)hd->intc->redist_stride);
	}
	if (hd->console) {
		show_dev("console", hd->console);
		line("  shift %u, width %u, offset %u, clock %u, %u baud\n", hd->console->reg_shift,
		     hd->console->reg_io_width, hd->console->reg_offset, hd->console->clock_hz,
		     hd->console_baud);
	}
	line("timers    host %u, guest virtual %u, guest physical %u\n", hd->irq_timer_host,
	     hd->irq_timer_guest_virt, hd->irq_timer_guest_phys);
	line("firmware  %s\n", conduit[hd->conduit]);
	line("loader    %s\n", hd->loader.n ? hd->loader.p : "-");
}

/* Beside this file's folder. */
static void golden_path(char *out, size_t size, const char *name)
{
	char file[512] = __FILE__;
	char *slash = strrchr(file, '/');

	if (slash)
		*slash = '\0';
	snprintf(out, size, "%s/../data/boards/%s.txt", slash ? file : ".", name);
}

static void board(const char *name)
{
	static u8 memory[BOOT_MEMORY];
	static char expected[sizeof(text)];
	struct span s = dtb_load(name);
	char path[1024];
	struct hostdesc hd;
	struct arena a;
	const char *why = NULL;
	FILE *f;

	text[0] = '\0';
	arena_init(&a, memory, sizeof(memory));
	assert_int_equal(hostdesc_from_fdt(s, &a, &hd, &why), OK);
	dtb_free(s);
	show(&hd);
	golden_path(path, sizeof(path), name);
	if (getenv("TRIVET_GOLDEN_WRITE")) {
		f = fopen(path, "w");
		assert_non_null(f);
		fputs(text, f);
		fclose(f);
	}
	f = fopen(path, "r");
	assert_non_null(f);
	expected[fread(expected, 1, sizeof(expected) - 1, f)] = '\0';
	fclose(f);
	assert_string_equal(text, expected);
}

static void roc_rk3568_pc(void **state)
{
	(void)state;
	board("rk3568-roc-pc");
}

static void orangepi_5_plus(void **state)
{
	(void)state;
	board("rk3588-orangepi-5-plus");
}

static void phytiumpi(void **state)
{
	(void)state;
	board("phytiumpi");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roc_rk3568_pc),
		cmocka_unit_test(orangepi_5_plus),
		cmocka_unit_test(phytiumpi),
	};

	return cmocka_run_group_tests(tests, dtb_setup, dtb_teardown);
}
