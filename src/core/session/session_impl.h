/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the session share: the struct behind the handle, and the steps to results. */
#ifndef VMS_SESSION_IMPL_H
#define VMS_SESSION_IMPL_H

#include <vmsync/session_snapshot.h>

#include "core/base/util.h"
#include "core/session/session_packs.h"
#include "core/session/session_sequence.h"

/* The greatest rate by which Linux lets a clock be steered (adjtimex): 500 ppm. */
#define SESSION_DRIFT_MAX 500e-6

/* A decision answers in its frame: larger fits wait for vms_session_refresh() ... */
#define SESSION_LIVE_NR 1000u
/* ... but for the figures of the message line, up to this many, */
#define SESSION_SHOWN_NR 20000u
/* and cross-validation is left out above this many. */
#define SESSION_HOLDOUT_NR 20000u

/* Model "piecewise" on a track: its pieces, and which of them have a fit of their own. */
struct session_pieces {
	struct vms_piece *p;
	bool *fitted;
	unsigned int nr;
};

/* A candidate that does not form. */
struct session_loose {
	struct vms_pair pair;
	uint16_t track;
	uint8_t flags;
};

/* What is private to a track: views get struct vms_track. */
struct session_track {
	struct vms_vcpu vcpu;	   /* that its candidates were formed of */
	uint32_t first, formed_nr; /* of its candidates: those that form ... */
	uint32_t loose, loose_nr;  /* ... and the detached, both by guest event */
	uint32_t *accepted;	   /* the accepted ones, ascending by host time, then id */
	size_t accepted_cap;
	uint32_t accepted_nr;
	bool constant; /* both clocks count the same TSC */
	bool scaled;   /* KVM makes the guest's TSC run at another rate */
	struct session_pieces pieces[VMS_BASIS_NR];
	/* of host - map(guest) per sequence, for residuals */
	double *seq_median_ns, *seq_mad_ns, *seq_p99_ns;
	/* estimators, or delays per sequence over all not rejected, are of older decisions */
	bool stale;
};

/* What became of a snapshot by a change: nothing, or its last step was made, undone, redone. */
enum session_way { SESSION_AS_IT_WAS, SESSION_MADE, SESSION_UNDONE, SESSION_REDONE };

/* What a snapshot may still read although the session has something else in its place. */
struct session_retired {
	void *p;
	void (*drop)(void *p);
};

struct vms_session {
	const struct vms_trace *trace;
	struct vms_clock clock;
	struct vms_stretches *st;
	struct vms_facts *facts;
	struct vms_catalogue cat;
	struct vms_align **align; /* one per guest */
	struct vms_track *tracks;
	struct session_track *priv; /* parallel to tracks */
	unsigned int tracks_nr;

	struct vms_cuts cuts;
	enum vms_by model; /* in force */
	enum vms_rate rate;
	/* VMS_BY_NR x guests_nr, NULL until asked for or not available */
	struct vms_model **maps;
	/* host events inside, of class OTHER and not left out by name */
	uint64_t host_inside;

	/* track after track, by guest event, then sequence; then the detached, track after track */
	struct session_packs packs;
	struct session_loose *loose; /* the detached */
	uint32_t cands_nr, formed_nr;
	/* index, as views know them, to candidate and back; NULL: they are in no order of time */
	uint32_t *order, *place;
	bool listed;	  /* they shall be */
	bool unformed;	  /* and so far there are none */
	uint8_t *states;  /* by id: enum vms_state */
	uint32_t *tag_of; /* by id; NULL: no candidate has a note */
	size_t ids_cap;	  /* of both */
	/* of muted sequences: they take part in nothing */
	struct vms_candidate *parked;
	size_t parked_cap;
	uint32_t parked_nr;
	struct session_defs defs; /* which the rows of the catalogue borrow */
	/* the rest was restored and waits for vms_session_restored() */
	uint32_t sorted_nr;
	/* of each candidate its id, and by id which it is; NULL: they are numbered as they stand */
	uint32_t *ids, *slot_of;
	size_t slot_of_cap;
	uint32_t next_id;

	struct vms_change *steps; /* each as it makes the other state: undo, or redo */
	size_t steps_cap;
	uint32_t steps_nr, steps_done;

	char **tags; /* tags[0] is NULL */
	size_t tags_cap;
	uint32_t tags_nr;

