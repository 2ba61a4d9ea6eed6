/* SPDX-License-Identifier: Apache-2.0 */
/*
 * port/vdev.h, as the core keeps it: what a device may ask for.
 */
#include <base/fmt.h>
#include <core/log.h>
#include <core/virq.h>
#include <core/vm.h>

#define MAX_COMPLAINTS 16

enum status vdev_map_mmio(struct vdev *d, u32 index, const struct vdev_window_ops *ops)
{
	const struct vd_dev *desc = d->host->desc;
	struct vbus_window win = { .ops = ops, .host = d->host };

	if (index >= desc->n_win)
		return E_RANGE;
	win.base = desc->win[index].base.v;
	win.len = desc->win[index].size;
	return vbus_add(&d->host->vm->bus, &win);
}

void vdev_irq_set(struct vdev *d, u32 index, bool level)
{
	struct vdev_host *h = d->host;
	u32 now;

	if (index >= h->desc->n_irq)
		return;
	now = level ? h->irq_levels | 1u << index : h->irq_levels & ~(1u << index);
	if (now == h->irq_levels)
		return;
	h->irq_levels = now;
	virq_line(h->vm, 0, h->desc->irq[index].line, level);
}

/* ---- the console ------------------------------------------------------------------------------ */

static void port_input(struct console_port *p)
{
	struct vm *vm = container_of(p, struct vm, port);
	struct vdev_locked l = vdev_lock(vm->console_dev);

	vm->console_dev->dev->class->input(vm->console_dev->dev);
	vdev_unlock(&l);
}

static const char *port_state(const struct console_port *p)
{
	return vm_phase_name(container_of(p, const struct vm, port));
}

enum status vdev_char_open(struct vdev *d)
{
	struct vm *vm = d->host->vm;

	if (vm->console_dev)
		return E_EXISTS;
	vm->port.name = vm->name;
	vm->port.id = vm->desc->id;
	vm->port.out = arena_alloc(&vm->arena, CONSOLE_OUT_RING, 64);
	vm->port.input = port_input;
	vm->port.state = port_state;
	if (!vm->port.out)
		return E_NOMEM;
	vm->console_dev = d->host;
	return OK;
}

void vdev_char_write(struct vdev *d, u8 c)
{
	console_port_write(&d->host->vm->port, c);
}

bool vdev_char_read(struct vdev *d, u8 *c)
{
	return console_port_read(&d->host->vm->port, c);
}

/* ---- the rest --------------------------------------------------------------------------------- */

void vdev_log(struct vdev *d, const char *format, ...)
{
	struct vdev_host *h = d->host;
	char text[160];
	va_list ap;

	if (h->n_complaints >= MAX_COMPLAINTS)
		return;
	h->n_complaints++;
	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	log_warn("VM %u \"%s\" %.*s: %s", h->vm->desc->id, h->vm->name, STR_ARG(h->desc->name),
		 text);
}

void vdev_no_input(struct vdev *d)
{
	(void)d;
}

/* 16 and more: no digit. */
static u64 digit_of(char c)
{
	char small = (char)(c | 0x20);

	if (c >= '0' && c <= '9')
		return (u64)(c - '0');
	return small >= 'a' && small <= 'f' ? (u64)(small - 'a' + 10) : 16;
}

static bool parse_u64(struct str s, u64 *out)
{
	bool hex = str_starts(s, "0x");
	u64 base = hex ? 16 : 10, v = 0;
	size_t first = hex ? 2 : 0;

	for (size_t i = first; i < s.n; i++) {
		u64 digit = digit_of(s.p[i]);

		if (digit >= base || v > (UINT64_MAX - digit) / base)
			return false;
		v = v * base + digit;
	}
	*out = v;
	return s.n > first;
}

u64 opt_u64(const struct vd_dev *desc, const char *key, u64 fallback)
{
	u64 v;

	for (u32 i = 0; i < desc->options.n; i++) {
		const struct vd_option *o = &desc->options.v[i];

		if (str_eq_c(o->key, key) && parse_u64(o->value, &v))
			return v;
	}
	return fallback;
}
