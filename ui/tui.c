// SPDX-License-Identifier: LGPL-2.1-or-later
/* The loops: load behind a progress screen; then keys, commands, one frame, sleep. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/state/view.h"
#include "core/base/util.h"
#include "app/state/loop.h"
#include "app/state/shown.h"
#include "app/state/settings.h"
#include "app/state/messages.h"
#include "app/state/persist.h"
#include "app/commands/command.h"
#include "app/commands/app_keys.h"
#include "app/commands/overlays.h"
#include "ui/cells/cells.h"
#include "app/state/list.h"
#include "app/words/format.h"
#include "core/base/printable.h"
#include "ui/panes/pane_title.h"
#include "ui/screen.h"
#include "ui/tui.h"
#include "ui/term/tui_term.h"

#define KEYS_MAX 256
#define RESIZE_QUIET_MS 50

struct tui {
	struct tui_term *term;
	struct screen *screen; /* while the application runs */
	struct cells cells;
	uint32_t keys[KEYS_MAX];
	size_t keys_nr; /* keys that wait for the next frame */
	uint64_t frame; /* drawn */
	int press_col;	/* where the button went down in the lanes; -1: not there */
};

#ifdef VMS_HAVE_CURSES

int tui_open(struct tui **out, struct vms_err *err)
{
	struct tui *tui = vms_calloc(1, sizeof(*tui));
	int ret;

	if (!tui)
		return vms_fail(err, VMS_ENOMEM, "no memory for the screen");
	ret = tui_term_open(&tui->term, err);
	if (ret) {
		free(tui);
		return ret;
	}
	*out = tui;
	return 0;
}

void tui_close(struct tui *t)
{
	if (!t)
		return;
	tui_term_close(t->term);
	cells_free(&t->cells);
	free(t);
}

static int fit(struct tui *t, struct vms_err *err)
{
	int rows, cols;

	tui_term_size(t->term, &rows, &cols);
	return cells_resize(&t->cells, rows, cols, err);
}

static void draw_loading(struct tui *tui, const struct tui_load *load, bool cancelled)
{
	struct cells *cells = &tui->cells;
	struct worker_state at = { .what = "" };
	char name[256], events[FMT_SIZE], what[128];
	int width = cells->cols - 4, filled;

	(void)worker_state(load->worker, WORKER_LOAD, &at);
	cells_clear(cells);
	cells_printf(cells, 0, 1, cells->cols - 1, ROLE_TITLE, "vmsync-tui  %s",
		     fmt_clean(load->name, name, sizeof(name)));
	cells_printf(cells, 2, 1, cells->cols - 1, ROLE_TEXT, "%s",
		     fmt_clean(at.what, what, sizeof(what)));
	if (at.total) {
		filled = (int)((double)(width - 2) * (double)at.done / (double)at.total);
		if (filled > width - 2)
			filled = width - 2;
		cells_put(cells, 3, 1, 1, ROLE_TEXT, "[");
		cells_fill(cells, 3, 2, filled, ROLE_STRONG, "=");
		cells_put(cells, 3, width, 1, ROLE_TEXT, "]");
		cells_printf(cells, 4, 1, cells->cols - 1, ROLE_TEXT,
			     "%.0f %%   %.1f of %.1f MB   %s events",
			     100.0 * (double)at.done / (double)at.total, (double)at.done / 1e6,
			     (double)at.total / 1e6, fmt_count(at.events, events, sizeof(events)));
	}
	cells_put(cells, cells->rows - 1, 1, cells->cols - 1, ROLE_BAR,
		  cancelled ? "stopping ..." : "Ctrl-C:cancel");
	cells_cursor(cells, cells->rows - 1, 0, false);
	tui_term_draw(tui->term, cells);
}

