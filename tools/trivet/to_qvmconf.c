/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qvm's language: memory before what is loaded into it, the interrupt controller before those that
 * name it. What qvm has no words for is said by our keys, `set trivet-KEY`, which hold at the end
 * and override what stands above.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <base/bits.h>
#include <lib/words.h>

#include "writer.h"

#define PAGE	     0x1000
#define GICV3_DIST   0x10000
#define GICV3_REDIST 0x20000
#define GICV2_CPU    0x2000
#define TOKEN_MAX    4095
#define RWX	     (VD_R | VD_W | VD_X)

/* ---- tokens ---------------------------------------------------------------------------------- */

/* Words that are options somewhere: in quotes they are none. */
static bool is_option(struct str s)
{
	static const char *const words[] = {
		"system",  "ram",     "rom",	    "load",	 "acpi",     "data",
		"fdt",	   "guest",   "initrd",	    "cmdline",	 "cpu",	     "sched",
		"vdev",	   "cluster", "pass",	    "loc",	 "intr",     "reserve",
		"set",	   "logger",  "partition",  "dump",	 "dryrun",   "unsupported",
		"debug",   "safety",  "name",	    "runmask",	 "log",	     "batch",
		"delayed", "hostdev", "hostvector", "its",	 "version",  "gicd",
		"gicc",	   "gicr",    "msi",	    "legacy",	 "threads",  "dio",
		"peer",	   "mac",     "tapdev",	    "tag",	 "directio", "display",
		"offset",  "options", "pipeline",   "protocol",	 "screen",   "size",
		"window",  "zorder",  "create",	    "allow",	 "deny",     "gid",
		"umask",   "subst",   "action",	    "frequency", "intrmap",  "reg",
		"clone",
	};

	for (u32 i = 0; i < array_size(words); i++) {
		if (str_eq_c(s, words[i]))
			return true;
	}
	return false;
}

static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!isalnum((u8)s.p[i]) && (!s.p[i] || !strchr("._/+@,-", s.p[i])))
			return false;
	}
	return s.n && !is_option(s);
}

/* In quotes as it stands; `$` ends a pair of them, so that no name of a variable follows it. */
static void put_quoted(FILE *out, struct str s)
{
	fputc('"', out);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			fputc('\\', out);
		fputc(s.p[i], out);
		if (s.p[i] == '$' && i + 1 < s.n)
			fputs("\"\"", out);
	}
	fputc('"', out);
}

/* A token with any text, as far as tokens go. */
static void put_token(struct writer *w, FILE *out, struct str s, struct src_pos at)
{
	bool control = false;

	for (size_t i = 0; i < s.n; i++)
		control |= (u8)s.p[i] < 0x20;
	if (control)
		say_lost(w, at, "control characters of \"%s\"", show_text(s).s);
	if (s.n > TOKEN_MAX)
		say_lost(w, at, "what stands behind %d bytes of \"%s\"", TOKEN_MAX, show_text(s).s);
	s.n = MIN(s.n, (size_t)TOKEN_MAX);
	if (is_plain(s))
		fwrite(s.p, 1, s.n, out);
	else
		put_quoted(out, s);
}

/* An option and a token. */
static void say_token(struct writer *w, const char *option, struct str s, struct src_pos at)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fprintf(f, "%s ", option);
	put_token(w, f, s, at);
	fclose(f);
	say(w, "%s", text);
	free(text);
}

static struct show address(u64 v)
{
	struct show out;

	snprintf(out.s, sizeof(out.s), v >> 32 ? "0x%llx" : "0x%08llx", (unsigned long long)v);
	return out;
}

static struct show length(u64 v)
{
	static const char unit[] = { 'G', 'M', 'K' };
	struct show out;

	for (u32 i = 0; i < sizeof(unit); i++) {
		u32 shift = 30 - 10 * i;

		if (v && !(v & bits_below(shift))) {
			snprintf(out.s, sizeof(out.s), "%llu%c", (unsigned long long)(v >> shift),
				 unit[i]);
			return out;
		}
	}
	snprintf(out.s, sizeof(out.s), "0x%llx", (unsigned long long)v);
	return out;
}

