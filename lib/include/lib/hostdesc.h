/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine we found: one model, from a flattened device tree (from_fdt.c) or ACPI, completed
 * or overridden by the platform file. Plain data in the caller's arena.
 */
#pragma once

#include <base/arena.h>
#include <base/range.h>
#include <base/span.h>
#include <base/status.h>
#include <base/str.h>
#include <base/types.h>

#define HD_MAX_CPUS    8
#define HD_MAX_MEM     16
#define HD_DEV_WINDOWS 4
#define HD_DEV_IRQS    8

#define HD_MAX_AREAS 32

/* Memory of the machine that has a name: kept for whoever asks for it by that. */
struct hd_area {
	struct str name;
	struct range at;
};

/* How firmware is called. */
enum hd_conduit {
	HD_CONDUIT_NONE,
	HD_CONDUIT_SMC,
	HD_CONDUIT_HVC,
};

enum hd_trigger {
	HD_TRIGGER_LEVEL,
	HD_TRIGGER_EDGE,
};

struct hd_irq {
	u32 line; /* as the host's interrupt controller counts */
	enum hd_trigger trigger;
};

struct hd_dev {
	struct str path;       /* "/pl011@9000000" */
	struct str compatible; /* NUL-separated list, as in a device tree */
	struct range win[HD_DEV_WINDOWS];
	u32 n_win;
	struct hd_irq irq[HD_DEV_IRQS];
	u32 n_irq;
	u32 clock_hz;	/* of the UART, when known */
	u32 reg_offset; /* of the UART's first register in win[0] */
	u32 reg_shift;
	u32 reg_io_width;
	u64 redist_stride; /* interrupt controllers with per-CPU windows; 0: the usual */
	bool taken;	   /* a driver of ours serves it: not for guests */
	u32 n_redist;	   /* how many of win[], from win[1] on, are such windows; 0: one */
};

struct hostdesc {
	struct str model;
	u64 cpu_hw_id[HD_MAX_CPUS]; /* index 0 is whichever the tree lists first */
	u32 n_cpus;
	u32 n_cpus_found; /* may be more than we use */
	struct range mem[HD_MAX_MEM];
	u32 n_mem;
	u32 n_mem_found; /* after joining neighbours; may be more than we use */
	struct range reserved[HD_MAX_MEM];
	u32 n_reserved;
	struct hd_dev *devs;
	u32 n_devs;
	struct hd_area area[HD_MAX_AREAS]; /* nodes of reserved memory, and the platform file's */
	u32 n_areas;
	const struct hd_dev *console; /* of stdout-path; NULL when unknown */
	u32 console_baud;	      /* of stdout-path; 0: not said */
	const struct hd_dev *intc;    /* the root interrupt controller */
	/* The virtual controller that goes with it, by class; NULL: guests can have none here. */
	const char *guest_intc;
	/* Its CPU interface, where that is registers in memory; len 0: it is in the CPUs. */
	struct range guest_intc_cpu;
	struct str bootargs;
	struct str loader; /* the boot loader that had the memory before us, when it tells */
	enum hd_conduit conduit;
	/* Timers of the CPU as the interrupt controller numbers them; 0 when absent. */
	u32 irq_timer_guest_virt;
	u32 irq_timer_guest_phys;
	u32 irq_timer_host;
	u64 timer_hz; /* override; 0: the CPU says */
	struct range fdt;
	/* ---- from the platform file ---- */
	struct range window; /* memory we may use; len 0: all */
	u64 slice_us;	     /* scheduler time slice */
	bool power_off_when_done;
	bool memory_is_clean;	 /* before a boot loader came */
	struct str console_path; /* override of stdout-path */
};

/*
 * Read a flattened device tree. Unknown nodes are kept as devices when they have a compatible,
 * are not disabled, and have a window on the CPUs' bus or an interrupt of the root controller.
 * E_FORMAT: no sound tree; *why says what is wrong with it. E_UNSUP: a sound one that we cannot
 * hold (too many reserved ranges). E_NOMEM: @a is full; it takes about 80 bytes for each node and
 * 300 for each device. Nothing in @hd points into @fdt. hd->fdt.len is set; where the tree lies
 * in physical memory the caller knows, and sets hd->fdt.base.
 */
enum status hostdesc_from_fdt(struct span fdt, struct arena *a, struct hostdesc *hd,
			      const char **why);

struct diag;

/*
 * Complete or override by the platform file's text (configs/platforms/NAME.toml). Unknown keys
 * and bad values are reported to @d. Keys only the build reads ([build], [emulator]) are known
 * and skipped.
 */
enum status hostdesc_apply_platform(struct span text, const char *file, struct arena *a,
				    struct hostdesc *hd, struct diag *d);

/* Take the pages that @r touches out of the memory banks. What is left of a bank and finds no place
 * in the list is not used. */
void hostdesc_cut(struct hostdesc *hd, struct range r);

/* Cut the memory banks to the platform file's window; n_mem 0: nothing is left. */
void hostdesc_apply_window(struct hostdesc *hd);

/* The area of that name; NULL. */
const struct hd_area *hostdesc_area(const struct hostdesc *hd, struct str name);
/* The name nearest to @name, for "did you mean"; NULL: none is near. */
const char *hostdesc_near_area(const struct hostdesc *hd, struct str name);
/* In place of one of that name. False: there are too many. */
bool hostdesc_add_area(struct hostdesc *hd, struct str name, struct range at);

bool hd_dev_is(const struct hd_dev *dev, const char *compatible);

/* For the boot log: "4 CPUs", memory banks, ... line by line. */
void hostdesc_print(const struct hostdesc *hd, void (*put)(void *ctx, const char *line), void *ctx);
