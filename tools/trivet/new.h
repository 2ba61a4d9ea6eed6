/* SPDX-License-Identifier: Apache-2.0 */
/* What `trivet new` knows of a VM before it is written down. */
#pragma once

#include <lib/image.h>

#include "trivet.h"

struct new_kernel {
	const char *os;	  /* "linux", "elf", "raw": the first word of the file's name */
	const char *what; /* "a Linux Image": for the comment */
	gpa_t load;
	gpa_t entry;
	gpa_t base; /* where memory begins */
	u64 need;   /* bytes from there on */
};

struct new_vm {
	const char *arch;
	const char *board; /* a word of the file's name, from the platform's */
	const char *name;
	const char *kernel_path;
	const char *initrd_path; /* NULL: none */
	const char *cmdline;	 /* NULL: none */
	const char *location;	 /* "fs", "memory" */
	u64 id;
	u64 cpus;
	u64 memory;
	struct new_kernel kernel;
};

/* What the file is, and where it goes; false: complained. @base: of memory when given, else 0. */
bool new_look_into(const char *path, u64 base, struct new_kernel *k);

/* The description, complete and commented. */
const char *new_text(const struct new_vm *vm, const struct hostdesc *hd);
