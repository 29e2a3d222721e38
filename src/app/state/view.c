// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Knows which part of the trace is in the lanes: widths, limits, history, follow, and typed times.
 */
#include "app/state/view.h"

#include <stdlib.h>
#include <string.h>

#include "app/state/lane_list.h"
#include "app/state/list.h"
#include "core/base/compiler.h"
#include "core/base/util.h"
#include "core/base/wide.h"

#define VIEWS_MAX 500

/* An entry of the history. */
struct was {
	struct vms_view view;
	int64_t cursor_raw;
};

struct view_room {
	struct app_view shown;
	bool fresh;	   /* nobody has moved it yet: the first layout may choose it anew */
	struct was *views; /* history; views[views_at] is the present */
	uint32_t views_nr, views_at;
	int64_t jump_back_raw; /* '' goes there, once jumped */
	bool jumped;
};

const struct app_view *app_view(const struct app *a)
{
	return &a->view->shown;
}

int view_new(struct app *a, struct vms_err *err)
{
	a->view = vms_calloc(1, sizeof(*a->view));
	if (!a->view)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	a->view->fresh = true;
	a->view->shown.now.cols = 64;
	a->view->shown.follow = APP_FOLLOW_ON;
	view_init(a);
	a->view->shown.cursor_raw = a->view->shown.first_raw;
	return 0;
}

void view_free(struct app *a)
{
	if (a->view)
		free(a->view->views);
	free(a->view);
}

static unsigned int cols_of(const struct app *a)
{
	return a->view->shown.now.cols ? a->view->shown.now.cols : 1;
}

static int64_t width_up(int64_t w_raw)
{
	static const int64_t steps[] = { 1, 2, 5 };
	int64_t ten;
	size_t i;

	for (ten = 1; ten <= INT64_MAX / 50; ten *= 10)
		for (i = 0; i < 3; i++)
			if (steps[i] * ten > w_raw)
				return steps[i] * ten;
	return 5 * ten;
}

static int64_t width_down(int64_t w_raw)
{
	static const int64_t steps[] = { 1, 2, 5 };
	int64_t ten, best = 1;
	size_t i;

	for (ten = 1; ten <= INT64_MAX / 50; ten *= 10)
		for (i = 0; i < 3; i++)
			if (steps[i] * ten < w_raw)
				best = steps[i] * ten;
	return best;
}

/* The least width of the series that is at least w. */
static int64_t width_at_least(vms_i128 w)
{
	return w <= 1 ? 1 : width_up(vms_clamp_i64(w - 1));
}

/* The width at which the whole trace fits: not of the series, so that no column is wasted. */
static int64_t whole_width(const struct app *a)
{
	vms_i128 span = (vms_i128)a->view->shown.last_raw - a->view->shown.first_raw + 1;

	return vms_clamp_i64(VMS_MAX((span + cols_of(a) - 1) / cols_of(a), 1));
}

static void extend(struct app *a, int64_t raw)
{
	a->view->shown.first_raw = VMS_MIN(a->view->shown.first_raw, raw);
	a->view->shown.last_raw = VMS_MAX(a->view->shown.last_raw, raw);
}

static void extent(struct app *app)
{
	const struct vms_stream *host = app->trace->host;
	unsigned int guest, cpu_idx;

	app->view->shown.first_raw = host->events_nr ? host->first_raw : INT64_MAX;
	app->view->shown.last_raw = host->events_nr ? host->last_raw : INT64_MIN;
	for (guest = 0; guest < app->trace->guests_nr; guest++) {
		const struct vms_stream *s = app->trace->guests[guest].stream;

		for (cpu_idx = 0; cpu_idx < s->cpus_nr; cpu_idx++) {
			struct vms_ref ref = { .cpu = (int32_t)cpu_idx, .idx = 0 };

			if (!s->cpus[cpu_idx].nr ||
			    vms_session_track_of(app->session, guest, cpu_idx) < 0)
				continue;
			extend(app, vms_session_host_time(app->session, guest, ref));
			ref.idx = s->cpus[cpu_idx].nr - 1;
			extend(app, vms_session_host_time(app->session, guest, ref));
		}
	}
	if (app->view->shown.first_raw > app->view->shown.last_raw)
		app->view->shown.first_raw = app->view->shown.last_raw = 0;
}

void view_init(struct app *a)
{
	extent(a);
	if (a->view->shown.whole || !a->view->shown.now.w_raw)
		view_whole(a);
}

/* The middle stays inside the trace, so that the trace never leaves the screen. */
struct vms_view view_placed(const struct app *app, int64_t t0_raw, int64_t w_raw)
{
	int64_t whole = whole_width(app);
	struct vms_view view = app->view->shown.now;
	vms_i128 half, mid, t0 = t0_raw;

