/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trivet pack: descriptions that have been checked, and their images, to where the hypervisor looks
 * for them: in the archive that is linked into it, or on its disk. Both have the same layout:
 * descriptions in guest/vm_default/, images by the path that the description gives.
 */
#include <string.h>

#include <lib/packed.h>

#include "images.h"
#include "pack.h"
#include "places.h"
#include "trivet.h"

#define FOLDER "guest/vm_default"

/* What the hypervisor takes for a VM file. */
#define BLOB_MAX KIB(64)

struct pack {
	struct tool_options o;
	struct tool_set set;	/* completed, as the hypervisor will have it */
	struct tool_set parsed; /* what the files say, for blobs */
	const char *disk;
	enum pack_table table;
	bool packed; /* descriptions go as blobs */
	bool force;
	struct pack_list to_archive;
	struct pack_list to_disk;
};

/* ---- words ----------------------------------------------------------------------------------- */

/* The index of @word; @n: it is none of them, which is said. */
static u32 choose(const char *option, const char *word, const char *const *words, u32 n)
{
	u32 i = 0;

	while (i < n && strcmp(word, words[i]) != 0)
		i++;
	if (i == n)
		tool_complain("pack: %s %s: %s, %s%s%s", option, word, words[0], words[1],
			      n > 2 ? ", " : "", n > 2 ? words[2] : "");
	return i;
}

static bool read_words(struct pack *p, int argc, char **argv)
{
	static const char *const forms[] = { "text", "packed" };
	static const char *const tables[] = { "none", "mbr", "gpt" };
	const char *form = forms[0], *table = tables[0], *force = NULL;
	const struct tool_own_option own[] = {
		{ "--disk", true, &p->disk },
		{ "--as", true, &form },
		{ "--table", true, &table },
		{ "--force", false, &force },
		{ 0 },
	};
	u32 as, kind;

	if (!tool_options_read(&p->o, argc, argv, own))
		return false;
	as = choose("--as", form, forms, array_size(forms));
	kind = choose("--table", table, tables, array_size(tables));
	if (as == array_size(forms) || kind == array_size(tables))
		return false;
	p->packed = as == 1;
	p->table = (enum pack_table)kind;
	p->force = force;
	if (!p->o.output && !p->disk) {
		tool_complain("pack: where to? -o ARCHIVE.cpio, --disk DISK.img, or both");
		return false;
	}
	return true;
}

/* ---- where to -------------------------------------------------------------------------------- */

/*
 * An image that has to be in the archive or on the disk goes there, and its description with it.
 * Others go where there is room: to the disk when one is made.
 */
static struct pack_list *list_for(struct pack *p, enum vd_source source)
{
	if (source == VD_SRC_MEMORY)
		return &p->to_archive;
	if (source == VD_SRC_FS)
		return &p->to_disk;
	return p->disk ? &p->to_disk : &p->to_archive;
}

static enum vd_source source_of(const struct vmdesc *vd)
{
	const struct vd_image *kernel = vmdesc_image(vd, VD_IMG_KERNEL);

	if (kernel)
		return kernel->source;
	return vd->images.n ? vd->images.v[0].source : VD_SRC_HOME;
}

static const char *word_for(const struct pack *p, const struct pack_list *l)
{
	return l == &p->to_disk ? "the disk, and no --disk is made" :
				  "the archive, and no -o is made";
}

/* ---- collecting ------------------------------------------------------------------------------ */

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Missing ones have been told; with --force the hypervisor tells of them again. */
static bool add_image(struct pack *p, const struct vmdesc *vd, const struct vd_image *image)
{
	enum vd_source source = image->source == VD_SRC_HOME ? source_of(vd) : image->source;
	struct store_file f;

	if (!images_find(&p->o, vd->file, image->path, &f))
		return p->force;
	return pack_add(list_for(p, source), tool_format("%.*s", STR_ARG(image->path)),
			images_bytes(&f),
			tool_format("\"%.*s\" of %s", STR_ARG(image->path), vd->file));
}

static bool add_images(struct pack *p, const struct vmdesc *vd)
{
	bool ok = true;

	for (u32 i = 0; i < vd->images.n; i++)
		ok = add_image(p, vd, &vd->images.v[i]) && ok;
	return ok;
}

static bool is_of(const struct vmdesc *vd, const char *file)
{
	return strcmp(vd->file, file) == 0;
}

/* A description goes as it is. One that could not be understood is the hypervisor's to refuse. */
static bool add_text(struct pack *p, const char *file)
{
	enum vd_source source = VD_SRC_HOME;
	struct span text = tool_read_source(file, &p->set.report.d);

	for (u32 i = 0; i < p->set.n; i++) {
		if (is_of(p->set.vms[i], file)) {
			source = source_of(p->set.vms[i]);
			break;
		}
	}
	return text.p && pack_add(list_for(p, source), tool_format("%s/%s", FOLDER, base_of(file)),
				  text, file);
}

/* What was wrong has been told when the files were checked. */
static void keep_quiet(struct diag *d, enum diag_level level, const struct src_pos *at,
		       const char *text)
{
	(void)d;
	(void)level;
	(void)at;
	(void)text;
}

static bool is_packed(const struct pack *p, const char *file)
{
	return p->packed || str_ends(str_of(file), ".camkes");
}

