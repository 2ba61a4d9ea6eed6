/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to vdev/intc/gic*.c: what virtual GICs share, and what their register faces ask of the
 * state machine (gic_common.c).
 *
 * An interrupt's state is in two places. At home (latch, active) it is ours; what next() gave out
 * (out, out_latch, out_active) is the CPU's until done() brings it home. Events that arrive while
 * it is out gather at home and are merged when it returns, so nothing is lost and nothing doubled.
 */
#pragma once

#include <base/bits.h>
#include <port/vintc.h>

#define GIC_N_SGIS    16u
#define GIC_N_PRIVATE 32u
#define GIC_MAX_BANKS 31u /* 992 INTIDs: the last SPIs of a full GIC would need special cases */
#define GIC_NOWHERE   0xffu
#define GIC_PRIO_MASK 0xf8u /* 5 bits, as hardware has with ICH_VTR_EL2.PRIbits = 4 */

#define GICD_CTLR_GRP0 0x01u
#define GICD_CTLR_GRP1 0x02u

/* Product 'T' of the architecture's owner; zero would be taken for a chip with errata. */
#define GIC_IIDR_VALUE 0x5400043bu

/* Words at the start of the distributor, each read by one load. */
enum gic_ident {
	GIC_CTLR,
	GIC_TYPER,
	GIC_IIDR,
	GIC_TYPER2,
	GIC_STATUSR,
	GIC_N_IDENT
};

/* 32 INTIDs, a bit or an element each. */
struct gic_bank {
	u32 first; /* INTID of bit 0 */
	u32 enabled;
	u32 group1;
	u32 edge;
	u32 line;  /* input level */
	u32 latch; /* pending by an edge, an SGI or ISPENDR */
	u32 active;
	u32 out;	 /* presented in the CPU of `home` */
	u32 out_latch;	 /* of those: pending from our latch */
	u32 out_active;	 /* of those: were active when given out */
	u32 undo_active; /* of those: ICACTIVER says no; heeded when it comes home */
	u32 line_again;	 /* of those: the host interrupt behind it fired anew */
	u8 prio[32];
	u8 target[32]; /* vCPU it should go to: itself, or by its route; or GIC_NOWHERE */
	u8 home[32];   /* vCPU where it is a candidate, active, or out */
	/* Wiring; what stands before is state. */
	u32 hw_bound; /* which have a host interrupt behind them */
	u32 hw_irq[32];
};

struct gic_vcpu {
	struct gic_bank bank;	 /* INTIDs 0..31 */
	u32 cand_banks;		 /* which words of cand are not empty */
	u32 cand[GIC_MAX_BANKS]; /* at home and to be presented here: ready or active */
	/* What tell_ready() said last; told: it still holds but for states. */
	u32 ready_own;
	u32 ready_spis;
	bool ready_told;
	u32 waker; /* GICv3 */
	u64 typer; /* GICv3 */
};

struct gic {
	struct vdev dev;
	u32 ident[GIC_N_IDENT];
	u32 n_banks;
	u32 n_vcpus;
	const u64 *vcpu_hw_id;
	/* SPIs with a host interrupt behind them, as many as the short lane may have. Wiring. */
	u16 lane_spi[VIRQ_READY_HW];
	u32 n_lane_spis;
	struct gic_vcpu vcpu[VD_MAX_VCPUS];
	struct gic_bank spi[GIC_MAX_BANKS - 1];
};

static inline struct gic *gic_of(struct vdev *d)
{
	return container_of(d, struct gic, dev);
}

/* Pending at home, whatever else holds it back: a latched event, or a level that is up. */
static inline u32 gic_pending(const struct gic_bank *b)
{
	return b->latch | (b->line & ~b->edge);
}

/* INTIDs of the bank whose group is enabled in GICD_CTLR. */
static inline u32 gic_in_enabled_group(const struct gic *g, const struct gic_bank *b)
{
	u32 ctlr = g->ident[GIC_CTLR];

	return (ctlr & GICD_CTLR_GRP1 ? b->group1 : 0) | (ctlr & GICD_CTLR_GRP0 ? ~b->group1 : 0);
}

