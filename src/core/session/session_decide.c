// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Decisions: accept, reject, clear, tags, the model in force; undo and redo without limit; what
 * each did.
 */
#include "core/session/session_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void step_clear(struct session_step *st)
{
	free(st->changes);
	free(st->cuts);
	vms_align_free(st->align);
	memset(st, 0, sizeof(*st));
}

void session_steps_free(struct vms_session *s)
{
	uint32_t i;

	for (i = 0; i < s->steps_nr; i++)
		step_clear(&s->steps[i]);
	free(s->steps);
	for (i = 0; i < s->tags_nr; i++)
		free(s->tags[i]);
	free(s->tags);
}

int session_step_push(struct vms_session *s, struct session_step *st)
{
	int ret;

	ret = vms_grow(&s->steps, &s->steps_cap, (size_t)s->steps_done + 1, sizeof(*s->steps),
		       UINT32_MAX);
	if (ret)
		return ret;
	while (s->steps_nr > s->steps_done)
		step_clear(&s->steps[--s->steps_nr]);
	s->steps[s->steps_nr++] = *st;
	s->steps_done++;
	memset(st, 0, sizeof(*st));
	return 0;
}

static struct vms_candidate *by_id(struct vms_session *s, uint32_t id)
{
	const uint32_t i = vms_session_index_of(s, id);

	return i == VMS_ID_NONE ? NULL : &s->cands[i];
}

static void tell(struct vms_session *s, const struct vms_candidate *c)
{
	const struct vms_decision d = { .cand = c };

	if (s->observer)
		s->observer(s->observer_user, &d);
}

/* The figures that the message line compares before and after; the band's move with no decision. */
struct figures {
	double se_ns, offset_raw;
};

static double offset_from_start(const struct vms_track *t, int64_t offset_raw, double frac)
{
	const int64_t start = t->align->pieces_nr ? t->align->pieces[0].line.offset_raw : 0;

	return (double)vms_sat_sub_i64(offset_raw, start) + frac;
}

static double ns_of(const struct vms_session *s)
{
	return s->clock.ns_per_unit > 0.0 ? s->clock.ns_per_unit : 1.0;
}

static struct figures figures_of(const struct vms_session *s, unsigned int track,
				 const struct vms_model_result *r)
{
	struct figures f = { NAN, NAN };

	if (r->available && !r->stale && r->by != VMS_BY_BAND) {
		f.se_ns = r->se_raw * ns_of(s);
		f.offset_raw = offset_from_start(&s->tracks[track], r->offset_raw, r->offset_frac);
	}
	return f;
}

static struct figures figures_now(const struct vms_session *s, unsigned int track)
{
	return figures_of(s, track,
			  vms_session_result(s, track, vms_session_shown(s, track),
					     VMS_OVER_ACCEPTED));
}

static void figures_compare(struct vms_effect *e, const struct vms_session *s,
			    const struct figures *before, const struct figures *after)
{
	e->se_before_ns = before->se_ns;
	e->se_after_ns = after->se_ns;
	e->offset_change_ns = (after->offset_raw - before->offset_raw) * ns_of(s);
}

/* What a step changed on a track. */
struct touched {
	bool any, rejected;
};

static int recompute_track(struct vms_session *s, unsigned int t, const struct touched *touched,
			   struct vms_err *err)
{
	struct session_track *p = &s->priv[t];
	const bool small = p->cand_nr <= SESSION_LIVE_NR;
	int ret;

	/*
	 * An accepted pair was not rejected before either: only rejections change what is over all.
	 */
	if (touched->rejected && small)
		ret = session_seqs_all(s, t, err);
	else
		ret = session_seqs_accepted(s, t, err);
	if (touched->rejected && small)
		session_outliers_mark(s, t);
	p->stale_seqs |= touched->rejected && !small;
	if (touched->rejected)
		session_seqs_forget(s);
	if (!ret)
		ret = session_fit_track(s, t, VMS_OVER_ACCEPTED, SESSION_FIT_LIVE, err);
	if (!ret && touched->rejected)
		ret = session_fit_track(s, t, VMS_OVER_NOT_REJECTED, SESSION_FIT_LIVE, err);
	session_maps_drop(s, s->tracks[t].guest);
	return ret;
}

static int recompute(struct vms_session *s, const struct touched *touched, struct vms_err *err)
{
	unsigned int t;
	int ret = 0;

	for (t = 0; t < s->tracks_nr && !ret; t++)
		if (touched[t].any)
			ret = recompute_track(s, t, &touched[t], err);
	s->generation++;
	return ret;
}

