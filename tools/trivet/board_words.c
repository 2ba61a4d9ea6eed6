/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What things of a board are called, and text for people: all of it on one line and valid UTF-8,
 * whatever the file's names hold.
 */
#include <stdlib.h>
#include <string.h>

#include <lib/words.h>

#include "board.h"
#include "json.h"

#define PICK(table, i) ((size_t)(i) < array_size(table) ? (table)[i] : "?")

const char *board_kind_name(enum area_kind kind)
{
	static const char *const name[] = {
		[AREA_RAM] = "ram",	     [AREA_ROM] = "rom",     [AREA_DEVICE] = "device",
		[AREA_PASS] = "passthrough", [AREA_IMAGE] = "image", [AREA_RESERVED] = "reserved",
		[AREA_TREE] = "tree",
	};

	return PICK(name, kind);
}

const char *board_abi_name(enum vm_boot_abi abi)
{
	static const char *const name[] = { "as its image says", "as Linux", "raw" };

	return PICK(name, abi);
}

const char *board_intc_mode_name(enum vm_intc_mode mode)
{
	static const char *const name[] = { "emulated", "none of the host's",
					    "tied to the host's" };

	return PICK(name, mode);
}

const char *board_role_name(enum vd_image_role role)
{
	static const char *const name[] = { "kernel", "initrd", "dtb", "bios", "data" };

	return PICK(name, role);
}

const char *board_trigger_name(enum vd_trigger t)
{
	static const char *const name[] = { "level", "edge" };

	return PICK(name, t);
}

const char *board_action_name(enum vd_action a)
{
	static const char *const name[] = { "fail", "ignore", "abort" };

	return PICK(name, a);
}

const char *board_prot_name(u32 prot)
{
	return tool_text("%c%c%c", prot & VD_R ? 'r' : '-', prot & VD_W ? 'w' : '-',
			 prot & VD_X ? 'x' : '-');
}

const char *board_pass_name(const struct vd_pass *p)
{
	if (p->name.n || p->path.n)
		return tool_clean(p->name.n ? p->name : p->path);
	return p->n_win ? tool_text("host %s", show_hex(p->win[0].hpa.v).s) : "host interrupt";
}

u32 board_pass_prot(const struct vd_pass_window *w)
{
	u32 rights = w->prot & (VD_R | VD_W | VD_X);

	return rights ? rights : VD_R | VD_W;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const char *board_where(const struct vmdesc *vd, struct src_pos at)
{
	if (!at.line && !at.col)
		return "default";
	if (!at.line)
		return tool_text("word %u", at.col);
	if (!at.file || !vd->file || strcmp(at.file, vd->file) == 0)
		return tool_text("line %u", at.line);
	return tool_text("%s:%u", tool_clean(str_of(base_name(at.file))), at.line);
}

u32 board_find_vm(const struct tool_set *set, const char *word)
{
	for (u32 i = 0; i < set->n; i++)
		if (str_eq_c(set->vms[i]->name, word))
			return i;
	for (u32 i = 0; i < set->n; i++)
		if (strcmp(tool_text("%u", set->vms[i]->id), word) == 0)
			return i;
	return set->n;
}

static const struct image_fit *fit_of(const struct tool_set *set, const struct vmdesc *vd)
{
	for (u32 i = 0; i < set->n; i++)
		if (set->vms[i] == vd && set->fits && set->fits[i].n)
			return &set->fits[i];
	return NULL;
}

/* Where its first byte lies, when it was planned; else what the description says. */
struct board_image board_image(const struct tool_set *set, const struct vmdesc *vd, u32 index)
{
	const struct vd_image *image = &vd->images.v[index];
	struct board_image known = { image->load.gpa.v, 0, image->load.given };
	const struct image_fit *fit = fit_of(set, vd);

	for (u32 i = 0; fit && i < fit->n; i++) {
		const struct load_plan *plan = &fit->image[i].plan;

		if (fit->image[i].desc != image || !plan->n)
			continue;
		known = (struct board_image){ plan->step[0].dst.v, plan->mem_size, true };
		for (u32 k = 1; k < plan->n; k++)
			known.base = MIN(known.base, plan->step[k].dst.v);
	}
	return known;
}

bool board_tree(const struct tool_set *set, const struct vmdesc *vd, u64 *base)
{
	const struct image_fit *fit = fit_of(set, vd);

	*base = fit ? fit->fdt.v : vd->tree.gpa.v;
	return fit || vd->tree.given;
}

/* ---- text ---------------------------------------------------------------------------------- */

char *tool_text(const char *format, ...)
{
	va_list ap, again;
	char *p;
	int n;

	va_start(ap, format);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	p = tool_alloc((size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, format, again);
	va_end(again);
	return p;
}

const char *tool_clean(struct str s)
{
	char *out = tool_alloc(s.n + 1), *p = out;

	while (s.n) {
		u32 n = utf8_length(s);
		unsigned char c = (unsigned char)*s.p;

		if (n == 0 || c < ' ' || c == 0x7f) {
			n = 1;
			*p++ = '?';
		} else {
			memcpy(p, s.p, n);
			p += n;
		}
		s.p += n;
		s.n -= n;
	}
	return out;
}

u32 tool_columns(const char *s)
{
	u32 n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

const char *tool_size(u64 bytes)
{
	static const char unit[] = "KMGTPE";
	u32 shift = 0;
	u64 tenths;

	while (shift < 60 && bytes >> shift >= 1024)
		shift += 10;
	if (!shift)
		return tool_text("%llu B", (unsigned long long)bytes);
	/* Half a tenth would be lost in the last unit: nobody has that much. */
	tenths = shift >= 60 ? (bytes >> shift) * 10 : (bytes >> (shift - 10)) * 10 / 1024;
	if (tenths % 10 == 0 || tenths >= 1000)
		return tool_text("%llu %ciB", (unsigned long long)tenths / 10,
				 unit[shift / 10 - 1]);
	return tool_text("%llu.%llu %ciB", (unsigned long long)tenths / 10,
			 (unsigned long long)tenths % 10, unit[shift / 10 - 1]);
}
