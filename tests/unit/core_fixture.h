/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On the machine of machine_fixture.h, a VM of two vCPUs whose interrupt controller is just as
 * simple as the machine's: it gives out what the test has prepared, and notes what it is told.
 */
#pragma once

#include "machine_fixture.h"

#include <core/sched.h>
#include <core/vcpu.h>
#include <port/vintc.h>

#define GUEST_RAM  UINT64_C(0x40000000)
#define GUEST_MEM  MIB(4)
#define PROBE_BASE UINT64_C(0x09000000)
#define INTC_BASE  UINT64_C(0x08000000)
#define PROBE_LINE 33
/* ---- the VM's interrupt controller ----------------------------------------------------------- */

/* What next() gives out, per vCPU; tests fill it. */
static struct virq_entry to_present[2][ARCH_MAX_VIRQS];
static u32 n_to_present[2];
static bool more_to_present;
static bool ready_changed;
static bool was_active;

static inline void intc_line(struct vdev *d, u32 vcpu, u32 irq, bool level)
{
	(void)d;
	note("line %u.%u=%u; ", vcpu, irq, level);
}

static inline void intc_bind_hw(struct vdev *d, u32 vcpu, u32 irq, u32 hw_irq)
{
	(void)d;
	note("bind %u.%u-%u; ", vcpu, irq, hw_irq);
}

static inline void intc_ipi(struct vdev *d, u32 from, u64 targets, u32 line, u8 group)
{
	(void)d;
	note("ipi %u->%x line %u group %u; ", from, (u32)targets, line, group);
}

static inline u32 intc_next(struct vdev *d, u32 vcpu, struct virq_entry *list, u32 max, bool *more)
{
	(void)d;
	CHECK(n_to_present[vcpu] <= max);
	note("next %u; ", vcpu);
	memcpy(list, to_present[vcpu], n_to_present[vcpu] * sizeof(*list));
	*more = more_to_present;
	return n_to_present[vcpu];
}

static inline void intc_done(struct vdev *d, u32 vcpu, const struct virq_entry *e)
{
	(void)d;
	note("done %u.%u/%u; ", vcpu, e->intid, e->state);
}

static inline bool intc_end(struct vdev *d, u32 vcpu, u32 irq)
{
	(void)d;
	note("end %u.%u; ", vcpu, irq);
	return was_active;
}

static inline bool intc_pending(struct vdev *d, u32 vcpu)
{
	(void)d;
	return n_to_present[vcpu] != 0;
}

static inline bool intc_ready(struct vdev *d, u32 vcpu, struct virq_ready *r)
{
	(void)d;
	(void)vcpu;
	if (!ready_changed)
		return false;
	*r = (struct virq_ready){ .ipis = 6 };
	return true;
}

static const struct vintc_ops intc_ops_of_fixture = {
	.line = intc_line,
	.bind_hw = intc_bind_hw,
	.ipi = intc_ipi,
	.next = intc_next,
	.done = intc_done,
	.end = intc_end,
	.pending = intc_pending,
	.ready = intc_ready,
};

/* ---- devices: that controller, and one to read and write ------------------------------------- */

static u64 probe_answer;
static void (*on_write)(u32 off, u64 value); /* besides the note */

static inline u64 window_read(struct vdev *d, u32 off, u32 width)
{
	note("%s read 0x%x/%u; ", d->class->info.name, off, width);
	return probe_answer;
}

static inline void window_write(struct vdev *d, u32 off, u32 width, u64 value)
{
	note("%s write 0x%x/%u 0x%llx; ", d->class->info.name, off, width,
	     (unsigned long long)value);
	if (on_write)
		on_write(off, value);
}

static const struct vdev_window_ops window_ops = { window_read, window_write };

static inline enum status device_init(struct vdev *d, const struct vdev_setup *setup)
{
	CHECK(setup->n_vcpus == 2 && setup->vcpu_hw_id[1] == 1);
	return vdev_map_mmio(d, 0, &window_ops);
}

static inline void device_reset(struct vdev *d)
{
	note("reset %s; ", d->class->info.name);
}

static const struct vdev_class fake_intc = {
	.info = { .name = "gicv3", .n_win = 1, .is_intc = true },
	.instance_size = sizeof(struct vdev),
	.init = device_init,
	.reset = device_reset,
	.input = vdev_no_input,
	.intc = &intc_ops_of_fixture,
};

