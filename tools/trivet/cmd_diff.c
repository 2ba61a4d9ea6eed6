/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trivet diff: what changed on the board between two files, whatever languages they are in.
 * Ends with 0 when nothing did, 1 when something did, 2 when it cannot be said.
 */
#include <string.h>

#include <lib/words.h>

#include "diff.h"
#include "json.h"

struct side {
	const char *file;
	struct tool_set set;
};

struct job {
	const struct tool_options *o;
	struct side a, b;
	FILE *f;
	struct json json;
	u32 n; /* VMs that differ */
};

/* ---- output -------------------------------------------------------------------------------- */

static const char *place(const struct src_pos *at, const char *file)
{
	const char *name = at->file ? at->file : file;

	if (!at->line)
		return name;
	return tool_text("%s:%u:%u", name, at->line, at->col);
}

static void print_change(const struct job *j, const struct diff_change *c)
{
	const char *colon = *c->subject ? ": " : "";

	if (!c->fact)
		fprintf(j->f, "  %s: %s%s%s\n", c->subject, c->a ? "removed" : "added",
			*(c->a ? c->a : c->b) ? ": " : "", c->a ? c->a : c->b);
	else if (c->a && c->b)
		fprintf(j->f, "  %s%s%s %s -> %s\n", c->subject, colon, c->fact, c->a, c->b);
	else
		fprintf(j->f, "  %s%s%s %s: %s\n", c->subject, colon, c->fact, c->a ? c->a : c->b,
			c->a ? "removed" : "added");
	fprintf(j->f, "      %s | %s\n", place(&c->at_a, j->a.file), place(&c->at_b, j->b.file));
}

static void json_place(struct json *j, const char *key, const struct src_pos *at, const char *file)
{
	json_object(j, key);
	json_text(j, "file", at->file ? at->file : file);
	if (at->line) {
		json_u64(j, "line", at->line);
		json_u64(j, "column", at->col);
	}
	json_end_object(j);
}

static void json_change(struct job *job, const struct diff_change *c)
{
	struct json *j = &job->json;

	json_object(j, NULL);
	json_text(j, "change", c->a && c->b ? "changed" : c->a ? "removed" : "added");
	json_text(j, "subject", *c->subject ? c->subject : "VM");
	json_text(j, "field", c->fact);
	json_text(j, "a", c->a);
	json_text(j, "b", c->b);
	json_place(j, "at_a", &c->at_a, job->a.file);
	json_place(j, "at_b", &c->at_b, job->b.file);
	json_end_object(j);
}

/* @all NULL: the VM itself is only in one of the files. */
static void put_vm(struct job *j, const struct vmdesc *vd, const char *what,
		   const struct diff_changes *all)
{
	j->n++;
	if (!j->o->json) {
		fprintf(j->f, "VM \"%s\"%s\n", tool_clean(vd->name), what);
		for (u32 i = 0; all && i < all->n; i++)
			print_change(j, &all->v[i]);
		return;
	}
	json_object(&j->json, NULL);
	json_str(&j->json, "vm", vd->name);
	json_text(&j->json, "change",
		  all			 ? "changed" :
		  strstr(what, "not in") ? "removed" :
					   "added");
	json_array(&j->json, "changes");
	for (u32 i = 0; all && i < all->n; i++)
		json_change(j, &all->v[i]);
	json_end_array(&j->json);
	json_end_object(&j->json);
}

/* ---- comparing ----------------------------------------------------------------------------- */

static void compare(struct job *j, const struct vmdesc *a, const struct vmdesc *b)
{
	bool resolved = j->a.set.machine.fdt.n;
	struct diff_changes all = { 0 };

	diff_boards(&all, a, b, resolved ? DIFF_RESOLVED : DIFF_ASKED);
	if (all.n)
		put_vm(j, a, "", &all);
}

static const struct vmdesc *find(const struct tool_set *set, struct str name)
{
	for (u32 i = 0; i < set->n; i++)
		if (str_eq(set->vms[i]->name, name))
			return set->vms[i];
	return NULL;
}

static void compare_all(struct job *j)
{
	const struct tool_set *a = &j->a.set, *b = &j->b.set;

	if (a->n == 1 && b->n == 1) { /* whatever they are called */
		compare(j, a->vms[0], b->vms[0]);
		return;
	}
	for (u32 i = 0; i < a->n; i++) {
		const struct vmdesc *other = find(b, a->vms[i]->name);

		if (other)
			compare(j, a->vms[i], other);
		else
			put_vm(j, a->vms[i], tool_text(": not in %s", j->b.file), NULL);
	}
	for (u32 i = 0; i < b->n; i++)
		if (!find(a, b->vms[i]->name))
			put_vm(j, b->vms[i], tool_text(": only in %s", j->b.file), NULL);
}

/* ---- input --------------------------------------------------------------------------------- */

static bool keep(struct side *s, const char *vm)
{
	u32 i = vm ? board_find_vm(&s->set, vm) : 0;

	if (!vm)
		return true;
	if (i == s->set.n) {
		tool_complain("--vm %s: is not in %s", vm, s->file);
		return false;
	}
	s->set.vms[0] = s->set.vms[i];
	s->set.n = 1;
	return true;
}

/* A board that is refused has differences that nobody meant: its mistakes are what is to be said. */
static bool load(struct side *s, const struct tool_options *o, const char *vm)
{
	struct tool_options one = *o;
	enum status st;

	one.files = &s->file;
	one.n_files = 1;
	one.json_is_ours = true;
	st = tool_load(&one, TOOL_COMPLETE, &s->set);
	if (st != OK || s->set.report.d.n_errors) {
		tool_report_end(&s->set.report);
		tool_complain("diff: %s has mistakes", s->file);
		return false;
	}
	return keep(s, vm);
}

static int run_job(struct job *j)
{
	j->f = tool_output_open(j->o, "w");
	if (!j->f)
		return TOOL_USAGE;
	json_begin(&j->json, j->f);
	if (j->o->json) {
		json_object(&j->json, NULL);
		json_array(&j->json, "vms");
	}
	compare_all(j);
	if (j->o->json) {
		json_end_array(&j->json);
		json_end_object(&j->json);
		json_end(&j->json);
	}
	if (!tool_output_close(j->o, j->f))
		return TOOL_USAGE;
	return j->n ? TOOL_ERRORS : TOOL_OK;
}

static int run(int argc, char **argv)
{
	const char *vm = NULL;
	const struct tool_own_option own[] = { { "--vm", true, &vm }, { NULL, false, NULL } };
	struct tool_options o;
	struct job j = { .o = &o };

	if (!tool_options_read(&o, argc, argv, own))
		return TOOL_USAGE;
	if (o.n_files != 2) {
		tool_complain("diff: which two files?");
		return TOOL_USAGE;
	}
	j.a.file = o.files[0];
	j.b.file = o.files[1];
	if (!load(&j.a, &o, vm) || !load(&j.b, &o, vm))
		return TOOL_USAGE;
	return run_job(&j);
}

const struct command cmd_diff = {
	.name = "diff",
	.synopsis = "diff A B [--vm NAME] [--json]",
	.help = "say what differs between the boards of two files: 0 nothing, 1 something, 2 mistakes",
	.options =
		"  --vm NAME                 only this VM of each file; its name or its number\n",
	.run = run,
};
