// SPDX-License-Identifier: LGPL-2.1-or-later
/* One frame: layout, which lanes fit, their summaries, then every pane into its place. */
#include "ui/frame.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A screen whose columns hold several candidates in a third of its width shows them in the match
 * row.
 */
#define DENSE_PART 3

/*
 * What lanes remember between frames. A frame is drawn for one session at a time, on one thread;
 * tui_forget() ends it before a session is freed.
 */
static struct vms_lanes *kept_lanes;
static const struct vms_session *kept_for;

void tui_forget(void)
{
	vms_lanes_free(kept_lanes);
	kept_lanes = NULL;
	kept_for = NULL;
	pane_details_forget();
	pane_plots_forget();
}

static struct vms_lanes *lanes_of(const struct vms_session *s)
{
	if (kept_for == s)
		return kept_lanes;
	tui_forget();
	if (vms_lanes_new(&kept_lanes, s, NULL))
		return NULL;
	kept_for = s;
	return kept_lanes;
}

/* One column as wide as the view: its count says whether a lane has anything to show. */
static bool has_events(const struct app *a, const struct app_lane *lane)
{
	struct vms_lanes *l = lanes_of(a->session);
	struct vms_lane_col col = { 0 };
	struct vms_view v = a->view;
	int ret;

	v.cols = 1;
	v.w_raw = (v.w_raw > 0 ? v.w_raw : 1) * (a->geo.lane_cols ? (int64_t)a->geo.lane_cols : 1);
	if (!l)
		return true;
	if (lane->guest < 0)
		ret = vms_lane_host(l, lane->cpu_idx, &v, &col, NULL);
	else
		ret = vms_lane_guest(l, (unsigned int)lane->guest, lane->cpu_idx, &v, &col, NULL);
	return ret || col.events || col.inside;
}

/* The selected lane and those of the selected pair stand whatever else is hidden. */
static bool must_show(const struct app *a, uint32_t pos)
{
	const struct app_lane *lane = &a->lanes[a->shown[pos]];
	const struct vms_candidate *c = app_selected(a);

	if (a->focus == APP_PANE_LANES && pos == a->lane_sel)
		return true;
	if (!c)
		return false;
	if (lane->guest < 0)
		return c->pair.host_ev.cpu == (int32_t)lane->cpu_idx;
	return lane->guest == c->pair.guest && c->pair.guest_ev.cpu == (int32_t)lane->cpu_idx;
}

static bool lane_stands(const struct app *a, uint32_t pos)
{
	return !a->lanes_in_view_only || must_show(a, pos) ||
	       has_events(a, &a->lanes[a->shown[pos]]);
}

/*
 * "pCPU255" and "g2v63": what the longest of the names takes, hidden lanes too, so that nothing
 * moves when they show.
 */
static void want_names(struct tui_want *w, const struct app *a)
{
	const bool several = a->trace->guests_nr > 1;
	unsigned int t, cols;
	uint32_t i;
	char tag[FMT_SIZE];

	w->name_cols = several ? 5 : 6;
	w->tag_cols = several ? 4 : 3;
	for (i = 0; i < a->lanes_nr; i++) {
		cols = (unsigned int)strlen(a->lanes[i].label);
		if ((int)cols > w->name_cols)
			w->name_cols = (int)cols;
	}
	for (t = 0; t < vms_session_tracks_nr(a->session); t++) {
		cols = (unsigned int)strlen(
			app_vcpu_short(a, vms_session_track(a->session, t), tag, sizeof(tag)));
		if ((int)cols > w->tag_cols)
			w->tag_cols = (int)cols;
	}
}

static struct tui_want want_of(const struct app *a)
{
	struct tui_want w = {
		.shape = a->screen == APP_SCREEN_MAIN	      ? SHAPE_MAIN
			 : a->screen == APP_SCREEN_CANDIDATES ? SHAPE_LIST
							      : SHAPE_BODY,
		.details = a->prefs.details,
		.delay_strip = a->prefs.delay_strip,
	};
	uint32_t i;

	want_names(&w, a);
	for (i = 0; i < a->shown_nr; i++) {
		if (!lane_stands(a, i))
			continue;
		if (a->lanes[a->shown[i]].guest >= 0)
			w.guest_lanes++;
		else
			w.host_lanes++;
	}
	if (a->prefs.maximised) {
		w.maximise_lanes = a->focus == APP_PANE_LANES;
		w.maximise_list = a->focus == APP_PANE_LIST;
		w.maximise_details = a->focus == APP_PANE_DETAILS;
	}
	return w;
}

