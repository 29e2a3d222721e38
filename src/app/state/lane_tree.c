// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the tree of the lane picker: its rows, what is folded, and what a row stands for. */
#include "app/state/lane_tree.h"
#include "app/state/prompt.h"
#include "app/state/shown.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/state/lane_list.h"
#include "core/base/printable.h"
#include "core/base/util.h"

/* Lanes of a group that is open from the start: more fill a screen before anything else is seen. */
#define GROUP_OPEN_MAX 16u

/* Names in the tail of a row before it only counts. */
#define TAIL_NAMES 4u

/*
 * Rows of the lane picker: three switches, then a group for each guest and the host, lanes in them,
 * threads below those.
 */
enum app_lane_row_kind {
	APP_LANE_IN_VIEW, /* only lanes with something in view */
	APP_LANE_THREADS, /* host threads below the guest lanes */
	APP_LANE_OF_PAIR, /* only the lanes of the selected pair */
	APP_LANE_GROUP,	  /* all lanes of a guest, or of the host */
	APP_LANE_ONE,
	APP_LANE_THREAD, /* a vCPU's thread: stands for the host CPUs it ran on */
};

struct app_lane_row {
	enum app_lane_row_kind kind;
	int guest;     /* -1 = host; of a group, lane or thread */
	uint32_t lane; /* of a lane or thread: index into app.lanes */
};

struct tree_room {
	struct app_lane_row *row; /* those that match text; NULL before it opens */
	uint32_t nr;
	char text[APP_PROMPT_BYTES];
	uint8_t *folded; /* [guest + 1] */
};

int lane_tree_new(struct app *a, struct vms_err *err)
{
	a->tree = vms_calloc(1, sizeof(*a->tree));
	if (a->tree)
		a->tree->folded = vms_calloc((size_t)a->trace->guests_nr + 1, 1);
	return a->tree && a->tree->folded ? 0 : vms_fail(err, VMS_ENOMEM, "out of memory");
}

void lane_tree_free(struct app *a)
{
	if (a->tree) {
		free(a->tree->row);
		free(a->tree->folded);
	}
	free(a->tree);
}

static uint32_t group_nr(const struct app *a, int guest)
{
	return guest < 0 ? a->trace->host->cpus_nr : a->trace->guests[guest].stream->cpus_nr;
}

static const char *group_name(const struct app *a, int guest, char *buf, size_t size)
{
	return guest < 0 ? "host" : fmt_clean(a->trace->guests[guest].stream->name, buf, size);
}

/*
 * Lanes of the other side that a lane has to do with: where a vCPU's thread ran, or which vCPUs ran
 * here.
 */
static bool related(const struct app *a, const struct app_lane *l, const struct app_lane *other)
{
	return l->guest < 0 ? lane_ran_on(a, other, l) : lane_ran_on(a, l, other);
}

/* "pCPU0 pCPU3 +2" */
static uint32_t related_text(const struct app *app, const struct app_lane *l, char *buf,
			     size_t size)
{
	uint32_t i, nr = 0;
	size_t at = 0;

	buf[0] = '\0';
	for (i = 0; i < app_lanes(app)->nr; i++) {
		if (!related(app, l, &app_lanes(app)->lane[i]))
			continue;
		if (nr++ < TAIL_NAMES && at < size)
			at += (size_t)snprintf(buf + at, size - at, "%s%s", at ? " " : "",
					       app_lanes(app)->lane[i].label);
	}
	if (nr > TAIL_NAMES && at < size)
		(void)snprintf(buf + at, size - at, " +%u", nr - TAIL_NAMES);
	return nr;
}

static void lane_tail(const struct app *a, uint32_t lane, char *buf, size_t size)
{
	const struct app_lane *l = &app_lanes(a)->lane[lane];
	char runs[80] = "";

	if (l->guest < 0 && l->busy)
		(void)related_text(a, l, runs, sizeof(runs));
	(void)snprintf(buf, size, "%s%s%s%s", l->pinned ? "pinned" : "",
		       l->pinned && runs[0] ? ", " : "",
		       runs[0]			       ? "runs "
		       : l->guest >= 0 && l->track < 0 ? "no thread known"
						       : "",
		       runs);
}

