// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Decisions on candidates: states and notes, which figures they move, and what a decision would do.
 */
#include "core/session/session_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct vms_candidate *by_id(struct vms_session *s, uint32_t id)
{
	const uint32_t i = vms_session_index_of(s, id);

	return i == VMS_ID_NONE ? NULL : &s->cands[i];
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

	if (r->available && !r->stale && r->by != VMS_BY_BAND) {
		f.se_ns = r->se_raw * ns_of(s);
		f.offset_raw = offset_from_start(&s->tracks[track], r->offset_raw, r->offset_frac);
	}
	return f;
}

struct session_figures session_figures_now(const struct vms_session *s, const struct vms_effect *e)
{
	if (e->first_id == VMS_ID_NONE)
		return (struct session_figures){ NAN, NAN };
	return figures_of(s, e->track,
			  vms_session_result(s, e->track, vms_session_shown(s, e->track),
					     VMS_OVER_ACCEPTED));
}

void session_figures_compare(struct vms_effect *e, const struct vms_session *s,
			     struct session_figures before, struct session_figures after)
{
	e->se_before_ns = before.se_ns;
	e->se_after_ns = after.se_ns;
	e->offset_change_ns = (after.offset_raw - before.offset_raw) * ns_of(s);
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
		ret = session_seqs_all(s, t, NULL, err);
	else
		ret = session_seqs_accepted(s, t, err);
	p->stale |= touched->rejected && !small;
	if (!ret)
		ret = session_fit_track(s, t, VMS_OVER_ACCEPTED, SESSION_FIT_LIVE, err);
	if (!ret && touched->rejected)
		ret = session_fit_track(s, t, VMS_OVER_NOT_REJECTED, SESSION_FIT_LIVE, err);
	session_maps_drop(s, s->tracks[t].guest);
	return ret;
}

/* What snapshots have of it is theirs; of parked candidates they know nothing. */
static int decided_set(struct vms_session *s, struct vms_candidate *c, const struct vms_decided *d)
{
	const size_t i =
		c >= s->cands && c < s->cands + s->cands_nr ? (size_t)(c - s->cands) : VMS_ID_NONE;

	if (i != VMS_ID_NONE && d->tag && !s->tag_of) {
		s->tag_of = vms_calloc(s->cands_nr, sizeof(*s->tag_of));
		if (!s->tag_of)
			return -VMS_ENOMEM;
	}
	c->state = d->state;
	c->tag = d->tag;
	if (i != VMS_ID_NONE)
		s->states[i] = d->state;
	if (i != VMS_ID_NONE && s->tag_of)
		s->tag_of[i] = d->tag;
	return 0;
}

/* In the order of a file: candidates wait at the end, and nothing of them is counted yet. */
static int restore_one(struct vms_session *s, struct vms_decided *d)
{
	struct vms_candidate *c = by_id(s, d->id);
	uint32_t i;

	for (i = 0; !c && i < s->parked_nr; i++)
		if (s->parked[i].id == d->id)
			c = &s->parked[i];
	if (!c)
		return -VMS_ENODATA;
	c->flags |= VMS_CAND_LOADED;
	return decided_set(s, c, d);
}

static int swap_one(struct vms_session *s, struct vms_decided *d)
{
	struct vms_candidate *c = by_id(s, d->id);
	struct vms_seq_result *q;
	const struct vms_decided was = { d->id, c ? c->tag : 0, c ? c->state : 0 };

	if (s->restoring)
		return restore_one(s, d);
	if (!c)
		return 0; /* of a muted sequence, or gone */
	if (session_accepted_put(s, (uint32_t)(c - s->cands), d->state == VMS_ACCEPTED))
		return -VMS_ENOMEM;
	q = &s->tracks[c->track].seqs[c->pair.seq];
	q->rejected += d->state == VMS_REJECTED;
	q->rejected -= was.state == VMS_REJECTED;
	if (decided_set(s, c, d))
		return -VMS_ENOMEM;
	*d = was;
	return 0;
}

int session_pairs_swap(struct vms_session *s, struct vms_change *c, struct vms_err *err)
{
	uint32_t i;
	int ret = s->restoring ? session_room(s, s->cands_nr) : 0;

	if (ret)
		return vms_fail(err, -ret, "out of memory");
	for (i = 0; i < c->pairs.nr && !ret; i++)
		ret = swap_one(s, &c->pairs.list[i]);
	if (!ret)
		return 0;
	for (i--; i--;)
		(void)swap_one(s, &c->pairs.list[i]); /* room for what was is there */
	return vms_fail(err, -ret, "out of memory for %u decisions", c->pairs.nr);
}

