/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A passed-through interrupt lives twice: active on the host from the moment it is taken, and with
 * the guest, whose end of interrupt ends the host's too, because what its CPU holds carries the
 * host's number. So it cannot come again before, and a guest that never ends it hears nothing
 * more. Where that end will not come (masked, cleared, VM ended) the host's is ended here.
 *
 * All of it changes under the lock of the VM's interrupt controller.
 */
#include <core/pass.h>

#include <base/bits.h>
#include <core/irq.h>
#include <core/kmap.h>
#include <core/own.h>
#include <port/vintc.h>

typedef unsigned long long ull;

struct pass_irq {
	struct irq_action action;
	struct vm *vm;
	struct cpu *cpu; /* it comes to */
	u32 guest;
	bool on;
	bool live; /* was on since the VM started: what comes then is the guest's */
};

/* A forwarded window: a device of its own, so that it has a lock and a name. */
struct pass_window {
	struct vdev dev;
	struct vdev_host host;
	u8 *regs;
};

/* ---- forwarding ------------------------------------------------------------------------------- */

static u64 forward(struct vdev *d, u32 off, struct io_access *io)
{
	u8 *regs = container_of(d, struct pass_window, dev)->regs;

	if (arch_mmio_access(regs + off, io))
		return io->value;
	vdev_log(d, "%u-byte %s at offset 0x%x is refused by the host's bus", io->width,
		 io->write ? "write" : "read", off);
	return 0;
}

static u64 forward_read(struct vdev *d, u32 off, u32 width)
{
	struct io_access io = { .width = (u8)width };

	return forward(d, off, &io);
}

static void forward_write(struct vdev *d, u32 off, u32 width, u64 value)
{
	struct io_access io = { .width = (u8)width, .write = true, .value = value };

	/* What the guest wrote to its memory before, the device must see before this. */
	arch_dma_barrier();
	forward(d, off, &io);
}

static const struct vdev_window_ops forward_ops = { forward_read, forward_write };

/* Of a window that the guest may only read, or only write. */
static u64 refuse_read(struct vdev *d, u32 off, u32 width)
{
	vdev_log(d, "%u-byte read at offset 0x%x of what it may only write", width, off);
	return UINT64_MAX;
}

static void refuse_write(struct vdev *d, u32 off, u32 width, u64 value)
{
	(void)value;
	vdev_log(d, "%u-byte write at offset 0x%x of what it may only read", width, off);
}

static const struct vdev_window_ops read_only_ops = { forward_read, refuse_write };
static const struct vdev_window_ops write_only_ops = { refuse_read, forward_write };

/* VD_R, VD_W or both. Nobody executes registers. */
static u32 rights_of(const struct vd_pass_window *w)
{
	return w->prot & (VD_R | VD_W) ? w->prot & (VD_R | VD_W) : VD_R | VD_W;
}

static const struct vdev_window_ops *forward_ops_of(u32 rights)
{
	if (!(rights & VD_W))
		return &read_only_ops;
	return rights & VD_R ? &forward_ops : &write_only_ops;
}

static const struct vdev_class forwarded = {
	.info = { .name = "forwarded" },
	.instance_size = sizeof(struct vdev),
	.input = vdev_no_input,
};

/* ---- windows ---------------------------------------------------------------------------------- */

/* What the messages of one window say first. */
static void refuse(const struct vm *vm, const struct vd_pass *p, struct diag *d, const char *what,
		   const char *whose)
{
	diag_report(d, DIAG_ERROR, p->at, "VM \"%s\": passed-through \"%.*s\": %s%s", vm->name,
		    STR_ARG(p->name), what, whose);
}

static bool overlap(struct range a, const struct vd_pass_window *w)
{
	return range_overlaps(a.base, a.len, w->hpa.v, w->size);
}

