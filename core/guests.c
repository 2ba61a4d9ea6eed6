/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every VM file of every store goes through the same steps: read, translate, complete by the
 * default board, validate, look for its images. Mistakes of one file never keep another from
 * starting.
 */
#include <core/guests.h>

#include <base/fmt.h>
#include <base/range.h>
#include <base/str.h>
#include <core/irq.h>
#include <core/log.h>
#include <core/stores.h>
#include <core/vm.h>
#include <lib/config.h>

struct candidate {
	struct vm *vm;
	struct vmdesc *desc;
	bool refused;
};

static struct candidate found[VM_MAX];
static u32 n_found;
static const struct hostdesc *machine;

/* ---- saying what is wrong --------------------------------------------------------------------- */

static void emit(struct diag *d, enum diag_level level, const struct src_pos *at, const char *text)
{
	(void)d;
	(void)at;
	log_text(level == DIAG_WARNING ? LOG_WARN : LOG_ERROR, text);
}

/* What is read once more has been complained of. */
static void emit_nothing(struct diag *d, enum diag_level level, const struct src_pos *at,
			 const char *text)
{
	(void)d;
	(void)level;
	(void)at;
	(void)text;
}

/* ---- the machine, as the validator sees it ---------------------------------------------------- */

static struct vd_target target(void)
{
	static struct vd_class_info infos[VM_MAX];
	static u64 hw_ids[HD_MAX_CPUS];
	struct vd_target t = {
		.isa = ARCH_ISA,
		.gpa_limit = UINT64_C(1) << arch_pt_format(PT_GUEST)->input_bits,
		.n_cpus = n_cpus,
		.cpu_hw_id = hw_ids,
		.free_ram = pmm_stats().free * PAGE_SIZE,
		.n_lines = MAX(irq_n_lines(), 256u), /* what controllers give their guests */
		.classes = infos,
	};

	for (u32 i = 0; i < n_cpus; i++)
		hw_ids[i] = cpus[i].arch.hw_id;
	for (const struct vdev_class *const *c = vdev_classes; *c && t.n_classes < VM_MAX; c++)
		infos[t.n_classes++] = (*c)->info;
	return t;
}

/* The tree it came with, where it lies in memory that we have. */
static struct span machine_tree(void)
{
	struct range fdt = machine->fdt;

	for (u32 i = 0; i < machine->n_mem; i++) {
		if (fdt.len &&
		    range_inside(fdt.base, fdt.len, machine->mem[i].base, machine->mem[i].len))
			return span_of(arch_phys_to_virt(HPA(fdt.base)), fdt.len);
	}
	return (struct span){ NULL, 0 };
}

/* ---- one file --------------------------------------------------------------------------------- */

struct folder {
	enum vd_source source;
	u32 n;
	char name[VM_MAX][64];
};

static enum status read_text(struct vm *vm, const struct store *st, const char *path,
			     struct span *out)
{
	struct store_file f;
	u8 *text;

	TRY(st->ops->open(st, path, &f));
	if (f.size > CONFIG_FILE_MAX)
		return E_RANGE;
	text = arena_alloc(&vm->arena, f.size + 1, 8);
	if (!text)
		return E_NOMEM;
	TRY(st->ops->read(&f, 0, text, f.size));
	*out = span_of(text, f.size);
	return OK;
}

static enum status parse(struct vm *vm, const struct config_lang *lang, struct span text,
			 const char *file, struct diag *d, struct vmdesc **out)
{
	const struct config_env env = { .area = config_host_area,
					.near_area = config_host_near_area,
					.fdt = machine_tree(),
					.ctx = (void *)machine };
	struct config_part part = { .text = text, .file = file };
	struct config_input in = { &part, 1, &env };

	return lang->parse(&in, &vm->arena, d, out);
}

static void report_too_large(struct diag *d, const char *file)
{
	diag_report(d, DIAG_ERROR, (struct src_pos){ .file = file },
		    "is too large to be understood in %u KiB", VM_ARENA_PAGES * 4);
}

/* VM number @index of the file, which is there. */
static enum status translate(struct candidate *c, enum vd_source source, const char *name,
			     u32 index, struct diag *d)
{
	struct diag nobody = { .emit = emit_nothing };
	const struct config_lang *lang = config_detect(name);
	struct vm *vm = c->vm;
	char path[STORE_PATH_MAX];
	struct span text;
	char *file;
	enum status st;

	fmt_snprintf(path, sizeof(path), "%s:/" GUESTS_FOLDER "/%s", stores_name(source), name);
	file = arena_strdup(&vm->arena, path, strlen(path));
	fmt_snprintf(path, sizeof(path), GUESTS_FOLDER "/%s", name);
	if (!file || !lang)
		return E_NOMEM;
	st = read_text(vm, stores_get(source), path, &text);
	if (st != OK) {
		diag_report(d, DIAG_ERROR, (struct src_pos){ .file = file }, "cannot be read: %s",
			    st == E_RANGE ? "more than 64 KiB is not a VM file" : status_str(st));
		return st;
	}
	st = parse(vm, lang, text, file, index ? &nobody : d, &c->desc);
	if (st == E_NOMEM)
		report_too_large(d, file);
	while (c->desc && index--)
		c->desc = c->desc->next;
	if (!c->desc)
		return E_INVAL;
	c->desc->home = source;
	c->desc->folder = STR(GUESTS_FOLDER);
	return st;
}

