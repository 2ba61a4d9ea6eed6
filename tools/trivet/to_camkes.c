/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CAmkES: what an Arm VM of the VM_Arm library has attributes for, and all else in `trivet`, by the
 * keys of TOML. A file holds all VMs. Its strings know no escapes, and numbers no underscores.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <base/bits.h>
#include <lib/words.h>

#include "writer.h"

#define RWX	 (VD_R | VD_W | VD_X)
#define NAME_MAX 48

struct instance {
	char name[NAME_MAX];
};

/* ---- values ---------------------------------------------------------------------------------- */

/* NULL: it can stand between quotes. */
static const char *unsayable(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			return "the quote";
		if ((u8)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return "control characters";
	}
	/* For the preprocessor it would take the closing quote with it. */
	return s.n && s.p[s.n - 1] == '\\' ? "the backslash at the end" : NULL;
}

static void put_string(struct writer *w, FILE *out, struct str s, struct src_pos at)
{
	const char *what = unsayable(s);

	if (what)
		say_lost(w, at, "%s of \"%s\"", what, show_text(s).s);
	fputc('"', out);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '"' && (u8)s.p[i] >= 0x20 && s.p[i] != 0x7f)
			fputc(s.p[i], out);
	}
	if (s.n && s.p[s.n - 1] == '\\')
		fputc(' ', out);
	fputc('"', out);
}

/* A string of TOML at @p, behind its opening quote; where it ends. */
static const char *put_toml_string(struct writer *w, FILE *out, const char *p)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	for (; *p && *p != '"'; p++) {
		if (*p != '\\')
			fputc(*p, f);
		else if (*++p == '"' || *p == '\\')
			fputc(*p, f);
		else
			fputc('\n', f); /* some control character */
	}
	fclose(f);
	put_string(w, out, (struct str){ text, len }, (struct src_pos){ 0 });
	free(text);
	return *p ? p + 1 : p;
}

/* TOML's text of a value as this language has it. */
static void put_value(struct writer *w, FILE *out, const char *p)
{
	while (*p) {
		if (*p == '"') {
			p = put_toml_string(w, out, p + 1);
			continue;
		}
		if (*p != '_')
			fputc(*p, out);
		p++;
	}
}

/* ---- lines ------------------------------------------------------------------------------------ */

static void say_pair(struct writer *w, const char *key, struct str s, struct src_pos at)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	put_string(w, f, s, at);
	fclose(f);
	say(w, "            \"%s\" : %s,", key, text);
	free(text);
}

static void say_number(struct writer *w, const char *key, u64 v)
{
	say(w, "            \"%s\" : \"0x%llx\",", key, (unsigned long long)v);
}

/* Of the dictionary `trivet`. */
static void say_key(struct writer *w, enum vd_field f)
{
	char *text, *ours;
	size_t len, n;
	FILE *value = open_memstream(&text, &len);
	bool is_said = write_value(w, f, value);
	FILE *out;

	fclose(value);
	if (is_said) {
		out = open_memstream(&ours, &n);
		put_value(w, out, text);
		fclose(out);
		say(w, "            \"%s\" : %s,", vmdesc_field(f)->key, ours);
		free(ours);
	}
	free(text);
}

/* A row to a line. */
static void say_rows(struct writer *w, enum vd_field f)
{
	const struct value_rows *r = value_rows(f);
	u32 done = 0;

	for (u32 i = 0; i < r->count(w->vd); i++) {
		char remark[128] = "";
		char *text, *ours;
		size_t len, n;
		FILE *row = open_memstream(&text, &len), *out = open_memstream(&ours, &n);
		bool ok = r->row(w, i, row, remark, sizeof(remark));

		fclose(row);
		fputs("                ", out);
		put_value(w, out, text);
		fclose(out);
		if (ok && !done++)
			say(w, "            \"%s\" : [", vmdesc_field(f)->key);
		if (ok)
			say(w, "%s,", ours);
		free(text);
		free(ours);
	}
	if (done)
		say(w, "            ],");
}

/* ---- what there are attributes for ------------------------------------------------------------ */

static const struct vd_mem *only_memory(const struct vmdesc *vd)
{
	const struct vd_mem *m = vd->mems.v;
	bool plain = vd->mems.n == 1 && m->backing == VD_MEM_ALLOC && m->prot == RWX;

	return plain ? m : NULL;
}

