/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images at the desk: those that are named (--file), beside the description, in folders (--files)
 * and archives (--archive), and where `make run` takes them from. They are mapped, not read: of a
 * kernel a few pages are looked into.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "images.h"
#include "places.h"

struct mapped {
	struct mapped *next;
	const char *path;
	struct span bytes;
	bool found;
};

static enum status read_bytes(const struct store_file *f, u64 off, void *buf, size_t n)
{
	struct span all = span_of((const u8 *)(uintptr_t)f->priv[0], f->size), part;

	TRY(span_at(all, off, n, &part));
	memcpy(buf, part.p, n);
	return OK;
}

static const struct store_ops ops = { .read = read_bytes };
static const struct store desk = { .ops = &ops, .name = "desk" };

struct span images_bytes(const struct store_file *f)
{
	if (f->store == &desk)
		return span_of((const u8 *)(uintptr_t)f->priv[0], f->size);
	return cpio_file_bytes(f);
}

static void use_bytes(struct span bytes, struct store_file *out)
{
	*out = (struct store_file){ &desk, bytes.n, { (u64)(uintptr_t)bytes.p } };
}

/* ---- files ------------------------------------------------------------------------------------ */

static void map(struct mapped *m)
{
	int fd = open(m->path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p;

	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		if (fd >= 0)
			close(fd);
		return;
	}
	p = st.st_size ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
	m->found = p != MAP_FAILED;
	if (p && m->found)
		m->bytes = span_of(p, (size_t)st.st_size);
	close(fd);
}

static struct mapped *map_once(const char *path)
{
	static struct mapped *all;
	struct mapped *m = all;

	while (m && strcmp(m->path, path) != 0)
		m = m->next;
	if (m)
		return m;
	m = tool_alloc(sizeof(*m));
	*m = (struct mapped){ .next = all, .path = path };
	map(m);
	return all = m;
}

static bool open_path(const char *path, struct store_file *out)
{
	const struct mapped *m = map_once(path);

	if (m->found)
		use_bytes(m->bytes, out);
	return m->found;
}

bool images_map(const char *path, struct span *out)
{
	const struct mapped *m = map_once(path);

	*out = m->bytes;
	return m->found;
}

/* ---- where to look ---------------------------------------------------------------------------- */

static struct str base_of(struct str path)
{
	size_t n = path.n;

	while (n && path.p[n - 1] != '/')
		n--;
	return (struct str){ path.p + n, path.n - n };
}

/* --file NAME=PATH: NAME as the description has it, or its last part. */
static bool open_named(const struct tool_words *w, struct str path, struct store_file *out)
{
	for (u32 i = 0; i < w->n; i++) {
		const char *equals = strchr(w->v[i], '=');
		struct str name = { w->v[i], equals ? (size_t)(equals - w->v[i]) : 0 };

		if (equals && (str_eq(name, path) || str_eq(name, base_of(path))) &&
		    open_path(equals + 1, out))
			return true;
	}
	return false;
}

/* As the path is, seen from @folder, then by its last part. */
static bool open_in(const char *folder, struct str path, struct store_file *out)
{
	struct str base = base_of(path);

	while (path.n && path.p[0] == '/') {
		path.p++;
		path.n--;
	}
	return open_path(tool_format("%s/%.*s", folder, STR_ARG(path)), out) ||
	       (base.n < path.n && open_path(tool_format("%s/%.*s", folder, STR_ARG(base)), out));
}

/* In an archive, as the hypervisor looks: in the folder of VM files, then from the root. */
static bool open_in_archive(const char *archive, struct str path, struct store_file *out)
{
	const struct mapped *m = map_once(archive);
	struct cpio_store *c = tool_alloc(sizeof(*c));
	const char *tries[] = {
		tool_format("guest/vm_default/%.*s", STR_ARG(path)),
		tool_format("%.*s", STR_ARG(path)),
		tool_format("%.*s", STR_ARG(base_of(path))),
	};

	if (!m->found || cpio_store_init(c, m->bytes) != OK)
		return false;
	for (size_t i = 0; i < array_size(tries); i++) {
		if (c->store.ops->open(&c->store, tries[i], out) == OK)
			return true;
	}
	return false;
}

bool images_find(const struct tool_options *o, const char *from, struct str path,
		 struct store_file *out)
{
	const char *usual = place_guests();

