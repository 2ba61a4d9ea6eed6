/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of all locks of the core. Who holds a lock may take those that stand below it, never
 * one that stands above or beside it. A lock that is not in this list does not exist; a new one
 * is written here first. Interrupts are masked in the hypervisor, so no lock is taken by an
 * interrupt handler of its own holder.
 *
 *   vm life cycle     vm.c       start, stop, restart of one VM
 *   console input     console.c  bytes of the UART's receiver, in order; keys after Ctrl+X
 *   device            vbus.c     one virtual device's state; two are never held together
 *   virq              virq.c     what is pending for one VM
 *   sched             sched.c    one CPU's run queue
 *   console           console.c  the ring of the hypervisor's own lines, and the focus
 *   pmm               pmm.c      owners of host pages
 *
 * Logging is allowed under all of them but the last two: it takes "console", and nothing else.
 *
 * Outside of the order, because nobody ever waits for it: the console's transmitter is only tried
 * (spin_trylock); who finds it taken leaves its bytes in a ring for the one that has it. "console
 * input" calls nobody while it is held: what the keys ask for is done after it was given back.
 */
#pragma once