static int change_one(struct vms_session *s, struct vms_candidate *c, uint8_t state, uint32_t tag,
		      struct touched *touched)
{
	struct vms_seq_result *q = &s->tracks[c->track].seqs[c->pair.seq];
	struct touched *t = &touched[c->track];
	const uint8_t was = c->state;

	t->any = true;
	t->rejected |= was == VMS_REJECTED || state == VMS_REJECTED ||
		       (c->flags & VMS_CAND_IMPOSSIBLE) != 0;
	q->rejected += state == VMS_REJECTED;
	q->rejected -= was == VMS_REJECTED;
	c->state = state;
	c->tag = tag;
	s->recent[s->recent_nr++ % SESSION_RECENT_NR] = c->id;
	tell(s, c);
	return session_accepted_put(s, (uint32_t)(c - s->cands), state == VMS_ACCEPTED);
}

/* Put a step's changes in force, forwards or backwards, and say what that did. */
static int apply(struct vms_session *s, const struct session_step *st, bool forwards,
		 struct vms_effect *e, struct vms_err *err)
{
	struct touched *touched = vms_calloc(s->tracks_nr, sizeof(*touched));
	struct figures before = { NAN, NAN }, after;
	uint32_t i;
	int ret = 0;

	if (!touched)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; i < st->changes_nr && !ret; i++) {
		const struct session_change *ch = &st->changes[i];
		struct vms_candidate *c = by_id(s, ch->id);

		if (!c)
			continue;
		if (e->first_id == VMS_ID_NONE) {
			e->first_id = c->id;
			e->track = c->track;
			before = figures_now(s, c->track);
		}
		e->nr++;
		ret = change_one(s, c, forwards ? ch->new_state : ch->old_state,
				 forwards ? ch->new_tag : ch->old_tag, touched);
	}
	if (ret)
		(void)vms_fail(err, -ret, "out of memory");
	else
		ret = recompute(s, touched, err);
	if (!ret && e->first_id != VMS_ID_NONE) {
		after = figures_now(s, e->track);
		figures_compare(e, s, &before, &after);
	}
	free(touched);
	return ret;
}

static void effect_clear(struct vms_effect *e, const char *verb)
{
	memset(e, 0, sizeof(*e));
	e->verb = verb;
	e->first_id = VMS_ID_NONE;
	e->seq = -1;
	e->se_before_ns = NAN;
	e->se_after_ns = NAN;
	e->offset_change_ns = NAN;
}

static const char *verb_of(enum vms_state state)
{
	static const char *const verb[] = { "cleared", "accepted", "rejected" };

	return verb[state];
}

int vms_session_decide(struct vms_session *s, const uint32_t *ids, uint32_t nr,
		       enum vms_state state, bool skip_impossible, struct vms_effect *effect,
		       struct vms_err *err)
{
	struct session_step st = { 0 };
	struct vms_effect own;
	uint32_t i;
	int ret;

	effect = effect ? effect : &own;
	effect_clear(effect, verb_of(state));
	st.changes = vms_calloc(nr, sizeof(*st.changes));
	if (!st.changes)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; i < nr; i++) {
		const struct vms_candidate *c = by_id(s, ids[i]);

		if (!c || c->state == (uint8_t)state)
			continue;
		if (skip_impossible && state == VMS_ACCEPTED && (c->flags & VMS_CAND_IMPOSSIBLE)) {
			effect->skipped_impossible++;
			continue;
		}
		st.changes[st.changes_nr++] = (struct session_change){ .id = c->id,
								       .old_state = c->state,
								       .new_state = (uint8_t)state,
								       .old_tag = c->tag,
								       .new_tag = c->tag };
	}
	if (!st.changes_nr) {
		free(st.changes);
		return 0;
	}
	ret = session_step_push(s, &st);
	if (ret) {
		free(st.changes);
		return vms_fail(err, -ret, "out of memory for undo");
	}
	return apply(s, &s->steps[s->steps_done - 1], true, effect, err);
}

int session_tag_index(struct vms_session *s, const char *text, uint32_t *out)
{
	uint32_t i;
	int ret;

	*out = 0;
	if (!text || !*text)
		return 0;
	for (i = 1; i < s->tags_nr; i++) {
		if (!strcmp(s->tags[i], text)) {
			*out = i;
			return 0;
		}
	}
	ret = vms_grow(&s->tags, &s->tags_cap, (size_t)s->tags_nr + 2, sizeof(*s->tags),
		       UINT32_MAX);
	if (ret)
		return ret;
	if (!s->tags_nr)
		s->tags[s->tags_nr++] = NULL;
	s->tags[s->tags_nr] = vms_strdup(text);
	if (!s->tags[s->tags_nr])
		return -VMS_ENOMEM;
	*out = s->tags_nr++;
	return 0;
}

