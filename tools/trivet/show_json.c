/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boards as JSON; docs/show.md says what each member means. Members are added, never renamed.
 */
#include "json.h"
#include "show.h"

static void put_where(struct json *j, const struct src_pos *at)
{
	if (!at->line && !at->col) {
		json_null(j, "written"); /* the default board */
		return;
	}
	json_object(j, "written");
	json_text(j, "file", at->file);
	json_u64(j, "line", at->line);
	json_u64(j, "column", at->col);
	json_end_object(j);
}

static void put_areas(struct json *j, const struct board *b)
{
	json_array(j, "memory_map");
	for (u32 i = 0; i < b->n_areas; i++) {
		const struct area *a = &b->areas[i];

		json_object(j, NULL);
		json_addr(j, "address", a->base);
		if (a->size)
			json_u64(j, "size", a->size);
		else
			json_null(j, "size");
		json_text(j, "kind", board_kind_name(a->kind));
		json_text(j, "what", a->what);
		if (!a->nested && a->kind != AREA_RESERVED)
			json_text(j, "access", board_prot_name(a->prot));
		json_text(j, "backing", a->backing);
		if (a->has_host)
			json_addr(j, "host_address", a->host);
		put_where(j, &a->at);
		json_end_object(j);
	}
	json_end_array(j);
}

static void put_lines(struct json *j, const struct board *b)
{
	json_array(j, "interrupts");
	for (u32 i = 0; i < b->n_lines; i++) {
		const struct board_line *l = &b->lines[i];

		json_object(j, NULL);
		json_u64(j, "line", l->line);
		json_text(j, "kind", *l->kind ? l->kind : NULL);
		if (!l->is_reserved)
			json_text(j, "trigger", board_trigger_name(l->trigger));
		json_text(j, "device", l->device);
		if (l->has_host)
			json_u64(j, "host_line", l->host);
		if (l->dev != UINT32_MAX)
			put_where(j, &l->at);
		json_end_object(j);
	}
	json_end_array(j);
}

static void put_host_cpus(struct json *j, const struct host_view *h, const struct vd_vcpu *v)
{
	if (host_view_any(v)) {
		json_null(j, "host_cpus");
		return;
	}
	json_array(j, "host_cpus");
	for (u32 i = 0; i < h->n_cpus; i++)
		if (h->cpus[i].has_index && host_view_runs_on(h, v, i))
			json_u64(j, NULL, h->cpus[i].index);
	json_end_array(j);
	if (!v->cpu_mask)
		json_addr(j, "host_cpu_id", v->host_hw_id);
}

static void put_cpus(struct json *j, const struct vmdesc *vd, const struct host_view *h)
{
	json_array(j, "cpus");
	for (u32 i = 0; i < vd->vcpus.n; i++) {
		const struct vd_vcpu *v = &vd->vcpus.v[i];

		json_object(j, NULL);
		json_addr(j, "id", v->hw_id);
		put_host_cpus(j, h, v);
		json_u64(j, "priority", v->priority);
		put_where(j, &v->at);
		json_end_object(j);
	}
	json_end_array(j);
}

static void put_images(struct json *j, const struct vmdesc *vd, const struct tool_set *set)
{
	static const char *const from[] = { "disk", "archive", "home" };

	json_array(j, "images");
	for (u32 i = 0; i < vd->images.n; i++) {
		const struct vd_image *image = &vd->images.v[i];
		struct board_image known = board_image(set, vd, i);

		json_object(j, NULL);
		json_text(j, "role", board_role_name(image->role));
		json_str(j, "path", image->path);
		json_text(j, "from", image->source < array_size(from) ? from[image->source] : NULL);
		if (known.placed)
			json_addr(j, "address", known.base);
		else
			json_null(j, "address");
		if (known.size)
			json_u64(j, "size", known.size);
		else
			json_null(j, "size");
		put_where(j, &image->at);
		json_end_object(j);
	}
	json_end_array(j);
}

static void put_options(struct json *j, const struct vd_dev *d)
{
	json_array(j, "options");
	for (u32 i = 0; i < d->options.n; i++) {
		json_object(j, NULL);
		json_str(j, "key", d->options.v[i].key);
		json_str(j, "value", d->options.v[i].value);
		json_end_object(j);
	}
	json_end_array(j);
}

