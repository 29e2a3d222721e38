// SPDX-License-Identifier: LGPL-2.1-or-later
/* How each kind of change stands in the anchors format: pairs as rows, others as header lines. */
#include "io/anchors/anchors_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/util.h"
#include "core/pair/sequence_text.h"

/* Lines of this many bytes are written before more of them are made. */
#define PIECE_BYTES ((size_t)1 << 20)

/* "# muted NAME", "# heard NAME" */
static void mute_text(struct text *t, const struct vms_session *s, const struct vms_change *c)
{
	const struct vms_sequence *q = &vms_session_catalogue(s)->seqs[c->mute.seq];

	text_printf(t, "%s", q->enabled ? ANCHORS_HEARD : ANCHORS_MUTED);
	text_escaped(t, q->name, true);
}

static bool mute_read(struct vms_change *out, const char *line, const struct vms_session *s)
{
	char *plain = vms_strdup(line + strlen(ANCHORS_MUTED));
	int seq = -1;

	if (plain) {
		anchors_unescape(plain);
		seq = vms_sequence_find(vms_session_catalogue(s), plain);
	}
	free(plain);
	out->mute.seq = (unsigned int)seq;
	out->mute.muted = !strncmp(line, ANCHORS_MUTED, strlen(ANCHORS_MUTED));
	return seq >= 0;
}

/* "# piecewise ESTIMATOR HOST-TIME..."; "-" = not cut */
static void cuts_text(struct text *t, const struct vms_session *s, const struct vms_change *c)
{
	const struct vms_cuts *cuts = vms_session_cuts(s);
	unsigned int i;

	(void)c;
	text_printf(t, "%s%s", ANCHORS_CUTS,
		    cuts->nr ? vms_estimators()[cuts->estimator].name : "-");
	for (i = 0; i < cuts->nr; i++)
		text_printf(t, " %" PRId64, cuts->at_raw[i]);
}

static bool cuts_read(struct vms_change *out, const char *line, const struct vms_session *session)
{
	const char *at = line + strlen(ANCHORS_CUTS);
	struct vms_cuts *cuts = &out->cuts;
	char name[16], *end;
	enum vms_by by;
	size_t n;

	(void)session;
	memset(cuts, 0, sizeof(*cuts));
	n = strcspn(at, " ");
	if (!n || n >= sizeof(name))
		return false;
	memcpy(name, at, n);
	name[n] = '\0';
	by = vms_by_find(name);
	if (vms_by_is_estimator(by))
		cuts->estimator = (enum vms_est)(by - VMS_BY_ESTIMATOR);
	else if (strcmp(name, "-") != 0)
		return false;
	for (at += n; *at; at = end) {
		if (cuts->nr == VMS_CUTS_MAX)
			return false;
		errno = 0;
		cuts->at_raw[cuts->nr] = strtoll(at, &end, 10);
		if (errno || end == at || (*end && *end != ' '))
			return false;
		cuts->nr++;
	}
	return (cuts->nr > 0) == vms_by_is_estimator(by);
}

/* "# sequence KEY TEXT" */
static void sequence_text(struct text *t, const struct vms_session *s, const struct vms_change *c)
{
	const struct vms_sequence *q = &vms_session_catalogue(s)->seqs[c->sequence.seq];
	struct text text = { 0 };

	text_add(t, ANCHORS_SEQUENCE, strlen(ANCHORS_SEQUENCE));
	text_escaped(t, vms_session_sequence_key(s, c->sequence.seq), true);
	text_add(t, " ", 1);
	if (!q->removed)
		vms_sequence_text(&text, q);
	text_escaped(t, text.p ? text.p : "-", false);
	t->bad |= text.bad;
	free(text.p);
}

