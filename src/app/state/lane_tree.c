// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the tree of the lane picker: its rows, what is folded, and what a row stands for. */
#include "app/state/lane_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/state/lane_list.h"
#include "app/words/format.h"
#include "core/base/util.h"

/* Lanes of a group that is open from the start: more fill a screen before anything else is seen. */
#define GROUP_OPEN_MAX 16u

/* Names in the tail of a row before it only counts. */
#define TAIL_NAMES 4u

/*
 * Rows of the lane picker: two switches, then a group for each guest and the host, lanes in them,
 * threads below those.
 */
enum app_lane_row_kind {
	APP_LANE_IN_VIEW, /* only lanes with something in view */
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
	a->tree = NULL;
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
static uint32_t related_text(const struct app *a, const struct app_lane *l, char *buf, size_t size)
{
	uint32_t i, nr = 0;
	size_t at = 0;

	buf[0] = '\0';
	for (i = 0; i < app_lanes(a)->nr; i++) {
		if (!related(a, l, &app_lanes(a)->lane[i]))
			continue;
		if (nr++ < TAIL_NAMES && at < size)
			at += (size_t)snprintf(buf + at, size - at, "%s%s", at ? " " : "",
					       app_lanes(a)->lane[i].label);
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
static void add_lanes(struct app *a, int guest, bool busy)
{
	uint32_t i;

	for (i = 0; i < app_lanes(a)->nr; i++) {
		if (app_lanes(a)->lane[i].guest != guest ||
		    (guest < 0 && app_lanes(a)->lane[i].busy != busy) || !matches(a, i))
			continue;
		add(a, APP_LANE_ONE, guest, i);
		if (guest >= 0 && app_lanes(a)->lane[i].unfolded)
			add(a, APP_LANE_THREAD, guest, i);
	}
}

static void add_group(struct app *a, int guest)
{
	uint32_t at = a->tree->nr;

	add(a, APP_LANE_GROUP, guest, 0);
	if (a->tree->folded[guest + 1] && !a->tree->text[0])
		return;
	add_lanes(a, guest, true);
	if (guest < 0)
		add_lanes(a, guest, false);
	if (a->tree->nr == at + 1)
		a->tree->nr = at; /* nothing in it matches */
}

static void select_row(struct app *a, uint32_t row)
{
	a->pick.sel = row;
	row_move(&a->pick, 0, a->geo.text_rows);
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

void lane_tree_fill(struct app *a)
{
	const size_t most = 3 + (size_t)a->trace->guests_nr + 2 * (size_t)app_lanes(a)->nr;
	struct app_lane_row was = { .kind = APP_LANE_IN_VIEW };
	bool typed = strcmp(a->tree->text, a->prompt.text) != 0;
	unsigned int g;

	if (a->pick.sel < a->tree->nr)
		was = a->tree->row[a->pick.sel];
	(void)snprintf(a->tree->text, sizeof(a->tree->text), "%s", a->prompt.text);
	free(a->tree->row);
	a->tree->nr = 0;
	a->tree->row = vms_calloc(most, sizeof(*a->tree->row));
	if (a->tree->row) {
		if (!a->tree->text[0]) {
			add(a, APP_LANE_IN_VIEW, -2, 0);
			add(a, APP_LANE_OF_PAIR, -2, 0);
		}
		for (g = 0; g < a->trace->guests_nr; g++)
			add_group(a, (int)g);
		add_group(a, -1);
	}
	a->pick.nr = a->tree->nr;
	select_row(a, typed && a->tree->text[0] ? first_found(a) : row_of(a, &was));
}

void lane_tree_open(struct app *a)
{
	const struct app_lane_row here = {
		.kind = APP_LANE_ONE,
		.lane = app_lanes(a)->shown_nr ? lanes_selected(a) : 0,
		.guest = app_lanes(a)->shown_nr ? app_lanes(a)->lane[lanes_selected(a)].guest : -1,
	};
	int g;

	if (!a->tree->row) /* the first time; later it opens as it was left */
		for (g = -1; g < (int)a->trace->guests_nr; g++)
			a->tree->folded[g + 1] = group_nr(a, g) > GROUP_OPEN_MAX;
	a->tree->text[0] = '\0';
	lane_tree_fill(a);
	select_row(a, row_of(a, &here));
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

void lane_tree_toggle(struct app *a, uint32_t row)
{
	const struct app_lane_row *r = row < a->tree->nr ? &a->tree->row[row] : NULL;
	uint32_t i, nr, shown_nr;

	if (!r)
		return;
	if (r->kind == APP_LANE_IN_VIEW) {
		lanes_only(a, app_lanes(a)->pair_only, !app_lanes(a)->in_view_only);
	} else if (r->kind == APP_LANE_OF_PAIR) {
		lanes_only(a, !app_lanes(a)->pair_only, app_lanes(a)->in_view_only);
	} else {
		nr = count(a, r, &shown_nr);
		lanes_settle(a);
		for (i = 0; i < app_lanes(a)->nr; i++)
			if (covers(a, r, i))
				lanes_hide(a, i, shown_nr == nr);
	}
	lanes_show(a);
	lane_tree_fill(a);
}

void lane_tree_fold(struct app *a, uint32_t row)
{
	struct app_lane_row up;

	if (row >= a->tree->nr || a->tree->row[row].kind < APP_LANE_GROUP)
		return;
	up = a->tree->row[row];
	if (up.kind == APP_LANE_GROUP) {
		a->tree->folded[up.guest + 1] = 1;
	} else if (up.kind == APP_LANE_ONE && app_lanes(a)->lane[up.lane].unfolded) {
		lanes_unfold(a, up.lane, false);
	} else {
		up.lane = up.kind == APP_LANE_THREAD ? up.lane : 0;
		up.kind = up.kind == APP_LANE_THREAD ? APP_LANE_ONE : APP_LANE_GROUP;
		select_row(a, row_of(a, &up));
		return;
	}
	lane_tree_fill(a);
}

void lane_tree_unfold(struct app *a, uint32_t row)
{
	const struct app_lane_row *r = row < a->tree->nr ? &a->tree->row[row] : NULL;
	bool below = row + 1 < a->tree->nr && a->tree->row[row + 1].kind > (r ? r->kind : 0);

	if (!r || r->kind < APP_LANE_GROUP)
		return;
	if (below) {
		select_row(a, row + 1);
		return;
	}
	if (r->kind == APP_LANE_GROUP)
		a->tree->folded[r->guest + 1] = 0;
	else if (r->kind == APP_LANE_ONE && r->guest >= 0)
		lanes_unfold(a, r->lane, true);
	lane_tree_fill(a);
}

bool lane_tree_enter(struct app *a, uint32_t row)
{
	const struct app_lane_row *r = row < a->tree->nr ? &a->tree->row[row] : NULL;

	if (!r)
		return true;
	if (r->kind == APP_LANE_ONE || r->kind == APP_LANE_THREAD) {
		lanes_select(a, r->lane);
		return true;
	}
	if (r->kind != APP_LANE_GROUP)
		lane_tree_toggle(a, row);
	else if (a->tree->folded[r->guest + 1])
		lane_tree_unfold(a, row);
	else
		lane_tree_fold(a, row);
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
	const struct vms_track *t =
		l->track >= 0 ? vms_session_track(a->session, (unsigned int)l->track) : NULL;
	char where[72];

	(void)related_text(a, l, where, sizeof(where));
	if (t && t->thread)
		(void)snprintf(out->name, sizeof(out->name), "thread %d", t->thread->tid);
	else
		(void)snprintf(out->name, sizeof(out->name), "no thread known");
	(void)snprintf(out->tail, sizeof(out->tail), "%s%s%s", where[0] ? "ran on " : "", where,
		       t && t->thread && t->tid_inferred ? " (inferred)" : "");
}

void app_lane_row_text(const struct app *a, uint32_t row, struct app_lane_row_text *out)
{
	const struct app_lane_row *r = &a->tree->row[row < a->tree->nr ? row : 0];
	uint32_t shown_nr, nr = count(a, r, &shown_nr);

	*out = (struct app_lane_row_text){ .guest = r->guest, .fold = ' ' };
	out->check = nr && shown_nr == nr ? 'x' : shown_nr ? '-' : ' ';
	out->depth = r->kind == APP_LANE_THREAD ? 2 : r->kind == APP_LANE_ONE ? 1 : 0;
	switch (r->kind) {
	case APP_LANE_IN_VIEW:
		out->check = app_lanes(a)->in_view_only ? 'x' : ' ';
		(void)snprintf(out->name, sizeof(out->name), "only lanes with something in view");
		break;
	case APP_LANE_OF_PAIR:
		out->check = app_lanes(a)->pair_only ? 'x' : ' ';
		(void)snprintf(out->name, sizeof(out->name), "only lanes of this pair");
		break;
	case APP_LANE_GROUP: group_text(a, r, nr, shown_nr, out); break;
	case APP_LANE_ONE:
		out->fold = r->guest < 0 ? ' ' : app_lanes(a)->lane[r->lane].unfolded ? '-' : '+';
		(void)snprintf(out->name, sizeof(out->name), "%s",
			       app_lanes(a)->lane[r->lane].label);
		lane_tail(a, r->lane, out->tail, sizeof(out->tail));
		break;
	case APP_LANE_THREAD: thread_text(a, r, out); break;
	}
}
