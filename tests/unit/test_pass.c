/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/pass.c: windows mapped and forwarded, what may not be passed, and a passed-through
 * interrupt from the host's chip to the guest's controller and back to nothing.
 */
#include "core_fixture.h"

#include <core/kmap.h>
#include <core/own.h>
#include <core/pass.h>

#define HOST_REGS UINT64_C(0x0a000000)
#define GUEST_AT  UINT64_C(0x0b000000)
#define HOST_LINE 70
#define LINE	  45

static char told[1024]; /* diagnostics */

static void tell(struct diag *d, enum diag_level level, const struct src_pos *at, const char *text)
{
	size_t n = strlen(told);

	(void)d;
	(void)level;
	(void)at;
	snprintf(told + n, sizeof(told) - n, "%s\n", text);
}

static struct diag d = { .emit = tell };
static struct vm *vm;
static struct vcpu *v0;
static struct vmdesc *vd;
static struct vd_pass *pass;

/* With an address space of our own, which devices are mapped into. */
static void up(void)
{
	static const struct range ram = { FAKE_RAM_BASE, MIB(64) };
	static struct arch_boot boot;

	machine_up();
	fake_image(HPA(FAKE_RAM_BASE + MIB(64)), &boot);
	CHECK(kmap_init(&boot, &ram, 1) == OK);
}

static void describe_pass(u64 gpa, u64 hpa, u64 size, enum vd_pass_how how)
{
	vm = vm_new();
	CHECK(vm);
	vd = describe(vm, 0, 1);
	pass = vmdesc_add_pass(vd, &vm->arena, (struct src_pos){ .file = "a.toml", .line = 9 });
	pass->name = STR("uart");
	pass->win[0] = (struct vd_pass_window){ GPA(gpa), HPA(hpa), size, 0, how };
	pass->n_win = 1;
}

static void add_irq(enum vd_trigger trigger)
{
	pass->irq[0] = (struct vd_pass_irq){ HOST_LINE, LINE, trigger };
	pass->n_irq = 1;
}

static void build(void)
{
	CHECK(vm_build(vm, vd, &d) == OK);
	CHECK(d.n_errors == 0);
	v0 = &vm->vcpus[0];
	vm->fit.entry = GPA(GUEST_RAM);
	vm->fit.fdt = GPA(GUEST_RAM + MIB(2));
}

static void refused(enum status want, const char *why)
{
	enum status st = vm_build(vm, vd, &d);

	if (st != want || !strstr(told, why)) {
		fprintf(stderr, "status %d, \"%s\" is not in: %s\n", st, why, told);
		_exit(1);
	}
	vm_free(vm);
	CHECK(!irq_action_of(HOST_LINE));
}

/* ---- windows ---------------------------------------------------------------------------------- */

static void mapped(void)
{
	struct pte_info info;
	u64 run;

	up();
	describe_pass(GUEST_AT, HOST_REGS, 0x2000, VD_PASS_MAP);
	build();
	CHECK(pt_lookup(&vm->mem.pt, GUEST_AT + 0x1000, &info, &run) == OK);
	CHECK(info.target.v == HOST_REGS + 0x1000 && info.type == PT_DEVICE);
	CHECK(info.prot == (PT_R | PT_W));
	CHECK(pt_lookup(&vm->mem.pt, GUEST_AT + 0x2000, &info, &run) != OK);
}

static void mapped_read_only(void)
{
	struct pte_info info;
	u64 run;

	up();
	describe_pass(GUEST_AT, HOST_REGS, 0x2000, VD_PASS_MAP);
	pass->win[0].prot = VD_R;
	build();
	CHECK(pt_lookup(&vm->mem.pt, GUEST_AT, &info, &run) == OK && info.prot == PT_R);
}

/* That no DMA is done says nothing of rights. */
static void mapped_without_dma(void)
{
	struct pte_info info;
	u64 run;

	up();
	describe_pass(GUEST_AT, HOST_REGS, 0x2000, VD_PASS_MAP);
	pass->win[0].prot = VD_NO_DMA;
	build();
	CHECK(pt_lookup(&vm->mem.pt, GUEST_AT, &info, &run) == OK && info.prot == (PT_R | PT_W));
}