static void put_devices(struct json *j, const struct vmdesc *vd)
{
	json_array(j, "devices");
	for (u32 i = 0; i < vd->devs.n; i++) {
		const struct vd_dev *d = &vd->devs.v[i];

		json_object(j, NULL);
		json_str(j, "name", d->name);
		json_str(j, "class", d->class);
		json_bool(j, "default", d->is_default);
		put_options(j, d);
		json_end_object(j);
	}
	for (u32 i = 0; i < vd->passes.n; i++) {
		const struct vd_pass *p = &vd->passes.v[i];

		json_object(j, NULL);
		json_str(j, "name", p->name);
		json_text(j, "class", "passthrough");
		if (p->path.n)
			json_str(j, "host_node", p->path);
		json_end_object(j);
	}
	json_end_array(j);
}

static void put_policy(struct json *j, const struct vd_policy *p)
{
	static const char *const what[VD_UNSUPPORTED] = { "instruction", "reference", "register" };

	json_object(j, "unsupported");
	for (u32 i = 0; i < VD_UNSUPPORTED; i++)
		json_text(j, what[i], board_action_name(p->unsupported[i]));
	json_end_object(j);
}

static void put_paths(struct json *j, const char *key, const struct vd_path *v, u32 n)
{
	json_array(j, key);
	for (u32 i = 0; i < n; i++)
		json_str(j, NULL, v[i].path);
	json_end_array(j);
}

static void put_vm(struct json *j, const struct show_view *v, u32 index)
{
	const struct board *b = &v->boards[index];
	const struct vmdesc *vd = b->vd;

	json_object(j, NULL);
	json_u64(j, "id", vd->id);
	json_str(j, "name", vd->name);
	json_text(j, "file", vd->file);
	json_text(j, "language", vd->lang);
	json_text(j, "isa", vd->isa);
	json_bool(j, "refused", v->set->refused[index]);
	json_text(j, "starts", board_abi_name(vd->abi));
	if (vd->entry.given)
		json_addr(j, "entry", vd->entry.gpa.v);
	else
		json_null(j, "entry");
	json_str(j, "command_line", vd->cmdline);
	json_u64(j, "memory", b->ram);
	json_text(j, "interrupt_mode", board_intc_mode_name(vd->intc));
	put_policy(j, &vd->policy);
	put_cpus(j, vd, &v->host);
	put_areas(j, b);
	put_lines(j, b);
	put_images(j, vd, v->set);
	put_devices(j, vd);
	put_paths(j, "asks_for", vd->pass_paths.v, vd->pass_paths.n);
	put_paths(j, "but_not", vd->pass_except.v, vd->pass_except.n);
	json_end_object(j);
}

static void put_ranges(struct json *j, const char *key, const struct range *r, u32 n)
{
	json_array(j, key);
	for (u32 i = 0; i < n; i++) {
		json_object(j, NULL);
		json_addr(j, "address", r[i].base);
		json_u64(j, "size", r[i].len);
		json_end_object(j);
	}
	json_end_array(j);
}

static void put_machine(struct json *j, const struct host_view *h)
{
	json_object(j, "machine");
	json_str(j, "model", h->hd->model);
	json_array(j, "cpus");
	for (u32 i = 0; i < h->hd->n_cpus; i++)
		json_addr(j, NULL, h->hd->cpu_hw_id[i]);
	json_end_array(j);
	put_ranges(j, "memory", h->hd->mem, h->hd->n_mem);
	put_ranges(j, "reserved", h->hd->reserved, h->hd->n_reserved);
	json_end_object(j);
}

void view_json(FILE *f, const struct show_view *v)
{
	struct json j;

	json_begin(&j, f);
	json_object(&j, NULL);
	json_array(&j, "vms");
	for (u32 i = 0; i < v->n; i++)
		put_vm(&j, v, i);
	json_end_array(&j);
	put_machine(&j, &v->host);
	json_end_object(&j);
	json_end(&j);
}
