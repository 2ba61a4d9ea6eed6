/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the core demands of an ISA, and the little an ISA may ask back. The ISA sees only its own
 * part: struct arch_vcpu, arch_vm, arch_cpu are embedded in the core's structs, never the other
 * way round. It allocates nothing and prints nothing. Interrupts are masked whenever the
 * hypervisor runs; a host interrupt is an exit (EXIT_IRQ) or ends arch_cpu_idle().
 *
 * <arch/types.h> defines the three structs and these inline primitives:
 *   arch_this_cpu()	the calling CPU's struct arch_cpu *
 *   arch_cpu_relax()	a hint for busy loops
 *   arch_cycles()	a counter that runs at arch_cycles_hz() on all CPUs alike
 *   arch_cycles_hz()	its frequency
 *   arch_timer_arm(t)	host one-shot timer of this CPU fires at counter value t (ARCH_NEVER: off)
 *   ARCH_ELF_MACHINE	e_machine of programs for this ISA
 *   ARCH_ISA		its name, as compilers call it
 *   arch_dma_barrier()	order all memory accesses before against all after, devices included
 *   arch_phys_to_virt(), arch_virt_to_phys()	the direct map
 */
#pragma once

#include <arch/types.h>
#include <base/span.h>
#include <base/status.h>
#include <lib/hostdesc.h>
#include <port/exit.h>
#include <port/virq.h>

#define ARCH_NEVER UINT64_MAX

/* Where formatted text goes, line by line. */
struct arch_sink {
	void (*line)(struct arch_sink *s, const char *text);
};

/* ---- machine -------------------------------------------------------------------------------- */

/* What the boot loader left us; addresses are physical. */
struct arch_boot {
	hpa_t image;	  /* the hypervisor's flat image, page aligned */
	u64 image_len;	  /* with .bss */
	struct span desc; /* the machine's description, mapped for reading until kmap is active */
	hpa_t desc_at;
};

/* Turn what the loader gave into the machine's model. E_FORMAT with *why. */
enum status arch_hostdesc(const struct arch_boot *boot, struct arena *a, struct hostdesc *hd,
			  const char **why);

/*
 * Make the calling CPU ready to run guests: vectors, traps, features. Once per CPU, when the
 * final address space is active. E_UNSUP with *why when the CPU cannot.
 */
enum status arch_cpu_init(struct arch_cpu *c, const struct hostdesc *hd, const char **why);

/*
 * Start the CPU with hardware id @hw_id: it runs core_cpu_boot(@c) in the address space of the
 * caller, on stack number @index of the image (1..HD_MAX_CPUS - 1). E_IO when firmware refuses.
 */
enum status arch_cpu_start(struct arch_cpu *c, u64 hw_id, u32 index);

/* Adopt @c as this CPU's; from now on arch_this_cpu() returns it. Boot CPU only. */
void arch_cpu_adopt(struct arch_cpu *c);

/* Sleep until an interrupt is pending on this CPU (it stays masked). May return early. */
void arch_cpu_idle(void);

/* Switch the machine off; when firmware cannot, halt. */
noreturn_fn void arch_power_off(void);
/* Stop this CPU for ever. */
noreturn_fn void arch_halt(void);
/*
 * Return addresses of the calling CPU's stack, innermost first; the first lies in the caller.
 * Follows frame records only inside the current stack; returns how many, at most @max.
 */
u32 arch_backtrace(u64 *frames, u32 max);

/* ---- memory --------------------------------------------------------------------------------- */

/* A page-table format; core/pt.c is the walker. Level 0 is the last (4 KiB pages). */
struct pt_format {
	u32 n_levels;	/* levels of the walk; the root is level n_levels - 1 */
	u32 root_pages; /* contiguous 4 KiB pages the root consists of, aligned to their size */
	u32 max_leaf;	/* highest level that may hold a leaf: 0 = 4 KiB, 1 = 2 MiB, 2 = 1 GiB */
	u32 input_bits; /* addresses translated are below 2^input_bits */
	bool is_guest;
};

/* Bits. */
enum pt_prot {
	PT_R = 1,
	PT_W = 2,
	PT_X = 4,
};

enum pt_type {
	PT_NORMAL, /* write-back memory */
	PT_DEVICE, /* device registers: no gathering, no reordering, not executable */
};

struct pte_info {
	bool valid;
	bool leaf;
	hpa_t target; /* page or next table */
	u32 prot;
	enum pt_type type;
};

enum pt_whose {
	PT_HOST,
	PT_GUEST, /* after arch_hostdesc(): what the CPUs can translate decides */
};
const struct pt_format *arch_pt_format(enum pt_whose whose);

/* Entries of leaves that differ in their targets alone are as far apart as those, times a constant. */
u64 arch_pte_leaf(const struct pt_format *f, u32 level, hpa_t target, u32 prot, enum pt_type type);
u64 arch_pte_table(const struct pt_format *f, hpa_t table);
struct pte_info arch_pte_decode(const struct pt_format *f, u32 level, u64 pte);

/* Make @root the calling CPU's own address space, and later that of every CPU it starts. */
void arch_kmap_activate(hpa_t root);

/*
 * One access to device registers of the host at @at, mapped by the core, on behalf of a guest. False:
 * the bus refused it, and nothing else happened.
 */
bool arch_mmio_access(void *at, struct io_access *io);

/* Where the parts of our own image lie, for W^X: the linker's symbols. */
struct arch_image_part {
	const char *name;
	void *va;
	u64 len;
	u32 prot; /* 0: a guard, not to be mapped */
};
/* At most @max parts; returns how many. They cover the image without gaps. */
u32 arch_image_parts(struct arch_image_part *parts, u32 max);

