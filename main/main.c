/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot story. Each stage needs those above it; one that fails says why and stops the boot,
 * except where the machine is usable without it.
 */
#include <base/str.h>
#include <core/console.h>
#include <core/cpu.h>
#include <core/driver.h>
#include <core/guests.h>
#include <core/irq.h>
#include <core/kmap.h>
#include <core/log.h>
#include <core/panic.h>
#include <core/pmm.h>
#include <core/sched.h>
#include <core/stores.h>
#include <core/virq.h>
#include <core/vm.h>
#include <core/watchdog.h>
#include <lib/hostdesc.h>
#include <version.h>

#include "crash.h"
#include "stall.h"
#include "texts.h"

/* The machine's model lives here for ever; a board with 130 devices takes 80 KiB. Zeroed by use. */
static not_cleared alignas(16) u8 boot_memory[KIB(192)];
static struct arena boot_arena;
static struct hostdesc machine;
static struct arch_boot boot;
static const char *why = "";
static struct str crash_kind, stall_kind;
static enum status platform_status; /* told when there is a console to tell it */

static void log_line(void *ctx, const char *line)
{
	(void)ctx;
	log_info("%s", line);
}

/* ---- options of the boot loader ("bootargs") -------------------------------------------------- */

static void take_option(struct str o)
{
	enum log_level level;
	char name[16] = "";

	if (str_starts(o, "log=")) {
		memcpy(name, o.p + 4, MIN(o.n - 4, sizeof(name) - 1));
		if (log_level_from_name(name, &level))
			log_set_level(level);
		else
			log_warn("boot option log=%s: write error, warn, info or debug", name);
	} else if (str_eq_c(o, "lane=neutral")) {
		arch_set_lane(ARCH_LANE_NEUTRAL);
	} else if (str_starts(o, "crash=")) {
		crash_kind = (struct str){ o.p + 6, o.n - 6 };
	} else if (str_starts(o, "stall=")) {
		stall_kind = (struct str){ o.p + 6, o.n - 6 };
	} else if (o.n) {
		log_warn("boot option \"%.*s\" is unknown: log=LEVEL, lane=neutral, crash=KIND "
			 "and stall=KIND are known",
			 STR_ARG(o));
	}
}

static void take_options(struct str args)
{
	while (args.n) {
		const char *space = memchr(args.p, ' ', args.n);
		size_t n = space ? (size_t)(space - args.p) : args.n;

		take_option((struct str){ args.p, n });
		n += space ? 1 : 0;
		args = (struct str){ args.p + n, args.n - n };
	}
}

/* ---- stages ----------------------------------------------------------------------------------- */

static enum status machine_up(void)
{
	arena_init(&boot_arena, boot_memory, sizeof(boot_memory));
	return arch_hostdesc(&boot, &boot_arena, &machine, &why);
}

static enum status memory_up(void)
{
	struct range taken[HD_MAX_MEM + 2];
	u32 n = 0;

	hostdesc_apply_window(&machine);
	if (!machine.n_mem) {
		why = "no memory, or none in the window of platform.toml";
		return E_NOMEM;
	}
	TRY(kmap_init(&boot, machine.mem, machine.n_mem));
	taken[n++] = (struct range){ boot.image.v, boot.image_len };
	taken[n++] = machine.fdt;
	for (u32 i = 0; i < machine.n_reserved; i++)
		taken[n++] = machine.reserved[i];
	/* Zero once, but not any more after a boot loader has lived there. */
	return pmm_init(machine.mem, machine.n_mem, taken, n,
			machine.memory_is_clean && !machine.loader.n ? PMM_CLEAN : PMM_DIRTY);
}

static void platform_emit(struct diag *d, enum diag_level level, const struct src_pos *at,
			  const char *text)
{
	(void)d;
	(void)at;
	log_text(level == DIAG_WARNING ? LOG_WARN : LOG_ERROR, text);
}

/* The platform file travels in the archive; a machine without one is what discovery finds. */
static enum status platform_up(void)
{
	struct diag d = { .emit = platform_emit };
	const struct store *st;
	struct store_file f;

