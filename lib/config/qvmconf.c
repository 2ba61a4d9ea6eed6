/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QNX qvm's configuration into a vmdesc: read once, top to bottom. A word is an option or an
 * argument; which, and how many arguments, the table says by the context. What the language does
 * not say (a name, an interrupt controller, a vCPU) is added at the end; a console is not.
 */
#include "qvmconf_priv.h"

#include <base/fmt.h>

static const char *name_of(u32 option)
{
	return qvm_text(qvm_options[option].name);
}

/* ---- which option ------------------------------------------------------------------------- */

static bool is_here(const struct qvm *q, const struct qvm_option *o)
{
	if (o->context == QVM_G)
		return true;
	if (o->context != q->context)
		return false;
	return q->context != QVM_VDEV || (q->vdev && o->vdevs & BIT(q->vdev - qvm_vdevs));
}

/* Where @name is valid here; else anywhere; NULL: nowhere. */
static const struct qvm_option *find(const struct qvm *q, struct str name)
{
	const struct qvm_option *any = NULL, *global = NULL;

	for (u32 i = 0; i < QVM_OPTIONS; i++) {
		const struct qvm_option *o = &qvm_options[i];

		if (!str_eq_c(name, qvm_text(o->name)))
			continue;
		any = any ? any : o;
		if (!is_here(q, o))
			continue;
		if (o->context != QVM_G)
			return o;
		global = o;
	}
	return global ? global : any;
}

static bool is_option(const struct qvm *q, const struct qvm_token *t)
{
	const struct qvm_option *o = t->quoted ? NULL : find(q, t->text);

	return o && is_here(q, o);
}

/* ---- arguments ---------------------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Length of a word at the beginning of @s that '=' follows; 0: none. */
static size_t key_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && ((s.p[n] >= 'a' && s.p[n] <= 'z') || s.p[n] == '_' || s.p[n] == '-'))
		n++;
	return n < s.n && s.p[n] == '=' ? n : 0;
}

/* "addr=0x1000,size=4K" as it should be: "0x1000,4K". */
static struct show without_keys(struct str s)
{
	struct show out = { "" };
	size_t used = 0;

	while (s.n && used < sizeof(out.s)) {
		struct str piece = qvm_piece(&s);
		size_t key = key_length(piece);

		if (key)
			piece = (struct str){ piece.p + key + 1, piece.n - key - 1 };
		used += (size_t)fmt_snprintf(out.s + used, sizeof(out.s) - used, "%s%s",
					     used ? "," : "", show_text(piece).s);
	}
	return out;
}

static bool missing(struct qvm *q, const char *why)
{
	qvm_error(q, "its argument is missing%s", why);
	if (q->opt->form)
		qvm_fix(q, "write, for example, %s", qvm_advice(q->opt->form));
	else
		qvm_fix(q, "write %s and its value", qvm_text(q->opt->name));
	return false;
}

/* Syntax of other languages in place of a value. */
static bool is_value(struct qvm *q)
{
	struct str s = q->tok.text;

	if (q->opt->args != QVM_VALUE || q->tok.quoted)
		return true;
	if (key_length(s)) {
		qvm_bad(q, "no key=value: values stand by their places");
		qvm_fix(q, "write %s %s", qvm_text(q->opt->name), without_keys(s).s);
		return false;
	}
	if (s.n && s.p[0] == '=') {
		qvm_bad_form(q, "no '=' between an option and its value");
		if (s.n == 1 && qvm_next(q) && is_option(q, &q->tok))
			q->unread = true;
		return false;
	}
	if (s.n && s.p[s.n - 1] == ',') {
		qvm_bad_form(q, "the parts of a value are joined by commas, without blanks");
		if (qvm_next(q) && is_option(q, &q->tok))
			q->unread = true;
		return false;
	}
	return true;
}

bool qvm_argument(struct qvm *q)
{
	if (!qvm_next(q))
		return missing(q, "");
	if (q->tok.part != q->opt_part) {
		q->unread = true;
		return missing(q, ": it has to stand in the same file");
	}
	if (q->tok.broken)
		return false;
	if (q->opt->args != QVM_TWO && is_option(q, &q->tok)) {
		q->unread = true;
		return missing(q, ": an option follows; quote it if it is meant");
	}
	return is_value(q);
}

/* ---- words that are no option here -------------------------------------------------------- */