/* What follows @st, which came of its translation: is it whole, and where do its images go? */
static enum status complete(struct candidate *c, enum status st, struct diag *d)
{
	struct vd_target t = target();
	struct config_machine m = { machine, machine_tree(), &t };
	enum status own = config_complete(c->desc, &m, &c->vm->arena, d);

	if (own == OK && st == OK && !d->n_errors)
		own = vm_plan_images(c->vm, c->desc, d);
	else
		vm_find_images(c->desc, d);
	if (own == E_NOMEM)
		report_too_large(d, c->desc->file);
	return st == OK ? own : st;
}

/* Each VM has all of its file in its own arena: it may outlive the others. True: there are more. */
static bool take_vm(enum vd_source source, const char *name, u32 index)
{
	struct diag d = { .emit = emit };
	struct vm *vm = n_found < VM_MAX ? vm_new() : NULL;
	struct candidate *c = &found[n_found];
	enum status st;

	if (!vm) {
		log_error("%s:/" GUESTS_FOLDER "/%s: no room for another VM", stores_name(source),
			  name);
		return false;
	}
	*c = (struct candidate){ .vm = vm };
	vm->tag = ++n_found;
	st = translate(c, source, name, index, &d);
	if (c->desc)
		st = complete(c, st, &d);
	c->refused = st != OK || d.n_errors || !c->desc;
	return c->desc && c->desc->next;
}

static void take_file(enum vd_source source, const char *name)
{
	u32 i = 0;

	while (take_vm(source, name, i))
		i++;
}

static enum status take_name(void *ctx, const char *name, u64 size)
{
	struct folder *f = ctx;

	(void)size;
	if (!config_detect(name))
		return OK;
	if (f->n == VM_MAX || strlen(name) >= sizeof(f->name[0])) {
		log_error("%s:/" GUESTS_FOLDER "/%s: too many VM files, or too long a name",
			  stores_name(f->source), name);
		return OK;
	}
	memcpy(f->name[f->n++], name, strlen(name) + 1);
	return OK;
}

/* Names first, files then: a store lists and opens with the same state. */
static void take_folder(enum vd_source source)
{
	static struct folder f;
	const struct store *st = stores_get(source);

	f = (struct folder){ .source = source };
	if (!st || st->ops->list(st, GUESTS_FOLDER, take_name, &f) != OK)
		return;
	for (u32 i = 0; i < f.n; i++)
		take_file(source, f.name[i]);
}

/* ---- all of them ------------------------------------------------------------------------------ */

static void sort_by_id(void)
{
	for (u32 i = 1; i < n_found; i++) {
		struct candidate c = found[i];
		u32 at = i;

		for (; at > 0 && c.desc &&
		       (!found[at - 1].desc || found[at - 1].desc->id > c.desc->id);
		     at--)
			found[at] = found[at - 1];
		found[at] = c;
	}
}

/* Those whose file says no number: the lowest that are free. */
static void number_all(void)
{
	static struct vmdesc *descs[VM_MAX];
	u32 n = 0;

	for (u32 i = 0; i < n_found; i++) {
		if (found[i].desc)
			descs[n++] = found[i].desc;
	}
	vmdesc_number(descs, n);
}

static void check_set(struct diag *d)
{
	static const struct vmdesc *descs[VM_MAX];
	static bool refused[VM_MAX];
	static u32 index[VM_MAX];
	struct vd_target t = target();
	struct vd_set set = { descs, 0, &t };
	enum status st = E_NOMEM;
	u32 n = 0;

	for (u32 i = 0; i < n_found; i++) {
		if (!found[i].desc)
			continue;
		descs[n] = found[i].desc;
		refused[n] = found[i].refused;
		index[n++] = i;
	}
	set.n = n;
	/* In the arena of the first that has room. */
	for (u32 i = 0; i < n && st == E_NOMEM; i++)
		st = vmdesc_validate_set(&set, refused, &found[index[i]].vm->arena, d);
	if (n && st == E_NOMEM)
		log_error("no memory to compare the VMs with each other: none is started");
	for (u32 i = 0; i < n; i++)
		found[index[i]].refused |= refused[i] || st == E_NOMEM;
}

static void refuse(struct candidate *c)
{
	log_error("VM \"%.*s\" is not started", c->desc ? (int)c->desc->name.n : 1,
		  c->desc ? c->desc->name.p : "?");
	vm_free(c->vm);
	c->vm = NULL;
}

/* "*.toml, *.qvmconf": of the languages that are linked. */
static void say_none(void)
{
	char suffixes[64];

	config_list_suffixes(suffixes, sizeof(suffixes));
	log_error("no VM files: looked for %s in /" GUESTS_FOLDER " in the archive%s", suffixes,
		  stores_get(VD_SRC_FS) ? " and on the disk" : "; there is no disk");
}

void guests_start(const struct hostdesc *hd)
{
	struct diag d = { .emit = emit };

	machine = hd;
	take_folder(VD_SRC_MEMORY);
	take_folder(VD_SRC_FS);
	number_all();
	sort_by_id();
	check_set(&d);
	for (u32 i = 0; i < n_found; i++) {
		struct candidate *c = &found[i];

		if (c->refused || vm_build(c->vm, c->desc, &d) != OK)
			refuse(c);
	}
	for (u32 i = 0; i < n_vms; i++)
		vm_print_board(vms[i]);
	if (n_found == 0)
		say_none();
	for (u32 i = 0; i < n_vms; i++)
		vm_start(vms[i]);
	vm_boot_done();
}