/* New table entries are seen by table walks from now on (no TLB holds invalid entries). */
void arch_pt_publish(void);
/* Forget translations of our own [va, va + len), on all CPUs. */
void arch_tlb_flush_host(const void *va, u64 len);
/* Forget translations of a VM, on all CPUs. */
void arch_tlb_flush_guest(const struct arch_vm *vm);
/* Write @len bytes back so that an observer with caches off reads them, and instruction fetches
 * of any CPU see them. */
void arch_cache_clean(const void *p, u64 len);

/* ---- VM and vCPU ---------------------------------------------------------------------------- */

#define ARCH_MAX_VMS 255 /* distinct tags guests' translations can carry, less our own */

/* @tag: 1..ARCH_MAX_VMS, unique among living VMs. @root: its guest table. */
void arch_vm_init(struct arch_vm *vm, u32 tag, hpa_t root);

/* Once, before the first boot of the vCPU. */
void arch_vcpu_init(struct arch_vcpu *v, struct arch_vm *vm, u64 hw_id);

/*
 * Reset state of the architecture, then: next instruction at @entry, @arg in the first argument
 * register. The first vCPU of a VM gets its description's address as @arg, as the ISA's Linux
 * boot protocol demands; started ones the caller's context. The vCPU is not loaded.
 */
void arch_vcpu_boot(struct arch_vcpu *v, gpa_t entry, u64 arg);

/* Put the vCPU's state on the calling CPU / take it off. Interrupts presented stay the core's
 * business: it collects before put and presents after load. */
void arch_vcpu_load(struct arch_vcpu *v);
void arch_vcpu_put(struct arch_vcpu *v);

/* Run the loaded vCPU until it exits for something the ISA cannot finish by itself. */
void arch_vcpu_run(struct arch_vcpu *v, struct vcpu_exit *x);

/*
 * Give the answer of a handled exit to the guest and step over the instruction. Of EXIT_MMIO_LIST:
 * when all of it was done. Of EXIT_MEM_FAULT and EXIT_UNKNOWN: it has no effect; a system register
 * that is read is all ones.
 */
void arch_vcpu_complete(struct arch_vcpu *v, const struct vcpu_exit *x);

/*
 * The access of @x (EXIT_MMIO, EXIT_MEM_FAULT, EXIT_UNKNOWN) failed: the architecture's fault for
 * that. Of a list @x is the access that failed, as EXIT_MMIO.
 */
void arch_vcpu_inject_fault(struct arch_vcpu *v, const struct vcpu_exit *x);

u64 arch_vcpu_pc(const struct arch_vcpu *v);
void arch_vcpu_dump(const struct arch_vcpu *v, struct arch_sink *sink);

/* The loaded vCPU exits at once when a second vCPU waits for the CPU in a spin hint too. */
enum arch_sharing {
	ARCH_ALONE,
	ARCH_SHARED
};
void arch_vcpu_set_sharing(struct arch_vcpu *v, enum arch_sharing sharing);

/* ---- virtual interrupts, guest timers ------------------------------------------------------- */

/* How many entries the loaded vCPU's CPU can hold (at most ARCH_MAX_VIRQS). */
u32 arch_virq_slots(void);
#define ARCH_MAX_VIRQS 16

/*
 * The loaded vCPU holds exactly @list from now on. @more: others wait for a free place, exit
 * when few are left. Entries presented before must have been collected.
 */
void arch_virq_present(struct arch_vcpu *v, const struct virq_entry *list, u32 n, bool more);

/* Take back what the loaded vCPU holds, completed ones (state 0) included. Returns how many. */
u32 arch_virq_collect(struct arch_vcpu *v, struct virq_entry *list);

/* The loaded vCPU holds something pending that will be taken when it runs. */
bool arch_virq_pending(const struct arch_vcpu *v);

/* A timer that the hardware gives to guests: its interrupt here and its line there. */
struct arch_guest_timer {
	u32 host_irq;
	u32 guest_line;
};
#define ARCH_GUEST_TIMERS 2
u32 arch_guest_timers(const struct hostdesc *hd, struct arch_guest_timer *out);

/*
 * For the short lane: what it may present without leaving the ISA. Valid until the next call. All
 * of it may be left to the neutral lane.
 */
void arch_virq_ready(struct arch_vcpu *v, const struct virq_ready *r);

/* Counter value at which a timer of the vCPU (not loaded) will fire; ARCH_NEVER if none. */
u64 arch_guest_timer_deadline(const struct arch_vcpu *v);

/* The short lane on or off, for all vCPUs; on unless told. */
enum arch_lane {
	ARCH_LANE_SHORT,
	ARCH_LANE_NEUTRAL
};
void arch_set_lane(enum arch_lane lane);

/* ---- ISA -> core (up) ----------------------------------------------------------------------- */

/* The first C function, on the boot CPU and its boot stack. */
noreturn_fn void core_boot(const struct arch_boot *boot);
/* The same for every other CPU, in the final address space. */
noreturn_fn void core_cpu_boot(struct arch_cpu *c);
/*
 * Copy out of the memory of the vCPU's VM, for the ISA that has to look at an instruction. E_RANGE:
 * not (all) memory that the guest may read.
 */
enum status core_guest_read(const struct arch_vcpu *v, gpa_t at, void *buf, size_t n);
/*
 * An exception in the hypervisor itself. @dump writes the registers; @frames are return
 * addresses, innermost first.
 */
noreturn_fn void core_host_fault(const char *what, void (*dump)(struct arch_sink *s),
				 const u64 *frames, u32 n_frames);