/* What the short lane may have presented without our knowing yet: SGIs, hardware's. */
static inline u32 gic_in_short_lane(const struct gic_bank *b)
{
	return b->hw_bound | (b->first ? 0 : (u32)bits_below(GIC_N_SGIS));
}

/* How bit @i of @b is presented at its home. */
struct virq_entry gic_entry(const struct gic *g, const struct gic_bank *b, u32 i);

/*
 * The state of the INTIDs in @mask changed: recompute whether they are candidates and where, and
 * have the CPUs concerned looked at.
 */
void gic_changed(struct gic *g, struct gic_bank *b, u32 mask);

/* Have the host's interrupts behind the SPIs in @mask follow the guest's: on or off, and where. */
void gic_tell_host(struct gic *g, const struct gic_bank *b, u32 mask);

/* End the host's interrupts behind those in @mask, where they are active for the guest. */
void gic_end_host(struct gic *g, struct gic_bank *b, u32 mask);

/* The same for those that are neither with a CPU nor to go to one: the guest will never end them. */
void gic_end_idle_host(struct gic *g, struct gic_bank *b, u32 mask);

/* On the way of every interrupt, where mostly none of the host's is concerned. */
static inline void gic_end_idle(struct gic *g, struct gic_bank *b, u32 mask)
{
	if (b->first && (mask & b->hw_bound & b->line))
		gic_end_idle_host(g, b, mask);
}

/* GICD_CTLR's group enables changed. */
void gic_groups_changed(struct gic *g);

/* SPI bit @i of @b goes to @vcpu from now on; GIC_NOWHERE: to nobody. */
void gic_set_target(struct gic *g, struct gic_bank *b, u32 i, u32 vcpu);

/* Reset all but what stands in g->ident; SPIs are routed to @spi_target. */
void gic_reset(struct gic *g, u32 spi_target);
/* vCPUs and banks from the description. E_RANGE, logged. */
enum status gic_init(struct gic *g, const struct vdev_setup *setup, u32 max_vcpus);

/* port/vintc.h's functions, as all of them have them. */
void gic_line(struct vdev *d, u32 vcpu, u32 irq, bool level);
void gic_bind_hw(struct vdev *d, u32 vcpu, u32 irq, u32 hw_irq);
void gic_ipi(struct vdev *d, u32 from, u64 targets, u32 line, u8 group);
u32 gic_next(struct vdev *d, u32 vcpu, struct virq_entry *list, u32 max, bool *more);
void gic_done(struct vdev *d, u32 vcpu, const struct virq_entry *e);
bool gic_end(struct vdev *d, u32 vcpu, u32 irq);
bool gic_would_wake(struct vdev *d, u32 vcpu);
bool gic_tell_ready(struct vdev *d, u32 vcpu, struct virq_ready *r);

/*
 * The registers that have a bit per INTID (offsets 0x080 to 0x3ff) are the same in all faces:
 * @off is that of the register, without its index.
 */
enum gic_bit_reg {
	GIC_IGROUPR = 0x080,
	GIC_ISENABLER = 0x100,
	GIC_ICENABLER = 0x180,
	GIC_ISPENDR = 0x200,
	GIC_ICPENDR = 0x280,
	GIC_ISACTIVER = 0x300,
	GIC_ICACTIVER = 0x380,
	GIC_IPRIORITYR = 0x400,
	GIC_ICFGR = 0xc00,
};

u32 gic_read_bits(struct gic *g, struct gic_bank *b, u32 off);
void gic_write_bits(struct gic *g, struct gic_bank *b, u32 off, u32 value);

/* IPRIORITYR: @width (1 or 4) priorities from bit @i of the bank on. */
u32 gic_read_prio(const struct gic_bank *b, u32 i, u32 width);
void gic_write_prio(struct gic *g, struct gic_bank *b, u32 i, u32 width, u32 value);

/* ICFGR: two bits for each of 16 INTIDs, from bit @i (0 or 16) of the bank on. */
u32 gic_read_config(const struct gic_bank *b, u32 i);
void gic_write_config(struct gic *g, struct gic_bank *b, u32 i, u32 value);
