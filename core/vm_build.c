/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a checked description to a machine: memory, vCPUs on their CPUs, devices on the bus. What
 * a VM needs is taken here, once; nothing is allocated when it runs. What the file asked for and
 * the machine cannot give is a configuration's mistake and goes to @d.
 */
#include <core/vm.h>

#include <base/bits.h>
#include <base/str.h>
#include <core/irq.h>
#include <core/kmap.h>
#include <core/own.h>
#include <core/pass.h>
#include <core/sched.h>
#include <core/virq.h>

#define BLOCKS(bytes) ((bytes) / BLOCK_SIZE)

struct vm *vm_new(void)
{
	struct arena a;
	struct vm *vm;
	hpa_t at;

	if (n_vms == VM_MAX || pmm_alloc_pages_dirty(PMM_HYPERVISOR, VM_ARENA_PAGES, &at) != OK)
		return NULL;
	arena_init(&a, arch_phys_to_virt(at), VM_ARENA_PAGES * PAGE_SIZE);
	vm = arena_alloc(&a, sizeof(*vm), 64);
	vm->arena = a;
	vm->tag = n_vms + 1;
	return vm;
}

void vm_free(struct vm *vm)
{
	hpa_t at = arch_virt_to_phys(vm->arena.base);

	pass_release(vm);
	pmm_free_owner(PMM_VM(vm->tag));
	pmm_free_pages(PMM_HYPERVISOR, at, VM_ARENA_PAGES);
}

void vm_free_memory(struct vm *vm)
{
	arch_tlb_flush_guest(&vm->arch);
	pmm_free_owner(PMM_VM(vm->tag));
}

/* ---- memory ----------------------------------------------------------------------------------- */

static u32 pt_prot_of(u32 prot)
{
	return (prot & VD_R ? PT_R : 0u) | (prot & VD_W ? PT_W : 0u) | (prot & VD_X ? PT_X : 0u);
}

/* As contiguous as the pool allows: halves of what is missing, down to one block. */
static enum status alloc_blocks(struct vm *vm, u64 want, u64 align, hpa_t *out, u64 *got)
{
	enum pmm_content content;

	for (*got = want; *got; align = BLOCK_SIZE) {
		if (pmm_alloc_blocks(PMM_VM(vm->tag), *got, align, out, &content) == OK) {
			vm->dirty |= content == PMM_DIRTY;
			return OK;
		}
		if (align == BLOCK_SIZE)
			*got /= 2;
	}
	return E_NOMEM;
}

/* @head: bytes of the first block that lie below the region (it need not begin at a block). */
static enum status back_region(struct vm *vm, const struct vd_mem *m)
{
	u64 head = m->base.v & (BLOCK_SIZE - 1);
	u64 left = BLOCKS(align_up(head + m->size, BLOCK_SIZE));
	u64 align = head == 0 && is_aligned(m->base.v, GIB(1)) && m->size >= GIB(1) ? GIB(1) :
										      BLOCK_SIZE;
	u64 done = 0, got;
	hpa_t at;

	for (; left; left -= got) {
		u64 len;

		TRY(alloc_blocks(vm, left, align, &at, &got));
		len = MIN(got * BLOCK_SIZE - head, m->size - done);
		TRY(stage2_map(&vm->mem, gpa_add(m->base, done), hpa_add(at, head), len,
			       pt_prot_of(m->prot), PT_NORMAL));
		done += len;
		head = 0;
	}
	return OK;
}

static enum status map_host(struct vm *vm, const struct vd_mem *m)
{
	return stage2_map(&vm->mem, m->base, m->host, m->size, pt_prot_of(m->prot), PT_NORMAL);
}

/* That it is not the pool's, the file's check has seen; a loader may have reserved what is ours. */
static enum status map_reserved(struct vm *vm, const struct vd_mem *m)
{
	struct range r = { m->host.v, m->size };

	return kmap_is_image(r) || own_use_of(r) ? E_BUSY : map_host(vm, m);
}

