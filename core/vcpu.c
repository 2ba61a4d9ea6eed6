/* SPDX-License-Identifier: Apache-2.0 */
/*
 * THE loop: run the guest, look at the exit, act, again. Handlers decide (enum next), they do not
 * schedule; nothing here blocks.
 */
#include <core/vcpu.h>

#include <base/fmt.h>
#include <core/gmem.h>
#include <core/irq.h>
#include <core/log.h>
#include <core/sched.h>
#include <core/virq.h>
#include <core/vm.h>

#define MAX_COMPLAINTS 8

void vcpu_complain(struct vcpu *v, const char *format, ...)
{
	char text[160];
	va_list ap;

	if (v->n_complaints >= MAX_COMPLAINTS)
		return;
	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	log_warn("VM %u \"%s\" vCPU %u at 0x%llx: %s%s", v->vm->desc->id, v->vm->name, v->index,
		 (unsigned long long)arch_vcpu_pc(&v->arch), text,
		 ++v->n_complaints == MAX_COMPLAINTS ? " (no more of these)" : "");
}

/* ---- exits ------------------------------------------------------------------------------------ */

static void name_nearest(const struct vcpu *v, u64 addr, char *buf, size_t size)
{
	const struct vbus_window *w = vbus_nearest(&v->vm->bus, addr);

	if (!w)
		fmt_snprintf(buf, size, "the VM has no devices");
	else
		fmt_snprintf(buf, size, "nearest device: %.*s at 0x%llx",
			     STR_ARG(w->host->desc->name), (unsigned long long)w->base);
}

static enum next handle_end(struct vcpu *v, enum vm_end_reason why)
{
	vm_end(v->vm, why);
	/* The post that ends this vCPU is there, or about to come from who was faster. */
	v->state = VCPU_WAITING;
	return NEXT_RESCHED;
}

static void sink_line(struct arch_sink *sink, const char *text)
{
	(void)sink;
	log_error("%s", text);
}

static enum next handle_stop(struct vcpu *v, const char *why)
{
	struct arch_sink sink = { .line = sink_line };

	log_error("VM %u \"%s\" vCPU %u at 0x%llx: %s: the VM is stopped", v->vm->desc->id,
		  v->vm->name, v->index, (unsigned long long)arch_vcpu_pc(&v->arch), why);
	arch_vcpu_dump(&v->arch, &sink);
	return handle_end(v, VM_END_FAULT);
}

static enum vd_action action_of(const struct vcpu *v, enum vd_unsupported what)
{
	return v->vm->desc->policy.unsupported[what];
}

/* What was found at the address of @x is no device, or not for such an access. */
static enum next refuse_access(struct vcpu *v, const struct vcpu_exit *x, enum status st)
{
	char what[160], near[80];

	name_nearest(v, x->io.addr, near, sizeof(near));
	fmt_snprintf(what, sizeof(what), "%u-byte %s at 0x%llx: %s (%s)", x->io.width,
		     x->io.write ? "write" : "read", (unsigned long long)x->io.addr,
		     st == E_NOTFOUND ? "nothing is there" : "misaligned device access", near);
	if (st == E_NOTFOUND && action_of(v, VD_UNSUP_REFERENCE) == VD_ABORT)
		return handle_stop(v, what);
	vcpu_complain(v, "%s", what);
	arch_vcpu_inject_fault(&v->arch, x);
	return NEXT_RUN;
}

/* The bus has not done it: then nobody does, if the description wants that. */
static bool is_ignored(struct vcpu *v, struct io_access *io, enum status st)
{
	if (st != E_NOTFOUND || action_of(v, VD_UNSUP_REFERENCE) != VD_IGNORE)
		return false;
	io->value = UINT64_MAX >> (64 - 8 * io->width);
	return true;
}

static enum next handle_mmio(struct vcpu *v, struct vcpu_exit *x)
{
	enum status st = vbus_access(v, &x->io);

	if (unlikely(st != OK) && !is_ignored(v, &x->io, st))
		return refuse_access(v, x, st);
	arch_vcpu_complete(&v->arch, x);
	return NEXT_RUN;
}