static const struct vdev_class probe = {
	.info = { .name = "probe", .n_win = 1, .n_irq = 1 },
	.instance_size = sizeof(struct vdev),
	.init = device_init,
	.reset = device_reset,
	.input = vdev_no_input,
};

const struct vdev_class *const vdev_classes[] = { &fake_intc, &probe, NULL };

/* ---- putting it together --------------------------------------------------------------------- */

static inline struct vdev_host *device_of(const struct vm *vm, const struct vdev_class *class)
{
	for (u32 i = 0; i < vm->n_devs; i++) {
		if (vm->devs[i]->dev->class == class)
			return vm->devs[i];
	}
	return NULL;
}

static inline struct vmdesc *describe(struct vm *vm, u32 cpu_of_vcpu0, u32 cpu_of_vcpu1)
{
	struct vmdesc *vd = vmdesc_new(&vm->arena, "a.toml");
	struct src_pos at = { .file = "a.toml", .line = 1 };
	const u32 cpu[2] = { cpu_of_vcpu0, cpu_of_vcpu1 };
	struct vd_mem *mem;
	struct vd_dev *dev;

	vd->id = 1;
	vd->name = STR("guest");
	for (u32 i = 0; i < 2; i++) {
		struct vd_vcpu *v = vmdesc_add_vcpu(vd, &vm->arena, at);

		v->hw_id = i;
		v->cpu_mask = BIT(cpu[i]);
	}
	mem = vmdesc_add_mem(vd, &vm->arena, at);
	*mem = (struct vd_mem){ GPA(GUEST_RAM), GUEST_MEM, VD_R | VD_W | VD_X,
				VD_MEM_ALLOC,	at,	   HPA(0) };
	dev = vmdesc_add_dev(vd, &vm->arena, at);
	dev->class = STR("gicv3");
	dev->name = STR("intc");
	dev->win[0] = (struct vd_window){ GPA(INTC_BASE), 0x10000 };
	dev->n_win = 1;
	dev = vmdesc_add_dev(vd, &vm->arena, at);
	dev->class = STR("probe");
	dev->name = STR("probe0");
	dev->win[0] = (struct vd_window){ GPA(PROBE_BASE), 0x1000 };
	dev->n_win = 1;
	dev->irq[0] = (struct vd_irq){ PROBE_LINE, VD_TRIGGER_LEVEL };
	dev->n_irq = 1;
	return vd;
}

/* A VM, built and off: its vCPUs live on the CPUs given. */
static inline struct vm *make_vm(u32 cpu_of_vcpu0, u32 cpu_of_vcpu1)
{
	struct diag d = { 0 };
	struct vm *vm = vm_new();
	struct vmdesc *vd;

	CHECK(vm);
	vd = describe(vm, cpu_of_vcpu0, cpu_of_vcpu1);
	CHECK(vm_build(vm, vd, &d) == OK);
	NOTED("reset gicv3; reset probe; bind 0.27-27; bind 1.27-27; ");
	vm->fit.entry = GPA(GUEST_RAM);
	vm->fit.fdt = GPA(GUEST_RAM + MIB(2));
	return vm;
}

/* As if it had been loaded: running, with vCPU 0 about to start. */
static inline struct vm *make_running_vm(u32 cpu_of_vcpu0, u32 cpu_of_vcpu1)
{
	struct vm *vm = make_vm(cpu_of_vcpu0, cpu_of_vcpu1);

	vm_start(vm);
	while (atomic_load(&vm->phase) != VM_RUNNING)
		CHECK(vm_work(vm->home));
	notes[0] = '\0';
	return vm;
}

/* Let @v meet @x; then it waits for interrupts until the scheduler takes it away. */
static inline void one_exit(struct vcpu *v, struct vcpu_exit x)
{
	/* As if one more lived there: nobody waits in place, so waiting is a state to be seen. */
	v->cpu->n_vcpus = MAX(v->cpu->n_vcpus, 2u);
	fake_script_push_to(&v->arch, x);
	for (u32 i = 0; i < 4; i++)
		fake_script_push_to(&v->arch, (struct vcpu_exit){ .kind = EXIT_IDLE });
	do { /* as sched_run() does */
		this_cpu()->resched = false;
		vcpu_run(v);
	} while (this_cpu()->resched && atomic_load(&v->posts));
	fake_script_clear();
}
