/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trivet new: a description that is complete, that passes its own check before it is written, and
 * that starts. Nothing that is there is written over unasked.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/bits.h>

#include "facts.h"
#include "new.h"
#include "source.h"
#include "places.h"

#define DEFAULT_MEMORY MIB(512)

struct words {
	const char *arch, *kernel, *initrd, *cpus, *memory, *base, *cmdline, *name, *id, *location,
		*force;
};

/* ---- what was asked for ----------------------------------------------------------------------- */

static bool read_number(const char *option, const char *word, u64 fallback, u64 *out)
{
	*out = fallback;
	if (!word || tool_parse_size(str_of(word), out))
		return true;
	tool_complain("new: %s %s: is no number; write 512M, 1G, 0x2000_0000 or 3", option, word);
	return false;
}

static bool is_arch_known(const char *arch)
{
	if (!arch || strcmp(arch, "aarch64") == 0 || strcmp(arch, "arm64") == 0)
		return true;
	tool_complain("new: --arch %s: %s", arch,
		      strcmp(arch, "riscv64") == 0 || strcmp(arch, "x86_64") == 0 ?
			      "known, not supported yet; guests are of aarch64" :
			      "aarch64 is what guests are of");
	return false;
}

static bool is_location_known(const char *location)
{
	if (!location || strcmp(location, "fs") == 0 || strcmp(location, "memory") == 0)
		return true;
	tool_complain("new: --location %s: write fs (the disk) or memory (inside the hypervisor)",
		      location);
	return false;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "configs/platforms/aarch64-qemu-virt.toml": "qemu", as the samples are named. */
static const char *board_of(const struct tool_machine *m)
{
	const char *name = base_name(m->platform ? m->platform : "aarch64-qemu-virt.toml");
	char *board = tool_format("%s", name);

	if (str_starts(str_of(board), "aarch64-"))
		board += strlen("aarch64-");
	if (str_ends(str_of(board), ".toml"))
		board[strlen(board) - strlen(".toml")] = 0;
	return strcmp(board, "qemu-virt") == 0 ? "qemu" : board;
}

static bool read_numbers(const struct words *w, u64 *base, struct new_vm *vm)
{
	if (!read_number("--cpus", w->cpus, 1, &vm->cpus) ||
	    !read_number("--memory", w->memory, DEFAULT_MEMORY, &vm->memory) ||
	    !read_number("--base", w->base, 0, base) || !read_number("--id", w->id, 1, &vm->id))
		return false;
	if (!vm->cpus || vm->cpus > VD_MAX_VCPUS) {
		tool_complain("new: --cpus %s: a VM has 1 to %d", w->cpus, VD_MAX_VCPUS);
		return false;
	}
	return true;
}

/* ---- the file --------------------------------------------------------------------------------- */

/* The convention of AxVisor's configurations: <os>-<arch>-<board>-smp<n>.toml. */
static const char *output_path(const struct tool_options *o, const struct new_vm *vm)
{
	const char *name = tool_format("%s-%s-%s-smp%llu.toml", vm->kernel.os, vm->arch, vm->board,
				       (unsigned long long)vm->cpus);
	size_t n = o->output ? strlen(o->output) : 0;
	struct stat st;

	if (!n)
		return name;
	if (o->output[n - 1] == '/' || (stat(o->output, &st) == 0 && S_ISDIR(st.st_mode)))
		return tool_format("%.*s/%s", (int)n - (o->output[n - 1] == '/'), o->output, name);
	return o->output;
}

static bool write_new(const char *path, const char *text, bool force)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL), 0666);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (!f) {
		tool_complain("%s: %s", path,
			      errno == EEXIST ? "is there already; --force writes over it" :
						strerror(errno));
		return false;
	}
	fputs(text, f);
	if (fclose(f) == 0)
		return true;
	tool_complain("%s: %s", path, strerror(errno));
	return false;
}

/* The way every description goes, before this one is a file. */
static bool passes_check(struct tool_set *set, const char *path, const char *text)
{
	struct config_part part = { .text = span_of(text, strlen(text)), .file = path };

	source_add(path, part.text);
	tool_load_parts(set, config_detect(".toml"), &part, 1, TOOL_IMAGES);
	tool_set_end(set, TOOL_IMAGES);
	tool_report_end(&set->report);
	return set->report.d.n_errors == 0;
}

static void say_where(const char *path, const struct words *w)
{
	const char *folder = tool_folder_of(path), *from = tool_folder_of(w->kernel);

	fprintf(stderr, "%s: written\n", path);
	if (strcmp(folder, from) != 0 && !(place_guests() && strcmp(from, place_guests()) == 0))
		fprintf(stderr,
			"its images are looked for beside it; elsewhere: trivet check --files %s "
			"%s\n",
			from, path);
}

