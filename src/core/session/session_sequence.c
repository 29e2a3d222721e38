// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a session's sequences are and were: each is kept, and rows of the catalogue borrow one. */
#include "core/session/session_impl.h"

#include <stdlib.h>
#include <string.h>

#include "core/pair/sequence_text.h"

/* Rows are as many as there can be: no reader of one has to follow when another comes. */
int session_defs_init(struct vms_session *s)
{
	struct vms_sequence *rows =
		vms_realloc(s->cat.seqs, VMS_SEQUENCES_MAX * sizeof(*s->cat.seqs));
	uint32_t i;

	if (!rows)
		return -VMS_ENOMEM;
	s->cat.seqs = rows;
	if (vms_grow(&s->defs.d, &s->defs.cap, (size_t)s->cat.seqs_nr + 1, sizeof(*s->defs.d),
		     UINT32_MAX))
		return -VMS_ENOMEM;
	for (i = 0; i < s->cat.seqs_nr; i++) {
		s->defs.d[i] = rows[i];
		s->defs.of[i] = s->defs.first[i] = i;
		s->defs.on[i] = rows[i].enabled;
	}
	s->defs.nr = s->defs.begun_nr = s->cat.seqs_nr;
	return 0;
}

static void clear_from(struct vms_sequence *defs, uint32_t from, uint32_t nr)
{
	for (; defs && from < nr; from++)
		vms_sequence_clear(&defs[from]);
}

void session_defs_free(struct vms_session *s)
{
	if (!s->defs.d && !s->origin) {
		vms_catalogue_clear(&s->cat);
		return;
	}
	clear_from(s->defs.d, s->defs.made_from, s->defs.nr);
	free(s->defs.d);
	free(s->cat.seqs);
}

void session_defs_take(struct vms_session *session, struct vms_session *snapshot)
{
	struct vms_sequence *const defs = session->defs.d, *const rows = session->cat.seqs;

	/* what the session had is among what the snapshot has */
	session->defs = snapshot->defs;
	session->defs.made_from = 0;
	session->cat = snapshot->cat;
	snapshot->defs.d = defs;
	snapshot->defs.nr = snapshot->defs.made_from;
	snapshot->cat.seqs = rows;
}

/* The one sequence of a text. */
static int parse_one(struct vms_sequence *out, const char *text, struct vms_err *err)
{
	struct vms_catalogue one = { 0 };
	int ret = vms_catalogue_parse(&one, text, err);

	if (!ret && one.seqs_nr != 1)
		ret = vms_fail(err, VMS_EUSAGE,
			       one.seqs_nr ? "more than one sequence" : "no sequence in it");
	if (!ret) {
		*out = one.seqs[0];
		one.seqs_nr = 0;
	}
	vms_catalogue_clear(&one);
	return ret;
}

static bool same(const struct vms_sequence *a, const struct vms_sequence *b)
{
	struct text x = { 0 }, y = { 0 };
	bool is;

	vms_sequence_text(&x, a);
	vms_sequence_text(&y, b);
	is = !x.bad && !y.bad && !strcmp(x.p, y.p);
	free(x.p);
	free(y.p);
	return is;
}

/* Whether a text can be what a row becomes; then it is one of what there was. */
static int define(struct vms_session *s, struct vms_change *c, struct vms_err *err)
{
	const unsigned int seq = c->sequence.seq;
	const bool is_new = seq == VMS_SEQUENCE_NEW;
	struct vms_sequence def;
	int named, ret = parse_one(&def, c->sequence.text, err);

	if (ret)
		return ret;
	named = vms_sequence_find(&s->cat, def.name);
	if (named >= 0 && (is_new || (unsigned int)named != seq))
		ret = vms_fail(err, VMS_EUSAGE, "there is a sequence %s already", def.name);
	else if (is_new && s->cat.seqs_nr == VMS_SEQUENCES_MAX)
		ret = vms_fail(err, VMS_ERANGE, "more than %d sequences", VMS_SEQUENCES_MAX);
	else if (!is_new && def.dir != s->cat.seqs[seq].dir)
		ret = vms_fail(err, VMS_EUSAGE,
			       "its direction stays: for the other write a sequence of its own");
	else if (!is_new && !s->cat.seqs[seq].removed && same(&def, &s->defs.d[s->defs.of[seq]]))
		ret = 1;
	else if (vms_grow(&s->defs.d, &s->defs.cap, (size_t)s->defs.nr + 1, sizeof(*s->defs.d),
			  UINT32_MAX))
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	if (ret) {
		vms_sequence_clear(&def);
		return ret;
	}
	c->sequence.def = s->defs.nr;
	c->sequence.enabled = def.enabled;
	s->defs.d[s->defs.nr++] = def;
	return 0;
}