static struct io_access access_of(u64 addr, u8 width, bool write, u64 value)
{
	return (struct io_access){ .addr = addr, .width = width, .write = write, .value = value };
}

static u64 guest_reads(u64 addr, u8 width)
{
	struct io_access io = access_of(addr, width, false, 0);

	CHECK(vbus_access(v0, &io) == OK);
	return io.value;
}

static void guest_writes(u64 addr, u8 width, u64 value)
{
	struct io_access io = access_of(addr, width, true, value);

	CHECK(vbus_access(v0, &io) == OK);
}

static void forwarded(void)
{
	static const u8 widths[] = { 1, 2, 4, 8 };
	struct io_access io;
	u8 *regs;

	up();
	describe_pass(GUEST_AT + 0x200, HOST_REGS + 0x200, 0x200, VD_PASS_FORWARD);
	build();
	regs = fake_phys + HOST_REGS + 0x200;
	for (u32 i = 0; i < 16; i++)
		regs[i] = (u8)(0x11 * i);
	CHECK(guest_reads(GUEST_AT + 0x203, 1) == 0x33);
	CHECK(guest_reads(GUEST_AT + 0x206, 2) == 0x7766);
	CHECK(guest_reads(GUEST_AT + 0x204, 4) == 0x77665544);
	CHECK(guest_reads(GUEST_AT + 0x208, 8) == 0xffeeddccbbaa9988);
	for (u32 i = 0; i < 4; i++) {
		memset(regs - 8, 0xee, 0x200 + 16);
		guest_writes(GUEST_AT + 0x3f8, widths[i], 0x0807060504030201);
		for (u32 k = 0; k < 8; k++)
			CHECK(regs[0x1f8 + k] == (k < widths[i] ? k + 1 : 0xee));
		/* The neighbours in the same page are as they were. */
		CHECK(regs[-1] == 0xee && regs[0x200] == 0xee);
	}
	fake.bus_refuses = true;
	guest_writes(GUEST_AT + 0x204, 4, 1);
	CHECK(guest_reads(GUEST_AT + 0x206, 2) == 0);
	CHECK(was_said("uart: 4-byte write at offset 0x4 is refused by the host's bus"));
	io = access_of(GUEST_AT + 0x1ff, 1, true, 0);
	CHECK(vbus_access(v0, &io) == E_NOTFOUND);
	io = access_of(GUEST_AT + 0x400, 4, true, 0);
	CHECK(vbus_access(v0, &io) == E_NOTFOUND);
	io = access_of(GUEST_AT + 0x3fe, 4, true, 0);
	CHECK(vbus_access(v0, &io) == E_INVAL);
	io = access_of(GUEST_AT + 0x202, 4, false, 0);
	CHECK(vbus_access(v0, &io) == E_INVAL);
}

/* ---- what cannot be passed -------------------------------------------------------------------- */

static void forwarded_one_way(void)
{
	up();
	describe_pass(GUEST_AT + 0x200, HOST_REGS + 0x200, 0x200, VD_PASS_FORWARD);
	pass->win[0].prot = VD_R;
	pass->n_win = 2;
	pass->win[1] = pass->win[0];
	pass->win[1].prot = VD_W;
	pass->win[1].gpa = GPA(GUEST_AT + 0x400);
	pass->win[1].hpa = HPA(HOST_REGS + 0x400);
	build();
	memset(fake_phys + HOST_REGS + 0x200, 0x5a, 0x400);
	guest_writes(GUEST_AT + 0x200, 1, 0);
	CHECK(guest_reads(GUEST_AT + 0x200, 1) == 0x5a);
	CHECK(guest_reads(GUEST_AT + 0x400, 2) == 0xffff);
	guest_writes(GUEST_AT + 0x400, 1, 7);
	CHECK(fake_phys[HOST_REGS + 0x400] == 7);
}

static void ours(void)
{
	static const struct hd_dev uart = { .win = { { HOST_REGS, 0x1000 } }, .n_win = 1 };

	up();
	own_device(&uart, OWN_CONSOLE);
	describe_pass(GUEST_AT, HOST_REGS + 0xfff, 1, VD_PASS_FORWARD);
	refused(E_BUSY, "the hypervisor itself uses its registers: console");
}

