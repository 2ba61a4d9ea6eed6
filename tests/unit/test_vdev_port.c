/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/vdev.c: what a virtual device may ask of the core, and what it is refused.
 */
#include "core_fixture.h"

static struct vm *vm;
static struct vdev *dev;

static void setup(void)
{
	machine_up();
	vm = make_vm(0, 1);
	dev = device_of(vm, &probe)->dev;
}

static void windows(void)
{
	struct vdev_host *h;

	setup();
	h = dev->host;
	vm->bus = (struct vbus){ 0 };
	CHECK(vdev_map_mmio(dev, 1, &window_ops) == E_RANGE);
	CHECK(vdev_map_mmio(dev, UINT32_MAX, &window_ops) == E_RANGE);
	CHECK(vdev_map_mmio(dev, 0, &window_ops) == OK);
	CHECK(vdev_map_mmio(dev, 0, &window_ops) == E_EXISTS);
	CHECK(vm->bus.n == 1 && vm->bus.win[0].base == PROBE_BASE && vm->bus.win[0].host == h);
}

/* ---- the console ------------------------------------------------------------------------------ */

static u32 n_inputs;

static void take_input(struct vdev *d)
{
	CHECK(!spin_trylock(&d->host->lock));
	n_inputs++;
}

static void console(void)
{
	struct vdev_class class = probe;
	u8 c;

	setup();
	class.input = take_input;
	CHECK(!vm->console_dev);
	CHECK(vdev_char_open(dev) == OK);
	CHECK(vm->console_dev == dev->host && vm->port.out && strcmp(vm->port.name, "guest") == 0);
	CHECK(vm->port.id == 1 && strcmp(vm->port.state(&vm->port), "off") == 0);
	CHECK(vdev_char_open(device_of(vm, &fake_intc)->dev) == E_EXISTS);
	vdev_char_write(dev, 'x');
	NOTED("put x; ");
	CHECK(!vdev_char_read(dev, &c));
	dev->class = &class;
	vm->port.input(&vm->port);
	CHECK(n_inputs == 1 && spin_trylock(&dev->host->lock));
	vdev_no_input(dev);
}

static void console_without_room(void)
{
	setup();
	vm->arena.used = vm->arena.size - 64;
	CHECK(vdev_char_open(dev) == E_NOMEM);
	CHECK(!vm->console_dev);
}

/* ---- the rest --------------------------------------------------------------------------------- */

static void log_is_bounded(void)
{
	u32 lines = 0;

	setup();
	said[0] = '\0';
	for (u32 i = 0; i < 100; i++)
		vdev_log(dev, "mistake %u", i);
	for (const char *at = said; (at = strchr(at, '\n')); at++)
		lines++;
	CHECK(lines == 16);
	CHECK(was_said("warning: VM 1 \"guest\" probe0: mistake 0\n"));
	CHECK(was_said("mistake 15") && !was_said("mistake 16"));
}

static u64 option(const char *value)
{
	struct vd_option o[] = { { .key = STR("other"), .value = STR("5") },
				 { .key = STR("size"), .value = str_of(value) } };
	struct vd_dev desc = { .options = { .v = o, .n = 2 } };

	return opt_u64(&desc, "size", 77);
}

static void options(void)
{
	struct vd_dev none = { 0 };

	CHECK(opt_u64(&none, "size", 5) == 5);
	CHECK(option("12") == 12 && option("0") == 0 && option("0x1f") == 31);
	CHECK(option("0xAbCdEf") == 0xabcdef && option("007") == 7);
	CHECK(option("18446744073709551615") == UINT64_MAX);
	CHECK(option("0xffffffffffffffff") == UINT64_MAX);
	/* No number, or none that fits: as if it were not there. */
	CHECK(option("") == 77 && option("0x") == 77 && option("1a") == 77 && option("-1") == 77);
	CHECK(option("18446744073709551616") == 77 && option("0x10000000000000000") == 77);
	CHECK(option("99999999999999999999999") == 77 && option(" 1") == 77 && option("0xg") == 77);
	CHECK(option("1@") == 77 && option("0x1`") == 77 && option("/") == 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(windows),	       SCENE(console), SCENE(console_without_room),
		SCENE(log_is_bounded), SCENE(options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