int session_sequence_check(struct vms_session *s, struct vms_change *c, struct vms_err *err)
{
	const unsigned int seq = c->sequence.seq;
	int ret;

	if (seq != VMS_SEQUENCE_NEW && seq >= s->cat.seqs_nr)
		return vms_fail(err, VMS_EUSAGE, "there is no such sequence");
	c->sequence.removed = !c->sequence.text;
	if (c->sequence.removed) {
		c->sequence.def = seq == VMS_SEQUENCE_NEW ? 0 : s->defs.of[seq];
		return seq == VMS_SEQUENCE_NEW || s->cat.seqs[seq].removed;
	}
	ret = define(s, c, err);
	free(c->sequence.text);
	c->sequence.text = NULL;
	return ret;
}

static void put(struct vms_session *s, unsigned int seq, uint32_t def, bool removed, bool enabled)
{
	s->cat.seqs[seq] = s->defs.d[def];
	s->cat.seqs[seq].removed = removed;
	s->cat.seqs[seq].enabled = enabled && !removed;
	s->defs.of[seq] = def;
}

/* As a sequence that is muted or heard, with a new row where there was none. */
int session_sequence_swap(struct vms_session *session, struct vms_change *change,
			  struct vms_err *err)
{
	const bool is_new = change->sequence.seq == VMS_SEQUENCE_NEW;
	const unsigned int seq = is_new ? session->cat.seqs_nr : change->sequence.seq;
	const struct vms_sequence was =
		is_new ? (struct vms_sequence){ .removed = true } : session->cat.seqs[seq];
	const uint32_t def = is_new ? change->sequence.def : session->defs.of[seq];
	unsigned int t;
	int ret;

	if (is_new) {
		session->defs.first[seq] = change->sequence.def;
		session->defs.on[seq] = true; /* its pairs wait when it goes */
		session->cat.seqs_nr++;
	}
	put(session, seq, change->sequence.def, change->sequence.removed, change->sequence.enabled);
	ret = session_model_apply(session, session->model, err);
	for (t = 0; t < session->tracks_nr && !ret && !session->restoring; t++)
		ret = session_fit_anew(session, t, err);
	if (ret) {
		put(session, seq, def, was.removed, was.enabled);
		session->cat.seqs_nr -= is_new;
		return ret;
	}
	change->sequence.seq = seq;
	change->sequence.def = def;
	change->sequence.removed = was.removed;
	change->sequence.enabled = was.enabled || is_new;
	return 0;
}

int vms_session_set_sequence(struct vms_session *s, unsigned int seq, const char *text,
			     struct vms_err *err)
{
	struct vms_change c = { .kind = VMS_CHANGE_SEQUENCE,
				.sequence = { .seq = seq, .text = vms_strdup(text) } };

	if (text && !c.sequence.text)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	return vms_session_apply(s, &c, NULL, err);
}

bool vms_session_sequence_own(const struct vms_session *s, unsigned int seq)
{
	return s->cat.seqs[seq].removed ? seq < s->defs.begun_nr
					: s->defs.of[seq] >= s->defs.begun_nr;
}

const char *vms_session_sequence_key(const struct vms_session *s, unsigned int seq)
{
	return s->defs.d[s->defs.first[seq]].name;
}

unsigned int vms_session_sequence_of(const struct vms_session *s, const char *key)
{
	unsigned int i;

	for (i = 0; i < s->cat.seqs_nr; i++)
		if (!strcmp(vms_session_sequence_key(s, i), key))
			return i;
	return VMS_SEQUENCE_NEW;
}

bool vms_session_sequence_named(const struct vms_session *s, const char *name)
{
	uint32_t i;

	for (i = 0; i < s->defs.nr; i++)
		if (!strcmp(s->defs.d[i].name, name))
			return true;
	return false;
}