static void somebody_elses(void)
{
	up();
	describe_pass(GUEST_AT, HOST_REGS, 0x1000, VD_PASS_MAP);
	build();
	describe_pass(GUEST_AT, HOST_REGS + 0x800, 0x1000, VD_PASS_FORWARD);
	refused(E_BUSY, "passed to another VM already: guest");
}

static void memory(void)
{
	up();
	describe_pass(GUEST_AT, FAKE_RAM_BASE + MIB(2), 0x1000, VD_PASS_MAP);
	refused(E_BUSY, "memory is at its host address");
}

static void over_the_guests_memory(void)
{
	up();
	describe_pass(GUEST_RAM + MIB(1), HOST_REGS, 0x1000, VD_PASS_MAP);
	refused(E_EXISTS, "its registers cannot be put there");
}

static void over_a_virtual_device(void)
{
	up();
	describe_pass(PROBE_BASE, HOST_REGS, 0x200, VD_PASS_FORWARD);
	refused(E_EXISTS, "its registers cannot be put there");
}

static void somebody_elses_interrupt(void)
{
	up();
	describe_pass(GUEST_AT, HOST_REGS, 0x1000, VD_PASS_MAP);
	add_irq(VD_TRIGGER_LEVEL);
	build();
	describe_pass(GUEST_AT, HOST_REGS + 0x1000, 0x1000, VD_PASS_MAP);
	add_irq(VD_TRIGGER_LEVEL);
	CHECK(vm_build(vm, vd, &d) == E_EXISTS &&
	      strstr(told, "interrupt 70 of the host has another user"));
	vm_free(vm);
	CHECK(irq_action_of(HOST_LINE)); /* the first one's */
}

static void interrupt_that_is_none(void)
{
	up();
	describe_pass(GUEST_AT, HOST_REGS, 0x1000, VD_PASS_MAP);
	add_irq(VD_TRIGGER_LEVEL);
	pass->irq[0].host = 20;
	refused(E_RANGE, "interrupt 20 of the host cannot be passed");
}

/* What was taken is given back when the rest cannot be had. */
static void half_built(void)
{
	up();
	describe_pass(GUEST_AT, HOST_REGS, 0x1000, VD_PASS_MAP);
	add_irq(VD_TRIGGER_EDGE);
	pass->irq[1] = (struct vd_pass_irq){ GUEST_TIMER, LINE + 1, VD_TRIGGER_LEVEL };
	pass->n_irq = 2;
	refused(E_EXISTS, "interrupt 27 of the host has another user");
}

/* ---- interrupts ------------------------------------------------------------------------------- */

static struct vdev *intc_dev(void)
{
	return device_of(vm, &fake_intc)->dev;
}

static void host_line(enum vintc_switch on, u32 vcpu)
{
	struct vdev_locked l = vdev_lock(vm->intc);

	vintc_host_line(intc_dev(), HOST_LINE, on, vcpu);
	vdev_unlock(&l);
}

static void begin(enum vd_trigger trigger)
{
	up();
	describe_pass(GUEST_AT, HOST_REGS, 0x1000, VD_PASS_MAP);
	add_irq(trigger);
	build();
	NOTED(trigger == VD_TRIGGER_EDGE ?
		      "reset gicv3; reset probe; bind 0.27-27; bind 1.27-27; claim 70 edge; "
		      "route 70 to 0; bind 0.45-70; " :
		      "reset gicv3; reset probe; bind 0.27-27; bind 1.27-27; claim 70 level; "
		      "route 70 to 0; bind 0.45-70; ");
}

static void run_vm(void)
{
	vm_start(vm);
	while (atomic_load(&vm->phase) != VM_RUNNING)
		CHECK(vm_work(vm->home));
	one_exit(v0, (struct vcpu_exit){ .kind = EXIT_NONE });
	notes[0] = '\0';
}

