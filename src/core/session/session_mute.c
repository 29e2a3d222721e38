// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Muted sequences: which those are, and where their candidates wait with what was decided of them.
 */
#include "core/session/session_impl.h"

#include <stdlib.h>
#include <string.h>

bool session_seq_muted(const struct vms_session *s, unsigned int seq)
{
	return !s->cat.seqs[seq].enabled && s->defs.on[seq];
}

int session_mute_check(struct vms_session *s, struct vms_change *c, struct vms_err *err)
{
	if (c->mute.seq >= s->cat.seqs_nr || s->cat.seqs[c->mute.seq].removed)
		return vms_fail(err, VMS_EUSAGE, "there is no such sequence");
	return s->cat.seqs[c->mute.seq].enabled == !c->mute.muted;
}

/* Pairs form anew without the sequence, or with it, and all that was fitted to them follows. */
int session_mute_swap(struct vms_session *session, struct vms_change *change, struct vms_err *err)
{
	unsigned int t;
	int ret;

	session->cat.seqs[change->mute.seq].enabled = !change->mute.muted;
	ret = session_model_apply(session, session->model, err);
	for (t = 0; t < session->tracks_nr && !ret && !session->restoring; t++)
		ret = session_fit_anew(session, t, err);
	if (ret)
		session->cat.seqs[change->mute.seq].enabled = change->mute.muted;
	else
		change->mute.muted = !change->mute.muted;
	return ret;
}

bool vms_session_sequence_changed(const struct vms_session *s, unsigned int seq)
{
	return s->cat.seqs[seq].enabled != s->defs.on[seq] && !s->cat.seqs[seq].removed;
}

uint32_t vms_session_parked_nr(const struct vms_session *s)
{
	return s->parked_nr;
}

const struct vms_candidate *vms_session_parked(const struct vms_session *s, uint32_t i)
{
	return i < s->parked_nr ? &s->parked[i] : NULL;
}
