// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The plots screen: which plots stand where. One where there is room for one, two or four on large
 * screens.
 */
#include "ui/plots/plots.h"
#include "core/base/util.h"

#include <stdlib.h>
#include <string.h>

#include <vmsync/session_snapshot.h>

#include "app/state/list.h"
#include "app/worker.h"
#include "ui/plots/plots_impl.h"

static const struct {
	void (*draw)(const struct frame *f, struct rect r);
	/* NULL: nothing is kept for it */
	int (*make)(struct plots *p, struct rect r, const struct vms_progress *progress);
} rows[APP_PLOT_NR] = {
	[APP_PLOT_BAND] = { plots_band, NULL },
	[APP_PLOT_OUTSIDE] = { plots_outside, plots_outside_make },
	[APP_PLOT_ERRORS] = { plots_errors, plots_points_make },
	[APP_PLOT_RESIDUALS] = { plots_residuals, plots_points_make },
	[APP_PLOT_DELAYS] = { plots_delays, plots_points_make },
	[APP_PLOT_DELAY_HIST] = { plots_delay_hist, plots_points_make },
	[APP_PLOT_STABILITY] = { plots_stability, plots_stability_make },
	[APP_PLOT_CLOCKS] = { plots_clocks, plots_clocks_make },
	[APP_PLOT_DRIFT] = { plots_drift, plots_drift_make },
};

/*
 * The page with the selected plot. The last page has less than its places: the rest of the row, or
 * of the screen, goes to the last plot. Return: how many
 */
static int places(const struct frame *frame, struct plots_place *out)
{
	const struct rect rect = frame->l.part[PART_BODY];
	const int down = rect.rows >= 36 ? 2 : 1, across = rect.cols >= 150 ? 2 : 1;
	const int sel = (int)(app_shown(frame->a)->row[APP_PANE_PLOTS].sel % APP_PLOT_NR),
		  high = rect.rows - 1;
	const int first = sel - sel % (down * across);
	const int nr = first + down * across > APP_PLOT_NR ? APP_PLOT_NR - first : down * across;
	const int rows_nr = (nr + across - 1) / across;
	int i;

	if (rect.rows < 3 || !frame->tr)
		return 0;
	for (i = 0; i < nr; i++) {
		int row = i / across * (high / rows_nr), wide = rect.cols / across;
		int left = i % across * wide;

		if (i == nr - 1 || i % across == across - 1)
			wide = rect.cols - left;
		out[i].plot = first + i;
		out[i].r = (struct rect){ rect.row + row, rect.col + left,
					  i / across == rows_nr - 1 ? high - row : high / rows_nr,
					  wide - (left + wide < rect.cols) };
	}
	return nr;
}

bool plots_focus(const struct frame *f, enum app_plot plot)
{
	return app_shown(f->a)->row[APP_PANE_PLOTS].sel % APP_PLOT_NR == (unsigned int)plot;
}

void plots_say(const struct frame *f, struct rect r, const char *text)
{
	if (r.rows >= 2)
		cells_put(f->c, r.row + 1, r.col + 2, r.cols - 2, ROLE_TEXT, text);
}

struct rect plots_below(struct rect r, int less)
{
	return (struct rect){ r.row + 1, r.col, r.rows - less, r.cols };
}

struct plots *plots_new(void)
{
	return vms_calloc(1, sizeof(struct plots));
}

/* What was computed; what is asked for stays. */
static void made_free(struct plots *p)
{
	plots_points_free(&p->points);
	vms_sweep_free(p->outside.sweep);
	vms_clocks_free(p->clocks);
}

void plots_free(struct plots *p)
{
	if (!p)
		return;
	(void)worker_cancel(p->worker, WORKER_PLOT);
	made_free(p);
	free(p);
}

/* A page that is computed: over a snapshot where that is beside the screen. */
struct job {
	struct plots page;
	struct vms_session *snapshot;
};

static int job_run(void *data, const struct vms_progress *progress)
{
	struct plots *page = &((struct job *)data)->page;
	const struct plots_asked *asked = &page->asked;
	int i, ret = 0;

	for (i = 0; i < asked->nr && !ret; i++) {
		const int plot = asked->at[i].plot;

		if (page->made[plot])
			continue; /* before it was put off */
		vms_progress_tell(progress, "", (uint64_t)i, (uint64_t)asked->nr);
		if (rows[plot].make)
			ret = rows[plot].make(page, asked->at[i].r, progress);
		page->made[plot] = !ret;
	}
	return ret;
}

static void job_take(void *user, void *data, int ret)
{
	struct job *job = data;
	struct plots *p = user;
	struct plots page = job->page;

	(void)ret;
	job->page = *p;
	page.of = p->of;
	page.worker = p->worker;
	page.made_for = page.asked;
	*p = page;
}

static void job_free(void *data)
{
	struct job *job = data;

	made_free(&job->page);
	vms_session_snapshot_free(job->snapshot);
	free(job);
}