static enum status claim_region(struct vm *vm, const struct vd_mem *m)
{
	u64 base = align_down(m->host.v, BLOCK_SIZE);
	u64 end = align_up(m->host.v + m->size, BLOCK_SIZE);
	enum pmm_content content;

	TRY(pmm_claim(PMM_VM(vm->tag), HPA(base), end - base, &content));
	vm->dirty |= content == PMM_DIRTY;
	return map_host(vm, m);
}

static void report_memory(const struct vm *vm, const struct vd_mem *m, enum status st,
			  struct diag *d)
{
	bool identity = m->backing != VD_MEM_ALLOC;

	diag_report(d, DIAG_ERROR, m->at, "%s: %s: 0x%llx, 0x%llx bytes: %s",
		    vmdesc_label(vm->desc).s, vmdesc_key(vm->desc, VD_F_MEMORY_REGIONS).s,
		    (unsigned long long)(identity ? m->host.v : m->base.v),
		    (unsigned long long)m->size,
		    !identity	     ? "the machine has not that much memory left" :
		    st == E_NOTFOUND ? "the machine has no memory at these addresses" :
				       "that memory of the machine is in use");
	diag_report(d, DIAG_FIX, m->at, "write a size of at most 0x%llx bytes%s",
		    (unsigned long long)pmm_largest_free(),
		    identity ? ", or have memory anywhere allocated" : "");
}

static enum status build_memory(struct vm *vm, struct diag *d)
{
	TRY(stage2_init(&vm->mem, PMM_VM(vm->tag)));
	for (u32 i = 0; i < vm->desc->mems.n; i++) {
		const struct vd_mem *m = &vm->desc->mems.v[i];
		enum status st = m->backing == VD_MEM_ALLOC   ? back_region(vm, m) :
				 m->backing == VD_MEM_CLAIMED ? claim_region(vm, m) :
								map_reserved(vm, m);

		if (st != OK) {
			report_memory(vm, m, st, d);
			return st;
		}
	}
	return OK;
}

/* ---- vCPUs ------------------------------------------------------------------------------------ */

static bool may_run_on(const struct vd_vcpu *want, const struct cpu *c)
{
	if (want->cpu_mask)
		return want->cpu_mask >> c->index & 1;
	return !want->has_host_hw_id || want->host_hw_id == c->arch.hw_id;
}

/* Of the CPUs it may run on, the one with the fewest vCPUs; NULL when there is none. */
static struct cpu *choose_cpu(const struct vd_vcpu *want)
{
	struct cpu *best = NULL;

	for (u32 i = 0; i < n_cpus; i++) {
		struct cpu *c = &cpus[i];

		if (may_run_on(want, c) &&
		    (!best || c->n_vcpus + c->n_planned < best->n_vcpus + best->n_planned))
			best = c;
	}
	return best;
}

static enum status build_vcpus(struct vm *vm, struct diag *d)
{
	const struct vmdesc *desc = vm->desc;

	vm->n_vcpus = desc->vcpus.n;
	vm->hw_ids = arena_new_n(&vm->arena, u64, vm->n_vcpus);
	vm->vcpus = arena_array(&vm->arena, vm->n_vcpus, sizeof(struct vcpu), 64);
	if (!vm->vcpus || !vm->hw_ids)
		return E_NOMEM;
	for (u32 i = 0; i < vm->n_vcpus; i++) {
		const struct vd_vcpu *want = &desc->vcpus.v[i];
		struct vcpu *v = &vm->vcpus[i];

		v->cpu = choose_cpu(want);
		if (!v->cpu) {
			diag_report(
				d, DIAG_ERROR, want->at,
				"VM \"%s\": vCPU %u: none of the host CPUs it may run on is running",
				vm->name, i);
			return E_NOTFOUND;
		}
		v->cpu->n_planned++;
		v->vm = vm;
		v->index = i;
		v->priority = want->priority;
		v->hw_id = want->hw_id;
		v->wake_at = ARCH_NEVER;
		vm->hw_ids[i] = want->hw_id;
		arch_vcpu_init(&v->arch, &vm->arch, v->hw_id);
	}
	vm->home = vm->vcpus[0].cpu;
	return OK;
}

