/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A description taken apart: the VM itself, CPUs, memory, images, reserved places.
 */
#include <stdlib.h>
#include <string.h>

#include <base/bits.h>
#include <lib/words.h>

#include "diff.h"

static void *grown(void *old, u32 n, u32 *cap, size_t size)
{
	void *more;

	if (n < *cap)
		return old;
	*cap = *cap * 2 + 8;
	more = tool_alloc(*cap * size);
	if (n)
		memcpy(more, old, n * size);
	return more;
}

struct diff_item *diff_add(struct diff_items *items, struct src_pos at, const char *subject)
{
	struct diff_item *item;

	items->v = grown(items->v, items->n, &items->cap, sizeof(*items->v));
	item = &items->v[items->n++];
	*item = (struct diff_item){ .subject = subject, .at = at, .key = { subject } };
	return item;
}

void diff_fact(struct diff_item *item, struct src_pos at, const char *name, const char *value)
{
	item->facts = grown(item->facts, item->n, &item->cap, sizeof(*item->facts));
	item->facts[item->n++] = (struct diff_fact){ name, value, at };
}

const char *diff_nth(const char *name, u32 i)
{
	return i ? tool_text("%s %u", name, i + 1) : name;
}

static const char *hex(u64 v)
{
	return tool_text("%s", show_hex(v).s);
}

/* As messages say it: exact, in the largest unit that divides it. */
static const char *size_text(u64 v)
{
	return tool_text("%s", show_size(v).s);
}

/* A value of an enum: its name, or its number where there is none. */
static const char *named(const char *name, u32 v)
{
	return strcmp(name, "?") == 0 ? tool_text("%u", v) : name;
}

const char *diff_quoted(struct str s)
{
	char *text = tool_alloc(s.n * 4 + 3), *p = text;

	*p++ = '"';
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < ' ' || c == '"' || c == '\\' || c == 0x7f)
			p += sprintf(p, "\\x%02x", c);
		else
			*p++ = (char)c;
	}
	*p = '"';
	return text;
}

/* A name needs no quotes where it is a word. */
const char *diff_word(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || strchr("\"\\,:\x7f", s.p[i]))
			return diff_quoted(s);
	return s.n ? tool_text("%.*s", STR_ARG(s)) : "\"\"";
}

static const char *addr_text(const struct vd_addr *a, const char *otherwise)
{
	return a->given ? hex(a->gpa.v) : otherwise;
}

/* ---- the VM itself ------------------------------------------------------------------------- */

static void add_policy(struct diff_item *vm, const struct vd_policy *p)
{
	static const char *const name[VD_UNSUPPORTED] = {
		"unsupported instruction",
		"unsupported reference",
		"unsupported register",
	};

	for (u32 i = 0; i < VD_UNSUPPORTED; i++)
		diff_fact(vm, p->at[i], name[i],
			  named(board_action_name(p->unsupported[i]), p->unsupported[i]));
}

static void add_vm(struct diff_items *items, const struct vmdesc *vd)
{
	struct src_pos file = { .file = vd->file };
	struct diff_item *vm = diff_add(items, file, "");

	diff_fact(vm, vd->name_at, "name", diff_quoted(vd->name));
	if (vd->id_at.line || vd->id_at.col)
		diff_fact(vm, vd->id_at, "id", tool_text("%u", vd->id));
	if (vd->isa)
		diff_fact(vm, vd->isa_at, "isa", vd->isa);
	diff_fact(vm, file, "starts", named(board_abi_name(vd->abi), vd->abi));
	diff_fact(vm, vd->entry.at, "entry", addr_text(&vd->entry, "the image's"));
	diff_fact(vm, file, "interrupts", named(board_intc_mode_name(vd->intc), vd->intc));
	diff_fact(vm, vd->tree.at, "generated tree", addr_text(&vd->tree, "in a free place"));
	diff_fact(vm, vd->cmdline_at, "command line", diff_quoted(vd->cmdline));
	add_policy(vm, &vd->policy);
}

/* ---- lists --------------------------------------------------------------------------------- */

