/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a tree from nothing, in order, with libfdt's sequential writer behind it. The first
 * failure stays and makes every later call do nothing, so only dt_out_finish() has to be asked.
 */
#include <lib/fdt.h>

#include <base/endian.h>
#include <base/fmt.h>
#include <libfdt.h>

#define NODE_NAME_MAX 64
#define CELLS_MAX     64

static enum status out_status(int error)
{
	if (error == 0)
		return OK;
	return error == -FDT_ERR_NOSPACE ? E_RANGE : E_INVAL;
}

static void did(struct dt_out *o, int error)
{
	if (o->error == 0)
		o->error = error;
}

void dt_out_begin(struct dt_out *o, void *buf, size_t size)
{
	*o = (struct dt_out){ .buf = buf };
	did(o, size > INT32_MAX ? -FDT_ERR_NOSPACE : fdt_create(buf, (int)size));
	if (o->error == 0)
		did(o, fdt_finish_reservemap(buf));
	dt_out_node(o, "");
}

void dt_out_node(struct dt_out *o, const char *name)
{
	if (o->error == 0)
		did(o, fdt_begin_node(o->buf, name));
}

void dt_out_node_at(struct dt_out *o, const char *name, u64 unit)
{
	char full[NODE_NAME_MAX];
	int n = fmt_snprintf(full, sizeof(full), "%s@%llx", name, (unsigned long long)unit);

	if (n < 0 || n >= NODE_NAME_MAX)
		did(o, -FDT_ERR_BADVALUE);
	dt_out_node(o, full);
}

void dt_out_end_node(struct dt_out *o)
{
	if (o->error == 0)
		did(o, fdt_end_node(o->buf));
}

static void put(struct dt_out *o, const char *prop, const void *value, size_t len)
{
	if (o->error == 0)
		did(o, len > INT32_MAX ? -FDT_ERR_NOSPACE :
					 fdt_property(o->buf, prop, value, (int)len));
}

void dt_out_flag(struct dt_out *o, const char *prop)
{
	put(o, prop, "", 0);
}

void dt_out_u32(struct dt_out *o, const char *prop, u32 v)
{
	dt_out_cells(o, prop, &v, 1);
}

void dt_out_u64(struct dt_out *o, const char *prop, u64 v)
{
	u8 be[8];

	store_be64(be, v);
	put(o, prop, be, sizeof(be));
}

void dt_out_cells(struct dt_out *o, const char *prop, const u32 *cells, u32 n)
{
	u8 be[CELLS_MAX * 4];

	if (n > CELLS_MAX) {
		did(o, -FDT_ERR_BADVALUE);
		return;
	}
	for (u32 i = 0; i < n; i++)
		store_be32(be + (size_t)i * 4, cells[i]);
	put(o, prop, be, (size_t)n * 4);
}

void dt_out_str(struct dt_out *o, const char *prop, struct str s)
{
	void *value;
	int error;

	if (o->error)
		return;
	error = s.n >= INT32_MAX ? -FDT_ERR_NOSPACE :
				   fdt_property_placeholder(o->buf, prop, (int)s.n + 1, &value);
	if (error == 0) {
		memcpy(value, s.p, s.n);
		((char *)value)[s.n] = '\0';
	}
	did(o, error);
}

enum status dt_out_finish(struct dt_out *o, size_t *len)
{
	dt_out_end_node(o);
	if (o->error == 0)
		did(o, fdt_finish(o->buf));
	if (o->error == 0)
		*len = fdt_totalsize(o->buf);
	return out_status(o->error);
}
