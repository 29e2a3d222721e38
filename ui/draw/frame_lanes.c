// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which lanes fit into a frame, what stands below each, and what their columns are. */
#include "ui/draw/frame_lanes.h"

#include <stdlib.h>

#include "app/state/shown.h"
#include "core/base/util.h"

/*
 * A screen whose columns hold several candidates in a third of its width shows them in the match
 * row.
 */
#define DENSE_PART 3

void frame_lanes_free(struct frame_room *room)
{
	free(room->cols);
	free(room->marks);
	free(room->over);
	room->cols = NULL;
	room->marks = NULL;
	room->over = NULL;
}

/* One column as wide as the view: its count says whether a lane has anything to show. */
static bool has_events(struct vms_lanes *lanes, const struct app *a, const struct app_lane *lane)
{
	struct vms_lane_col col = { 0 };
	struct vms_view v = app_view(a)->now;
	int ret;

	v.cols = 1;
	v.w_raw = (v.w_raw > 0 ? v.w_raw : 1) * (a->geo.lane_cols ? (int64_t)a->geo.lane_cols : 1);
	if (lane->guest < 0)
		ret = vms_lane_host(lanes, lane->cpu_idx, &v, &col, NULL);
	else
		ret = vms_lane_guest(lanes, (unsigned int)lane->guest, lane->cpu_idx, &v, &col,
				     NULL);
	return ret || col.events || col.inside;
}

static bool is_of_pair(const struct app *a, const struct app_lane *lane)
{
	const struct vms_candidate *c = app_selected(a);

	if (!c)
		return false;
	if (lane->guest < 0)
		return c->pair.host_ev.cpu == (int32_t)lane->cpu_idx;
	return lane->guest == c->pair.guest && c->pair.guest_ev.cpu == (int32_t)lane->cpu_idx;
}

/* The selected lane and those of the selected pair stand whatever else is hidden. */
static bool must_show(const struct app *a, uint32_t pos)
{
	const struct app_lane *lane = &app_lanes(a)->lane[app_lanes(a)->shown[pos]];

	return (app_shown(a)->focus == APP_PANE_LANES && pos == app_lanes(a)->sel) ||
	       is_of_pair(a, lane);
}

static bool lane_stands(struct vms_lanes *lanes, const struct app *a, uint32_t pos)
{
	return !app_lanes(a)->in_view_only || must_show(a, pos) ||
	       has_events(lanes, a, &app_lanes(a)->lane[app_lanes(a)->shown[pos]]);
}

/* Rows below a guest's lane: its host thread, and where the model that is compared would put it. */
static unsigned int rows_below(const struct frame *frame, const struct app *app, uint32_t pos,
			       enum frame_lane_kind kinds[2])
{
	const struct app_lane *lane = &app_lanes(app)->lane[app_lanes(app)->shown[pos]];
	unsigned int nr = 0;

	if (lane->guest < 0 || lane->track < 0)
		return 0;
	if (app_view(app)->compares && (!frame || frame->maps[app_view(app)->compare]) &&
	    is_of_pair(app, lane))
		kinds[nr++] = FRAME_GHOST;
	if (app_lanes(app)->threads)
		kinds[nr++] = FRAME_THREAD;
	return nr;
}

/*
 * "pCPU255" and "g2v63": what the longest of the names takes, hidden lanes too, so that nothing
 * moves when they show.
 */
static void want_names(struct tui_want *want, const struct app *app)
{
	const bool several = app->trace->guests_nr > 1;
	unsigned int track, cols;
	uint32_t i;

	want->name_cols = several ? 5 : 6;
	want->tag_cols = several ? 4 : 3;
	for (i = 0; i < app_lanes(app)->nr; i++) {
		cols = (unsigned int)cells_width(app_lanes(app)->lane[i].label);
		if ((int)cols > want->name_cols)
			want->name_cols = (int)cols;
	}
	for (track = 0; track < vms_session_tracks_nr(app->session); track++) {
		cols = (unsigned int)cells_width(app_vcpu_short(
			app, vms_session_track(app->session, track), BUF(APP_SHORT_CHARS)));
		if ((int)cols > want->tag_cols)
			want->tag_cols = (int)cols;
	}
	if (app_lanes(app)->threads)
		want->tag_cols = VMS_MAX(want->tag_cols, app->trace->host->cpus_nr > 100 ? 4 : 3);
}

void frame_lanes_want(struct tui_want *want, const struct app *app, struct vms_lanes *lanes)
{
	enum frame_lane_kind kinds[2];
	uint32_t i;

	want_names(want, app);
	for (i = 0; i < app_lanes(app)->shown_nr; i++) {
		if (!lane_stands(lanes, app, i))
			continue;
		if (app_lanes(app)->lane[app_lanes(app)->shown[i]].guest >= 0)
			want->guest_lanes += 1 + rows_below(NULL, app, i, kinds);
		else
			want->host_lanes++;
	}
}

/*
 * Lanes of one side that fit into a part: the first ones in order, but never without the pair's
 * lane and the selected one, which push out the last of the others.
 */