	bool restoring; /* until vms_session_restored(): nothing is computed, nobody told */
	void (*observer)(void *user, const struct vms_session *s, const struct vms_change *c);
	void *observer_user;
	uint64_t generation;
	uint64_t formed; /* how often pairs were formed */

	const struct vms_progress *progress; /* is told, and asked; may be NULL */
	struct vms_session *origin;	     /* of a snapshot: what it is one of */
	uint64_t taken_at;		     /* and when, as that one's generation */
	void **borrowed;		     /* of a snapshot: what it does not free */
	size_t borrowed_cap;
	uint32_t borrowed_nr;
	enum session_way way;  /* of a snapshot */
	uint32_t snapshots_nr; /* that are alive */
	bool lent;	       /* they read candidates and the index as they are now */
	struct session_retired *retired;
	size_t retired_cap;
	uint32_t retired_nr;
};

/* -VMS_ECANCEL when what is being made is not wanted any more. */
static inline int session_wanted(const struct vms_session *s)
{
	return vms_progress_cancelled(s->progress) ? -VMS_ECANCEL : 0;
}

/* The same in a loop over candidates: asked every millisecond or so. */
static inline int session_wanted_at(const struct vms_session *s, uint32_t i)
{
	return i % 16384 ? 0 : session_wanted(s);
}

/* Where the map of a guest under a model is kept. */
static inline struct vms_model **session_map_slot(const struct vms_session *s, enum vms_by by,
						  unsigned int guest)
{
	return &s->maps[(size_t)by * s->trace->guests_nr + guest];
}

/* How many candidates a track has, and where the one of a number is. */
static inline uint32_t session_cands_of(const struct session_track *p)
{
	return p->formed_nr + p->loose_nr;
}
static inline uint32_t session_slot(const struct session_track *p, uint32_t i)
{
	return i < p->formed_nr ? p->first + i : p->loose + i - p->formed_nr;
}

static inline uint32_t session_id(const struct vms_session *s, uint32_t slot)
{
	return s->ids ? s->ids[slot] : slot + 1;
}

static inline struct session_cand session_cand_at(const struct vms_session *s, uint32_t slot)
{
	const struct session_loose *loose;

	if (slot < s->formed_nr)
		return session_packs_at(&s->packs, slot);
	loose = &s->loose[slot - s->formed_nr];
	return (struct session_cand){ .event = loose->pair.guest_ev.idx,
				      .track = loose->track,
				      .seq = loose->pair.seq,
				      .flags = loose->flags };
}

static inline uint8_t *session_flags(const struct vms_session *s, uint32_t slot)
{
	return slot < s->formed_nr ? &s->packs.near[slot].flags
				   : &s->loose[slot - s->formed_nr].flags;
}

static inline struct vms_pair session_pair(const struct vms_session *s, uint32_t slot)
{
	struct session_cand c;

	if (slot >= s->formed_nr)
		return s->loose[slot - s->formed_nr].pair;
	c = session_packs_at(&s->packs, slot);
	return vms_pair_of(&s->priv[c.track].vcpu, c.event, c.stretch, c.seq,
			   (uint8_t)s->cat.seqs[c.seq].dir);
}

/* session_track.c */
int session_tracks_build(struct vms_session *session, const struct vms_session_opts *session_opts,
			 struct vms_err *err);
void session_tracks_free(struct vms_session *session);
/* Constraints that one more segment must save. */
#define SESSION_STEP_PENALTY 8u
/* So many events that a solution puts where nothing is known weigh as much as a contradiction. */
#define SESSION_UNCHECKED_NR 4u
/** session_facts_find - session->facts anew, with the help of some guests; session_facts.c */
int session_facts_find(struct vms_session *session, const struct vms_facts_guest *guests,
		       unsigned int guests_nr, struct vms_err *err);
/** session_facts_complete - with the deadlines that guests wrote; tracks are solved again */
int session_facts_complete(struct vms_session *session, struct vms_err *err);
/* The middle of a track's band (session_models.c); holes that guest events show. */
int session_model_of_band(struct vms_model **out, const struct vms_session *session,
			  const struct vms_track *track, struct vms_err *err);
int session_silences_find(struct vms_session *session, struct vms_err *err);
/*
 * session_starts.c: other starts for the vCPUs of a guest that one line does not explain: what is
 * recorded, the lines of all; where the session opens, none too, and doubt of few events.
 */
int session_lines_try(struct vms_session *session, unsigned int guest, struct vms_err *err);
int session_starts_try(struct vms_session *session, unsigned int guest,
		       const struct vms_align_opts *opts, struct vms_err *err);
