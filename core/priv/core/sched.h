/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who has a CPU: the runnable vCPU of the highest priority; those of equal priority take turns.
 */
#pragma once

#include <core/cpu.h>

/* Once, on the boot CPU: length of a turn, and the host timer's interrupt. */
enum status sched_init(const struct hostdesc *hd);
/* Give the calling CPU to its vCPUs, work, and sleep, for ever. */
noreturn_fn void sched_run(void);
/* @v lives on @c from now on. Before it first runs. */
void sched_add(struct cpu *c, struct vcpu *v);
/*
 * The vCPU that is loaded waits. When nobody and nothing else wants the calling CPU @c: sleep until
 * an interrupt is pending, and leave that to be taken. False: not so, others have to be asked.
 */
bool sched_wait(struct cpu *c);
/* @v spins: true when somebody else on its CPU wants to run instead. */
bool sched_give_way(struct vcpu *v);
