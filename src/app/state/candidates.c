// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the order of the candidate list, what is in it, and how the selection moves along it. */
#include "app/state/candidates.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/line/filter.h"
#include "app/state/list_make.h"
#include "app/state/search.h"
#include "core/base/util.h"
#include "app/state/view.h"

const char *const sort_names[APP_SORT_NR] = { "time",	  "delay",	 "residual",
					      "sequence", "information", "id" };

const char *candidate_guest_event(const struct vms_session *s, const struct vms_candidate *c)
{
	return vms_event_type(vms_session_trace(s)->guests[c->pair.guest].stream, c->pair.guest_ev)
		->name;
}

const char *candidate_host_event(const struct vms_session *s, const struct vms_candidate *c,
				 char *buf, size_t size)
{
	const struct vms_stream *host = vms_session_trace(s)->host;
	const struct vms_thread *t = vms_session_track(s, c->track)->thread;
	const char *name = "?";
	char why[32];

	if (c->pair.host_ev.cpu >= 0)
		name = vms_event_type(host, c->pair.host_ev)->name;
	if (c->pair.dir == VMS_GUEST_TO_HOST && t && c->pair.stretch < t->stretches_nr &&
	    t->stretches[c->pair.stretch].why.isa != VMS_ISA_NONE)
		(void)snprintf(buf, size, "%s %s", name,
			       vms_exit_name(&t->stretches[c->pair.stretch].why, why, sizeof(why)));
	else
		(void)snprintf(buf, size, "%s", name);
	return buf;
}

const char *candidate_sequence(const struct vms_session *s, const struct vms_candidate *c)
{
	const struct vms_catalogue *cat = vms_session_catalogue(s);

	return c->pair.seq < cat->seqs_nr ? cat->seqs[c->pair.seq].name : "?";
}

double candidate_bound_slack_ns(const struct vms_session *s, const struct vms_candidate *c)
{
	const struct vms_track *t = vms_session_track(s, c->track);
	const struct vms_band_segment *seg =
		t->band ? vms_band_segment_of(t->band, c->pair.guest_ev.idx) : NULL;
	const bool out = c->pair.dir == VMS_GUEST_TO_HOST;
	int64_t lo = 0, hi = 0, y, slack;

	if (!seg)
		return NAN;
	vms_band_at(seg, c->pair.guest_raw, out ? NULL : &lo, out ? &hi : NULL);
	y = vms_sat_sub_i64(c->pair.host_raw, c->pair.guest_raw);
	slack = out ? vms_sat_sub_i64(y, hi) : vms_sat_sub_i64(lo, y);
	return vms_clock_ns(vms_session_clock(s), slack);
}

/*
 * What a decision could tell: pairs whose bound lies near the band move the estimates that live
 * on least delays, pairs far from the middle of their sequence move the others. What is decided,
 * or cannot be true, comes last.
 */
double candidate_information(const struct vms_session *s, const struct vms_candidate *c)
{
	double slack = candidate_bound_slack_ns(s, c),
	       residual = fabs(vms_session_residual_ns(s, c)), score = 0;
	const struct vms_track *t = vms_session_track(s, c->track);
	const struct vms_seq_result *r = t->seqs ? &t->seqs[c->pair.seq] : NULL;
	double scale = r && r->delay_ns.n && r->delay_ns.mad > 0 ? r->delay_ns.mad : 1.0;

	if (isfinite(slack))
		score = 1.0 / (1.0 + fabs(slack) / (10.0 * scale));
	if (isfinite(residual))
		score += 0.2 * (residual / scale) / (1.0 + residual / scale);
	if (c->flags & VMS_CAND_BINDING)
		score += 0.5;
	if (c->flags & VMS_CAND_IMPOSSIBLE)
		score -= 2;
	if (c->state != VMS_UNDECIDED)
		score -= 4;
	return score;
}

/* Rows of the old order that are looked at for one that is still wanted. */
#define NEAR_ROWS 10000u

/* The nearest id of the old order that is still wanted: below first, as the eye moves on. */
static uint32_t nearest(const struct app *a, const uint32_t *old, uint32_t old_nr, uint32_t row)
{
	const struct vms_candidate *c;
	uint32_t d, r;
	int side;

	for (d = 1; d < old_nr && d < NEAR_ROWS && a->list_nr; d++) {
		for (side = 0; side < 2; side++) {
			if (side ? d > row : (uint64_t)row + d >= old_nr)
				continue;
			r = side ? row - d : row + d;
			c = app_candidate(a, old[r]);
			if (c && filter_match(a->filter, a->session, c))
				return old[r];
		}
	}
	return VMS_ID_NONE;
}

/*
 * Put a new list in the place of the old one; the selection stays, or moves to the nearest that is
 * left.
 */
static void list_take(struct app *a, uint32_t *list, uint32_t nr)
{
	uint32_t *old = a->list, old_nr = a->list_nr, row = a->sel_row, line, before = a->sel;

	a->list = list;
	a->list_nr = nr;
	search_forget(a);
	line = row != VMS_ID_NONE && row >= a->list_top ? row - a->list_top : 0;
	a->sel_row = list_row_of(a, a->sel);
	if (a->sel_row == VMS_ID_NONE) {
		a->sel = row != VMS_ID_NONE && row < old_nr ? nearest(a, old, old_nr, row)
							    : VMS_ID_NONE;
		if (a->sel == VMS_ID_NONE && a->list_nr)
			a->sel = a->list[0];
		a->sel_row = list_row_of(a, a->sel);
		if (before != VMS_ID_NONE && a->sel != VMS_ID_NONE)
			app_hint(a, APP_NOTE, "%u is not shown by this filter; %u is the nearest",
				 before, a->sel);
		view_follow(a);
	}
	free(old);
	a->list_top = a->sel_row != VMS_ID_NONE && a->sel_row >= line ? a->sel_row - line : 0;
	list_scroll(a);
}