/*
 * session_shared.c: where one vCPU of a guest steps, another whose events allow the same is bounded
 * on both sides of that apart; last of all, once the tracks are solved.
 */
int session_steps_share(struct vms_session *session, unsigned int guest, struct vms_err *err);
/* session_pieces.c */
/* One line held against all events of a vCPU. */
#define SESSION_EVENT_COST 8u
struct session_line {
	const struct vms_cpu *cpu;
	const struct vms_thread *thread;
	unsigned int cpu_idx;
	struct vms_model *map;
	const struct vms_constraints *cons; /* whose clock facts count, or NULL */
	uint32_t cursor;
	uint32_t gap; /* before which stretch the last event outside was; 0 = none */
	/* of whose band it is the middle: it may be off by as much as that leaves open */
	const struct vms_band_segment *seg;
	int64_t far_raw, known_raw; /* at most this; not by what it leaves open at best */
	unsigned int shadow_weight; /* of an event in lost ones */
};
/* session_line_end() is due after an error too. */
int session_line_begin(struct session_line *line, const struct vms_session *s,
		       const struct vms_track *track, const struct vms_constraints *cons,
		       const struct vms_band_segment *seg, struct vms_err *err);
void session_line_end(struct session_line *l);
/* Where it puts a guest event. */
int64_t session_line_host(const struct session_line *line, uint32_t event);
/*
 * What speaks against the line at a guest event, asked in order: SESSION_EVENT_COST for the first
 * event of a gap, and for each clock fact just before it; 1 for further events of the gap, which a
 * stretch that was not recorded explains as well, and for one beyond the host's recording.
 */
unsigned int session_line_against(struct session_line *line, uint32_t event);
/* Of a segment's middle line: host time of a guest time, exact enough to tell which is later. */
double session_segment_host(const struct vms_band_segment *seg, int64_t guest_raw);
/* hi_raw less lo_raw: how wide its band is at its reference time. */
double session_segment_width(const struct vms_band_segment *seg);
/* Steps at which host time would run back in the order of the ring buffer: no clock does that. */
uint64_t session_backward_steps(const struct vms_session *session, const struct vms_track *track,
				const struct vms_band *band);
/*
 * Pieces whose lines meet within @jump_raw are one: the walk may follow a changing drift in
 * several, or step into a neighbouring stretch. The piece with most events speaks for its group.
 * @out has room for all. Return: pieces left.
 */
unsigned int session_pieces_merge(struct vms_piece *out, const struct vms_align_vcpu *vcpu,
				  uint32_t events_nr, double jump_raw);

/* session_choose.c: lines that are weighed against each other at most. */
#define SESSION_LINES_MAX 64u
/*
 * Pieces on the lines of some segments: of all ways through the events the one with least against
 * it. @out: to be freed. Of too many lines the first are taken.
 */
int session_pieces_choose(const struct vms_session *session, const struct vms_track *track,
			  const struct vms_constraints *cons,
			  const struct vms_band_segment *const *seg, unsigned int segs_nr,
			  struct vms_piece **out, unsigned int *nr, struct vms_err *err);

/* session_align.c */
int session_align_check(struct vms_session *s, struct vms_change *change, struct vms_err *err);
int session_align_swap(struct vms_session *s, struct vms_change *c, struct vms_err *err);
int session_align_follow(struct vms_session *s, struct vms_change *c, struct vms_err *err);
int session_rate_check(struct vms_session *s, struct vms_change *change, struct vms_err *err);
int session_rate_swap(struct vms_session *s, struct vms_change *c, struct vms_err *err);
/* session.c: recorded where nothing speaks against it, else the band's middle */
enum vms_by session_first_model(const struct vms_session *s);

/* session_models.c */
/* What the counts of constraints say lies outside. */
struct vms_violations session_violations(const struct vms_session *session,
					 const struct vms_constraints *counts);
/* Put a model in force: pairs form anew. On failure the old one stays. */
int session_model_apply(struct vms_session *session, enum vms_by model, struct vms_err *err);
int session_model_check(struct vms_session *session, struct vms_change *change,
			struct vms_err *err);
int session_model_swap(struct vms_session *s, struct vms_change *c, struct vms_err *err);
int session_recorded_judge(struct vms_session *session, unsigned int track, struct vms_err *err);
int session_in_force_judge(struct vms_session *session, struct vms_err *err);
int session_map_get(struct vms_session *session, enum vms_by model, unsigned int guest,
		    struct vms_model **out, struct vms_err *err);
