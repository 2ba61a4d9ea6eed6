/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory, images, vCPUs, what happens to accesses that nothing answers. An address of an image has
 * to lie in memory that stands before it: files are read once, and qvm places as it reads.
 */
#include "qvmconf_priv.h"

/* ---- memory ------------------------------------------------------------------------------- */

/* It comes after an image that lies in it. */
static void check_order(struct qvm *q, const struct vd_mem *m)
{
	for (u32 i = 0; i < q->vd->images.n; i++) {
		const struct vd_image *image = &q->vd->images.v[i];

		if (!image->load.given || q->early & BIT(i) ||
		    !range_inside(image->load.gpa.v, 1, m->base.v, m->size))
			continue;
		q->early |= BIT(i);
		qvm_error_at(q, image->at, "load", "comes before the memory it goes to");
		qvm_note(q, m->at, "the memory");
		qvm_fix(q, "move it behind ram");
	}
}

void qvm_add_memory(struct qvm *q, const struct vd_mem *m)
{
	struct vd_mem *mem = vmdesc_add_mem(q->vd, q->arena, m->at);

	if (!q->vd->mems_at.line)
		q->vd->mems_at = m->at;
	if (mem) {
		*mem = *m;
		check_order(q, m);
		return;
	}
	qvm_full(q);
}

static u64 highest(const struct vmdesc *vd)
{
	u64 end = 0;

	for (u32 i = 0; i < vd->mems.n; i++)
		end = MAX(end, vd->mems.v[i].base.v + vd->mems.v[i].size);
	return end;
}

void qvm_memory(struct qvm *q, u32 prot)
{
	struct vd_mem m = { .prot = prot };
	struct str start, length;
	u64 before = q->vd->reported;

	/* Until it is understood: what misses it then is not told. */
	q->vd->reported |= BIT(VD_F_MEMORY_REGIONS);
	if (!qvm_argument(q))
		return;
	length = q->tok.text;
	start = qvm_piece(&length);
	m.at = q->tok.at;
	if (length.p == start.p + start.n) {
		length = start;
		m.base = GPA(highest(q->vd));
	} else if (!qvm_number(q, start, QVM_BASE_ADDRESS, &m.base.v)) {
		return;
	}
	if (!qvm_number(q, length, QVM_BASE_SIZE, &m.size))
		return;
	q->vd->reported = before;
	qvm_add_memory(q, &m);
}

/* ---- images ------------------------------------------------------------------------------- */

static enum vd_image_role role_of(const struct qvm *q, struct str path)
{
	switch (q->blob) {
	case QVM_O_GUEST:
		return VD_IMG_KERNEL;
	case QVM_O_INITRD:
		return VD_IMG_INITRD;
	case QVM_O_FDT:
		return VD_IMG_DTB;
	case QVM_O_DATA:
		return VD_IMG_DATA;
	default:
		if (str_ends(path, ".dtb") || str_ends(path, ".dtbo"))
			return VD_IMG_DTB;
		return vmdesc_image(q->vd, VD_IMG_KERNEL) ? VD_IMG_DATA : VD_IMG_KERNEL;
	}
}

/* The one that it takes the place of; NULL: it stands beside others. */
static struct vd_image *same_role(struct qvm *q, enum vd_image_role role)
{
	for (u32 i = 0; i < q->vd->images.n && role != VD_IMG_DATA; i++) {
		if (q->vd->images.v[i].role == role)
			return &q->vd->images.v[i];
	}
	return NULL;
}

static bool known_blob(struct qvm *q)
{
	if (q->blob != QVM_O_ACPI)
		return true;
	qvm_error_at(q, q->blob_at, "acpi load", "known, not supported yet");
	qvm_fix(q, "remove it: the guest's tables are made from its devices");
	return false;
}

static bool second(struct qvm *q, const struct vd_image *first, enum vd_image_role role)
{
	/* What was taken for the kernel was not typed; it is data, then, which needs its address. */
	if (q->blob == QVM_O_GUEST && !q->guest_typed && first->load.given)
		return true;
	qvm_bad(q, "there is one already");
	qvm_note(q, first->at, "the first");
	qvm_fix(q, "%s",
		role == VD_IMG_DTB ? COLD_TEXT("remove one") :
				     COLD_TEXT("remove one, or write data load"));
	return false;
}

/* [address,]path */
static bool read_load(struct qvm *q, struct vd_image *image)
{
	struct str path = q->tok.text;
	struct str start = qvm_piece(&path);
	const char *doubt;
	u64 gpa;
	bool has_comma = path.p != start.p + start.n;

	if (has_comma && !qvm_read_number(start, QVM_BASE_ADDRESS, &gpa, &doubt)) {
		if (doubt)
			qvm_warn(q, "%s", doubt);
		image->load = (struct vd_addr){ GPA(gpa), true, q->tok.at };
	} else if (has_comma && start.n && start.p[0] >= '0' && start.p[0] <= '9') {
		return qvm_number(q, start, QVM_BASE_ADDRESS, &gpa);
	} else {
		path = q->tok.text;
	}
	image->path = path;
	image->at = q->tok.at;
	image->source = VD_SRC_HOME;
	return true;
}

static void add_image(struct qvm *q, const struct vd_image *from)
{
	struct vd_image *first = same_role(q, from->role);
	struct vd_image *image;
	u32 n = q->vd->images.n;

	if (first && !second(q, first, from->role))
		return;
	if (first)
		first->role = VD_IMG_DATA;
	q->guest_typed |= q->blob == QVM_O_GUEST;
	image = vmdesc_add_image(q->vd, q->arena, from->at);
	if (!image) {
		qvm_full(q);
		return;
	}
	*image = *from;
	image->path = qvm_keep(q, from->path);
	if (q->vd->mems.n || q->vd->reported & BIT(VD_F_MEMORY_REGIONS))
		return;
	q->early |= BIT(n);
	qvm_refuse(q, "there is no memory yet: ram or rom has to come before load",
		   "move it behind ram");
}

