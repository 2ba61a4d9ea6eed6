/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A description in the keys of TOML (lib/vmdesc/fields.def), value by value. What a value leaves
 * to the default board is not said; so whoever wants the board in full completes it first.
 */
#include <stdlib.h>
#include <string.h>

#include <base/bits.h>
#include <lib/words.h>

#include "writer.h"

/* ---- pieces --------------------------------------------------------------------------------- */

/* Bytes of the character at @s, 0 when it is no UTF-8 (RFC 3629, 4). */
static size_t utf8_len(struct str s)
{
	u8 c = (u8)s.p[0];
	size_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
	u8 second = n > 1 && s.n > 1 ? (u8)s.p[1] : 0x80;

	if (n > s.n || (c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f) ||
	    (c == 0xf0 && second < 0x90) || (c == 0xf4 && second > 0x8f))
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (((u8)s.p[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

static void put_char(FILE *out, struct str s, size_t n)
{
	static const char from[] = "\b\t\n\f\r\"\\", to[] = "btnfr\"\\";
	const char *esc = n == 1 && *s.p ? strchr(from, *s.p) : NULL;

	if (esc)
		fprintf(out, "\\%c", to[esc - from]);
	else if (n == 1 && ((u8)*s.p < 0x20 || *s.p == 0x7f))
		fprintf(out, "\\u%04X", (u8)*s.p);
	else
		fwrite(s.p, 1, n, out);
}

void write_string(struct writer *w, FILE *out, struct str s, struct src_pos at)
{
	bool told = false;

	fputc('"', out);
	while (s.n) {
		size_t n = utf8_len(s);

		if (n) {
			put_char(out, s, n);
		} else if (!told) {
			told = true;
			say_lost(w, at, "bytes of \"%s\" that are no UTF-8", show_text(s).s);
		}
		s.p += n ? n : 1;
		s.n -= n ? n : 1;
	}
	fputc('"', out);
}

static bool put_hex(FILE *out, u64 v)
{
	fputs(show_hex(v).s, out);
	return true;
}

static bool put_addr(FILE *out, struct vd_addr a)
{
	return a.given && put_hex(out, a.gpa.v);
}

static bool put_text(struct writer *w, FILE *out, struct str s, struct src_pos at)
{
	if (!s.n)
		return false;
	write_string(w, out, s, at);
	return true;
}

/* ---- [base] ---------------------------------------------------------------------------------- */

static bool put_id(struct writer *w, FILE *out)
{
	fprintf(out, "%u", w->vd->id);
	return w->vd->id;
}

static bool put_name(struct writer *w, FILE *out)
{
	return put_text(w, out, w->vd->name, w->vd->name_at);
}

static bool put_cpu_num(struct writer *w, FILE *out)
{
	fprintf(out, "%u", w->vd->vcpus.n);
	return true;
}

/* How many vCPUs have it: all, or it is lost where TOML has one list for all of them. */
static bool all_or_none(struct writer *w, u32 n, const char *what)
{
	if (n && n < w->vd->vcpus.n)
		say_lost(w, w->vd->vcpus_at, "%s of %u of %u vCPUs", what, n, w->vd->vcpus.n);
	return n && n == w->vd->vcpus.n;
}

static bool has_masks(struct writer *w)
{
	u32 n = 0;

	for (u32 i = 0; i < w->vd->vcpus.n; i++)
		n += w->vd->vcpus.v[i].cpu_mask != 0;
	return all_or_none(w, n, "host CPUs");
}

/* Without masks phys_cpu_ids also says where vCPUs run. */
static bool put_phys_cpu_ids(struct writer *w, FILE *out)
{
	const struct vmdesc *vd = w->vd;
	u32 n = 0;

	for (u32 i = 0; i < vd->vcpus.n; i++)
		n += vd->vcpus.v[i].has_hw_id;
	if (!all_or_none(w, n, "ids"))
		return false;
	fputc('[', out);
	for (u32 i = 0; i < vd->vcpus.n; i++) {
		u64 id = vd->vcpus.v[i].hw_id;

		fprintf(out, id < 0x100 ? "%s%llu" : "%s0x%llx", i ? ", " : "",
			(unsigned long long)id);
	}
	fputc(']', out);
	return true;
}

/* What phys_cpu_ids says of host CPUs unasked, and what the model has. */
static bool put_host_cpu_ids(struct writer *w, FILE *out)
{
	const struct vmdesc *vd = w->vd;
	u32 n = 0, n_other = 0;

	for (u32 i = 0; i < vd->vcpus.n; i++) {
		const struct vd_vcpu *v = &vd->vcpus.v[i];
		bool implied = v->has_hw_id && !v->cpu_mask;

		n += v->has_host_hw_id;
		n_other += v->has_host_hw_id != implied || (implied && v->host_hw_id != v->hw_id);
	}
	if (!n_other || (n && !all_or_none(w, n, "host CPUs by their ids")))
		return false;
	fputc('[', out);
	for (u32 i = 0; n && i < vd->vcpus.n; i++)
		fprintf(out, "%s0x%llx", i ? ", " : "",
			(unsigned long long)vd->vcpus.v[i].host_hw_id);
	fputc(']', out);
	return true;
}

static bool put_phys_cpu_sets(struct writer *w, FILE *out)
{
	if (!has_masks(w))
		return false;
	fputc('[', out);
	for (u32 i = 0; i < w->vd->vcpus.n; i++)
		fprintf(out, "%s%s", i ? ", " : "", show_hex(w->vd->vcpus.v[i].cpu_mask).s);
	fputc(']', out);
	return true;
}

/* ---- [kernel] -------------------------------------------------------------------------------- */

static bool put_entry(struct writer *w, FILE *out)
{
	return put_addr(out, w->vd->entry);
}

static bool put_location(struct writer *w, FILE *out)
{
	static const char *const word[] = {
		[VD_SRC_FS] = "fs", [VD_SRC_MEMORY] = "memory", [VD_SRC_HOME] = "home"
	};
	const struct vmdesc *vd = w->vd;
	enum vd_source source = vd->images.n ? vd->images.v[0].source : VD_SRC_FS;

	for (u32 i = 1; i < vd->images.n; i++) {
		if (vd->images.v[i].source != source)
			say_lost(w, vd->images.v[i].at, "\"%s\" in another place than \"%s\"",
				 show_text(vd->images.v[i].path).s,
				 show_text(vd->images.v[0].path).s);
	}
	fprintf(out, "\"%s\"", word[source]);
	return true;
}

static bool put_path(struct writer *w, FILE *out, enum vd_image_role role)
{
	const struct vd_image *first = vmdesc_image(w->vd, role);

	if (!first)
		return false;
	for (u32 i = 0; i < w->vd->images.n; i++) {
		const struct vd_image *image = &w->vd->images.v[i];

		if (image != first && image->role == role)
			say_lost(w, image->at, "a second image of its kind, \"%s\"",
				 show_text(image->path).s);
	}
	write_string(w, out, first->path, first->at);
	return true;
}

static bool put_load(struct writer *w, FILE *out, enum vd_image_role role)
{
	const struct vd_image *image = vmdesc_image(w->vd, role);

	return image && put_addr(out, image->load);
}

static bool put_kernel(struct writer *w, FILE *out)
{
	return put_path(w, out, VD_IMG_KERNEL);
}

static bool put_kernel_load(struct writer *w, FILE *out)
{
	return put_load(w, out, VD_IMG_KERNEL);
}

static bool put_ramdisk(struct writer *w, FILE *out)
{
	return put_path(w, out, VD_IMG_INITRD);
}

static bool put_ramdisk_load(struct writer *w, FILE *out)
{
	return put_load(w, out, VD_IMG_INITRD);
}

static bool put_dtb(struct writer *w, FILE *out)
{
	return put_path(w, out, VD_IMG_DTB);
}

static bool put_dtb_load(struct writer *w, FILE *out)
{
	if (vmdesc_image(w->vd, VD_IMG_DTB))
		return put_load(w, out, VD_IMG_DTB);
	return put_addr(out, w->vd->tree);
}

static bool put_bios(struct writer *w, FILE *out)
{
	return put_path(w, out, VD_IMG_BIOS);
}

static bool put_bios_load(struct writer *w, FILE *out)
{
	return put_load(w, out, VD_IMG_BIOS);
}

static bool put_cmdline(struct writer *w, FILE *out)
{
	return put_text(w, out, w->vd->cmdline, w->vd->cmdline_at);
}

static u32 count_mems(const struct vmdesc *vd)
{
	return vd->mems.n;
}

static void remark_mem(const struct vd_mem *m, char *remark, size_t size)
{
	static const char *const backing[] = {
		[VD_MEM_ALLOC] = "allocated",
		[VD_MEM_CLAIMED] = "the host's memory of that address, claimed",
		[VD_MEM_RESERVED] = "reserved memory of the host",
	};

	snprintf(remark, size, "%s, %s%s%s, %s", show_size(m->size).s, m->prot & VD_R ? "r" : "-",
		 m->prot & VD_W ? "w" : "-", m->prot & VD_X ? "x" : "-", backing[m->backing]);
}

static bool row_mem(struct writer *w, u32 i, FILE *out, char *remark, size_t size)
{
	const struct vd_mem *m = &w->vd->mems.v[i];

	fprintf(out, "[%s, %s, 0x%x, %u", show_hex(m->base.v).s, show_hex(m->size).s, m->prot,
		(unsigned)m->backing);
	if (m->backing != VD_MEM_ALLOC && m->host.v != m->base.v)
		fprintf(out, ", %s", show_hex(m->host.v).s);
	fputc(']', out);
	remark_mem(m, remark, size);
	return true;
}

/* ---- [devices], what has no rows ---------------------------------------------------------- */

static bool put_interrupt_mode(struct writer *w, FILE *out)
{
	static const char *const word[] = {
		[VM_INTC_EMULATED] = "emu", [VM_INTC_NONE] = "no_irq", [VM_INTC_PASSTHROUGH] = "passthrough"
	};

	fprintf(out, "\"%s\"", word[w->vd->intc]);
	return w->vd->intc != VM_INTC_EMULATED;
}

/* ---- [trivet] -------------------------------------------------------------------------------- */

static bool put_priorities(struct writer *w, FILE *out)
{
	bool any = false;

	fputc('[', out);
	for (u32 i = 0; i < w->vd->vcpus.n; i++) {
		any = any || w->vd->vcpus.v[i].priority;
		fprintf(out, "%s%u", i ? ", " : "", w->vd->vcpus.v[i].priority);
	}
	fputc(']', out);
	return any;
}

static bool put_policy(struct writer *w, FILE *out, enum vd_unsupported what)
{
	static const char *const word[] = {
		[VD_FAIL] = "fail", [VD_IGNORE] = "ignore", [VD_ABORT] = "abort"
	};

	fprintf(out, "\"%s\"", word[w->vd->policy.unsupported[what]]);
	return w->vd->policy.unsupported[what] != VD_FAIL;
}

static bool put_instruction(struct writer *w, FILE *out)
{
	return put_policy(w, out, VD_UNSUP_INSTRUCTION);
}

static bool put_reference(struct writer *w, FILE *out)
{
	return put_policy(w, out, VD_UNSUP_REFERENCE);
}

static bool put_register(struct writer *w, FILE *out)
{
	return put_policy(w, out, VD_UNSUP_REGISTER);
}

static u32 count_reserves(const struct vmdesc *vd)
{
	return vd->reserves.n;
}

static bool row_reserve(struct writer *w, u32 i, FILE *out, char *remark, size_t size)
{
	const struct vd_window *win = &w->vd->reserves.v[i].win;

	snprintf(remark, size, "%s", show_range(win->base.v, win->size).s);
	fprintf(out, "[%s, %s]", show_hex(win->base.v).s, show_hex(win->size).s);
	return win->size;
}

static bool put_reserved_irqs(struct writer *w, FILE *out)
{
	u32 n = 0;

	fputc('[', out);
	for (u32 i = 0; i < w->vd->reserves.n; i++) {
		if (!w->vd->reserves.v[i].win.size)
			fprintf(out, "%s%u", n++ ? ", " : "", w->vd->reserves.v[i].irq);
	}
	fputc(']', out);
	return n;
}

static bool put_console(struct writer *w, FILE *out)
{
	fputs("false", out);
	for (u32 i = 0; i < w->vd->devs.n; i++) {
		if (is_console(&w->vd->devs.v[i]))
			return false;
	}
	return w->vd->absent & BIT(VD_PART_CONSOLE);
}

static bool put_intc(struct writer *w, FILE *out)
{
	fputs("false", out);
	for (u32 i = 0; i < w->vd->devs.n; i++) {
		if (str_starts(w->vd->devs.v[i].class, "gic"))
			return false;
	}
	return w->vd->absent & BIT(VD_PART_INTC);
}

static bool put_boot(struct writer *w, FILE *out)
{
	static const char *const word[] = {
		[VM_BOOT_AUTO] = "auto", [VM_BOOT_LINUX] = "linux", [VM_BOOT_RAW] = "raw"
	};

	fprintf(out, "\"%s\"", word[w->vd->abi]);
	return w->vd->abi != VM_BOOT_AUTO;
}

/* An interrupt controller says it as well. */
static bool put_isa(struct writer *w, FILE *out)
{
	for (u32 i = 0; i < w->vd->devs.n; i++) {
		if (str_starts(w->vd->devs.v[i].class, "gic"))
			return false;
	}
	return put_text(w, out, str_of(w->vd->isa), w->vd->isa_at);
}

static u32 count_images(const struct vmdesc *vd)
{
	return vd->images.n;
}

static bool row_data(struct writer *w, u32 i, FILE *out, char *remark, size_t size)
{
	const struct vd_image *image = &w->vd->images.v[i];

	(void)remark;
	(void)size;
	if (image->role != VD_IMG_DATA)
		return false;
	if (!image->load.given)
		say_lost(w, image->at, "\"%s\" without an address", show_text(image->path).s);
	fputc('[', out);
	write_string(w, out, image->path, image->at);
	fprintf(out, ", %s]", show_hex(image->load.gpa.v).s);
	return image->load.given;
}

/* ---- by field -------------------------------------------------------------------------------- */

static const struct value_rows rows[] = {
	{ VD_F_MEMORY_REGIONS, count_mems, row_mem },
	{ VD_F_RESERVED, count_reserves, row_reserve },
	{ VD_F_DATA, count_images, row_data },
};

const struct value_rows *value_rows(enum vd_field f)
{
	for (u32 i = 0; i < array_size(rows); i++) {
		if (rows[i].field == f)
			return &rows[i];
	}
	return device_rows(f);
}

static bool put_rows(struct writer *w, const struct value_rows *r, FILE *out)
{
	u32 n = r->count(w->vd);
	u32 done = 0;

	fputc('[', out);
	for (u32 i = 0; i < n; i++) {
		char *text;
		size_t len;
		FILE *row = open_memstream(&text, &len);
		char remark[128];
		bool ok = r->row(w, i, row, remark, sizeof(remark));

		fclose(row);
		if (ok)
			fprintf(out, "%s%s", done++ ? ", " : "", text);
		free(text);
	}
	fputc(']', out);
	return done;
}

static bool (*const put[VD_FIELDS])(struct writer *w, FILE *out) = {
	[VD_F_ID] = put_id,
	[VD_F_NAME] = put_name,
	[VD_F_CPU_NUM] = put_cpu_num,
	[VD_F_PHYS_CPU_IDS] = put_phys_cpu_ids,
	[VD_F_PHYS_CPU_SETS] = put_phys_cpu_sets,
	[VD_F_ENTRY_POINT] = put_entry,
	[VD_F_IMAGE_LOCATION] = put_location,
	[VD_F_KERNEL_PATH] = put_kernel,
	[VD_F_KERNEL_LOAD_ADDR] = put_kernel_load,
	[VD_F_RAMDISK_PATH] = put_ramdisk,
	[VD_F_RAMDISK_LOAD_ADDR] = put_ramdisk_load,
	[VD_F_DTB_PATH] = put_dtb,
	[VD_F_DTB_LOAD_ADDR] = put_dtb_load,
	[VD_F_CMDLINE] = put_cmdline,
	[VD_F_BIOS_PATH] = put_bios,
	[VD_F_BIOS_LOAD_ADDR] = put_bios_load,
	[VD_F_INTERRUPT_MODE] = put_interrupt_mode,
	[VD_F_HOST_CPU_IDS] = put_host_cpu_ids,
	[VD_F_CPU_PRIORITIES] = put_priorities,
	[VD_F_UNSUPPORTED_INSTRUCTION] = put_instruction,
	[VD_F_UNSUPPORTED_REFERENCE] = put_reference,
	[VD_F_UNSUPPORTED_REGISTER] = put_register,
	[VD_F_RESERVED_INTERRUPTS] = put_reserved_irqs,
	[VD_F_CONSOLE] = put_console,
	[VD_F_INTERRUPT_CONTROLLER] = put_intc,

	[VD_F_BOOT] = put_boot,
	[VD_F_ISA] = put_isa,
};

bool write_value(struct writer *w, enum vd_field f, FILE *out)
{
	const struct value_rows *r = value_rows(f);
	char *text;
	size_t len;
	FILE *value = open_memstream(&text, &len);
	bool is_said = r ? put_rows(w, r, value) : put[f] && put[f](w, value);

	fclose(value);
	if (is_said)
		fwrite(text, 1, len, out);
	free(text);
	return is_said;
}