const char *vms_session_tag(const struct vms_session *s, uint32_t tag)
{
	return tag && tag < s->tags_nr ? s->tags[tag] : "";
}

int vms_session_set_tag(struct vms_session *s, uint32_t id, const char *text, struct vms_err *err)
{
	struct vms_candidate *c = by_id(s, id);
	struct session_step st = { 0 };
	struct vms_effect e;
	uint32_t tag;
	int ret;

	if (!c)
		return vms_fail(err, VMS_ENODATA, "no candidate %u", id);
	ret = session_tag_index(s, text, &tag);
	if (!ret && tag == c->tag)
		return 0;
	if (!ret) {
		st.changes = vms_calloc(1, sizeof(*st.changes));
		ret = st.changes ? 0 : -VMS_ENOMEM;
	}
	if (!ret) {
		st.changes_nr = 1;
		st.changes[0] = (struct session_change){ .id = id,
							 .old_state = c->state,
							 .new_state = c->state,
							 .old_tag = c->tag,
							 .new_tag = tag };
		ret = session_step_push(s, &st);
	}
	if (ret) {
		free(st.changes);
		return vms_fail(err, -ret, "out of memory for a note");
	}
	effect_clear(&e, "noted");
	return apply(s, &s->steps[s->steps_done - 1], true, &e, err);
}

int session_model_apply(struct vms_session *s, enum vms_by model, struct vms_err *err)
{
	const enum vms_by old = s->model;
	unsigned int g;
	int ret;

	s->model = model;
	if (session_is_fit(model)) {
		/* newest fits, not those of when it was last in force */
		for (g = 0; g < s->trace->guests_nr; g++) {
			struct vms_model **slot = session_map_slot(s, model, g);

			vms_model_free(*slot);
			*slot = NULL;
		}
	}
	ret = session_maps_in_force(s, err);
	if (!ret)
		ret = session_pairs_form(s, err);
	if (!ret)
		ret = session_in_force_judge(s, err);
	if (ret)
		s->model = old;
	return ret;
}

int vms_session_set_model(struct vms_session *s, enum vms_by model, struct vms_err *err)
{
	struct session_step st = { .is_model = true };
	struct vms_model *m = NULL;
	unsigned int g;
	int ret;

	if (model >= vms_session_models_nr(s))
		return vms_fail(err, VMS_EUSAGE, "no clock model '%s'", vms_by_name(model));
	for (g = 0; g < s->trace->guests_nr; g++) {
		ret = session_map_get(s, model, g, &m, err);
		if (ret)
			return ret;
		if (!m)
			return vms_fail(err, VMS_ENODATA,
					"model %s is not available: guest %s has no TIME_SHIFT",
					vms_by_name(model), s->trace->guests[g].stream->name);
	}
	st.old_model = s->model;
	st.new_model = model;
	if (model == s->model && model < VMS_BY_ESTIMATOR)
		return 0;
	ret = session_model_apply(s, model, err);
	if (!ret && session_step_push(s, &st))
		return vms_fail(err, VMS_ENOMEM, "out of memory for undo");
	return ret;
}

/* Pairs form anew without the sequence, or with it, and all that was fitted to them follows. */
static int mute_apply(struct vms_session *s, unsigned int seq, bool mute, struct vms_err *err)
{
	const struct vms_decision d = { .seq = seq };
	unsigned int t;
	int ret;

	s->cat.seqs[seq].enabled = !mute;
	ret = session_model_apply(s, s->model, err);
	for (t = 0; t < s->tracks_nr && !ret; t++)
		ret = session_fit_anew(s, t, err);
	if (ret)
		s->cat.seqs[seq].enabled = mute;
	else if (s->observer)
		s->observer(s->observer_user, &d);
	return ret;
}

int vms_session_mute(struct vms_session *s, const char *sequence, bool mute, struct vms_err *err)
{
	const int seq = vms_sequence_find(&s->cat, sequence);
	struct session_step st = { .is_mute = true, .mute = mute };
	int ret;

	if (seq < 0)
		return vms_fail(err, VMS_EUSAGE, "there is no sequence '%.60s'", sequence);
	st.seq = (unsigned int)seq;
	if (s->cat.seqs[seq].enabled == !mute)
		return 0;
	ret = mute_apply(s, st.seq, mute, err);
	if (!ret && session_step_push(s, &st))
		return vms_fail(err, VMS_ENOMEM, "out of memory for undo");
	return ret;
}

