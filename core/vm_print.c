/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's board in the boot log: what is in the file is what is on the board.
 */
#include <core/vm.h>

#include <base/fmt.h>
#include <core/log.h>

typedef unsigned long long ull;

static void print_memory(const struct vmdesc *desc)
{
	static const char *const backing[] = { "allocated", "identity", "reserved" };

	for (u32 i = 0; i < desc->mems.n; i++) {
		const struct vd_mem *m = &desc->mems.v[i];

		log_info("  memory  0x%09llx..0x%09llx  %4llu MiB %c%c%c %s", (ull)m->base.v,
			 (ull)(m->base.v + m->size), (ull)(m->size >> 20),
			 m->prot & VD_R ? 'r' : '-', m->prot & VD_W ? 'w' : '-',
			 m->prot & VD_X ? 'x' : '-', backing[m->backing]);
		if (m->backing != VD_MEM_ALLOC && m->host.v != m->base.v)
			log_info("          0x%09llx on the host", (ull)m->host.v);
	}
}

static void print_cpus(const struct vm *vm)
{
	for (u32 i = 0; i < vm->n_vcpus; i++) {
		const struct vcpu *v = &vm->vcpus[i];

		log_info("  vCPU %u  id 0x%llx on CPU %u, priority %u%s", i, (ull)v->hw_id,
			 v->cpu->index, v->priority, v->cpu->n_vcpus > 1 ? " (shared)" : "");
	}
}

static void print_devices(const struct vmdesc *desc)
{
	for (u32 i = 0; i < desc->devs.n; i++) {
		const struct vd_dev *dev = &desc->devs.v[i];
		char irq[24] = "";

		if (dev->n_irq)
			fmt_snprintf(irq, sizeof(irq), " interrupt %u", dev->irq[0].line);
		for (u32 w = 0; w < dev->n_win; w++)
			log_info("  device  0x%09llx..0x%09llx  %.*s%s%s", (ull)dev->win[w].base.v,
				 (ull)(dev->win[w].base.v + dev->win[w].size), STR_ARG(dev->class),
				 w == 0 ? irq : "", dev->is_default ? " (default)" : "");
	}
}

static void print_passes(const struct vmdesc *desc)
{
	for (u32 i = 0; i < desc->passes.n; i++) {
		const struct vd_pass *p = &desc->passes.v[i];

		for (u32 w = 0; w < p->n_win; w++)
			log_info("  passed  0x%09llx..0x%09llx  %.*s, host 0x%llx, %s",
				 (ull)p->win[w].gpa.v, (ull)(p->win[w].gpa.v + p->win[w].size),
				 STR_ARG(p->name), (ull)p->win[w].hpa.v,
				 p->win[w].how == VD_PASS_MAP ? "mapped" : "forwarded");
		for (u32 k = 0; k < p->n_irq; k++)
			log_info("  passed  interrupt %u  %.*s, host %u, %s", p->irq[k].guest,
				 STR_ARG(p->name), p->irq[k].host,
				 p->irq[k].trigger == VD_TRIGGER_EDGE ? "edge" : "level");
	}
}

static void print_images(const struct vm *vm)
{
	static const char *const role[VD_IMG_ROLES] = { "kernel", "initrd", "dtb", "bios", "data" };

	for (u32 i = 0; i < vm->fit.n; i++) {
		const struct fit_image *img = &vm->fit.image[i];

		log_info("  %-6s  0x%09llx  %.*s, %llu bytes%s", role[img->desc->role],
			 (ull)(img->desc->role == VD_IMG_DTB ? vm->fit.fdt.v :
							       img->plan.step[0].dst.v),
			 STR_ARG(img->desc->path), (ull)img->file.size,
			 img->plan.gzip ? ", gzip" : "");
	}
	if (!vmdesc_image(vm->desc, VD_IMG_DTB))
		log_info("  dtb     0x%09llx  generated", (ull)vm->fit.fdt.v);
	log_info("  entry   0x%09llx  \"%.*s\"", (ull)vm->fit.entry.v, STR_ARG(vm->desc->cmdline));
}

void vm_print_board(const struct vm *vm)
{
	log_info("VM %u \"%s\" from %s", vm->desc->id, vm->name, vm->desc->file);
	print_memory(vm->desc);
	print_cpus(vm);
	print_devices(vm->desc);
	print_passes(vm->desc);
	print_images(vm);
}