/* ---- our keys -------------------------------------------------------------------------------- */

/* Of TOML's text of a word: the word. */
static struct str word_of(const char *text, size_t len)
{
	return *text == '"' ? (struct str){ text + 1, len - 2 } : (struct str){ text, len };
}

/* set trivet-KEY VALUE, when there is anything to say. */
static void say_key(struct writer *w, enum vd_field f)
{
	const struct vd_field_info *info = vmdesc_field(f);
	char option[64];
	char *text;
	size_t len;
	FILE *value = open_memstream(&text, &len);
	bool is_said = write_value(w, f, value);

	fclose(value);
	snprintf(option, sizeof(option), "set trivet-%s", info->key);
	/* Numbers need no quotes; words are taken as they are. */
	if (is_said && (info->kind == VD_KIND_UINT || info->kind == VD_KIND_BOOL))
		say(w, "%s %s", option, text);
	else if (is_said)
		say_token(w, option, word_of(text, len), (struct src_pos){ 0 });
	free(text);
}

/* ---- what there is one of -------------------------------------------------------------------- */

static void say_vm(struct writer *w)
{
	const struct vmdesc *vd = w->vd;

	say_token(w, "system", vd->name, vd->name_at);
	if (!w->native || vd->id_at.line)
		say_key(w, VD_F_ID);
}

/* Memory as ram and rom say it; what they cannot is said of all regions at once. */
static void say_memory(struct writer *w)
{
	bool exact = true;

	say(w, "%s", "");
	for (u32 i = 0; i < w->vd->mems.n; i++) {
		const struct vd_mem *m = &w->vd->mems.v[i];

		if (m->backing != VD_MEM_CLAIMED || m->prot != RWX)
			say(w, "%s %s,%s", m->prot & VD_W ? "ram" : "rom", address(m->base.v).s,
			    length(m->size).s);
		else
			say(w, "pass loc mem:%s,%s,rwxcm=%s", address(m->base.v).s,
			    length(m->size).s, address(m->host.v).s);
		if (m->backing == VD_MEM_CLAIMED)
			exact = exact && m->prot == RWX;
		else
			exact = exact && m->backing == VD_MEM_ALLOC &&
				(m->prot == RWX || m->prot == (VD_R | VD_X));
	}
	if (!exact)
		say_key(w, VD_F_MEMORY_REGIONS);
}

/* Without an address in front, something like one would be taken for it. */
static bool seems_address(struct str path)
{
	const char *comma = path.n ? memchr(path.p, ',', path.n) : NULL;
	const char *p = path.p;

	while (comma && p < comma && (isxdigit((u8)*p) || strchr("xXkKmMgG_", *p)))
		p++;
	return comma && (p == comma || isdigit((u8)path.p[0]));
}

static void say_image(struct writer *w, const struct vd_image *image)
{
	static const char *const option[VD_IMG_ROLES] = {
		[VD_IMG_KERNEL] = "guest load ",
		[VD_IMG_INITRD] = "initrd load ",
		[VD_IMG_DTB] = "fdt load ",
		[VD_IMG_DATA] = "data load ",
	};
	char *text;
	size_t len;
	FILE *f;

	if (!option[image->role])
		return;
	if (image->role == VD_IMG_DATA && !image->load.given) {
		say_lost(w, image->at, "\"%s\" without an address", show_text(image->path).s);
		return;
	}
	if (!image->load.given && seems_address(image->path))
		say_lost(w, image->at, "the comma of \"%s\"", show_text(image->path).s);
	f = open_memstream(&text, &len);
	fputs(option[image->role], f);
	if (image->load.given)
		fprintf(f, "%s,", address(image->load.gpa.v).s);
	put_token(w, f, image->path, image->at);
	fclose(f);
	say(w, "%s", text);
	free(text);
}