int session_maps_in_force(struct vms_session *session, struct vms_err *err);
/* The maps of what is recorded are there. */
int session_maps_recorded(struct vms_session *session, struct vms_err *err);
/*
 * Maps that are made anew when asked for: estimators change with decisions, with a new band its
 * middle and the map in force too; what is recorded never does.
 */
void session_maps_drop(struct vms_session *s, unsigned int guest, bool band_is_new);
/* The models whose figures are shown, in the order in which they are tried; VMS_BY_NR = no more. */
enum vms_by session_shown_try(const struct vms_session *s, unsigned int i);
const struct vms_band_segment *session_main_segment(const struct vms_band *b);

/* session_judge.c */
/*
 * The verdict on a model by a map: proven wrong where it leaves the band at any guest event that
 * has a constraint.
 */
void session_judge_map(const struct vms_session *session, const struct vms_track *track,
		       struct vms_model_result *result, const struct vms_model *model,
		       struct vms_evidence *keep);
/* The verdict on a fit: a line in the main segment, the band's middle in others. */
int session_judge_fit(const struct vms_session *session, const struct vms_track *track,
		      struct vms_model_result *result, struct vms_err *err);
/* Takes for the model's greatest errors those of the band's middle; of all segments but one. */
void session_reach_beside(struct vms_model_result *result, const struct vms_band *band,
			  const struct vms_band_segment *but);

/* session_refresh.c */
/* How many fits are done of those that are computed anew. */
struct session_work {
	uint64_t done, total;
};
/* How many results of a basis are stale. */
unsigned int session_stale_nr(const struct vms_session *s, unsigned int track, enum vms_basis b);

/* session_fit.c */
/* Fit the estimators whose results are stale. -VMS_ECANCEL: the rest still is. */
int session_fit_refresh(struct vms_session *session, unsigned int track, struct session_work *work);
enum session_depth {
	SESSION_FIT_LIVE, /* what can be done within a frame; the rest is marked stale */
	SESSION_FIT_ALL,
};
int session_fit_track(struct vms_session *session, unsigned int track_idx, enum vms_basis basis,
		      enum session_depth depth, struct vms_err *err);
int session_fit_tracks(struct vms_session *s, enum session_depth depth, struct vms_err *err);
/* The drift of the band's middle. */
double session_drift(const struct vms_track *track);
/* Every estimator of a track over both bases, from scratch. */
int session_fit_anew(struct vms_session *s, unsigned int track, struct vms_err *err);
/*
 * The model whose figures a message shows, over accepted candidates as they are now; stale where
 * it has a value and this would outlast a frame.
 */
int session_fit_shown(struct vms_session *session, unsigned int track, enum vms_by by,
		      struct vms_model_result *out, struct vms_err *err);

/*
 * An estimator over the pairs of a range of guest events, inclusive. @residual_ns: gets their
 * residuals from @nr on;
 * has room for all candidates of the track.
 */
int session_fit_events(const struct vms_session *session, unsigned int track, enum vms_basis basis,
		       const struct vms_estimator *est, uint32_t from_event, uint32_t to_event,
		       int64_t at_raw, struct vms_model_result *result, double *residual_ns,
		       uint32_t *nr, struct vms_err *err);
/* The guest time at which single figures of a track are given. */
int64_t session_at(const struct vms_session *s, const struct vms_track *t);

/* session_piecewise.c: model "piecewise" of a track over a basis; nothing without cuts */
int session_piecewise_fit(struct vms_session *session, unsigned int track, enum vms_basis basis,
			  struct vms_err *err);
/*
 * Its lines for the map: of each piece the fit to accepted pairs, else to those not rejected, else
 * the band's middle.
 */
int session_piecewise_lines(const struct vms_session *s, unsigned int track, struct vms_piece **out,
			    unsigned int *nr);
int session_cuts_check(struct vms_session *session, struct vms_change *change, struct vms_err *err);
int session_cuts_swap(struct vms_session *session, struct vms_change *change, struct vms_err *err);
void session_pieces_clear(struct session_pieces *p);

/* session_values.c: host - map(guest) under the model in force [ns] */
double session_signed_ns(const struct vms_session *s, const struct vms_pair *pair);
/* What each candidate of a track is by the band and the events alone. */
int session_flags_fill(struct vms_session *session, unsigned int track);