static void no_option(struct qvm *q)
{
	struct str s = q->tok.text;
	size_t key = key_length(s);
	const char *fix = "write an option and its value with a blank between, such as ram 512M";

	if (key || str_eq_c(s, "=")) {
		struct str value = { s.p + key + 1, s.n - key - 1 };
		struct str word = { s.p, key };

		qvm_bare(q, "%s: no key=value: a value stands behind its option", show_text(s).s);
		if (key && find(q, word) && !memchr(value.p, '=', value.n))
			qvm_fix(q, "write %s %s", show_text(word).s, show_text(value).s);
		else
			qvm_fix(q, "%s", fix);
		return;
	}
	qvm_bare(q, "%s: a value without an option", show_text(s).s);
	if (q->context == QVM_PASS || q->context == QVM_RESERVE)
		qvm_fix(q, "write loc %s", show_text(s).s);
	else if (q->context == QVM_CPU)
		qvm_fix(q, "write cpu once for each vCPU");
	else
		qvm_fix(q, "%s", fix);
}

static bool is_no_word(struct str s)
{
	return s.n && (is_digit(s.p[0]) || s.p[0] == '=' || key_length(s));
}

/* But for capitals. */
static bool same_word(struct str s, const char *word)
{
	size_t i = 0;

	while (i < s.n && word[i] && (s.p[i] | 0x20) == word[i])
		i++;
	return i == s.n && !word[i];
}

static void unknown(struct qvm *q)
{
	struct suggest near = { .word = q->tok.text };
	bool same_line = q->lost == q->tok.at.line + 1;

	/* What follows an unknown word on its line is likely to be its arguments. */
	if (q->diag->n_errors >= q->max_errors ||
	    (q->context == QVM_VDEV && !q->vdev) /* of an unknown device */)
		return;
	for (u32 i = 0; i < QVM_OPTIONS; i++) {
		if (!is_here(q, &qvm_options[i]))
			continue;
		suggest_try(&near, name_of(i));
		if (same_word(q->tok.text, name_of(i)))
			near = (struct suggest){ q->tok.text, name_of(i), 0 };
	}
	if (!near.best && same_line)
		return;
	q->lost = q->tok.at.line + 1;
	if (is_no_word(q->tok.text)) {
		no_option(q);
		return;
	}
	qvm_bare(q, "there is no option '%s'", show_text(q->tok.text).s);
	qvm_advise(q, near.best, "remove it with its value, or quote it where it is a value");
}

/* The context in which @o is valid, as one writes it. */
static struct show home_of(const struct qvm_option *o)
{
	static const u8 opener[] = {
		[QVM_CPU] = QVM_O_CPU,
		[QVM_VDEV] = QVM_O_VDEV,
		[QVM_PASS] = QVM_O_PASS,
		[QVM_RESERVE] = QVM_O_RESERVE,
	};
	struct show out = { "" };
	u32 all = BIT(QVM_VDEVS) - 1;
	u32 vdev = o->vdevs & all;

	fmt_snprintf(out.s, sizeof(out.s), "%s%s%s", name_of(opener[o->context]),
		     vdev && vdev != all ? " " : "",
		     vdev && vdev != all ? qvm_text(qvm_vdevs[bit_lowest(vdev)].name) : "");
	return out;
}

static void misplaced(struct qvm *q, const struct qvm_option *o)
{
	if (q->context == QVM_VDEV && o->context == QVM_VDEV)
		qvm_bare(q, "vdev %s has no option '%s'", qvm_text(q->vdev->name),
			 qvm_text(o->name));
	else
		qvm_bare(q, "'%s' is an option of %s, and none is open here", qvm_text(o->name),
			 home_of(o).s);
	qvm_fix(q, "write it behind %s, or remove it", home_of(o).s);
	for (u32 n = o->args == QVM_NONE ? 0 : o->args == QVM_TWO ? 2 : 1; n; n--) {
		if (!qvm_next(q))
			return;
		if (is_option(q, &q->tok)) {
			q->unread = true;
			return;
		}
	}
}

/* ---- what options do ---------------------------------------------------------------------- */

static void close_context(struct qvm *q)
{
	if (q->context == QVM_VDEV)
		qvm_vdev_close(q);
	q->context = QVM_G;
}

static void open_context(struct qvm *q, enum qvm_context c)
{
	close_context(q);
	q->context = c;
	q->context_at = q->opt_at;
	q->pass = q->vd->passes.n;
	q->n_intr = 0;
}

