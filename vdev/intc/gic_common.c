/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state machine that virtual GICs share: one security state, no LPIs. An INTID that has to be
 * presented stands as a candidate bit at exactly one vCPU, so choosing costs what is pending, not
 * what exists. Every change of state goes through gic_place(), which alone sets and clears
 * candidate bits of what is at home.
 */
#include <base/str.h>
#include <vdev/gic.h>

/* ---- where an interrupt stands ------------------------------------------------------------- */

static struct gic_bank *gic_bank_of(struct gic *g, u32 vcpu, u32 intid)
{
	if (intid < GIC_N_PRIVATE)
		return vcpu < g->n_vcpus ? &g->vcpu[vcpu].bank : NULL;
	if (intid >= g->n_banks * 32)
		return NULL;
	return &g->spi[intid / 32 - 1];
}

/* Pending at home and not held back by an enable. */
static u32 gic_ready(const struct gic *g, const struct gic_bank *b)
{
	return gic_pending(b) & b->enabled & gic_in_enabled_group(g, b);
}

static void gic_set_candidate(struct gic_vcpu *v, u32 word, u32 m)
{
	v->cand[word] |= m;
	v->cand_banks |= 1u << word;
}

static void gic_clear_candidate(struct gic_vcpu *v, u32 word, u32 m)
{
	v->cand[word] &= ~m;
	if (!v->cand[word])
		v->cand_banks &= ~(1u << word);
}

static void gic_move_home(struct gic *g, struct gic_bank *b, u32 i, u32 to)
{
	u32 from = b->home[i];

	if (from != GIC_NOWHERE && from != to)
		gic_clear_candidate(&g->vcpu[from], b->first / 32, 1u << i);
	b->home[i] = (u8)to;
}

/*
 * Put bit @i of @b where it belongs now. An active interrupt stays with the vCPU that took it, a
 * pending one follows its route. Returns the vCPU whose CPU has to be looked at, or GIC_NOWHERE.
 */
static u32 gic_place(struct gic *g, struct gic_bank *b, u32 i)
{
	u32 m = 1u << i;
	u32 v = b->home[i];

	if (b->out & m)
		return v;
	if (!(b->active & m) || v == GIC_NOWHERE)
		v = b->target[i];
	gic_move_home(g, b, i, v);
	if (v == GIC_NOWHERE)
		return v;
	if ((gic_ready(g, b) | b->active) & m) {
		gic_set_candidate(&g->vcpu[v], b->first / 32, m);
		return v;
	}
	gic_clear_candidate(&g->vcpu[v], b->first / 32, m);
	return GIC_NOWHERE;
}

/* A CPU that keeps what now belongs elsewhere may be asleep or off: have it back at once. */
static void gic_fetch_strayed(struct gic *g, const struct gic_bank *b, u32 i)
{
	u32 v = b->home[i];

	if (!(b->out & 1u << i) || v == b->target[i])
		return;
	vintc_collect(&g->dev, v);
	vintc_notify(&g->dev, v);
}

/* An event: what the bits stand for is as it was, only its state is not. */
static void gic_moved(struct gic *g, struct gic_bank *b, u32 mask)
{
	gic_end_idle(g, b, mask);
	for (; mask; mask &= mask - 1) {
		u32 i = bit_lowest(mask);
		u32 v;

		gic_fetch_strayed(g, b, i);
		v = gic_place(g, b, i);
		/* The short lane may have presented it without our knowing yet. */
		if (gic_in_short_lane(b) & 1u << i)
			v = b->home[i];
		if (v != GIC_NOWHERE)
			vintc_notify(&g->dev, v);
	}
}

void gic_changed(struct gic *g, struct gic_bank *b, u32 mask)
{
	for (u32 m = mask & gic_in_short_lane(b); m; m &= m - 1) {
		u32 v = b->home[bit_lowest(m)];

		if (v != GIC_NOWHERE)
			g->vcpu[v].ready_told = false;
	}
	gic_moved(g, b, mask);
}

