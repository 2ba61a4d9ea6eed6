/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device accesses of guests. Windows are kept in order, so a look-up is a binary search; and
 * since drivers access the same device again and again, each vCPU remembers its last window.
 */
#include <core/vbus.h>

#include <base/bits.h>
#include <base/range.h>
#include <core/panic.h>
#include <core/vcpu.h>
#include <core/vm.h>

enum status vbus_add(struct vbus *bus, const struct vbus_window *win)
{
	u32 at = bus->n;

	BUG_ON(bus->sealed);
	for (u32 i = 0; bus->n == 0 && i < array_size(bus->win); i++)
		bus->win[i].base = UINT64_MAX;
	if (bus->n == VBUS_MAX_WINDOWS)
		return E_NOMEM;
	for (u32 i = 0; i < bus->n; i++) {
		if (range_overlaps(bus->win[i].base, bus->win[i].len, win->base, win->len))
			return E_EXISTS;
	}
	for (; at > 0 && bus->win[at - 1].base > win->base; at--)
		bus->win[at] = bus->win[at - 1];
	bus->win[at] = *win;
	bus->n++;
	return OK;
}

void vbus_seal(struct vbus *bus)
{
	bus->sealed = true;
}

/* Index of the first window that begins above @addr. */
static u32 upper_bound(const struct vbus *bus, u64 addr)
{
	const struct vbus_window *w = bus->win;
	size_t step;

	if (bus->n == 0 || w->base > addr)
		return 0;
	/* No branch but the loop's: what lies behind the last window begins behind every address. */
	for (step = bus->n > 1 ? BIT(bit_highest(bus->n - 1)) : 0; step; step /= 2)
		w = w[step].base <= addr ? w + step : w;
	return MIN((u32)(w - bus->win) + 1, bus->n);
}

/*
 * A window that is remembered has a length of whole 8 bytes: an aligned access that begins inside
 * of it ends inside of it.
 */
static enum status find(struct vcpu *v, const struct io_access *io, struct vbus_window **out)
{
	struct vbus *bus = &v->vm->bus;
	u32 i = upper_bound(bus, io->addr);
	struct vbus_window *w;

	if (i == 0)
		return E_NOTFOUND;
	w = &bus->win[i - 1];
	if (io->addr - w->base >= w->len)
		return E_NOTFOUND;
	if (io->addr - w->base + io->width > w->len)
		return E_INVAL;
	if (w->len % 8 == 0)
		v->bus_hit = w;
	*out = w;
	return OK;
}

static u64 trim(u64 value, u32 width)
{
	u32 n_above = (64 - 8 * width) % 64;

	return value << n_above >> n_above;
}

enum status vbus_access(struct vcpu *v, struct io_access *io)
{
	struct vbus_window *w = v->bus_hit;
	struct vdev_locked l;
	u64 off;

	if (unlikely(!w || io->addr - w->base >= w->len))
		TRY(find(v, io, &w));
	off = io->addr - w->base;
	if (unlikely(off & (io->width - 1u)))
		return E_INVAL;
	l = vdev_lock(w->host);
	if (io->write)
		w->ops->write(w->host->dev, (u32)off, io->width, trim(io->value, io->width));
	else
		io->value = trim(w->ops->read(w->host->dev, (u32)off, io->width), io->width);
	vdev_unlock(&l);
	return OK;
}

/* Bytes between @addr and the window that begins at or below it; 0: inside. */
static u64 distance_above(const struct vbus_window *w, u64 addr)
{
	u64 off = addr - w->base;

	return off < w->len ? 0 : off - w->len + 1;
}

const struct vbus_window *vbus_nearest(const struct vbus *bus, u64 addr)
{
	u32 i = upper_bound(bus, addr);

	if (i > 0 &&
	    (i == bus->n || distance_above(&bus->win[i - 1], addr) < bus->win[i].base - addr))
		return &bus->win[i - 1];
	return i < bus->n ? &bus->win[i] : NULL;
}