/* ---- together --------------------------------------------------------------------------------- */

static bool describe(const struct words *w, const struct tool_machine *m, struct new_vm *vm)
{
	u64 base;

	if (!read_numbers(w, &base, vm) || !new_look_into(w->kernel, base, &vm->kernel))
		return false;
	vm->arch = "aarch64";
	vm->board = board_of(m);
	vm->name = w->name ? w->name : vm->kernel.os;
	vm->kernel_path = base_name(w->kernel);
	vm->initrd_path = w->initrd ? base_name(w->initrd) : NULL;
	vm->location = w->location ? w->location : "fs";
	vm->cmdline = w->cmdline;
	if (!vm->cmdline && strcmp(vm->kernel.os, "linux") == 0)
		vm->cmdline = "console=ttyAMA0";
	if (vm->memory < vm->kernel.need) {
		tool_complain("new: --memory %s: the kernel alone needs %llu MiB",
			      w->memory ? w->memory : "512M",
			      (unsigned long long)(align_up(vm->kernel.need, MIB(1)) / MIB(1)));
		return false;
	}
	return true;
}

static int make(struct tool_options *o, const struct words *w)
{
	struct tool_set set;
	struct new_vm vm = { 0 };
	const char *path, *text;

	o->named.v[o->named.n++] = tool_format("%s=%s", base_name(w->kernel), w->kernel);
	if (w->initrd)
		o->named.v[o->named.n++] = tool_format("%s=%s", base_name(w->initrd), w->initrd);
	if (tool_set_begin(o, &set) != OK) {
		tool_report_end(&set.report);
		return TOOL_ERRORS;
	}
	if (!describe(w, &set.machine, &vm))
		return TOOL_ERRORS;
	path = output_path(o, &vm);
	text = new_text(&vm, &set.machine.hd);
	if (!text || !passes_check(&set, path, text))
		return TOOL_ERRORS;
	if (strcmp(path, "-") == 0)
		return fputs(text, stdout) >= 0 && fflush(stdout) == 0 ? TOOL_OK : TOOL_ERRORS;
	if (!write_new(path, text, w->force))
		return TOOL_ERRORS;
	say_where(path, w);
	return TOOL_OK;
}

static int run(int argc, char **argv)
{
	struct words w = { 0 };
	const struct tool_own_option own[] = {
		{ "--arch", true, &w.arch },	   { "--kernel", true, &w.kernel },
		{ "--initrd", true, &w.initrd },   { "--cpus", true, &w.cpus },
		{ "--memory", true, &w.memory },   { "--base", true, &w.base },
		{ "--cmdline", true, &w.cmdline }, { "--name", true, &w.name },
		{ "--id", true, &w.id },	   { "--location", true, &w.location },
		{ "--force", false, &w.force },	   { 0 },
	};
	struct tool_options o;

	if (!tool_options_read(&o, argc, argv, own) || !is_arch_known(w.arch) ||
	    !is_location_known(w.location))
		return TOOL_USAGE;
	if (o.n_files) {
		tool_complain(
			"new: '%s': takes no file; the kernel is --kernel FILE, the result -o "
			"FILE",
			o.files[0]);
		return TOOL_USAGE;
	}
	if (!w.kernel) {
		tool_complain("new: --kernel FILE is needed");
		return TOOL_USAGE;
	}
	if (o.named.n + 2 > TOOL_MAX_WORDS)
		return TOOL_USAGE;
	return make(&o, &w);
}

const struct command cmd_new = {
	.name = "new",
	.synopsis = "new --kernel FILE [--initrd FILE] [--cpus N] [--memory SIZE] [-o FILE]",
	.help = "write a complete description for a kernel, checked before it is written",
	.options = "  --kernel FILE             a Linux Image (gzip or not), an ELF, or raw bytes\n"
		   "  --initrd FILE             its initial RAM disk\n"
		   "  --cpus N                  virtual CPUs; default 1\n"
		   "  --memory SIZE             512M, 1G, 0x2000_0000; default 512M\n"
		   "  --base ADDRESS            where memory begins; default 0x8000_0000\n"
		   "  --cmdline TEXT            default for Linux: console=ttyAMA0\n"
		   "  --name NAME               of the VM; default: what the kernel is\n"
		   "  --id N                    its number; default 1\n"
		   "  --location fs|memory      images on the disk, or inside the hypervisor\n"
		   "  --arch aarch64            what the kernel is for\n"
		   "  --force                   write over a file that is there\n"
		   "  -o FILE|FOLDER            default: <os>-<arch>-<board>-smp<n>.toml\n",
	.run = run,
};
