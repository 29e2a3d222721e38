// SPDX-License-Identifier: LGPL-2.1-or-later
/* What bounds nothing after all: events beside a step, or that may lie in other stretches. */
#include "core/session/session_solve.h"

#include <stdlib.h>

#include <vmsync/log.h>

#include "core/bound/contest.h"

struct session_zone session_zone_small(const struct vms_band_segment *right)
{
	return (struct session_zone){ right[-1].to_event + 1, right->from_event - 1, true };
}

static uint32_t bounds_drop(struct vms_bound *bound, uint32_t nr, const struct session_zone *z,
			    unsigned int zones_nr)
{
	uint32_t i, kept = 0;
	unsigned int k = 0;

	for (i = 0; i < nr; i++) {
		while (k < zones_nr && bound[i].event > z[k].to)
			k++;
		if (k == zones_nr || bound[i].event < z[k].from)
			bound[kept++] = bound[i];
	}
	return kept;
}

/* The step before the first segment after a zone may lie anywhere in it. */
static void tell_zones(struct vms_band *band, const struct session_zone *zones, unsigned int nr)
{
	unsigned int i, k = 0;

	for (i = 1; i < band->segs_nr; i++) {
		struct vms_band_segment *seg = &band->segs[i];
		const unsigned int first = k;

		while (k < nr && zones[k].to < seg->from_event)
			k++;
		if (k == first)
			continue;
		seg->cut_earliest = VMS_MIN(zones[first].from, zones[first].to + 1);
		seg->small = k == first + 1 && zones[first].small;
	}
}

int session_leave(struct vms_band **out, const struct vms_session *session,
		  const struct vms_track *track, const struct session_track *priv,
		  struct vms_constraints *cons, const struct session_zone *zones, unsigned int nr,
		  struct vms_err *err)
{
	uint32_t *steps = vms_calloc(nr, sizeof(*steps));
	unsigned int i;
	int ret;

	if (!steps)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; i < nr; i++)
		steps[i] = zones[i].to + 1;
	cons->lower_nr = bounds_drop(cons->lower, cons->lower_nr, zones, nr);
	cons->upper_nr = bounds_drop(cons->upper, cons->upper_nr, zones, nr);
	ret = session_band_of(out, session, track, priv, cons,
			      &(struct session_steps){ .at = steps, .nr = nr }, err);
	if (!ret)
		tell_zones(*out, zones, nr);
	free(steps);
	return ret;
}

/*
 * A step is certain only to lie between the last event that excludes what comes after and the
 * first that excludes what came before. Events between bound neither side: without them the bands
 * hold wherever it was.
 */
int session_leave_zones(const struct vms_session *session, const struct vms_track *track,
			const struct session_track *priv, struct session_solution *solution,
			struct vms_err *err)
{
	const unsigned int nr = solution->band->segs_nr;
	const struct vms_band_segment *old = solution->band->segs;
	struct session_zone *zones = vms_calloc(nr, sizeof(*zones));
	struct vms_band *band = NULL;
	unsigned int i, zones_nr = 0;
	int ret = zones ? 0 : vms_fail(err, VMS_ENOMEM, "out of memory");

	for (i = 1; i < nr && !ret; i++) {
		if (old[i].soft)
			continue;
		if (old[i].small) {
			zones[zones_nr++] = session_zone_small(&old[i]);
			continue;
		}
		ret = session_zone_of(&zones[zones_nr], session, track, solution->cons, &old[i - 1],
				      &old[i], err);
		session_zone_widen(&zones[zones_nr++], session, track, solution->cons,
				   solution->band, &old[i]);
	}
	if (!ret)
		ret = session_leave(&band, session, track, priv, solution->cons, zones, zones_nr,
				    err);
	if (!ret) {
		vms_band_prune(solution->cons, band);
		vms_band_free(solution->band);
		solution->band = band;
	}
	free(zones);
	return ret;
}

/*
 * Where the rate may be any, events that may lie elsewhere as well bound nothing; else those that
 * may lie where host events are missing. Of a constant offset a few bounds may all be guesses.
 */
int session_leave_contested(const struct vms_session *session, const struct vms_track *track,
			    const struct session_track *priv, struct session_solution *solution,
			    struct vms_err *err)
{
	const struct vms_band *old = solution->band;
	struct session_zone *zones = vms_calloc(old->segs_nr, sizeof(*zones));
	uint32_t *steps = vms_calloc(old->segs_nr, sizeof(*steps)), dropped_nr = 0;
	struct vms_contest_opts opts = {
		.limit = priv->constant ? 0.0 : vms_rate_any(SESSION_DRIFT_MAX),
		.slack_raw = session_slack(session, track, priv),
		.steps = steps,
		.unknown_only = !priv->constant && !session_rate_limit(session, track).any
	};
	struct vms_band *band = NULL;
	unsigned int i;
	int ret = steps && zones ? 0 : -VMS_ENOMEM;

	for (i = 1; i < old->segs_nr && !ret; i++) {
		const uint32_t at = old->segs[i].from_event;

		if (old->segs[i].soft)
			continue;
		zones[opts.steps_nr] = old->segs[i].small ? session_zone_small(&old->segs[i])
							  : (struct session_zone){ at, at - 1 };
		steps[opts.steps_nr++] = at;
	}
	if (!ret)
		ret = vms_contest(solution->cons, &opts, &dropped_nr);
	if (ret)
		ret = vms_fail(err, -ret, "out of memory");
	else if (dropped_nr)
		ret = session_leave(&band, session, track, priv, solution->cons, zones,
				    opts.steps_nr, err);
	if (!ret && dropped_nr) {
		vms_log(VMS_LOG_INFO, "band",
			"guest %u vCPU %u: %u bounds may be of other stretches", track->guest,
			track->vcpu, dropped_nr);
		vms_band_free(solution->band);
		solution->band = band;
	}
	free(zones);
	free(steps);
	return ret;
}
