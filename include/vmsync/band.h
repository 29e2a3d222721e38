/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guaranteed band: every offset (and drift) that no constraint excludes, in as few segments as
 * possible.
 */
#ifndef VMSYNC_BAND_H
#define VMSYNC_BAND_H

#include <vmsync/constraint.h>
#include <vmsync/err.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vms_knot;

/** struct vms_hull - vertices of a hull, ascending by x */
struct vms_hull {
	struct vms_point *v;
	uint32_t nr;
};

/** struct vms_band_segment - a run of guest events that one line (or one constant) fits */
struct vms_band_segment {
	/* guest events of the vCPU, inclusive: those certain to belong to it */
	uint32_t from_event, to_event;
	int64_t from_raw, to_raw; /* their guest times */
	/* the step before this segment lies between these events; equal when certain or first */
	uint32_t cut_earliest, cut_latest;
	/* drift is 0 by nature (both sides count the same TSC): 1-D */
	bool constant;
	bool feasible; /* no violation within */
	/* constraints left out to be feasible, the fewest that the method finds */
	uint32_t violations;
	uint32_t lower_nr, upper_nr; /* constraints used */
	/* constant: the band. line: the band at the middle, floor and ceil */
	int64_t lo_raw, hi_raw;
	/* range of the drift; 0, 0 when constant; -/+HUGE_VAL when unbounded */
	double drift_lo, drift_hi;
	/* line: upper hull of the lower points, lower hull of the upper points */
	struct vms_hull lower, upper;
	/* constraints that fix the band at the middle */
	struct vms_point bind_lower, bind_upper;
	/* no step before this segment: one line does not fit, a clock that wanders does */
	bool soft;
	/* the step before this segment is smaller than the band is wide; soft: if it is one */
	bool small;
	/*
	 * beside a step, with too few constraints to tell it from wrong ones, or with too many that
	 * contradict: bounds nothing
	 */
	bool unsure;
	bool squeezed;		 /* unsure as vms_band_doubt_squeezed() says */
	struct vms_piece middle; /* the middle of the band, for vms_band_middle() */
	/*
	 * by how much at most the middle is too early and too late within it; INT64_MAX = not known
	 */
	int64_t early_raw, late_raw;
	/* how wide it is at most where a constraint lies, and when; INT64_MAX = not known */
	int64_t widest_raw, widest_at_raw;
	struct vms_knot *knots; /* private to the band: exact lines, ascending by time */
	uint32_t knots_nr;
};

/** struct vms_band - the band of one vCPU over the whole trace */
struct vms_band {
	/* ascending by from_event; none when there is no constraint */
	struct vms_band_segment *segs;
	unsigned int segs_nr;
	uint32_t violations; /* sum over segments */
	/*
	 * lower bounds of clock facts that need a step of their own but no event: before or after
	 * all guest events, or between two of them; of no segment
	 */
	struct vms_bound *beside;
	uint32_t beside_nr;
};

/** struct vms_rate_limit - how two clocks' rate against each other may change; all 0: never */
struct vms_rate_limit {
	double wander; /* most per raw unit of guest time; 50 ppb a second in ns: 50e-18 */
	double jump;   /* most at once, besides: a clock that is steered; absolute */
	bool any;      /* as it likes, up to drift_max; wander and jump are nothing */
};

/**
 * vms_rate_any - how fast the offset can go, in guest time, where either clock is off by at most
 * @drift: a clock that is slower by as much measures a little more
 */
static inline double vms_rate_any(double drift)
{
	return drift / (1 - drift);
}

/** struct vms_band_opts - how to compute a band */
struct vms_band_opts {
	/* the offset cannot drift: both clocks count the same TSC without scaling */
	bool constant;
	double drift_max; /* greatest believable drift of a line, absolute (500e-6) */
	/*
	 * uncertainty of each constraint [raw host units]: 0 for TSC, rounding of both sides for ns
	 */
	int64_t slack_raw;
	uint32_t step_penalty; /* violations that one more segment must save, at least 1 */
	bool coarse;	       /* steps smaller than the band is wide are not looked for */
	/* constraints without which a segment at an end of several is unsure */
	uint32_t edge_least;
	struct vms_rate_limit rate;
	/* events at which a new segment begins in any case (alignment, kvm_write_tsc_offset) */
	const uint32_t *steps;
	unsigned int steps_nr;
};

/**
 * vms_band_build - the band of one vCPU
 * @cons: constraints, ascending by event; borrowed
 *
 * Exact: comparisons in integers of 128 bits, no rounding inward. O(n log n).
 *
 * The guarantee: between from_event and to_event of a segment the true offset is in
 * vms_band_at(), if no constraint is false (violations 0), steps are as few as the segments show,
 * and between steps the drift is at most drift_max and changes within the limit of the rate. No
 * change means exactly straight lines: for clocks that are steered give a limit, the cost is
 * small. Events between two segments may belong to either; the step lies from cut_earliest to
 * cut_latest.
 * Constraints are left out only where they contradict by more than the band is wide, so that no
 * true step is taken for false constraints; those next to them do not bound either.
 * Return: 0; -VMS_ENOMEM; -VMS_ERANGE when times differ by more than 2^62.
 * Source: doc/METHOD.md 6.
 */
int vms_band_build(struct vms_band **out, const struct vms_constraints *cons,
		   const struct vms_band_opts *opts, struct vms_err *err);
