// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What may be said of a clock model that leaves the band: proven wrong by witnesses, outside by the
 * band's assumptions, or not to be judged at all.
 */
#include "core/session/session_impl.h"

#include <math.h>
#include <stdlib.h>

#include <vmsync/place.h>

/* Witnesses that a proof needs: one alone may be a record that is wrong. */
#define WITNESSES_LEAST 2u
/*
 * Where more than one in so many checkable events lies outside every stretch even at the band's
 * middle, host events are missing, or the alignment is wrong; either way no event is a witness.
 */
#define OUTSIDE_SHARE 20u
/* A scaled TSC that is cut into more lines than this is not followed at all. */
#define SCALED_SEGMENTS 4u
/* So many constraints are heard for each estimator within the frame of a decision. */
#define HEARD_LIVE_NR 10000u
/* Clock facts that agree on one offset leave no room for another alignment. */
#define FACTS_SETTLE 8u
/*
 * A thread that no file names is the vCPU's where its events avoid the gaps as no others would: one
 * in e to this power by chance.
 */
#define BY_CHANCE 7.0
/* Where more than one in so many of its events lies in a gap they do not avoid them. */
#define OTHERS_SHARE 100u

const char *vms_verdict_name(enum vms_verdict v)
{
	switch (v) {
	case VMS_VERDICT_IN_BAND: return "in-band";
	case VMS_VERDICT_OUTSIDE_BAND: return "outside-band";
	case VMS_VERDICT_PROVEN_WRONG: return "proven-wrong";
	case VMS_VERDICT_CANNOT_JUDGE: return "cannot-judge";
	case VMS_VERDICT_NONE:
	default: return "none";
	}
}

/* What clock facts alone leave of an offset that is one over the whole trace [raw units]. */
static int64_t facts_width(const struct vms_constraints *c)
{
	int64_t lo = INT64_MIN, hi = INT64_MAX;
	uint32_t i;

	for (i = 0; i < c->lower_nr; i++)
		if (vms_bound_is_fact(c->lower[i]))
			lo = VMS_MAX(lo, vms_lower_point(c, i).y_raw);
	for (i = 0; i < c->upper_nr; i++)
		if (vms_bound_is_fact(c->upper[i]))
			hi = VMS_MIN(hi, vms_upper_point(c, i).y_raw);
	return vms_sat_sub_i64(hi, lo);
}

static int64_t shortest_gap(const struct vms_thread *t)
{
	int64_t least = INT64_MAX;
	uint32_t i;

	for (i = 1; i < t->stretches_nr; i++) {
		const int64_t gap =
			vms_sat_sub_i64(t->stretches[i].enter_raw, t->stretches[i - 1].leave_raw);

		if (gap > 0)
			least = VMS_MIN(least, gap);
	}
	return least;
}

/*
 * Facts are the clock of a thread. That it is this vCPU's thread only the file knows, or the vCPU's
 * own events: how many stretches hold some, and how seldom events would fall into none.
 */
static bool thread_is_certain(const struct vms_track *track)
{
	const struct vms_constraints *cons = track->cons;
	const struct vms_thread *thread = track->thread;
	const double span = thread->stretches_nr
				    ? (double)vms_sat_sub_i64(
					      thread->stretches[thread->stretches_nr - 1].leave_raw,
					      thread->stretches[0].enter_raw)
				    : 0.0;
	double idle = 0.0;
	uint32_t i, held = 0;

	if (!track->tid_inferred)
		return true;
	for (i = 1; i < thread->stretches_nr; i++)
		idle += fmax((double)vms_sat_sub_i64(thread->stretches[i].enter_raw,
						     thread->stretches[i - 1].leave_raw),
			     0.0);
	for (i = 0; i < cons->lower_nr; i++)
		held += !vms_bound_is_fact(cons->lower[i]);
	return (uint64_t)cons->outside_nr * OTHERS_SHARE <= cons->checkable_nr &&
	       (double)held * idle >= BY_CHANCE * span && held;
}

/* Within less than a gap there is one way to assign events to stretches. */
bool session_facts_settle(const struct vms_track *t)
{
	return t->cons && t->cons->facts_nr >= FACTS_SETTLE && t->band && thread_is_certain(t) &&
	       (uint64_t)t->band->violations * OUTSIDE_SHARE <= t->cons->facts_nr &&
	       (!t->align->again || facts_width(t->cons) < shortest_gap(t->thread));
}

