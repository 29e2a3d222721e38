// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One frame: layout, which lanes fit, what has to be computed for it; then every pane into its
 * place, which changes nothing.
 */
#include "ui/screen.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands/overlays.h"
#include "app/state/loop.h"
#include "app/state/persist.h"
#include "app/state/sequences.h"
#include "app/state/shown.h"
#include "core/base/util.h"
#include "ui/draw/frame.h"
#include "ui/overlays/overlay.h"
#include "ui/panes/panes.h"
#include "ui/plots/plots.h"

/*
 * A screen whose columns hold several candidates in a third of its width shows them in the match
 * row.
 */
#define DENSE_PART 3

/** struct screen - a frame and what is kept for the next one, all of it computed before drawing */
struct screen {
	struct frame f;		  /* without cells */
	struct vms_candidate sel; /* what the frame's is, when there is one */
	bool settled;		  /* there is something to draw */
	const struct vms_session *kept_for;
	struct vms_lanes *lanes;
	struct plots *plots;
	struct vms_lane_col *cols; /* lanes_nr * lane_cols of the frame, then a row to sum up in */
	struct vms_mark_col *marks;
	struct frame_over *over;
	uint32_t what_if_id;
	uint64_t what_if_generation;
	bool what_if_known;
	struct vms_effect what_if;
};

struct screen *screen_new(void)
{
	return vms_calloc(1, sizeof(struct screen));
}

static void forget(struct screen *s)
{
	vms_lanes_free(s->lanes);
	plots_free(s->plots);
	s->lanes = NULL;
	s->plots = NULL;
	s->kept_for = NULL;
	s->what_if_id = VMS_ID_NONE;
}

static void free_frame(struct screen *s)
{
	free(s->cols);
	free(s->marks);
	free(s->over);
	s->cols = NULL;
	s->marks = NULL;
	s->over = NULL;
}

void screen_free(struct screen *s)
{
	if (!s)
		return;
	forget(s);
	free_frame(s);
	free(s);
}

