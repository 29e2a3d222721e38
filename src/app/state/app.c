// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how the application starts and ends, speaks, and answers what views ask. */
#include "app/state/app.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/state/list.h"
#include "app/commands/decide.h"
#include "app/filter/filter.h"
#include "app/words/format.h"
#include "app/words/verdict.h"
#include "app/state/greet.h"
#include "app/commands/move.h"
#include "app/state/persist.h"
#include "app/state/search.h"
#include "core/base/util.h"
#include "app/state/view.h"
#include "app/worker.h"

#define LOG_MAX 10000u

static void log_add(struct app *a, enum app_severity sev, const char *clean)
{
	size_t cap = a->log_cap;
	struct app_log_line *l;
	char *copy = vms_strdup(clean);

	if (!copy)
		return;
	if (a->log_nr == LOG_MAX) {
		free(a->log[0].text);
		memmove(a->log, a->log + 1, (LOG_MAX - 1) * sizeof(*a->log));
		a->log_nr--;
	}
	if (vms_grow(&a->log, &cap, (size_t)a->log_nr + 1, sizeof(*a->log), LOG_MAX)) {
		free(copy);
		return;
	}
	a->log_cap = (uint32_t)cap;
	l = &a->log[a->log_nr++];
	memset(l, 0, sizeof(*l));
	l->severity = sev;
	l->text = copy;
	if (a->opts.time_of_day)
		a->opts.time_of_day(a->opts.user, l->at);
	l->at[8] = '\0';
	/* The log screen stays at its end when it stands there. */
	if (a->log_row.sel + 1 >= a->log_row.nr)
		a->log_row.sel = a->log_nr - 1;
	a->log_row.nr = a->log_nr;
}

static void say(struct app *a, enum app_severity sev, bool log, const char *fmt, va_list ap)
{
	char raw[1024], clean[1024];

	(void)vsnprintf(raw, sizeof(raw), fmt, ap);
	(void)fmt_clean(raw, clean, sizeof(clean));
	(void)fmt_clean(raw, a->message, sizeof(a->message));
	a->severity = sev;
	if (log)
		log_add(a, sev, clean);
}

void app_say(struct app *a, enum app_severity sev, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(a, sev, true, fmt, ap);
	va_end(ap);
}

void app_hint(struct app *a, enum app_severity sev, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(a, sev, false, fmt, ap);
	va_end(ap);
}

int64_t app_guest_host_raw(const struct app *a, const struct vms_candidate *c)
{
	return vms_session_host_time(a->session, c->pair.guest, c->pair.guest_ev);
}

const char *app_lane_name(const struct app *a, int guest, unsigned int cpu_idx)
{
	const int lane = lanes_find(a, guest, cpu_idx);

	return lane < 0 ? "?" : a->lanes[lane].label;
}

bool app_lanes_drawn(const struct app *a)
{
	return a->screen == APP_SCREEN_MAIN && (!a->prefs.maximised || a->focus == APP_PANE_LANES);
}

unsigned int app_track(const struct app *a)
{
	const struct vms_candidate *c = app_selected(a);

	if (c)
		return c->track;
	if (a->lane_sel < a->shown_nr && a->lanes[a->shown[a->lane_sel]].track >= 0)
		return (unsigned int)a->lanes[a->shown[a->lane_sel]].track;
	return 0;
}

const char *app_verdict(const struct app *a, unsigned int track, char *buf, size_t size)
{
	const struct vms_clock *c = vms_session_clock(a->session);
	const struct vms_model_result *r = NULL;
	const struct vms_track *t;
	char by[80];

	if (track >= vms_session_tracks_nr(a->session)) {
		(void)snprintf(buf, size, "no vCPU could be tied to a host thread");
		return buf;
	}
	t = vms_session_track(a->session, track);
	r = vms_session_result(a->session, track, VMS_BY_RECORDED, VMS_OVER_NOT_REJECTED);
	if (t->align->start == VMS_ALIGN_NONE)
		(void)snprintf(buf, size, "NOT ALIGNED: A, then pair, offset or threads");
	else if (t->align->ambiguous)
		(void)snprintf(buf, size,
			       "alignment AMBIGUOUS, confidence %.2f: A, then second or pair",
			       t->align->confidence);
	else if (!r || !r->available)
		(void)snprintf(buf, size, "no recorded sync; alignment %s%s",
			       t->align && t->align->pieces_nr ? "found by " : "",
			       t->align && t->align->pieces_nr ? t->align->how : "not found");
	else
		(void)snprintf(buf, size, "recorded sync: %s",
			       verdict_text(c, t, r, by, sizeof(by)));
	return buf;
}

const char *app_result_se(const struct app *a, const struct vms_model_result *r, char *buf,
			  size_t size)
{
	const struct vms_clock *c = vms_session_clock(a->session);
	char se[FMT_SIZE];

	if (!r)
		(void)snprintf(buf, size, "se: no such model");
	else if (!r->available)
		(void)snprintf(buf, size, "se: %s", r->why_not[0] ? r->why_not : "not available");
	else if (!isfinite(r->se_raw))
		(void)snprintf(buf, size, "se: %s", r->se_why[0] ? r->se_why : "not defined");
	else
		(void)snprintf(buf, size, "se %s",
			       fmt_span(c, r->se_raw * (c->ns_per_unit > 0 ? c->ns_per_unit : 1),
					se, sizeof(se)));
	return buf;
}

