/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices meet drivers. Every device of the machine is offered to the first driver that names
 * one of its compatible strings, the most specific string first; so a driver for the exact part
 * wins over one for its family. A device that fails never keeps others from being probed.
 */
#include <port/driver.h>

static bool driver_names(const struct driver *drv, const char *compatible)
{
	for (const char *const *c = drv->compatible; *c; c++)
		if (*compatible == **c && strcmp(compatible, *c) == 0)
			return true;
	return false;
}

static const struct driver *find_driver(enum driver_stage stage, const char *compatible)
{
	for (const struct driver *const *d = drivers; *d; d++)
		if ((*d)->stage == stage && driver_names(*d, compatible))
			return *d;
	return NULL;
}

/* @compatible of a device ends with a NUL after its last string (hostdesc.h). */
static const struct driver *match(enum driver_stage stage, struct str compatible)
{
	while (compatible.n) {
		size_t len = strnlen(compatible.p, compatible.n);
		const struct driver *drv;

		if (len == compatible.n)
			return NULL;
		drv = find_driver(stage, compatible.p);
		if (drv)
			return drv;
		compatible.p += len + 1;
		compatible.n -= len + 1;
	}
	return NULL;
}

u32 drivers_probe(const struct hostdesc *hd, enum driver_stage stage)
{
	const struct driver *drv = NULL;
	struct str last = { NULL, 0 }; /* many devices of one kind stand in a row */
	u32 taken = 0;

	for (u32 i = 0; i < hd->n_devs; i++) {
		const struct hd_dev *dev = &hd->devs[i];
		enum status st;

		if (!last.p || !str_eq(dev->compatible, last))
			drv = match(stage, dev->compatible);
		last = dev->compatible;
		/* Further UARTs are for guests: not to be touched. */
		if (!drv || (stage == DRIVER_CONSOLE && hd->console && dev != hd->console))
			continue;
		st = drv->probe(dev, hd);
		hd->devs[i].taken |= st == OK;
		if (st == OK)
			taken++;
		else if (st != E_NOTFOUND)
			driver_log("%.*s: %s: %s", STR_ARG(dev->path), drv->name, status_str(st));
	}
	return taken;
}
