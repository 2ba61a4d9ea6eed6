/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boot option stall=KIND: make something stand still on purpose, to see (and test) that it is told.
 */
#include "stall.h"

#include <core/log.h>
#include <core/stores.h>
#include <core/vm.h>
#include <port/arch.h>
#include <port/driver.h>

#define SECOND 1000000u

/* The boot stage, for longer than is patient; then it goes on. */
static void stall_phase(void)
{
	driver_delay_us(5 * SECOND);
}

/* Nobody can read images any more: guests are planned, and not loaded. */
static void stall_load(void)
{
	(void)stores_trylock();
}

/* The first access to the first VM's console does not come back. */
static void stall_exit(void)
{
	if (n_vms && vms[0]->console_dev)
		(void)vdev_lock(vms[0]->console_dev);
}

/* A post whose kick is lost; the guest has to compute, on another CPU than this. */
static void stall_irq(void)
{
	for (u32 i = 0; i < 8; i++) {
		driver_delay_us(SECOND);
		log_info("stall=irq in %u s", 7 - i);
	}
	if (n_vms)
		atomic_fetch_or(&vms[0]->vcpus[0].posts, POST_VIRQ);
}

static const struct {
	const char *name;
	void (*before)(void);
	void (*after)(void);
} kinds[] = {
	{ "phase", stall_phase, NULL },
	{ "load", stall_load, NULL },
	{ "exit", NULL, stall_exit },
	{ "irq", NULL, stall_irq },
};

bool stall_before_guests(struct str kind)
{
	for (u32 i = 0; i < array_size(kinds); i++) {
		if (!str_eq_c(kind, kinds[i].name))
			continue;
		if (kinds[i].before)
			kinds[i].before();
		return true;
	}
	return false;
}

void stall_after_guests(struct str kind)
{
	for (u32 i = 0; i < array_size(kinds); i++) {
		if (kinds[i].after && str_eq_c(kind, kinds[i].name))
			kinds[i].after();
	}
}