/* What is seen of a lane is what is searched: its name, its group's, what stands behind it. */
static bool matches(const struct app *a, uint32_t lane)
{
	const struct app_lane *l = &app_lanes(a)->lane[lane];
	const char *text = a->tree->text;
	char buf[96];

	if (!text[0] || strcasestr(l->label, text) ||
	    strcasestr(group_name(a, l->guest, buf, sizeof(buf)), text))
		return true;
	lane_tail(a, lane, buf, sizeof(buf));
	return strcasestr(buf, text) != NULL;
}

static void add(struct app *a, enum app_lane_row_kind kind, int guest, uint32_t lane)
{
	a->tree->row[a->tree->nr++] =
		(struct app_lane_row){ .kind = kind, .guest = guest, .lane = lane };
}

/* @busy: those lanes only, or the others only; guests have no such order. */
static void add_lanes(struct app *app, int guest, bool busy)
{
	uint32_t i;

	for (i = 0; i < app_lanes(app)->nr; i++) {
		if (app_lanes(app)->lane[i].guest != guest ||
		    (guest < 0 && app_lanes(app)->lane[i].busy != busy) || !matches(app, i))
			continue;
		add(app, APP_LANE_ONE, guest, i);
		if (guest >= 0 && app_lanes(app)->lane[i].unfolded)
			add(app, APP_LANE_THREAD, guest, i);
	}
}

static void add_group(struct app *app, int guest)
{
	uint32_t at = app->tree->nr;

	add(app, APP_LANE_GROUP, guest, 0);
	if (app->tree->folded[guest + 1] && !app->tree->text[0])
		return;
	add_lanes(app, guest, true);
	if (guest < 0)
		add_lanes(app, guest, false);
	if (app->tree->nr == at + 1)
		app->tree->nr = at; /* nothing in it matches */
}

static void select_row(struct app *a, uint32_t row)
{
	shown_over_row(a)->sel = row;
	row_move(shown_over_row(a), 0, a->geo.text_rows);
}

/* The row of the same thing, else that of its group. */
static uint32_t row_of(const struct app *a, const struct app_lane_row *r)
{
	uint32_t i, group = 0;

	for (i = 0; i < a->tree->nr; i++) {
		const struct app_lane_row *x = &a->tree->row[i];

		if (x->kind == r->kind && x->guest == r->guest && x->lane == r->lane)
			return i;
		if (x->kind == APP_LANE_GROUP && x->guest == r->guest && r->kind >= APP_LANE_GROUP)
			group = i;
	}
	return group;
}

static uint32_t first_found(const struct app *a)
{
	uint32_t i = 0;

	while (i < a->tree->nr && a->tree->row[i].kind != APP_LANE_ONE)
		i++;
	return i < a->tree->nr ? i : 0;
}

void lane_tree_fill(struct app *app)
{
	const size_t most = 3 + (size_t)app->trace->guests_nr + 2 * (size_t)app_lanes(app)->nr;
	struct app_lane_row was = { .kind = APP_LANE_IN_VIEW };
	bool typed = strcmp(app->tree->text, app_prompt(app)->text) != 0;
	unsigned int guest;

	if (app_shown(app)->over.sel < app->tree->nr)
		was = app->tree->row[app_shown(app)->over.sel];
	(void)snprintf(app->tree->text, sizeof(app->tree->text), "%s", app_prompt(app)->text);
	free(app->tree->row);
	app->tree->nr = 0;
	app->tree->row = vms_calloc(most, sizeof(*app->tree->row));
	if (app->tree->row) {
		if (!app->tree->text[0]) {
			add(app, APP_LANE_IN_VIEW, -2, 0);
			add(app, APP_LANE_OF_PAIR, -2, 0);
			add(app, APP_LANE_THREADS, -2, 0);
		}
		for (guest = 0; guest < app->trace->guests_nr; guest++)
			add_group(app, (int)guest);
		add_group(app, -1);
	}
	shown_over_row(app)->nr = app->tree->nr;
	select_row(app, typed && app->tree->text[0] ? first_found(app) : row_of(app, &was));
}