/* One step back or forth again. */
static int step_do(struct vms_session *s, struct session_step *st, bool forwards,
		   struct vms_effect *effect, struct vms_err *err)
{
	if (st->align)
		return session_align_swap(s, st, forwards, err);
	effect->cuts = st->cuts != NULL;
	if (st->cuts)
		return session_cuts_apply(s, &st->cuts[forwards],
					  forwards ? st->new_model : st->old_model, err);
	if (st->is_model)
		return session_model_apply(s, forwards ? st->new_model : st->old_model, err);
	effect->seq = st->is_mute ? (int)st->seq : -1;
	if (st->is_mute)
		return mute_apply(s, st->seq, st->mute == forwards, err);
	return apply(s, st, forwards, effect, err);
}

int vms_session_undo(struct vms_session *s, struct vms_effect *effect, struct vms_err *err)
{
	struct session_step *st;
	struct vms_effect own;
	int ret;

	effect = effect ? effect : &own;
	effect_clear(effect, "undid");
	if (!s->steps_done)
		return vms_fail(err, VMS_ENODATA, "nothing to undo");
	st = &s->steps[s->steps_done - 1];
	ret = step_do(s, st, false, effect, err);
	if (!ret)
		s->steps_done--;
	return ret;
}

int vms_session_redo(struct vms_session *s, struct vms_effect *effect, struct vms_err *err)
{
	struct session_step *st;
	struct vms_effect own;
	int ret;

	effect = effect ? effect : &own;
	effect_clear(effect, "redid");
	if (s->steps_done == s->steps_nr)
		return vms_fail(err, VMS_ENODATA, "nothing to redo");
	st = &s->steps[s->steps_done];
	ret = step_do(s, st, true, effect, err);
	if (!ret)
		s->steps_done++;
	return ret;
}

uint64_t vms_session_steps(const struct vms_session *s)
{
	return s->steps_done;
}

/* The same figures with the candidate's state changed for a moment; results stay as they are. */
static int figures_if(struct vms_session *s, struct vms_candidate *c, enum vms_state state,
		      struct figures *f, struct vms_err *err)
{
	const uint32_t at = (uint32_t)(c - s->cands);
	const bool was = c->state == VMS_ACCEPTED;
	struct vms_model_result out = { .by = VMS_BY_NR };
	enum vms_by by;
	unsigned int i;
	int ret;

	ret = session_accepted_put(s, at, state == VMS_ACCEPTED);
	for (i = 0; !ret && !out.available && (by = session_shown_try(s, i)) != VMS_BY_NR; i++)
		ret = session_fit_shown(s, c->track, by, &out, err);
	*f = figures_of(s, c->track, &out);
	if (session_accepted_put(s, at, was) && !ret)
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	return ret;
}

int vms_session_what_if(struct vms_session *s, uint32_t id, enum vms_state state,
			struct vms_effect *effect, struct vms_err *err)
{
	struct vms_candidate *c = by_id(s, id);
	struct figures before, after;
	int ret;

	effect_clear(effect, verb_of(state));
	if (!c)
		return vms_fail(err, VMS_ENODATA, "no candidate %u", id);
	before = figures_now(s, c->track);
	ret = figures_if(s, c, state, &after, err);
	effect->first_id = id;
	effect->track = c->track;
	effect->nr = c->state != (uint8_t)state;
	figures_compare(effect, s, &before, &after);
	return ret;
}

void vms_session_observe(struct vms_session *s,
			 void (*fn)(void *user, const struct vms_decision *d), void *user)
{
	s->observer = fn;
	s->observer_user = user;
}

/* One piece of what is stale on a track. Out of memory: the old values stay. */
static void refresh_piece(struct vms_session *s, unsigned int t)
{
	struct session_track *p = &s->priv[t];

	if (p->stale_seqs) {
		const int ret = session_seqs_piece(s, t);

		p->stale_seqs = ret > 0;
		p->stale_outliers = !ret;
	} else if (p->stale_outliers) {
		session_outliers_mark(s, t);
		p->stale_outliers = false;
	} else if (!session_fit_next(s, t)) {
		p->stale_fits = false;
		session_maps_drop(s, s->tracks[t].guest);
	}
}

static bool is_stale(const struct session_track *p)
{
	return p->stale_seqs || p->stale_outliers || p->stale_fits;
}

bool vms_session_refresh(struct vms_session *s)
{
	unsigned int t;

	for (t = 0; t < s->tracks_nr; t++) {
		if (!is_stale(&s->priv[t]))
			continue;
		refresh_piece(s, t);
		s->generation++;
		return true;
	}
	return false;
}

bool vms_session_stale(const struct vms_session *s)
{
	unsigned int t;

	for (t = 0; t < s->tracks_nr; t++)
		if (is_stale(&s->priv[t]))
			return true;
	return false;
}