int session_pairs_follow(struct vms_session *s, struct vms_change *c, struct vms_err *err)
{
	struct touched *touched = vms_calloc(s->tracks_nr, sizeof(*touched));
	unsigned int t;
	uint32_t i;
	int ret = 0;

	if (!touched)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; i < c->pairs.nr; i++) {
		const struct vms_candidate *x = by_id(s, c->pairs.list[i].id);

		if (!x)
			continue;
		touched[x->track].any = true;
		touched[x->track].rejected |= c->pairs.list[i].state == VMS_REJECTED ||
					      x->state == VMS_REJECTED ||
					      (x->flags & VMS_CAND_IMPOSSIBLE) != 0;
	}
	for (t = 0; t < s->tracks_nr && !ret; t++)
		if (touched[t].any)
			ret = recompute_track(s, t, &touched[t], err);
	free(touched);
	return ret;
}

/* What would stay as it is, is left out. */
int session_pairs_check(struct vms_session *s, struct vms_change *c, struct vms_err *err)
{
	uint32_t i, nr = 0;

	(void)err;
	for (i = 0; i < c->pairs.nr && !s->restoring; i++) {
		const struct vms_decided d = c->pairs.list[i];
		const struct vms_candidate *x = by_id(s, d.id);

		if (x && (x->state != d.state || x->tag != d.tag))
			c->pairs.list[nr++] = d;
	}
	c->pairs.nr = s->restoring ? c->pairs.nr : nr;
	return !c->pairs.nr;
}

void session_effect_pairs(struct vms_effect *e, const struct vms_session *s,
			  const struct vms_change *c)
{
	uint32_t i;

	for (i = 0; c->kind == VMS_CHANGE_PAIRS && i < c->pairs.nr; i++) {
		const uint32_t at = vms_session_index_of(s, c->pairs.list[i].id);

		if (at == VMS_ID_NONE)
			continue;
		if (!e->nr++) {
			e->first_id = c->pairs.list[i].id;
			e->track = s->cands[at].track;
		}
	}
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
	struct vms_change c = { .kind = VMS_CHANGE_PAIRS };
	uint32_t i, skipped = 0;
	struct vms_effect own;
	int ret;

	effect = effect ? effect : &own;
	c.pairs.list = vms_calloc(nr, sizeof(*c.pairs.list));
	if (!c.pairs.list)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; i < nr; i++) {
		const struct vms_candidate *x = by_id(s, ids[i]);
		const bool skip = skip_impossible && state == VMS_ACCEPTED && x &&
				  x->state != (uint8_t)state && (x->flags & VMS_CAND_IMPOSSIBLE);

		skipped += skip;
		if (x && !skip)
			c.pairs.list[c.pairs.nr++] =
				(struct vms_decided){ x->id, x->tag, (uint8_t)state };
	}
	ret = vms_session_apply(s, &c, effect, err);
	effect->verb = verb_of(state);
	effect->skipped_impossible = skipped;
	return ret;
}

int vms_session_tag_index(struct vms_session *s, const char *text, uint32_t *out)
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
	const struct vms_candidate *x = by_id(s, id);
	struct vms_change c = { .kind = VMS_CHANGE_PAIRS };
	uint32_t tag;

	if (!x)
		return vms_fail(err, VMS_ENODATA, "no candidate %u", id);
	c.pairs.list = vms_calloc(1, sizeof(*c.pairs.list));
	if (!c.pairs.list || vms_session_tag_index(s, text, &tag)) {
		free(c.pairs.list);
		return vms_fail(err, VMS_ENOMEM, "out of memory for a note");
	}
	c.pairs.list[c.pairs.nr++] = (struct vms_decided){ id, tag, x->state };
	return vms_session_apply(s, &c, NULL, err);
}

/* The same figures with the candidate's state changed for a moment; results stay as they are. */
static int figures_if(struct vms_session *s, struct vms_candidate *c, enum vms_state state,
		      struct session_figures *f, struct vms_err *err)
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
	struct session_figures after;
	int ret;

	session_effect_clear(effect, verb_of(state));
	if (!c)
		return vms_fail(err, VMS_ENODATA, "no candidate %u", id);
	effect->first_id = id;
	effect->track = c->track;
	effect->nr = c->state != (uint8_t)state;
	ret = figures_if(s, c, state, &after, err);
	session_figures_compare(effect, s, session_figures_now(s, effect), after);
	return ret;
}