/* What was done before one fails stays done, as with a device on a bus. */
static enum next handle_mmio_list(struct vcpu *v, struct vcpu_exit *x)
{
	for (u32 i = 0; i < x->list.n; i++) {
		struct vcpu_exit one = { .kind = EXIT_MMIO, .io = x->list.io[i] };
		enum status st = vbus_access(v, &one.io);

		if (st != OK && !is_ignored(v, &one.io, st))
			return refuse_access(v, &one, st);
		x->list.io[i].value = one.io.value;
	}
	arch_vcpu_complete(&v->arch, x);
	return NEXT_RUN;
}

static enum next handle_mem_fault(struct vcpu *v, struct vcpu_exit *x)
{
	static const char *const access[] = { "read", "write", "fetch" };
	enum vd_unsupported class = x->fault.cause == FAULT_UNDECODED ? VD_UNSUP_INSTRUCTION :
									VD_UNSUP_REFERENCE;
	enum vd_action action = x->fault.cause == FAULT_FORBIDDEN ? VD_FAIL : action_of(v, class);
	char what[160], near[80];

	if (action == VD_IGNORE && x->fault.cause == FAULT_UNDECODED) {
		arch_vcpu_complete(&v->arch, x);
		return NEXT_RUN;
	}
	name_nearest(v, x->fault.gpa.v, near, sizeof(near));
	fmt_snprintf(what, sizeof(what), "%s at 0x%llx: %s (%s)", access[x->fault.access],
		     (unsigned long long)x->fault.gpa.v, x->fault.what, near);
	if (action == VD_ABORT)
		return handle_stop(v, what);
	vcpu_complain(v, "%s", what);
	arch_vcpu_inject_fault(&v->arch, x);
	return NEXT_RUN;
}

/* The guest may be looking for it: its fault is not told. */
static enum next handle_unknown(struct vcpu *v, struct vcpu_exit *x)
{
	char what[80];

	switch (action_of(v, x->unknown.is_register ? VD_UNSUP_REGISTER : VD_UNSUP_INSTRUCTION)) {
	case VD_IGNORE:
		arch_vcpu_complete(&v->arch, x);
		return NEXT_RUN;
	case VD_ABORT:
		fmt_snprintf(what, sizeof(what), "%s that the board does not have (0x%llx)",
			     x->unknown.is_register ? "a system register" : "an instruction",
			     (unsigned long long)x->unknown.code);
		return handle_stop(v, what);
	case VD_FAIL:
	default:
		arch_vcpu_inject_fault(&v->arch, x);
		return NEXT_RUN;
	}
}

static enum next handle_irq(struct vcpu_exit *x)
{
	irq_dispatch(x->irq);
	return this_cpu()->resched ? NEXT_RESCHED : NEXT_RUN;
}

/*
 * A vCPU with nobody beside it waits where it is. Whatever ends the CPU's sleep is taken as soon
 * as the guest is entered, by the short lane if it can; and if that was not the guest's, then its
 * wait has ended early, which every architecture allows.
 */
static enum next handle_idle(struct vcpu *v)
{
	if (atomic_load_explicit(&v->posts, memory_order_acquire) || arch_virq_pending(&v->arch))
		return NEXT_RUN;
	if (sched_wait(v->cpu))
		return NEXT_RUN;
	v->state = VCPU_WAITING;
	return NEXT_RESCHED;
}

static enum next handle_cpu_off(struct vcpu *v)
{
	vm_vcpu_off(v);
	return NEXT_RESCHED;
}

enum status core_guest_read(const struct arch_vcpu *v, gpa_t at, void *buf, size_t n)
{
	const struct vcpu *of = (const struct vcpu *)(const void *)v;

	return gmem_read(&of->vm->mem, at, buf, n);
}

static enum next vcpu_handle(struct vcpu *v, struct vcpu_exit *x)
{
	v->n_exits[x->kind]++;
	v->last_exit = x->kind;
	if (likely(x->kind == EXIT_MMIO))
		return handle_mmio(v, x);
	switch (x->kind) {
	case EXIT_IRQ:
		return handle_irq(x);
	case EXIT_MMIO_LIST:
		return handle_mmio_list(v, x);
	case EXIT_IDLE:
		return handle_idle(v);
	case EXIT_IPI:
		virq_ipi(v, &x->ipi);
		return NEXT_RUN;
	case EXIT_IRQ_DONE:
		virq_end(v, x->irq);
		return NEXT_RUN;
	case EXIT_MEM_FAULT:
		return handle_mem_fault(v, x);
	case EXIT_YIELD:
		return sched_give_way(v) ? NEXT_RESCHED : NEXT_RUN;
	case EXIT_CPU_ON:
		x->cpu.result = vm_cpu_on(v->vm, &x->cpu);
		arch_vcpu_complete(&v->arch, x);
		return NEXT_RUN;
	case EXIT_CPU_STATE:
		x->cpu.result = vm_cpu_state(v->vm, &x->cpu);
		arch_vcpu_complete(&v->arch, x);
		return NEXT_RUN;
	case EXIT_CPU_OFF:
		return handle_cpu_off(v);
	case EXIT_POWER_OFF:
		return handle_end(v, VM_END_POWER_OFF);
	case EXIT_RESET:
		return handle_end(v, VM_END_RESET);
	case EXIT_UNKNOWN:
		return handle_unknown(v, x);
	case EXIT_STOP:
		return handle_stop(v, x->why);
	case EXIT_MMIO: /* above */
	case EXIT_NONE:
	default:
		return NEXT_RUN;
	}
}