/*
 * Lanes of one side that fit into a part: the first ones in order, but never without the pair's
 * lane and the selected one, which push out the last of the others.
 */
static void choose_lanes(struct frame *f, enum tui_part part, bool guests)
{
	struct rect r = f->l.part[part];
	uint32_t i, musts = 0;
	int left = r.rows, row = r.row;

	for (i = 0; i < f->a->shown_nr; i++)
		if ((f->a->lanes[f->a->shown[i]].guest >= 0) == guests && must_show(f->a, i))
			musts++;
	for (i = 0; i < f->a->shown_nr && left > 0 && f->lanes_nr < FRAME_LANES_MAX; i++) {
		bool must;

		if ((f->a->lanes[f->a->shown[i]].guest >= 0) != guests)
			continue;
		if (!lane_stands(f->a, i))
			continue;
		must = must_show(f->a, i);
		if (!must && left <= (int)musts)
			continue;
		if (must)
			musts--;
		f->lanes[f->lanes_nr++] =
			(struct frame_lane){ .idx = f->a->shown[i], .row = row++ };
		left--;
	}
	if (guests)
		f->guest_lanes_nr = f->lanes_nr;
}

static int fill_lane(const struct frame *f, const struct frame_lane *fl, const struct vms_view *v)
{
	struct vms_lanes *l = f->lane_data;
	const struct app_lane *lane = &f->a->lanes[fl->idx];
	unsigned int guest = (unsigned int)lane->guest;
	int ret;

	if (lane->guest < 0) {
		ret = vms_lane_host(l, lane->cpu_idx, v, fl->cols, NULL);
		return ret ? ret : vms_lane_marks_host(l, lane->cpu_idx, v, fl->marks, NULL);
	}
	ret = vms_lane_guest(l, guest, lane->cpu_idx, v, fl->cols, NULL);
	return ret ? ret : vms_lane_marks_guest(l, guest, lane->cpu_idx, v, fl->marks, NULL);
}

static bool is_dense(const struct frame *f)
{
	int c, thick = 0;
	unsigned int i;

	if (f->l.part[PART_MATCH].rows < 1)
		return false;
	for (c = 0; c < f->l.lane_cols; c++)
		for (i = 0; i < f->guest_lanes_nr; i++)
			if (f->lanes[i].marks[c].id != VMS_ID_NONE && f->lanes[i].marks[c].nr > 1) {
				thick++;
				break;
			}
	return thick > f->l.lane_cols / DENSE_PART;
}

/*
 * Everything about lanes that costs time is asked once, here. A lane that fails stays empty:
 * drawing goes on.
 */
static bool fill_lanes(struct frame *f, struct vms_lane_col **cols, struct vms_mark_col **marks)
{
	size_t nr = (size_t)f->l.lane_cols, i, c;
	struct vms_view v = f->a->view;

	*cols = calloc(nr * (f->lanes_nr ? f->lanes_nr : 1), sizeof(**cols));
	*marks = calloc(nr * (f->lanes_nr ? f->lanes_nr : 1), sizeof(**marks));
	if (!*cols || !*marks)
		return false;
	v.cols = (unsigned int)nr;
	if (v.w_raw < 1)
		v.w_raw = 1;
	for (i = 0; i < f->lanes_nr; i++) {
		f->lanes[i].cols = *cols + i * nr;
		f->lanes[i].marks = *marks + i * nr;
		if (!fill_lane(f, &f->lanes[i], &v))
			continue;
		for (c = 0; c < nr; c++) {
			f->lanes[i].cols[c] = (struct vms_lane_col){ .track = -1 };
			f->lanes[i].marks[c] = (struct vms_mark_col){ .id = VMS_ID_NONE };
		}
	}
	f->dense = is_dense(f);
	return true;
}

static void draw_main(struct frame *f)
{
	struct vms_lane_col *cols = NULL;
	struct vms_mark_col *marks = NULL;

	f->lane_data = lanes_of(f->s);
	if (!f->lane_data)
		return;
	choose_lanes(f, PART_GUESTS, true);
	choose_lanes(f, PART_HOSTS, false);
	if (f->l.lane_cols > 0 && fill_lanes(f, &cols, &marks)) {
		pane_axis(f);
		pane_lanes(f);
		pane_match(f);
		pane_delay(f);
		pane_overview(f);
	}
	free(cols);
	free(marks);
}

