/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fake vCPUs: they do not run, they read exits off a script. What they are told is kept in them.
 */
#include <arch/fake.h>

#include <stdio.h>
#include <stdlib.h>

#define SCRIPT_MAX 4096u

static struct script_line {
	const struct arch_vcpu *only; /* NULL: any */
	struct vcpu_exit x;
} script[SCRIPT_MAX];
static u32 n_script;

static noreturn_fn void vcpu_bug(const char *what, const struct arch_vcpu *v)
{
	fprintf(stderr, "fake machine: %s (vCPU with hardware id %llu)\n", what,
		(unsigned long long)v->hw_id);
	abort();
}

void fake_script_push_to(const struct arch_vcpu *v, struct vcpu_exit x)
{
	if (n_script == SCRIPT_MAX) {
		fprintf(stderr, "fake machine: the script is full\n");
		abort();
	}
	script[n_script++] = (struct script_line){ v, x };
}

void fake_script_push(struct vcpu_exit x)
{
	fake_script_push_to(NULL, x);
}

u32 fake_script_left(void)
{
	return n_script;
}

void fake_script_clear(void)
{
	n_script = 0;
}

/* ---- port/arch.h ------------------------------------------------------------------------------ */

void arch_vm_init(struct arch_vm *vm, u32 tag, hpa_t root)
{
	*vm = (struct arch_vm){ .tag = tag, .root = root };
}

void arch_vcpu_init(struct arch_vcpu *v, struct arch_vm *vm, u64 hw_id)
{
	*v = (struct arch_vcpu){ .vm = vm, .hw_id = hw_id, .timer_deadline = ARCH_NEVER };
}

void arch_vcpu_boot(struct arch_vcpu *v, gpa_t entry, u64 arg)
{
	if (v->on)
		vcpu_bug("boot of a loaded vCPU", v);
	v->pc = entry.v;
	v->arg = arg;
	v->n_virqs = 0;
	v->timer_deadline = ARCH_NEVER;
	v->n_boots++;
}

void arch_vcpu_load(struct arch_vcpu *v)
{
	struct arch_cpu *c = arch_this_cpu();

	if (v->on || c->loaded)
		vcpu_bug("load, with this one or another loaded already", v);
	v->on = c;
	c->loaded = v;
	v->n_loads++;
}

void arch_vcpu_put(struct arch_vcpu *v)
{
	struct arch_cpu *c = arch_this_cpu();

	if (v->on != c || c->loaded != v)
		vcpu_bug("put of a vCPU that is not loaded here", v);
	if (v->n_virqs)
		vcpu_bug("put with interrupts not collected", v);
	v->on = NULL;
	c->loaded = NULL;
	v->n_puts++;
}

void arch_vcpu_run(struct arch_vcpu *v, struct vcpu_exit *x)
{
	if (v->on != arch_this_cpu())
		vcpu_bug("run of a vCPU that is not loaded here", v);
	v->n_runs++;
	for (u32 i = 0; i < n_script; i++) {
		if (script[i].only && script[i].only != v)
			continue;
		*x = script[i].x;
		n_script--;
		for (; i < n_script; i++)
			script[i] = script[i + 1];
		return;
	}
	*x = (struct vcpu_exit){ .kind = EXIT_STOP, .why = "the script ends" };
}

void arch_vcpu_complete(struct arch_vcpu *v, const struct vcpu_exit *x)
{
	v->completed = *x;
	v->n_completed++;
	v->pc += 4;
}

void arch_vcpu_inject_fault(struct arch_vcpu *v, const struct vcpu_exit *x)
{
	if (x->kind != EXIT_MMIO && x->kind != EXIT_MEM_FAULT && x->kind != EXIT_UNKNOWN)
		vcpu_bug("a fault for what was no access", v);
	v->faulted = *x;
	v->n_faulted++;
}

u64 arch_vcpu_pc(const struct arch_vcpu *v)
{
	return v->pc;
}

void arch_vcpu_dump(const struct arch_vcpu *v, struct arch_sink *sink)
{
	char line[80];

	snprintf(line, sizeof(line), "pc 0x%016llx arg 0x%016llx", (unsigned long long)v->pc,
		 (unsigned long long)v->arg);
	sink->line(sink, line);
}

void arch_vcpu_set_sharing(struct arch_vcpu *v, enum arch_sharing sharing)
{
	v->sharing = (int)sharing;
}
