/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The session: candidates, decisions and everything derived from them; the one thing that views and
 * reports look at.
 */
#ifndef VMSYNC_SESSION_H
#define VMSYNC_SESSION_H

#include <limits.h>

#include <vmsync/align.h>
#include <vmsync/band.h>
#include <vmsync/constraint.h>
#include <vmsync/estimate.h>
#include <vmsync/pairing.h>
#include <vmsync/progress.h>
#include <vmsync/stats.h>
#include <vmsync/trace.h>
#include <vmsync/verdict.h>

struct vms_session;

enum vms_state { VMS_UNDECIDED, VMS_ACCEPTED, VMS_REJECTED };

enum vms_candidate_flag {
	/* negative delay at every offset of the band: cannot be a true pair */
	VMS_CAND_IMPOSSIBLE = 1,
	VMS_CAND_DETACHED = 4, /* decided, but does not form under the model in force */
	VMS_CAND_BINDING = 8,  /* one of the events that fix the band */
	VMS_CAND_LOADED = 16,  /* its state comes from a file or the journal */
};

#define VMS_ID_NONE UINT32_MAX

/** struct vms_candidate - a pair; vms_session_state() has what was decided of it */
struct vms_candidate {
	struct vms_pair pair;
	uint32_t id;	/* stable for the life of the session, from 1 */
	uint16_t track; /* index of its track */
	uint8_t flags;	/* enum vms_candidate_flag */
};

/** enum vms_basis - which candidates a statistic is over */
enum vms_basis { VMS_OVER_ACCEPTED, VMS_OVER_NOT_REJECTED, VMS_BASIS_NR };

/** enum vms_by - the clock models: by what the offset is known, in the order of every list */
enum vms_by {
	VMS_BY_RECORDED,
	VMS_BY_RECORDED_EXACT,
	VMS_BY_BAND,
	VMS_BY_ESTIMATOR, /* the first; then as in enum vms_est */
	VMS_BY_MEAN = VMS_BY_ESTIMATOR + VMS_EST_MEAN,
	VMS_BY_MEDIAN = VMS_BY_ESTIMATOR + VMS_EST_MEDIAN,
	VMS_BY_MIDPOINT = VMS_BY_ESTIMATOR + VMS_EST_MIDPOINT,
	/* there while the offset is cut */
	VMS_BY_PIECEWISE = VMS_BY_ESTIMATOR + VMS_EST_NR,
	VMS_BY_NR
};

/** vms_by_name, vms_by_help - the word for a clock model, and what it is in one line */
const char *vms_by_name(enum vms_by by);
const char *vms_by_help(enum vms_by by);
/** vms_by_find - the clock model of a word, VMS_BY_NR = none */
enum vms_by vms_by_find(const char *name);
/** vms_by_is_estimator - fitted to all pairs of a track at once */
static inline bool vms_by_is_estimator(enum vms_by by)
{
	return by >= VMS_BY_ESTIMATOR && by < VMS_BY_PIECEWISE;
}
/** vms_by_is_fit - fitted to pairs: decisions move it */
static inline bool vms_by_is_fit(enum vms_by by)
{
	return vms_by_is_estimator(by) || by == VMS_BY_PIECEWISE;
}
/** vms_by_is_recorded - what the file says, as it is applied or as it should be */
static inline bool vms_by_is_recorded(enum vms_by by)
{
	return by == VMS_BY_RECORDED || by == VMS_BY_RECORDED_EXACT;
}
/** vms_by_is_delay - an estimator that measures a delay: as an offset it is too late by that */
static inline bool vms_by_is_delay(enum vms_by by)
{
	return vms_by_is_estimator(by) && by >= VMS_BY_MEAN;
}

/** struct vms_model_result - one clock model on one track */
struct vms_model_result {
	enum vms_by by;
	bool available;
	char why_not[64];
	int64_t at_raw;	    /* guest time at which offset holds */
	int64_t offset_raw; /* host minus guest */
	double offset_frac;
	double drift;  /* absolute, 1e-6 = 1 ppm */
	double se_raw; /* NAN: see se_why */
	char se_why[64];
	double se_drift;
	int bound; /* as in vms_est_out: 0 = an estimate */
	/*
	 * delays of the basis' candidates under it, signed so that they are errors host -
	 * map(guest)
	 */
	struct vms_stats residual_ns;
	enum vms_verdict verdict;
	const char *why; /* why it cannot be judged, or what "outside" assumes; NULL; static text */
	/*
	 * greatest distance to the band, with the sign of the error (< 0: offset too small); 0
	 * inside; NAN where it cannot be judged
	 */
	double outside_by_ns;
	int64_t outside_at_raw; /* guest time of it */
	/*
	 * by how much at most it is too early and too late, wherever the band holds and of all its
	 * segments; < 0: by so much at least the other way; INT64_MAX = not known of some [raw host
	 * units]
	 */
	int64_t early_raw, late_raw;
	/* cross-validation: median absolute residual on the other half; NAN when not defined */
	double holdout_ns;
	bool stale; /* an older decision's value; the next refresh mends it */
};

