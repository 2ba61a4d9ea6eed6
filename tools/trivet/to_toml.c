/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AxVisor's TOML: keys in the order of its own files, one to a line, rows beside what they mean.
 */
#include <stdlib.h>
#include <string.h>

#include <base/bits.h>

#include "writer.h"

#define LINE_SIZE 512
#define WRAP_AT	  92

/* The keys that are written, in their order, and what stands beside each. */
static const struct {
	enum vd_field field;
	const char *remark;
} keys[] = {
	{ VD_F_ID, "unique; VMs are started in this order" },
	{ VD_F_NAME, "unique; how messages and lists name the VM" },
	{ VD_F_CPU_NUM, NULL },
	{ VD_F_PHYS_CPU_IDS, "ids of the vCPUs as the guest sees them" },
	{ VD_F_PHYS_CPU_SETS, "host CPUs each may run on, as bits" },
	{ VD_F_ENTRY_POINT, NULL },
	{ VD_F_IMAGE_LOCATION, NULL },
	{ VD_F_KERNEL_PATH, NULL },
	{ VD_F_KERNEL_LOAD_ADDR, NULL },
	{ VD_F_BIOS_PATH, NULL },
	{ VD_F_BIOS_LOAD_ADDR, NULL },
	{ VD_F_RAMDISK_PATH, NULL },
	{ VD_F_RAMDISK_LOAD_ADDR, NULL },
	{ VD_F_DTB_PATH, NULL },
	{ VD_F_DTB_LOAD_ADDR, NULL },
	{ VD_F_CMDLINE, NULL },
	{ VD_F_MEMORY_REGIONS, NULL },
	{ VD_F_EMU_DEVICES, NULL },
	{ VD_F_VIRTUAL, NULL },
	{ VD_F_INTERRUPT_MODE, NULL },
	{ VD_F_PASSTHROUGH_DEVICES, NULL },
	{ VD_F_EXCLUDED_DEVICES, NULL },
	{ VD_F_PASSTHROUGH_ADDRESSES, NULL },
	{ VD_F_HOST_CPU_IDS, "host CPUs by their ids; none: anywhere" },
	{ VD_F_CPU_PRIORITIES, "for each vCPU; the higher runs first" },
	{ VD_F_BOOT, "how the kernel is started" },
	{ VD_F_ISA, NULL },
	{ VD_F_CONSOLE, "none unasked" },
	{ VD_F_INTERRUPT_CONTROLLER, "none unasked" },
	{ VD_F_UNSUPPORTED_INSTRUCTION, NULL },
	{ VD_F_UNSUPPORTED_REFERENCE, NULL },
	{ VD_F_UNSUPPORTED_REGISTER, NULL },
	{ VD_F_RESERVED, NULL },
	{ VD_F_RESERVED_INTERRUPTS, "no device gets them unasked" },
	{ VD_F_DATA, NULL },
	{ VD_F_DEVICE, NULL },
	{ VD_F_PASS, NULL },
};

static const char *location_remark(const struct vmdesc *vd)
{
	static const char *const text[] = {
		[VD_SRC_FS] = "files on the disk",
		[VD_SRC_MEMORY] = "files in the archive inside the hypervisor",
		[VD_SRC_HOME] = "files beside this one",
	};

	return text[vd->images.n ? vd->images.v[0].source : VD_SRC_FS];
}

/*
 * A long string over several lines: """ and a backslash before each break, which takes the break
 * and the blanks behind it away. So lines only break in front of a word.
 */
static void say_long(struct writer *w, const char *key, const char *value)
{
	const char *p = value + 1;
	const char *end = value + strlen(value) - 1;

	say(w, "%s = \"\"\"\\", key);
	while (p < end) {
		size_t n = (size_t)(end - p);

		if (n > WRAP_AT) {
			n = WRAP_AT;
			while (n && !(p[n - 1] == ' ' && p[n] != ' '))
				n--;
			if (!n)
				n = (size_t)(end - p);
		}
		say(w, "  %.*s%s", (int)n, p, p + n < end ? "\\" : "\"\"\"");
		p += n;
	}
}

/* "[kernel]" in front of its first key. */
static void say_table(struct writer *w, enum vd_field f, struct str *last)
{
	const char *table = vmdesc_field(f)->table;

	if (str_eq_c(*last, table))
		return;
	say(w, "%s[%s]", last->n ? "\n" : "", table);
	*last = str_of(table);
}

/* Nothing when no row is for this key. */
static void say_rows(struct writer *w, const struct value_rows *r, struct str *table)
{
	u32 n = r->count(w->vd);
	u32 done = 0;

	for (u32 i = 0; i < n; i++) {
		char *text;
		size_t len;
		char remark[128] = "", line[LINE_SIZE];
		FILE *row = open_memstream(&text, &len);
		bool ok = r->row(w, i, row, remark, sizeof(remark));

		fclose(row);
		snprintf(line, sizeof(line), "  %s,", text);
		free(text);
		if (!ok)
			continue;
		if (!done++) {
			say_table(w, r->field, table);
			say(w, "%s = [", vmdesc_field(r->field)->key);
		}
		say_with(w, line, remark);
	}
	if (done)
		say(w, "]");
}

static void say_line(struct writer *w, const char *key, const char *value, const char *remark)
{
	size_t size = strlen(key) + strlen(value) + 4;
	char *line = malloc(size);

	if (!line)
		abort();
	snprintf(line, size, "%s = %s", key, value);
	say_with(w, line, remark);
	free(line);
}

static void say_key(struct writer *w, enum vd_field f, const char *remark, struct str *table)
{
	char *text;
	size_t len;
	FILE *value = open_memstream(&text, &len);
	bool is_said = write_value(w, f, value);

	fclose(value);
	if (is_said) {
		say_table(w, f, table);
		if (len > WRAP_AT && *text == '"')
			say_long(w, vmdesc_field(f)->key, text);
		else
			say_line(w, vmdesc_field(f)->key, text, remark);
	}
	free(text);
}

static void write_toml(struct writer *w, const struct vmdesc *const *vms, u32 n)
{
	struct str table = { "", 0 };

	(void)n;
	w->vd = vms[0];
	w->native = w->vd->lang && strcmp(w->vd->lang, w->to->lang) == 0;
	say_origin(w);
	for (u32 i = 0; i < array_size(keys); i++) {
		enum vd_field f = keys[i].field;
		const struct value_rows *rows = value_rows(f);
		const char *remark = keys[i].remark;

		if (f == VD_F_IMAGE_LOCATION)
			remark = location_remark(w->vd);
		if (rows)
			say_rows(w, rows, &table);
		else
			say_key(w, f, remark, &table);
	}
}

const struct dialect dialect_toml = {
	.name = "toml",
	.title = "AxVisor TOML",
	.lang = "axvisor",
	.suffix = ".toml",
	.comment = "#",
	.write = write_toml,
};