/* A blob that is loaded besides the kernel and may be started is AxVisor's idea. */
static void say_bios(struct writer *w)
{
	const struct vd_image *bios = vmdesc_image(w->vd, VD_IMG_BIOS);

	if (!bios)
		return;
	say_token(w, "set trivet-bios_path", bios->path, bios->at);
	say_key(w, VD_F_BIOS_LOAD_ADDR);
}

static void say_images(struct writer *w)
{
	const struct vmdesc *vd = w->vd;

	for (u32 i = 0; i < vd->images.n; i++)
		say_image(w, &vd->images.v[i]);
	say_bios(w);
	if (vd->images.n && vd->images.v[0].source != VD_SRC_HOME)
		say_key(w, VD_F_IMAGE_LOCATION);
	for (u32 i = 1; i < vd->images.n; i++) {
		if (vd->images.v[i].source != vd->images.v[0].source &&
		    vd->images.v[0].source == VD_SRC_HOME)
			say_lost(w, vd->images.v[i].at, "another place of \"%s\"",
				 show_text(vd->images.v[i].path).s);
	}
	say_key(w, VD_F_ENTRY_POINT);
	say_key(w, VD_F_BOOT);
	if (vd->tree.given && !vmdesc_image(vd, VD_IMG_DTB))
		say_key(w, VD_F_DTB_LOAD_ADDR);
	if (vd->cmdline.n)
		say_token(w, "cmdline", vd->cmdline, vd->cmdline_at);
}

/* ---- vCPUs ------------------------------------------------------------------------------------ */

static void say_vcpu(struct writer *w, const struct vd_vcpu *v)
{
	char line[256];
	int n = snprintf(line, sizeof(line), "cpu");

	if (v->priority && v->priority <= 255)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " sched %u", v->priority);
	for (u32 i = 0, done = 0; i < 64; i++) {
		if (v->cpu_mask & BIT(i))
			n += snprintf(line + n, sizeof(line) - (size_t)n, "%s%u",
				      done++ ? "," : " runmask ", i);
	}
	say(w, "%s", line);
}

static void say_vcpus(struct writer *w)
{
	bool high = false;

	say(w, "%s", "");
	for (u32 i = 0; i < w->vd->vcpus.n; i++) {
		say_vcpu(w, &w->vd->vcpus.v[i]);
		high |= w->vd->vcpus.v[i].priority > 255;
	}
	if (high)
		say_key(w, VD_F_CPU_PRIORITIES);
	say_key(w, VD_F_PHYS_CPU_IDS);
	say_key(w, VD_F_HOST_CPU_IDS);
}

/* ---- devices ---------------------------------------------------------------------------------- */

static bool is_intc(const struct vd_dev *d)
{
	return str_eq_c(d->class, "gicv3") || str_eq_c(d->class, "gicv2");
}

/* Whether vdev gic makes exactly this. */
static bool intc_is_sayable(const struct vmdesc *vd, const struct vd_dev *d)
{
	bool v3 = str_eq_c(d->class, "gicv3");

	return d->n_win == 2 && !d->n_irq && d->win[0].base.v && d->win[1].base.v &&
	       d->win[0].size == (v3 ? GICV3_DIST : PAGE) &&
	       d->win[1].size == (v3 ? GICV3_REDIST * (u64)vd->vcpus.n : GICV2_CPU) &&
	       !(d->name.n && memchr(d->name.p, ':', d->name.n));
}

static void say_name(struct writer *w, const struct vd_dev *d, const char *usual)
{
	if (d->name.n && !str_eq_c(d->name, usual))
		say_token(w, "\tname", d->name, d->at);
}

static void say_intc(struct writer *w, const struct vd_dev *d)
{
	bool v3 = str_eq_c(d->class, "gicv3");

	if (!intc_is_sayable(w->vd, d)) {
		say_lost(w, d->at, "interrupt controller %s as it is", show_text(d->class).s);
		return;
	}
	say_with(w, "vdev gic", "before the devices that name it");
	say(w, "\tversion %d", v3 ? 3 : 2);
	say(w, "\tgicd %s", address(d->win[0].base.v).s);
	say(w, "\t%s %s", v3 ? "gicr" : "gicc", address(d->win[1].base.v).s);
	say_name(w, d, "gic");
}

