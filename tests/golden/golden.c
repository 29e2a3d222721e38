// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Golden screens: frames drawn from the bundled recordings, compared with files beside this one.
 * A change of a screen is reviewed like code: VMSYNC_GOLDEN_UPDATE=1 writes the new files, git
 * diff shows what changed.
 */
#include "../unit/unit.h"

#include <vmsync/io/open.h>

#include "app/state/persist.h"
#include "app/state/messages.h"
#include "app/commands/start.h"
#include "app/commands/script.h"
#include "app/commands/command.h"
#include "app/state/list.h"
#include "app/state/app.h"
#include "app/state/shown.h"
#include "app/state/view.h"
#include "ui/cells/cells.h"
#include "ui/screen.h"

/** struct golden - a screen: what is opened, what is typed, how large, which glyphs */
struct golden {
	const char *name; /* of the file */
	const char *recording;
	int cols, rows;
	const char *glyphs;
	const char *script;
	bool roles; /* with the layer of roles, which says what is coloured how */
};

/**
 * struct view - a screen or overlay that is drawn at every size: in ASCII with the layer of roles,
 * and where glyphs make a picture in the other sets too
 */
struct view {
	const char *name, *recording, *script;
	bool picture;
};

static const struct view views[] = {
	{ "main", "06b-wrong-2s.dat", "", true },
	{ "candidates", "01-demo.dat", "screen candidates" },
	{ "plots", "12a-tsc-step-all.dat", "screen plots", true },
	{ "sequences", "01-demo.dat", "screen sequences" },
	{ "events", "01-demo.dat", "screen events" },
	{ "models", "12a-tsc-step-all.dat", "screen models" },
	{ "log", "01-demo.dat", "screen log" },
	{ "help", "01-demo.dat", "key ?" },
	{ "command", "01-demo.dat", "key :acc" },
	{ "filter", "01-demo.dat", "key &delay>" },
	{ "search", "01-demo.dat", "key /idle" },
	{ "goto", "01-demo.dat", "key t+2ms" },
	{ "model-picker", "06b-wrong-2s.dat", "key M", true },
	{ "lane-picker", "01-demo.dat", "key V" },
	{ "options", "01-demo.dat", "key o" },
	{ "explain", "01-demo.dat", "key i" },
	{ "note", "01-demo.dat", "key e" },
	{ "save", "01-demo.dat", "key w" },
	{ "marks", "01-demo.dat", "set-mark a\npan right\nset-mark b\ngo-mark" },
};

static const struct {
	int cols, rows;
} sizes[] = { { 40, 10 }, { 80, 24 }, { 100, 30 }, { 200, 50 } };

static const char *const glyph_sets[] = { "ascii", "block", "braille" };

