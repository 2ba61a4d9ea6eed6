/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a qvm command line asks of the program that reads it, and not of the VM. The hypervisor
 * reads files only, by config_qvmconf.
 */
#pragma once

#include <lib/config.h>

struct qvmconf_run {
	bool dry;		  /* dryrun: build, and do not run */
	struct str fdt_dump_file; /* set fdt-dump-file; n 0: none */
};

/* config_qvmconf.parse; what is for the program goes to @run. NULL: warnings say so instead. */
enum status qvmconf_parse(const struct config_input *in, struct arena *a, struct diag *d,
			  struct qvmconf_run *run, struct vmdesc **out);

/* The variables of `set`, one after another: name and type; false: there is no such @i. */
bool qvmconf_variable(u32 i, const char **name, const char **type);

extern const struct config_lang config_qvmconf;
