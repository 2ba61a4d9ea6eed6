/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of all locks of the core. Who holds a lock may take those that stand below it, never
 * one that stands above or beside it. A lock that is not in this list does not exist; a new one
 * is written here first. Interrupts are masked in the hypervisor, so no lock is taken by an
 * interrupt handler of its own holder.
 *
 *   console input     console.c  bytes of the UART's receiver, in order; keys after Ctrl+X
 *   device            vbus.c     one virtual device's state; two are never held together
 *   virq              virq.c     what is pending for one VM
 *   console           console.c  the ring of the hypervisor's own lines, and the focus
 *   kmap              kmap.c     our own page tables
 *   pmm               pmm.c      owners of host pages
 *
 * Logging is allowed under all of them but the last three: it takes "console", and nothing else.
 *
 * A VM's phases and a vCPU's state need no lock: each belongs to one CPU, and others leave posts
 * (vcpu.h). A CPU's list of vCPUs only grows, at its end, while the boot CPU builds VMs.
 *
 * Outside of the order, because nobody ever waits for them: the stores (stores.c), and the
 * console's transmitter. Both are only tried (spin_trylock). Who finds the transmitter taken
 * leaves its bytes in a ring for the one that has it. "console input" calls nobody while it is
 * held: what the keys ask for is done after it was given back.
 */
#pragma once