/** struct vms_seq_result - one sequence on one track */
struct vms_seq_result {
	uint32_t pairs, accepted, rejected, impossible;
	struct vms_stats delay_ns; /* of all not rejected, under the model in force */
	struct vms_stats delay_accepted_ns;
	struct vms_seq_counts counts; /* under the model that pairs were formed by */
};

/** struct vms_track - one vCPU of one guest: the unit that has a band and models */
struct vms_track {
	unsigned int guest;		 /* into vms_trace.guests */
	unsigned int cpu_idx;		 /* into the guest stream's cpus */
	uint32_t vcpu;			 /* guest CPU number */
	const struct vms_thread *thread; /* NULL = not found */
	bool tid_inferred;
	const struct vms_align_vcpu *align;
	struct vms_constraints *cons; /* under the band's middle */
	struct vms_band *band;	      /* NULL without constraints */
	struct vms_model_result models[VMS_BASIS_NR][VMS_BY_NR];
	struct vms_seq_result *seqs;			   /* one per catalogue row */
	struct vms_violations recorded, in_force, at_band; /* violations under three models */
	struct vms_evidence evidence;			   /* against what is recorded */
	/* where one line did not explain all: what was tried, in this order; else none */
	struct vms_start starts[VMS_STARTS_MAX];
	unsigned int starts_nr;
	struct vms_limits limits;
	uint32_t accepted, rejected, undecided;
	/* the middle of the band forms the same pairs as the model that they were formed by */
	bool as_band;
};

/** struct vms_session_opts - how to start */
struct vms_session_opts {
	/* further catalogues, later rows win; may be NULL */
	const char *const *sequence_texts;
	unsigned int sequence_texts_nr;
	bool no_builtin; /* none but those */
	/* model in force, NULL = recorded where it is in band, else band */
	const char *model;
	/* host events to leave out of host_inside by name (trace-checker -n) */
	const char *const *inside_ignored;
	unsigned int inside_ignored_nr;
	enum vms_rate rate;	     /* how the clocks' rate may change */
	struct vms_align_opts align; /* its progress is told of the other steps, too */
	/* open although no vCPU could be tied to a thread: who looks may align by hand */
	bool may_be_untied;
	/* candidates in the order of vCPU and guest event: cheaper, where nobody lists them */
	bool unlisted;
	/* end when bands and verdicts are there: vms_session_form() goes on; without a model */
	bool verdicts_first;
};

/**
 * vms_session_new - analyse a recording
 * @trace: borrowed for the life of the session
 * Return: 0; -VMS_ENODATA when no vCPU could be tied to a thread with stretches and guest events,
 * or, when that may be, when there are no such threads or no guest events;
 * -VMS_ECANCEL; -VMS_ENOMEM.
 */
int vms_session_new(struct vms_session **out, const struct vms_trace *trace,
		    const struct vms_session_opts *session_opts, struct vms_err *err);
void vms_session_free(struct vms_session *session);

/* What it looks at; all borrowed */
const struct vms_trace *vms_session_trace(const struct vms_session *s);
const struct vms_stretches *vms_session_stretches(const struct vms_session *s);
const struct vms_catalogue *vms_session_catalogue(const struct vms_session *s);
/* the host's, with its rate estimated where unknown */
const struct vms_clock *vms_session_clock(const struct vms_session *s);
/* how the clocks' rate may change, as it was asked for */
enum vms_rate vms_session_rate(const struct vms_session *s);
unsigned int vms_session_tracks_nr(const struct vms_session *s);
const struct vms_track *vms_session_track(const struct vms_session *s, unsigned int i);
/** vms_session_track_of - index of the track of a guest's CPU index, -1 = none */
int vms_session_track_of(const struct vms_session *s, unsigned int guest, unsigned int cpu_idx);
/** vms_session_thread_track - index of the track that runs on a thread, -1 = none */
int vms_session_thread_track(const struct vms_session *s, int32_t tid);

/**
 * vms_session_pairing - what pairs of a track are formed of, under a map of its guest
 * Return: false where it has no thread, or @map is NULL.
 */