/* Keys typed while loading are for the screen that comes: they wait, except those that cancel. */
static bool read_loading_keys(struct tui *tui)
{
	struct tui_input in = { .keys = tui->keys + tui->keys_nr,
				.keys_max = KEYS_MAX - tui->keys_nr };
	bool cancel = false;
	size_t i;

	tui_term_read(tui->term, &in);
	for (i = 0; i < in.keys_nr; i++)
		if (in.keys[i] == APP_CTRL('c') || in.keys[i] == 'q' || in.keys[i] == APP_KEY_ESC)
			cancel = true;
	tui->keys_nr += in.keys_nr;
	if (in.resized && fit(tui, NULL))
		cancel = true;
	return cancel || in.hangup;
}

/* Cancelled, the work ends soon: who frees the worker waits for that. */
int tui_load(struct tui *tui, const struct tui_load *load, struct vms_err *err)
{
	int ret = fit(tui, err);

	if (ret)
		return ret;
	worker_submit(load->worker, WORKER_LOAD, &load->job);
	while (worker_busy(load->worker, WORKER_LOAD)) {
		draw_loading(tui, load, false);
		(void)tui_term_wait(tui->term, worker_fd(load->worker), -1);
		if (read_loading_keys(tui)) {
			(void)worker_cancel(load->worker, WORKER_LOAD);
			draw_loading(tui, load, true);
			return vms_fail(err, VMS_ECANCEL, "loading was interrupted");
		}
		(void)worker_collect(load->worker);
	}
	return 0;
}

static const char *color_option(const struct app *a)
{
	static const char *const names[APP_COLOR_NR] = { "auto", "never", "8", "16", "256" };

	return (unsigned int)app_prefs(a)->color < APP_COLOR_NR ? names[app_prefs(a)->color]
								: "auto";
}

static void apply_looks(struct tui *tui, struct app *app)
{
	struct tui_term_facts facts;
	struct tui_term_looks looks = {
		.theme = (enum tui_theme)app_prefs(app)->theme,
		.color = color_option(app),
		.mouse = app_prefs(app)->mouse,
		.sync = app_prefs(app)->sync,
	};

	tui_term_looks(tui->term, &looks);
	tui_term_facts(tui->term, &facts);
	/* What cannot be shown is not offered: question marks would hide the data. */
	if (!facts.utf8 && app_prefs(app)->glyphs != APP_GLYPHS_ASCII)
		app_hint(app, APP_WARN, GLYPHS_ASCII_WHY);
	else if (!facts.braille && app_prefs(app)->glyphs == APP_GLYPHS_BRAILLE)
		app_hint(app, APP_WARN, "glyphs: block; this terminal has no braille");
	settings_glyphs(app, !facts.utf8 ? 1 : !facts.braille ? 2 : 3);
}

static void serve_requests(struct tui *t, struct app *app)
{
	if (app_loop(app)->request & APP_REQUEST_SUSPEND)
		tui_term_suspend(t->term);
	if (app_loop(app)->request & APP_REQUEST_REPAINT)
		tui_term_repaint(t->term);
	if (app_loop(app)->request & APP_REQUEST_LOOKS)
		apply_looks(t, app);
	if ((app_loop(app)->request & APP_REQUEST_COPY) && app_prefs(app)->osc52)
		tui_term_copy(t->term, app_loop(app)->copy);
	loop_served(app, APP_REQUEST_SUSPEND | APP_REQUEST_REPAINT | APP_REQUEST_LOOKS |
				 APP_REQUEST_COPY);
}

int tui_edit(struct tui *t, const char *path, struct vms_err *err)
{
	return tui_term_edit(t->term, path)
		       ? vms_fail(err, VMS_EIO, "the editor of VISUAL or EDITOR failed")
		       : 0;
}

static void draw(struct tui *t, struct app *a, const struct tui_opts *o)
{
	screen_draw(t->screen, &t->cells);
	t->frame++;
	if (o->show_frame_number)
		cells_printf(&t->cells, t->cells.rows - 1, t->cells.cols - 9, 9, ROLE_DIM, " #%llu",
			     (unsigned long long)t->frame);
	tui_term_draw(t->term, &t->cells);
	app_frame_drawn(a);
}

