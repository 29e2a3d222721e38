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
#include "ui/draw/frame_lanes.h"
#include "ui/overlays/overlay.h"
#include "ui/panes/panes.h"
#include "ui/plots/plots.h"

/** struct screen - a frame and what is kept for the next one, all of it computed before drawing */
struct screen {
	struct frame f;		  /* without cells */
	struct vms_candidate sel; /* what the frame's is, when there is one */
	bool settled;		  /* there is something to draw */
	const struct vms_session *kept_for;
	struct frame_room room;
	struct plots *plots;
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
	vms_lanes_free(s->room.lanes);
	plots_free(s->plots);
	s->room.lanes = NULL;
	s->plots = NULL;
	s->kept_for = NULL;
	s->what_if_id = VMS_ID_NONE;
}

void screen_free(struct screen *s)
{
	if (!s)
		return;
	forget(s);
	frame_lanes_free(&s->room);
	free(s);
}

static bool keep_for(struct screen *s, const struct vms_session *session)
{
	if (s->kept_for == session)
		return true;
	forget(s);
	s->plots = plots_new();
	if (!s->plots || vms_lanes_new(&s->room.lanes, session, NULL))
		return false;
	s->kept_for = session;
	return true;
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

	frame_lanes_want(&want, app, screen->room.lanes);
	if (app_prefs(app)->maximised) {
		want.maximise_lanes = app_shown(app)->focus == APP_PANE_LANES;
		want.maximise_list = app_shown(app)->focus == APP_PANE_LIST;
		want.maximise_details = app_shown(app)->focus == APP_PANE_DETAILS;
	}
	return want;
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
	vms_lanes_adopt(screen->room.lanes, loop_lanes_take(app));
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
	take_maps(screen, app);
	frame_lanes_fill(frame, &screen->room);
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