static void say_load(struct writer *w, const char *key, const struct vd_image *image)
{
	if (image && image->load.given)
		say_number(w, key, image->load.gpa.v);
}

static void say_addresses(struct writer *w, const char *name)
{
	const struct vmdesc *vd = w->vd;

	say(w, "        %s.vm_address_config = {", name);
	if (vd->mems.n) {
		say_number(w, "ram_base", vd->mems.v[0].base.v);
		say_number(w, "ram_size", vd->mems.v[0].size);
	}
	say_load(w, "initrd_addr", vmdesc_image(vd, VD_IMG_INITRD));
	say_load(w, "dtb_addr", vmdesc_image(vd, VD_IMG_DTB));
	say(w, "        };");
}

static void say_images(struct writer *w, const char *name)
{
	const struct vmdesc *vd = w->vd;
	const struct vd_image *kernel = vmdesc_image(vd, VD_IMG_KERNEL);
	const struct vd_image *initrd = vmdesc_image(vd, VD_IMG_INITRD);
	const struct vd_image *dtb = vmdesc_image(vd, VD_IMG_DTB);

	say(w, "        %s.vm_image_config = {", name);
	if (kernel)
		say_pair(w, "kernel_name", kernel->path, kernel->at);
	else
		say_lost(w, vd->mems_at, "that there is no kernel");
	if (initrd)
		say_pair(w, "initrd_name", initrd->path, initrd->at);
	else
		say(w, "            \"provide_initrd\" : false,");
	if (dtb)
		say_pair(w, "dtb_name", dtb->path, dtb->at);
	say(w, "            \"provide_dtb\" : %s,", dtb ? "true" : "false");
	say(w, "            \"generate_dtb\" : %s,", dtb ? "false" : "true");
	if (vd->cmdline.n)
		say_pair(w, "kernel_bootcmdline", vd->cmdline, vd->cmdline_at);
	say(w, "        };");
}

/* Pinned is the first vCPU alone: there is an attribute for just that. */
static bool has_affinity(const struct vmdesc *vd)
{
	for (u32 i = 1; i < vd->vcpus.n; i++) {
		if (vd->vcpus.v[i].cpu_mask)
			return false;
	}
	return vd->vcpus.n > 1 && is_pow2(vd->vcpus.v[0].cpu_mask);
}

static void say_vcpus(struct writer *w, const char *name)
{
	const struct vmdesc *vd = w->vd;

	say(w, "        %s.num_vcpus = %u;", name, vd->vcpus.n);
	if (has_affinity(vd))
		say(w, "        %s.affinity = %u;", name, bit_lowest(vd->vcpus.v[0].cpu_mask));
}

static void say_irqs(struct writer *w, const char *name)
{
	const struct vmdesc *vd = w->vd;
	u32 n = 0;
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	for (u32 i = 0; i < vd->passes.n; i++) {
		if (is_bare_irq(&vd->passes.v[i]))
			fprintf(f, "%s%u", n++ ? ", " : "", vd->passes.v[i].irq[0].host);
	}
	fclose(f);
	if (n)
		say(w, "        %s.dtb_irqs = [%s];", name, text);
	free(text);
}

/* ---- all else --------------------------------------------------------------------------------- */

static void say_load_keys(struct writer *w)
{
	const struct vmdesc *vd = w->vd;

	if (!only_memory(vd))
		say_rows(w, VD_F_MEMORY_REGIONS);
	if (vd->images.n && vd->images.v[0].source != VD_SRC_HOME)
		say_key(w, VD_F_IMAGE_LOCATION);
	for (u32 i = 1; i < vd->images.n && vd->images.v[0].source == VD_SRC_HOME; i++) {
		if (vd->images.v[i].source != VD_SRC_HOME)
			say_lost(w, vd->images.v[i].at, "another place of \"%s\"",
				 show_text(vd->images.v[i].path).s);
	}
	say_key(w, VD_F_KERNEL_LOAD_ADDR);
	say_key(w, VD_F_ENTRY_POINT);
	say_key(w, VD_F_BOOT);
	say_key(w, VD_F_BIOS_PATH);
	say_key(w, VD_F_BIOS_LOAD_ADDR);
	if (vd->tree.given && !vmdesc_image(vd, VD_IMG_DTB))
		say_key(w, VD_F_DTB_LOAD_ADDR);
	say_rows(w, VD_F_DATA);
}

