// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Decisions on candidates: states and notes, which figures they move, and what a decision would do.
 */
#include "core/session/session_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool by_id(const struct vms_session *s, uint32_t id, struct session_cand *cand)
{
	const uint32_t slot = session_slot_of(s, id);

	if (slot != VMS_ID_NONE)
		*cand = session_cand_at(s, slot);
	return slot != VMS_ID_NONE;
}

static double offset_from_start(const struct vms_track *t, int64_t offset_raw, double frac)
{
	const int64_t start = t->align->pieces_nr ? t->align->pieces[0].line.offset_raw : 0;

	return (double)vms_sat_sub_i64(offset_raw, start) + frac;
}

static double ns_of(const struct vms_session *s)
{
	return s->clock.ns_per_unit > 0.0 ? s->clock.ns_per_unit : 1.0;
}

static struct session_figures figures_of(const struct vms_session *s, unsigned int track,
					 const struct vms_model_result *r)
{
	struct session_figures f = { NAN, NAN };

	if (r && r->available && !r->stale) {
		f.se_ns = r->se_raw * ns_of(s);
		f.offset_raw = offset_from_start(&s->tracks[track], r->offset_raw, r->offset_frac);
	}
	return f;
}

void session_figures_now(const struct vms_session *s, const struct vms_effect *e,
			 struct session_figures now[VMS_BY_NR])
{
	unsigned int by;

	for (by = 0; by < VMS_BY_NR; by++)
		now[by] = e->first_id == VMS_ID_NONE
				  ? (struct session_figures){ NAN, NAN }
				  : figures_of(s, e->track,
					       vms_session_result(s, e->track, (enum vms_by)by,
								  VMS_OVER_ACCEPTED));
}

/* Of one model before and after: another's figures would read as a change. */
void session_figures_compare(struct vms_effect *e, const struct vms_session *s, enum vms_by by,
			     struct session_figures before, struct session_figures after)
{
	e->by = by;
	e->se_before_ns = before.se_ns;
	e->se_after_ns = after.se_ns;
	e->offset_change_ns = (after.offset_raw - before.offset_raw) * ns_of(s);
}

/* What a step changed on a track. */
struct touched {
	bool any, rejected;
};

static int recompute_track(struct vms_session *session, unsigned int track,
			   const struct touched *touched, struct vms_err *err)
{
	struct session_track *priv = &session->priv[track];
	const bool small = session_cands_of(priv) <= SESSION_LIVE_NR;
	int ret;

	/*
	 * An accepted pair was not rejected before either: only rejections change what is over all.
	 */
	if (touched->rejected && small)
		ret = session_seqs_all(session, track, err);
	else
		ret = session_seqs_accepted(session, track, err);
	priv->stale |= touched->rejected && !small;
	if (!ret)
		ret = session_fit_track(session, track, VMS_OVER_ACCEPTED, SESSION_FIT_LIVE, err);
	if (!ret && touched->rejected)
		ret = session_fit_track(session, track, VMS_OVER_NOT_REJECTED, SESSION_FIT_LIVE,
					err);
	session_maps_drop(session, session->tracks[track].guest, false);
	return ret;
}

/* What snapshots have of it is theirs. */
static int decided_set(struct vms_session *session, const struct vms_decided *decided)
{
	if (decided->tag && !session->tag_of) {
		session->tag_of = vms_calloc(session->ids_cap, sizeof(*session->tag_of));
		if (!session->tag_of)
			return -VMS_ENOMEM;
	}
	session->states[decided->id] = decided->state;
	if (session->tag_of)
		session->tag_of[decided->id] = decided->tag;
	return 0;
}

/* In the order of a file: candidates wait at the end, and nothing of them is counted yet. */
static int restore_one(struct vms_session *session, struct vms_decided *decided)
{
	const uint32_t slot = session_slot_of(session, decided->id);
	uint8_t *flags = slot != VMS_ID_NONE ? session_flags(session, slot) : NULL;
	uint32_t i;

	for (i = 0; !flags && i < session->parked_nr; i++)
		if (session->parked[i].id == decided->id)
			flags = &session->parked[i].flags;
	if (!flags)
		return -VMS_ENODATA;
	*flags |= VMS_CAND_LOADED;
	return decided_set(session, decided);
}