static void feed_keys(struct tui *t, struct app *a)
{
	size_t used = app_keys(a, t->keys, t->keys_nr);

	if (used > t->keys_nr)
		used = t->keys_nr;
	memmove(t->keys, t->keys + used, (t->keys_nr - used) * sizeof(t->keys[0]));
	t->keys_nr -= used;
}

static bool hit(const struct rect *r, int row, int col)
{
	return row >= r->row && row < r->row + r->rows && col >= r->col && col < r->col + r->cols;
}

static int64_t lane_time(const struct app *a, int col)
{
	return vms_sat_add_i64(app_view(a)->now.t0_raw, app_view(a)->now.w_raw * col);
}

/*
 * Pressed, the time cursor goes there; let go at another column, marks a and b say how far that is.
 */
static void mouse_in_lanes(struct tui *t, struct app *app, const struct tui_mouse *m, int col)
{
	char line[64];
	int from = t->press_col;

	t->press_col = m->released ? -1 : col;
	if (m->released && (from < 0 || from == col))
		return;
	if (m->released) {
		(void)snprintf(line, sizeof(line), "set-mark a %lldtk",
			       (long long)lane_time(app, from));
		(void)app_run(app, line, NULL);
		(void)snprintf(line, sizeof(line), "set-mark b %lldtk",
			       (long long)lane_time(app, col));
	} else {
		(void)snprintf(line, sizeof(line), "goto %lldtk", (long long)lane_time(app, col));
	}
	(void)app_run(app, line, NULL);
}

/* A click selects, the wheel moves what is under it: by the same commands that keys give. */
static void use_mouse(struct tui *tui, struct app *app, const struct tui_mouse *mouse)
{
	const struct tui_layout *layout = screen_layout(tui->screen);
	char line[64] = "";
	int col, tab;
	uint32_t at;

	col = mouse->col - layout->part[PART_AXIS].col - layout->label_cols;
	if (app_shown(app)->overlay == APP_OVERLAY_NONE &&
	    mouse->row >= layout->part[PART_AXIS].row &&
	    mouse->row < layout->part[PART_LIST_HEAD].row && !mouse->wheel) {
		if (col >= 0 && col < layout->lane_cols)
			mouse_in_lanes(tui, app, mouse, col);
		return;
	}
	tui->press_col = -1;
	if (mouse->released)
		return;
	tab = pane_title_tab(layout, mouse->row, mouse->col);
	if (tab && !mouse->wheel) {
		(void)snprintf(line, sizeof(line), "screen %d", tab);
	} else if (hit(&layout->part[PART_LIST], mouse->row, mouse->col)) {
		at = app_list(app)->top + (uint32_t)(mouse->row - layout->part[PART_LIST].row);
		if (mouse->wheel)
			(void)snprintf(line, sizeof(line), mouse->wheel < 0 ? "prev" : "next");
		else if (at < app_list(app)->nr)
			(void)snprintf(line, sizeof(line), "goto #%u", app_list(app)->ids[at]);
	} else if (mouse->row >= layout->part[PART_AXIS].row &&
		   mouse->row < layout->part[PART_LIST_HEAD].row) {
		(void)snprintf(line, sizeof(line), mouse->wheel < 0 ? "pan left" : "pan right");
	} else if (mouse->wheel && tui->keys_nr < KEYS_MAX) {
		tui->keys[tui->keys_nr++] = mouse->wheel < 0 ? APP_KEY_UP : APP_KEY_DOWN;
	}
	if (line[0] && app_shown(app)->overlay == APP_OVERLAY_NONE)
		(void)app_run(app, line, NULL);
}

