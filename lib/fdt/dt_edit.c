/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing a copy of somebody's tree. The first failure stays and makes every later call do
 * nothing, so only dt_edit_finish() has to be asked.
 */
#include <lib/fdt.h>

#include <libfdt.h>

static enum status edit_status(int error)
{
	if (error == 0)
		return OK;
	return error == -FDT_ERR_NOSPACE ? E_RANGE : E_FORMAT;
}

static void did(struct dt_edit *e, int error)
{
	if (e->error == 0)
		e->error = error;
}

enum status dt_edit_begin(struct dt_edit *e, struct span base, void *buf, size_t size)
{
	const char *why;

	*e = (struct dt_edit){ .buf = buf, .size = size };
	TRY(dt_check(base, &why));
	if (size > INT32_MAX)
		size = INT32_MAX;
	did(e, fdt_open_into(base.p, buf, (int)size));
	return edit_status(e->error);
}

int dt_edit_node(struct dt_edit *e, int parent, const char *name)
{
	int node;

	if (e->error)
		return 0;
	node = fdt_subnode_offset(e->buf, parent, name);
	if (node == -FDT_ERR_NOTFOUND)
		node = fdt_add_subnode(e->buf, parent, name);
	if (node < 0) {
		did(e, node);
		return 0;
	}
	return node;
}

void dt_edit_set(struct dt_edit *e, int node, const char *prop, const void *value, size_t len)
{
	if (e->error == 0)
		did(e, len > INT32_MAX ? -FDT_ERR_NOSPACE :
					 fdt_setprop(e->buf, node, prop, value, (int)len));
}

void dt_edit_set_str(struct dt_edit *e, int node, const char *prop, struct str s)
{
	void *value;

	if (e->error)
		return;
	did(e, s.n >= INT32_MAX ?
		       -FDT_ERR_NOSPACE :
		       fdt_setprop_placeholder(e->buf, node, prop, (int)s.n + 1, &value));
	if (e->error)
		return;
	memcpy(value, s.p, s.n);
	((char *)value)[s.n] = '\0';
}

void dt_edit_unset(struct dt_edit *e, int node, const char *prop)
{
	int error;

	if (e->error)
		return;
	error = fdt_delprop(e->buf, node, prop);
	if (error != -FDT_ERR_NOTFOUND)
		did(e, error);
}

static bool has_type(const void *fdt, int node, const char *type)
{
	int len;
	const char *v = fdt_getprop(fdt, node, "device_type", &len);

	return v && len == (int)strlen(type) + 1 && memcmp(v, type, (size_t)len) == 0;
}

/* Every deletion moves what follows, so the search begins anew; each round takes one node away. */
void dt_edit_delete_type(struct dt_edit *e, const char *type)
{
	int node;

	while (e->error == 0) {
		fdt_for_each_subnode(node, e->buf, 0)
			if (has_type(e->buf, node, type))
				break;
		if (node < 0)
			return;
		did(e, fdt_del_node(e->buf, node));
	}
}

void dt_edit_root_cells(struct dt_edit *e, u32 *address_cells, u32 *size_cells)
{
	int a = e->error ? 0 : fdt_address_cells(e->buf, 0);
	int s = e->error ? 0 : fdt_size_cells(e->buf, 0);

	did(e, a < 0 ? a : s < 0 ? s : 0);
	*address_cells = a > 0 ? (u32)a : 0;
	*size_cells = s > 0 ? (u32)s : 0;
}

enum status dt_edit_finish(struct dt_edit *e, size_t *len)
{
	if (e->error == 0)
		did(e, fdt_pack(e->buf));
	if (e->error == 0)
		*len = fdt_totalsize(e->buf);
	return edit_status(e->error);
}
