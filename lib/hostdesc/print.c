/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine in a few lines of the boot log. One fact for each line, the label in a column of
 * its own; a line is never longer than LINE_MAX_LEN.
 */
#include <lib/hostdesc.h>

#include <base/fmt.h>

#define LINE_MAX_LEN 160

struct printer {
	void (*put)(void *ctx, const char *line);
	void *ctx;
	char line[LINE_MAX_LEN];
	size_t len;
};

static void text(struct printer *p, const char *format, ...) printf_like(2, 3);

static void text(struct printer *p, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = fmt_vsnprintf(p->line + p->len, sizeof(p->line) - p->len, format, ap);
	va_end(ap);
	if (n > 0)
		p->len = MIN(p->len + (size_t)n, sizeof(p->line) - 1);
}

static void label(struct printer *p, const char *name)
{
	p->len = 0;
	text(p, "%-10s ", name);
}

static void end_line(struct printer *p)
{
	p->put(p->ctx, p->line);
}

static void print_size(struct printer *p, u64 len)
{
	if (len >= MIB(1) && len % MIB(1) == 0)
		text(p, "%llu MiB", (unsigned long long)(len >> 20));
	else
		text(p, "%llu KiB", (unsigned long long)((len + 1023) >> 10));
}

static void print_ranges(struct printer *p, const char *name, const struct range *v, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		label(p, i ? "" : name);
		text(p, "0x%08llx-0x%08llx ", (unsigned long long)v[i].base,
		     (unsigned long long)(v[i].base + (v[i].len - 1)));
		print_size(p, v[i].len);
		end_line(p);
	}
}

static void print_cpus(struct printer *p, const struct hostdesc *hd)
{
	label(p, "CPUs");
	text(p, "%u, hardware ids", hd->n_cpus);
	for (u32 i = 0; i < hd->n_cpus; i++)
		text(p, " 0x%llx", (unsigned long long)hd->cpu_hw_id[i]);
	if (hd->n_cpus_found > hd->n_cpus)
		text(p, " (%u found, more than %u are not used)", hd->n_cpus_found, HD_MAX_CPUS);
	end_line(p);
}

static void print_dev(struct printer *p, const char *name, const struct hd_dev *dev)
{
	label(p, name);
	text(p, "%.*s, %s", STR_ARG(dev->path), dev->compatible.n ? dev->compatible.p : "?");
	for (u32 i = 0; i < dev->n_win; i++)
		text(p, "%s0x%08llx", i ? ", " : " at ", (unsigned long long)dev->win[i].base);
	if (dev->n_irq)
		text(p, ", interrupt %u", dev->irq[0].line);
	end_line(p);
}

static void print_timers(struct printer *p, const struct hostdesc *hd)
{
	if (!hd->irq_timer_guest_virt && !hd->irq_timer_host)
		return;
	label(p, "timers");
	text(p, "interrupts: host %u, guest virtual %u, guest physical %u", hd->irq_timer_host,
	     hd->irq_timer_guest_virt, hd->irq_timer_guest_phys);
	end_line(p);
}

static void print_rest(struct printer *p, const struct hostdesc *hd)
{
	static const char *const conduit[] = { "none", "SMC", "HVC" };

	label(p, "firmware");
	text(p, "calls by %s", conduit[hd->conduit]);
	end_line(p);
	label(p, "devices");
	text(p, "%u described", hd->n_devs);
	end_line(p);
	if (hd->loader.n) {
		label(p, "loader");
		text(p, "U-Boot %.*s", STR_ARG(hd->loader));
		end_line(p);
	}
	if (hd->bootargs.n) {
		label(p, "arguments");
		text(p, "%.*s", STR_ARG(hd->bootargs));
		end_line(p);
	}
}

void hostdesc_print(const struct hostdesc *hd, void (*put)(void *ctx, const char *line), void *ctx)
{
	struct printer p = { .put = put, .ctx = ctx };

	label(&p, "machine");
	text(&p, "%.*s", STR_ARG(hd->model.n ? hd->model : STR("(no name)")));
	end_line(&p);
	print_cpus(&p, hd);
	print_ranges(&p, "memory", hd->mem, hd->n_mem);
	if (hd->n_mem_found > hd->n_mem) {
		label(&p, "");
		text(&p, "and %u more banks that are not used", hd->n_mem_found - hd->n_mem);
		end_line(&p);
	}
	print_ranges(&p, "reserved", hd->reserved, hd->n_reserved);
	if (hd->intc)
		print_dev(&p, "interrupts", hd->intc);
	print_timers(&p, hd);
	if (hd->console)
		print_dev(&p, "console", hd->console);
	print_rest(&p, hd);
}
