/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual interrupts and guest timers of the fake ISA. A presented list is held as it is; only
 * the test, in the guest's place, changes the states in it.
 */
#include <arch/fake.h>

#include <stdio.h>
#include <stdlib.h>

static_assert(FAKE_MAX_VIRQS == ARCH_MAX_VIRQS && FAKE_GUEST_TIMERS == ARCH_GUEST_TIMERS,
	      "arch/types.h repeats what port/arch.h says");

static noreturn_fn void virq_bug(const char *what, u32 n)
{
	fprintf(stderr, "fake machine: %s (%u)\n", what, n);
	abort();
}

u32 fake_guest_ack(struct arch_vcpu *v)
{
	struct virq_entry *best = NULL;

	for (u32 i = 0; i < v->n_virqs; i++) {
		struct virq_entry *e = &v->virq[i];

		if ((e->state & VIRQ_PENDING) && (!best || e->prio < best->prio))
			best = e;
	}
	if (!best)
		return UINT32_MAX;
	best->state = VIRQ_ACTIVE;
	return best->intid;
}

void fake_guest_eoi(struct arch_vcpu *v, u32 intid)
{
	for (u32 i = 0; i < v->n_virqs; i++) {
		struct virq_entry *e = &v->virq[i];

		if (e->intid == intid && (e->state & VIRQ_ACTIVE)) {
			e->state &= (u8)~VIRQ_ACTIVE;
			return;
		}
	}
	virq_bug("the guest completes an interrupt that is not active", intid);
}

/* ---- port/arch.h ------------------------------------------------------------------------------ */

u32 arch_virq_slots(void)
{
	return fake.n_slots;
}

void arch_virq_present(struct arch_vcpu *v, const struct virq_entry *list, u32 n, bool more)
{
	if (!v->on)
		virq_bug("interrupts for a vCPU that is not loaded", n);
	if (v->n_virqs)
		virq_bug("interrupts presented before were not collected", v->n_virqs);
	if (n > fake.n_slots)
		virq_bug("more interrupts than slots", n);
	for (u32 i = 0; i < n; i++) {
		if (!list[i].state)
			virq_bug("neither pending nor active", list[i].intid);
		for (u32 j = 0; j < i; j++) {
			if (list[j].intid == list[i].intid)
				virq_bug("the same interrupt twice", list[i].intid);
		}
		v->virq[i] = list[i];
	}
	v->n_virqs = n;
	v->more = more;
	v->n_presents++;
}

u32 arch_virq_collect(struct arch_vcpu *v, struct virq_entry *list)
{
	u32 n = v->n_virqs;

	if (!v->on)
		virq_bug("collection from a vCPU that is not loaded", n);
	for (u32 i = 0; i < n; i++)
		list[i] = v->virq[i];
	v->n_virqs = 0;
	v->more = false;
	v->n_collects++;
	return n;
}

bool arch_virq_pending(const struct arch_vcpu *v)
{
	if (v->irqs_masked)
		return false;
	for (u32 i = 0; i < v->n_virqs; i++) {
		if (v->virq[i].state & VIRQ_PENDING)
			return true;
	}
	return false;
}

u32 arch_guest_timers(const struct hostdesc *hd, struct arch_guest_timer *out)
{
	(void)hd;
	for (u32 i = 0; i < fake.n_timers; i++)
		out[i] = fake.timers[i];
	return fake.n_timers;
}

void arch_virq_ready(struct arch_vcpu *v, const struct virq_ready *r)
{
	if (r->n_hw > VIRQ_READY_HW)
		virq_bug("more interrupts ready than there is room for", r->n_hw);
	v->ready = *r;
}

u64 arch_guest_timer_deadline(const struct arch_vcpu *v)
{
	return v->timer_deadline;
}

void arch_set_lane(enum arch_lane lane)
{
	fake.lane = lane;
}
