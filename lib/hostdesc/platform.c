/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform file over what discovery found. A key is applied only when its value is right, and
 * every key that is not known is reported: a misspelt one must not silently mean its default.
 */
#include <lib/hostdesc.h>

#include <base/bits.h>
#include <base/diag.h>
#include <lib/config.h>
#include <lib/words.h>

#define PAGE	     KIB(4)
#define SLICE_MIN_US 100
#define SLICE_MAX_US 1000000
#define TIMER_MIN_HZ 1000000
#define AREAS	     "areas" /* a table of any keys */
#define TIMER_MAX_HZ UINT64_C(10000000000)

struct platform {
	struct hostdesc *hd;
	struct diag *d;
	const char *table; /* of the key being read, for messages */
};

struct key {
	const char *table;
	const char *name;
	enum toml_type type;
	void (*apply)(struct platform *p, const struct toml *v);
};

static void refuse(struct platform *p, const struct toml *v, const char *why, const char *fix)
{
	diag_report(p->d, DIAG_ERROR, v->at, "platform: %s.%s: %s", p->table, show_text(v->key).s,
		    why);
	diag_report(p->d, DIAG_FIX, v->at, "%s", fix);
}

static void apply_name(struct platform *p, const struct toml *v)
{
	if (!v->text.n)
		refuse(p, v, "empty", "write the name of the machine");
	else if (!p->hd->model.n)
		p->hd->model = v->text;
}

/* Which ISA is the build's business: by now the right one is running. */
static void apply_isa(struct platform *p, const struct toml *v)
{
	if (!v->text.n)
		refuse(p, v, "empty", "write the name of the instruction set");
}

/* [address, bytes]; false: it is none. */
static bool read_pair(const struct toml *v, struct range *out)
{
	const struct toml *base = v->type == TOML_ARRAY && v->n == 2 ? v->child : NULL;
	const struct toml *len = base ? base->next : NULL;

	if (!len || base->type != TOML_INT || len->type != TOML_INT || base->integer < 0 ||
	    len->integer <= 0)
		return false;
	*out = (struct range){ (u64)base->integer, (u64)len->integer };
	return true;
}

static void apply_window(struct platform *p, const struct toml *v)
{
	static const char fix[] = "write [address, bytes], multiples of 4 KiB, or remove the key";
	struct range w;

	if (!read_pair(v, &w))
		refuse(p, v, "expected two numbers", fix);
	else if (!is_aligned(w.base | w.len, PAGE))
		refuse(p, v, "no multiple of 4 KiB", fix);
	else
		p->hd->window = w;
}

static void apply_clean(struct platform *p, const struct toml *v)
{
	p->hd->memory_is_clean = v->integer != 0;
}

static const struct hd_dev *find_dev(const struct hostdesc *hd, struct str path)
{
	for (u32 i = 0; i < hd->n_devs; i++)
		if (str_eq(hd->devs[i].path, path))
			return &hd->devs[i];
	return NULL;
}

/* The device has to be there, unless nothing is known of the machine. */
static void apply_console(struct platform *p, const struct toml *v)
{
	const struct hd_dev *dev = find_dev(p->hd, v->text);

	if (!str_starts(v->text, "/")) {
		refuse(p, v, "no path of a device tree",
		       "write a path, such as \"/soc/uart@1000\", or remove the key");
		return;
	}
	if (!dev && p->hd->n_devs) {
		refuse(p, v, "the machine has no such device",
		       "write the path of a node of its device tree, or remove the key");
		return;
	}
	p->hd->console_path = v->text;
	if (dev != p->hd->console)
		p->hd->console_baud = 0; /* was the other one's */
	p->hd->console = dev;
}

static void apply_reserved(struct platform *p, const struct toml *v)
{
	struct hostdesc *hd = p->hd;

	for (const struct toml *e = v->child; e; e = e->next) {
		const char *why = "more than 16 reserved ranges with the device tree's";

		if (hd->n_reserved < HD_MAX_MEM) {
			if (read_pair(e, &hd->reserved[hd->n_reserved])) {
				hd->n_reserved++;
				continue;
			}
			why = "expected pairs of numbers";
		}
		refuse(p, v, why, "write [[address, bytes], ...], or remove the key");
		return;
	}
}

static void apply_hz(struct platform *p, const struct toml *v)
{
	if (v->integer && (v->integer < TIMER_MIN_HZ || (u64)v->integer > TIMER_MAX_HZ))
		refuse(p, v, "no frequency a timer has",
		       "write 0 (ask the CPU), or 1_000_000 to 10_000_000_000");
	else
		p->hd->timer_hz = (u64)v->integer;
}

static void apply_slice(struct platform *p, const struct toml *v)
{
	if (v->integer < SLICE_MIN_US || v->integer > SLICE_MAX_US)
		refuse(p, v, "out of range", "write 100 to 1_000_000 microseconds");
	else
		p->hd->slice_us = (u64)v->integer;
}

static void apply_off(struct platform *p, const struct toml *v)
{
	p->hd->power_off_when_done = v->integer != 0;
}