/* What is worth a screen but not one at every size. */
static const struct golden more[] = {
	{ "fit-80x24", "01-demo.dat", 80, 24, "ascii", "fit", true },
	{ "fit-200x50", "01-demo.dat", 200, 50, "ascii", "fit", true },
	{ "decided-80x24", "01-demo.dat", 80, 24, "ascii", "fit\nkey a\nkey a\nkey a\nkey x",
	  true },
	{ "decided-log-80x24", "01-demo.dat", 80, 24, "ascii", "fit\nkey a\nkey x\nscreen log",
	  true },
	{ "candidates-left-80x24", "01-demo.dat", 80, 24, "ascii",
	  "screen candidates\nkey l\nkey l\nkey l", true },
	{ "lanes-focus-80x24", "01-demo.dat", 80, 24, "ascii", "fit\nkey Shift-Tab j", false },
	{ "delta-80x24", "01-demo.dat", 80, 24, "ascii", "fit\ntime-base delta", false },
	{ "unsaved-40x10", "12a-tsc-step-all.dat", 40, 10, "ascii", "key a", false },
	{ "log-left-40x10", "12a-tsc-step-all.dat", 40, 10, "ascii",
	  "key a\nkey x\nscreen log\fkey l l l", false },
	{ "sequences-left-40x10", "01-demo.dat", 40, 10, "ascii",
	  "screen sequences\fkey l l l l l l", false },
	{ "range-left-40x10", "01-demo.dat", 40, 10, "ascii",
	  "set-mark a\nset-mark b end\nrange\fkey l l", false },
	{ "steps-80x24", "12a-tsc-step-all.dat", 80, 24, "ascii", "", true },
	{ "events-filter-80x24", "01-demo.dat", 80, 24, "ascii",
	  "screen events\nfilter-events event==HLT || sched_switch && task==0", true },
	{ "now-40x10", "06b-wrong-2s.dat", 40, 10, "ascii", "key 0", false },
	{ "now-80x24", "06b-wrong-2s.dat", 80, 24, "ascii", "key 0", true },
	{ "lost-100x30", "08-lost.dat", 100, 30, "ascii", "", true },
	{ "per-vcpu-100x30", "13-per-vcpu-offset.dat", 100, 30, "ascii", "", true },
	{ "lanes-in-view-100x30", "01-demo.dat", 100, 30, "ascii", "fit\nlanes view", true },
	{ "lane-picker-thread-100x30", "01-demo.dat", 100, 30, "ascii",
	  "key V\nkey Right\nkey Down\nkey Space\nkey Up\nkey Up", true },
	{ "lane-picker-found-80x24", "13-per-vcpu-offset.dat", 80, 24, "ascii", "key Vvcpu1",
	  true },
	{ "columns-80x24", "01-demo.dat", 80, 24, "ascii",
	  "set columns st,delay,id,rival,host-time\nscreen candidates", true },
	{ "columns-left-100x30", "01-demo.dat", 100, 30, "ascii",
	  "set columns id,note,sequence,guest-time,host-time,delay,guest\nscreen candidates\nkey "
	  "l\nkey l",
	  true },
	{ "columns-options-80x24", "01-demo.dat", 80, 24, "ascii",
	  "set columns st,id,dir,guest,host,delay,rival,note,vcpu\nkey o", false },
	{ "models-piecewise-80x24", "01-demo.dat", 80, 24, "ascii",
	  "model piecewise 135.2s 135.35s\nscreen models\nkey G", true },
	{ "models-wrong-80x24", "06b-wrong-2s.dat", 80, 24, "ascii", "screen models", true },
	/* the demo counts nanoseconds, disciplined by PTP: its rate wanders */
	{ "plot-drift-wanders-80x24", "../../data/02-local-ptp.dat", 80, 24, "ascii", "plot drift",
	  true },
	{ "plot-drift-wanders-200x50-braille", "../../data/02-local-ptp.dat", 200, 50, "braille",
	  "plot drift", true },
	{ "plot-outside-80x24", "06b-wrong-2s.dat", 80, 24, "ascii", "plot outside", true },
	{ "plot-outside-80x24-braille", "12a-tsc-step-all.dat", 80, 24, "braille",
	  "plot outside\nplot-range 4", true },
	{ "plot-errors-80x24-block", "01-demo.dat", 80, 24, "block", "plot errors", true },
	{ "plot-residuals-80x24", "01-demo.dat", 80, 24, "ascii", "plot residuals", true },
	{ "plot-clocks-80x24", "13-per-vcpu-offset.dat", 80, 24, "ascii", "plot clocks", true },
	{ "plot-clocks-100x30", "01-demo.dat", 100, 30, "block", "plot clocks", true },
	{ "plot-drift-80x24", "01-demo.dat", 80, 24, "ascii", "plot drift", true },
	{ "plot-stability-80x24", "01-demo.dat", 80, 24, "ascii", "plot stability", true },
	{ "plot-stability-200x50", "01-demo.dat", 200, 50, "braille", "plot stability", true },
	{ "too-small-38x9", "01-demo.dat", 38, 9, "ascii", "", true },
};