/* ---- devices ---------------------------------------------------------------------------------- */

static const struct vdev_class *find_class(struct str name)
{
	for (const struct vdev_class *const *c = vdev_classes; *c; c++) {
		if (str_eq_c(name, (*c)->info.name))
			return *c;
	}
	return NULL;
}

static enum status build_device(struct vm *vm, const struct vd_dev *desc)
{
	const struct vdev_class *class = find_class(desc->class);
	struct vdev_host *h = arena_new(&vm->arena, struct vdev_host);
	struct vdev_setup setup = { .desc = desc,
				    .n_vcpus = vm->n_vcpus,
				    .vcpu_hw_id = vm->hw_ids,
				    .host_intids = irq_n_lines() };

	if (!class)
		return E_NOTFOUND;
	if (!h)
		return E_NOMEM;
	h->dev = arena_alloc(&vm->arena, class->instance_size, 64);
	if (!h->dev)
		return E_NOMEM;
	h->vm = vm;
	h->desc = desc;
	h->dev->class = class;
	h->dev->host = h;
	if (class->intc)
		vm->intc = h;
	vm->devs[vm->n_devs++] = h;
	return class->init(h->dev, &setup);
}

/* Interrupt controllers first: resetting another device may already lower its line. */
static enum status build_devices(struct vm *vm, struct diag *d)
{
	const struct vmdesc *desc = vm->desc;

	vm->devs = arena_new_n(&vm->arena, struct vdev_host *, desc->devs.n);
	if (!vm->devs)
		return E_NOMEM;
	for (u32 i = 0; i < desc->devs.n; i++) {
		const struct vd_dev *dev = &desc->devs.v[i];
		enum status st = build_device(vm, dev);

		if (st == OK)
			continue;
		diag_report(d, DIAG_ERROR, dev->at, "VM \"%s\": device \"%.*s\" (%.*s): %s",
			    vm->name, STR_ARG(dev->name), STR_ARG(dev->class), status_str(st));
		return st;
	}
	if (!vm->intc)
		return E_INVAL;
	vm->intc->dev->class->reset(vm->intc->dev);
	for (u32 i = 0; i < vm->n_devs; i++) {
		if (vm->devs[i] != vm->intc)
			vm->devs[i]->dev->class->reset(vm->devs[i]->dev);
	}
	virq_bind_timers(vm);
	return OK;
}

/* ---- all of it -------------------------------------------------------------------------------- */

static void forget_planned_cpus(void)
{
	for (u32 i = 0; i < n_cpus; i++)
		cpus[i].n_planned = 0;
}

static enum status build_parts(struct vm *vm, struct diag *d)
{
	TRY(build_memory(vm, d));
	arch_vm_init(&vm->arch, vm->tag, vm->mem.pt.root);
	TRY(build_vcpus(vm, d));
	TRY(build_devices(vm, d));
	TRY(pass_build(vm, d));
	vbus_seal(&vm->bus);
	return OK;
}

enum status vm_build(struct vm *vm, const struct vmdesc *desc, struct diag *d)
{
	u32 before = d->n_errors;
	enum status st;

	vm->desc = desc;
	memcpy(vm->name, desc->name.p, MIN(desc->name.n, (size_t)VD_NAME_MAX));
	st = build_parts(vm, d);
	forget_planned_cpus();
	if (st != OK) {
		if (d->n_errors == before)
			diag_report(d, DIAG_ERROR, desc->name_at, "VM \"%s\" cannot be built: %s",
				    vm->name, status_str(st));
		return st;
	}
	if (vm->console_dev)
		TRY(console_add_port(&vm->port));
	vms[n_vms] = vm;
	n_vms++; /* other CPUs look at as many as this says: the pointer comes first */
	for (u32 i = 0; i < vm->n_vcpus; i++)
		sched_add(vm->vcpus[i].cpu, &vm->vcpus[i]);
	return OK;
}