void qvm_load(struct qvm *q)
{
	struct vd_image image = { 0 };

	if (!qvm_argument(q) || !known_blob(q) || !read_load(q, &image)) {
		q->vd->reported |= BIT(VD_F_KERNEL_PATH);
		return;
	}
	image.role = role_of(q, image.path);
	if (image.role == VD_IMG_DATA && !image.load.given) {
		qvm_bad(q, "needs its address: nobody would know where it is");
		qvm_fix(q,
			"write data load ADDRESS,%s, or the type of the file: initrd load, fdt load",
			show_text(image.path).s);
		return;
	}
	add_image(q, &image);
}

/* ---- vCPUs -------------------------------------------------------------------------------- */

static struct vd_vcpu *vcpu(struct qvm *q)
{
	return &q->vd->vcpus.v[q->vd->vcpus.n - 1];
}

static bool is_priority(struct qvm *q, struct str s, u64 *out)
{
	if (!qvm_number(q, s, QVM_BASE_NUMBER, out))
		return false;
	if (*out >= 1 && *out <= 255)
		return true;
	qvm_bad_form(q, "priorities are 1 to 255");
	return false;
}

/* high,low,max_repl,repl_ns,budget_ns with the s behind. */
static void sporadic(struct qvm *q, struct str rest)
{
	u64 high, v;
	u32 n = 1;

	rest.n -= rest.n && rest.p[rest.n - 1] == 's';
	if (!is_priority(q, qvm_piece(&rest), &high))
		return;
	for (; rest.n; n++) {
		if (!qvm_number(q, qvm_piece(&rest), QVM_BASE_NUMBER, &v))
			return;
	}
	if (n != 5) {
		qvm_bad(q, "the sporadic policy has five numbers, these are %u", n);
		qvm_fix(q, "write sched HIGH,LOW,COUNT,PERIOD_NS,BUDGET_NSs");
		return;
	}
	vcpu(q)->priority = (u32)high;
	qvm_warn(q, "no sporadic policy: it always has its higher priority");
}

void qvm_sched(struct qvm *q)
{
	struct str s;
	u64 priority;

	if (!qvm_argument(q))
		return;
	s = q->tok.text;
	if (s.n && memchr(s.p, ',', s.n)) {
		sporadic(q, s);
		return;
	}
	if (s.n > 1 && strchr("rfo", s.p[s.n - 1]))
		s.n--;
	if (is_priority(q, s, &priority))
		vcpu(q)->priority = (u32)priority;
}

void qvm_runmask(struct qvm *q)
{
	struct str rest;
	u64 mask = 0;

	if (!qvm_argument(q))
		return;
	rest = q->tok.text;
	do {
		u64 cpu;

		if (!qvm_number(q, qvm_piece(&rest), QVM_BASE_NUMBER, &cpu))
			return;
		if (cpu > 63) {
			qvm_refuse(q, "is a list of CPU numbers, 0 to 63, and no mask",
				   "write runmask 0,1 for the host CPUs 0 and 1");
			return;
		}
		mask |= BIT(cpu);
	} while (rest.n);
	vcpu(q)->cpu_mask = mask;
	vcpu(q)->mask_at = q->tok.at;
}

void qvm_cluster(struct qvm *q)
{
	const char *doubt;
	struct str s;
	u64 cpu = 64;

	if (!qvm_argument(q))
		return;
	s = q->tok.text;
	if (str_eq_c(s, "_all")) {
		vcpu(q)->cpu_mask = 0;
		vcpu(q)->mask_at = (struct src_pos){ 0 };
		return;
	}
	if (str_starts(s, "_cpu-") &&
	    !qvm_read_number((struct str){ s.p + 5, s.n - 5 }, QVM_BASE_NUMBER, &cpu, &doubt) &&
	    cpu < 64) {
		vcpu(q)->cpu_mask = BIT(cpu);
		vcpu(q)->mask_at = q->tok.at;
		return;
	}
	qvm_refuse(q, "no such cluster: there are _all and _cpu-0 to _cpu-63",
		   "write cluster _cpu-N, or runmask N,N");
}

/* ---- the rest ----------------------------------------------------------------------------- */

void qvm_unsupported(struct qvm *q)
{
	static const u8 actions[] = { VD_ABORT, VD_FAIL, VD_IGNORE };
	int class, action;

	if (!qvm_argument(q))
		return;
	class = qvm_pick(q, q->tok.text, "instruction\0reference\0register\0");
	if (!qvm_argument(q))
		return;
	action = qvm_pick(q, q->tok.text, "abort\0fail\0ignore\0");
	if (class < 0 || action < 0)
		return;
	q->vd->policy.unsupported[class] = actions[action];
	q->vd->policy.at[class] = q->tok.at;
}

void qvm_logger(struct qvm *q, const char *filters)
{
	struct str rest;
	u64 seen = 0;

	if (!qvm_argument(q))
		return;
	rest = q->tok.text;
	do {
		int i = qvm_pick(q, qvm_piece(&rest), filters);

		seen |= i < 0 ? BIT(0) | BIT(3) : BIT(i);
	} while (rest.n);
	if (seen & (BIT(2) | BIT(4) | BIT(5)) && !(seen & BIT(0) && seen & (BIT(3) | BIT(6))))
		qvm_warn(q, "a set and no threshold: fatal or warnings are left out");
	if (qvm_argument(q))
		(void)qvm_pick(q, q->tok.text, "stdout\0stderr\0slog\0none\0");
}
