// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A guest aligned anew, or another limit of the rate, while the session lives: what hangs on that
 * is built again, decisions stay.
 */
#include "core/session/session_solve.h"

#include "core/base/each.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* All whose offset may drift: on others the rate has no influence. */
#define EVERY_GUEST UINT_MAX

static bool is_meant(const struct vms_session *session, unsigned int track, unsigned int guest)
{
	return guest == EVERY_GUEST ? !session->priv[track].constant
				    : session->tracks[track].guest == guest;
}

struct solving {
	struct vms_session *session;
	unsigned int guest;
};

static int solve_track(void *user, unsigned int i, struct vms_err *err)
{
	const struct solving *solving = user;
	struct vms_session *session = solving->session;
	struct vms_track *track = &session->tracks[i];
	int ret;

	if (!is_meant(session, i, solving->guest) || !track->thread || !track->align->pieces_nr)
		return 0;
	ret = session_wanted(session);
	return ret ? ret : session_track_solve(session, track, &session->priv[i], err);
}

static int solve(struct vms_session *session, unsigned int guest, struct vms_err *err)
{
	unsigned int i, last = UINT_MAX;
	int ret;

	for (i = 0; i < session->tracks_nr; i++) {
		struct vms_track *track = &session->tracks[i];

		if (!is_meant(session, i, guest))
			continue;
		track->cons = NULL;
		track->band = NULL;
		track->starts_nr = 0;
		memset(&track->at_band, 0, sizeof(track->at_band));
		track->align = &session->align[track->guest]->vcpus[track->cpu_idx];
		track->thread = track->align->thread;
		track->tid_inferred = track->align->tid_inferred;
	}
	ret = vms_each(session->tracks_nr, solve_track, &(struct solving){ session, guest }, err);
	for (i = 0; i < session->tracks_nr && !ret; i++) {
		if (!is_meant(session, i, guest) || session->tracks[i].guest == last)
			continue;
		last = session->tracks[i].guest;
		ret = session_lines_try(session, last, err);
		if (!ret)
			ret = session_steps_share(session, last, err);
	}
	return ret;
}

/* Solves tracks under their alignments and the rate as they are now; else all stays as it was. */
static int solve_anew(struct vms_session *session, unsigned int guest, struct vms_err *err)
{
	struct vms_track *was = vms_calloc(session->tracks_nr, sizeof(*was));
	unsigned int i;
	int ret;

	if (!was)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	memcpy(was, session->tracks, session->tracks_nr * sizeof(*was));
	ret = session_wanted(session);
	if (!ret)
		ret = solve(session, guest, err);
	for (i = 0; i < session->tracks_nr; i++) {
		struct vms_track *gone = ret ? &session->tracks[i] : &was[i];

		if (!is_meant(session, i, guest) || was[i].cons == session->tracks[i].cons)
			continue;
		session_retire(session, gone->cons, SESSION_CONSTRAINTS);
		session_retire(session, gone->band, SESSION_BAND);
	}
	if (ret)
		memcpy(session->tracks, was, session->tracks_nr * sizeof(*was));
	free(was);
	return ret;
}

static bool recorded_is_refuted(const struct vms_session *s)
{
	unsigned int i;

	for (i = 0; i < s->tracks_nr; i++)
		if (vms_verdict_refutes(s->tracks[i].models[VMS_OVER_ACCEPTED][s->model].verdict))
			return true;
	return false;
}

static int put_in_force(struct vms_session *session, unsigned int guest, enum vms_by model,
			struct vms_err *err)
{
	unsigned int i;
	int ret;

	session->model = model;
	ret = session_maps_in_force(session, err);
	if (!ret)
		ret = session_pairs_form(session, err);
	for (i = 0; i < session->tracks_nr && !ret; i++)
		if (guest == EVERY_GUEST || session->tracks[i].guest == guest)
			ret = session_fit_anew(session, i, err);
	return ret;
}

/*
 * Everything that follows from new bands. Estimators fit pairs that the band forms, so an
 * estimator in force gives way to the band until it has been fitted again.
 * @want: VMS_BY_NR: the model that a session would begin with
 */