void lane_tree_open(struct app *app)
{
	const struct app_lane_row here = {
		.kind = APP_LANE_ONE,
		.lane = app_lanes(app)->shown_nr ? lanes_selected(app) : 0,
		.guest = app_lanes(app)->shown_nr ? app_lanes(app)->lane[lanes_selected(app)].guest
						  : -1,
	};
	int g;

	if (!app->tree->row) /* the first time; later it opens as it was left */
		for (g = -1; g < (int)app->trace->guests_nr; g++)
			app->tree->folded[g + 1] = group_nr(app, g) > GROUP_OPEN_MAX;
	app->tree->text[0] = '\0';
	lane_tree_fill(app);
	select_row(app, row_of(app, &here));
}

/* Whether a row stands for a lane. */
static bool covers(const struct app *a, const struct app_lane_row *r, uint32_t lane)
{
	switch (r->kind) {
	case APP_LANE_GROUP: return app_lanes(a)->lane[lane].guest == r->guest && matches(a, lane);
	case APP_LANE_ONE: return lane == r->lane;
	case APP_LANE_THREAD:
		return lane_ran_on(a, &app_lanes(a)->lane[r->lane], &app_lanes(a)->lane[lane]);
	case APP_LANE_IN_VIEW:
	case APP_LANE_OF_PAIR:
	case APP_LANE_THREADS:
	default: return false;
	}
}

/* Lanes that a row stands for, and how many of them are shown. */
static uint32_t count(const struct app *a, const struct app_lane_row *r, uint32_t *shown_nr)
{
	uint32_t i, nr = 0;

	*shown_nr = 0;
	for (i = 0; i < app_lanes(a)->nr; i++) {
		if (!covers(a, r, i))
			continue;
		nr++;
		*shown_nr += lane_is_shown(a, i);
	}
	return nr;
}

void lane_tree_toggle(struct app *app, uint32_t row)
{
	const struct app_lane_row *lane_row = row < app->tree->nr ? &app->tree->row[row] : NULL;
	uint32_t i, nr, shown_nr;

	if (!lane_row)
		return;
	if (lane_row->kind == APP_LANE_IN_VIEW) {
		lanes_only(app, app_lanes(app)->pair_only, !app_lanes(app)->in_view_only);
	} else if (lane_row->kind == APP_LANE_THREADS) {
		(void)lanes_set(app, "threads", NULL);
	} else if (lane_row->kind == APP_LANE_OF_PAIR) {
		lanes_only(app, !app_lanes(app)->pair_only, app_lanes(app)->in_view_only);
	} else {
		nr = count(app, lane_row, &shown_nr);
		lanes_settle(app);
		for (i = 0; i < app_lanes(app)->nr; i++)
			if (covers(app, lane_row, i))
				lanes_hide(app, i, shown_nr == nr);
	}
	lanes_show(app);
	lane_tree_fill(app);
}

void lane_tree_fold(struct app *app, uint32_t row)
{
	struct app_lane_row up;

	if (row >= app->tree->nr || app->tree->row[row].kind < APP_LANE_GROUP)
		return;
	up = app->tree->row[row];
	if (up.kind == APP_LANE_GROUP) {
		app->tree->folded[up.guest + 1] = 1;
	} else if (up.kind == APP_LANE_ONE && app_lanes(app)->lane[up.lane].unfolded) {
		lanes_unfold(app, up.lane, false);
	} else {
		up.lane = up.kind == APP_LANE_THREAD ? up.lane : 0;
		up.kind = up.kind == APP_LANE_THREAD ? APP_LANE_ONE : APP_LANE_GROUP;
		select_row(app, row_of(app, &up));
		return;
	}
	lane_tree_fill(app);
}

void lane_tree_unfold(struct app *app, uint32_t row)
{
	const struct app_lane_row *lane_row = row < app->tree->nr ? &app->tree->row[row] : NULL;
	bool below = row + 1 < app->tree->nr &&
		     app->tree->row[row + 1].kind > (lane_row ? lane_row->kind : 0);

	if (!lane_row || lane_row->kind < APP_LANE_GROUP)
		return;
	if (below) {
		select_row(app, row + 1);
		return;
	}
	if (lane_row->kind == APP_LANE_GROUP)
		app->tree->folded[lane_row->guest + 1] = 0;
	else if (lane_row->kind == APP_LANE_ONE && lane_row->guest >= 0)
		lanes_unfold(app, lane_row->lane, true);
	lane_tree_fill(app);
}

