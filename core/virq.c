/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual interrupts. The controller's state machine is a device (port/vintc.h) and decides what
 * is pending; this file carries its choice to the CPU and brings back what the guest completed.
 * The controller's lock is the "virq" lock of core/locks.h.
 *
 * A guest's timer interrupt is the host's interrupt: it stays active on the host while the guest
 * handles it, so it cannot come twice, and the guest's end of interrupt ends both.
 */
#include <core/virq.h>

#include <base/bits.h>
#include <core/irq.h>
#include <core/panic.h>
#include <core/vm.h>
#include <port/vintc.h>

static struct range cpu_interface; /* of the host's controller, for guests */
static struct arch_guest_timer timers[ARCH_GUEST_TIMERS];
static u32 n_timers;

static const struct vintc_ops *intc_ops(const struct vm *vm)
{
	return vm->intc->dev->class->intc;
}

/* ---- what a CPU holds ------------------------------------------------------------------------- */

/* The guest's end of interrupt has ended the host's, or not yet. */
static void note_timer(struct vcpu *v, const struct virq_entry *e)
{
	for (u32 i = 0; i < n_timers; i++) {
		if (timers[i].host_irq == e->hw_irq)
			v->timers_held = e->state ? v->timers_held | 1u << i :
						    v->timers_held & ~(1u << i);
	}
}

static void collect(struct vdev_locked l, struct vcpu *v)
{
	const struct vintc_ops *ops = intc_ops(v->vm);
	struct virq_entry list[ARCH_MAX_VIRQS];
	u32 n = arch_virq_collect(&v->arch, list);

	for (u32 i = 0; i < n; i++) {
		if (list[i].hw_irq)
			note_timer(v, &list[i]);
		ops->done(l.host->dev, v->index, &list[i]);
	}
}

void virq_sync(struct vcpu *v)
{
	struct vdev_locked l = vdev_lock(v->vm->intc);
	const struct vintc_ops *ops = intc_ops(v->vm);
	struct virq_entry list[ARCH_MAX_VIRQS];
	struct virq_ready ready;
	bool more = false;
	u32 n;

	collect(l, v);
	/* Every notification comes under this lock, so none is lost between here and next(). */
	atomic_fetch_and_explicit(&v->posts, ~(u32)POST_VIRQ, memory_order_acquire);
	n = ops->next(l.host->dev, v->index, list, arch_virq_slots(), &more);
	arch_virq_present(&v->arch, list, n, more);
	if (unlikely(ops->ready(l.host->dev, v->index, &ready)))
		arch_virq_ready(&v->arch, &ready);
	vdev_unlock(&l);
}

/*
 * Timers whose host interrupt is active belong to whoever has the CPU: let go of it here. If the
 * timer is still due, it comes again when the vCPU is back; until then its deadline wakes it.
 */
void virq_unload(struct vcpu *v)
{
	struct vdev_locked l = vdev_lock(v->vm->intc);
	const struct vintc_ops *ops = intc_ops(v->vm);

	collect(l, v);
	for (u32 i = 0; i < n_timers; i++) {
		if (!(v->timers_held >> i & 1))
			continue;
		irq_deactivate(timers[i].host_irq);
		ops->line(l.host->dev, v->index, timers[i].guest_line, false);
	}
	v->timers_held = 0;
	vdev_unlock(&l);
}

bool virq_pending(struct vcpu *v)
{
	struct vdev_locked l = vdev_lock(v->vm->intc);
	bool yes = intc_ops(v->vm)->pending(l.host->dev, v->index);

	vdev_unlock(&l);
	return yes;
}

bool virq_seems_pending(struct vcpu *v)
{
	struct vdev_host *h = v->vm->intc;
	bool yes;

	if (!spin_trylock(&h->lock))
		return false;
	yes = intc_ops(v->vm)->pending(h->dev, v->index);
	spin_unlock(&h->lock);
	return yes;
}

/* ---- from lines and IPIs ---------------------------------------------------------------------- */

void virq_line(struct vm *vm, u32 vcpu, u32 irq, bool level)
{
	struct vdev_locked l = vdev_lock(vm->intc);

	intc_ops(vm)->line(l.host->dev, vcpu, irq, level);
	vdev_unlock(&l);
}

static u64 ipi_targets(const struct vcpu *from, const struct exit_ipi *ipi)
{
	const struct vm *vm = from->vm;
	u64 targets = 0;

	for (u32 i = 0; i < vm->n_vcpus; i++) {
		u64 id = vm->vcpus[i].hw_id;
		u64 low = id & 0xff;

		if (ipi->all_others ? i != from->index :
				      (id & ~UINT64_C(0xff)) == ipi->cluster && low >= ipi->first &&
					      low - ipi->first < 16 &&
					      (ipi->targets >> (low - ipi->first) & 1))
			targets |= BIT(i);
	}
	return targets;
}