/* No rival has these facts: what is left to doubt are the events that lie outside. */
void session_settle_by_facts(const struct vms_track *t, struct vms_align_vcpu *align)
{
	const double outside = t->cons && t->cons->checkable_nr
				       ? (double)t->cons->outside_nr / (double)t->cons->checkable_nr
				       : 0.0;

	if (!session_facts_settle(t))
		return;
	align->ambiguous = false;
	align->confidence = fmax(align->confidence, 1.0 - 50.0 * outside);
}

/*
 * A clock that is steered leaves events outside a few lines, not outside its band: what the rival
 * leaves outside is held against that.
 */
void session_settle_by_band(const struct vms_track *t, struct vms_align_vcpu *align)
{
	const struct vms_constraints *cons = t->cons;
	unsigned int i;
	double ratio;

	if (!align->ambiguous || !t->band || cons->outside_nr >= align->outside_nr ||
	    cons->checkable_nr < align->checkable_nr)
		return;
	for (i = 0; i < t->band->segs_nr; i++)
		if (t->band->segs[i].unsure)
			return;
	ratio = (align->rival_outside + 1.0) / (cons->outside_nr + 1.0);
	if (ratio < VMS_ALIGN_RATIO || (uint64_t)cons->outside_nr * 100 > cons->checkable_nr)
		return;
	align->ambiguous = false;
	align->confidence = (1.0 - 50.0 * cons->outside_nr / fmax(cons->checkable_nr, 1.0)) *
			    fmin(log(ratio) / log(20.0), 1.0);
}

/* Its band is that of one of several alignments: it says nothing of any model. */
static bool is_ambiguous(const struct vms_track *track)
{
	return track->align->ambiguous && !session_facts_settle(track);
}

/* Why nothing can be said of any model of a vCPU, or NULL. */
static const char *doubt(const struct vms_track *track, bool scaled)
{
	const struct vms_constraints *cons = track->cons;

	if (!cons->checkable_nr && (cons->facts_nr < WITNESSES_LEAST || track->tid_inferred))
		return "no guest event could be checked";
	if (scaled && track->band->segs_nr > SCALED_SEGMENTS)
		return "the guest's TSC is scaled, and its rate is not what the file says: no line "
		       "fits";
	if (is_ambiguous(track))
		return "the alignment is AMBIGUOUS: which offset is right is not known";
	if ((uint64_t)cons->outside_nr * OUTSIDE_SHARE <= cons->checkable_nr ||
	    session_facts_settle(track))
		return NULL;
	return "guest events lie outside every stretch at any offset: host events are missing";
}

const char *session_doubt(const struct vms_session *session, const struct vms_track *track)
{
	return doubt(track, session->priv[track - session->tracks].scaled);
}

static const char *assumption(const struct vms_track *track)
{
	if (session_main_segment(track->band)->constant)
		return "both clocks count the same TSC, with one offset between steps";
	return track->limits.rate == VMS_RATE_DRIFT
		       ? "the drift is at most 500 ppm between steps"
		       : "the drift is at most 500 ppm and changes slowly between steps";
}

/*
 * Estimators are judged anew with each decision, and the constraints nearest to the band, which
 * they leave first, mostly do. Others are heard where these do not, and are not too many.
 */
static void witnesses_of(struct vms_evidence *out, const struct vms_track *track,
			 const struct vms_model *model, bool all)
{
	struct vms_judged judged = { .cons = all ? track->cons : track->cons->tight,
				     .band = track->band,
				     .thread = track->thread };

	vms_evidence_of(out, &judged, model, track->cpu_idx);
	if (all || vms_evidence_nr(out) >= WITNESSES_LEAST ||
	    track->cons->lower_nr + track->cons->upper_nr > HEARD_LIVE_NR)
		return;
	judged.cons = track->cons;
	vms_evidence_of(out, &judged, model, track->cpu_idx);
}

void vms_session_evidence(struct vms_evidence *out, const struct vms_track *track,
			  const struct vms_model *map)
{
	*out = (struct vms_evidence){ 0 };
	if (map)
		witnesses_of(out, track, map, true);
}

void session_weigh(const struct vms_session *session, const struct vms_track *track,
		   struct vms_model_result *result, const struct vms_model *model,
		   struct vms_evidence *keep)
{
	struct vms_evidence evidence;