bool lane_tree_enter(struct app *app, uint32_t row)
{
	const struct app_lane_row *lane_row = row < app->tree->nr ? &app->tree->row[row] : NULL;

	if (!lane_row)
		return true;
	if (lane_row->kind == APP_LANE_ONE || lane_row->kind == APP_LANE_THREAD) {
		lanes_select(app, lane_row->lane);
		return true;
	}
	if (lane_row->kind != APP_LANE_GROUP)
		lane_tree_toggle(app, row);
	else if (app->tree->folded[lane_row->guest + 1])
		lane_tree_unfold(app, row);
	else
		lane_tree_fold(app, row);
	return false;
}

static void group_text(const struct app *a, const struct app_lane_row *r, uint32_t nr,
		       uint32_t shown_nr, struct app_lane_row_text *out)
{
	out->fold = a->tree->folded[r->guest + 1] && !a->tree->text[0] ? '+' : '-';
	(void)snprintf(out->name, sizeof(out->name), "%s",
		       group_name(a, r->guest, out->tail, sizeof(out->tail)));
	if (nr == group_nr(a, r->guest))
		(void)snprintf(out->tail, sizeof(out->tail), "%u of %u %s shown", shown_nr, nr,
			       r->guest < 0 ? "CPUs" : "vCPUs");
	else
		(void)snprintf(out->tail, sizeof(out->tail), "shown %u of %u found", shown_nr, nr);
}

static void thread_text(const struct app *a, const struct app_lane_row *r,
			struct app_lane_row_text *out)
{
	const struct app_lane *l = &app_lanes(a)->lane[r->lane];
	const struct vms_track *track =
		l->track >= 0 ? vms_session_track(a->session, (unsigned int)l->track) : NULL;
	char where[72];

	(void)related_text(a, l, where, sizeof(where));
	if (track && track->thread)
		(void)snprintf(out->name, sizeof(out->name), "thread %d", track->thread->tid);
	else
		(void)snprintf(out->name, sizeof(out->name), "no thread known");
	(void)snprintf(out->tail, sizeof(out->tail), "%s%s%s", where[0] ? "ran on " : "", where,
		       track && track->thread && track->tid_inferred ? " (inferred)" : "");
}

void app_lane_row_text(const struct app *app, uint32_t row, struct app_lane_row_text *out)
{
	const struct app_lane_row *lane_row = &app->tree->row[row < app->tree->nr ? row : 0];
	uint32_t shown_nr, nr = count(app, lane_row, &shown_nr);

	*out = (struct app_lane_row_text){ .guest = lane_row->guest, .fold = ' ' };
	out->check = nr && shown_nr == nr ? 'x' : shown_nr ? '-' : ' ';
	out->depth = lane_row->kind == APP_LANE_THREAD ? 2 : lane_row->kind == APP_LANE_ONE ? 1 : 0;
	switch (lane_row->kind) {
	case APP_LANE_IN_VIEW:
		out->check = app_lanes(app)->in_view_only ? 'x' : ' ';
		(void)snprintf(out->name, sizeof(out->name), "only lanes with something in view");
		break;
	case APP_LANE_THREADS:
		out->check = app_lanes(app)->threads ? 'x' : ' ';
		(void)snprintf(out->name, sizeof(out->name), "host threads below vCPUs");
		break;
	case APP_LANE_OF_PAIR:
		out->check = app_lanes(app)->pair_only ? 'x' : ' ';
		(void)snprintf(out->name, sizeof(out->name), "only lanes of this pair");
		break;
	case APP_LANE_GROUP: group_text(app, lane_row, nr, shown_nr, out); break;
	case APP_LANE_ONE:
		out->fold = lane_row->guest < 0				    ? ' '
			    : app_lanes(app)->lane[lane_row->lane].unfolded ? '-'
									    : '+';
		(void)snprintf(out->name, sizeof(out->name), "%s",
			       app_lanes(app)->lane[lane_row->lane].label);
		lane_tail(app, lane_row->lane, out->tail, sizeof(out->tail));
		break;
	case APP_LANE_THREAD: thread_text(app, lane_row, out); break;
	}
}