static void add_vcpu(struct diff_items *items, const struct vmdesc *vd, u32 i)
{
	const struct vd_vcpu *v = &vd->vcpus.v[i];
	struct diff_item *item = diff_add(items, v->at, tool_text("vCPU %u", i));
	const char *where = "any";

	diff_fact(item, v->at, "id", hex(v->hw_id));
	if (v->cpu_mask)
		where = tool_text("of mask %s", hex(v->cpu_mask));
	else if (v->has_host_hw_id)
		where = tool_text("of id %s", hex(v->host_hw_id));
	diff_fact(item, v->mask_at.line ? v->mask_at : v->at, "host CPU", where);
	diff_fact(item, v->at, "priority", tool_text("%u", v->priority));
}

static void add_mem(struct diff_items *items, const struct vd_mem *m)
{
	static const char *const backing[] = { "allocated", "claimed", "reserved" };
	const char *subject = tool_text("memory %s", hex(m->base.v));
	struct diff_item *item = diff_add(items, m->at, subject);
	bool known = (u32)m->backing < array_size(backing);

	/* The same size elsewhere is the same memory, moved: the base is a fact of its own. */
	item->key[1] = tool_text("memory of %s", size_text(m->size));
	item->key[2] = "memory";
	diff_fact(item, m->at, "base", hex(m->base.v));
	diff_fact(item, m->at, "size", size_text(m->size));
	diff_fact(item, m->at, "access",
		  m->prot >> 3 ?
			  tool_text("%s + %s", board_prot_name(m->prot), hex(m->prot & ~7u)) :
			  board_prot_name(m->prot));
	diff_fact(item, m->at, "backing",
		  known ? backing[m->backing] : tool_text("%u", (u32)m->backing));
	if (m->backing != VD_MEM_ALLOC)
		diff_fact(item, m->at, "host address", hex(m->host.v));
}

static void add_image(struct diff_items *items, const struct vmdesc *vd, u32 i)
{
	static const char *const from[] = { "disk", "archive", "beside its file" };
	const struct vd_image *image = &vd->images.v[i];
	const char *role = named(board_role_name(image->role), image->role);
	const char *subject =
		image->role == VD_IMG_DATA ? tool_text("data %s", diff_quoted(image->path)) : role;
	struct diff_item *item = diff_add(items, image->at, subject);
	bool known = (u32)image->source < array_size(from);

	item->key[1] = tool_text("image %s", addr_text(&image->load, "free"));
	diff_fact(item, image->at, "role", role);
	diff_fact(item, image->at, "file", diff_quoted(image->path));
	diff_fact(item, image->at, "from",
		  known ? from[image->source] : tool_text("%u", (u32)image->source));
	diff_fact(item, image->load.given ? image->load.at : image->at, "address",
		  addr_text(&image->load, "a free place"));
}

static void add_reserve(struct diff_items *items, const struct vd_reserve *r)
{
	const char *what = r->win.size ?
				   tool_text("%s of %s", hex(r->win.base.v), hex(r->win.size)) :
				   tool_text("interrupt %u", r->irq);

	diff_add(items, r->at, tool_text("reserved %s", what));
}

static void add_paths(struct diff_items *items, const char *what, const struct vd_path *v, u32 n)
{
	for (u32 i = 0; i < n; i++)
		diff_add(items, v[i].at, tool_text("%s %s", what, diff_quoted(v[i].path)));
}

void diff_items_of(struct diff_items *items, const struct vmdesc *vd, enum diff_scope scope)
{
	*items = (struct diff_items){ 0 };
	add_vm(items, vd);
	for (u32 i = 0; i < vd->vcpus.n; i++)
		add_vcpu(items, vd, i);
	for (u32 i = 0; i < vd->mems.n; i++)
		add_mem(items, &vd->mems.v[i]);
	for (u32 i = 0; i < vd->images.n; i++)
		add_image(items, vd, i);
	for (u32 i = 0; i < vd->reserves.n; i++)
		add_reserve(items, &vd->reserves.v[i]);
	diff_devices(items, vd);
	if (scope == DIFF_RESOLVED)
		return;
	add_paths(items, "asks for", vd->pass_paths.v, vd->pass_paths.n);
	add_paths(items, "does not want", vd->pass_except.v, vd->pass_except.n);
}