static int follow(struct vms_session *session, unsigned int guest, enum vms_by want,
		  struct vms_err *err)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < session->trace->guests_nr; i++)
		if (guest == EVERY_GUEST || i == guest)
			session_maps_drop(session, i, true);
	for (i = 0; i < session->tracks_nr && !ret; i++)
		if (is_meant(session, i, guest))
			ret = session_recorded_judge(session, i, err);
	if (ret)
		return ret;
	want = want == VMS_BY_NR ? session_first_model(session) : want;
	ret = put_in_force(session, guest, vms_by_is_recorded(want) ? want : VMS_BY_BAND, err);
	if (!ret && session->model != want)
		ret = put_in_force(session, guest, want, err);
	if (!ret)
		ret = session_in_force_judge(session, err);
	return ret;
}

int session_align_swap(struct vms_session *s, struct vms_change *c, struct vms_err *err)
{
	struct vms_align *was = s->align[c->align.guest];
	int ret;

	s->align[c->align.guest] = c->align.align;
	ret = solve_anew(s, c->align.guest, err);
	if (ret)
		s->align[c->align.guest] = was;
	else
		c->align.align = was;
	return ret;
}

int session_align_follow(struct vms_session *s, struct vms_change *c, struct vms_err *err)
{
	const bool by_hand = c->kind == VMS_CHANGE_ALIGN && c->align.how;
	const unsigned int guest = c->kind == VMS_CHANGE_ALIGN ? c->align.guest : EVERY_GUEST;
	const enum vms_by was = s->model;
	int ret = follow(s, guest, c->model, err);

	/* who aligns by hand wants to see that, not what was recorded and is wrong */
	if (!ret && by_hand && vms_by_is_recorded(s->model) && recorded_is_refuted(s))
		ret = follow(s, guest, VMS_BY_BAND, err);
	if (c->kind == VMS_CHANGE_ALIGN)
		c->align.how = NULL;
	c->model = was;
	return ret;
}

/* A model that nobody chose may be another then. */
int session_rate_check(struct vms_session *s, struct vms_change *change, struct vms_err *err)
{
	if (change->rate >= VMS_RATE_NR)
		return vms_fail(err, VMS_EUSAGE, "there is no such limit of the clocks' rate");
	change->model = s->model == session_first_model(s) ? VMS_BY_NR : s->model;
	return change->rate == s->rate;
}

int session_rate_swap(struct vms_session *s, struct vms_change *c, struct vms_err *err)
{
	const enum vms_rate was = s->rate;
	unsigned int i;
	int ret;

	s->rate = c->rate;
	ret = solve_anew(s, EVERY_GUEST, err);
	if (ret) {
		s->rate = was;
		return ret;
	}
	c->rate = was;
	for (i = 0; i < s->tracks_nr; i++)
		if (s->priv[i].constant && s->tracks[i].cons)
			session_limits_say(s, &s->tracks[i], &s->priv[i]);
	return 0;
}

static bool anything(const struct vms_align *a)
{
	unsigned int i;

	for (i = 0; i < a->vcpus_nr; i++)
		if (a->vcpus[i].pieces_nr)
			return true;
	return false;
}

int session_align_check(struct vms_session *s, struct vms_change *change, struct vms_err *err)
{
	const struct vms_align_opts *how = change->align.how;
	int ret = 0;

	if (change->align.guest >= s->trace->guests_nr)
		return vms_fail(err, VMS_EUSAGE, "there is no guest %u", change->align.guest);
	change->model = s->model;
	if (!change->align.align)
		ret = vms_align_guest(&change->align.align, s->trace, change->align.guest, s->st,
				      how, err);
	if (!ret && !anything(change->align.align))
		ret = vms_fail(err, VMS_ENODATA,
			       how && how->user ? "no offset within 1 ms of that puts the guest's "
						  "events where it ran"
						: "no offset puts the guest's events where it ran");
	return ret;
}
