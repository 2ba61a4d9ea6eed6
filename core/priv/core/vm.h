/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM: its memory, bus, vCPUs, and where it is in its life. Only its home CPU moves it from one
 * phase to the next, in slices (vm_work); everybody may ask for an end (vm_end).
 */
#pragma once

#include <base/arena.h>
#include <core/console.h>
#include <core/stage2.h>
#include <core/vbus.h>
#include <core/vcpu.h>
#include <lib/fit.h>
#include <lib/image.h>
#include <lib/store.h>
#include <lib/vmdesc.h>

#define VM_MAX	       64
#define VM_ARENA_PAGES 64 /* 256 KiB: description, vCPUs, devices, console ring */

enum vm_phase {
	VM_OFF,	  /* ended, or never started */
	VM_SCRUB, /* its memory is being zeroed */
	VM_LOAD,  /* its images are being loaded */
	VM_RUNNING,
	VM_ENDING, /* its vCPUs are going off */
};

enum vm_end_reason {
	VM_END_NONE,
	VM_END_POWER_OFF,
	VM_END_RESET,
	VM_END_FAULT, /* stopped by us */
};

struct vm_load {
	u32 image; /* which we are at */
	u32 step;
	u64 off; /* bytes of the step that are done; while scrubbing: of the region */
	u32 region;
	u64 out; /* LOAD_INFLATE: bytes produced */
	struct gunzip *gunzip;
	hpa_t scratch; /* pages for decompression and the generated tree */
	bool blocked;  /* the store was somebody else's the last time */
	u64 line;      /* slices of others, when it last had to wait for the store */
	u64 began;     /* counter value, for the log */
};

struct vm {
	struct arch_vm arch;
	struct vbus bus;
	struct stage2 mem;
	struct vdev_host *intc;
	struct vdev_host *console_dev;
	struct vcpu *vcpus; /* array */
	u32 n_vcpus;
	u64 *hw_ids; /* of the vCPUs, for devices */
	const struct vmdesc *desc;
	u32 tag; /* 1..VM_MAX: owner of pages, tag of translations */
	char name[VD_NAME_MAX + 1];
	struct arena arena;
	struct cpu *home;
	struct vdev_host **devs;
	u32 n_devs;
	struct pass_irq *pass_irqs; /* pass.c */
	u32 n_pass_irqs;
	struct console_port port;
	bool dirty;	      /* its memory has to be zeroed before images are loaded */
	struct image_fit fit; /* vm_plan_images() */
	u64 fdt_len;
	struct vm_load load;
	_Atomic u32 phase;  /* enum vm_phase */
	_Atomic u32 reason; /* enum vm_end_reason: asked for */
	_Atomic u32 n_live; /* vCPUs that are on, or going off */
	u32 n_restarts;
};

/* The calling CPU holds a reference to nothing: VMs are never freed while others may look. */
extern struct vm *vms[VM_MAX];
extern _Atomic u32 n_vms;

/* ---- making one (vm_build.c) ----------------------------------------------------------------- */

/* An empty VM with an arena; NULL when there is no memory or no free tag. */
struct vm *vm_new(void);
/* Turn @desc (in the VM's arena) into a machine. Mistakes go to @d. On failure: vm_free. */
enum status vm_build(struct vm *vm, const struct vmdesc *desc, struct diag *d);
void vm_free(struct vm *vm);
/* Its memory and tables go back to the pool; the rest of it stays for lists. */
void vm_free_memory(struct vm *vm);
/* Print the VM's board into the log. */
void vm_print_board(const struct vm *vm);

/* ---- its images (vm_load.c) ------------------------------------------------------------------ */

/* Open the images and plan where their parts go. Every mistake to @d. */
enum status vm_plan_images(struct vm *vm, const struct vmdesc *desc, struct diag *d);
/* What guests are told of the counter's frequency; 0: the CPU tells them. From the platform. */
extern u64 vm_timer_hz;

/* Of a description that is refused anyway: at least say which of its images are missing. */
void vm_find_images(const struct vmdesc *desc, struct diag *d);
/* Begin to load; the VM's work goes on in vm_load_slice(). */
enum status vm_load_begin(struct vm *vm);
/* A bounded piece of it. E_BUSY: not done yet. OK: all is in place. */
enum status vm_load_slice(struct vm *vm);
void vm_load_end(struct vm *vm);
/* Zero a bounded piece of the VM's memory. E_BUSY: not done yet; OK: all is zero. */
enum status vm_scrub_slice(struct vm *vm);

/* ---- its life (vm.c) ------------------------------------------------------------------------- */

/* Start it: load, then run. */
void vm_start(struct vm *vm);
/* Ask for its end: from its own exits, or from us. The first reason counts; false: it was not. */
bool vm_end(struct vm *vm, enum vm_end_reason why);
/* A vCPU has gone off (by itself or by POST_STOP). On its CPU. */
void vm_vcpu_off(struct vcpu *v);
/* The answer to EXIT_CPU_ON / EXIT_CPU_STATE. */
enum cpu_answer vm_cpu_on(struct vm *vm, const struct exit_cpu *req);
enum cpu_answer vm_cpu_state(struct vm *vm, const struct exit_cpu *req);
/* A slice of work for the VMs at home on this CPU; false when there is none that could be done. */
bool vm_work(struct cpu *c);
/* Some VM at home here has work to do. */
bool vm_has_work(const struct cpu *c);
const char *vm_phase_name(const struct vm *vm);
/* What happens when the last VM has ended. */
void vm_set_power_off_when_done(bool yes);
/* After all VMs of the boot have been started: from now on "the last one" has a meaning. */
void vm_boot_done(void);