void gic_groups_changed(struct gic *g)
{
	for (u32 v = 0; v < g->n_vcpus; v++) {
		struct gic_bank *b = &g->vcpu[v].bank;

		gic_changed(g, b, gic_pending(b) | b->out | gic_in_short_lane(b));
	}
	for (u32 w = 1; w < g->n_banks; w++) {
		struct gic_bank *b = &g->spi[w - 1];

		gic_changed(g, b, gic_pending(b) | b->out | gic_in_short_lane(b));
	}
}

void gic_set_target(struct gic *g, struct gic_bank *b, u32 i, u32 vcpu)
{
	u32 v = b->home[i];

	if (b->target[i] == vcpu)
		return;
	/* The short lane there may have it, and is told that it may have it no longer. */
	if ((gic_in_short_lane(b) & 1u << i) && v != GIC_NOWHERE) {
		vintc_collect(&g->dev, v);
		vintc_notify(&g->dev, v);
	}
	b->target[i] = (u8)vcpu;
	gic_tell_host(g, b, 1u << i);
	gic_changed(g, b, 1u << i);
}

/* ---- lines and inter-processor interrupts -------------------------------------------------- */

void gic_line(struct vdev *d, u32 vcpu, u32 irq, bool level)
{
	struct gic *g = gic_of(d);
	struct gic_bank *b = gic_bank_of(g, vcpu, irq);
	u32 m = 1u << irq % 32;

	if (!b)
		return;
	if (level) {
		/* The host's interrupt only fires when the guest has completed what its CPU holds:
		 * what done() will report gone is the one before. */
		u32 again = b->out & b->hw_bound & m;

		if ((b->line & m) && !again)
			return;
		b->line_again |= again;
		b->latch |= b->edge & ~b->line & m;
		b->line |= m;
	} else {
		u32 was = b->line & m;

		b->line &= ~m;
		b->line_again &= ~m;
		/* Nothing to take back: latched, or known to the CPU as active only. */
		if (!was || (b->edge & m) || (b->out_active & m))
			return;
	}
	gic_moved(g, b, m);
}

void gic_bind_hw(struct vdev *d, u32 vcpu, u32 irq, u32 hw_irq)
{
	struct gic *g = gic_of(d);
	struct gic_bank *b = gic_bank_of(g, vcpu, irq);

	if (!b)
		return;
	b->hw_irq[irq % 32] = hw_irq;
	b->hw_bound = (b->hw_bound & ~(1u << irq % 32)) | (hw_irq ? 1u : 0u) << irq % 32;
	if (irq >= GIC_N_PRIVATE && hw_irq && g->n_lane_spis < array_size(g->lane_spi))
		g->lane_spi[g->n_lane_spis++] = (u16)irq;
}

/*
 * With one security state, what is sent for group 0 reaches only vCPUs that have it in that group,
 * what is sent for group 1 reaches them all (IHI 0069, "Forwarding an SGI to a target PE").
 */
void gic_ipi(struct vdev *d, u32 from, u64 targets, u32 line, u8 group)
{
	struct gic *g = gic_of(d);
	u32 m = 1u << line % 32;

	(void)from;
	if (line >= GIC_N_SGIS)
		return;
	for (targets &= bits_below(g->n_vcpus); targets; targets &= targets - 1) {
		struct gic_bank *b = &g->vcpu[bit_lowest(targets)].bank;

		if ((!group && (b->group1 & m)) || (b->latch & m))
			continue;
		b->latch |= m;
		gic_moved(g, b, m);
	}
}

/* ---- giving out ---------------------------------------------------------------------------- */

struct gic_pick {
	struct virq_entry *list; /* most urgent first */
	u32 n;
	u32 max;
	bool more;
	bool has_spare;
	struct virq_entry spare; /* most urgent of the pending ones that found no place */
};