void app_set_geometry(struct app *a, const struct app_geometry *g)
{
	bool cols = g->lane_cols != a->view.cols;
	uint32_t lane = a->shown_nr ? a->shown[a->lane_sel] : 0;

	a->geo = *g;
	list_sideways(a, VMS_MIN(app_list(a)->left, g->list_left_max));
	if (text_left(a))
		*text_left(a) = VMS_MIN(*text_left(a), g->text_left_max);
	if (cols) {
		a->view.cols = g->lane_cols;
		if (a->view_fresh)
			view_first(a);
		else if (a->view_whole)
			view_init(a);
		else
			view_move(a, a->view.t0_raw, a->view.w_raw);
		/* The cursor stays on the screen when that shrinks. */
		if (!a->view_whole)
			view_cursor(a, a->cursor_raw, false);
	}
	list_scroll(a);
	if (a->shown_nr)
		lanes_select(a, lane);
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
static void fit(struct app *a)
{
	struct fit_job *job;

	/* already on its way, or given up: then the next decision asks for it again */
	if (a->fit_generation == vms_session_generation(a->session))
		return;
	job = vms_calloc(1, sizeof(*job));
	if (!job || vms_session_snapshot(&job->snapshot, a->session, NULL)) {
		free(job);
		return;
	}
	a->fit_generation = vms_session_generation(a->session);
	worker_submit(a->opts.worker, WORKER_FIT,
		      &(struct worker_job){ .run = fit_run,
					    .take = fit_take,
					    .free = fit_free,
					    .data = job,
					    .user = a });
}

bool app_idle(struct app *a)
{
	if (a->unfinished) {
		a->unfinished = false;
		return true;
	}
	if (!vms_session_stale(a->session))
		return false;
	fit(a);
	return !vms_session_stale(a->session);
}

bool app_cancel(struct app *a)
{
	const bool list = list_cancel(a), search = worker_busy(a->opts.worker, WORKER_SEARCH),
		   fits = worker_cancel(a->opts.worker, WORKER_FIT),
		   align = worker_cancel(a->opts.worker, WORKER_ALIGN);

	if (search)
		search_forget(a);
	return list || search || fits || align;
}

void app_settle(struct app *a)
{
	unsigned int k;

	do {
		for (k = 0; k < WORKER_NR; k++)
			worker_finish(a->opts.worker, (enum worker_kind)k);
	} while (app_idle(a) || worker_busy(a->opts.worker, WORKER_FIT));
}

const char *app_vcpu_words(const struct app *a, const struct vms_track *t, char *buf, size_t size)
{
	char name[64], cut[64];

	if (a->trace->guests_nr > 1)
		(void)snprintf(buf, size, "%s vCPU %u",
			       fmt_cut(fmt_clean(a->trace->guests[t->guest].stream->name, name,
						 sizeof(name)),
				       12, cut, sizeof(cut)),
			       t->vcpu);
	else
		(void)snprintf(buf, size, "vCPU %u", t->vcpu);
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

static int start(struct app *a, struct vms_err *err)
{
	int ret;

	settings_defaults(a);
	ret = bindings_new(&a->bindings, err);
	if (!ret)
		ret = list_new(a, err);
	if (!ret)
		ret = search_new(a, err);
	if (!ret)
		ret = lanes_init(a, err);
	if (ret)
		return ret;
	events_forget(a);
	view_init(a);
	a->cursor_raw = a->first_raw;
	ret = files_open(a, err);
	if (ret)
		return ret;
	ret = list_first(a, err);
	if (ret)
		return ret;
	view_first(a);
	a->steps_seen = vms_session_steps(a->session);
	a->saved_steps = a->steps_seen;
	settings_load(a);
	history_load(a);
	return 0;
}

int app_new(struct app **out, struct vms_session *s, const struct app_opts *o, struct vms_err *err)
{
	struct app *a = vms_calloc(1, sizeof(*a));
	int ret;

	if (!a)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	a->session = s;
	a->trace = vms_session_trace(s);
	a->opts = *o;
	a->screen = APP_SCREEN_MAIN;
	a->focus = APP_PANE_LIST;
	a->follow = APP_FOLLOW_ON;
	a->view_fresh = true;
	a->view.cols = 64;
	a->geo = (struct app_geometry){ .rows = 24,
					.cols = 80,
					.lane_cols = 64,
					.lane_rows = 5,
					.list_rows = 5,
					.details = true,
					.text_rows = 10 };
	a->drawn_sel = VMS_ID_NONE;
	a->event_sel.ref.cpu = -1;
	a->last_command = -1;
	if (o->output_path)
		(void)snprintf(a->save_path, sizeof(a->save_path), "%s", o->output_path);
	else
		(void)snprintf(a->save_path, sizeof(a->save_path), "%s.anchors",
			       a->trace->host->path);
	ret = start(a, err);
	if (ret) {
		app_free(a);
		return ret;
	}
	app_greet(a);
	*out = a;
	return 0;
}

void app_free(struct app *a)
{
	uint32_t i;

	if (!a)
		return;
	history_save(a);
	files_close(a);
	bindings_free(a->bindings);
	events_free(a);
	text_free(a);
	for (i = 0; i < a->log_nr; i++)
		free(a->log[i].text);
	for (i = 0; i < a->history_nr; i++)
		free(a->history[i]);
	free(a->log);
	free(a->history);
	free(a->views);
	free(a->lanes);
	free(a->shown);
	search_free(a);
	list_free(a);
	free(a->prompt.comp);
	free(a->help);
	free(a->ran_on);
	free(a->lane_rows);
	free(a->lane_groups_folded);
	free(a->pick_rows);
	free(a->copy_text);
	free(a);
}
