/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration code as a host program, for tests/golden/run.py:
 *
 *   golden toml FILE...      syntax: diagnostics, then the tree of each document
 *   golden vm FILE...        VMs: diagnostics, then vmdesc_print of each that is sound
 *   golden words FILE        the same of a command line: FILE has a word a line, @NAME is a file
 *                            beside it
 *   golden tree FILE OUT     the device tree of a VM, as bytes
 *   golden platform FILE...  platform files: diagnostics, then what they say of the machine
 *
 * The machine that VMs are checked against is fixed here, so that expected texts are: its devices
 * are those of tests/data/host.dts, its disk is in the first of its slots.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lib/config.h>
#include <lib/guestfw.h>
#include <lib/hostdesc.h>
#include <lib/packed.h>

#define ARENA_SIZE MIB(64)

extern const struct config_lang config_axvisor, config_camkes, config_qvmconf;
const struct config_lang *const config_langs[] = { &config_axvisor, &config_camkes, &config_qvmconf,
						   NULL };

static const u64 cpu_ids[] = { 0, 1, 2, 3 };

static const struct vd_class_info classes[] = {
	{ .name = "gicv2", .min_window = KIB(4), .n_win = 2, .is_intc = true },
	{ .name = "gicv3", .min_window = KIB(64), .n_win = 2, .is_intc = true },
	{ .name = "ns16550", .min_window = KIB(4), .n_win = 1, .n_irq = 1, .is_console = true },
	{ .name = "pl011", .min_window = KIB(4), .n_win = 1, .n_irq = 1, .is_console = true },
};

static const struct vd_target target = {
	.isa = "aarch64",
	.gpa_limit = UINT64_C(1) << 40,
	.n_cpus = array_size(cpu_ids),
	.cpu_hw_id = cpu_ids,
	.free_ram = MIB(1536),
	.classes = classes,
	.n_classes = array_size(classes),
};

static void emit(struct diag *d, enum diag_level level, const struct src_pos *at, const char *text)
{
	(void)d;
	(void)level;
	(void)at;
	puts(text);
}

static void put(void *ctx, const char *line)
{
	(void)ctx;
	puts(line);
}

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

static struct span load(const char *path)
{
	FILE *f = fopen(path, "rb");
	u8 *p;
	long n;

	if (!f || fseek(f, 0, SEEK_END) != 0 || (n = ftell(f)) < 0 || fseek(f, 0, SEEK_SET) != 0) {
		perror(path);
		exit(2);
	}
	/* Exactly as large as the file: the sanitizer then sees a read behind its end. */
	p = must(malloc(n ? (size_t)n : 1));
	if (fread(p, 1, (size_t)n, f) != (size_t)n)
		exit(2);
	fclose(f);
	return span_of(p, (size_t)n);
}

/* ---- the machine -------------------------------------------------------------------------- */

static struct span host_fdt;
static struct hostdesc host;

static void find_host(void)
{
	static u8 memory[MIB(1)];
	const char *folder = getenv("TRIVET_TEST_DATA");
	char path[512];
	struct arena a;
	const char *why;

	arena_init(&a, memory, sizeof(memory));
	snprintf(path, sizeof(path), "%s/host.dtb", folder ? folder : "build/test-data");
	host_fdt = load(path);
	if (hostdesc_from_fdt(host_fdt, &a, &host, &why) != OK)
		abort();
	for (u32 i = 0; i < host.n_devs; i++)
		host.devs[i].taken = str_eq_c(host.devs[i].path, "/virtio_mmio@a000000");
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* ---- toml --------------------------------------------------------------------------------- */

static void print_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		printf("%02x", (u8)s.p[i]);
}

static void print_tree(const struct toml *v)
{
	switch (v->type) {
	case TOML_STRING:
		printf("s:");
		print_text(v->text);
		break;
	case TOML_INT:
		printf("i:%lld", (long long)v->integer);
		break;
	case TOML_FLOAT:
		printf("f:");
		print_text(v->text);
		break;
	case TOML_BOOL:
		printf("b:%lld", (long long)v->integer);
		break;
	case TOML_DATETIME:
		printf("d:");
		print_text(v->text);
		break;
	case TOML_ARRAY:
	case TOML_TABLE:
		printf(v->type == TOML_ARRAY ? "[ " : "{ ");
		for (const struct toml *c = v->child; c; c = c->next) {
			if (v->type == TOML_TABLE) {
				printf("k:");
				print_text(c->key);
				putchar(' ');
			}
			print_tree(c);
		}
		printf(v->type == TOML_ARRAY ? "]" : "}");
		break;
	}
	putchar(' ');
}

