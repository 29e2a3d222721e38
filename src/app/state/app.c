// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how the application starts and ends, speaks, and answers what views ask. */
#include "app/state/app.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/state/text.h"
#include "app/state/settings.h"
#include "app/state/lane_list.h"
#include "app/state/list.h"
#include "app/filter/filter.h"
#include "app/words/format.h"
#include "app/words/printable.h"
#include "app/words/verdict.h"
#include "app/state/search.h"
#include "core/base/util.h"
#include "app/state/view.h"
#include "app/worker.h"

int64_t app_guest_host_raw(const struct app *a, const struct vms_candidate *c)
{
	return vms_session_host_time(a->session, c->pair.guest, c->pair.guest_ev);
}

bool app_lanes_drawn(const struct app *a)
{
	return a->screen == APP_SCREEN_MAIN &&
	       (!app_prefs(a)->maximised || a->focus == APP_PANE_LANES);
}

unsigned int app_track(const struct app *a)
{
	const struct vms_candidate *c = app_selected(a);
	const uint32_t lane = lanes_selected(a);

	if (c)
		return c->track;
	if (lane < app_lanes(a)->nr && app_lanes(a)->lane[lane].track >= 0)
		return (unsigned int)app_lanes(a)->lane[lane].track;
	return 0;
}

const char *app_verdict(const struct app *app, unsigned int track, char *buf, size_t size)
{
	const struct vms_clock *clock = vms_session_clock(app->session);
	const struct vms_model_result *result = NULL;
	const struct vms_track *t;
	char by[80];

	if (track >= vms_session_tracks_nr(app->session)) {
		(void)snprintf(buf, size, "no vCPU could be tied to a host thread");
		return buf;
	}
	t = vms_session_track(app->session, track);
	result = vms_session_result(app->session, track, VMS_BY_RECORDED, VMS_OVER_NOT_REJECTED);
	if (t->align->start == VMS_ALIGN_NONE)
		(void)snprintf(buf, size, "NOT ALIGNED: A, then pair, offset or threads");
	else if (t->align->ambiguous)
		(void)snprintf(buf, size,
			       "alignment AMBIGUOUS, confidence %.2f: A, then second or pair",
			       t->align->confidence);
	else if (!result || !result->available)
		(void)snprintf(buf, size, "no recorded sync; alignment %s%s",
			       t->align && t->align->pieces_nr ? "found by " : "",
			       t->align && t->align->pieces_nr ? t->align->how : "not found");
	else
		(void)snprintf(buf, size, "recorded sync: %s",
			       verdict_text(clock, t, result, by, sizeof(by)));
	return buf;
}

const char *app_result_se(const struct app *a, const struct vms_model_result *result, char *buf,
			  size_t size)
{
	const struct vms_clock *clock = vms_session_clock(a->session);
	char se[FMT_SIZE];

	if (!result)
		(void)snprintf(buf, size, "se: no such model");
	else if (!result->available)
		(void)snprintf(buf, size, "se: %s",
			       result->why_not[0] ? result->why_not : "not available");
	else if (!isfinite(result->se_raw))
		(void)snprintf(buf, size, "se: %s",
			       result->se_why[0] ? result->se_why : "not defined");
	else
		(void)snprintf(
			buf, size, "se %s",
			fmt_span(clock,
				 result->se_raw * (clock->ns_per_unit > 0 ? clock->ns_per_unit : 1),
				 se, sizeof(se)));
	return buf;
}

uint32_t *text_left(struct app *a)
{
	if (a->overlay != APP_OVERLAY_NONE)
		return &text_row(a)->left;
	if (a->focus == APP_PANE_LOG)
		return &a->log_row.left;
	return a->focus == APP_PANE_SEQUENCES ? &a->sequences.left : NULL;
}

void app_set_geometry(struct app *app, const struct app_geometry *g)
{
	const uint32_t lane = lanes_selected(app);

	app->geo = *g;
	list_sideways(app, VMS_MIN(app_list(app)->left, g->list_left_max));
	if (text_left(app))
		*text_left(app) = VMS_MIN(*text_left(app), g->text_left_max);
	view_cols(app, g->lane_cols);
	list_scroll(app);
	lanes_select(app, lane);
}

void app_frame_drawn(struct app *a)
{
	a->frame++;
	if (app_draws_pair(a))
		a->drawn_sel = app_list(a)->sel;
	a->hold_decisions = false;
}

/* What decisions left stale, computed over a snapshot. */
struct fit_job {
	struct vms_session *snapshot;
};

static int fit_run(void *data, const struct vms_progress *p)
{
	return vms_session_refresh(((struct fit_job *)data)->snapshot, p);
}

static void fit_take(void *user, void *data, int ret)
{
	struct app *a = user;

	(void)ret;
	if (vms_session_take(a->session, ((struct fit_job *)data)->snapshot) &&
	    filter_follows_decisions(app_list(a)->filter))
		(void)list_rebuild(a, NULL);
}

static void fit_free(void *data)
{
	vms_session_snapshot_free(((struct fit_job *)data)->snapshot);
	free(data);
}

/* A decision asks for other figures than the one before: what was on its way is given up. */
static void fit(struct app *app)
{
	struct fit_job *job;

	/* already on its way, or given up: then the next decision asks for it again */
	if (app->fit_generation == vms_session_generation(app->session))
		return;
	job = vms_calloc(1, sizeof(*job));
	if (!job || vms_session_snapshot(&job->snapshot, app->session, NULL)) {
		free(job);
		return;
	}
	app->fit_generation = vms_session_generation(app->session);
	worker_submit(app->opts.worker, WORKER_FIT,
		      &(struct worker_job){ .run = fit_run,
					    .take = fit_take,
					    .free = fit_free,
					    .data = job,
					    .user = app });
}

bool app_idle(struct app *a)
{
	if (!vms_session_stale(a->session))
		return false;
	fit(a);
	return !vms_session_stale(a->session);
}

bool app_cancel(struct app *a)
{
	const bool list = list_cancel(a), search = search_cancel(a),
		   fits = worker_cancel(a->opts.worker, WORKER_FIT),
		   align = worker_cancel(a->opts.worker, WORKER_ALIGN),
		   plots = worker_cancel(a->opts.worker, WORKER_PLOT);

	return list || search || fits || align || plots;
}

void app_settle(struct app *a)
{
	unsigned int k;

	do {
		for (k = 0; k < WORKER_NR; k++)
			worker_finish(a->opts.worker, (enum worker_kind)k);
	} while (app_idle(a) || worker_busy(a->opts.worker, WORKER_FIT));
}

const char *app_vcpu_words(const struct app *a, const struct vms_track *track, char *buf,
			   size_t size)
{
	char name[64], cut[64];

	if (a->trace->guests_nr > 1)
		(void)snprintf(buf, size, "%s vCPU %u",
			       fmt_cut(fmt_clean(a->trace->guests[track->guest].stream->name, name,
						 sizeof(name)),
				       12, cut, sizeof(cut)),
			       track->vcpu);
	else
		(void)snprintf(buf, size, "vCPU %u", track->vcpu);
	return buf;
}

const char *app_vcpu_short(const struct app *a, const struct vms_track *t, char *buf, size_t size)
{
	if (a->trace->guests_nr > 1)
		(void)snprintf(buf, size, "g%uv%u", t->guest, t->vcpu);
	else
		(void)snprintf(buf, size, "v%u", t->vcpu);
	return buf;
}