static bool read_keys(struct tui *tui, struct app *app, bool *hangup, bool *resized)
{
	struct tui_input in = { .keys = tui->keys + tui->keys_nr,
				.keys_max = KEYS_MAX - tui->keys_nr };
	size_t i;

	tui_term_read(tui->term, &in);
	tui->keys_nr += in.keys_nr;
	*hangup |= in.hangup;
	*resized |= in.resized;
	for (i = 0; i < in.mouse_nr; i++)
		use_mouse(tui, app, &in.mouse[i]);
	return in.mouse_nr > 0;
}

/*
 * A window that is being dragged gives a size every few milliseconds: draw when it rests.
 */
static void let_settle(struct tui *t, struct app *a, bool *hangup)
{
	bool again = true;

	while (again && !*hangup && tui_term_pause(t->term, RESIZE_QUIET_MS)) {
		again = false;
		(void)read_keys(t, a, hangup, &again);
	}
}

static int loop(struct tui *tui, struct app *app, const struct tui_opts *o, struct vms_err *err)
{
	bool hangup = false, resized = false, changed;
	int ret;

	files_watch(app);
	for (;;) {
		/* what the worker found comes into the application between two frames */
		if (worker_collect(app->opts.worker) && overlay_here(app)->follow)
			overlay_here(app)->follow(app);
		screen_settle(tui->screen, app, tui->cells.rows, tui->cells.cols);
		draw(tui, app, o);
		/* what was drawn may have been read from a file that is not there any more */
		if (files_look(app))
			continue;
		/*
		 * Keys that waited for this frame come before new ones; then as many as were typed
		 * meanwhile.
		 */
		changed = read_keys(tui, app, &hangup, &resized);
		files_sync(app, !tui->keys_nr);
		while (!tui->keys_nr && !resized && !hangup && !changed) {
			if (app_idle(app))
				break;
			changed = tui_term_wait(tui->term, worker_fd(app->opts.worker),
						files_fd(app));
			changed |= read_keys(tui, app, &hangup, &resized);
		}
		if (resized) {
			resized = false;
			let_settle(tui, app, &hangup);
			ret = fit(tui, err);
			if (ret)
				return ret;
		}
		feed_keys(tui, app);
		serve_requests(tui, app);
		if ((app_loop(app)->request & (APP_REQUEST_QUIT | APP_REQUEST_RELOAD)) || hangup)
			return 0;
	}
}

int tui_run(struct app *app, const struct tui_opts *opts, struct vms_err *err)
{
	struct tui *own = NULL, *t = opts->tui;
	int ret = 0;

	if (!t) {
		ret = tui_open(&own, err);
		if (ret)
			return ret;
		t = own;
	}
	t->screen = screen_new();
	ret = t->screen ? fit(t, err) : vms_fail(err, VMS_ENOMEM, "no memory for the screen");
	if (!ret) {
		apply_looks(t, app);
		ret = loop(t, app, opts, err);
	}
	screen_free(t->screen);
	t->screen = NULL;
	tui_close(own);
	return ret;
}

#else

int tui_open(struct tui **out, struct vms_err *err)
{
	(void)out;
	return vms_fail(
		err, VMS_EUNSUP,
		"this build has no screen: use --batch --report text, or build with ncursesw");
}

void tui_close(struct tui *t)
{
	(void)t;
}

int tui_load(struct tui *t, const struct tui_load *l, struct vms_err *err)
{
	(void)t;
	(void)l;
	return vms_fail(err, VMS_EUNSUP, "this build has no screen");
}

int tui_edit(struct tui *t, const char *path, struct vms_err *err)
{
	(void)t;
	(void)path;
	return vms_fail(err, VMS_EUNSUP, "there is no screen in this build");
}

int tui_run(struct app *app, const struct tui_opts *o, struct vms_err *err)
{
	(void)app;
	(void)o;
	return vms_fail(err, VMS_EUNSUP, "this build has no screen");
}

#endif