static bool is_byte_wide(const struct vd_dev *d)
{
	return d->options.n == 1 && str_eq_c(d->options.v[0].key, "reg-shift") &&
	       str_eq_c(d->options.v[0].value, "0");
}

static bool uart_is_sayable(const struct vd_dev *d)
{
	bool pl011 = str_eq_c(d->class, "pl011");

	return d->n_win == 1 && d->win[0].size == PAGE && d->n_irq == 1 && d->name.n &&
	       d->irq[0].trigger == VD_TRIGGER_LEVEL && (pl011 ? !d->options.n : is_byte_wide(d));
}

/* Devices that qvm has and nobody else: as they came. */
static bool is_of_qvm(const struct writer *w, const struct vd_dev *d)
{
	return w->native && !is_console(d) && !is_intc(d) && d->n_win <= 1 && d->n_irq <= 1;
}

static struct str intc_name(const struct vmdesc *vd)
{
	for (u32 i = 0; i < vd->devs.n; i++) {
		if (is_intc(&vd->devs.v[i]) && vd->devs.v[i].name.n)
			return vd->devs.v[i].name;
	}
	return STR("gic");
}

static void say_irq(struct writer *w, const struct vd_dev *d)
{
	struct str name = intc_name(w->vd);
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	put_token(w, f, name, d->at);
	fclose(f);
	say(w, "\tintr %s:%u", text, d->irq[0].line);
	free(text);
}

static void say_dev(struct writer *w, const struct vd_dev *d)
{
	const char *type = str_eq_c(d->class, "ns16550") ? "ser8250" : NULL;
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)MIN(d->class.n, 60), d->class.p);
	type = type ? type : name;
	say(w, "vdev %s", type);
	if (d->n_win && d->win[0].size == PAGE)
		say(w, "\tloc %s", address(d->win[0].base.v).s);
	else if (d->n_win)
		say(w, "\tloc mem:%s,%s", address(d->win[0].base.v).s, length(d->win[0].size).s);
	if (d->n_irq)
		say_irq(w, d);
	say_name(w, d, type);
	for (u32 i = 0; i < d->options.n && !is_console(d); i++) {
		char option[64];

		snprintf(option, sizeof(option), "\t%.*s", (int)MIN(d->options.v[i].key.n, 60),
			 d->options.v[i].key.p);
		if (d->options.v[i].value.n)
			say_token(w, option, d->options.v[i].value, d->options.v[i].at);
		else
			say(w, "%s", option);
	}
}

/* Of several consoles, or one that is no vdev: AxVisor's rows, for all devices. */
static bool devs_are_sayable(const struct writer *w)
{
	for (u32 i = 0; i < w->vd->devs.n; i++) {
		const struct vd_dev *d = &w->vd->devs.v[i];

		if (is_intc(d) ? !intc_is_sayable(w->vd, d) :
				 !(is_console(d) && uart_is_sayable(d)) && !is_of_qvm(w, d))
			return false;
	}
	return true;
}

static void say_devs(struct writer *w)
{
	const struct vmdesc *vd = w->vd;
	bool any = false;

	for (u32 i = 0; i < vd->devs.n; i++)
		any |= is_intc(&vd->devs.v[i]);
	if (!any && (!w->native || vd->absent & BIT(VD_PART_INTC)))
		say_lost(w, vd->mems_at, "that there is no interrupt controller");
	if (!vd->devs.n)
		return;
	say(w, "%s", "");
	if (!devs_are_sayable(w)) {
		say_key(w, VD_F_EMU_DEVICES);
		say_key(w, VD_F_DEVICE);
		return;
	}
	for (u32 i = 0; i < vd->devs.n; i++) {
		if (is_intc(&vd->devs.v[i]) && !(w->native && vd->devs.v[i].is_default))
			say_intc(w, &vd->devs.v[i]);
	}
	for (u32 i = 0; i < vd->devs.n; i++) {
		if (!is_intc(&vd->devs.v[i]))
			say_dev(w, &vd->devs.v[i]);
	}
}

