// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How a track is solved: assign events to stretches, solve for the band, move to its middle, until
 * that settles.
 */
#include "core/session/session_solve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/log.h>
#include <vmsync/place.h>

/* Assign events to stretches and solve for the band: settles at once when the start is good. */
#define ROUNDS_MAX 6
/* A step back in host time is none, however many events it explains. */
#define BACKWARD_COST 100000u
/* A host that recorded a part of the time has few stretches for all the guest's events. */
#define UNCHECKED_MOST 32u
/* Rounds in which lines are chosen from those of the round before. */
#define FEWER_ROUNDS_MAX 8
/*
 * Pieces of an alignment whose lines meet within this are tried as one: half the shortest stretch
 * or so.
 */
#define MERGE_NS 30000.0
#define BOUNDS_FEW 16u
#define LOG_SEGMENTS_MAX 20 /* a trace that falls apart has thousands */

/*
 * Times of a clock are rounded down to what it counts in, so a difference of two clocks is off by
 * less than the coarser step each way. Ticks of one and the same TSC are exact.
 */
int64_t session_slack(const struct vms_session *s, const struct vms_track *t,
		      const struct session_track *priv)
{
	const int64_t host = vms_clock_resolution(s->trace->host);
	const int64_t guest = vms_clock_resolution(s->trace->guests[t->guest].stream);

	if (priv->constant)
		return vms_ratio_slack(&s->trace->guests[t->guest].stream->ratio);
	return host > guest ? host : guest;
}

static int set_pieces(struct vms_model *m, unsigned int cpu_idx, struct vms_piece *pieces,
		      unsigned int nr, struct vms_err *err)
{
	return nr ? vms_model_set(m, cpu_idx, pieces, nr, err) : 0;
}

struct vms_band_opts session_band_opts(const struct vms_session *s, const struct vms_track *t,
				       const struct session_track *priv,
				       const struct session_steps *steps)
{
	return (struct vms_band_opts){
		.constant = priv->constant,
		.drift_max = SESSION_DRIFT_MAX,
		.slack_raw = session_slack(s, t, priv),
		.rate = steps->drift_only ? (struct vms_rate_limit){ .any = true }
					  : session_rate_limit(s, t),
		.step_penalty = SESSION_STEP_PENALTY,
		.edge_least = SESSION_STEP_PENALTY,
		.coarse = steps->coarse,
		.steps = steps->at,
		.steps_nr = steps->nr,
	};
}

int session_band_of(struct vms_band **out, const struct vms_session *s, const struct vms_track *t,
		    const struct session_track *priv, const struct vms_constraints *cons,
		    const struct session_steps *steps, struct vms_err *err)
{
	const struct vms_band_opts opts = session_band_opts(s, t, priv, steps);

	return vms_band_build(out, cons, &opts, err);
}

static void solution_clear(struct session_solution *x)
{
	vms_constraints_free(x->cons);
	vms_band_free(x->band);
	memset(x, 0, sizeof(*x));
}

/*
 * As many events as a stretch has: a contradiction is counted once for each gap, so where the guest
 * recorded much, that many which are not checked are one as well.
 */
static uint32_t events_of_stretch(const struct vms_track *track, const struct vms_constraints *cons)
{
	const uint32_t stretches_nr = VMS_MAX(track->thread->stretches_nr, 1U);

	return VMS_MAX(SESSION_UNCHECKED_NR,
		       VMS_MIN(cons->events_nr / stretches_nr, UNCHECKED_MOST));
}

/*
 * What speaks against a solution. Of the events of one gap the first counts, others little: a
 * stretch that was not recorded puts any number of them there. Segments that make host time run
 * backwards count, and events that could have been checked and are put before or after the
 * recording.
 */
static uint64_t cost(const struct vms_session *session, const struct vms_track *track,
		     const struct session_solution *x)
{
	return (uint64_t)x->cons->outside_gaps_nr + x->band->violations +
	       (x->cons->outside_nr - x->cons->outside_gaps_nr) / SESSION_EVENT_COST +
	       (x->cons->events_nr - x->cons->checkable_nr) / events_of_stretch(track, x->cons) +
	       (uint64_t)SESSION_STEP_PENALTY * x->band->segs_nr +
	       (uint64_t)BACKWARD_COST * session_backward_steps(session, track, x->band);
}

