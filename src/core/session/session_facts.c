// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which clock facts a session has: by what the host recorded, else with its guests' help. */
#include "core/session/session_solve.h"

#include <stdlib.h>

#include <vmsync/log.h>
#include <vmsync/place.h>

/* By the guest that the host's file names a thread of; where it names none, by the only guest. */
static struct vms_ratio ratio_of_thread(const struct vms_trace *trace, int32_t tid)
{
	unsigned int g;
	uint32_t i;

	for (g = 0; g < trace->guests_nr; g++) {
		const struct vms_guest_decl *decl = trace->guests[g].decl;

		for (i = 0; decl && i < decl->vcpus_nr; i++)
			if (decl->tid[i] == tid)
				return trace->guests[g].stream->ratio;
	}
	return trace->guests_nr == 1 ? trace->guests[0].stream->ratio : (struct vms_ratio){ 0 };
}

int session_facts_find(struct vms_session *session, const struct vms_facts_guest *guests,
		       unsigned int guests_nr, struct vms_err *err)
{
	const struct vms_stretches *st = session->st;
	struct vms_ratio *ratios = vms_calloc(st->threads_nr, sizeof(*ratios));
	struct vms_facts *facts = NULL;
	unsigned int i;
	int ret = ratios ? 0 : vms_fail(err, VMS_ENOMEM, "out of memory");

	for (i = 0; i < st->threads_nr && !ret; i++)
		ratios[i] = ratio_of_thread(session->trace, st->threads[i].tid);
	if (!ret)
		ret = vms_facts_build(&facts, session->trace->host, st, ratios, guests, guests_nr,
				      err);
	if (!ret) {
		vms_facts_free(session->facts);
		session->facts = facts;
	}
	for (i = 0; i < st->threads_nr && !ret; i++)
		if (session->facts->threads[i].rate > 0.0 && vms_counts_tsc(session->trace->host))
			vms_log(VMS_LOG_WARN, "session",
				"thread %d: clock facts lie on a line of %.9f guest ticks a host "
				"tick: its guest's TSC may be scaled, and no file says by how much",
				st->threads[i].tid, session->facts->threads[i].rate);
	free(ratios);
	return ret;
}

/*
 * A track whose stretches alone say which of them its events lie in. Where another alignment would
 * do as well, the guest's deadlines fit that one too and prove nothing.
 */
static bool may_help(const struct vms_session *session, unsigned int at)
{
	const struct vms_track *t = &session->tracks[at];

	return session->priv[at].constant && t->band && t->band->segs_nr && !t->align->ambiguous &&
	       vms_thread_parts_nr(t->thread) == 1;
}

static int help_of(struct vms_facts_guest *guest, struct vms_model **model,
		   const struct vms_session *session, unsigned int at, struct vms_err *err)
{
	const struct vms_track *track = &session->tracks[at];
	const int ret = session_model_of_band(model, session, track, err);

	*guest = (struct vms_facts_guest){ .guest = session->trace->guests[track->guest].stream,
					   .cpu_idx = track->cpu_idx,
					   .model = *model,
					   .thread = vms_thread_find(session->st,
								     track->thread->tid) };
	return ret;
}

int session_facts_complete(struct vms_session *session, struct vms_err *err)
{
	const unsigned int nr = session->tracks_nr;
	struct vms_facts_guest *guests = vms_calloc(nr, sizeof(*guests));
	struct vms_model **models = vms_calloc(nr, sizeof(*models));
	unsigned int i, helpers = 0;
	int ret = guests && models ? 0 : vms_fail(err, VMS_ENOMEM, "out of memory");

	for (i = 0; i < nr && !ret; i++)
		if (may_help(session, i)) {
			ret = help_of(&guests[helpers], &models[helpers], session, i, err);
			helpers++;
		}
	if (!ret && helpers)
		ret = session_facts_find(session, guests, helpers, err);
	/* facts have other numbers now: everything that names one is made anew */
	for (i = 0; i < nr && !ret && helpers; i++)
		if (session->priv[i].constant && session->tracks[i].band &&
		    session->tracks[i].band->segs_nr)
			ret = session_track_again(session, &session->tracks[i], &session->priv[i],
						  err);
	for (i = 0; models && i < nr; i++)
		vms_model_free(models[i]);
	free(models);
	free(guests);
	return ret;
}