bool vms_session_pairing(const struct vms_session *s, unsigned int track,
			 const struct vms_model *map, struct vms_pairing *out);

/* Clock models */
/** vms_session_models_nr - how many of enum vms_by are there: VMS_BY_PIECEWISE needs cuts */
unsigned int vms_session_models_nr(const struct vms_session *s);
/** vms_session_model - the model in force */
enum vms_by vms_session_model(const struct vms_session *s);
/**
 * vms_session_estimate - the fit that decisions on a track move: the model in force where it is
 * one, else midpoint; where that is not available, median or mean
 */
enum vms_by vms_session_estimate(const struct vms_session *s, unsigned int track);

/* Cuts of the offset: as many as there are marks to name them by. */
#define VMS_CUTS_MAX 26

/** struct vms_cuts - where model "piecewise" is cut, and what is fitted between the cuts */
struct vms_cuts {
	unsigned int nr;	      /* 0 = not cut: the model is not there */
	int64_t at_raw[VMS_CUTS_MAX]; /* host times, ascending, each once */
	enum vms_est estimator;
};

/** vms_session_cuts - the cuts of model "piecewise", valid for the life of the session */
const struct vms_cuts *vms_session_cuts(const struct vms_session *s);
/**
 * vms_session_try_cuts - what model "piecewise" would be on a track; nothing changes
 * @pieces_nr: of the track; may be NULL
 * Return: 0; -VMS_EUSAGE for what is no estimator; -VMS_ENOMEM.
 */
int vms_session_try_cuts(struct vms_session *session, unsigned int track, enum vms_basis basis,
			 const struct vms_cuts *c, struct vms_model_result *out,
			 unsigned int *pieces_nr, struct vms_err *err);
/**
 * vms_session_sequence_own - whether a sequence is not what the session began with
 * vms_session_sequence_key - what it was called then, or when it came: names may change
 * vms_session_sequence_of - the number of that one, VMS_SEQUENCE_NEW = none
 * vms_session_sequence_named - one is called so, or was
 */
bool vms_session_sequence_own(const struct vms_session *s, unsigned int seq);
const char *vms_session_sequence_key(const struct vms_session *s, unsigned int seq);
unsigned int vms_session_sequence_of(const struct vms_session *s, const char *key);
bool vms_session_sequence_named(const struct vms_session *s, const char *name);
/** vms_session_sequence_changed - whether a sequence is muted, or heard, against its catalogue */
bool vms_session_sequence_changed(const struct vms_session *s, unsigned int seq);
/** vms_session_parked_nr, vms_session_parked - those of muted sequences, until the next change */
uint32_t vms_session_parked_nr(const struct vms_session *s);
const struct vms_candidate *vms_session_parked(const struct vms_session *s, uint32_t i);
/** vms_session_map - the map in force of a guest */
const struct vms_model *vms_session_map(const struct vms_session *s, unsigned int guest);
/**
 * vms_session_model_map - the map of any model of a guest, NULL when not available; owned by the
 * session until the next change
 */
const struct vms_model *vms_session_model_map(struct vms_session *s, enum vms_by by,
					      unsigned int guest);
/** vms_session_same_as - which estimator it is where the offset cannot drift; NULL = no other */
const char *vms_session_same_as(const struct vms_session *s, const struct vms_track *t,
				enum vms_by by);
/** vms_session_result - a track's result for a model, NULL = that is not there */
const struct vms_model_result *vms_session_result(const struct vms_session *s, unsigned int track,
						  enum vms_by by, enum vms_basis basis);
/**
 * vms_session_fit_span - an estimator over the pairs of a span of time only
 * @out: offset at the middle of the pairs' guest times, with drift, errors and residuals; not
 *   judged by the band
 * @from_raw, @to_raw: host times of the pairs' host events, inclusive
 * Return: 0 (see out->available); -VMS_EUSAGE when there is no such track; -VMS_ENOMEM.
 */
int vms_session_fit_span(struct vms_model_result *out, const struct vms_session *session,
			 unsigned int track, enum vms_est estimator, enum vms_basis basis,
			 int64_t from_raw, int64_t to_raw, struct vms_err *err);
/** vms_session_host_time - an event of a guest on the host's clock under the model in force */
int64_t vms_session_host_time(const struct vms_session *s, unsigned int guest, struct vms_ref ev);

/* Candidates: index order is host time, ties by id, unless they are unlisted */
uint32_t vms_session_candidates_nr(const struct vms_session *s);
/** vms_session_candidate_in - what a candidate is, written to @room, which is returned */
const struct vms_candidate *vms_session_candidate_in(const struct vms_session *s, uint32_t i,
						     struct vms_candidate *room);
