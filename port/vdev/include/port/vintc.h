/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual interrupt controller is a device that also answers these calls. Its state machine is
 * neutral software; what a CPU is asked to hold travels as struct virq_entry to
 * arch_virq_present() and comes back by arch_virq_collect(). core/virq.c is the only caller.
 *
 * While an interrupt is presented (given out by next() and not yet reported by done() as gone)
 * the CPU's copy of its state is the true one; done() brings it home. All calls come with the
 * controller's lock held.
 */
#pragma once

#include <port/vdev.h>
#include <port/virq.h>

struct vintc_ops {
	/*
	 * The level of a line changed. @irq counts as in struct vd_irq. For lines private to a
	 * vCPU, @vcpu says whose; it is ignored for shared ones.
	 */
	void (*line)(struct vdev *d, u32 vcpu, u32 irq, bool level);
	/*
	 * A host interrupt stands behind line @irq (of @vcpu, when it is private: its timer): from now
	 * on entries of it carry @hw_irq. Its level says that the host's is active for the guest, and
	 * falls when done() reports it gone. Of shared lines the host's is told vintc_host_line() and
	 * vintc_host_end().
	 */
	void (*bind_hw)(struct vdev *d, u32 vcpu, u32 irq, u32 hw_irq);
	/* @from sends interrupt @line to the vCPUs in @targets (bit per vCPU index). */
	void (*ipi)(struct vdev *d, u32 from, u64 targets, u32 line, u8 group);
	/*
	 * Choose what @vcpu's CPU should hold: at most @max entries, most urgent first. All of
	 * them count as presented. Returns how many; *more is set when others had to stay behind.
	 */
	u32 (*next)(struct vdev *d, u32 vcpu, struct virq_entry *list, u32 max, bool *more);
	/* What the CPU reports: e->state as it is now (0: gone). Not only of presented ones: the
	 * ISA's short lane may have presented the guest's timer by itself. */
	void (*done)(struct vdev *d, u32 vcpu, const struct virq_entry *e);
	/*
	 * @vcpu ends interrupt @irq that its CPU does not hold: it had to stay behind while active,
	 * or another vCPU took it. False: it was not active. Of one with a host interrupt behind it
	 * the level falls, and the caller ends the host's.
	 */
	bool (*end)(struct vdev *d, u32 vcpu, u32 irq);
	/* Something enabled is pending that would wake @vcpu from waiting for interrupts. */
	bool (*pending)(struct vdev *d, u32 vcpu);
	/*
	 * For the ISA's short lane: what could be presented to @vcpu right now. False: the same as at
	 * the last call, *r is not written. A change is notified to the vCPU.
	 */
	bool (*ready)(struct vdev *d, u32 vcpu, struct virq_ready *r);
};

/* ---- controller -> core ------------------------------------------------------------------- */

/* What @vcpu should be presented may have changed: it is looked at before it runs again. */
void vintc_notify(struct vdev *d, u32 vcpu);

/*
 * Bring home what @vcpu's CPU holds (done() is called for each), for a read of pending or active
 * state. Only what can be had without waiting: the calling vCPU itself and vCPUs not running.
 */
void vintc_collect(struct vdev *d, u32 vcpu);

/*
 * The guest has switched or routed a shared line with host interrupt @hw_irq behind it. That is on
 * only while the guest's is, and comes to the CPU of @vcpu; VINTC_NOBODY: where it came so far.
 */
enum vintc_switch {
	VINTC_OFF,
	VINTC_ON
};
#define VINTC_NOBODY UINT32_MAX
void vintc_host_line(struct vdev *d, u32 hw_irq, enum vintc_switch on, u32 vcpu);

/* The guest will not end host interrupt @hw_irq (of a shared line) by itself: end it. */
void vintc_host_end(struct vdev *d, u32 hw_irq);

/*
 * @vcpu has ended or cleared private interrupt @irq by a register of the controller: end the host
 * interrupt behind it, if there is one. False: @vcpu is not the calling CPU's, which alone can.
 */
bool vintc_end_hw(struct vdev *d, u32 vcpu, u32 irq);

/* The vCPU whose access is being handled: for registers that each vCPU has its own of. */
u32 vintc_current(struct vdev *d);

/*
 * The first page of window @index is the CPU interface that the host's interrupt controller has
 * for guests: reached without a trap. Call in init(). E_UNSUP: the host has none.
 */
enum status vintc_map_cpu_interface(struct vdev *d, u32 index);
