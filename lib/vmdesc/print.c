/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The canonical text of a description: the boot log's board of a VM, `vm show`, and what golden
 * tests compare. Lines are short whatever the description holds, and hold no control character.
 */
#include <lib/vmdesc.h>

#include <base/bits.h>
#include <base/fmt.h>

#define LINE_SIZE     160
#define CMDLINE_PIECE 59 /* what show_text() shows whole */

struct out {
	void (*put)(void *ctx, const char *line);
	void *ctx;
};

static void line(const struct out *o, const char *format, ...) printf_like(2, 3);

static void line(const struct out *o, const char *format, ...)
{
	char text[LINE_SIZE];
	va_list ap;

	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	o->put(o->ctx, text);
}

static void print_vcpu(const struct out *o, u32 i, const struct vd_vcpu *v)
{
	struct show where = { "any host CPU" };

	if (v->cpu_mask)
		fmt_snprintf(where.s, sizeof(where.s), "host CPUs of mask %s",
			     show_hex(v->cpu_mask).s);
	else if (v->has_host_hw_id)
		fmt_snprintf(where.s, sizeof(where.s), "host CPU of id %s",
			     show_hex(v->host_hw_id).s);
	if (v->priority)
		line(o, "  vcpu %u: id %s, on %s, priority %u", i, show_hex(v->hw_id).s, where.s,
		     v->priority);
	else
		line(o, "  vcpu %u: id %s, on %s", i, show_hex(v->hw_id).s, where.s);
}

static void print_mem(const struct out *o, const struct vd_mem *m)
{
	static const char *const backing[] = {
		[VD_MEM_ALLOC] = "allocated",
		[VD_MEM_CLAIMED] = "host memory",
		[VD_MEM_RESERVED] = "reserved host memory",
	};
	bool same = m->host.v == m->base.v;

	line(o, "  memory %s: %s %c%c%c, %s%s%s", show_range(m->base.v, m->size).s,
	     show_size(m->size).s, m->prot & VD_R ? 'r' : '-', m->prot & VD_W ? 'w' : '-',
	     m->prot & VD_X ? 'x' : '-', backing[m->backing],
	     m->backing == VD_MEM_ALLOC ? "" :
	     same			? " of the same address" :
					  " at ",
	     m->backing == VD_MEM_ALLOC || same ? "" : show_hex(m->host.v).s);
}

static void print_image(const struct out *o, const struct vd_image *image)
{
	static const char *const role[VD_IMG_ROLES] = {
		[VD_IMG_KERNEL] = "kernel", [VD_IMG_INITRD] = "initrd", [VD_IMG_DTB] = "dtb",
		[VD_IMG_BIOS] = "bios",	    [VD_IMG_DATA] = "data",
	};

	static const char *const source[] = {
		[VD_SRC_FS] = "disk",
		[VD_SRC_MEMORY] = "memory",
		[VD_SRC_HOME] = "where its file is",
	};

	line(o, "  %s \"%s\" from %s, at %s", role[image->role], show_text(image->path).s,
	     source[image->source],
	     image->load.given ? show_hex(image->load.gpa.v).s : "a free place");
}

static void print_dev(const struct out *o, const struct vd_dev *dev)
{
	line(o, "  device %s \"%s\"%s", show_text(dev->class).s, show_text(dev->name).s,
	     dev->is_default ? ", of the default board" : "");
	for (u32 i = 0; i < dev->n_win; i++)
		line(o, "    window %s", show_range(dev->win[i].base.v, dev->win[i].size).s);
	for (u32 i = 0; i < dev->n_irq; i++)
		line(o, "    interrupt %u, %s", dev->irq[i].line,
		     dev->irq[i].trigger == VD_TRIGGER_LEVEL ? "level" : "edge");
	for (u32 i = 0; i < dev->options.n; i++)
		line(o, "    %s = %s", show_text(dev->options.v[i].key).s,
		     show_text(dev->options.v[i].value).s);
}

