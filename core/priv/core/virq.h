/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual interrupts: from lines and IPIs through the VM's interrupt controller to what a CPU
 * holds. The controller's lock is taken here, and by device accesses in vbus.c.
 */
#pragma once

#include <core/vcpu.h>

/* The timers that the machine gives to guests: once, before the first VM. */
enum status virq_init(const struct hostdesc *hd);
/* Tell the VM's controller which host interrupts stand behind its vCPUs' timers. */
void virq_bind_timers(struct vm *vm);

/* Line @irq of the VM's controller; @vcpu for private ones. */
void virq_line(struct vm *vm, u32 vcpu, u32 irq, bool level);
void virq_ipi(struct vcpu *from, const struct exit_ipi *ipi);
/* The loaded vCPU ends interrupt @irq, which its CPU does not hold. */
void virq_end(struct vcpu *v, u32 irq);

/* Bring home what the loaded vCPU holds and give it what it should hold now. */
void virq_sync(struct vcpu *v);
/* Bring home everything before @v leaves the CPU. */
void virq_unload(struct vcpu *v);
/* Something would wake @v from waiting. */
bool virq_pending(struct vcpu *v);
/* The same, for a watcher who must not wait for a lock: false when it cannot tell. */
bool virq_seems_pending(struct vcpu *v);