static void say_ours(struct writer *w, const char *name)
{
	static const enum vd_field rest[] = {
		VD_F_INTERRUPT_MODE,	    VD_F_UNSUPPORTED_INSTRUCTION,
		VD_F_UNSUPPORTED_REFERENCE, VD_F_UNSUPPORTED_REGISTER,
		VD_F_RESERVED_INTERRUPTS,   VD_F_CPU_PRIORITIES,
		VD_F_PHYS_CPU_IDS,	    VD_F_HOST_CPU_IDS,
	};
	const struct vmdesc *vd = w->vd;

	say(w, "        // What this language has no word for, in the keys of TOML.");
	say(w, "        %s.trivet = {", name);
	if (!w->native || vd->id_at.line)
		say_key(w, VD_F_ID);
	if (!str_eq_c(vd->name, name))
		say_key(w, VD_F_NAME);
	for (u32 i = 0; i < array_size(rest); i++)
		say_key(w, rest[i]);
	if (!has_affinity(vd))
		say_key(w, VD_F_PHYS_CPU_SETS);
	say_load_keys(w);
	say_rows(w, VD_F_EMU_DEVICES);
	say_rows(w, VD_F_DEVICE);
	say_rows(w, VD_F_PASS);
	say_rows(w, VD_F_PASSTHROUGH_DEVICES);
	say_rows(w, VD_F_EXCLUDED_DEVICES);
	say_rows(w, VD_F_PASSTHROUGH_ADDRESSES);
	say_rows(w, VD_F_RESERVED);
	say(w, "        };");
}

/* ---- the whole -------------------------------------------------------------------------------- */

/*
 * A word of C that says the VM's name, and is no other VM's; nor one of the language, or a macro:
 * preprocessors have one called linux.
 */
static void name_instance(struct instance *all, u32 i, const struct vmdesc *vd)
{
	size_t n = 0;

	for (size_t k = 0; k < vd->name.n && n < NAME_MAX - 16; k++) {
		char c = vd->name.p[k];

		if (!n && !isalpha((u8)c))
			all[i].name[n++] = '_';
		all[i].name[n++] = isalnum((u8)c) ? c : '_';
	}
	n += (size_t)snprintf(all[i].name + n, NAME_MAX - n, "_vm");
	for (u32 k = 0; k < i; k++) {
		if (strcmp(all[k].name, all[i].name) == 0)
			snprintf(all[i].name + n, NAME_MAX - n, "_%u", i);
	}
}

static void say_vm(struct writer *w, const char *name)
{
	const struct vmdesc *vd = w->vd;
	bool intc = false;

	for (u32 i = 0; i < vd->devs.n; i++)
		intc |= str_starts(vd->devs.v[i].class, "gic");
	if (!intc && (!w->native || vd->absent & BIT(VD_PART_INTC)))
		say_lost(w, vd->mems_at, "that there is no interrupt controller");
	if (vd->isa && strcmp(vd->isa, "aarch64") != 0)
		say_lost(w, vd->isa_at, "that it is made for %s", vd->isa);
	say_addresses(w, name);
	say_images(w, name);
	say_vcpus(w, name);
	say_irqs(w, name);
	say_ours(w, name);
}

static void write_camkes(struct writer *w, const struct vmdesc *const *vms, u32 n)
{
	struct instance *names = calloc(n, sizeof(*names));

	if (!names)
		abort();
	w->irqs_apart = true;
	for (u32 i = 0; i < n; i++) {
		w->vd = vms[i];
		name_instance(names, i, vms[i]);
		say_origin(w);
	}
	say(w, "import <VM_Arm/VM.camkes>;\n\nassembly {\n    composition {");
	for (u32 i = 0; i < n; i++)
		say(w, "        component VM %s;", names[i].name);
	say(w, "    }\n    configuration {");
	for (u32 i = 0; i < n; i++) {
		w->vd = vms[i];
		w->native = w->vd->lang && strcmp(w->vd->lang, w->to->lang) == 0;
		if (i)
			say(w, "%s", "");
		say_vm(w, names[i].name);
	}
	say(w, "    }\n}");
	free(names);
}

const struct dialect dialect_camkes = {
	.name = "camkes",
	.title = "CAmkES",
	.lang = "camkes",
	.suffix = ".camkes",
	.comment = "//",
	.several = true,
	.write = write_camkes,
};
