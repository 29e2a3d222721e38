// SPDX-License-Identifier: LGPL-2.1-or-later
/* What of a session goes into the anchors file. */
#include "io/anchors/anchors_impl.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/session_snapshot.h>
#include <vmsync/version.h>

#include "core/base/util.h"

/* Header lines that are written anew each time. */
static const char *const own_headers[] = { "# program ", "# host ", "# guest ", "# result " };

static int nomem(struct vms_err *err)
{
	return vms_fail(err, VMS_ENOMEM, "out of memory for the anchors");
}

/* Of a change that means nothing here, as of a catalogue that is not loaded today: it lives on. */
static bool is_own_header(const char *line, const struct vms_session *s)
{
	struct vms_change c = { .kind = VMS_CHANGE_NR };
	bool named, own;
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(own_headers); i++)
		if (!strncmp(line, own_headers[i], strlen(own_headers[i])))
			return true;
	own = anchors_is_change(line, &named) && (!named || anchors_change_read(&c, line, s));
	if (c.kind == VMS_CHANGE_SEQUENCE)
		free(c.sequence.text);
	return own;
}

/* Header */

/* Takes the text. */
static int header_add(struct vms_anchors *a, size_t *cap, struct text *t)
{
	if (t->bad ||
	    vms_grow(&a->header, cap, (size_t)a->header_nr + 1, sizeof(*a->header), UINT32_MAX)) {
		free(t->p);
		return -VMS_ENOMEM;
	}
	a->header[a->header_nr++] = t->p;
	return 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void stream_text(struct text *t, const char *what, const char *name,
			const struct vms_stream *s, const struct vms_clock *c)
{
	text_printf(t, "# %s ", what);
	text_escaped(t, *name ? name : "-", true);
	text_printf(t, " id=0x%" PRIx64 " clock=", s->trace_id);
	text_escaped(t, s->clock.name[0] ? s->clock.name : "-", true);
	if (c && c->ns_per_unit > 0.0)
		text_printf(t, " ns_per_unit=%.10g", c->ns_per_unit);
}

/* An offset with its part below one unit, exactly: the two do not fit into a double. */
static void offset_text(struct text *text, int64_t whole, double frac)
{
	int thousandths = (int)lrint(frac * 1000.0);
	const bool negative = whole < 0 && thousandths > 0 && thousandths < 1000;

	if (!isfinite(frac) || thousandths <= 0) {
		text_printf(text, "%" PRId64, whole);
		return;
	}
	if (thousandths >= 1000) {
		text_printf(text, "%" PRId64, vms_sat_add_i64(whole, 1));
		return;
	}
	if (negative) {
		whole++;
		thousandths = 1000 - thousandths;
	}
	text_printf(text, "%s%" PRId64 ".%03d", negative && !whole ? "-" : "", whole, thousandths);
}

static void bound_text(struct text *t, int64_t v)
{
	if (v == INT64_MIN)
		text_printf(t, "-inf");
	else if (v == INT64_MAX)
		text_printf(t, "inf");
	else
		text_printf(t, "%" PRId64, v);
}

static void result_text(struct text *text, const struct vms_session *s,
			const struct vms_track *track, const struct vms_model_result *result)
{
	const struct vms_band_segment *seg =
		track->band ? vms_band_segment_time(track->band, result->at_raw) : NULL;
	int64_t lo, hi;

	text_printf(text, "# result ");
	text_escaped(text, vms_session_trace(s)->guests[track->guest].stream->name, true);
	text_printf(text, " vcpu=%u model=%s at=%" PRId64 " offset=", track->vcpu,
		    vms_by_name(result->by), result->at_raw);
	offset_text(text, result->offset_raw, result->offset_frac);
	if (isfinite(result->se_raw))
		text_printf(text, " se=%.3f", result->se_raw);
	else
		text_printf(text, " se=none");
	if (seg) {
		vms_band_at(seg, result->at_raw, &lo, &hi);
		text_printf(text, " band=[");
		bound_text(text, lo);
		text_add(text, ",", 1);
		bound_text(text, hi);
		text_add(text, "]", 1);
	} else {
		text_printf(text, " band=none");
	}
	text_printf(text, " drift_ppm=%.6f accepted=%u rejected=%u", result->drift * 1e6,
		    track->accepted, track->rejected);
}

static int results_add(struct vms_anchors *anchors, size_t *cap, const struct vms_session *session)
{
	unsigned int i, m;

	for (i = 0; i < vms_session_tracks_nr(session); i++) {
		const struct vms_track *k = vms_session_track(session, i);

		for (m = 0; m < vms_session_models_nr(session); m++) {
			const struct vms_model_result *r;
			struct text t = { 0 };

			r = vms_session_result(session, i, (enum vms_by)m, VMS_OVER_ACCEPTED);
			if (!r || !r->available)
				continue;
			result_text(&t, session, k, r);
			if (header_add(anchors, cap, &t))
				return -VMS_ENOMEM;
		}
	}
	return 0;
}

static int change_add(struct vms_anchors *a, size_t *cap, const struct vms_session *s,
		      const struct vms_change *c)
{
	struct text t = { 0 };

	(void)anchors_change_line(&t, s, c);
	return header_add(a, cap, &t);
}

/* What is not as a session begins. */
static int changes_add(struct vms_anchors *anchors, size_t *cap, const struct vms_session *s)
{
	struct vms_change c = { .kind = VMS_CHANGE_CUTS };
	unsigned int i;

	if (vms_session_cuts(s)->nr && change_add(anchors, cap, s, &c))
		return -VMS_ENOMEM;
	c.kind = VMS_CHANGE_SEQUENCE;
	for (i = 0; i < vms_session_catalogue(s)->seqs_nr; i++) {
		c.sequence.seq = i;
		if (vms_session_sequence_own(s, i) && change_add(anchors, cap, s, &c))
			return -VMS_ENOMEM;
	}
	c.kind = VMS_CHANGE_MUTE;
	for (i = 0; i < vms_session_catalogue(s)->seqs_nr; i++) {
		c.mute.seq = i;
		if (vms_session_sequence_changed(s, i) && change_add(anchors, cap, s, &c))
			return -VMS_ENOMEM;
	}
	return 0;
}

static int header_make(struct vms_anchors *anchors, const struct vms_session *session,
		       const struct vms_anchors *old, bool results)
{
	const struct vms_trace *tr = vms_session_trace(session);
	struct text header = { 0 };
	size_t cap = 0;
	unsigned int i;

	text_printf(&header, "# program vmsync-tui %s", vms_version());
	if (header_add(anchors, &cap, &header))
		return -VMS_ENOMEM;
	header = (struct text){ 0 };
	stream_text(&header, "host", base_name(tr->host->path), tr->host,
		    vms_session_clock(session));
	if (header_add(anchors, &cap, &header))
		return -VMS_ENOMEM;
	for (i = 0; i < tr->guests_nr; i++) {
		header = (struct text){ 0 };
		stream_text(&header, "guest", tr->guests[i].stream->name, tr->guests[i].stream,
			    NULL);
		if (header_add(anchors, &cap, &header))
			return -VMS_ENOMEM;
	}
	if ((results && results_add(anchors, &cap, session)) || changes_add(anchors, &cap, session))
		return -VMS_ENOMEM;
	for (i = 0; old && i < old->header_nr; i++) {
		if (is_own_header(old->header[i], session))
			continue;
		header = (struct text){ 0 };
		text_add(&header, old->header[i], strlen(old->header[i]));
		if (header_add(anchors, &cap, &header))
			return -VMS_ENOMEM;
	}
	return 0;
}

/* Rows of the old file */

/* An old row and the pair it names. */
struct old_row {
	struct vms_pair pair;
	uint32_t row;
};

struct old_rows {
	struct old_row *r; /* those that match, sorted by pair */
	uint32_t nr;
	uint32_t *unmatched; /* indices of the others */
	uint32_t unmatched_nr;
};

static int pair_order(const struct vms_pair *x, const struct vms_pair *y)
{
	if (x->host_raw != y->host_raw)
		return x->host_raw < y->host_raw ? -1 : 1;
	if (x->host_ev.cpu != y->host_ev.cpu)
		return x->host_ev.cpu < y->host_ev.cpu ? -1 : 1;
	if (x->host_ev.idx != y->host_ev.idx)
		return x->host_ev.idx < y->host_ev.idx ? -1 : 1;
	if (x->guest != y->guest)
		return x->guest < y->guest ? -1 : 1;
	if (x->guest_ev.cpu != y->guest_ev.cpu)
		return x->guest_ev.cpu < y->guest_ev.cpu ? -1 : 1;
	if (x->guest_ev.idx != y->guest_ev.idx)
		return x->guest_ev.idx < y->guest_ev.idx ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

static int old_row_order(const void *a, const void *b)
{
	return pair_order(&((const struct old_row *)a)->pair, &((const struct old_row *)b)->pair);
}

static int old_rows_find(struct old_rows *old_rows, const struct vms_anchors *old,
			 const struct vms_session *session, struct anchors_index *index)
{
	uint32_t i;
	int ret;

	if (!old)
		return 0;
	old_rows->r = vms_calloc(old->rows_nr, sizeof(*old_rows->r));
	old_rows->unmatched = vms_calloc(old->rows_nr, sizeof(*old_rows->unmatched));
	if (!old_rows->r || !old_rows->unmatched)
		return -VMS_ENOMEM;
	for (i = 0; i < old->rows_nr; i++) {
		ret = anchors_pair(&old_rows->r[old_rows->nr].pair, &old->rows[i], old, session,
				   index, NULL);
		if (ret == -VMS_ENOMEM)
			return ret;
		if (ret)
			old_rows->unmatched[old_rows->unmatched_nr++] = i;
		else
			old_rows->r[old_rows->nr++].row = i;
	}
	qsort(old_rows->r, old_rows->nr, sizeof(*old_rows->r), old_row_order);
	return 0;
}

static const struct old_row *old_row_of(const struct old_rows *o, const struct vms_pair *p)
{
	const struct old_row key = { .pair = *p };

	return o->nr ? bsearch(&key, o->r, o->nr, sizeof(key), old_row_order) : NULL;
}

/* Text that goes over from one row to another: all of it, or just the unknown columns. */
static int extras_dup(struct vms_anchor *to, const struct vms_anchor *from, unsigned int nr)
{
	size_t size;
	unsigned int i;

	if (!from->extra || !nr)
		return 0;
	size = (size_t)(from->extra[nr - 1] - from->extra[0]) + strlen(from->extra[nr - 1]) + 1;
	to->extra = vms_calloc(nr, sizeof(*to->extra));
	if (!to->extra)
		return -VMS_ENOMEM;
	to->extra[0] = vms_calloc(1, size);
	if (!to->extra[0])
		return -VMS_ENOMEM;
	memcpy(to->extra[0], from->extra[0], size);
	for (i = 1; i < nr; i++)
		to->extra[i] = to->extra[0] + (from->extra[i] - from->extra[0]);
	return 0;
}

static int row_dup(struct vms_anchor *to, const struct vms_anchor *from, unsigned int extra_nr)
{
	*to = *from;
	to->extra = NULL;
	to->verbatim = vms_strdup(from->verbatim);
	to->guest = vms_strdup(from->guest);
	to->sequence = vms_strdup(from->sequence);
	to->guest_event = vms_strdup(from->guest_event);
	to->host_event = vms_strdup(from->host_event);
	to->tag = vms_strdup(from->tag);
	if (from->verbatim)
		return to->verbatim ? 0 : -VMS_ENOMEM;
	if (!to->guest || !to->sequence || !to->guest_event || !to->host_event || !to->tag)
		return -VMS_ENOMEM;
	return extras_dup(to, from, extra_nr);
}

int vms_anchors_join(struct vms_anchors **to, struct vms_anchors *from)
{
	struct vms_anchors *anchors = *to ? *to : anchors_new();
	size_t cap = anchors ? anchors->rows_nr : 0;
	uint32_t i;

	*to = anchors;
	if (!anchors)
		return -VMS_ENOMEM;
	for (i = 0; i < from->rows_nr; i++) {
		struct vms_anchor *row = &from->rows[i];

		if (!row->unmatched || row->verbatim)
			continue;
		if (vms_grow(&anchors->rows, &cap, (size_t)anchors->rows_nr + 1,
			     sizeof(*anchors->rows), UINT32_MAX))
			return -VMS_ENOMEM;
		if (row->extra) /* of columns that are not those of the other */
			free(row->extra[0]);
		free(row->extra);
		row->extra = NULL;
		anchors->rows[anchors->rows_nr++] = *row;
		memset(row, 0, sizeof(*row));
	}
	return 0;
}

static int cols_make(struct vms_anchors *anchors, const struct vms_anchors *old)
{
	struct vms_anchors *standard = anchors_new();
	unsigned int i;
	int ret = standard ? 0 : -VMS_ENOMEM;

	/* The old order, so that lines kept as they stood still fit their columns. */
	for (i = 0; !ret && old && i < old->cols_nr; i++)
		ret = anchors_col_add(anchors, old->cols[i]);
	for (i = 0; !ret && i < standard->cols_nr; i++)
		if (!anchors_has_col(anchors, anchors_col_of(standard->cols[i])))
			ret = anchors_col_add(anchors, standard->cols[i]);
	vms_anchors_free(standard);
	return ret;
}

static int row_make(struct vms_anchors *anchors, size_t *cap, const struct vms_session *session,
		    const struct vms_candidate *cand, const struct vms_anchors *old,
		    const struct old_rows *old_rows, struct anchors_index *index)
{
	const struct old_row *was;

	if (vms_session_state(session, cand) == VMS_UNDECIDED && !*vms_session_note(session, cand))
		return 0;
	if (vms_grow(&anchors->rows, cap, (size_t)anchors->rows_nr + 1, sizeof(*anchors->rows),
		     UINT32_MAX) ||
	    anchors_row_of(&anchors->rows[anchors->rows_nr], session, cand, index))
		return -VMS_ENOMEM;
	anchors->rows_nr++;
	was = old && old->extra_nr ? old_row_of(old_rows, &cand->pair) : NULL;
	return was ? extras_dup(&anchors->rows[anchors->rows_nr - 1], &old->rows[was->row],
				old->extra_nr)
		   : 0;
}

static int rows_make(struct vms_anchors *anchors, const struct vms_session *session,
		     const struct vms_anchors *old, const struct old_rows *old_rows,
		     struct anchors_index *index)
{
	size_t cap = 0;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < vms_session_candidates_nr(session) && !ret; i++)
		ret = row_make(anchors, &cap, session, vms_session_candidate(session, i), old,
			       old_rows, index);
	for (i = 0; i < vms_session_parked_nr(session) && !ret; i++)
		ret = row_make(anchors, &cap, session, vms_session_parked(session, i), old,
			       old_rows, index);
	for (i = 0; i < old_rows->unmatched_nr && !ret; i++) {
		if (vms_grow(&anchors->rows, &cap, (size_t)anchors->rows_nr + 1,
			     sizeof(*anchors->rows), UINT32_MAX))
			return -VMS_ENOMEM;
		memset(&anchors->rows[anchors->rows_nr], 0, sizeof(*anchors->rows));
		ret = row_dup(&anchors->rows[anchors->rows_nr++],
			      &old->rows[old_rows->unmatched[i]], old->extra_nr);
	}
	return ret;
}

/* The two columns for events of one name at one time are written by files that need them only. */
static int nth_cols_add(struct vms_anchors *anchors)
{
	bool guest = false, host = false;
	uint32_t i;

	for (i = 0; i < anchors->rows_nr; i++) {
		guest |= anchors->rows[i].guest_nth > 0;
		host |= anchors->rows[i].host_nth > 0;
	}
	if (guest && !anchors_has_col(anchors, COL_GUEST_NTH) &&
	    anchors_col_add(anchors, "guest_nth"))
		return -VMS_ENOMEM;
	if (host && !anchors_has_col(anchors, COL_HOST_NTH) && anchors_col_add(anchors, "host_nth"))
		return -VMS_ENOMEM;
	return 0;
}

int vms_anchors_from_session(struct vms_anchors **out, struct vms_session *session,
			     const struct vms_anchors *old, bool results, struct vms_err *err)
{
	struct anchors_index *index = anchors_index_new(vms_session_trace(session));
	struct vms_anchors *anchors = vms_calloc(1, sizeof(*anchors));
	struct old_rows old_rows = { 0 };
	int ret = index && anchors ? 0 : -VMS_ENOMEM;

	(void)vms_session_refresh(
		session, NULL); /* the results written must be those of the decisions written */
	if (!ret)
		ret = cols_make(anchors, old);
	if (!ret)
		ret = header_make(anchors, session, old, results);
	if (!ret)
		ret = old_rows_find(&old_rows, old, session, index);
	if (!ret)
		ret = rows_make(anchors, session, old, &old_rows, index);
	if (!ret)
		ret = nth_cols_add(anchors);
	if (!ret) {
		*out = anchors;
		anchors = NULL;
	}
	free(old_rows.r);
	free(old_rows.unmatched);
	vms_anchors_free(anchors);
	anchors_index_free(index);
	return ret ? nomem(err) : 0;
}