static void run_toml(struct arena *a, const char *path)
{
	struct span text = load(path);
	struct diag d = { .emit = emit };
	struct toml *root;
	enum status st = toml_parse(text, base_name(path), a, &d, &root);

	printf("== %s %d %u\n", path, st, d.n_errors);
	if (st == OK) {
		print_tree(root);
		putchar('\n');
	}
	free((void *)text.p);
}

/* ---- what descriptions may ask for --------------------------------------------------------- */

static bool variable(void *ctx, struct str name, struct str *out)
{
	static const struct {
		const char *name, *value;
	} known[] = {
		{ "GUEST", "linux" }, { "EMPTY", "" }, { "TWO", "a b" }, { "BASE", "80000000" }
	};

	(void)ctx;
	for (size_t i = 0; i < array_size(known); i++) {
		if (!str_eq_c(name, known[i].name))
			continue;
		*out = str_of(known[i].value);
		return true;
	}
	return false;
}

static bool area(void *ctx, struct str name, struct range *out)
{
	(void)ctx;
	*out = (struct range){ 0x50000000, MIB(2) };
	return str_eq_c(name, "guestram");
}

static struct config_env env = { .variable = variable, .area = area };

/* ---- vm ----------------------------------------------------------------------------------- */

#define MAX_VMS	  16
#define MAX_PARTS 64

struct vms {
	const struct vmdesc *v[MAX_VMS];
	struct vmdesc *sound[MAX_VMS];
	bool refused[MAX_VMS];
	u32 n;
	u32 n_sound;
};

/* A sound file's VMs come out of the packed form as they went in, and pack to the same bytes. */
static struct vmdesc *packed_and_back(struct vmdesc *vd, struct arena *a)
{
	static alignas(8) u8 first[KIB(256)], second[KIB(256)];
	const char *why = "";
	size_t n = 0, m = 0;

	if (vmdesc_pack(vd, first, sizeof(first), &n) != OK ||
	    vmdesc_unpack(span_of(first, n), a, &vd, &why) != OK ||
	    vmdesc_pack(vd, second, sizeof(second), &m) != OK || n != m ||
	    memcmp(first, second, n) != 0) {
		printf("-- not the same packed and unpacked: %s\n", why);
		exit(2);
	}
	memset(first, '#', n);
	return vd;
}

/* The VMs of some parts, which the language of the first file understands. */
static void read_parts(struct vms *out, struct arena *a, struct diag *d,
		       const struct config_part *part, u32 n)
{
	const struct config_input in = { part, n, &env };
	const struct config_lang *lang = NULL;
	struct vmdesc *vd = NULL;
	enum status st;

	env.fdt = host_fdt;
	for (u32 i = 0; i < n && !lang; i++)
		lang = config_detect(part[i].words || n > 1 ? ".qvmconf" : part[i].file);
	if (!lang) {
		printf("%s: no configuration language has this suffix\n", part->file);
		exit(2);
	}
	st = lang->parse(&in, a, d, &vd);
	/* The description must not point into the text: the hypervisor frees the file's pages. */
	for (u32 i = 0; i < n; i++) {
		memset((void *)part[i].text.p, '#', part[i].text.n);
		free((void *)part[i].text.p);
	}
	if (st == E_NOMEM)
		exit(2);
	if (st == OK)
		vd = packed_and_back(vd, a);
	for (; vd; vd = vd->next) {
		const struct config_machine m = { &host, host_fdt, &target };
		bool refused = config_complete(vd, &m, a, d) != OK || st != OK;

		if (out->n == MAX_VMS)
			exit(2);
		out->refused[out->n] = refused;
		if (!refused)
			out->sound[out->n_sound++] = vd;
		out->v[out->n++] = vd;
	}
}

static struct config_part part_of(const char *path)
{
	return (struct config_part){ .text = load(path), .file = base_name(path) };
}

static int print_vms(struct vms *vms, struct arena *a, struct diag *d)
{
	const struct vd_set set = { vms->v, vms->n, &target };

	vmdesc_number(vms->sound, vms->n_sound);
	if (vmdesc_validate_set(&set, vms->refused, a, d) != OK)
		puts("-- the set is refused");
	printf("-- %u errors, %u warnings\n", d->n_errors, d->n_warnings);
	for (u32 i = 0; i < vms->n; i++) {
		const char *isa = vms->v[i]->isa;

		if (vms->refused[i])
			printf("-- %s is refused\n", vmdesc_label(vms->v[i]).s);
		/* What it is made of can be looked at, whatever it is made for. */
		if (!vms->refused[i] || (isa && strcmp(isa, target.isa) != 0))
			vmdesc_print(vms->v[i], put, NULL);
	}
	free((void *)host_fdt.p);
	return 0;
}