/*
 * Active ones first: the next completion is of the most urgent active interrupt and must find it,
 * whatever is pending meanwhile (the guest may have interrupts masked). Then pending ones, which
 * the CPU takes in this very order. Those left behind follow when the CPU runs low (*more).
 */
static u32 gic_rank(const struct virq_entry *e)
{
	return (e->state & VIRQ_ACTIVE ? 0 : 0x100u) | e->prio;
}

static bool gic_before(const struct virq_entry *a, const struct virq_entry *b)
{
	u32 ra = gic_rank(a);
	u32 rb = gic_rank(b);

	return ra < rb || (ra == rb && a->intid < b->intid);
}

static void gic_pick_leave(struct gic_pick *p, const struct virq_entry *e)
{
	p->more = true;
	if (e->state != VIRQ_PENDING || (p->has_spare && gic_before(&p->spare, e)))
		return;
	p->spare = *e;
	p->has_spare = true;
}

static void gic_pick_add(struct gic_pick *p, const struct virq_entry *e)
{
	u32 pos = p->n;

	while (pos > 0 && gic_before(e, &p->list[pos - 1]))
		pos--;
	if (pos == p->max) {
		gic_pick_leave(p, e);
		return;
	}
	if (p->n == p->max)
		gic_pick_leave(p, &p->list[p->max - 1]);
	else
		p->n++;
	for (u32 i = p->n - 1; i > pos; i--)
		p->list[i] = p->list[i - 1];
	p->list[pos] = *e;
}

/*
 * Active interrupts alone must not fill the CPU: the pending one may preempt them all, or they
 * block nobody (after a priority drop, EOImode 1). The last place is the most urgent one's.
 */
static void gic_pick_settle(struct gic_pick *p)
{
	if (!p->has_spare || p->max < 2)
		return;
	for (u32 i = 0; i < p->n; i++) {
		if (p->list[i].state == VIRQ_PENDING)
			return;
	}
	p->list[p->n - 1] = p->spare;
}

/*
 * Pending and active at once is for edges only: the CPU does not tell when a level's completion
 * turns it from both to pending (ICH_LR<n>_EL2.EOI), and must not be told both of a hardware
 * interrupt (ICH_LR<n>_EL2.State). Nor is it given what is routed elsewhere by now. Completion is
 * notified where it leaves something pending here.
 */
struct virq_entry gic_entry(const struct gic *g, const struct gic_bank *b, u32 i)
{
	u32 m = 1u << i;
	bool active = b->active & m;
	bool edge = b->edge & m;
	bool both = active && edge && !b->hw_irq[i] && (gic_ready(g, b) & m) &&
		    b->target[i] == b->home[i];
	bool rest = (b->line & m && !edge) || (b->latch & m && active && !both);

	return (struct virq_entry){
		.intid = b->first + i,
		.prio = b->prio[i],
		.group = b->group1 & m ? 1 : 0,
		.state = (u8)((active ? VIRQ_ACTIVE : 0) | (!active || both ? VIRQ_PENDING : 0)),
		.notify = rest && !b->hw_irq[i],
		.hw_irq = b->hw_irq[i],
	};
}

static void gic_give_out(struct gic_vcpu *v, struct gic_bank *b, const struct virq_entry *e)
{
	u32 m = 1u << e->intid % 32;

	b->out |= m;
	if (e->state & VIRQ_PENDING) {
		b->out_latch |= b->latch & m;
		b->latch &= ~m;
	}
	b->out_active |= b->active & m;
	b->active &= ~m;
	gic_clear_candidate(v, e->intid / 32, m);
}

/* The usual case, without sorting: nobody else wants to be presented. */
static u32 gic_give_only(struct gic *g, u32 vcpu, struct virq_entry *list)
{
	struct gic_vcpu *v = &g->vcpu[vcpu];
	u32 w = bit_lowest(v->cand_banks);
	struct gic_bank *b = w ? &g->spi[w - 1] : &v->bank;

	*list = gic_entry(g, b, bit_lowest(v->cand[w]));
	gic_give_out(v, b, list);
	return 1;
}