void virq_ipi(struct vcpu *from, const struct exit_ipi *ipi)
{
	u64 targets = ipi_targets(from, ipi);
	struct vdev_locked l = vdev_lock(from->vm->intc);

	intc_ops(from->vm)->ipi(l.host->dev, from->index, targets, ipi->line, ipi->group);
	vdev_unlock(&l);
}

/* The host's interrupt behind a timer's. */
static void end_timer(struct vcpu *v, u32 irq)
{
	for (u32 i = 0; i < n_timers; i++) {
		if (timers[i].guest_line != irq || !(v->timers_held >> i & 1))
			continue;
		irq_deactivate(timers[i].host_irq);
		v->timers_held &= ~(1u << i);
	}
}

void virq_end(struct vcpu *v, u32 irq)
{
	struct vdev_locked l = vdev_lock(v->vm->intc);

	collect(l, v);
	if (intc_ops(v->vm)->end(l.host->dev, v->index, irq))
		end_timer(v, irq);
	vdev_unlock(&l);
	atomic_fetch_or(&v->posts, POST_VIRQ); /* what was taken back has to be presented again */
}

void vintc_notify(struct vdev *d, u32 vcpu)
{
	vcpu_post(&d->host->vm->vcpus[vcpu], POST_VIRQ);
}

void vintc_collect(struct vdev *d, u32 vcpu)
{
	struct vcpu *v = &d->host->vm->vcpus[vcpu];

	if (this_cpu()->loaded != v)
		return;
	collect((struct vdev_locked){ d->host }, v);
	atomic_fetch_or(&v->posts, POST_VIRQ); /* what was taken back has to be presented again */
}

bool vintc_end_hw(struct vdev *d, u32 vcpu, u32 irq)
{
	struct vcpu *v = &d->host->vm->vcpus[vcpu];

	if (this_cpu()->loaded != v)
		return false;
	end_timer(v, irq);
	return true;
}

u32 vintc_current(struct vdev *d)
{
	(void)d;
	return this_cpu()->loaded->index;
}

enum status vintc_map_cpu_interface(struct vdev *d, u32 index)
{
	const struct vd_dev *desc = d->host->desc;

	if (!cpu_interface.len || index >= desc->n_win)
		return E_UNSUP;
	return stage2_map(&d->host->vm->mem, desc->win[index].base, HPA(cpu_interface.base),
			  PAGE_SIZE, PT_R | PT_W, PT_DEVICE);
}

/* ---- the guests' timers, and the CPU asking for more ------------------------------------------ */

static void timer_fired(void *ctx)
{
	const struct arch_guest_timer *t = (const struct arch_guest_timer *)ctx;
	struct vcpu *v = this_cpu()->loaded;
	struct vdev_locked l;

	if (!v) {
		/* Its vCPU has just left: it comes again when that is back. */
		irq_deactivate(t->host_irq);
		return;
	}
	l = vdev_lock(v->vm->intc);
	/* First what the guest has completed: the line falls with it, and rises anew now. */
	collect(l, v);
	v->timers_held |= 1u << (t - timers);
	intc_ops(v->vm)->line(l.host->dev, v->index, t->guest_line, true);
	vdev_unlock(&l);
	atomic_fetch_or(&v->posts, POST_VIRQ);
}

static void maintenance(void *ctx)
{
	struct vcpu *v = this_cpu()->loaded;

	(void)ctx;
	if (!v)
		return;
	virq_sync(v);
	/* It may have gone to sleep just before: what it holds now does not end a host's sleep. */
	if (v->state == VCPU_WAITING && arch_virq_pending(&v->arch))
		v->state = VCPU_READY;
}

enum status virq_init(const struct hostdesc *hd)
{
	cpu_interface = hd->guest_intc_cpu;
	n_timers = arch_guest_timers(hd, timers);
	for (u32 i = 0; i < n_timers; i++) {
		struct hd_irq irq = { timers[i].host_irq, HD_TRIGGER_LEVEL };

		TRY(irq_request(irq, IRQ_HOLD, timer_fired, &timers[i]));
	}
	if (hd->intc && hd->intc->n_irq)
		TRY(irq_request(hd->intc->irq[0], IRQ_COMPLETE, maintenance, NULL));
	return OK;
}

void virq_bind_timers(struct vm *vm)
{
	struct vdev_locked l = vdev_lock(vm->intc);

	for (u32 i = 0; i < vm->n_vcpus; i++) {
		for (u32 t = 0; t < n_timers; t++)
			intc_ops(vm)->bind_hw(l.host->dev, i, timers[t].guest_line,
					      timers[t].host_irq);
	}
	vdev_unlock(&l);
}