static bool list_piece(struct app *a)
{
	uint32_t *list, nr;

	if (!list_make_piece(a, a->list_make))
		return false;
	list_made(a->list_make, &list, &nr);
	list_make_free(a->list_make);
	a->list_make = NULL;
	list_take(a, list, nr);
	return true;
}

bool list_idle(struct app *a)
{
	char count[32];

	if (!a->list_make)
		return false;
	if (!list_piece(a))
		return true;
	(void)snprintf(count, sizeof(count), "%u of %u", a->list_nr,
		       vms_session_candidates_nr(a->session));
	if (a->overlay == APP_OVERLAY_FILTER && !a->prompt.error[0])
		(void)snprintf(a->prompt.preview, sizeof(a->prompt.preview), "%s", count);
	else if (a->list_says && a->filter)
		app_hint(a, a->list_nr ? APP_NOTE : APP_WARN, "%s match %s", count, a->filter_text);
	a->list_says = false;
	return true;
}

void list_finish(struct app *a)
{
	while (a->list_make)
		(void)list_piece(a);
}

int list_rebuild(struct app *a, struct vms_err *err)
{
	const bool at_once =
		a->headless || vms_session_candidates_nr(a->session) <= a->list_at_once;
	int ret;

	list_make_free(a->list_make);
	a->list_make = NULL;
	a->list_says = false;
	ret = list_make_begin(&a->list_make, a, err);
	if (ret)
		return ret;
	if (at_once)
		list_finish(a);
	else
		(void)list_piece(a);
	return 0;
}

/*
 * A list that is there is turned in place: equal keys stand the other way round too, as sorting
 * anew would have it.
 */
int list_reverse(struct app *a, struct vms_err *err)
{
	uint32_t *list, i;

	if (a->list_make || !a->list_nr)
		return list_rebuild(a, err);
	list = vms_calloc(a->list_nr, sizeof(*list));
	if (!list)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; i < a->list_nr; i++)
		list[i] = a->list[a->list_nr - 1 - i];
	list_take(a, list, a->list_nr);
	return 0;
}

int list_decided(struct app *a, struct vms_err *err)
{
	if (filter_follows_decisions(a->filter))
		return list_rebuild(a, err);
	return 0;
}

uint32_t list_row_of(const struct app *a, uint32_t id)
{
	uint32_t i;

	if (id == VMS_ID_NONE)
		return VMS_ID_NONE;
	for (i = 0; i < a->list_nr; i++)
		if (a->list[i] == id)
			return i;
	return VMS_ID_NONE;
}

void list_scroll(struct app *a)
{
	uint32_t rows = a->geo.list_rows ? a->geo.list_rows : 1;

	if (a->sel_row != VMS_ID_NONE) {
		if (a->sel_row < a->list_top)
			a->list_top = a->sel_row;
		else if (a->sel_row - a->list_top >= rows)
			a->list_top = a->sel_row - rows + 1;
	}
	if (a->list_nr <= rows)
		a->list_top = 0;
	else if (a->list_top > a->list_nr - rows)
		a->list_top = a->list_nr - rows;
}

void list_select_row(struct app *a, uint32_t row)
{
	uint32_t rows = a->geo.list_rows ? a->geo.list_rows : 1;
	bool jump;

	if (row >= a->list_nr)
		return;
	/* A jump lands in the middle of the list, not on its edge. */
	jump = row + 1 < a->list_top || row > a->list_top + rows;
	a->sel_row = row;
	a->sel = a->list[row];
	if (jump)
		a->list_top = row > rows / 2 ? row - rows / 2 : 0;
	list_scroll(a);
	view_follow(a);
}

void list_select(struct app *a, uint32_t id)
{
	uint32_t row = list_row_of(a, id);

	if (row != VMS_ID_NONE) {
		list_select_row(a, row);
		return;
	}
	if (!app_candidate(a, id))
		return;
	/* Outside the filter: selected all the same, and the list says where it would not be. */
	a->sel = id;
	a->sel_row = VMS_ID_NONE;
	view_follow(a);
}

uint32_t list_step(const struct app *a, int dir,
		   bool (*test)(const struct app *a, const struct vms_candidate *c))
{
	int64_t row = a->sel_row == VMS_ID_NONE ? (dir > 0 ? -1 : (int64_t)a->list_nr)
						: (int64_t)a->sel_row;

	for (row += dir; row >= 0 && row < (int64_t)a->list_nr; row += dir) {
		const struct vms_candidate *c = app_candidate(a, a->list[row]);

		if (c && (!test || test(a, c)))
			return (uint32_t)row;
	}
	return VMS_ID_NONE;
}

bool list_is_undecided(const struct app *a, const struct vms_candidate *c)
{
	(void)a;
	return c->state == VMS_UNDECIDED;
}