static void open_cpu(struct qvm *q)
{
	open_context(q, QVM_CPU);
	if (!q->vd->vcpus.n)
		q->vd->vcpus_at = q->opt_at;
	if (vmdesc_add_vcpu(q->vd, q->arena, q->opt_at) || q->arena->exhausted)
		return;
	qvm_error(q, "more vCPUs than a VM can have");
	qvm_fix(q, "write cpu at most %d times", VD_MAX_VCPUS);
}

static void open_pass(struct qvm *q)
{
	open_context(q, QVM_PASS);
	if (!q->blob || q->blob == QVM_O_DATA)
		return;
	qvm_error_at(q, q->blob_at, name_of(q->blob), "before pass: known, not supported yet");
	qvm_fix(q, "remove it, and name the file by %s load", name_of(q->blob));
}

static void read_system(struct qvm *q)
{
	bool late = q->first.line != 0;
	struct src_pos at = q->opt_at;

	if (late) {
		qvm_error_at(q, at, NULL, "has to be the first option of all");
		qvm_note(q, q->first, "this one comes before it");
		qvm_fix(q, "move it to the top");
	}
	if (!qvm_argument(q))
		return;
	q->vd->name = qvm_keep(q, q->tok.text);
	q->vd->name_at = q->tok.at;
}

static void read_dryrun(struct qvm *q)
{
	if (q->run)
		q->run->dry = true;
	else
		diag_report(q->diag, DIAG_WARNING, q->opt_at, "%s: dryrun: has no effect: %s",
			    vmdesc_label(q->vd).s, qvm_advice(q->opt->does));
}

/* An option with one value that has no effect. */
static void read_other(struct qvm *q)
{
	if (q->opt->args == QVM_NONE || !qvm_argument(q))
		return;
	if (q->opt - qvm_options == QVM_O_SAFETY &&
	    qvm_pick(q, q->tok.text, "none\0warn\0required\0") < 0)
		return;
	if (q->opt->effect == QVM_TOLD)
		qvm_warn(q, "has no effect: %s", qvm_advice(q->opt->does));
}

static void read_cmdline(struct qvm *q)
{
	if (!qvm_argument(q))
		return;
	q->vd->cmdline = qvm_keep(q, q->tok.text);
	q->vd->cmdline_at = q->tok.at;
}

static void obey_global(struct qvm *q, u32 id)
{
	switch (id) {
	case QVM_O_SYSTEM:
		return read_system(q);
	case QVM_O_RAM:
		return qvm_memory(q, VD_R | VD_W | VD_X);
	case QVM_O_ROM:
		return qvm_memory(q, VD_R | VD_X);
	case QVM_O_LOAD:
		return qvm_load(q);
	case QVM_O_CMDLINE:
		return read_cmdline(q);
	case QVM_O_CPU:
		return open_cpu(q);
	case QVM_O_VDEV:
		open_context(q, QVM_VDEV);
		return qvm_vdev_open(q);
	case QVM_O_PASS:
		return open_pass(q);
	case QVM_O_RESERVE:
		return open_context(q, QVM_RESERVE);
	case QVM_O_SET:
		return qvm_set(q);
	case QVM_O_LOGGER:
		return qvm_logger(q, "fatal\0internal\0error\0warn\0info\0debug\0verbose\0");
	case QVM_O_UNSUPPORTED:
		return qvm_unsupported(q);
	case QVM_O_DRYRUN:
		return read_dryrun(q);
	default:
		return read_other(q);
	}
}

static void obey_inner(struct qvm *q, u32 id)
{
	switch (id) {
	case QVM_O_SCHED:
		return qvm_sched(q);
	case QVM_O_RUNMASK:
		return qvm_runmask(q);
	case QVM_O_CLUSTER:
		return qvm_cluster(q);
	case QVM_O_PASS_LOC:
		return qvm_pass_loc(q);
	case QVM_O_PASS_INTR:
		return qvm_pass_intr(q);
	case QVM_O_RESERVE_LOC:
		return qvm_reserve_loc(q);
	case QVM_O_RESERVE_INTR:
		return qvm_reserve_intr(q);
	default:
		return read_other(q);
	}
}

static void blob_alone(struct qvm *q)
{
	if (!q->blob)
		return;
	qvm_error_at(q, q->blob_at, name_of(q->blob), "load or pass has to follow");
	qvm_fix(q, "write, for example, %s", qvm_advice(qvm_options[q->blob].form));
	q->blob = 0;
}

