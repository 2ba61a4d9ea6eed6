/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The validator: every mistake of a description in one run, each with the VM, the key as the user
 * wrote it, the value, and what to write instead. This file judges identity, vCPUs, images and
 * entry; memory, devices and what only an ISA knows have files of their own.
 */
#include "vmdesc_priv.h"

#include <base/fmt.h>

#define MESSAGE_SIZE 256
#define CMDLINE_MAX  2047
#define PATH_MAX     255

static void report(const struct vd_check *c, enum diag_level level, struct src_pos at,
		   enum vd_field f, const char *value, const char *text)
{
	struct show key = value ? vmdesc_key_is(c->vd, f) : vmdesc_key(c->vd, f);

	diag_report(c->d, level, at, "%s: %s%s: %s", vmdesc_label(c->vd).s, key.s,
		    value ? value : "", text);
}

void vd_error_cold(const struct vd_check *c, enum vd_field f, struct src_pos at, const char *value,
		   const char *format, ...)
{
	char text[MESSAGE_SIZE];
	va_list ap;

	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	report(c, DIAG_ERROR, at, f, value, text);
}

void vd_warning_cold(const struct vd_check *c, enum vd_field f, struct src_pos at,
		     const char *value, const char *format, ...)
{
	char text[MESSAGE_SIZE];
	va_list ap;

	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	report(c, DIAG_WARNING, at, f, value, text);
}

void vd_note_cold(const struct vd_check *c, struct src_pos at, const char *format, ...)
{
	char text[MESSAGE_SIZE];
	va_list ap;

	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	diag_report(c->d, DIAG_NOTE, at, "%s", text);
}

void vd_fix_cold(const struct vd_check *c, struct src_pos at, const char *format, ...)
{
	char text[MESSAGE_SIZE];
	va_list ap;

	va_start(ap, format);
	fmt_vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	diag_report(c->d, DIAG_FIX, at, "%s", text);
}

/* ---- identity ----------------------------------------------------------------------------- */

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("._-@+", c));
}

static void check_name(const struct vd_check *c)
{
	struct str name = c->vd->name;
	const char *wrong = NULL;

	if (vd_reported(c, VD_F_NAME))
		return;
	if (!name.n)
		wrong = "a VM needs a name";
	else if (name.n > VD_NAME_MAX)
		wrong = "too long";
	for (size_t i = 0; i < name.n && !wrong; i++) {
		if (!is_name_char(name.p[i]))
			wrong = "has a character that names do not have";
	}
	if (!wrong)
		return;
	vd_error(c, VD_F_NAME, c->vd->name_at, NULL, "%s", wrong);
	vd_fix(c, c->vd->name_at, "write 1 to %d letters, digits or . _ - @ +", VD_NAME_MAX);
}

static void check_id(const struct vd_check *c)
{
	/* None was given: it gets one when all are known. */
	if (c->vd->id || !c->vd->id_at.line || vd_reported(c, VD_F_ID))
		return;
	vd_error(c, VD_F_ID, c->vd->id_at, "0", "numbers of VMs begin with 1");
	vd_fix(c, c->vd->id_at, "write a number from 1 on that no other VM has");
}

/* ---- vCPUs -------------------------------------------------------------------------------- */

static void check_hw_id_unique(const struct vd_check *c, u32 i)
{
	const struct vd_vcpu *v = c->vd->vcpus.v;

	for (u32 j = 0; j < i; j++) {
		if (v[j].hw_id != v[i].hw_id)
			continue;
		vd_error(c, VD_F_PHYS_CPU_IDS, v[i].at, show_hex(v[i].hw_id).s,
			 "vCPU %u has the id of vCPU %u", i, j);
		vd_note(c, v[j].at, "vCPU %u is given that id here", j);
		vd_fix(c, v[i].at, "write a different id for each vCPU");
		return;
	}
}

/* "0x0, 0x1, 0x100" */
static struct show list_host_cpus(const struct vd_target *t)
{
	struct show out = { "" };
	size_t used = 0;

	for (u32 i = 0; i < t->n_cpus && used < sizeof(out.s); i++)
		used += (size_t)fmt_snprintf(out.s + used, sizeof(out.s) - used, "%s%s",
					     i ? ", " : "", show_hex(t->cpu_hw_id[i]).s);
	if (used >= sizeof(out.s))
		memcpy(out.s + sizeof(out.s) - 4, "...", 4);
	return out;
}