static bool keep_for(struct screen *s, const struct vms_session *session)
{
	if (s->kept_for == session)
		return true;
	forget(s);
	s->plots = plots_new();
	if (!s->plots || vms_lanes_new(&s->lanes, session, NULL))
		return false;
	s->kept_for = session;
	return true;
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

/* The selected lane and those of the selected pair stand whatever else is hidden. */
static bool must_show(const struct app *a, uint32_t pos)
{
	const struct app_lane *lane = &app_lanes(a)->lane[app_lanes(a)->shown[pos]];
	const struct vms_candidate *c = app_selected(a);

	if (app_shown(a)->focus == APP_PANE_LANES && pos == app_lanes(a)->sel)
		return true;
	if (!c)
		return false;
	if (lane->guest < 0)
		return c->pair.host_ev.cpu == (int32_t)lane->cpu_idx;
	return lane->guest == c->pair.guest && c->pair.guest_ev.cpu == (int32_t)lane->cpu_idx;
}

static bool lane_stands(const struct screen *s, const struct app *a, uint32_t pos)
{
	return !app_lanes(a)->in_view_only || must_show(a, pos) ||
	       has_events(s->lanes, a, &app_lanes(a)->lane[app_lanes(a)->shown[pos]]);
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
}

static struct tui_want want_of(const struct screen *screen, const struct app *app)
{
	struct tui_want want = {
		.shape = app_shown(app)->screen == APP_SCREEN_MAIN	   ? SHAPE_MAIN
			 : app_shown(app)->screen == APP_SCREEN_CANDIDATES ? SHAPE_LIST
									   : SHAPE_BODY,
		.details = app_prefs(app)->details,
		.delay_strip = app_prefs(app)->delay_strip,
		.notice = files_notice(app)[0],
	};
	uint32_t i;

	want_names(&want, app);
	for (i = 0; i < app_lanes(app)->shown_nr; i++) {
		if (!lane_stands(screen, app, i))
			continue;
		if (app_lanes(app)->lane[app_lanes(app)->shown[i]].guest >= 0)
			want.guest_lanes++;
		else
			want.host_lanes++;
	}
	if (app_prefs(app)->maximised) {
		want.maximise_lanes = app_shown(app)->focus == APP_PANE_LANES;
		want.maximise_list = app_shown(app)->focus == APP_PANE_LIST;
		want.maximise_details = app_shown(app)->focus == APP_PANE_DETAILS;
	}
	return want;
}

/*
 * Lanes of one side that fit into a part: the first ones in order, but never without the pair's
 * lane and the selected one, which push out the last of the others.
 */
static void choose_lanes(struct screen *screen, enum tui_part part, bool guests)
{
	struct frame *frame = &screen->f;
	const struct app *app = frame->a;
	struct rect r = frame->l.part[part];
	uint32_t i, musts = 0;
	int left = r.rows, row = r.row;

	for (i = 0; i < app_lanes(app)->shown_nr; i++)
		if ((app_lanes(app)->lane[app_lanes(app)->shown[i]].guest >= 0) == guests &&
		    must_show(app, i))
			musts++;
	for (i = 0; i < app_lanes(app)->shown_nr && left > 0 && frame->lanes_nr < FRAME_LANES_MAX;
	     i++) {
		bool must;

		if ((app_lanes(app)->lane[app_lanes(app)->shown[i]].guest >= 0) != guests ||
		    !lane_stands(screen, app, i))
			continue;
		must = must_show(app, i);
		if (!must && left <= (int)musts)
			continue;
		if (must)
			musts--;
		frame->lanes[frame->lanes_nr++] =
			(struct frame_lane){ .idx = app_lanes(app)->shown[i], .row = row++ };
		left--;
	}
	if (guests)
		frame->guest_lanes_nr = frame->lanes_nr;
}

static int fill_lane(struct vms_lanes *lanes, const struct app_lane *lane,
		     const struct frame_lane *fl, const struct vms_view *view)
{
	unsigned int guest = (unsigned int)lane->guest;
	int ret;

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
static void sum_lanes(struct screen *screen, struct vms_lane_col *cols)
{
	const struct app *a = screen->f.a;
	const int nr = screen->f.l.lane_cols;
	const int64_t span = vms_sat_sub_i64(app_view(a)->last_raw, app_view(a)->first_raw);
	unsigned int t;
	int i;

	screen->f.whole =
		(struct vms_view){ app_view(a)->first_raw, span / nr + 1, (unsigned int)nr };
	for (t = 0; t < vms_session_tracks_nr(screen->f.s); t++) {
		const struct vms_track *track = vms_session_track(screen->f.s, t);

		if (vms_lane_guest(screen->lanes, track->guest, track->cpu_idx, &screen->f.whole,
				   cols, NULL))
			continue;
		for (i = 0; i < nr; i++) {
			screen->over[i].events += cols[i].events;
			screen->over[i].outside |= cols[i].outside;
		}
	}
}

/*
 * Everything about lanes that costs time is asked once, here. A lane that fails stays empty:
 * drawing goes on.
 */
static void fill_lanes(struct screen *screen)
{
	struct frame *frame = &screen->f;
	const size_t nr = frame->l.lane_cols > 0 ? (size_t)frame->l.lane_cols : 0;
	struct vms_view view = app_view(frame->a)->now;
	size_t i, col;

	if (!frame->l.part[PART_AXIS].rows || !nr)
		return;
	choose_lanes(screen, PART_GUESTS, true);
	choose_lanes(screen, PART_HOSTS, false);
	screen->cols = vms_calloc(nr * (frame->lanes_nr + 1), sizeof(*screen->cols));
	screen->marks = vms_calloc(nr * (frame->lanes_nr + 1), sizeof(*screen->marks));
	screen->over = vms_calloc(nr, sizeof(*screen->over));
	if (!screen->cols || !screen->marks || !screen->over) {
		frame->lanes_nr = frame->guest_lanes_nr = 0;
		return;
	}
	view.cols = (unsigned int)nr;
	if (view.w_raw < 1)
		view.w_raw = 1;
	for (i = 0; i < frame->lanes_nr; i++) {
		frame->lanes[i].cols = screen->cols + i * nr;
		frame->lanes[i].marks = screen->marks + i * nr;
		if (!fill_lane(screen->lanes, &app_lanes(frame->a)->lane[frame->lanes[i].idx],
			       &frame->lanes[i], &view))
			continue;
		for (col = 0; col < nr; col++) {
			frame->lanes[i].cols[col] = (struct vms_lane_col){ .track = -1 };
			frame->lanes[i].marks[col] = (struct vms_mark_col){ .id = VMS_ID_NONE };
		}
	}
	if (frame->l.part[PART_OVERVIEW].rows)
		sum_lanes(screen, screen->cols + i * nr);
	frame->over = screen->over;
	frame->dense = is_dense(frame);
}

/* Models that are drawn beside the one in force. */
static void take_maps(struct screen *s, struct app *app)
{
	const bool all = app_shown(app)->screen == APP_SCREEN_PLOTS;
	unsigned int i;

	for (i = 0; s->f.tr && i < vms_session_models_nr(app->session); i++)
		if (all || (app_view(app)->compares && app_view(app)->compare == i))
			s->f.maps[i] =
				vms_session_model_map(app->session, (enum vms_by)i, s->f.tr->guest);
}

/* What a decision on the selected pair would change, which costs a fit. */
static void ask_what_if(struct screen *screen, struct vms_session *session)
{
	const struct vms_candidate *sel = screen->f.sel;
	const enum vms_state to = sel && vms_session_state(session, sel) == VMS_UNDECIDED
					  ? VMS_ACCEPTED
					  : VMS_UNDECIDED;

	if (!sel || (!screen->f.l.part[PART_DETAILS].rows && !screen->f.l.part[PART_SIDE].rows))
		return;
	if (screen->what_if_id != sel->id ||
	    screen->what_if_generation != vms_session_generation(session)) {
		screen->what_if_known =
			!vms_session_what_if(session, sel->id, to, &screen->what_if, NULL);
		screen->what_if_id = sel->id;
		screen->what_if_generation = vms_session_generation(session);
	}
	screen->f.what_if = screen->what_if_known ? &screen->what_if : NULL;
}

/* Where the selected pair stands in the list, as the application has scrolled it. */
static int row_of_selection(const struct app *a, const struct tui_layout *l)
{
	struct rect r = l->part[PART_LIST];

	if (!r.rows || app_list(a)->sel_row == VMS_ID_NONE ||
	    app_list(a)->sel_row < app_list(a)->top ||
	    app_list(a)->sel_row - app_list(a)->top >= (uint32_t)r.rows)
		return -1;
	return r.row + (int)(app_list(a)->sel_row - app_list(a)->top);
}

/* The width of lanes on the main screen, whichever screen is open. */
static int main_lane_cols(const struct screen *s, const struct app *a)
{
	struct tui_want w = want_of(s, a);
	struct tui_layout l;

	w.shape = SHAPE_MAIN;
	w.maximise_lanes = w.maximise_list = w.maximise_details = false;
	tui_layout(&l, s->f.l.rows, s->f.l.cols, &w);
	return l.lane_cols;
}

static void tell_geometry(struct screen *s, struct app *app)
{
	struct frame *frame = &s->f;
	const struct tui_layout *layout = &frame->l;
	struct app_geometry geometry = {
		.rows = (unsigned int)layout->rows,
		.cols = (unsigned int)layout->cols,
		.lane_rows = (unsigned int)(layout->part[PART_GUESTS].rows +
					    layout->part[PART_HOSTS].rows),
		.list_rows = (unsigned int)layout->part[PART_LIST].rows,
		.details = layout->part[PART_DETAILS].rows > 0 || layout->part[PART_SIDE].rows > 0,
		.list_left_max = panes_left_max(frame, APP_SCREEN_MAIN),
		.text_rows = 1,
	};
	int rows;

	/*
	 * Screens without lanes keep the width that lanes would have, so that the view stays what
	 * it is.
	 */
	geometry.lane_cols = layout->lane_cols > 0 ? (unsigned int)layout->lane_cols : 1;
	if (layout->part[PART_BODY].rows)
		geometry.list_rows = (unsigned int)(layout->part[PART_BODY].rows > 3
							    ? layout->part[PART_BODY].rows - 2
							    : 1);
	geometry.text_left_max = UINT_MAX;
	app_set_geometry(app, &geometry);
	/* That may have scrolled the list; only now is it known what overlays must spare. */
	frame->keep_row = overlay_covers(frame) ? -1 : row_of_selection(app, layout);
	geometry.text_left_max = app_shown(app)->overlay != APP_OVERLAY_NONE
					 ? overlay_left_max(frame)
					 : panes_left_max(frame, app_shown(app)->screen);
	rows = tui_layout_overlay(layout, frame->keep_row, 1000, 80).rows - 3;
	geometry.text_rows = rows > 1 ? (unsigned int)rows : 1;
	app_set_geometry(app, &geometry);
}

void screen_settle(struct screen *screen, struct app *app, int rows, int cols)
{
	struct frame *frame = &screen->f;
	struct tui_want want;

	*frame = (struct frame){ .a = app, .s = app->session, .keep_row = -1 };
	screen->settled = false;
	if (!keep_for(screen, app->session))
		return;
	vms_lanes_adopt(screen->lanes, loop_lanes_take(app));
	want = want_of(screen, app);
	tui_layout(&frame->l, rows, cols, &want);
	if (frame->l.too_small)
		return;
	if (!frame->l.part[PART_AXIS].rows)
		frame->l.lane_cols = main_lane_cols(screen, app);
	tell_geometry(screen, app);
	frame->g = tui_glyphs((enum tui_glyph_set)app_prefs(app)->glyphs);
	frame->clock = vms_session_clock(app->session);
	frame->sel = app_candidate_in(app, app_list(app)->sel, &screen->sel);
	frame->track = app_track(app);
	frame->tr = frame->track < vms_session_tracks_nr(app->session)
			    ? vms_session_track(app->session, frame->track)
			    : NULL;
	free_frame(screen);
	fill_lanes(screen);
	take_maps(screen, app);
	ask_what_if(screen, app->session);
	plots_prepare(screen->plots, frame);
	if (app_shown(app)->screen == APP_SCREEN_SEQUENCES)
		fitness_want(app);
	frame->plots = screen->plots;
	screen->settled = true;
}

void screen_draw(const struct screen *screen, struct cells *cells)
{
	struct frame frame = screen->f;

	frame.c = cells;
	cells_clear(cells);
	if (screen->settled) {
		panes_draw(&frame);
		overlay_draw(&frame);
	} else if (frame.l.too_small) {
		cells_printf(cells, 0, 0, cells->cols, ROLE_TEXT, "needs %dx%d, is %dx%d",
			     LAYOUT_COLS_MIN, LAYOUT_ROWS_MIN, cells->cols, cells->rows);
	}
}

const struct tui_layout *screen_layout(const struct screen *s)
{
	return &s->f.l;
}

int screen_size(struct app *app, int rows, int cols, struct vms_err *err)
{
	struct screen *screen = screen_new();

	if (!screen)
		return vms_fail(err, VMS_ENOMEM, "no memory");
	screen_settle(screen, app, rows, cols);
	app_frame_drawn(app);
	screen_free(screen);
	return 0;
}

int screen_text(struct app *app, char **out, struct vms_err *err)
{
	const int rows = (int)app->geo.rows, cols = (int)app->geo.cols;
	struct screen *screen = screen_new();
	struct cells cells = { 0 };
	int ret = screen ? cells_resize(&cells, rows, cols, err)
			 : vms_fail(err, VMS_ENOMEM, "no memory");

	if (!ret) {
		/* as a person sees it who waits: nothing is left to compute */
		app_settle(app);
		screen_settle(screen, app, rows, cols);
		screen_draw(screen, &cells);
		ret = cells_text(&cells, out, err);
	}
	screen_free(screen);
	cells_free(&cells);
	return ret;
}