static void follows_the_guest(void)
{
	begin(VD_TRIGGER_LEVEL);
	run_vm();
	host_line(VINTC_OFF, 0);
	NOTED("");
	host_line(VINTC_ON, 0);
	NOTED("unmask 70; ");
	host_line(VINTC_ON, 1);
	NOTED("route 70 to 1; ");
	host_line(VINTC_ON, VINTC_NOBODY);
	NOTED("");
	host_line(VINTC_OFF, 1);
	NOTED("disable 70; ");
}

static void fires_and_is_ended(void)
{
	begin(VD_TRIGGER_EDGE);
	run_vm();
	host_line(VINTC_ON, 0);
	notes[0] = '\0';
	CHECK(irq_dispatch(HOST_LINE));
	NOTED("drop 70; line 0.45=1; "); /* and stays active */
	to_present[0][0] =
		(struct virq_entry){ .intid = LINE, .state = VIRQ_PENDING, .hw_irq = HOST_LINE };
	n_to_present[0] = 1;
	virq_sync(v0);
	CHECK(fake_guest_ack(&v0->arch) == LINE);
	n_to_present[0] = 0;
	/* With the vCPU it leaves the CPU, but not the host's chip. */
	notes[0] = '\0';
	vcpu_unload(v0);
	NOTED("done 0.45/2; ");
	vdev_lock(vm->intc);
	vintc_host_end(intc_dev(), HOST_LINE);
	NOTED("deactivate 70; ");
	vintc_host_end(intc_dev(), HOST_TIMER); /* not the guest's */
	vintc_host_line(intc_dev(), HOST_TIMER, VINTC_OFF, 0);
	vintc_host_line(intc_dev(), 5000, VINTC_OFF, 0);
	NOTED("");
}

/* Taken by a CPU, but not handled, before the VM has ended. */
static void comes_after_the_end(void)
{
	begin(VD_TRIGGER_LEVEL);
	CHECK(irq_dispatch(HOST_LINE));
	NOTED("drop 70; deactivate 70; "); /* was never on */
	run_vm();
	host_line(VINTC_ON, 1);
	notes[0] = '\0';
	pass_stop(vm);
	NOTED("claim 70 level; ");
	CHECK(irq_dispatch(HOST_LINE));
	NOTED("drop 70; deactivate 70; ");
	host_line(VINTC_ON, 1);
	NOTED("unmask 70; ");
}

static void ends_with_its_vm(enum exit_kind how)
{
	begin(VD_TRIGGER_LEVEL);
	run_vm();
	host_line(VINTC_ON, 0);
	CHECK(irq_dispatch(HOST_LINE));
	notes[0] = '\0';
	one_exit(v0, (struct vcpu_exit){ .kind = how });
	on_cpu(0);
	for (u32 i = 0; i < 4 && !strstr(notes, "claim 70 level; "); i++)
		vm_work(&cpus[0]);
	CHECK(strstr(notes, "claim 70 level; "));
	CHECK(irq_action_of(HOST_LINE)); /* nobody else gets it */
}

static void powered_off(void)
{
	ends_with_its_vm(EXIT_POWER_OFF);
}

static void restarted(void)
{
	ends_with_its_vm(EXIT_RESET);
	run_vm();
	host_line(VINTC_ON, 0);
	NOTED("unmask 70; ");
}

static void board_is_printed(void)
{
	begin(VD_TRIGGER_EDGE);
	vm_print_board(vm);
	CHECK(was_said("passed  0x00b000000..0x00b001000  uart, host 0xa000000, mapped"));
	CHECK(was_said("passed  interrupt 45  uart, host 70, edge"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(mapped),
		SCENE(mapped_read_only),
		SCENE(mapped_without_dma),
		SCENE(forwarded),
		SCENE(forwarded_one_way),
		SCENE(ours),
		SCENE(somebody_elses),
		SCENE(memory),
		SCENE(over_the_guests_memory),
		SCENE(over_a_virtual_device),
		SCENE(somebody_elses_interrupt),
		SCENE(interrupt_that_is_none),
		SCENE(half_built),
		SCENE(follows_the_guest),
		SCENE(fires_and_is_ended),
		SCENE(comes_after_the_end),
		SCENE(powered_off),
		SCENE(restarted),
		SCENE(board_is_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