/* The VM built before that has a part of @w; NULL. */
static const struct vm *owner_of(struct range r)
{
	for (u32 v = 0; v < n_vms; v++) {
		const struct vmdesc *desc = vms[v]->desc;

		for (u32 i = 0; i < desc->passes.n; i++) {
			const struct vd_pass *p = &desc->passes.v[i];

			for (u32 k = 0; k < p->n_win; k++) {
				if (overlap(r, &p->win[k]))
					return vms[v];
			}
		}
	}
	return NULL;
}

static enum status check_window(struct vm *vm, const struct vd_pass *p,
				const struct vd_pass_window *w, struct diag *d)
{
	struct range r = { w->hpa.v, w->size };
	const struct vm *other = owner_of(r);
	const char *ours = own_use_of(r);

	if (ours)
		refuse(vm, p, d, "the hypervisor itself uses its registers: ", ours);
	else if (other)
		refuse(vm, p, d, "its registers are passed to another VM already: ", other->name);
	else if (kmap_is_memory(r))
		refuse(vm, p, d, "memory is at its host address", "");
	else
		return OK;
	diag_report(d, DIAG_FIX, p->at, "pass another device than 0x%llx..0x%llx", (ull)r.base,
		    (ull)(r.base + r.len));
	return E_BUSY;
}

static enum status build_forward(struct vm *vm, const struct vd_pass *p,
				 const struct vd_pass_window *w)
{
	struct pass_window *pw = arena_new(&vm->arena, struct pass_window);
	struct vd_dev *desc = arena_new(&vm->arena, struct vd_dev);
	struct vbus_window win = { .base = w->gpa.v,
				   .len = w->size,
				   .ops = forward_ops_of(rights_of(w)) };
	void *regs;

	if (!pw || !desc)
		return E_NOMEM;
	desc->name = p->name;
	pw->dev = (struct vdev){ &forwarded, &pw->host };
	pw->host = (struct vdev_host){ .dev = &pw->dev, .vm = vm, .desc = desc };
	TRY(kmap_device((struct range){ w->hpa.v, w->size }, &regs));
	pw->regs = regs;
	win.host = &pw->host;
	return vbus_add(&vm->bus, &win);
}

static u32 pt_prot_of(u32 rights)
{
	return (rights & VD_R ? PT_R : 0u) | (rights & VD_W ? PT_W : 0u);
}

static enum status build_window(struct vm *vm, const struct vd_pass *p,
				const struct vd_pass_window *w, struct diag *d)
{
	enum status st;

	TRY(check_window(vm, p, w, d));
	if (w->how == VD_PASS_MAP)
		st = stage2_map(&vm->mem, w->gpa, w->hpa, w->size, pt_prot_of(rights_of(w)),
				PT_DEVICE);
	else
		st = build_forward(vm, p, w);
	if (st != OK) {
		refuse(vm, p, d, "its registers cannot be put there: ", status_str(st));
		diag_report(d, DIAG_FIX, p->at, "choose another place than 0x%llx..0x%llx",
			    (ull)w->gpa.v, (ull)(w->gpa.v + w->size));
	}
	return st;
}

/* ---- interrupts: from the host ---------------------------------------------------------------- */

static const struct vintc_ops *intc_ops(const struct vm *vm)
{
	return vm->intc->dev->class->intc;
}

/* Acknowledged and dropped, active: the guest's from here on. */
static void fired(void *ctx)
{
	struct pass_irq *p = ctx;
	struct vdev_locked l = vdev_lock(p->vm->intc);

	if (p->live)
		intc_ops(p->vm)->line(l.host->dev, 0, p->guest, true);
	else /* the VM has ended since */
		irq_deactivate(p->action.irq.line);
	vdev_unlock(&l);
}

/* ---- interrupts: from the guest's controller, under its lock ---------------------------------- */

static struct pass_irq *pass_of(const struct vdev *d, u32 hw_irq)
{
	const struct irq_action *a = irq_action_of(hw_irq);
	struct pass_irq *p;

	if (!a || a->fn != fired)
		return NULL;
	p = a->ctx;
	return p->vm == d->host->vm ? p : NULL;
}

