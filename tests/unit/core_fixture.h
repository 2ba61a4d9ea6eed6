/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine with two CPUs and an interrupt controller that notes what it is told, and a VM of two
 * vCPUs (one on each) whose own controller is just as simple. What was done stands in the notes,
 * a line of words in the order of events; NOTED() compares and begins a new line.
 */
#pragma once

#include "scene.h"

#include <stdlib.h>
#include <string.h>

#include <arch/fake.h>
#include <base/bits.h>
#include <core/console.h>
#include <core/irq.h>
#include <core/panic.h>
#include <core/pmm.h>
#include <core/sched.h>
#include <core/stores.h>
#include <core/vcpu.h>
#include <core/virq.h>
#include <core/vm.h>
#include <port/vintc.h>

#define GUEST_RAM   UINT64_C(0x40000000)
#define GUEST_MEM   MIB(4)
#define PROBE_BASE  UINT64_C(0x09000000)
#define INTC_BASE   UINT64_C(0x08000000)
#define PROBE_LINE  33
#define HOST_TIMER  26
#define GUEST_TIMER 27 /* host interrupt and guest line alike */
#define MAINTENANCE 25

#define NOTED(text) check_noted(__LINE__, text)

/* ---- notes ----------------------------------------------------------------------------------- */

static char notes[8192];
static char said[8192]; /* lines of the log, without their times */

static inline void note(const char *format, ...) printf_like(1, 2);
static inline void note(const char *format, ...)
{
	size_t n = strlen(notes);
	va_list ap;

	va_start(ap, format);
	vsnprintf(notes + n, sizeof(notes) - n, format, ap);
	va_end(ap);
}

static inline void check_noted(int line, const char *text)
{
	if (strcmp(notes, text) != 0) {
		fprintf(stderr, "line %d: noted    \"%s\"\n       expected \"%s\"\n", line, notes,
			text);
		_exit(1);
	}
	notes[0] = '\0';
}

static inline bool was_said(const char *text)
{
	return strstr(said, text) != NULL;
}

/* A BUG() is never expected here. */
void panic_at(const char *file, int line, const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "%s:%d: ", file, line);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	_exit(1);
}

/* ---- the console ----------------------------------------------------------------------------- */

static u32 console_to_do; /* console_busy() for so many polls */

void console_write_line(const char *text)
{
	const char *end = strstr(text, "] ");

	strncat(said, end ? end + 2 : text, sizeof(said) - strlen(said) - 2);
	strcat(said, "\n");
}

void console_panic_write(const char *text)
{
	fputs(text, stderr);
}

enum status console_add_port(struct console_port *p)
{
	(void)p;
	return OK;
}

void console_port_write(struct console_port *p, u8 c)
{
	(void)p;
	note("put %c; ", c);
}

bool console_port_read(struct console_port *p, u8 *c)
{
	(void)p;
	(void)c;
	return false;
}

void console_flush(void)
{
	console_to_do = 0;
}

bool console_busy(void)
{
	return console_to_do != 0;
}

void console_poll(void)
{
	if (console_to_do)
		console_to_do--;
}

/* ---- stores: one file ------------------------------------------------------------------------ */

#define FILE_SIZE KIB(600)

static bool store_taken;      /* stores_trylock() fails */
static enum status file_read; /* what reading answers */
static const u8 *file_bytes;  /* what is in the file; NULL: file_byte() of each place */

static inline u8 file_byte(u64 off)
{
	return (u8)(off / 256 + off);
}

static inline enum status store_read(const struct store_file *f, u64 off, void *buf, size_t n)
{
	u8 *to = buf;

	(void)f;
	note("read %u+%u; ", (u32)off, (u32)n);
	for (size_t i = 0; i < n; i++)
		to[i] = file_bytes ? file_bytes[off + i] : file_byte(off + i);
	return file_read;
}

static const struct store_ops store_ops = { .read = store_read };
static const struct store store = { .ops = &store_ops, .name = "disk" };

struct stores_locked stores_trylock(void)
{
	return (struct stores_locked){ !store_taken };
}

void stores_unlock(struct stores_locked *l)
{
	l->held = false;
}

const struct store *stores_get(enum vd_source source)
{
	(void)source;
	return &store;
}

const char *stores_name(enum vd_source source)
{
	(void)source;
	return "disk";
}

enum status stores_open(const struct vmdesc *desc, enum vd_source source, struct str path,
			struct store_file *out)
{
	(void)desc;
	(void)source;
	(void)path;
	*out = (struct store_file){ .store = &store, .size = FILE_SIZE };
	return OK;
}

/* ---- the machine's interrupt controller ------------------------------------------------------ */

