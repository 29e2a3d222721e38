// SPDX-License-Identifier: LGPL-2.1-or-later
/* How what is decided is made, taken back and made again, told, or read from a file. */
#include "core/session/session_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/log.h>

#include "core/base/assert.h"

/* One row a kind of change. */
static const struct change_kind {
	/* Before the first time: whether it can be. Return: 0; 1 = it is so already; negative */
	int (*check)(struct vms_session *s, struct vms_change *c, struct vms_err *err);
	/* Make it, and leave in it how things were; on failure all stays as it is. */
	int (*swap)(struct vms_session *s, struct vms_change *c, struct vms_err *err);
	/* What hangs on it; on failure the change stays made. May be NULL */
	int (*follow)(struct vms_session *s, struct vms_change *c, struct vms_err *err);
} kinds[VMS_CHANGE_NR] = {
	[VMS_CHANGE_PAIRS] = { session_pairs_check, session_pairs_swap, session_pairs_follow },
	[VMS_CHANGE_MODEL] = { session_model_check, session_model_swap, NULL },
	[VMS_CHANGE_CUTS] = { session_cuts_check, session_cuts_swap, NULL },
	[VMS_CHANGE_MUTE] = { session_mute_check, session_mute_swap, NULL },
	[VMS_CHANGE_ALIGN] = { session_align_check, session_align_swap, session_align_follow },
	[VMS_CHANGE_RATE] = { session_rate_check, session_rate_swap, session_align_follow },
	[VMS_CHANGE_SEQUENCE] = { session_sequence_check, session_sequence_swap, NULL },
};

void session_change_clear(struct vms_session *s, struct vms_change *c)
{
	if (c->kind == VMS_CHANGE_PAIRS)
		free(c->pairs.list);
	if (c->kind == VMS_CHANGE_SEQUENCE)
		free(c->sequence.text);
	if (c->kind == VMS_CHANGE_ALIGN)
		session_retire(s, c->align.align, SESSION_ALIGN);
	memset(c, 0, sizeof(*c));
}

void session_steps_free(struct vms_session *s)
{
	uint32_t i;

	for (i = 0; i < s->steps_nr; i++)
		session_change_clear(s, &s->steps[i]);
	free(s->steps);
	for (i = 0; i < s->tags_nr; i++)
		free(s->tags[i]);
	free(s->tags);
}

void session_effect_clear(struct vms_effect *e, const char *verb)
{
	*e = (struct vms_effect){ .verb = verb,
				  .first_id = VMS_ID_NONE,
				  .se_before_ns = NAN,
				  .se_after_ns = NAN,
				  .offset_change_ns = NAN };
}

/* Return: whether it was made; *ret may be an error all the same. */
static bool make(struct vms_session *session, struct vms_change *change, struct vms_effect *effect,
		 int *ret, struct vms_err *err)
{
	const struct change_kind *kind = &kinds[change->kind];
	struct session_figures before[VMS_BY_NR], after[VMS_BY_NR];
	enum vms_by by;

	VMS_ASSERT(session->steps_done <= session->steps_nr);
	VMS_ASSERT(!session->restoring);
	/* whose pairs a snapshot's steps do not have */
	VMS_ASSERT(!session->origin || change->kind != VMS_CHANGE_PAIRS);
	session_effect_pairs(effect, session, change);
	session_figures_now(session, effect, before);
	*ret = kind->swap(session, change, err);
	if (*ret)
		return false;
	if (session->observer)
		session->observer(session->observer_user, session, change);
	if (kind->follow)
		*ret = kind->follow(session, change, err);
	session->generation++;
	session_figures_now(session, effect, after);
	by = vms_session_estimate(session, effect->track);
	session_figures_compare(effect, session, by, before[by], after[by]);
	vms_log(VMS_LOG_INFO, "session", "%s: kind %d, %u pairs", effect->verb, (int)change->kind,
		effect->nr);
	return true;
}

int vms_session_apply(struct vms_session *session, struct vms_change *change,
		      struct vms_effect *effect, struct vms_err *err)
{
	struct vms_effect own;
	int ret;