static const struct key keys[] = {
	{ "platform", "name", TOML_STRING, apply_name },
	{ "platform", "isa", TOML_STRING, apply_isa },
	{ "memory", "window", TOML_ARRAY, apply_window },
	{ "memory", "reserved", TOML_ARRAY, apply_reserved },
	{ "memory", "clean", TOML_BOOL, apply_clean },
	{ "console", "path", TOML_STRING, apply_console },
	{ "timer", "hz", TOML_INT, apply_hz },
	{ "scheduler", "slice_us", TOML_INT, apply_slice },
	{ "power", "off_when_done", TOML_BOOL, apply_off },
};

/* Tables that only the build and the desk read. */
static const char *const skipped[] = { "build", "emulator", "desk", "machine" };

static bool is_table(struct str name)
{
	for (size_t i = 0; i < array_size(keys); i++) {
		if (str_eq_c(name, keys[i].table))
			return true;
	}
	return str_eq_c(name, AREAS);
}

static bool is_skipped(struct str name)
{
	for (size_t i = 0; i < array_size(skipped); i++) {
		if (str_eq_c(name, skipped[i]))
			return true;
	}
	return false;
}

static void suggest(struct platform *p, const struct toml *v, const struct suggest *near)
{
	if (near->best)
		diag_report(p->d, DIAG_FIX, v->key_at, "did you mean '%s'?", near->best);
	else
		diag_report(p->d, DIAG_FIX, v->key_at, "remove it");
}

static void unknown_key(struct platform *p, const struct toml *v)
{
	struct suggest near = { .word = v->key };

	diag_report(p->d, DIAG_ERROR, v->key_at, "platform: unknown key '%s' in [%s]",
		    show_text(v->key).s, p->table);
	for (size_t i = 0; i < array_size(keys); i++) {
		if (str_eq_c(str_of(p->table), keys[i].table))
			suggest_try(&near, keys[i].name);
	}
	suggest(p, v, &near);
}

static void unknown_table(struct platform *p, const struct toml *v)
{
	struct suggest near = { .word = v->key };

	diag_report(p->d, DIAG_ERROR, v->key_at, "platform: unknown table '%s'",
		    show_text(v->key).s);
	for (size_t i = 0; i < array_size(keys); i++)
		suggest_try(&near, keys[i].table);
	for (size_t i = 0; i < array_size(skipped); i++)
		suggest_try(&near, skipped[i]);
	suggest_try(&near, AREAS);
	suggest(p, v, &near);
}

/*
 * A key of [areas] is a name that the user gives; it takes the place of one of the tree's. The memory is
 * nobody's who does not ask for it.
 */
static void read_area(struct platform *p, const struct toml *v)
{
	struct hostdesc *hd = p->hd;
	struct range r;

	if (!read_pair(v, &r) || !is_aligned(r.base | r.len, PAGE))
		refuse(p, v, "expected two multiples of 4 KiB", "write [address, bytes]");
	else if (hd->n_reserved == HD_MAX_MEM || !hostdesc_add_area(hd, v->key, r))
		refuse(p, v, "too many areas and reserved ranges", "remove some");
	else
		hd->reserved[hd->n_reserved++] = r;
}

static void read_key(struct platform *p, const struct toml *v)
{
	if (strcmp(p->table, AREAS) == 0) {
		read_area(p, v);
		return;
	}
	for (size_t i = 0; i < array_size(keys); i++) {
		if (!str_eq_c(v->key, keys[i].name) || !str_eq_c(str_of(p->table), keys[i].table))
			continue;
		if (v->type == keys[i].type) {
			keys[i].apply(p, v);
			return;
		}
		diag_report(p->d, DIAG_ERROR, v->at, "platform: %s.%s: expected %s, found %s",
			    p->table, keys[i].name, toml_type_name(keys[i].type),
			    toml_type_name(v->type));
		diag_report(p->d, DIAG_FIX, v->at, "write %s", toml_type_name(keys[i].type));
		return;
	}
	unknown_key(p, v);
}

static void read_table(struct platform *p, const struct toml *t)
{
	if (is_skipped(t->key))
		return;
	if (!is_table(t->key)) {
		unknown_table(p, t);
		return;
	}
	if (t->type != TOML_TABLE) {
		diag_report(p->d, DIAG_ERROR, t->at, "platform: %s: expected a table, found %s",
			    t->key.p, toml_type_name(t->type));
		diag_report(p->d, DIAG_FIX, t->at, "write [%s] on a line of its own", t->key.p);
		return;
	}
	p->table = t->key.p;
	for (const struct toml *v = t->child; v; v = v->next)
		read_key(p, v);
}

enum status hostdesc_apply_platform(struct span text, const char *file, struct arena *a,
				    struct hostdesc *hd, struct diag *d)
{
	struct platform p = { .hd = hd, .d = d };
	u32 before = d->n_errors;
	struct toml *root;

	if (toml_parse(text, file, a, d, &root) == E_NOMEM)
		return E_NOMEM;
	for (const struct toml *t = root->child; t; t = t->next)
		read_table(&p, t);
	return d->n_errors == before ? OK : E_INVAL;
}
