/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a new description. Every key that there is stands in it: those that are not needed as
 * a comment, with what their absence means.
 */
#include <stdlib.h>

#include <lib/words.h>

#include "new.h"
#include "places.h"

/* Between the quotes of TOML. */
static const char *quoted(const char *s)
{
	const char *out = "";

	for (; *s; s++)
		out = *s == '"' || *s == '\\' ? tool_format("%s\\%c", out, *s) :
						tool_format("%s%c", out, *s);
	return out;
}

static void put_base(FILE *f, const struct new_vm *vm, const struct hostdesc *hd)
{
	fprintf(f,
		"[base]\n"
		"id = %llu # unique; VMs are started in this order\n"
		"name = \"%s\" # unique; messages and lists use it\n"
		"vm_type = 1\n"
		"cpu_num = %llu # virtual CPUs\n",
		(unsigned long long)vm->id, quoted(vm->name), (unsigned long long)vm->cpus);
	if (vm->cpus > hd->n_cpus) {
		fprintf(f, "#phys_cpu_ids = [0] # absent: vCPUs run wherever there is room\n\n");
		return;
	}
	fprintf(f, "phys_cpu_ids = [");
	for (u32 i = 0; i < vm->cpus; i++)
		fprintf(f, "%s0x%llx", i ? ", " : "", (unsigned long long)hd->cpu_hw_id[i]);
	fprintf(f,
		"] # the id each vCPU sees, and the host CPU it runs on\n"
		"#phys_cpu_sets = [0x%llx] # instead: masks of the host CPUs each may run on\n\n",
		(unsigned long long)((UINT64_C(1) << hd->n_cpus) - 1));
}

static void put_kernel(FILE *f, const struct new_vm *vm)
{
	fprintf(f,
		"[kernel]\n"
		"image_location = \"%s\" # \"fs\": files on the disk; \"memory\": inside the "
		"hypervisor\n"
		"kernel_path = \"%s\" # %s\n"
		"kernel_load_addr = %s\n"
		"entry_point = %s # its first instruction\n",
		vm->location, quoted(vm->kernel_path), vm->kernel.what,
		show_hex(vm->kernel.load.v).s, show_hex(vm->kernel.entry.v).s);
	if (vm->initrd_path)
		fprintf(f, "ramdisk_path = \"%s\"\n", quoted(vm->initrd_path));
	else
		fprintf(f, "#ramdisk_path = \"initramfs.cpio.gz\"\n");
	fprintf(f,
		"#ramdisk_load_addr = %s # absent: as high in memory as there is room\n"
		"#dtb_path = \"guest.dtb\" # absent: the device tree is generated\n",
		show_hex(vm->kernel.base.v + vm->memory / 2).s);
	fprintf(f, "%scmdline = \"%s\"\n", vm->cmdline ? "" : "#",
		quoted(vm->cmdline ? vm->cmdline : "console=ttyAMA0"));
	fprintf(f,
		"memory_regions = [\n"
		"  [%s, %s, 0x7, 0], # %s: address, size, 1 read + 2 write + 4 execute, kind\n"
		"] # kind 0: allocated anywhere; 1: the machine's memory at that address; 2: "
		"reserved there\n\n",
		show_hex(vm->kernel.base.v).s, show_hex(vm->memory).s, show_size(vm->memory).s);
}

static void put_devices(FILE *f)
{
	fputs("[devices]\n"
	      "emu_devices = [] # none listed: the default board, an interrupt controller and a "
	      "console\n"
	      "#interrupt_mode = \"emu\" # of devices that are passed through\n"
	      "passthrough_devices = [] # nodes of the machine's device tree: [[\"/soc/uart@1000\"]]\n"
	      "#excluded_devices = [] # nodes kept out of them\n"
	      "#passthrough_addresses = [] # registers without a node: [[0x1000_0000, 0x1000]]\n",
	      f);
}

const char *new_text(const struct new_vm *vm, const struct hostdesc *hd)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		return NULL;
	fprintf(f,
		"# SPDX-License-Identifier: Apache-2.0\n"
		"#\n"
		"# A VM for Trivet: %s on %s. Every key: docs/config-toml.md.\n"
		"# `trivet check` says what is wrong with it, `trivet show` draws its board.\n\n",
		vm->name, vm->board);
	put_base(f, vm, hd);
	put_kernel(f, vm);
	put_devices(f);
	return fclose(f) == 0 ? text : NULL;
}