static void print_pass(const struct out *o, const struct vd_pass *p)
{
	line(o, "  passed through \"%s\"%s%s", show_text(p->name).s, p->path.n ? ": " : "",
	     show_text(p->path).s);
	for (u32 i = 0; i < p->n_win; i++) {
		const struct vd_pass_window *w = &p->win[i];
		bool same = w->gpa.v == w->hpa.v;

		line(o, "    window %s%s%s, %s%s", show_range(w->gpa.v, w->size).s,
		     same ? "" : ", on the host ", same ? "" : show_hex(w->hpa.v).s,
		     w->how == VD_PASS_MAP ? "mapped" : "forwarded",
		     !w->prot || (w->prot & VD_R && w->prot & VD_W) ? "" :
		     w->prot & VD_R				    ? ", read only" :
								      ", write only");
	}
	for (u32 i = 0; i < p->n_irq; i++)
		line(o, "    interrupt %u, %s", p->irq[i].guest,
		     p->irq[i].trigger == VD_TRIGGER_LEVEL ? "level" : "edge");
}

static void print_rules(const struct out *o, const struct vmdesc *vd)
{
	static const char *const what[VD_UNSUPPORTED] = {
		[VD_UNSUP_INSTRUCTION] = "unknown instructions",
		[VD_UNSUP_REFERENCE] = "accesses to nothing",
		[VD_UNSUP_REGISTER] = "unknown registers",
	};
	static const char *const action[] = {
		[VD_IGNORE] = "are ignored",
		[VD_ABORT] = "stop the VM",
	};

	for (u32 i = 0; i < vd->reserves.n; i++) {
		const struct vd_reserve *r = &vd->reserves.v[i];

		if (r->win.size)
			line(o, "  reserved %s", show_range(r->win.base.v, r->win.size).s);
		else
			line(o, "  reserved interrupt %u", r->irq);
	}
	for (u32 i = 0; i < VD_UNSUPPORTED; i++) {
		if (vd->policy.unsupported[i] != VD_FAIL)
			line(o, "  %s %s", what[i], action[vd->policy.unsupported[i]]);
	}
	if (vd->absent & BIT(VD_PART_INTC))
		line(o, "  no interrupt controller unless listed");
	if (vd->absent & BIT(VD_PART_CONSOLE))
		line(o, "  no console unless listed");
}

static void print_cmdline(const struct out *o, struct str s)
{
	const char *head = "cmdline";

	while (s.n) {
		struct str piece = { s.p, MIN(s.n, (size_t)CMDLINE_PIECE) };

		line(o, "  %s \"%s\"", head, show_text(piece).s);
		s.p += piece.n;
		s.n -= piece.n;
		head = "       ";
	}
}

void vmdesc_print(const struct vmdesc *vd, void (*put)(void *ctx, const char *line), void *ctx)
{
	static const char *const abi[] = {
		[VM_BOOT_AUTO] = "as its image says",
		[VM_BOOT_LINUX] = "as Linux",
		[VM_BOOT_RAW] = "raw",
	};
	static const char *const intc[] = {
		[VM_INTC_EMULATED] = "emulated",
		[VM_INTC_NONE] = "emulated, none of the host's",
		[VM_INTC_PASSTHROUGH] = "emulated, tied to the host's",
	};
	struct out o = { put, ctx };

	line(&o, "vm %u \"%s\"", vd->id, show_text(vd->name).s);
	if (vd->isa)
		line(&o, "  made for %s", vd->isa);
	line(&o, "  starts %s at %s, interrupts %s", abi[vd->abi],
	     vd->entry.given ? show_hex(vd->entry.gpa.v).s : "the image's entry", intc[vd->intc]);
	for (u32 i = 0; i < vd->vcpus.n; i++)
		print_vcpu(&o, i, &vd->vcpus.v[i]);
	for (u32 i = 0; i < vd->mems.n; i++)
		print_mem(&o, &vd->mems.v[i]);
	for (u32 i = 0; i < vd->images.n; i++)
		print_image(&o, &vd->images.v[i]);
	if (vd->tree.given)
		line(&o, "  generated tree at %s", show_hex(vd->tree.gpa.v).s);
	print_cmdline(&o, vd->cmdline);
	for (u32 i = 0; i < vd->devs.n; i++)
		print_dev(&o, &vd->devs.v[i]);
	for (u32 i = 0; i < vd->passes.n; i++)
		print_pass(&o, &vd->passes.v[i]);
	print_rules(&o, vd);
}