static bool asked_same(const struct plots_asked *a, const struct plots_asked *b)
{
	return a->generation == b->generation && a->track == b->track && a->basis == b->basis &&
	       a->range == b->range && a->nr == b->nr &&
	       !memcmp(a->at, b->at, (size_t)a->nr * sizeof(*a->at));
}

/* Few pairs are computed in the frame itself. */
static void ask(struct plots *plots, const struct app *app)
{
	const bool at_once = vms_session_candidates_nr(app->session) <= app_list(app)->at_once;
	struct job *job = vms_calloc(1, sizeof(*job));

	plots->worker = app->opts.worker;
	if (job && plots->worker && !at_once &&
	    vms_session_snapshot(&job->snapshot, app->session, NULL)) {
		free(job);
		return;
	}
	if (!job)
		return;
	job->page.asked = plots->asked;
	job->page.of = plots->of;
	job->page.widths = plots->widths;
	job->page.far = plots->far;
	if (job->snapshot) {
		job->page.of.s = job->snapshot;
		job->page.of.tr = vms_session_track(job->snapshot, plots->of.track);
		job->page.of.clock = vms_session_clock(job->snapshot);
	}
	worker_submit(job->snapshot ? plots->worker : NULL, WORKER_PLOT,
		      &(struct worker_job){ .run = job_run,
					    .take = job_take,
					    .free = job_free,
					    .data = job,
					    .user = plots });
}

void plots_prepare(struct plots *plots, const struct frame *frame)
{
	struct plots_asked asked = { .generation = vms_session_generation(frame->s),
				     .track = frame->track,
				     .basis = frame_basis(frame),
				     .range = app_shown(frame->a)->plot_range };
	static const unsigned int widths[APP_RANGE_NR] = { 4, 4, 40, 400, 4000 };

	if (app_shown(frame->a)->screen != APP_SCREEN_PLOTS)
		return;
	plots->of = (struct series_of){
		.s = frame->s,
		.tr = frame->tr,
		.clock = frame->clock,
		.recorded = frame->maps[VMS_BY_RECORDED],
		.track = frame->track,
		.first_raw = app_view(frame->a)->first_raw,
		.last_raw = app_view(frame->a)->last_raw,
		.basis = asked.basis,
	};
	plots->widths = widths[asked.range];
	plots->far = asked.range == APP_RANGE_AUTO;
	asked.nr = places(frame, asked.at);
	if (!asked.nr || asked_same(&asked, &plots->asked))
		return;
	plots->asked = asked;
	ask(plots, frame->a);
}

/* What is of before the last change says so, and how far that is. */
static void draw_late(const struct frame *frame, struct rect rect, bool made)
{
	struct worker *worker = frame->plots->worker;

	if (!worker_busy(worker, WORKER_PLOT))
		cells_printf(frame->c, rect.row, rect.col + rect.cols - 2, 2, ROLE_DIM, "~");
	else if (made)
		cells_printf(frame->c, rect.row, rect.col + rect.cols - 7, 7, ROLE_DIM, "~ %3u %%",
			     worker_percent(worker, WORKER_PLOT));
	else
		cells_printf(frame->c, rect.row, rect.col + 2, rect.cols - 2, ROLE_TEXT,
			     "computing: %u %%", worker_percent(worker, WORKER_PLOT));
}

void pane_plots(const struct frame *frame)
{
	const struct plots_asked *asked = &frame->plots->asked;
	const struct rect rect = frame->l.part[PART_BODY];
	const bool late = !asked_same(asked, &frame->plots->made_for);
	const bool other = asked->track != frame->plots->made_for.track;
	struct frame drawn = *frame;
	int i;

	/* a cell has eight dots and two halves: where there are dots, plots have them */
	if (app_prefs(frame->a)->glyphs == APP_GLYPHS_BLOCK &&
	    app_glyphs_nr(frame->a) > APP_GLYPHS_BRAILLE)
		drawn.g = tui_glyphs(GLYPHS_BRAILLE);

	for (i = 0; i < asked->nr; i++) {
		const int plot = asked->at[i].plot;
		const bool made = !rows[plot].make || (frame->plots->made[plot] && !other);

		if (made)
			rows[plot].draw(&drawn, asked->at[i].r);
		if (late && rows[plot].make)
			draw_late(frame, asked->at[i].r, made);
	}
	if (!asked->nr)
		return;
	cells_printf(
		frame->c, rect.row + rect.rows - 1, rect.col + 1, rect.cols - 1, ROLE_DIM,
		"plot %d of %d  j k: band V(o) errors residuals delays hist stability clocks drift",
		(int)(app_shown(frame->a)->row[APP_PANE_PLOTS].sel % APP_PLOT_NR) + 1, APP_PLOT_NR);
	cells_cursor(frame->c, rect.row + rect.rows - 1, rect.col + 1, true);
}