/* ---- coming and going ------------------------------------------------------------------------- */

void vcpu_unload(struct vcpu *v)
{
	struct cpu *c = v->cpu;

	if (c->loaded != v)
		return;
	virq_unload(v);
	arch_vcpu_put(&v->arch);
	v->wake_at = arch_guest_timer_deadline(&v->arch);
	c->loaded = NULL;
}

static void vcpu_load(struct vcpu *v)
{
	struct cpu *c = v->cpu;

	if (c->loaded == v)
		return;
	if (c->loaded)
		vcpu_unload(c->loaded);
	arch_vcpu_load(&v->arch);
	c->loaded = v;
	v->wake_at = ARCH_NEVER; /* the hardware watches its timer now */
	virq_sync(v);
}

static void start(struct vcpu *v)
{
	vcpu_unload(v);
	arch_vcpu_boot(&v->arch, v->start_entry, v->start_arg);
	v->state = VCPU_READY;
	atomic_store(&v->power, VCPU_POWER_ON);
}

/* Read the posts of others. False: the vCPU is not to run now. */
static bool handle_posts(struct vcpu *v)
{
	u32 posts = atomic_load_explicit(&v->posts, memory_order_acquire);

	/* Stopped between CPU_ON's claim and its start: that one counts first (vm.c), so wait for it. */
	if ((posts & (POST_STOP | POST_START)) == POST_STOP &&
	    atomic_load(&v->power) == VCPU_POWER_PENDING)
		return false;
	if (posts & POST_STOP) {
		atomic_fetch_and(&v->posts, ~(u32)(POST_STOP | POST_START | POST_VIRQ));
		vm_vcpu_off(v);
		return false;
	}
	if (posts & POST_START) {
		atomic_fetch_and(&v->posts, ~(u32)POST_START);
		start(v);
		vcpu_load(v);
	}
	if (v->state == VCPU_OFF) {
		atomic_fetch_and(&v->posts, ~(u32)POST_VIRQ);
		return false;
	}
	if (posts & POST_VIRQ)
		virq_sync(v);
	return true;
}

void vcpu_post(struct vcpu *v, u32 posts)
{
	u32 before = atomic_fetch_or_explicit(&v->posts, posts, memory_order_release);

	/* Who left the first post has kicked; its CPU itself looks before it enters the guest. */
	if ((before & posts) == posts)
		return;
	if (v->cpu != this_cpu())
		cpu_kick(v->cpu);
	else if (v->cpu->loaded != v || v->state == VCPU_WAITING)
		v->cpu->resched = true;
}

bool vcpu_runnable(struct vcpu *v, u64 now)
{
	if (atomic_load_explicit(&v->posts, memory_order_acquire))
		return true;
	return v->state == VCPU_READY || (v->state == VCPU_WAITING && now >= v->wake_at);
}

void vcpu_run(struct vcpu *v)
{
	struct vcpu_exit x;

	if (v->state != VCPU_OFF) {
		vcpu_load(v);
		v->state = VCPU_READY; /* whatever woke it: waiting may end at any time */
	} else if (!handle_posts(v)) {
		/* Even without a post: the VM's home CPU wipes them when the VM has ended. */
		return;
	}
	do {
		if (unlikely(atomic_load_explicit(&v->posts, memory_order_acquire)) &&
		    !handle_posts(v))
			return;
		arch_vcpu_run(&v->arch, &x);
		/* The exit may have given another vCPU of this CPU something to do. */
	} while (vcpu_handle(v, &x) == NEXT_RUN && !v->cpu->resched);
}
