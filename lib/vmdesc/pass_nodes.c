/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes of the host's tree by their paths: the node, and all below it that the machine uses.
 */
#include "pass_priv.h"

/* Nodes that describe no device: the guest's tree has its own, or none. */
static bool is_board(const struct dt *t, u32 n)
{
	static const char *const name[] = {
		"cpus", "chosen", "aliases", "memory", "reserved-memory", "firmware", "hypervisor",
	};
	struct str s = dt_name(t, n);

	/* An I/O MMU stands before devices of others too. */
	if (pass_isa_is_board(t, n) || dt_has(t, n, "#iommu-cells"))
		return true;
	for (u32 i = 0; dt_parent(t, n) == 0 && i < array_size(name); i++) {
		size_t len = strlen(name[i]);

		if (str_starts(s, name[i]) && (s.n == len || s.p[len] == '@'))
			return true;
	}
	return str_starts(s, "__");
}

bool pass_is_usable(const struct pass_resolver *r, u32 n)
{
	return !(r->mark[n] & (PASS_EXCEPT | PASS_OWN)) && dt_enabled(&r->t, n) &&
	       !is_board(&r->t, n);
}

static u32 find(const struct pass_resolver *r, const struct vd_path *path)
{
	return r->t.n_nodes ? dt_find(&r->t, path->path) : DT_NONE;
}

void pass_exceptions(struct pass_resolver *r)
{
	for (u32 i = 0; i < r->vd->pass_except.n; i++) {
		const struct vd_path *path = &r->vd->pass_except.v[i];
		u32 n = find(r, path);

		if (n == DT_NONE)
			vd_warning(&r->c, VD_F_EXCLUDED_DEVICES, path->at, show_text(path->path).s,
				   "the machine has no such node: nothing is kept out");
		for (u32 k = n; n != DT_NONE && k < dt_end(&r->t, n); k++)
			r->mark[k] |= PASS_EXCEPT;
	}
}

static void no_such_node(const struct pass_resolver *r, const struct vd_path *path)
{
	struct suggest near = { .word = path->path };

	vd_error(&r->c, VD_F_PASSTHROUGH_DEVICES, path->at, show_text(path->path).s,
		 "the machine has no %s", r->t.n_nodes ? "such node" : "device tree");
	for (u32 i = 0; i < r->hd->n_devs; i++)
		suggest_try(&near, r->hd->devs[i].path.p);
	if (near.best)
		vd_fix(&r->c, path->at, "did you mean '%s'?", near.best);
	else
		vd_fix(&r->c, path->at, "write the path of a node, or a row with addresses");
}

/* Returns how many devices there were, ours included. */
static u32 select(struct pass_resolver *r, u32 top, const struct vd_pass *asked)
{
	u32 found = 0;

	for (u32 n = top; n < dt_end(&r->t, top);) {
		const struct hd_dev *dev = pass_dev_of(r, n);

		if (!pass_is_usable(r, n)) {
			if (dev && pass_own_use(r, dev)) {
				pass_own(r, dev, asked, 0);
				found++;
			}
			n = dt_end(&r->t, n);
			continue;
		}
		found += dev != NULL;
		if (n)
			r->mark[n] |= PASS_GIVEN;
		if (dev)
			pass_whole(r, dev, asked);
		n++;
	}
	return found;
}

void pass_paths(struct pass_resolver *r)
{
	for (u32 i = 0; i < r->vd->pass_paths.n; i++) {
		const struct vd_path *path = &r->vd->pass_paths.v[i];
		const struct vd_pass asked = { .name = path->path, .at = path->at };
		u32 n = find(r, path);

		if (n == DT_NONE) {
			no_such_node(r, path);
		} else if (!dt_enabled(&r->t, n)) {
			vd_error(&r->c, VD_F_PASSTHROUGH_DEVICES, path->at, show_text(path->path).s,
				 "is disabled on this machine");
			vd_fix(&r->c, path->at, "write the path of a node that is in use");
		} else if (!select(r, n, &asked)) {
			vd_error(&r->c, VD_F_PASSTHROUGH_DEVICES, path->at, show_text(path->path).s,
				 "has nothing that can be given to a guest");
			vd_fix(&r->c, path->at, "write the path of the device above it");
		}
	}
}