static void check_host_cpu(const struct vd_check *c, u32 i)
{
	const struct vd_vcpu *v = &c->vd->vcpus.v[i];

	if (!v->has_host_hw_id || !c->t->n_cpus)
		return;
	for (u32 j = 0; j < c->t->n_cpus; j++) {
		if (c->t->cpu_hw_id[j] == v->host_hw_id)
			return;
	}
	vd_error(c, VD_F_PHYS_CPU_IDS, v->at, show_hex(v->host_hw_id).s,
		 "vCPU %u: the machine has no CPU of that id", i);
	vd_fix(c, v->at, "write one of %s, or say with %s where it runs", list_host_cpus(c->t).s,
	       vmdesc_key(c->vd, VD_F_PHYS_CPU_SETS).s);
}

struct show vd_cpus_as_written(const struct vd_check *c, u64 mask, u64 one)
{
	struct show out = show_hex(mask);

	if (!vmdesc_has_cpu_masks(c->vd))
		fmt_snprintf(out.s, sizeof(out.s), "%u", bit_lowest(one));
	return out;
}

static void check_mask(const struct vd_check *c, u32 i)
{
	const struct vd_vcpu *v = &c->vd->vcpus.v[i];
	u64 present = bits_below(c->t->n_cpus);

	if (!v->mask_at.line && !v->cpu_mask)
		return;
	if (!v->cpu_mask)
		vd_error(c, VD_F_PHYS_CPU_SETS, v->mask_at, "0x0", "vCPU %u may run nowhere", i);
	else if (c->t->n_cpus && v->cpu_mask & ~present)
		vd_error(c, VD_F_PHYS_CPU_SETS, v->mask_at,
			 vd_cpus_as_written(c, v->cpu_mask, v->cpu_mask & ~present).s,
			 "vCPU %u: the machine has only %u CPUs", i, c->t->n_cpus);
	else
		return;
	if (c->t->n_cpus && !vmdesc_has_cpu_masks(c->vd))
		vd_fix(c, v->mask_at, "write host CPUs from 0 to %u", c->t->n_cpus - 1);
	else if (c->t->n_cpus)
		vd_fix(c, v->mask_at, "write a mask of host CPUs from 0x1 (CPU 0) to %s (all)",
		       show_hex(present).s);
	else
		vd_fix(c, v->mask_at, "write a mask of host CPUs: 0x1 is CPU 0, 0x2 is CPU 1");
}

static void check_vcpus(const struct vd_check *c)
{
	u32 n = c->vd->vcpus.n;

	if (vd_reported(c, VD_F_CPU_NUM))
		return;
	if (!n || n > VD_MAX_VCPUS) {
		vd_error(c, VD_F_CPU_NUM, c->vd->vcpus_at, n ? NULL : "0", "%s",
			 n ? COLD_TEXT("more vCPUs than a VM can have") :
			     COLD_TEXT("a VM needs a vCPU"));
		vd_fix(c, c->vd->vcpus_at, "write a number from 1 to %d", VD_MAX_VCPUS);
	}
	for (u32 i = 0; i < n; i++) {
		if (!vd_reported(c, VD_F_PHYS_CPU_IDS)) {
			check_hw_id_unique(c, i);
			check_host_cpu(c, i);
		}
		if (!vd_reported(c, VD_F_PHYS_CPU_SETS))
			check_mask(c, i);
	}
}

/* ---- images, entry, command line ---------------------------------------------------------- */

static bool has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((u8)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	}
	return false;
}

static void check_path(const struct vd_check *c, const struct vd_image *image)
{
	const char *wrong = NULL;

	if (!image->path.n)
		wrong = "a path is needed";
	else if (image->path.n > PATH_MAX)
		wrong = "too long for a path";
	else if (has_control(image->path))
		wrong = "has a control character";
	if (!wrong)
		return;
	vd_error(c, vmdesc_image_field(image->role, VD_IMAGE_PATH), image->at, NULL, "%s", wrong);
	vd_fix(c, image->at, "write the name of a file of at most %d bytes", PATH_MAX);
}

/* Else "outside of memory" would only repeat that the memory is wrong. */
static bool mems_known(const struct vd_check *c)
{
	return c->vd->mems.n && !vd_reported(c, VD_F_MEMORY_REGIONS);
}

const struct vd_mem *vd_mem_at(const struct vmdesc *vd, gpa_t gpa)
{
	for (u32 i = 0; i < vd->mems.n; i++) {
		const struct vd_mem *m = &vd->mems.v[i];

		if (range_inside(gpa.v, 1, m->base.v, m->size))
			return m;
	}
	return NULL;
}

