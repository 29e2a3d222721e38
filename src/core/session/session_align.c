// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A guest aligned anew while the session lives: what hangs on its alignment is built again,
 * decisions stay.
 */
#include "core/session/session_impl.h"

#include <stdlib.h>
#include <string.h>

/* What a track would be under another alignment, until all tracks of the guest could be solved. */
struct fresh {
	struct vms_track t;
	unsigned int track;
};

static void fresh_release(struct vms_session *s, struct fresh *f, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		session_retire(s, f[i].t.cons, SESSION_CONSTRAINTS);
		session_retire(s, f[i].t.band, SESSION_BAND);
	}
	free(f);
}

static int solve_guest(struct vms_session *session, unsigned int guest,
		       const struct vms_align *align, struct fresh *fresh, unsigned int *nr,
		       struct vms_err *err)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < session->tracks_nr && !ret; i++) {
		struct vms_track *track = &fresh[*nr].t;

		if (session->tracks[i].guest != guest)
			continue;
		fresh[(*nr)++].track = i;
		*track = session->tracks[i];
		track->cons = NULL;
		track->band = NULL;
		track->starts_nr = 0;
		memset(&track->at_band, 0, sizeof(track->at_band));
		track->align = &align->vcpus[track->cpu_idx];
		track->thread = track->align->thread;
		track->tid_inferred = track->align->tid_inferred;
		if (track->thread && track->align->pieces_nr)
			ret = session_track_solve(session, track, &session->priv[i], err);
	}
	return ret;
}

static void take_over(struct vms_session *s, struct fresh *f, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		const struct vms_track old = s->tracks[f[i].track];

		s->tracks[f[i].track] = f[i].t;
		f[i].t.cons = old.cons;
		f[i].t.band = old.band;
	}
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
		if (session->tracks[i].guest == guest)
			ret = session_fit_anew(session, i, err);
	return ret;
}

/*
 * Everything that follows from new bands. Estimators fit pairs that the band forms, so an
 * estimator in force gives way to the band until it has been fitted again.
 */
static int follow(struct vms_session *session, unsigned int guest, enum vms_by want,
		  struct vms_err *err)
{
	unsigned int i;
	int ret = 0;

	session_maps_drop(session, guest, true);
	for (i = 0; i < session->tracks_nr && !ret; i++)
		if (session->tracks[i].guest == guest)
			ret = session_recorded_judge(session, i, err);
	if (ret)
		return ret;
	ret = put_in_force(session, guest, vms_by_is_recorded(want) ? want : VMS_BY_BAND, err);
	if (!ret && session->model != want)
		ret = put_in_force(session, guest, want, err);
	if (!ret)
		ret = session_in_force_judge(session, err);
	return ret;
}

/*
 * Puts an alignment in force; *a becomes the one that was. Without memory for it all stays as it
 * is.
 */
static int exchange(struct vms_session *session, unsigned int guest, struct vms_align **align,
		    struct vms_err *err)
{
	struct fresh *fresh = vms_calloc(session->tracks_nr, sizeof(*fresh));
	struct vms_align *old = session->align[guest];
	unsigned int nr = 0;
	int ret;

	if (!fresh)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	ret = solve_guest(session, guest, *align, fresh, &nr, err);
	if (!ret) {
		take_over(session, fresh, nr);
		session->align[guest] = *align;
		*align = old;
	}
	fresh_release(session, fresh, nr);
	return ret;
}

int session_align_swap(struct vms_session *s, struct vms_change *c, struct vms_err *err)
{
	return exchange(s, c->align.guest, &c->align.align, err);
}

int session_align_follow(struct vms_session *s, struct vms_change *c, struct vms_err *err)
{
	const enum vms_by was = s->model;
	int ret = follow(s, c->align.guest, c->model, err);

	/* who aligns by hand wants to see that, not what was recorded and is wrong */
	if (!ret && c->align.how && vms_by_is_recorded(s->model) && recorded_is_refuted(s))
		ret = follow(s, c->align.guest, VMS_BY_BAND, err);
	c->align.how = NULL;
	c->model = was;
	return ret;
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
