/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host as a machine, from the test's side: what it is made of, what it was told, and what it
 * shall do next. fake_init() puts everything back to the beginning. The ISA's own rules (a vCPU
 * runs only when loaded, an entry of one level is no entry of another) are checked, and breaking
 * one aborts the test program with a sentence.
 */
#pragma once

#include <port/arch.h>

/* RAM begins here; below is room for device registers, readable and writable as memory. */
#define FAKE_RAM_BASE GIB(1)
#define FAKE_CPUS     4
#define FAKE_RECORDS  64

enum fake_end {
	FAKE_RUNNING,
	FAKE_POWER_OFF,
	FAKE_HALT,
};

struct fake_cpu_start {
	struct arch_cpu *cpu;
	u64 hw_id;
	u32 index;
};

struct fake_machine {
	u64 ram_len;
	struct arch_cpu boot_cpu;
	struct hostdesc hostdesc; /* what arch_hostdesc() finds; tests may change it */

	/* Formats that arch_pt_format(PT_HOST) and arch_pt_format(PT_GUEST) answer; tests may change them. */
	struct pt_format host_format;
	struct pt_format guest_format;

	struct fake_cpu_start start[FAKE_RECORDS];
	u32 n_starts;
	enum status start_result; /* of the next arch_cpu_start() calls */
	enum status init_result;  /* of arch_cpu_init() */

	hpa_t kmap_root;
	u32 n_activations;
	u32 n_publishes;
	u32 n_host_flushes, n_guest_flushes;
	u32 n_cache_cleans;
	struct range host_flushed; /* the last one */
	u32 guest_flushed;	   /* the tag of the last one */

	u32 n_slots; /* arch_virq_slots() */
	struct arch_guest_timer timers[ARCH_GUEST_TIMERS];
	u32 n_timers;
	enum arch_lane lane;

	/* Called by arch_cpu_idle() after the clock went on to the timer's deadline; may be NULL. */
	void (*on_idle)(void);
	/* Called by arch_cpu_relax(), from whichever thread; may be NULL. */
	void (*on_relax)(void);

	bool bus_refuses; /* arch_mmio_access() fails */

	/* What the image consists of, for arch_image_parts(). */
	struct arch_image_part parts[8];
	u32 n_parts;

	bool tolerate; /* page table entries of another level or format read as invalid ... */
	u32 n_mixups;  /* ... and are counted, instead of ending the program */
};
extern struct fake_machine fake;

/* A machine with @ram_len bytes of RAM, zero, and the calling thread as its boot CPU. */
void fake_init(u64 ram_len);
/* Give the memory back. */
void fake_fini(void);
/* Fill RAM with something that is not zero. */
void fake_soil(hpa_t at, u64 len);

/* The image's parts are this program's own: code, a guard page, data. Its physical home is at
 * @at; *boot is what the boot code would say. */
void fake_image(hpa_t at, struct arch_boot *boot);

/*
 * The next exit of arch_vcpu_run(): of any vCPU, or of @v only. Exits of one vCPU come in the
 * order they were pushed. With nothing left it is EXIT_STOP, "the script ends".
 */
void fake_script_push(struct vcpu_exit x);
void fake_script_push_to(const struct arch_vcpu *v, struct vcpu_exit x);
u32 fake_script_left(void);
void fake_script_clear(void);

/* The guest takes its most urgent pending interrupt: UINT32_MAX when there is none. */
u32 fake_guest_ack(struct arch_vcpu *v);
/* The guest completes an active one. */
void fake_guest_eoi(struct arch_vcpu *v, u32 intid);

/* Run @fn until it ends the machine (arch_power_off() and the like); FAKE_RUNNING: it returned. */
enum fake_end fake_run_to_end(void (*fn)(void *ctx), void *ctx);