static bool gic_has_only(const struct gic_vcpu *v)
{
	u32 banks = v->cand_banks, c;

	if (banks & (banks - 1))
		return false;
	c = v->cand[bit_lowest(banks)];
	return !(c & (c - 1));
}

u32 gic_next(struct vdev *d, u32 vcpu, struct virq_entry *list, u32 max, bool *more)
{
	struct gic *g = gic_of(d);
	struct gic_vcpu *v = &g->vcpu[vcpu];
	struct gic_pick p = { .list = list, .max = max };

	*more = false;
	if (!v->cand_banks)
		return 0;
	if (likely(max && gic_has_only(v)))
		return gic_give_only(g, vcpu, list);
	for (u32 banks = v->cand_banks; banks; banks &= banks - 1) {
		u32 w = bit_lowest(banks);
		const struct gic_bank *b = gic_bank_of(g, vcpu, w * 32);

		for (u32 c = v->cand[w]; c; c &= c - 1) {
			struct virq_entry e = gic_entry(g, b, bit_lowest(c));

			gic_pick_add(&p, &e);
		}
	}
	gic_pick_settle(&p);
	for (u32 i = 0; i < p.n; i++)
		gic_give_out(v, gic_bank_of(g, vcpu, list[i].intid), &list[i]);
	*more = p.more;
	return p.n;
}

/* ---- coming home --------------------------------------------------------------------------- */

/* The CPU's state joins what gathered here meanwhile. */
static void gic_take_home(struct gic_bank *b, u32 i, u8 state)
{
	u32 m = 1u << i;

	if (state & VIRQ_PENDING)
		b->latch |= b->out_latch & m;
	if (state & VIRQ_ACTIVE)
		b->active |= m & ~b->undo_active;
	if (!state && b->hw_irq[i]) {
		if (b->line_again & m)
			b->latch |= b->edge & m;
		else
			b->line &= ~m;
	}
	b->out &= ~m;
	b->out_latch &= ~m;
	b->out_active &= ~m;
	b->undo_active &= ~m;
	b->line_again &= ~m;
}

/* Something we had not given out: the short lane did, or the CPU completed one left behind. */
static void gic_adopt(struct gic *g, struct gic_bank *b, u32 i, u32 vcpu, u8 state)
{
	u32 m = 1u << i;

	if (!state) {
		/* Of a host interrupt it may be an old copy's end, told after the new one's state. */
		b->active &= ~(m & ~b->hw_bound);
		return;
	}
	gic_move_home(g, b, i, vcpu);
	if (b->hw_irq[i])
		b->line |= m;
	if ((state & VIRQ_PENDING) && (!b->hw_irq[i] || (b->edge & m)))
		b->latch |= m;
	if (state & VIRQ_ACTIVE)
		b->active |= m;
}

void gic_done(struct vdev *d, u32 vcpu, const struct virq_entry *e)
{
	struct gic *g = gic_of(d);
	struct gic_bank *b = gic_bank_of(g, vcpu, e->intid);
	u32 i = e->intid % 32;
	u32 v;

	if (!b)
		return;
	if (!(b->out & 1u << i))
		gic_adopt(g, b, i, vcpu, e->state);
	else if (b->home[i] == vcpu)
		gic_take_home(b, i, e->state);
	else
		return;
	gic_end_idle(g, b, 1u << i);
	v = gic_place(g, b, i);
	/* The core asks next() of this vCPU anyway; news are a level still up, and a new route. */
	if (v != GIC_NOWHERE && (v != vcpu || !e->state))
		vintc_notify(d, v);
}