/* ---- hardware, and the rest ------------------------------------------------------------------- */

static bool pass_is_sayable(const struct vd_pass *p)
{
	bool ok = p->n_win == 1 && p->n_irq <= 1 && str_eq_c(p->name, "pass");

	return ok && (!p->n_irq || p->irq[0].trigger == VD_TRIGGER_LEVEL);
}

static void say_pass(struct writer *w, const struct vd_pass *p)
{
	const struct vd_pass_window *win = &p->win[0];
	u32 prot = win->prot ? win->prot : VD_R | VD_W;

	say(w, "pass loc mem:%s,%s,%s%s%s%s=%s", address(win->gpa.v).s, length(win->size).s,
	    prot & VD_R ? "r" : "", prot & VD_W ? "w" : "", prot & VD_X ? "x" : "",
	    prot & VD_NO_DMA ? "n" : "", address(win->hpa.v).s);
	if (!p->n_irq)
		return;
	say(w, "\tintr gic:%u=%u", p->irq[0].guest ? p->irq[0].guest : p->irq[0].host,
	    p->irq[0].host);
}

static void say_passes(struct writer *w)
{
	const struct vmdesc *vd = w->vd;
	bool exact = true;

	for (u32 i = 0; i < vd->passes.n; i++)
		exact = exact && pass_is_sayable(&vd->passes.v[i]);
	if (vd->passes.n || vd->pass_paths.n)
		say(w, "%s", "");
	for (u32 i = 0; i < vd->passes.n && exact; i++)
		say_pass(w, &vd->passes.v[i]);
	if (!exact || vd->pass_paths.n) {
		if (exact && vd->passes.n)
			say_lost(w, vd->passes.v[0].at, "windows beside nodes, passed through");
		say_key(w, VD_F_PASS);
		say_key(w, VD_F_PASSTHROUGH_DEVICES);
		say_key(w, VD_F_PASSTHROUGH_ADDRESSES);
	}
	say_key(w, VD_F_EXCLUDED_DEVICES);
	say_key(w, VD_F_INTERRUPT_MODE);
}

static void say_rest(struct writer *w)
{
	static const char *const class[] = { "instruction", "reference", "register" };
	static const char *const action[] = {
		[VD_FAIL] = "fail", [VD_IGNORE] = "ignore", [VD_ABORT] = "abort"
	};
	const struct vmdesc *vd = w->vd;

	for (u32 i = 0; i < vd->reserves.n; i++) {
		const struct vd_reserve *r = &vd->reserves.v[i];

		if (r->win.size)
			say(w, "reserve loc %s,%s", address(r->win.base.v).s,
			    length(r->win.size).s);
		else
			say(w, "reserve intr %u", r->irq);
	}
	for (u32 i = 0; i < VD_UNSUPPORTED; i++) {
		enum vd_action usual = i == VD_UNSUP_REFERENCE ? VD_IGNORE : VD_FAIL;

		if (vd->policy.unsupported[i] != usual)
			say(w, "unsupported %s %s", class[i], action[vd->policy.unsupported[i]]);
	}
	say_key(w, VD_F_ISA);
}

static void write_qvmconf(struct writer *w, const struct vmdesc *const *vms, u32 n)
{
	(void)n;
	w->vd = vms[0];
	w->native = w->vd->lang && strcmp(w->vd->lang, w->to->lang) == 0;
	say_origin(w);
	say_vm(w);
	say_memory(w);
	say_images(w);
	say_vcpus(w);
	say_devs(w);
	say_passes(w);
	say_rest(w);
}

const struct dialect dialect_qvmconf = {
	.name = "qvmconf",
	.title = "qvm's language",
	.lang = "qvmconf",
	.suffix = ".qvmconf",
	.comment = "#",
	.write = write_qvmconf,
};