static u32 host_pending[16]; /* taken by ack(), first come first served */
static u32 n_host_pending;

static inline void host_raise(u32 irq)
{
	host_pending[n_host_pending++] = irq;
}

static inline enum status chip_cpu_init(void)
{
	note("cpu_init; ");
	return OK;
}

static inline u32 chip_ack(void)
{
	u32 irq = host_pending[0];

	if (!n_host_pending)
		return IRQ_NONE;
	n_host_pending--;
	memmove(host_pending, host_pending + 1, n_host_pending * sizeof(u32));
	return irq;
}

static inline void chip_drop(u32 irq)
{
	note("drop %u; ", irq);
}

static inline void chip_deactivate(u32 irq)
{
	note("deactivate %u; ", irq);
}

static inline enum status chip_enable(struct hd_irq irq)
{
	note("enable %u; ", irq.line);
	return OK;
}

static inline void chip_disable(u32 irq)
{
	note("disable %u; ", irq);
}

static inline void chip_ipi(u64 cpu_hw_id, u32 n)
{
	note("kick %u; ", (u32)cpu_hw_id);
	(void)n;
}

static inline u32 chip_lines(void)
{
	return 128;
}

static const struct irqchip_ops chip = {
	.name = "fake chip",
	.cpu_init = chip_cpu_init,
	.ack = chip_ack,
	.drop = chip_drop,
	.deactivate = chip_deactivate,
	.enable = chip_enable,
	.disable = chip_disable,
	.ipi = chip_ipi,
	.n_ipis = 8,
	.n_lines = chip_lines,
};

/* ---- the VM's interrupt controller ----------------------------------------------------------- */

/* What next() gives out, per vCPU; tests fill it. */
static struct virq_entry to_present[2][ARCH_MAX_VIRQS];
static u32 n_to_present[2];
static bool more_to_present;
static bool timer_is_ready;

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

static inline bool intc_pending(struct vdev *d, u32 vcpu)
{
	(void)d;
	return n_to_present[vcpu] != 0;
}

static inline bool intc_private_ready(struct vdev *d, u32 vcpu, u32 irq, struct virq_entry *how)
{
	(void)d;
	(void)vcpu;
	*how = (struct virq_entry){ .intid = irq, .state = VIRQ_PENDING, .hw_irq = irq };
	return timer_is_ready;
}

static const struct vintc_ops intc_ops_of_fixture = {
	.line = intc_line,
	.bind_hw = intc_bind_hw,
	.ipi = intc_ipi,
	.next = intc_next,
	.done = intc_done,
	.pending = intc_pending,
	.private_ready = intc_private_ready,
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

static struct hd_dev host_intc = { .path = STR("/intc"),
				   .irq = { { MAINTENANCE, 0 } },
				   .n_irq = 1 };

/* The calling CPU is from now on CPU @i. */
static inline void on_cpu(u32 i)
{
	fake_this_cpu = &cpus[i].arch;
}

static inline void machine_without_platform_file_up(void)
{
	static const struct range ram = { FAKE_RAM_BASE, MIB(64) };

	fake_init(MIB(64));
	fake.hostdesc.irq_timer_host = HOST_TIMER;
	fake.hostdesc.intc = &host_intc;
	fake.hostdesc.slice_us = 1000;
	arch_cpu_adopt(&cpus[0].arch);
	n_cpus = 2;
	cpus[1].index = 1;
	cpus[1].arch.hw_id = 1;
	cpus[1].arch.timer_at = ARCH_NEVER;
	CHECK(pmm_init(&ram, 1, NULL, 0, PMM_CLEAN) == OK);
	CHECK(register_irqchip(&chip, &host_intc) == OK);
	CHECK(sched_init(&fake.hostdesc) == OK);
	CHECK(virq_init(&fake.hostdesc) == OK);
	NOTED("enable 26; enable 27; enable 25; ");
}

static inline void machine_up(void)
{
	machine_without_platform_file_up();
	vm_set_power_off_when_done(true);
}

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
	*mem = (struct vd_mem){ GPA(GUEST_RAM), GUEST_MEM, VD_R | VD_W | VD_X, VD_MEM_ALLOC, at };
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
	vm->entry = GPA(GUEST_RAM);
	vm->fdt = GPA(GUEST_RAM + MIB(2));
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
	fake_script_push_to(&v->arch, x);
	for (u32 i = 0; i < 4; i++)
		fake_script_push_to(&v->arch, (struct vcpu_exit){ .kind = EXIT_IDLE });
	do { /* as sched_run() does */
		this_cpu()->resched = false;
		vcpu_run(v);
	} while (this_cpu()->resched && atomic_load(&v->posts));
	fake_script_clear();
}