	if (keep)
		*keep = (struct vms_evidence){ 0 };
	result->why = session_doubt(session, track);
	if (result->why) {
		result->verdict = VMS_VERDICT_CANNOT_JUDGE;
		result->outside_by_ns = NAN;
		if (is_ambiguous(track))
			result->early_raw = result->late_raw = INT64_MAX;
		return;
	}
	if (result->verdict != VMS_VERDICT_OUTSIDE_BAND)
		return;
	witnesses_of(&evidence, track, model, keep != NULL);
	if (keep)
		*keep = evidence;
	if (vms_evidence_nr(&evidence) >= WITNESSES_LEAST) {
		result->verdict = VMS_VERDICT_PROVEN_WRONG;
		return;
	}
	/* who leaves out less of the evidence is not judged by who leaves out more */
	if (evidence.against_band_nr > vms_evidence_nr(&evidence)) {
		result->verdict = VMS_VERDICT_CANNOT_JUDGE;
		result->outside_by_ns = NAN;
		result->why = "what the band leaves out as contradictions speaks for it";
	} else {
		result->why = assumption(track);
	}
}

struct vms_coverage vms_session_coverage(const struct vms_session *session,
					 const struct vms_track *track)
{
	const struct vms_stream *guest = session->trace->guests[track->guest].stream;
	const struct vms_thread *thread = track->thread;
	struct vms_coverage coverage = { .events_nr = guest->cpus[track->cpu_idx].nr };
	int64_t span;

	if (!thread || !track->cons || !thread->stretches_nr) {
		coverage.thread_unknown_nr = coverage.events_nr;
		return coverage;
	}
	coverage.checkable_nr = track->cons->checkable_nr;
	coverage.outside_recording_nr = track->cons->beyond_nr - track->cons->away_nr;
	coverage.thread_unknown_nr = track->cons->away_nr;
	/* Where both are, the file's own marks may not explain all: the graver word counts. */
	if (session->st->holes_nr)
		coverage.whereabouts_unknown_nr = track->cons->unknown_nr;
	else
		coverage.lost_nr = track->cons->unknown_nr;
	span = vms_sat_sub_i64(thread->stretches[thread->stretches_nr - 1].leave_raw,
			       thread->stretches[0].enter_raw);
	coverage.seconds = (vms_clock_ns(&session->clock, span) -
			    vms_clock_ns(&session->clock, thread->unknown_raw)) *
			   1e-9;
	return coverage;
}

bool vms_session_bias(const struct vms_session *session, const struct vms_track *track,
		      const struct vms_model_result *result, double *min_ns, double *max_ns)
{
	const struct vms_band_segment *seg = session_main_segment(track->band);
	int64_t lo, hi;

	if (!seg || !result->available || is_ambiguous(track))
		return false;
	vms_band_at(seg, result->at_raw, &lo, &hi);
	if (lo == INT64_MIN || hi == INT64_MAX)
		return false;
	*min_ns = vms_clock_ns(&session->clock, vms_sat_sub_i64(result->offset_raw, hi));
	*max_ns = vms_clock_ns(&session->clock, vms_sat_sub_i64(result->offset_raw, lo));
	return true;
}

struct vms_facts_seen vms_session_facts(const struct vms_session *session,
					const struct vms_track *track)
{
	struct vms_facts_seen seen = { .width_ns = NAN };
	unsigned int part;
	uint32_t i;

	if (!track->thread)
		return seen;
	if (vms_counts_tsc(session->trace->host)) /* ticks for each ns say nothing of scaling */
		seen.rate = vms_facts_of(session->facts, session->st, track->thread->tid)->rate;
	if (seen.rate <= 0.0)
		seen.rate = track->align->rate;
	if (!track->cons)
		return seen;
	seen.nr = track->cons->facts_nr;
	for (part = 0; part < vms_thread_parts_nr(track->thread); part++) {
		const struct vms_thread_facts *f = vms_facts_of(
			session->facts, session->st, vms_thread_tid(track->thread, part));

		seen.left_out_nr += f->unknown_nr + f->alone_nr + f->facts_nr;
		for (i = 0; i < f->facts_nr && seen.nr; i++)
			seen.width_ns = fmin(seen.width_ns,
					     vms_clock_ns(&session->clock,
							  vms_sat_sub_i64(f->facts[i].to_raw,
									  f->facts[i].from_raw)));
	}
	seen.left_out_nr -= track->cons->facts_nr;
	return seen;
}

const struct vms_fact *vms_session_fact(const struct vms_session *s, const struct vms_track *t,
					const struct vms_point *p)
{
	return t->thread ? vms_fact_of(s->facts, p->stretch) : NULL;
}
