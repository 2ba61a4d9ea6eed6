/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices of the machine that the hypervisor itself uses: each is noted by whoever took it from its
 * driver, at boot, and never given back.
 */
#include <core/own.h>

static const struct hd_dev *own[OWN_USES];

static const char *const use_name[OWN_USES] = {
	[OWN_CONSOLE] = "console",
	[OWN_IRQCHIP] = "interrupt controller",
	[OWN_DISK] = "disk",
};

void own_device(const struct hd_dev *dev, enum own_use use)
{
	own[use] = dev;
}

const char *own_use_of(struct range r)
{
	for (u32 i = 0; i < OWN_USES; i++) {
		for (u32 w = 0; own[i] && w < own[i]->n_win; w++) {
			const struct range *win = &own[i]->win[w];

			if (range_overlaps(win->base, win->len, r.base, r.len))
				return use_name[i];
		}
	}
	return NULL;
}