	view.w_raw = VMS_MAX(VMS_MIN(w_raw, whole), 1);
	half = (vms_i128)view.w_raw * cols_of(app) / 2;
	mid = t0 + half;
	if (view.w_raw == whole)
		t0 = app->view->shown.first_raw;
	else if (mid < app->view->shown.first_raw)
		t0 = app->view->shown.first_raw - half;
	else if (mid > app->view->shown.last_raw)
		t0 = app->view->shown.last_raw - half;
	view.t0_raw = vms_clamp_i64(t0);
	return view;
}

static void view_put(struct app *a, int64_t t0_raw, int64_t w_raw)
{
	a->view->shown.now = view_placed(a, t0_raw, w_raw);
	a->view->fresh = false;
	a->view->shown.whole = a->view->shown.now.w_raw == whole_width(a);
}

static void remember(struct app *app)
{
	struct was *was;

	if (!app->view->views) {
		app->view->views = vms_calloc(VIEWS_MAX, sizeof(*app->view->views));
		if (!app->view->views)
			return; /* history is a comfort: without it the view still moves */
	}
	if (app->view->views_nr && app->view->views_at + 1 < app->view->views_nr)
		app->view->views_nr = app->view->views_at + 1;
	if (app->view->views_nr == VIEWS_MAX) {
		memmove(app->view->views, app->view->views + 1,
			(VIEWS_MAX - 1) * sizeof(*app->view->views));
		app->view->views_nr--;
	}
	was = &app->view->views[app->view->views_nr];
	was->view = app->view->shown.now;
	was->cursor_raw = app->view->shown.cursor_raw;
	app->view->views_at = app->view->views_nr++;
}

/* What the present entry of the history shows may have moved since: by follow or the caret. */
static void refresh_present(struct app *a)
{
	if (a->view->views_nr) {
		a->view->views[a->view->views_at].view = a->view->shown.now;
		a->view->views[a->view->views_at].cursor_raw = a->view->shown.cursor_raw;
	}
}

static void move(struct app *a, int64_t t0_raw, int64_t w_raw)
{
	view_put(a, t0_raw, w_raw);
	refresh_present(a);
}

void view_show(struct app *a, int64_t t0_raw, int64_t w_raw)
{
	struct vms_view old = a->view->shown.now;

	/* who leads here has moved the time cursor already: the entry that is left keeps its own */
	view_put(a, t0_raw, w_raw);
	if (!a->view->views_nr || old.t0_raw != a->view->shown.now.t0_raw ||
	    old.w_raw != a->view->shown.now.w_raw)
		remember(a);
}

void view_whole(struct app *a)
{
	view_show(a, a->view->shown.first_raw, whole_width(a));
}

void view_first(struct app *app)
{
	const struct vms_candidate *c = app_selected(app);

	if (c)
		view_fit_pair(app, c, true);
	else
		view_whole(app);
	app->view->views_nr = 0;
	remember(app);
	app->view->fresh = true;
}

void view_formed(struct app *app)
{
	if (app->view->fresh)
		view_first(app);
}

static bool in_view(const struct app *a, int64_t raw)
{
	return raw >= a->view->shown.now.t0_raw &&
	       raw < a->view->shown.now.t0_raw + (vms_i128)a->view->shown.now.w_raw * cols_of(a);
}

struct vms_view view_zoomed(const struct app *app, int steps)
{
	int64_t w_raw = app->view->shown.now.w_raw, focus = app->view->shown.cursor_raw;
	vms_i128 col, rem, off;

	for (; steps > 0; steps--)
		w_raw = width_down(w_raw);
	for (; steps < 0; steps++)
		w_raw = width_up(w_raw);
	w_raw = VMS_MIN(w_raw, whole_width(app));
	if (!in_view(app, focus))
		focus = vms_clamp_i64(app->view->shown.now.t0_raw +
				      (vms_i128)app->view->shown.now.w_raw * (cols_of(app) / 2));
	off = (vms_i128)focus - app->view->shown.now.t0_raw;
	col = off / app->view->shown.now.w_raw;
	rem = off % app->view->shown.now.w_raw;
	return view_placed(
		app, vms_clamp_i64(focus - col * w_raw - rem * w_raw / app->view->shown.now.w_raw),
		w_raw);
}

void view_zoom(struct app *a, int steps)
{
	struct vms_view v = view_zoomed(a, steps);

	view_show(a, v.t0_raw, v.w_raw);
}

static void fit(struct app *a, int64_t from_raw, int64_t to_raw)
{
	vms_i128 span = (vms_i128)to_raw - from_raw, room = VMS_MAX(cols_of(a) / 2, 1u);
	int64_t w = width_at_least((span + room - 1) / room);

	view_show(a, vms_clamp_i64(from_raw + span / 2 - (vms_i128)w * cols_of(a) / 2), w);
}