/* session_pairs.c */
int session_pairs_form(struct vms_session *session, struct vms_err *err);

/* session_cands.c */
/* Where a candidate is by its id; VMS_ID_NONE = gone. */
uint32_t session_slot_of(const struct vms_session *s, uint32_t id);
struct vms_candidate session_candidate(const struct vms_session *s, uint32_t slot);
bool session_earlier(const struct vms_session *s, uint32_t slot, uint32_t other);
/* The order of time of @nr candidates, both ways. -VMS_ENOMEM, -VMS_ECANCEL */
int session_order_make(const struct vms_session *s, uint32_t nr, uint32_t **order,
		       uint32_t **place);

/* session_mute.c */
int session_mute_check(struct vms_session *s, struct vms_change *c, struct vms_err *err);
int session_mute_swap(struct vms_session *session, struct vms_change *change, struct vms_err *err);
/* Muted by a person; what the catalogue has off itself is not: anchors of it from a file count. */
bool session_seq_muted(const struct vms_session *s, unsigned int seq);

/* session_seqs.c */
/* How many pairs each sequence of a track has, and the accepted in the order of time. */
int session_track_index(struct vms_session *session, unsigned int track);
int session_seqs_all(struct vms_session *session, unsigned int track, struct vms_err *err);
int session_seqs_accepted(struct vms_session *session, unsigned int track_idx, struct vms_err *err);
int session_accepted_put(struct vms_session *s, uint32_t slot, bool accepted);

/* session_snapshot.c */
enum session_part {
	SESSION_MEMORY,
	SESSION_MODEL,
	SESSION_CONSTRAINTS,
	SESSION_BAND,
	SESSION_ALIGN
};
/*
 * Free what is not the session's any more, once no snapshot can read it; what a snapshot borrows is
 * not its own to free. NULL is fine.
 */
void session_retire(struct vms_session *session, void *memory, enum session_part part);
void session_retired_free(struct vms_session *s);
/* Room for more detached candidates, and for an id; those there are may be written. -VMS_ENOMEM */
int session_room(struct vms_session *session, uint32_t more_nr);
/* Room for what is decided of candidates with ids below @nr. -VMS_ENOMEM */
int session_ids_room(struct vms_session *session, size_t nr);

/* session_change.c: what the record owns */
void session_change_clear(struct vms_session *s, struct vms_change *c);
void session_steps_free(struct vms_session *s);
void session_effect_clear(struct vms_effect *e, const char *verb);

/* session_decide.c */
static inline struct vms_decided session_decided(const struct vms_session *s, uint32_t id)
{
	return (struct vms_decided){ id, s->tag_of ? s->tag_of[id] : 0, s->states[id] };
}
/* The figures that a message compares before and after; the band's move with no decision. */
struct session_figures {
	double se_ns, offset_raw;
};
/* Those of the track that a change is about; NAN when it is about no candidate. */
void session_figures_now(const struct vms_session *s, const struct vms_effect *e,
			 struct session_figures now[VMS_BY_NR]);
void session_figures_compare(struct vms_effect *e, const struct vms_session *s, enum vms_by by,
			     struct session_figures before, struct session_figures after);
void session_effect_pairs(struct vms_effect *effect, const struct vms_session *session,
			  const struct vms_change *change);
int session_pairs_check(struct vms_session *session, struct vms_change *change,
			struct vms_err *err);
int session_pairs_swap(struct vms_session *session, struct vms_change *change, struct vms_err *err);
int session_pairs_follow(struct vms_session *session, struct vms_change *change,
			 struct vms_err *err);

/* verdict.c */
/*
 * The last word on a model that is in or outside the band: whether witnesses prove it wrong, or
 * nothing can be said. @keep: gets what speaks against it; may be NULL.
 */
void session_weigh(const struct vms_session *session, const struct vms_track *track,
		   struct vms_model_result *result, const struct vms_model *model,
		   struct vms_evidence *keep);
/* The clock facts of a vCPU agree, so that its alignment is not in doubt. */
bool session_facts_settle(const struct vms_track *t);
/** session_doubt - why nothing can be said of any model of a vCPU with a band, or NULL */
const char *session_doubt(const struct vms_session *s, const struct vms_track *t);
/** session_settle_by_facts - such facts leave no doubt of an alignment */
void session_settle_by_facts(const struct vms_track *t, struct vms_align_vcpu *align);
void session_settle_by_band(const struct vms_track *t, struct vms_align_vcpu *align);

#endif