/* Constraints under the model now would be the same: so would the band, and its middle. */
static bool is_settled(const struct vms_session *session, const struct vms_track *track,
		       const struct session_track *priv, const struct vms_model *model,
		       struct session_solution *best)
{
	if (!best->band || best->coarse || vms_thread_parts_nr(track->thread) > 1 ||
	    (priv->constant &&
	     !vms_facts_same(best->cons,
			     vms_facts_of(session->facts, session->st, track->thread->tid), model,
			     track->cpu_idx)))
		return false;
	return vms_constraints_same(best->cons, session->st, model, track->cpu_idx);
}

/*
 * One round: constraints under the model, band, and the model moved to the band's middle. A round
 * that leaves more events outside than the one before is thrown away, and is the last: *settled.
 * The last looks for small steps too; where it finds one there is another round. So does the first,
 * as it is the last most often, and does without where it finds one.
 */
static int solve_once(struct vms_session *session, const struct vms_track *track,
		      const struct session_track *priv, struct vms_model *model,
		      struct session_solution *best, struct session_steps *steps, bool *settled,
		      struct vms_err *err)
{
	const struct vms_cpu *cpu =
		&session->trace->guests[track->guest].stream->cpus[track->cpu_idx];
	struct session_solution now = { 0 };
	struct vms_piece *pieces = NULL;
	unsigned int pieces_nr = 0, part;
	int ret;

	*settled = is_settled(session, track, priv, model, best);
	if (*settled)
		return 0;
	ret = vms_constraints_build(&now.cons, cpu, track->thread, session->st, model,
				    track->cpu_idx, err);
	for (part = 0; !ret && priv->constant && part < vms_thread_parts_nr(track->thread); part++)
		ret = vms_facts_bound(now.cons, session->facts,
				      vms_facts_of(session->facts, session->st,
						   vms_thread_tid(track->thread, part)),
				      model, track->cpu_idx);
	if (ret)
		goto out;
	*settled = best->cons && now.cons->outside_nr >= best->cons->outside_nr;
	if (best->cons && now.cons->outside_nr > best->cons->outside_nr)
		goto out;
	steps->coarse = now.coarse = best->cons && !*settled;
	ret = session_band_of(&now.band, session, track, priv, now.cons, steps, err);
	if (!ret && !best->cons && vms_band_has_small(now.band)) {
		vms_band_free(now.band);
		now.band = NULL;
		steps->coarse = now.coarse = true;
		ret = session_band_of(&now.band, session, track, priv, now.cons, steps, err);
	}
	if (ret)
		goto out;
	if (vms_band_has_small(now.band) && !vms_band_has_small(best->band))
		*settled = false;
	ret = vms_band_middle(now.band, &pieces, &pieces_nr, err);
	if (ret)
		goto out;
	ret = set_pieces(model, track->cpu_idx, pieces, pieces_nr, err);
	if (ret)
		goto out;
	solution_clear(best);
	*best = now;
	memset(&now, 0, sizeof(now));
out:
	free(pieces);
	solution_clear(&now);
	return ret;
}

/*
 * From pieces that are good to within a stretch to constraints and a band, each piece a segment at
 * least.
 */
static int attempt(struct vms_session *session, const struct vms_track *track,
		   const struct session_track *priv, const struct session_start *start,
		   struct session_solution *best, struct vms_err *err)
{
	uint32_t *at = vms_calloc(start->nr, sizeof(*at));
	struct session_steps steps = { .at = at, .nr = start->bends ? 0 : start->nr - 1 };
	struct vms_model *model = NULL;
	struct vms_band *fine = NULL;
	bool settled = false;
	unsigned int i;
	int ret;

	if (!at)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 1; i < start->nr; i++)
		at[i - 1] = start->pieces[i].from_idx;
	ret = vms_model_new(&model, VMS_MODEL_PIECES, session->trace->guests[track->guest].stream,
			    err);
	if (!ret)
		ret = set_pieces(model, track->cpu_idx, start->pieces, start->nr, err);
	/* the middle of a segment is one line: it does not bend */
	for (i = 0; !ret && !settled && i < (start->bends ? 1 : ROUNDS_MAX); i++)
		ret = solve_once(session, track, priv, model, best, &steps, &settled, err);
	steps.coarse = false;
	if (!ret && best->band && best->coarse)
		ret = session_band_of(&fine, session, track, priv, best->cons, &steps, err);
	if (fine) {
		vms_band_free(best->band);
		best->band = fine;
	}
	if (!ret && best->band)
		vms_band_prune(best->cons, best->band);
	vms_model_free(model);
	free(at);
	return ret;
}