	TRY(stores_init());
	st = stores_get(VD_SRC_MEMORY);
	if (st->ops->open(st, "platform.toml", &f) != OK)
		return OK;
	platform_status = hostdesc_apply_platform(cpio_file_bytes(&f), "platform.toml", &boot_arena,
						  &machine, &d);
	vm_set_power_off_when_done(machine.power_off_when_done);
	vm_timer_hz = machine.timer_hz;
	panic_set_power_off(machine.power_off_when_done ? PANIC_POWER_OFF : PANIC_HALT);
	return OK;
}

static enum status console_up(void)
{
	take_options(machine.bootargs);
	drivers_probe(&machine, DRIVER_CONSOLE);
	watchdog_start();
	log_info("Trivet %s", TRIVET_VERSION);
	if (log_shows(LOG_INFO))
		hostdesc_print(&machine, log_line, NULL);
	log_info("image      0x%08llx-0x%08llx", (unsigned long long)boot.image.v,
		 (unsigned long long)(boot.image.v + boot.image_len - 1));
	if (platform_status != OK)
		why = "mistakes in platform.toml";
	return platform_status;
}

static enum status interrupts_up(void)
{
	drivers_probe(&machine, DRIVER_IRQCHIP);
	if (!irq_present()) {
		why = "no interrupt controller that we have a driver for";
		return E_NOTFOUND;
	}
	TRY(arch_cpu_init(&cpus[0].arch, &machine, &why));
	watchdog_start();
	TRY(irq_cpu_init());
	TRY(sched_init(&machine));
	TRY(virq_init(&machine));
	if (driver_console_listen() != OK)
		log_warn("the console has no interrupt: there is no input");
	return OK;
}

static enum status cpus_up(void)
{
	cpus_start(&machine);
	log_info("%u of %u CPUs run", n_cpus, machine.n_cpus);
	return OK;
}

static enum status devices_up(void)
{
	drivers_probe(&machine, DRIVER_DEVICE);
	stores_check_disk();
	return OK;
}

static enum status guests_up(void)
{
	struct pmm_stats s = pmm_stats();

	if (crash_kind.n && !crash(crash_kind))
		log_warn("boot option crash=%.*s is unknown", STR_ARG(crash_kind));
	if (stall_kind.n && !stall_before_guests(stall_kind))
		log_warn("boot option stall=%.*s is unknown", STR_ARG(stall_kind));
	log_info("memory: %llu MiB, %llu MiB free for guests", (unsigned long long)(s.total >> 8),
		 (unsigned long long)(s.free >> 8));
	guests_start(&machine);
	/* `make bench` reads this line. */
	log_debug("memory: %llu KiB of the pool ours, %llu KiB more for %u VMs",
		  (unsigned long long)s.hypervisor * 4,
		  (unsigned long long)(pmm_stats().hypervisor - s.hypervisor) * 4, n_vms);
	stall_after_guests(stall_kind);
	return OK;
}

static const struct stage {
	const char *name;
	enum status (*up)(void);
} stages[] = {
	{ "machine", machine_up }, { "platform", platform_up },	    { "memory", memory_up },
	{ "console", console_up }, { "interrupts", interrupts_up }, { "cpus", cpus_up },
	{ "devices", devices_up }, { "guests", guests_up },
};

void core_boot(const struct arch_boot *from_loader)
{
	boot = *from_loader;
	texts_init();
	cpus[0].online = true;
	arch_cpu_adopt(&cpus[0].arch);
	panic_set_version("Trivet " TRIVET_VERSION);
	for (u32 i = 0; i < array_size(stages); i++) {
		enum status st;

		watchdog_stage(stages[i].name);
		st = stages[i].up();

		if (st != OK)
			panic("boot stage \"%s\": %s%s%s", stages[i].name, status_str(st),
			      *why ? ": " : "", why);
		log_debug("boot stage \"%s\" done", stages[i].name);
	}
	watchdog_stage(NULL);
	sched_run();
}