/** struct world - what one screen needs */
struct world {
	struct vms_trace *trace;
	struct vms_session *session;
	struct app *app;
	struct screen *screen;
	struct cells cells;
};

static void world_close(struct world *w)
{
	cells_free(&w->cells);
	app_free(w->app);
	screen_free(w->screen);
	vms_session_free(w->session);
	vms_trace_free(w->trace);
}

static void world_open(struct world *w, const struct golden *g, const char *path)
{
	const struct app_opts o = { .no_journal = true };
	struct vms_session_opts so = { 0 };
	struct vms_err err = { 0 };
	char line[64], script[256];
	const char *part;

	so.align.drift_max = 500e-6;
	if (vms_trace_open(&w->trace, &path, 1, NULL, NULL, &err) ||
	    vms_session_new(&w->session, w->trace, &so, &err) ||
	    app_new(&w->app, w->session, &o, &err))
		fail_msg("%s: %s", g->name, err.msg);
	w->app->opts.headless = true;
	/*
	 * what loading notes depends on the other files of the folder, which is not what a screen
	 * is about
	 */
	messages_clear(w->app);
	(void)snprintf(line, sizeof(line), "set glyphs %s", g->glyphs);
	assert_int_equal(app_run(w->app, line, NULL), 0);
	app_hush(w->app);
	/* where a recording lies is no matter of screens either */
	files_path_set(w->app, "demo.anchors");
	w->screen = screen_new();
	assert_non_null(w->screen);
	assert_int_equal(screen_size(w->app, g->rows, g->cols, &err), 0);
	assert_int_equal(cells_resize(&w->cells, g->rows, g->cols, &err), 0);
	/* \f: a frame, which tells the application how much fits on the screen that it went to */
	for (part = g->script; part; part = strchr(part, '\f') ? strchr(part, '\f') + 1 : NULL) {
		(void)snprintf(script, sizeof(script), "%.*s", (int)strcspn(part, "\f"), part);
		if (app_script_text(w->app, g->name, script, &err))
			fail_msg("%s: %s", g->name, err.msg);
		screen_settle(w->screen, w->app, w->cells.rows, w->cells.cols);
		screen_draw(w->screen, &w->cells);
	}
}

static char *read_all(const char *path)
{
	FILE *f = fopen(path, "re");
	char *buf = NULL;
	size_t nr = 0, got;

	if (!f)
		return NULL;
	buf = calloc(1, 1 << 20);
	while (buf && nr < (1 << 20) - 1 && (got = fread(buf + nr, 1, (1 << 20) - 1 - nr, f)) > 0)
		nr += got;
	(void)fclose(f);
	return buf;
}