	if (open_named(&o->named, path, out) || open_in(tool_folder_of(from), path, out))
		return true;
	for (u32 i = 0; i < o->folders.n; i++) {
		if (open_in(o->folders.v[i], path, out))
			return true;
	}
	for (u32 i = 0; i < o->archives.n; i++) {
		if (open_in_archive(o->archives.v[i], path, out))
			return true;
	}
	return usual && open_in(usual, path, out);
}

bool images_check_places(const struct tool_options *o, struct diag *d)
{
	u32 before = d->n_errors;

	for (u32 i = 0; i < o->named.n; i++) {
		const char *equals = strchr(o->named.v[i], '=');
		struct store_file f;

		if (!equals || !open_path(equals + 1, &f))
			diag_report(d, DIAG_ERROR, (struct src_pos){ 0 }, "--file %s: %s",
				    o->named.v[i],
				    equals ? "there is no such file" : "write NAME=PATH");
	}
	for (u32 i = 0; i < o->folders.n; i++) {
		struct stat st;

		if (stat(o->folders.v[i], &st) != 0 || !S_ISDIR(st.st_mode))
			diag_report(d, DIAG_ERROR, (struct src_pos){ 0 },
				    "--files %s: there is no such folder", o->folders.v[i]);
	}
	for (u32 i = 0; i < o->archives.n; i++) {
		const struct mapped *m = map_once(o->archives.v[i]);
		struct cpio_store c;

		if (!m->found || cpio_store_init(&c, m->bytes) != OK)
			diag_report(d, DIAG_ERROR, (struct src_pos){ 0 }, "--archive %s: %s",
				    o->archives.v[i],
				    m->found ? "is no CPIO archive (newc) that is whole" :
					       "there is no such file");
	}
	return d->n_errors == before;
}

/* ---- for lib/image/fit.c ---------------------------------------------------------------------- */

struct desk_place {
	struct fit_place place;
	const struct tool_options *o;
};

static enum status open_image(const struct fit_place *p, const struct vmdesc *desc,
			      const struct vd_image *img, struct store_file *out)
{
	const struct desk_place *at = (const struct desk_place *)p;

	return images_find(at->o, desc->file, img->path, out) ? OK : E_NOTFOUND;
}

static void add_place(char **list, const char *what)
{
	*list = tool_format("%s%s%s", *list, **list ? ", " : "", what);
}

static void report_missing(const struct fit_place *p, const struct vmdesc *desc,
			   const struct vd_image *img, enum status st, struct diag *d)
{
	const struct tool_options *o = ((const struct desk_place *)p)->o;
	char *list = tool_format("%s/", tool_folder_of(desc->file));
	bool known = false;

	(void)st;
	for (u32 i = 0; i < o->folders.n; i++)
		add_place(&list, o->folders.v[i]);
	for (u32 i = 0; i < o->archives.n; i++)
		add_place(&list, o->archives.v[i]);
	for (u32 i = 0; place_guests() && i < o->folders.n; i++)
		known |= strcmp(o->folders.v[i], place_guests()) == 0;
	if (place_guests() && !known)
		add_place(&list, place_guests());
	image_report(desc, img, VD_IMAGE_PATH, d, ": there is no such file; looked in %s", list);
	diag_report(d, DIAG_FIX, img->at,
		    "put it beside the description, or say where it is: --files FOLDER, --file "
		    "NAME=PATH, --archive CPIO; --no-images leaves images unchecked");
}

static void *borrow(size_t n)
{
	return tool_alloc(n);
}

static void give_back(void *mem, size_t n)
{
	(void)n;
	free(mem);
}

#define ELF_MACHINE_AARCH64 183

enum status images_fit(const struct tool_options *o, const struct vmdesc *desc, struct arena *a,
		       struct image_fit *out, struct diag *d)
{
	const struct desk_place p = {
		{ open_image, report_missing, borrow, give_back, ELF_MACHINE_AARCH64 }, o
	};

	return image_fit(desc, &p.place, a, out, d);
}

void images_say_missing(const struct tool_options *o, const struct vmdesc *desc, struct diag *d)
{
	const struct desk_place p = { { .open = open_image, .missing = report_missing }, o };

	image_fit_find(desc, &p.place, d);
}