static bool parse_again(struct pack *p)
{
	struct tool_set *set = &p->parsed;
	struct config_part part;

	if (tool_set_begin(&p->o, set) != OK)
		return false;
	set->report.d.emit = keep_quiet;
	for (u32 i = 0; i < p->o.n_files; i++) {
		const char *file = p->o.files[i];
		const struct config_lang *lang = tool_lang_of(&p->o, file, &set->report.d);

		if (is_packed(p, file) && lang && tool_read_part(set, lang, file, &part))
			tool_load_parts(set, lang, &part, 1, TOOL_PARSE);
	}
	return true;
}

/* "linux.vmb": named as its file, or as the VM where a file holds several. */
static const char *blob_name(const struct vmdesc *vd, bool alone)
{
	const char *base = base_of(vd->file), *dot = strrchr(base, '.');
	struct str stem = { base, dot ? (size_t)(dot - base) : strlen(base) };

	return tool_format("%s/%.*s.vmb", FOLDER, STR_ARG(alone ? stem : vd->name));
}

/* A number that only this set gives it may be another VM's where it will run. */
static bool add_blob(struct pack *p, const struct vmdesc *vd, bool alone)
{
	struct vmdesc one = *vd;
	u8 *blob = tool_alloc(BLOB_MAX);
	size_t len;

	one.next = NULL;
	if (!one.id_at.line)
		one.id = 0;
	if (vmdesc_pack(&one, blob, BLOB_MAX, &len) != OK) {
		tool_complain("%s: %s takes more than 64 KiB when it is packed", vd->file,
			      vmdesc_label(vd).s);
		return false;
	}
	return pack_add(list_for(p, source_of(vd)), blob_name(vd, alone), span_of(blob, len),
			vd->file);
}

static bool add_blobs(struct pack *p)
{
	struct vmdesc **vms;
	bool ok = parse_again(p);

	vms = p->parsed.vms;
	for (u32 i = 0; ok && i < p->parsed.n; i++)
		ok = add_blob(p, vms[i], !vms[i]->next && !(i && vms[i - 1]->next == vms[i]));
	return ok;
}

static bool collect(struct pack *p)
{
	bool ok = true;

	for (u32 i = 0; i < p->o.n_files; i++)
		ok = (is_packed(p, p->o.files[i]) || add_text(p, p->o.files[i])) && ok;
	ok = add_blobs(p) && ok;
	for (u32 i = 0; i < p->set.n; i++)
		ok = add_images(p, p->set.vms[i]) && ok;
	return ok;
}

/* What the hypervisor itself reads of the platform it is for. */
static bool add_platform(struct pack *p)
{
	const char *path = p->set.machine.platform;
	struct span text;

	if (!p->o.platform || !p->o.output || !path)
		return true;
	text = tool_read_source(path, &p->set.report.d);
	return text.p && pack_add(&p->to_archive, "platform.toml", platform_text(text), path);
}

/* --add PATH=NAME: a file that is no VM's. */
static bool add_others(struct pack *p)
{
	bool ok = true;

	for (u32 i = 0; i < p->o.added.n; i++) {
		const char *word = p->o.added.v[i], *equals = strrchr(word, '=');
		const char *path = equals ? tool_format("%.*s", (int)(equals - word), word) : word;
		const char *name = equals ? equals + 1 : base_of(word);
		struct span bytes;

		if (!images_map(path, &bytes)) {
			tool_complain("--add %s: there is no such file", word);
			ok = false;
		} else if (!pack_add(p->disk ? &p->to_disk : &p->to_archive, name, bytes, path)) {
			ok = false;
		}
	}
	return ok;
}

static bool has_places(const struct pack *p)
{
	const struct pack_list *without = p->to_disk.n && !p->disk	  ? &p->to_disk :
					  p->to_archive.n && !p->o.output ? &p->to_archive :
									    NULL;

	if (without)
		tool_complain("pack: %s has to be in %s", without->v[0].name, word_for(p, without));
	return !without;
}

static bool write_all(struct pack *p)
{
	pack_sort(&p->to_archive);
	pack_sort(&p->to_disk);
	return (!p->o.output || cpio_write(p->o.output, &p->to_archive)) &&
	       (!p->disk || disk_write(p->disk, &p->to_disk, p->table));
}

static int run(int argc, char **argv)
{
	struct pack p = { 0 };
	bool ok;

	if (!read_words(&p, argc, argv))
		return TOOL_USAGE;
	ok = tool_load(&p.o, TOOL_IMAGES, &p.set) == OK || !p.o.n_files;
	tool_report_end(&p.set.report);
	if ((!ok || p.set.report.d.n_errors) && !p.force)
		return TOOL_ERRORS;
	ok = add_platform(&p) && collect(&p) && add_others(&p) && has_places(&p) && write_all(&p);
	return ok ? TOOL_OK : TOOL_ERRORS;
}

const struct command cmd_pack = {
	.name = "pack",
	.synopsis = "pack FILE... [-o ARCHIVE.cpio] [--disk DISK.img] [--table none|mbr|gpt] "
		    "[--as text|packed] [--force]",
	.help = "put checked VM descriptions and their images into an archive or onto a disk",
	.options = "  --disk IMAGE              a FAT32 disk image, as well or instead\n"
		   "  --table none|mbr|gpt      its partition table; default none\n"
		   "  --as text|packed          descriptions as they are, or in the packed form\n"
		   "  --force                   pack what the check refuses, too\n",
	.run = run,
};