static void write_all(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* Says which line differs first: a whole screen in an assertion helps nobody. */
static void compare(const char *name, const char *want, const char *got)
{
	int line = 1;
	const char *w = want, *g = got;

	while (*w && *w == *g) {
		line += *w == '\n';
		w++;
		g++;
	}
	if (*w == *g)
		return;
	while (w > want && w[-1] != '\n')
		w--;
	while (g > got && g[-1] != '\n')
		g--;
	fail_msg("%s, line %d\n  want: %.*s\n  got:  %.*s", name, line, (int)strcspn(w, "\n"), w,
		 (int)strcspn(g, "\n"), g);
}

/* Drawing changes nothing: not what is shown, not how much fits, not the next drawing. */
static void draws_only(const struct world *w, const char *text)
{
	const struct app_shown shown = *app_shown(w->app);
	const struct app_list list = *app_list(w->app);
	const struct app_view view = *app_view(w->app);
	const struct app_geometry geometry = w->app->geo;
	struct cells again = { 0 };
	char *got = NULL;

	assert_int_equal(cells_resize(&again, w->cells.rows, w->cells.cols, NULL), 0);
	screen_draw(w->screen, &again);
	assert_int_equal(cells_text(&again, &got, NULL), 0);
	assert_string_equal(got, text);
	assert_memory_equal(&shown, app_shown(w->app), sizeof(shown));
	assert_memory_equal(&list, app_list(w->app), sizeof(list));
	assert_memory_equal(&view, app_view(w->app), sizeof(view));
	assert_memory_equal(&geometry, &w->app->geo, sizeof(geometry));
	free(got);
	cells_free(&again);
}

static void one_screen(void **state)
{
	const struct golden *g = *state;
	const char *root = getenv("VMSYNC_SOURCE_ROOT");
	char path[600], rec[600], *text = NULL, *roles = NULL, *want, *got = NULL;
	struct world w = { 0 };

	if (!unit_recording(g->recording, rec, sizeof(rec)))
		skip();
	world_open(&w, g, rec);
	assert_int_equal(cells_text(&w.cells, &text, NULL), 0);
	assert_int_equal(cells_roles(&w.cells, &roles, NULL), 0);
	draws_only(&w, text);
	assert_true(asprintf(&got, "%s%s%s", text, g->roles ? "---- roles ----\n" : "",
			     g->roles ? roles : "") > 0);
	(void)snprintf(path, sizeof(path), "%s/tests/golden/%s.txt", root ? root : ".", g->name);
	if (getenv("VMSYNC_GOLDEN_UPDATE"))
		write_all(path, got);
	want = read_all(path);
	if (!want)
		fail_msg("%s is missing: VMSYNC_GOLDEN_UPDATE=1 writes it", path);
	compare(g->name, want, got);
	/*
	 * the hardware cursor stands on the row that has the focus, for those who read the screen
	 * by it
	 */
	if (app_shown(w.app)->overlay == APP_OVERLAY_NONE &&
	    app_shown(w.app)->screen != APP_SCREEN_PLOTS && g->rows >= 10 && app_list(w.app)->nr &&
	    (app_shown(w.app)->screen != APP_SCREEN_LOG || app_messages(w.app)->log_nr))
		assert_int_equal(cells_at(&w.cells, w.cells.cursor_row, 0)->text[0], '>');
	free(want);
	free(got);
	free(text);
	free(roles);
	world_close(&w);
}

/* Every view at every size, then the others. Return: how many */
static size_t make_list(struct golden *out)
{
	size_t v, s, g, nr = 0;

	for (v = 0; v < sizeof(views) / sizeof(views[0]); v++)
		for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
			for (g = 0; g < (views[v].picture ? 3 : 1); g++) {
				char *name = NULL;

				if (asprintf(&name, "%s-%dx%d%s%s", views[v].name, sizes[s].cols,
					     sizes[s].rows, g ? "-" : "",
					     g ? glyph_sets[g] : "") < 0)
					abort();
				out[nr++] = (struct golden){ name,
							     views[v].recording,
							     sizes[s].cols,
							     sizes[s].rows,
							     glyph_sets[g],
							     views[v].script,
							     !g };
			}
	for (v = 0; v < sizeof(more) / sizeof(more[0]); v++)
		out[nr++] = more[v];
	return nr;
}

int main(void)
{
	static struct golden
		list[sizeof(views) / sizeof(views[0]) * 12 + sizeof(more) / sizeof(more[0])];
	static struct CMUnitTest tests[sizeof(list) / sizeof(list[0])];
	size_t nr = make_list(list), i;

	/* Output of tests must not depend on the machine's colours, time zone or home. */
	(void)setenv("TZ", "UTC", 1);
	for (i = 0; i < nr; i++) {
		tests[i].name = list[i].name;
		tests[i].test_func = one_screen;
		tests[i].initial_state = &list[i];
	}
	/* by hand, as the number of tests is not a constant */
	return _cmocka_run_group_tests("golden", tests, nr, NULL, NULL);
}
