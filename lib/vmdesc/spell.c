/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How messages name a key: as the language that the description was written in spells it. fields.def
 * has the spelling of TOML; where another language has no word of its own, it says the same by the
 * key of TOML behind a word of ours.
 */
#include <lib/vmdesc.h>

#include <base/fmt.h>

struct spelling {
	enum vd_field field;
	const char *word;
};

struct language {
	const char *name;
	const char *own;    /* before a key of TOML's */
	const char *is;	    /* between a key and its value */
	const char *memory; /* an example of it */
	const char *same;   /* memory at the host's addresses */
	const struct spelling *words;
};

/* Ended by a word that is NULL. */
static const struct spelling qvmconf[] = {
	{ VD_F_NAME, "system" },
	{ VD_F_CPU_NUM, "cpu" },
	{ VD_F_PHYS_CPU_SETS, "cpu runmask" },
	{ VD_F_KERNEL_PATH, "load" },
	{ VD_F_KERNEL_LOAD_ADDR, "load" },
	{ VD_F_RAMDISK_PATH, "initrd load" },
	{ VD_F_RAMDISK_LOAD_ADDR, "initrd load" },
	{ VD_F_DTB_PATH, "fdt load" },
	{ VD_F_DTB_LOAD_ADDR, "fdt load" },
	{ VD_F_BIOS_PATH, "data load" },
	{ VD_F_BIOS_LOAD_ADDR, "data load" },
	{ VD_F_DATA, "data load" },
	{ VD_F_CPU_PRIORITIES, "cpu sched" },
	{ VD_F_RESERVED, "reserve loc" },
	{ VD_F_RESERVED_INTERRUPTS, "reserve intr" },
	{ VD_F_CMDLINE, "cmdline" },
	{ VD_F_MEMORY_REGIONS, "ram" },
	{ VD_F_EMU_DEVICES, "vdev" },
	{ VD_F_PASSTHROUGH_DEVICES, "pass" },
	{ VD_F_PASSTHROUGH_ADDRESSES, "pass" },
	{ VD_FIELDS, NULL },
};

static const struct spelling camkes[] = {
	{ VD_F_CPU_NUM, "num_vcpus" },
	{ VD_F_NAME, "component" },
	{ VD_F_PHYS_CPU_SETS, "affinity" },
	{ VD_F_ENTRY_POINT, "kernel_entry_addr" },
	{ VD_F_KERNEL_PATH, "kernel_name" },
	{ VD_F_KERNEL_LOAD_ADDR, "kernel_entry_addr" },
	{ VD_F_EMU_DEVICES, "devices" },
	{ VD_F_RAMDISK_PATH, "initrd_name" },
	{ VD_F_RAMDISK_LOAD_ADDR, "initrd_addr" },
	{ VD_F_DTB_PATH, "dtb_name" },
	{ VD_F_DTB_LOAD_ADDR, "dtb_addr" },
	{ VD_F_CMDLINE, "kernel_bootcmdline" },
	{ VD_F_MEMORY_REGIONS, "ram_base, ram_size" },
	{ VD_F_PASSTHROUGH_DEVICES, "dtb, untyped_mmios" },
	{ VD_F_PASSTHROUGH_ADDRESSES, "untyped_mmios" },
	{ VD_FIELDS, NULL },
};

/* Of a PC it has other words for the images. */
static const struct spelling camkes_pc[] = {
	{ VD_F_KERNEL_PATH, "kernel_image" },
	{ VD_F_KERNEL_LOAD_ADDR, "kernel_relocs" },
	{ VD_F_RAMDISK_PATH, "initrd_image" },
	{ VD_F_CMDLINE, "kernel_cmdline" },
	{ VD_F_MEMORY_REGIONS, "guest_ram_mb" },
	{ VD_F_PASSTHROUGH_DEVICES, "pci_devices" },
	{ VD_FIELDS, NULL },
};

static const struct language languages[] = {
	{ "qvmconf", "set trivet-", " ", "0x80000000,512M",
	  "write pass loc START,LENGTH,m in place of ram, at an address of the host's memory",
	  qvmconf },
	{ "camkes", "trivet.", " = ", "0x80000000, 0x20000000",
	  "write map_one_to_one = true, at an address of the host's memory", camkes },
};

static const struct language *language_of(const struct vmdesc *vd)
{
	for (u32 i = 0; vd->lang && i < array_size(languages); i++) {
		if (strcmp(vd->lang, languages[i].name) == 0)
			return &languages[i];
	}
	return NULL;
}

const char *vmdesc_memory_example(const struct vmdesc *vd)
{
	const struct language *l = language_of(vd);

	return l ? l->memory : vmdesc_field(VD_F_MEMORY_REGIONS)->example;
}

bool vmdesc_has_cpu_masks(const struct vmdesc *vd)
{
	return !language_of(vd);
}

const char *vmdesc_same_memory(const struct vmdesc *vd)
{
	const struct language *l = language_of(vd);

	return l ? l->same : "write map_type 1, at an address of the host's memory";
}

static struct show key_and(const struct vmdesc *vd, enum vd_field f, bool is)
{
	const struct vd_field_info *info = vmdesc_field(f);
	const struct language *l = language_of(vd);
	bool is_pc = l && l->words == camkes && vd->isa && vd->isa[0] == 'x';
	const struct spelling *s = is_pc ? camkes_pc : l ? l->words : NULL;
	const char *end = !is ? "" : l ? l->is : " = ";
	struct show out;

	while (s && s->word && s->field != f)
		s++;
	if (s && s->word)
		fmt_snprintf(out.s, sizeof(out.s), "%s%s", s->word, end);
	else
		fmt_snprintf(out.s, sizeof(out.s), "%s%s%s%s", l ? l->own : info->table,
			     l ? "" : ".", info->key, end);
	return out;
}

struct show vmdesc_key(const struct vmdesc *vd, enum vd_field f)
{
	return key_and(vd, f, false);
}

struct show vmdesc_key_is(const struct vmdesc *vd, enum vd_field f)
{
	return key_and(vd, f, true);
}

enum vd_field vmdesc_image_field(enum vd_image_role role, enum vd_image_key key)
{
	static const u8 fields[VD_IMG_ROLES][2] = {
		[VD_IMG_KERNEL] = { VD_F_KERNEL_PATH, VD_F_KERNEL_LOAD_ADDR },
		[VD_IMG_INITRD] = { VD_F_RAMDISK_PATH, VD_F_RAMDISK_LOAD_ADDR },
		[VD_IMG_DTB] = { VD_F_DTB_PATH, VD_F_DTB_LOAD_ADDR },
		[VD_IMG_BIOS] = { VD_F_BIOS_PATH, VD_F_BIOS_LOAD_ADDR },
		[VD_IMG_DATA] = { VD_F_DATA, VD_F_DATA },
	};

	return (enum vd_field)fields[role][key];
}