/* Where an address would be right: the memory that is there. */
static void fix_into_memory(const struct vd_check *c, struct src_pos at, u32 prot)
{
	for (u32 i = 0; i < c->vd->mems.n; i++) {
		const struct vd_mem *m = &c->vd->mems.v[i];

		if ((m->prot & prot) != prot)
			continue;
		vd_fix(c, at, "write an address in %s", show_range(m->base.v, m->size).s);
		return;
	}
	vd_fix(c, at, "add memory that is executable to %s",
	       vmdesc_key(c->vd, VD_F_MEMORY_REGIONS).s);
}

static void check_in_memory(const struct vd_check *c, enum vd_field f, const struct vd_addr *a)
{
	if (!a->given || vd_reported(c, f) || !mems_known(c) || vd_mem_at(c->vd, a->gpa))
		return;
	vd_error(c, f, a->at, show_hex(a->gpa.v).s, "outside of every memory region");
	fix_into_memory(c, a->at, 0);
}

static void check_load(const struct vd_check *c, u32 i)
{
	const struct vd_image *image = &c->vd->images.v[i];
	enum vd_field f = vmdesc_image_field(image->role, VD_IMAGE_LOAD);

	if (!image->load.given || vd_reported(c, f))
		return;
	check_in_memory(c, f, &image->load);
	for (u32 j = 0; j < i; j++) {
		const struct vd_image *other = &c->vd->images.v[j];

		if (!other->load.given || other->load.gpa.v != image->load.gpa.v)
			continue;
		vd_error(c, f, image->load.at, show_hex(image->load.gpa.v).s,
			 "\"%s\" and \"%s\" are loaded to the same address",
			 show_text(other->path).s, show_text(image->path).s);
		vd_note(c, other->load.at, "the other image's address");
		vd_fix(c, image->load.at, "write an address behind the end of the other image");
		return;
	}
}

static void check_images(const struct vd_check *c)
{
	if (!vmdesc_image(c->vd, VD_IMG_KERNEL) && !vd_reported(c, VD_F_KERNEL_PATH)) {
		struct src_pos start = { c->vd->file, 1, 1 };

		vd_error(c, VD_F_KERNEL_PATH, start, NULL, "a VM needs a kernel image");
		vd_fix(c, start, "write %s\"Image\"", vmdesc_key_is(c->vd, VD_F_KERNEL_PATH).s);
	}
	for (u32 i = 0; i < c->vd->images.n; i++) {
		check_path(c, &c->vd->images.v[i]);
		check_load(c, i);
	}
	check_in_memory(c, VD_F_DTB_LOAD_ADDR, &c->vd->tree);
}

static void check_entry(const struct vd_check *c)
{
	const struct vd_addr *entry = &c->vd->entry;
	const struct vd_mem *m;

	if (!entry->given || vd_reported(c, VD_F_ENTRY_POINT) || !mems_known(c))
		return;
	m = vd_mem_at(c->vd, entry->gpa);
	if (m && m->prot & VD_X)
		return;
	vd_error(c, VD_F_ENTRY_POINT, entry->at, show_hex(entry->gpa.v).s, "%s",
		 m ? COLD_TEXT("in memory that is not executable") :
		     COLD_TEXT("outside of every memory region"));
	if (m)
		vd_note(c, m->at, "region %s is not executable", show_range(m->base.v, m->size).s);
	fix_into_memory(c, entry->at, VD_X);
}

static void check_cmdline(const struct vd_check *c)
{
	struct str s = c->vd->cmdline;

	if (s.n > CMDLINE_MAX) {
		vd_error(c, VD_F_CMDLINE, c->vd->cmdline_at, NULL, "%zu bytes long", s.n);
		vd_fix(c, c->vd->cmdline_at, "shorten it to %d bytes", CMDLINE_MAX);
	}
	if (has_control(s)) {
		vd_error(c, VD_F_CMDLINE, c->vd->cmdline_at, NULL, "has a control character");
		vd_fix(c, c->vd->cmdline_at, "write it on one line, with spaces between the words");
	}
}

enum status vmdesc_validate(const struct vmdesc *vd, const struct vd_target *t, struct diag *d)
{
	const struct vd_check c = { vd, t, d };
	u32 before = d->n_errors;

	check_id(&c);
	check_name(&c);
	check_vcpus(&c);
	check_images(&c);
	check_entry(&c);
	check_cmdline(&c);
	vd_check_mems(&c);
	vd_check_devs(&c);
	vd_check_passes(&c);
	vd_check_reserves(&c);
	vd_check_isa(&c);
	return d->n_errors == before ? OK : E_INVAL;
}