static void obey(struct qvm *q, const struct qvm_option *o)
{
	u32 id = (u32)(o - qvm_options);

	q->opt = o;
	q->opt_at = q->tok.at;
	q->opt_part = q->tok.part;
	q->lost = 0;
	if (id != QVM_O_LOAD && id != QVM_O_PASS)
		blob_alone(q);
	if (o->args == QVM_BLOB) {
		q->blob = id;
		q->blob_at = q->opt_at;
	} else if (o->context == QVM_VDEV) {
		qvm_vdev_option(q);
	} else if (o->context == QVM_G) {
		obey_global(q, id);
	} else {
		obey_inner(q, id);
	}
	if (o->args != QVM_BLOB)
		q->blob = 0;
	if (!q->first.line)
		q->first = q->opt_at;
	q->opt = NULL;
}

static void read_all(struct qvm *q)
{
	/* Without memory nothing more is looked at: what was to be added is not there. */
	while (!q->arena->exhausted && q->diag->n_errors < q->max_errors && qvm_next(q)) {
		const struct qvm_option *o = q->tok.broken ? NULL : find(q, q->tok.text);

		if (o && is_here(q, o))
			obey(q, o);
		else if (o && !(q->context == QVM_VDEV && !q->vdev))
			misplaced(q, o);
		else if (!q->tok.broken)
			unknown(q);
	}
	blob_alone(q);
	close_context(q);
}

/* ---- the whole ---------------------------------------------------------------------------- */

/* The first file's, without folder and suffix. */
static void default_name(struct qvm *q)
{
	struct str s = STR("qvm-guest");

	for (u32 i = 0; i < q->in->n_parts; i++) {
		const char *slash, *dot, *file = q->in->part[i].file;

		if (q->in->part[i].words || !file)
			continue;
		slash = strrchr(file, '/');
		file = slash ? slash + 1 : file;
		dot = strrchr(file, '.');
		s = (struct str){ file, dot ? (size_t)(dot - file) : strlen(file) };
		s.n = MIN(s.n, (size_t)VD_NAME_MAX);
		break;
	}
	q->vd->name = qvm_keep(q, s);
}

static void finish(struct qvm *q)
{
	struct vmdesc *vd = q->vd;

	if (!vd->vcpus.n && !vmdesc_add_vcpu(vd, q->arena, vd->vcpus_at))
		q->status = E_NOMEM;
	if (!vd->mems_at.line)
		vd->mems_at = (struct src_pos){ vd->file, 1, 1 };
	qvm_finish_devs(q);
	qvm_finish_sets(q);
	if (q->diag->n_errors >= q->max_errors)
		diag_report(q->diag, DIAG_NOTE, (struct src_pos){ .file = vd->file },
			    "more than %d mistakes: the rest is not looked at", QVM_MAX_ERRORS);
}

enum status qvmconf_parse(const struct config_input *in, struct arena *a, struct diag *d,
			  struct qvmconf_run *run, struct vmdesc **out)
{
	u32 errors = d->n_errors;
	struct qvm *q = arena_new(a, struct qvm);

	*out = NULL;
	if (!q)
		return E_NOMEM;
	q->arena = a;
	q->diag = d;
	q->max_errors = errors + QVM_MAX_ERRORS;
	q->in = in;
	q->run = run;
	q->vd = vmdesc_new(a, in->n_parts ? in->part[0].file : NULL);
	if (!q->vd)
		return E_NOMEM;
	q->vd->lang = config_qvmconf.name;
	q->vd->absent = BIT(VD_PART_CONSOLE);
	q->vd->policy.unsupported[VD_UNSUP_REFERENCE] = VD_IGNORE;
	q->vd->vcpus_at = q->vd->name_at = (struct src_pos){ .file = q->vd->file };
	default_name(q);
	qvm_lex_start(q);
	read_all(q);
	finish(q);
	if (a->exhausted || q->status != OK)
		return E_NOMEM;
	*out = q->vd;
	return d->n_errors == errors ? OK : E_INVAL;
}

static enum status parse(const struct config_input *in, struct arena *a, struct diag *d,
			 struct vmdesc **out)
{
	return qvmconf_parse(in, a, d, NULL, out);
}

const struct config_lang config_qvmconf = {
	.name = "qvmconf",
	.suffix = ".qvmconf",
	.parse = parse,
};