static int swap_one(struct vms_session *session, struct vms_decided *decided)
{
	const uint32_t slot = session_slot_of(session, decided->id);
	struct vms_seq_result *seq_result;
	struct session_cand cand;
	struct vms_decided was;

	if (session->restoring)
		return restore_one(session, decided);
	if (slot == VMS_ID_NONE)
		return 0; /* of a muted sequence, or gone */
	was = session_decided(session, decided->id);
	cand = session_cand_at(session, slot);
	if (session_accepted_put(session, slot, decided->state == VMS_ACCEPTED))
		return -VMS_ENOMEM;
	seq_result = &session->tracks[cand.track].seqs[cand.seq];
	seq_result->rejected += decided->state == VMS_REJECTED;
	seq_result->rejected -= was.state == VMS_REJECTED;
	if (decided_set(session, decided))
		return -VMS_ENOMEM;
	*decided = was;
	return 0;
}

int session_pairs_swap(struct vms_session *session, struct vms_change *change, struct vms_err *err)
{
	uint32_t i;
	int ret = session->restoring ? session_room(session, 0) : 0;

	if (ret)
		return vms_fail(err, -ret, "out of memory");
	for (i = 0; i < change->pairs.nr && !ret; i++)
		ret = swap_one(session, &change->pairs.list[i]);
	if (!ret)
		return 0;
	for (i--; i--;)
		(void)swap_one(session, &change->pairs.list[i]); /* room for what was is there */
	return vms_fail(err, -ret, "out of memory for %u decisions", change->pairs.nr);
}

int session_pairs_follow(struct vms_session *session, struct vms_change *change,
			 struct vms_err *err)
{
	struct touched *touched = vms_calloc(session->tracks_nr, sizeof(*touched));
	unsigned int track;
	uint32_t i;
	int ret = 0;

	if (!touched)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; i < change->pairs.nr; i++) {
		struct session_cand x;

		if (!by_id(session, change->pairs.list[i].id, &x))
			continue;
		touched[x.track].any = true;
		touched[x.track].rejected |=
			change->pairs.list[i].state == VMS_REJECTED ||
			session->states[change->pairs.list[i].id] == VMS_REJECTED ||
			(x.flags & VMS_CAND_IMPOSSIBLE) != 0;
	}
	for (track = 0; track < session->tracks_nr && !ret; track++)
		if (touched[track].any)
			ret = recompute_track(session, track, &touched[track], err);
	free(touched);
	return ret;
}

/* What would stay as it is, is left out. */
int session_pairs_check(struct vms_session *session, struct vms_change *change, struct vms_err *err)
{
	uint32_t i, nr = 0;

	(void)err;
	for (i = 0; i < change->pairs.nr && !session->restoring; i++) {
		const struct vms_decided d = change->pairs.list[i];
		const struct vms_decided was = session_slot_of(session, d.id) != VMS_ID_NONE
						       ? session_decided(session, d.id)
						       : d;

		if (was.state != d.state || was.tag != d.tag)
			change->pairs.list[nr++] = d;
	}
	change->pairs.nr = session->restoring ? change->pairs.nr : nr;
	return !change->pairs.nr;
}

void session_effect_pairs(struct vms_effect *effect, const struct vms_session *session,
			  const struct vms_change *change)
{
	uint32_t i;

	for (i = 0; change->kind == VMS_CHANGE_PAIRS && i < change->pairs.nr; i++) {
		struct session_cand cand;

		if (!by_id(session, change->pairs.list[i].id, &cand))
			continue;
		if (!effect->nr++) {
			effect->first_id = change->pairs.list[i].id;
			effect->track = cand.track;
		}
	}
}

static const char *verb_of(enum vms_state state)
{
	static const char *const verb[] = { "cleared", "accepted", "rejected" };

	return verb[state];
}

int vms_session_decide(struct vms_session *session, const uint32_t *ids, uint32_t nr,
		       enum vms_state state, bool skip_impossible, struct vms_effect *effect,
		       struct vms_err *err)
{
	struct vms_change change = { .kind = VMS_CHANGE_PAIRS };
	uint32_t i, skipped = 0;
	struct vms_effect own;
	int ret;