/*
 * Solves once more from other pieces, and keeps what has less against it. Return: 1 the new, 0 the
 * old.
 */
static int attempt_better(struct vms_session *s, const struct vms_track *t,
			  const struct session_track *priv, struct vms_piece *pieces,
			  unsigned int nr, struct session_solution *best, struct vms_err *err)
{
	const struct session_start start = { .pieces = pieces, .nr = nr };
	struct session_solution other = { 0 };
	int ret = attempt(s, t, priv, &start, &other, err);

	if (!ret && other.band && cost(s, t, &other) < cost(s, t, best)) {
		solution_clear(best);
		*best = other;
		memset(&other, 0, sizeof(other));
		ret = 1;
	}
	solution_clear(&other);
	return ret;
}

/* A second way, from merged pieces. */
static int attempt_merged(struct vms_session *session, const struct vms_track *track,
			  const struct session_track *priv, struct session_solution *best,
			  struct vms_err *err)
{
	const uint32_t events_nr =
		session->trace->guests[track->guest].stream->cpus[track->cpu_idx].nr;
	const double ns = session->clock.ns_per_unit > 0.0 ? session->clock.ns_per_unit : 1.0;
	struct vms_piece *merged = vms_calloc(track->align->pieces_nr, sizeof(*merged));
	unsigned int nr;
	int ret;

	if (!merged)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	nr = session_pieces_merge(merged, track->align, events_nr, MERGE_NS / ns);
	ret = attempt_better(session, track, priv, merged, nr, best, err);
	free(merged);
	return VMS_MIN(ret, 0);
}

/* The segments that lines are taken from, those with most events first. */
static int by_events(const void *a, const void *b)
{
	const struct vms_band_segment *x = *(const struct vms_band_segment *const *)a;
	const struct vms_band_segment *y = *(const struct vms_band_segment *const *)b;
	const uint32_t x_nr = x->to_event - x->from_event, y_nr = y->to_event - y->from_event;

	return (x_nr < y_nr) - (x_nr > y_nr);
}

/*
 * The fewest segments: of the lines that were found those that explain all at least cost, as long
 * as that is better; else the one with most events, for all.
 */
static int attempt_fewer(struct vms_session *session, const struct vms_track *track,
			 const struct session_track *priv, struct session_solution *best,
			 struct vms_err *err)
{
	unsigned int i, k;
	int ret = 1;

	for (i = 0; i < FEWER_ROUNDS_MAX && ret > 0 && vms_band_is_cut(best->band); i++) {
		const unsigned int nr = best->band->segs_nr;
		const struct vms_band_segment **seg = vms_calloc(nr, sizeof(*seg));
		struct vms_piece *pieces = NULL;
		unsigned int pieces_nr = 0;

		if (!seg)
			return vms_fail(err, VMS_ENOMEM, "out of memory");
		for (k = 0; k < nr; k++)
			seg[k] = &best->band->segs[k];
		qsort(seg, nr, sizeof(*seg), by_events);
		ret = session_pieces_choose(session, track, best->cons, seg, nr, &pieces,
					    &pieces_nr, err);
		if (!ret)
			ret = attempt_better(session, track, priv, pieces, pieces_nr, best, err);
		if (!ret && pieces_nr > 1 && !i) {
			pieces[0].line = seg[0]->middle.line;
			ret = attempt_better(session, track, priv, pieces, 1, best, err);
		}
		free(pieces);
		free(seg);
	}
	return VMS_MIN(ret, 0);
}

static void log_solution(const struct vms_track *track, const struct session_solution *b)
{
	unsigned int i;

	vms_log(VMS_LOG_INFO, "band", "guest %u vCPU %u: %u segments, %u lower and %u upper bounds",
		track->guest, track->vcpu, b->band ? b->band->segs_nr : 0,
		b->cons ? b->cons->lower_nr : 0, b->cons ? b->cons->upper_nr : 0);
	for (i = 0; b->band && i < b->band->segs_nr && i < LOG_SEGMENTS_MAX; i++) {
		const struct vms_band_segment *g = &b->band->segs[i];

		vms_log(VMS_LOG_DEBUG, "band",
			"guest %u vCPU %u segment %u: events %u to %u, offset %lld to %lld raw, "
			"%u left out",
			track->guest, track->vcpu, i, g->from_event, g->to_event,
			(long long)g->lo_raw, (long long)g->hi_raw, g->violations);
	}
}