static bool sequence_read(struct vms_change *out, const char *line, const struct vms_session *s)
{
	char *key = vms_strdup(line + strlen(ANCHORS_SEQUENCE));
	char *text = key ? strchr(key, ' ') : NULL;
	bool removed = false;

	if (text) {
		*text++ = '\0';
		anchors_unescape(key);
		anchors_unescape(text);
		removed = !strcmp(text, "-");
		out->sequence.seq = vms_session_sequence_of(s, key);
		out->sequence.text = removed ? NULL : vms_strdup(text);
	}
	free(key);
	return out->sequence.text || (removed && out->sequence.seq != VMS_SEQUENCE_NEW);
}

/* Kinds that stand in header lines; the model in force and alignments are kept in no file. */
static const struct line_kind {
	enum vms_change_kind kind;
	const char *prefix;
	bool named; /* by the word behind the prefix: there is a line for each name */
	void (*text)(struct text *t, const struct vms_session *s, const struct vms_change *c);
	bool (*read)(struct vms_change *out, const char *line, const struct vms_session *s);
} line_kinds[] = {
	{ VMS_CHANGE_MUTE, ANCHORS_MUTED, true, mute_text, mute_read },
	{ VMS_CHANGE_MUTE, ANCHORS_HEARD, true, mute_text, mute_read },
	{ VMS_CHANGE_CUTS, ANCHORS_CUTS, false, cuts_text, cuts_read },
	{ VMS_CHANGE_SEQUENCE, ANCHORS_SEQUENCE, true, sequence_text, sequence_read },
};

static const struct line_kind *kind_of_line(const char *line)
{
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(line_kinds); i++)
		if (!strncmp(line, line_kinds[i].prefix, strlen(line_kinds[i].prefix)))
			return &line_kinds[i];
	return NULL;
}

bool anchors_change_line(struct text *t, const struct vms_session *s, const struct vms_change *c)
{
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(line_kinds); i++) {
		if (line_kinds[i].kind != c->kind)
			continue;
		line_kinds[i].text(t, s, c);
		return true;
	}
	return false;
}

bool anchors_change_read(struct vms_change *out, const char *line, const struct vms_session *s)
{
	const struct line_kind *k = kind_of_line(line);

	if (!k)
		return false;
	*out = (struct vms_change){ .kind = k->kind };
	return k->read(out, line, s);
}

bool anchors_is_change(const char *line, bool *named)
{
	const struct line_kind *k = kind_of_line(line);

	*named = k && k->named;
	return k != NULL;
}

/* A journal has a line for each change. */
bool anchors_line_holds(const struct vms_anchors *a, unsigned int i)
{
	const struct line_kind *k = kind_of_line(a->header[i]), *other;
	const char *name = k ? a->header[i] + strlen(k->prefix) : NULL, *at;

	while (k && ++i < a->header_nr) {
		other = kind_of_line(a->header[i]);
		if (!other || other->kind != k->kind)
			continue;
		at = a->header[i] + strlen(other->prefix);
		if (!k->named || (strcspn(at, " ") == strcspn(name, " ") &&
				  !strncmp(at, name, strcspn(name, " "))))
			return false;
	}
	return k != NULL;
}

int anchors_change_text(struct text *text, const struct vms_anchors *cols,
			const struct vms_session *session, const struct vms_change *change,
			uint32_t *at, struct anchors_index *index)
{
	if (change->kind != VMS_CHANGE_PAIRS) {
		if (anchors_change_line(text, session, change))
			text_add(text, "\n", 1);
		return 0;
	}
	for (; *at < change->pairs.nr && text->nr < PIECE_BYTES; (*at)++) {
		const uint32_t idx = vms_session_index_of(session, change->pairs.list[*at].id);
		struct vms_anchor row;

		if (idx == VMS_ID_NONE)
			continue;
		if (anchors_row_of(&row, session, vms_session_candidate(session, idx), index))
			return -VMS_ENOMEM;
		anchors_row_text(text, cols, &row);
		vms_anchor_clear(&row);
	}
	return *at < change->pairs.nr;
}