	effect = effect ? effect : &own;
	change.pairs.list = vms_calloc(nr, sizeof(*change.pairs.list));
	if (!change.pairs.list)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; i < nr; i++) {
		struct session_cand x = { 0 };
		const bool there = by_id(session, ids[i], &x);
		const bool skip = skip_impossible && state == VMS_ACCEPTED && there &&
				  session->states[ids[i]] != state &&
				  (x.flags & VMS_CAND_IMPOSSIBLE);

		skipped += skip;
		if (!there || skip)
			continue;
		change.pairs.list[change.pairs.nr] = session_decided(session, ids[i]);
		change.pairs.list[change.pairs.nr++].state = (uint8_t)state;
	}
	ret = vms_session_apply(session, &change, effect, err);
	effect->verb = verb_of(state);
	effect->skipped_impossible = skipped;
	return ret;
}

int vms_session_tag_index(struct vms_session *session, const char *text, uint32_t *out)
{
	uint32_t i;
	int ret;

	*out = 0;
	if (!text || !*text)
		return 0;
	for (i = 1; i < session->tags_nr; i++) {
		if (!strcmp(session->tags[i], text)) {
			*out = i;
			return 0;
		}
	}
	ret = vms_grow(&session->tags, &session->tags_cap, (size_t)session->tags_nr + 2,
		       sizeof(*session->tags), UINT32_MAX);
	if (ret)
		return ret;
	if (!session->tags_nr)
		session->tags[session->tags_nr++] = NULL;
	session->tags[session->tags_nr] = vms_strdup(text);
	if (!session->tags[session->tags_nr])
		return -VMS_ENOMEM;
	*out = session->tags_nr++;
	return 0;
}

int vms_session_set_tag(struct vms_session *session, uint32_t id, const char *text,
			struct vms_err *err)
{
	struct vms_change change = { .kind = VMS_CHANGE_PAIRS };
	uint32_t tag;

	if (session_slot_of(session, id) == VMS_ID_NONE)
		return vms_fail(err, VMS_ENODATA, "no candidate %u", id);
	change.pairs.list = vms_calloc(1, sizeof(*change.pairs.list));
	if (!change.pairs.list || vms_session_tag_index(session, text, &tag)) {
		free(change.pairs.list);
		return vms_fail(err, VMS_ENOMEM, "out of memory for a note");
	}
	change.pairs.list[change.pairs.nr++] = (struct vms_decided){ id, tag, session->states[id] };
	return vms_session_apply(session, &change, NULL, err);
}

/*
 * The same figures with the candidate's state changed for a moment; results stay as they are. They
 * are of the model that is shown: where its fit would outlast a frame, there are none.
 */
static int figures_if(struct vms_session *session, uint32_t at, enum vms_state state,
		      struct session_figures *figures, enum vms_by *of, struct vms_err *err)
{
	const unsigned int track = session_cand_at(session, at).track;
	const bool was = session->states[session_id(session, at)] == VMS_ACCEPTED;
	struct vms_model_result out = { .by = VMS_BY_NR };
	enum vms_by by;
	unsigned int i;
	int ret;

	ret = session_accepted_put(session, at, state == VMS_ACCEPTED);
	for (i = 0; !ret && !out.available && !out.stale &&
		    (by = session_shown_try(session, i)) != VMS_BY_NR;
	     i++)
		ret = session_fit_shown(session, track, by, &out, err);
	*of = out.available ? out.by : session_shown_try(session, 0);
	*figures = figures_of(session, track, &out);
	if (!ret && out.stale)
		ret = vms_fail(err, VMS_ENODATA, "a fit to so many pairs outlasts a frame");
	if (session_accepted_put(session, at, was) && !ret)
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	return ret;
}

int vms_session_what_if(struct vms_session *session, uint32_t id, enum vms_state state,
			struct vms_effect *effect, struct vms_err *err)
{
	const uint32_t slot = session_slot_of(session, id);
	struct session_figures before[VMS_BY_NR], after;
	enum vms_by by;
	int ret;

	session_effect_clear(effect, verb_of(state));
	if (slot == VMS_ID_NONE)
		return vms_fail(err, VMS_ENODATA, "no candidate %u", id);
	effect->first_id = id;
	effect->track = session_cand_at(session, slot).track;
	effect->nr = session->states[id] != state;
	ret = figures_if(session, slot, state, &after, &by, err);
	session_figures_now(session, effect, before);
	session_figures_compare(effect, session, by, before[by], after);
	return ret;
}