/* Takes a solution over, and what follows from it. */
static void take(struct vms_session *session, struct vms_track *track,
		 const struct session_track *priv, struct session_solution *best)
{
	log_solution(track, best);
	vms_constraints_free(track->cons);
	vms_band_free(track->band);
	track->cons = best->cons;
	track->band = best->band;
	session_settle_by_facts(track, &session->align[track->guest]->vcpus[track->cpu_idx]);
	if (!track->cons)
		return;
	session_settle_by_band(track, &session->align[track->guest]->vcpus[track->cpu_idx]);
	track->at_band = session_violations(session, track->cons);
	session_limits_say(session, track, priv);
}

/* So few bounds that the middle between them may have put their events where they are. */
static bool is_guess(const struct vms_constraints *cons)
{
	return !cons->facts_nr && cons->lower_nr + cons->upper_nr < BOUNDS_FEW;
}

/* The last steps of each way: as few segments as will do, steps as wide as they may be. */
static int refine(struct vms_session *session, const struct vms_track *track,
		  const struct session_track *priv, struct session_solution *best,
		  struct vms_err *err)
{
	int ret = 0;

	if (!best->band)
		return 0;
	ret = attempt_fewer(session, track, priv, best, err);
	if (!ret && (!priv->constant || is_guess(best->cons)))
		ret = session_leave_contested(session, track, priv, best, err);
	if (!ret && vms_band_is_cut(best->band))
		ret = session_leave_zones(session, track, priv, best, err);
	session_pieces_doubt(session, track, best->cons, best->band);
	vms_band_doubt_squeezed(best->band, best->cons);
	vms_band_reach(best->band, best->cons);
	if (!ret && vms_evidence_prepare(best->cons, best->band, session_main_segment(best->band)))
		ret = vms_fail(err, VMS_ENOMEM, "out of memory while looking for witnesses");
	return ret;
}

int session_track_solve(struct vms_session *session, struct vms_track *track,
			const struct session_track *priv, struct vms_err *err)
{
	const struct session_start start = { .pieces = track->align->pieces,
					     .nr = track->align->pieces_nr };
	struct session_solution best = { 0 };
	int ret = attempt(session, track, priv, &start, &best, err);

	if (!ret && best.band && track->align->pieces_nr > 1)
		ret = attempt_merged(session, track, priv, &best, err);
	if (!ret)
		ret = refine(session, track, priv, &best, err);
	if (ret) {
		solution_clear(&best);
		return ret;
	}
	take(session, track, priv, &best);
	return 0;
}

int session_track_again(struct vms_session *session, struct vms_track *track,
			const struct session_track *priv, struct vms_err *err)
{
	struct session_solution best = { 0 };
	struct session_start start = { 0 };
	int ret = vms_band_middle(track->band, &start.pieces, &start.nr, err);

	if (!ret)
		ret = attempt(session, track, priv, &start, &best, err);
	if (!ret)
		ret = refine(session, track, priv, &best, err);
	if (!ret && best.band)
		take(session, track, priv, &best);
	else
		solution_clear(&best);
	free(start.pieces);
	return ret;
}

int session_track_try(struct vms_session *session, unsigned int at,
		      const struct session_start *start, struct vms_err *err)
{
	struct vms_track *track = &session->tracks[at];
	const struct session_track *priv = &session->priv[at];
	const struct session_solution now = { .cons = track->cons, .band = track->band };
	struct session_solution other = { 0 };
	bool better;
	int ret = attempt(session, track, priv, start, &other, err);

	if (!ret)
		ret = refine(session, track, priv, &other, err);
	if (ret || !other.band) {
		solution_clear(&other);
		return ret;
	}
	if (now.band && !track->starts_nr)
		session_start_note(track, track->align->how, cost(session, track, &now), true);
	better = !now.band || cost(session, track, &other) < cost(session, track, &now);
	session_start_note(track, start->name, cost(session, track, &other), better);
	if (better)
		take(session, track, priv, &other);
	else
		solution_clear(&other);
	return better;
}