	effect = effect ? effect : &own;
	VMS_ASSERT(change->kind < VMS_CHANGE_NR);
	session_effect_clear(effect, "changed");
	ret = kinds[change->kind].check(session, change, err);
	if (!ret && vms_grow(&session->steps, &session->steps_cap, (size_t)session->steps_done + 1,
			     sizeof(*session->steps), UINT32_MAX))
		ret = vms_fail(err, VMS_ENOMEM, "out of memory for undo");
	if (ret || !make(session, change, effect, &ret, err)) {
		session_change_clear(session, change);
		return VMS_MIN(ret, 0);
	}
	while (session->steps_nr > session->steps_done)
		session_change_clear(session, &session->steps[--session->steps_nr]);
	session->way = SESSION_MADE;
	effect->change = &session->steps[session->steps_nr];
	session->steps[session->steps_nr++] = *change;
	session->steps_done = session->steps_nr;
	memset(change, 0, sizeof(*change));
	return ret;
}

int vms_session_undo(struct vms_session *session, struct vms_effect *effect, struct vms_err *err)
{
	struct vms_effect own;
	int ret;

	effect = effect ? effect : &own;
	session_effect_clear(effect, "undid");
	if (!session->steps_done)
		return vms_fail(err, VMS_ENODATA, "nothing to undo");
	effect->change = &session->steps[session->steps_done - 1];
	session->way = SESSION_UNDONE;
	session->steps_done -=
		make(session, &session->steps[session->steps_done - 1], effect, &ret, err);
	return ret;
}

int vms_session_redo(struct vms_session *session, struct vms_effect *effect, struct vms_err *err)
{
	struct vms_effect own;
	int ret;

	effect = effect ? effect : &own;
	session_effect_clear(effect, "redid");
	if (session->steps_done == session->steps_nr)
		return vms_fail(err, VMS_ENODATA, "nothing to redo");
	effect->change = &session->steps[session->steps_done];
	session->way = SESSION_REDONE;
	session->steps_done +=
		make(session, &session->steps[session->steps_done], effect, &ret, err);
	return ret;
}

const struct vms_change *vms_session_step(const struct vms_session *s, bool back)
{
	if (back)
		return s->steps_done ? &s->steps[s->steps_done - 1] : NULL;
	return s->steps_done < s->steps_nr ? &s->steps[s->steps_done] : NULL;
}

uint64_t vms_session_steps(const struct vms_session *s)
{
	return s->steps_done;
}

void vms_session_observe(struct vms_session *s,
			 void (*fn)(void *user, const struct vms_session *s,
				    const struct vms_change *c),
			 void *user)
{
	s->observer = fn;
	s->observer_user = user;
}

int vms_session_restore(struct vms_session *s, struct vms_change *c, struct vms_err *err)
{
	int ret;

	VMS_ASSERT(c->kind < VMS_CHANGE_NR);
	s->restoring = true;
	ret = kinds[c->kind].check(s, c, err);
	if (!ret)
		ret = kinds[c->kind].swap(s, c, err);
	session_change_clear(s, c);
	return VMS_MIN(ret, 0);
}

int vms_session_restored(struct vms_session *s, struct vms_err *err)
{
	unsigned int t;
	int ret;

	s->restoring = false;
	ret = session_pairs_form(s, err);
	session_retired_free(s);
	for (t = 0; !ret && t < s->tracks_nr; t++)
		ret = session_fit_anew(s, t, err);
	s->generation++;
	return ret;
}

int vms_session_set_model(struct vms_session *s, enum vms_by model, struct vms_err *err)
{
	struct vms_change c = { .kind = VMS_CHANGE_MODEL, .model = model };

	return vms_session_apply(s, &c, NULL, err);
}

int vms_session_set_cuts(struct vms_session *s, const struct vms_cuts *cuts, struct vms_err *err)
{
	struct vms_change c = { .kind = VMS_CHANGE_CUTS, .cuts = *cuts };

	return vms_session_apply(s, &c, NULL, err);
}

int vms_session_mute(struct vms_session *s, unsigned int seq, bool muted, struct vms_err *err)
{
	struct vms_change c = { .kind = VMS_CHANGE_MUTE, .mute = { seq, muted } };

	return vms_session_apply(s, &c, NULL, err);
}

int vms_session_realign(struct vms_session *s, unsigned int guest, const struct vms_align_opts *how,
			struct vms_err *err)
{
	struct vms_change c = { .kind = VMS_CHANGE_ALIGN, .align = { guest, how, NULL } };

	return vms_session_apply(s, &c, NULL, err);
}

int vms_session_set_rate(struct vms_session *s, enum vms_rate rate, struct vms_err *err)
{
	struct vms_change c = { .kind = VMS_CHANGE_RATE, .rate = rate };

	return vms_session_apply(s, &c, NULL, err);
}