void view_fit_pair(struct app *app, const struct vms_candidate *cand, bool surroundings)
{
	const struct vms_thread *thread = vms_session_track(app->session, cand->track)->thread;
	int64_t from = app_guest_host_raw(app, cand), to = cand->pair.host_raw, swap;

	if (from > to) {
		swap = from;
		from = to;
		to = swap;
	}
	if (surroundings && thread && cand->pair.stretch < thread->stretches_nr) {
		from = VMS_MIN(from, thread->stretches[cand->pair.stretch].enter_raw);
		to = VMS_MAX(to, thread->stretches[cand->pair.stretch].leave_raw);
	}
	app->view->shown.cursor_raw = cand->pair.host_raw;
	fit(app, from, to);
}

void view_cursor(struct app *app, int64_t raw, bool centre)
{
	vms_i128 width = (vms_i128)app->view->shown.now.w_raw * cols_of(app);

	raw = VMS_MAX(VMS_MIN(raw, app->view->shown.last_raw), app->view->shown.first_raw);
	app->view->shown.cursor_raw = raw;
	if (!in_view(app, raw)) {
		if (centre)
			view_show(app, vms_clamp_i64(raw - width / 2), app->view->shown.now.w_raw);
		else if (raw < app->view->shown.now.t0_raw)
			move(app, vms_clamp_i64(raw - width / 8), app->view->shown.now.w_raw);
		else
			move(app, vms_clamp_i64(raw - width + width / 8),
			     app->view->shown.now.w_raw);
	}
	refresh_present(app);
}

void view_follow(struct app *app)
{
	const struct vms_candidate *cand = app_selected(app);
	int64_t lo, hi, w = app->view->shown.now.w_raw;
	vms_i128 room;

	if (app_lanes(app)->pair_only)
		lanes_show(app);
	if (!cand || app->view->shown.follow == APP_FOLLOW_OFF)
		return;
	app->view->shown.follow = APP_FOLLOW_ON;
	lo = app_guest_host_raw(app, cand);
	hi = cand->pair.host_raw;
	app->view->shown.cursor_raw = hi;
	if (lo > hi) {
		hi = lo;
		lo = cand->pair.host_raw;
	}
	refresh_present(app);
	if (in_view(app, lo) && in_view(app, hi))
		return;
	room = VMS_MAX(cols_of(app) * 3u / 4u, 1u);
	if ((vms_i128)hi - lo > room * w)
		w = width_at_least(((vms_i128)hi - lo + room - 1) / room);
	move(app,
	     vms_clamp_i64((vms_i128)lo + ((vms_i128)hi - lo) / 2 - (vms_i128)w * cols_of(app) / 2),
	     w);
}

void view_held(struct app *a)
{
	if (a->view->shown.follow == APP_FOLLOW_ON)
		a->view->shown.follow = APP_FOLLOW_HELD;
}

bool view_history(struct app *app, int dir)
{
	unsigned int cols = app->view->shown.now.cols;

	if (dir < 0 ? app->view->views_at == 0 : app->view->views_at + 1 >= app->view->views_nr)
		return false;
	refresh_present(app);
	app->view->views_at = dir < 0 ? app->view->views_at - 1 : app->view->views_at + 1;
	app->view->shown.now = app->view->views[app->view->views_at].view;
	app->view->shown.cursor_raw = app->view->views[app->view->views_at].cursor_raw;
	app->view->shown.now.cols = cols;
	view_put(app, app->view->shown.now.t0_raw, app->view->shown.now.w_raw);
	return true;
}

char view_mark_nth(const struct app *app, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < 26; i++)
		if (app_view(app)->mark[i].set && !n--)
			return (char)('a' + i);
	return '\0';
}

void view_cols(struct app *app, unsigned int cols)
{
	struct view_room *room = app->view;

	if (cols == room->shown.now.cols)
		return;
	room->shown.now.cols = cols;
	if (room->fresh)
		view_first(app);
	else if (room->shown.whole)
		view_init(app);
	else
		move(app, room->shown.now.t0_raw, room->shown.now.w_raw);
	/* The cursor stays on the screen when that shrinks. */
	if (!room->shown.whole)
		view_cursor(app, room->shown.cursor_raw, false);
}

void view_cursor_put(struct app *a, int64_t raw)
{
	a->view->shown.cursor_raw = raw;
}

void view_follow_set(struct app *a, enum app_follow follow)
{
	a->view->shown.follow = follow;
	view_follow(a);
}

void view_mark(struct app *a, char letter, int64_t raw)
{
	a->view->shown.mark[letter - 'a'].set = true;
	a->view->shown.mark[letter - 'a'].host_raw = raw;
}

void view_jump(struct app *a)
{
	a->view->jump_back_raw = a->view->shown.cursor_raw;
	a->view->jumped = true;
}

bool view_jump_back(const struct app *a, int64_t *raw)
{
	*raw = a->view->jump_back_raw;
	return a->view->jumped;
}

void view_compare(struct app *a, bool on, enum vms_by by)
{
	a->view->shown.compares = on;
	a->view->shown.compare = by;
}