void vintc_host_line(struct vdev *d, u32 hw_irq, enum vintc_switch on, u32 vcpu)
{
	struct pass_irq *p = pass_of(d, hw_irq);
	struct cpu *c;

	if (!p)
		return;
	c = vcpu == VINTC_NOBODY ? p->cpu : p->vm->vcpus[vcpu].cpu;
	if (c != p->cpu)
		irq_route(hw_irq, c->arch.hw_id);
	p->cpu = c;
	if ((on == VINTC_ON) == p->on)
		return;
	p->on = on == VINTC_ON;
	p->live |= p->on;
	if (p->on)
		irq_unmask(hw_irq);
	else
		irq_mask(hw_irq);
}

void vintc_host_end(struct vdev *d, u32 hw_irq)
{
	if (pass_of(d, hw_irq))
		irq_deactivate(hw_irq);
}

/* ---- interrupts: making and ending ------------------------------------------------------------ */

static u32 count_irqs(const struct vmdesc *desc)
{
	u32 n = 0;

	for (u32 i = 0; i < desc->passes.n; i++)
		n += desc->passes.v[i].n_irq;
	return n;
}

static enum status build_irq(struct vm *vm, const struct vd_pass *p, const struct vd_pass_irq *irq,
			     struct diag *d)
{
	struct pass_irq *pi = &vm->pass_irqs[vm->n_pass_irqs];
	enum hd_trigger trigger = irq->trigger == VD_TRIGGER_EDGE ? HD_TRIGGER_EDGE :
								    HD_TRIGGER_LEVEL;
	enum status st;

	*pi = (struct pass_irq){ .vm = vm, .cpu = vm->home, .guest = irq->guest };
	pi->action = (struct irq_action){ { irq->host, trigger }, IRQ_HOLD, fired, pi };
	st = irq_claim(&pi->action);
	if (st != OK) {
		diag_report(d, DIAG_ERROR, p->at,
			    "VM \"%s\": passed-through \"%.*s\": interrupt %u of the host %s",
			    vm->name, STR_ARG(p->name), irq->host,
			    st == E_EXISTS ? "has another user" : "cannot be passed");
		return st;
	}
	vm->n_pass_irqs++;
	irq_route(irq->host, pi->cpu->arch.hw_id);
	intc_ops(vm)->bind_hw(vm->intc->dev, 0, irq->guest, irq->host);
	return OK;
}

static enum status build_irqs(struct vm *vm, struct diag *d)
{
	u32 n = count_irqs(vm->desc);

	if (!n)
		return OK;
	vm->pass_irqs = arena_new_n(&vm->arena, struct pass_irq, n);
	if (!vm->pass_irqs)
		return E_NOMEM;
	for (u32 i = 0; i < vm->desc->passes.n; i++) {
		const struct vd_pass *p = &vm->desc->passes.v[i];

		for (u32 k = 0; k < p->n_irq; k++)
			TRY(build_irq(vm, p, &p->irq[k], d));
	}
	return OK;
}

enum status pass_build(struct vm *vm, struct diag *d)
{
	for (u32 i = 0; i < vm->desc->passes.n; i++) {
		const struct vd_pass *p = &vm->desc->passes.v[i];

		for (u32 k = 0; k < p->n_win; k++)
			TRY(build_window(vm, p, &p->win[k], d));
	}
	return build_irqs(vm, d);
}

void pass_stop(struct vm *vm)
{
	struct vdev_locked l = vdev_lock(vm->intc);

	for (u32 i = 0; i < vm->n_pass_irqs; i++) {
		struct pass_irq *p = &vm->pass_irqs[i];

		p->on = p->live = false;
		irq_quiet(&p->action);
	}
	vdev_unlock(&l);
}

void pass_release(struct vm *vm)
{
	for (u32 i = 0; i < vm->n_pass_irqs; i++)
		irq_release(&vm->pass_irqs[i].action);
	vm->n_pass_irqs = 0;
}