void vms_band_free(struct vms_band *band);

/** vms_band_prune - take clock facts beside all segments out of the constraints of a band */
void vms_band_prune(struct vms_constraints *cons, const struct vms_band *band);

/**
 * vms_band_steps - how often the offset steps: segments after the first that no wander explains; 0
 * for NULL
 */
unsigned int vms_band_steps(const struct vms_band *b);
/** vms_band_is_cut - whether segments of it do not meet, step or not sure of one */
bool vms_band_is_cut(const struct vms_band *b);
/** vms_band_has_small - whether it has a step that is smaller than it is wide; false for NULL */
bool vms_band_has_small(const struct vms_band *b);

/**
 * vms_band_is_narrow - whether a segment that guest events bound is far narrower than each of its
 * stretches alone allows: its edges come from two of them, and one stands out from all others, as a
 * false pair or a wrong stretch does. A warning, no proof; doc/METHOD.md 6.8
 */
bool vms_band_is_narrow(const struct vms_band_segment *s, const struct vms_constraints *c);
/**
 * vms_band_doubt_squeezed - segments that are narrower than half of what many of their stretches
 * allow about alike become unsure: a step that is hardly seen, or a wrong event, is in them
 */
void vms_band_doubt_squeezed(struct vms_band *b, const struct vms_constraints *c);

/**
 * vms_band_segment_of - the segment of an event; the nearest when between; NULL when the band has
 * none
 */
const struct vms_band_segment *vms_band_segment_of(const struct vms_band *b, uint32_t event);
/**
 * vms_band_holds - whether a constraint lies where a segment's band is claimed: between events that
 * are certain to belong to it, or, for a clock fact, also before the first and after the last of
 * all
 */
bool vms_band_holds(const struct vms_band *b, const struct vms_band_segment *s,
		    const struct vms_point *p);
/**
 * vms_band_segment_time - the segment of a guest time: the last that begins at or before it, else
 * the first
 */
const struct vms_band_segment *vms_band_segment_time(const struct vms_band *b, int64_t guest_raw);

/**
 * vms_band_at - the band at a guest time
 * @lo, @hi: least and greatest possible offset there, floor and ceil [raw units]; INT64_MIN /
 * INT64_MAX when unbounded.
 * Also outside the segment's own times (extrapolated, wider). Either out-parameter may be NULL.
 */
void vms_band_at(const struct vms_band_segment *s, int64_t guest_raw, int64_t *lo, int64_t *hi);

/**
 * vms_band_bind_at - the two constraints that fix the band at a guest time; a vertex of each side's
 * decisive edge
 */
void vms_band_bind_at(const struct vms_band_segment *s, int64_t guest_raw, struct vms_point *lower,
		      struct vms_point *upper);

/**
 * vms_band_outside - signed distance of a host-minus-guest offset at a guest time to the band: 0
 * inside, < 0 below
 */
int64_t vms_band_outside(const struct vms_band_segment *s, int64_t guest_raw, int64_t offset_raw);

/** vms_band_excludes - whether a constraint, a lower or an upper one, excludes all of a band */
bool vms_band_excludes(const struct vms_band_segment *seg, const struct vms_point *p, bool lower);

/**
 * vms_band_reach_at - by how much an offset at a guest time is too early and too late at most;
 * raises what is given. INT64_MAX = not known
 */
void vms_band_reach_at(const struct vms_band_segment *seg, int64_t guest_raw, int64_t offset_raw,
		       int64_t *early_raw, int64_t *late_raw);
/**
 * vms_band_reach - the same of each segment's middle, at all constraints that it holds; and how
 * wide it is at most at those
 */
void vms_band_reach(struct vms_band *band, const struct vms_constraints *cons);
/**
 * vms_band_widest - where the band is widest of all events that bound it, as vms_band_reach() found
 * @at_raw: the guest time; may be NULL
 * @open: whether a segment has no width; those are passed over. May be NULL
 * Return: the segment; NULL: none has a width.
 */
const struct vms_band_segment *vms_band_widest(const struct vms_band *band, int64_t *at_raw,
					       bool *open);

/**
 * vms_band_middle - the middle of the band as a piece of a model, one line a segment (the mean of
 * the extreme lines)
 */
int vms_band_middle(const struct vms_band *band, struct vms_piece **pieces, unsigned int *pieces_nr,
		    struct vms_err *err);

/** struct vms_sweep - V(o): guest events outside every stretch as a function of an extra offset */
struct vms_sweep {
	int64_t from_raw, step_raw; /* offsets from_raw + i * step_raw, relative to the model */
	uint32_t *outside;	    /* counts */
	uint32_t nr;
	uint32_t checkable_nr;
	uint32_t every; /* only every n-th event was counted: 1 = all */
};

/**
 * vms_sweep_build - V(o) on a grid around a model; doc/METHOD.md 6.8
 * @nr: grid points, at least 2. O((events + stretches) * overlap + nr)
 */
int vms_sweep_build(struct vms_sweep **out, const struct vms_cpu *cpu,
		    const struct vms_thread *thread, const struct vms_model *model,
		    unsigned int cpu_idx, int64_t from_raw, int64_t to_raw, uint32_t nr,
		    struct vms_err *err);
void vms_sweep_free(struct vms_sweep *s);

#ifdef __cplusplus
}
#endif

#endif