/* By ICC_DIR_EL1, for one that stands in no list register: as by GICD_ICACTIVER. */
bool gic_end(struct vdev *d, u32 vcpu, u32 irq)
{
	struct gic *g = gic_of(d);
	struct gic_bank *b = gic_bank_of(g, vcpu, irq);
	u32 m = 1u << irq % 32;

	if (!b || !((b->active | b->out_active) & m))
		return false;
	if (!b->first)
		b->line &= ~(m & b->hw_bound);
	gic_write_bits(g, b, GIC_ICACTIVER, m);
	return true;
}

/* ---- questions ----------------------------------------------------------------------------- */

/*
 * Would wake a vCPU: pending, here or in its CPU, and not active. What the CPU has as active may
 * long be completed, so it does not count: exact when all is home, else rather once too often.
 */
static u32 gic_wakers(const struct gic *g, const struct gic_bank *b)
{
	return (gic_pending(b) | b->out_latch) & ~b->active & b->enabled &
	       gic_in_enabled_group(g, b);
}

/*
 * Running priority and priority mask are the CPU's and not looked at: a vCPU may be woken for an
 * interrupt that it will not take, which WFI allows.
 */
bool gic_would_wake(struct vdev *d, u32 vcpu)
{
	struct gic *g = gic_of(d);
	const struct gic_vcpu *v = &g->vcpu[vcpu];

	if (gic_wakers(g, &v->bank))
		return true;
	for (u32 w = 1; w < g->n_banks; w++) {
		const struct gic_bank *b = &g->spi[w - 1];
		u32 m = gic_wakers(g, b);

		if (m & v->cand[w])
			return true;
		for (m &= b->out; m; m &= m - 1) {
			if (b->home[bit_lowest(m)] == vcpu)
				return true;
		}
	}
	return false;
}

/* ---- life ---------------------------------------------------------------------------------- */

static void gic_reset_bank(struct gic_bank *b, u32 first, u32 edge, u32 vcpu)
{
	/* All but the bindings, which are wiring and not state. */
	memset(b, 0, offsetof(struct gic_bank, hw_bound));
	b->first = first;
	b->edge = edge;
	memset(b->target, (int)vcpu, sizeof(b->target));
	memset(b->home, (int)vcpu, sizeof(b->home));
}

void gic_reset(struct gic *g, u32 spi_target)
{
	for (u32 v = 0; v < g->n_vcpus; v++) {
		struct gic_vcpu *c = &g->vcpu[v];

		gic_reset_bank(&c->bank, 0, (u32)bits_below(GIC_N_SGIS), v);
		memset(c->cand, 0, sizeof(c->cand));
		c->cand_banks = 0;
		c->ready_told = false;
	}
	for (u32 w = 1; w < g->n_banks; w++)
		gic_reset_bank(&g->spi[w - 1], w * 32, 0, spi_target);
}

/* As many SPIs as the option "spis" says, else up to INTID 255, or the host's where it has more. */
static enum status gic_size(struct gic *g, const struct vdev_setup *setup)
{
	u64 fallback = MAX(256u, MIN(setup->host_intids, GIC_MAX_BANKS * 32)) - GIC_N_PRIVATE;
	u64 n_spis = opt_u64(setup->desc, "spis", fallback);

	if (n_spis < 32 || n_spis > (GIC_MAX_BANKS - 1) * UINT64_C(32)) {
		vdev_log(&g->dev, "spis = %llu: must be 32 to %u", (unsigned long long)n_spis,
			 (GIC_MAX_BANKS - 1) * 32);
		return E_RANGE;
	}
	g->n_banks = 1 + (u32)(align_up(n_spis, 32) / 32);
	return OK;
}

enum status gic_init(struct gic *g, const struct vdev_setup *setup, u32 max_vcpus)
{
	if (setup->n_vcpus < 1 || setup->n_vcpus > max_vcpus) {
		vdev_log(&g->dev, "%u vCPUs: serves 1 to %u", setup->n_vcpus, max_vcpus);
		return E_RANGE;
	}
	g->n_vcpus = setup->n_vcpus;
	g->vcpu_hw_id = setup->vcpu_hw_id;
	return gic_size(g, setup);
}