static void draw_screen(struct frame *f)
{
	if (f->l.part[PART_AXIS].rows)
		draw_main(f);
	switch (f->a->screen) {
	case APP_SCREEN_MAIN:
	case APP_SCREEN_CANDIDATES:
		pane_list(f);
		pane_stats(f);
		pane_details(f);
		pane_side(f);
		pane_log(f, f->l.part[PART_LOG], false);
		break;
	case APP_SCREEN_PLOTS: pane_plots(f); break;
	case APP_SCREEN_SEQUENCES: pane_sequences(f); break;
	case APP_SCREEN_EVENTS: pane_events(f); break;
	case APP_SCREEN_MODELS: pane_models(f); break;
	case APP_SCREEN_LOG: pane_log(f, f->l.part[PART_BODY], true); break;
	case APP_SCREEN_NR: break;
	}
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

static int tell_geometry(struct app *a, const struct frame *f)
{
	const struct tui_layout *l = &f->l;
	struct app_geometry g = {
		.rows = (unsigned int)l->rows,
		.cols = (unsigned int)l->cols,
		.lane_rows = (unsigned int)(l->part[PART_GUESTS].rows + l->part[PART_HOSTS].rows),
		.list_rows = (unsigned int)l->part[PART_LIST].rows,
		.details = l->part[PART_DETAILS].rows > 0 || l->part[PART_SIDE].rows > 0,
		.list_left_max = pane_list_left_max(f),
		.text_rows = 1,
	};
	int keep, rows;

	/*
	 * Screens without lanes keep the width that lanes would have, so that the view stays what
	 * it is.
	 */
	g.lane_cols = l->lane_cols > 0 ? (unsigned int)l->lane_cols : 1;
	if (l->part[PART_BODY].rows)
		g.list_rows =
			(unsigned int)(l->part[PART_BODY].rows > 3 ? l->part[PART_BODY].rows - 2
								   : 1);
	g.text_left_max = UINT_MAX;
	app_set_geometry(a, &g);
	g.text_left_max = 0;
	/* That may have scrolled the list; only now is it known what overlays must spare. */
	keep = row_of_selection(a, l);
	/* Help is not about the pair, and half of a small screen would show six of its keys. */
	if (a->overlay == APP_OVERLAY_HELP)
		keep = -1;
	if (a->overlay != APP_OVERLAY_NONE)
		g.text_left_max =
			overlay_text_left_max(f, tui_layout_overlay(l, keep, 1000, 1000).cols - 4);
	else if (a->screen == APP_SCREEN_LOG)
		g.text_left_max = pane_log_left_max(f);
	else if (a->screen == APP_SCREEN_SEQUENCES)
		g.text_left_max = pane_sequences_left_max(f);
	rows = tui_layout_overlay(l, keep, 1000, 80).rows - 3;
	g.text_rows = rows > 1 ? (unsigned int)rows : 1;
	app_set_geometry(a, &g);
	return keep;
}

/* The width of lanes on the main screen, whichever screen is open. */
static int main_lane_cols(const struct app *a, int rows, int cols)
{
	struct tui_want w = want_of(a);
	struct tui_layout l;

	w.shape = SHAPE_MAIN;
	w.maximise_lanes = w.maximise_list = w.maximise_details = false;
	tui_layout(&l, rows, cols, &w);
	return l.lane_cols;
}

void frame_layout(const struct app *app, int rows, int cols, struct tui_layout *l)
{
	struct tui_want want = want_of(app);

	tui_layout(l, rows, cols, &want);
}

void tui_frame(struct app *app, struct cells *c)
{
	struct frame f = { .a = app, .s = app->session, .c = c, .keep_row = -1 };

	cells_clear(c);
	frame_layout(app, c->rows, c->cols, &f.l);
	if (f.l.too_small) {
		cells_printf(c, 0, 0, c->cols, ROLE_TEXT, "needs %dx%d, is %dx%d", LAYOUT_COLS_MIN,
			     LAYOUT_ROWS_MIN, c->cols, c->rows);
		return;
	}
	if (!f.l.part[PART_AXIS].rows)
		f.l.lane_cols = main_lane_cols(app, c->rows, c->cols);
	f.keep_row = tell_geometry(app, &f);
	f.g = tui_glyphs((enum tui_glyph_set)app->prefs.glyphs);
	f.clock = vms_session_clock(app->session);
	f.sel = app_selected(app);
	f.track = app_track(app);
	f.tr = f.track < vms_session_tracks_nr(app->session)
		       ? vms_session_track(app->session, f.track)
		       : NULL;
	draw_screen(&f);
	pane_title(&f);
	pane_offset(&f);
	pane_message(&f);
	pane_bar(&f);
	overlay_draw(&f);
	app->unfinished = f.unfinished;
}