/** vms_session_candidate - the same, valid to the end of the block that asks */
#define vms_session_candidate(s, i)                                                                \
	vms_session_candidate_in(s, i, &(struct vms_candidate){ .id = 0 })
/** vms_session_find_in - the candidate of an id, written to @room; NULL when gone */
const struct vms_candidate *vms_session_find_in(const struct vms_session *s, uint32_t id,
						struct vms_candidate *room);
/** vms_session_index_of - index of a candidate by id, VMS_ID_NONE when gone */
uint32_t vms_session_index_of(const struct vms_session *s, uint32_t id);
/**
 * vms_session_rival - id of another candidate with the same guest event and sequence, one of the
 * two detached; VMS_ID_NONE = none
 */
uint32_t vms_session_rival(const struct vms_session *s, const struct vms_candidate *c);
/** vms_session_first_at - index of the first whose host event is not before; not if unlisted */
uint32_t vms_session_first_at(const struct vms_session *s, int64_t host_raw);
/**
 * vms_session_track_sample - every @step-th candidate of a track, by guest event
 * @idx: room for as many indices as that makes, which come ascending; step 1: all
 * Return: how many.
 */
uint32_t vms_session_track_sample(const struct vms_session *s, unsigned int track, uint32_t step,
				  uint32_t *idx);
/**
 * vms_session_match_next - the next pair of a sequence of a track that the model in force forms
 * @at: where to go on, 0 to begin. Ascending by guest event. Return: false at the end.
 */
bool vms_session_match_next(const struct vms_session *s, unsigned int track, unsigned int seq,
			    uint32_t *at, struct vms_match *out);
/**
 * vms_session_delay_ns - delay under the model in force [ns, or ticks when the rate is unknown];
 * negative = impossible there
 */
double vms_session_delay_ns(const struct vms_session *s, const struct vms_candidate *c);
/** vms_session_state - what was decided of a candidate */
enum vms_state vms_session_state(const struct vms_session *s, const struct vms_candidate *c);
/** vms_session_note - its note, "" = none */
const char *vms_session_note(const struct vms_session *s, const struct vms_candidate *c);
/** vms_session_states - the same of all, by id; valid until the next change */
const uint8_t *vms_session_states(const struct vms_session *s);
/** vms_session_outlier - residual beyond the p99 of its sequence, and 10 MAD */
bool vms_session_outlier(const struct vms_session *s, const struct vms_candidate *c);
/** vms_session_beyond - its delay is not what its sequence lets expect, where that says so */
bool vms_session_beyond(const struct vms_session *s, const struct vms_candidate *c);
/** vms_session_residual_ns - signed host - map(guest) minus the median of its sequence and track */
double vms_session_residual_ns(const struct vms_session *s, const struct vms_candidate *c);

/** vms_session_step - what undo, or redo, would make next; NULL = nothing */
const struct vms_change *vms_session_step(const struct vms_session *s, bool back);
/** vms_session_steps - number of steps that undo could take back; changes with each decision */
uint64_t vms_session_steps(const struct vms_session *s);
void vms_session_counts(const struct vms_session *session, uint32_t *accepted, uint32_t *rejected,
			uint32_t *undecided);
/**
 * vms_session_refuted_nr - accepted pairs of a guest that its alignment speaks against: those that
 * cannot be, and those of events not found again
 */
uint32_t vms_session_refuted_nr(const struct vms_session *session, unsigned int guest);
/** vms_session_formed - changes when pairs form anew: candidates have other indices then */
uint64_t vms_session_formed(const struct vms_session *s);
/** vms_session_generation - changes whenever anything that a view shows may have changed */
uint64_t vms_session_generation(const struct vms_session *s);
/**
 * vms_session_sweep - V(o) of a track around the model in force, for plots
 * @half_raw: the range is +- this [raw host units], rounded up to whole steps
 * @half_nr: points on each side, 1 to 65535; the one in the middle is the model itself
 * Exact while cheap; over ranges with many stretches a sample of some 2000 events is counted
 * (vms_sweep.every).
 * Return: 0, freed by vms_sweep_free(); -VMS_ENODATA without a thread; -VMS_ENOMEM.
 */
int vms_session_sweep(struct vms_sweep **out, const struct vms_session *session,
		      unsigned int track_idx, int64_t half_raw, uint32_t half_nr,
		      struct vms_err *err);

#include <vmsync/session_change.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
}
#endif

#endif