static int run_vms(struct arena *a, int n, char **paths)
{
	struct vms vms = { .n = 0 };
	struct diag d = { .emit = emit };

	find_host();
	for (int i = 0; i < n; i++) {
		struct config_part part = part_of(paths[i]);

		read_parts(&vms, a, &d, &part, 1);
	}
	return print_vms(&vms, a, &d);
}

/* One line is one word; those between two files are one part. */
static u32 split_words(const char *path, struct config_part *part)
{
	struct span all = load(path);
	size_t folder = (size_t)(base_name(path) - path);
	static char files[MAX_PARTS][256];
	u32 n = 0;

	for (size_t at = 0; at < all.n;) {
		const char *word = (const char *)all.p + at;
		size_t len = 0;
		struct config_part *last = n ? &part[n - 1] : NULL;
		char *text;

		while (at + len < all.n && word[len] != '\n')
			len++;
		at += len + 1;
		if (n == MAX_PARTS)
			exit(2);
		if (*word == '@') {
			snprintf(files[n], sizeof(files[n]), "%.*s%.*s", (int)folder, path,
				 (int)len - 1, word + 1);
			part[n] = part_of(files[n]);
			n++;
			continue;
		}
		if (!last || !last->words) {
			last = &part[n++];
			*last = (struct config_part){ .file = "command line", .words = true };
		}
		text = must(realloc((void *)last->text.p, last->text.n + len + 1));
		memcpy(text + last->text.n, word, len);
		text[last->text.n + len] = '\0';
		last->text = span_of(text, last->text.n + len + 1);
	}
	free((void *)all.p);
	return n;
}

static int run_words(struct arena *a, const char *path)
{
	struct config_part part[MAX_PARTS];
	struct vms vms = { .n = 0 };
	struct diag d = { .emit = emit };

	find_host();
	read_parts(&vms, a, &d, part, split_words(path, part));
	return print_vms(&vms, a, &d);
}

static int write_tree(struct arena *a, const char *path, const char *to)
{
	static alignas(8) u8 buf[GUEST_FDT_MAX];
	const struct guest_fw_info info = { 0 };
	struct diag d = { .emit = emit };
	struct vms vms = { .n = 0 };
	struct config_part part;
	size_t len;
	FILE *f = fopen(to, "wb");

	if (!f)
		return 2;
	find_host();
	part = part_of(path);
	read_parts(&vms, a, &d, &part, 1);
	if (vms.refused[0] ||
	    guest_fdt_write(vms.v[0], &info, (struct span){ 0 }, buf, sizeof(buf), &len) != OK)
		return 1;
	fwrite(buf, 1, len, f);
	free((void *)host_fdt.p);
	return fclose(f);
}

/* ---- platform ----------------------------------------------------------------------------- */

static void run_platform(struct arena *a, const char *path)
{
	struct hostdesc hd = { 0 };
	struct span text = load(path);
	struct diag d = { .emit = emit };
	enum status st = hostdesc_apply_platform(text, base_name(path), a, &hd, &d);

	memset((void *)text.p, '#', text.n);
	free((void *)text.p);
	printf("-- %u errors, %u warnings: %s\n", d.n_errors, d.n_warnings,
	       st == OK ? "accepted" : "refused");
	printf("model \"%.*s\"\n", STR_ARG(hd.model));
	printf("window 0x%llx + 0x%llx, clean %d\n", (unsigned long long)hd.window.base,
	       (unsigned long long)hd.window.len, hd.memory_is_clean);
	printf("console \"%.*s\"\n", STR_ARG(hd.console_path));
	printf("timer %llu Hz, slice %llu us, off when done %d\n", (unsigned long long)hd.timer_hz,
	       (unsigned long long)hd.slice_us, hd.power_off_when_done);
}

int main(int argc, char **argv)
{
	struct arena a;
	void *mem = must(malloc(ARENA_SIZE));
	int rc = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: golden toml|vm|words|platform FILE...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		arena_init(&a, mem, ARENA_SIZE);
		if (strcmp(argv[1], "vm") == 0) {
			rc = run_vms(&a, argc - 2, argv + 2);
			break;
		}
		if (strcmp(argv[1], "words") == 0) {
			rc = run_words(&a, argv[i]);
			break;
		}
		if (strcmp(argv[1], "tree") == 0 && argc == 4) {
			rc = write_tree(&a, argv[2], argv[3]);
			break;
		}
		if (strcmp(argv[1], "toml") == 0)
			run_toml(&a, argv[i]);
		else
			run_platform(&a, argv[i]);
	}
	free(mem);
	return rc;
}
