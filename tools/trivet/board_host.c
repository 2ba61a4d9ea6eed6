/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine below the VMs. Where no tree tells of its CPUs, they are those that VMs name.
 */
#include <string.h>

#include "board.h"

#define MAX_HOST_CPUS 128

static bool same_cpu(const struct host_cpu *a, const struct host_cpu *b)
{
	if (a->has_index && b->has_index)
		return a->index == b->index;
	return a->has_id && b->has_id && a->id == b->id;
}

static void add_cpu(struct host_view *h, struct host_cpu cpu)
{
	for (u32 i = 0; i < h->n_cpus; i++)
		if (same_cpu(&h->cpus[i], &cpu))
			return;
	if (h->n_cpus < MAX_HOST_CPUS)
		h->cpus[h->n_cpus++] = cpu;
}

static void add_wishes(struct host_view *h, const struct vmdesc *vd)
{
	for (u32 i = 0; i < vd->vcpus.n; i++) {
		const struct vd_vcpu *v = &vd->vcpus.v[i];

		if (!v->cpu_mask && v->has_host_hw_id)
			add_cpu(h, (struct host_cpu){ .has_id = true, .id = v->host_hw_id });
	}
}

static void add_masks(struct host_view *h, const struct tool_set *set)
{
	u64 all = 0;

	for (u32 i = 0; i < set->n; i++)
		for (u32 k = 0; k < set->vms[i]->vcpus.n; k++)
			all |= set->vms[i]->vcpus.v[k].cpu_mask;
	for (u32 i = 0; i < 64; i++)
		if (all >> i & 1)
			add_cpu(h, (struct host_cpu){ .has_index = true, .index = i });
}

void host_view_make(struct host_view *h, const struct tool_set *set)
{
	const struct hostdesc *hd = &set->machine.hd;

	*h = (struct host_view){ .hd = hd };
	h->cpus = tool_alloc(MAX_HOST_CPUS * sizeof(*h->cpus));
	for (u32 i = 0; i < hd->n_cpus; i++)
		add_cpu(h, (struct host_cpu){ true, true, i, hd->cpu_hw_id[i] });
	for (u32 i = 0; i < hd->n_mem; i++)
		h->ram += hd->mem[i].len;
	if (!h->ram)
		h->ram = set->machine.memory;
	if (h->n_cpus)
		return;
	add_masks(h, set);
	for (u32 i = 0; i < set->n; i++)
		add_wishes(h, set->vms[i]);
}

bool host_view_any(const struct vd_vcpu *v)
{
	return !v->cpu_mask && !v->has_host_hw_id;
}

bool host_view_runs_on(const struct host_view *h, const struct vd_vcpu *v, u32 i)
{
	const struct host_cpu *cpu = &h->cpus[i];

	if (v->cpu_mask)
		return cpu->has_index && cpu->index < 64 && (v->cpu_mask >> cpu->index & 1);
	return v->has_host_hw_id && cpu->has_id && cpu->id == v->host_hw_id;
}

const char *host_view_numbers(u64 mask)
{
	const char *text = "";

	for (u32 i = 0; i < 64; i++) {
		u32 end = i;

		if (!(mask >> i & 1))
			continue;
		while (end < 63 && (mask >> (end + 1) & 1))
			end++;
		text = tool_text(end > i ? "%s%s%u-%u" : "%s%s%u", text, *text ? ", " : "", i, end);
		i = end;
	}
	return text;
}

const char *host_view_cpus(const struct host_view *h, const struct vd_vcpu *v)
{
	if (v->cpu_mask)
		return host_view_numbers(v->cpu_mask);
	if (!v->has_host_hw_id)
		return "any";
	for (u32 i = 0; i < h->n_cpus; i++)
		if (h->cpus[i].has_index && host_view_runs_on(h, v, i))
			return tool_text("%u", h->cpus[i].index);
	return tool_text("id 0x%llx", (unsigned long long)v->host_hw_id);
}