static void choose_lanes(const struct frame_room *room, struct frame *frame, enum tui_part part,
			 bool guests)
{
	const struct app *app = frame->a;
	struct rect r = frame->l.part[part];
	enum frame_lane_kind kinds[2];
	uint32_t i, musts = 0;
	unsigned int below, k;
	int left = r.rows, row = r.row;

	for (i = 0; i < app_lanes(app)->shown_nr; i++)
		if ((app_lanes(app)->lane[app_lanes(app)->shown[i]].guest >= 0) == guests &&
		    must_show(app, i))
			musts += 1 + rows_below(frame, app, i, kinds);
	for (i = 0; i < app_lanes(app)->shown_nr && left > 0 && frame->lanes_nr < FRAME_LANES_MAX;
	     i++) {
		bool must;

		if ((app_lanes(app)->lane[app_lanes(app)->shown[i]].guest >= 0) != guests ||
		    !lane_stands(room->lanes, app, i))
			continue;
		must = must_show(app, i);
		if (!must && left <= (int)musts)
			continue;
		below = rows_below(frame, app, i, kinds);
		if (must)
			musts -= 1 + below;
		frame->lanes[frame->lanes_nr++] =
			(struct frame_lane){ .idx = app_lanes(app)->shown[i], .row = row++ };
		left--;
		for (k = 0; k < below && left > (int)musts && frame->lanes_nr < FRAME_LANES_MAX;
		     k++, left--)
			frame->lanes[frame->lanes_nr++] = (struct frame_lane){
				.idx = app_lanes(app)->shown[i], .row = row++, .kind = kinds[k]
			};
	}
	if (guests)
		frame->guest_lanes_nr = frame->lanes_nr;
}

static int fill_lane(struct vms_lanes *lanes, const struct frame *frame,
		     const struct frame_lane *fl, const struct vms_view *view)
{
	const struct app_lane *lane = &app_lanes(frame->a)->lane[fl->idx];
	unsigned int guest = (unsigned int)lane->guest, col;
	int ret;

	if (fl->kind != FRAME_LANE) {
		for (col = 0; col < view->cols; col++)
			fl->marks[col] = (struct vms_mark_col){ .id = VMS_ID_NONE };
		return fl->kind == FRAME_THREAD
			       ? vms_lane_thread(lanes, (unsigned int)lane->track, view, fl->cols,
						 NULL)
			       : vms_lane_guest_under(lanes, (unsigned int)lane->track,
						      frame->maps[app_view(frame->a)->compare],
						      view, fl->cols, NULL);
	}
	if (lane->guest < 0) {
		ret = vms_lane_host(lanes, lane->cpu_idx, view, fl->cols, NULL);
		return ret ? ret : vms_lane_marks_host(lanes, lane->cpu_idx, view, fl->marks, NULL);
	}
	ret = vms_lane_guest(lanes, guest, lane->cpu_idx, view, fl->cols, NULL);
	return ret ? ret : vms_lane_marks_guest(lanes, guest, lane->cpu_idx, view, fl->marks, NULL);
}

static bool is_dense(const struct frame *frame)
{
	int c, thick = 0;
	unsigned int i;

	if (frame->l.part[PART_MATCH].rows < 1)
		return false;
	for (c = 0; c < frame->l.lane_cols; c++)
		for (i = 0; i < frame->guest_lanes_nr; i++)
			if (frame->lanes[i].marks[c].id != VMS_ID_NONE &&
			    frame->lanes[i].marks[c].nr > 1) {
				thick++;
				break;
			}
	return thick > frame->l.lane_cols / DENSE_PART;
}

/* All guests' lanes over the whole recording as one, for the overview. */
static void sum_lanes(struct frame_room *room, struct frame *frame, struct vms_lane_col *cols)
{
	const struct app *a = frame->a;
	const int nr = frame->l.lane_cols;
	const int64_t span = vms_sat_sub_i64(app_view(a)->last_raw, app_view(a)->first_raw);
	unsigned int t;
	int i;

	frame->whole = (struct vms_view){ app_view(a)->first_raw, span / nr + 1, (unsigned int)nr };
	for (t = 0; t < vms_session_tracks_nr(frame->s); t++) {
		const struct vms_track *track = vms_session_track(frame->s, t);

		if (vms_lane_guest(room->lanes, track->guest, track->cpu_idx, &frame->whole, cols,
				   NULL))
			continue;
		for (i = 0; i < nr; i++) {
			room->over[i].events += cols[i].events;
			room->over[i].outside |= cols[i].outside;
		}
	}
}

/*
 * Everything about lanes that costs time is asked once, here. A lane that fails stays empty:
 * drawing goes on.
 */
void frame_lanes_fill(struct frame *frame, struct frame_room *room)
{
	const size_t nr = frame->l.lane_cols > 0 ? (size_t)frame->l.lane_cols : 0;
	struct vms_view view = app_view(frame->a)->now;
	size_t i, col;

	frame_lanes_free(room);
	if (!frame->l.part[PART_AXIS].rows || !nr)
		return;
	choose_lanes(room, frame, PART_GUESTS, true);
	choose_lanes(room, frame, PART_HOSTS, false);
	room->cols = vms_calloc(nr * (frame->lanes_nr + 1), sizeof(*room->cols));
	room->marks = vms_calloc(nr * (frame->lanes_nr + 1), sizeof(*room->marks));
	room->over = vms_calloc(nr, sizeof(*room->over));
	if (!room->cols || !room->marks || !room->over) {
		frame->lanes_nr = frame->guest_lanes_nr = 0;
		return;
	}
	view.cols = (unsigned int)nr;
	if (view.w_raw < 1)
		view.w_raw = 1;
	for (i = 0; i < frame->lanes_nr; i++) {
		frame->lanes[i].cols = room->cols + i * nr;
		frame->lanes[i].marks = room->marks + i * nr;
		if (!fill_lane(room->lanes, frame, &frame->lanes[i], &view))
			continue;
		for (col = 0; col < nr; col++) {
			frame->lanes[i].cols[col] = (struct vms_lane_col){ .track = -1 };
			frame->lanes[i].marks[col] = (struct vms_mark_col){ .id = VMS_ID_NONE };
		}
	}
	if (frame->l.part[PART_OVERVIEW].rows)
		sum_lanes(room, frame, room->cols + i * nr);
	frame->over = room->over;
	frame->dense = is_dense(frame);
}
