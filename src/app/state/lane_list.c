// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows which lanes exist, which are shown and in which order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/state/lane_list.h"
#include "core/base/printable.h"
#include "app/state/list.h"
#include "core/base/util.h"

/*
 * Where a vCPU ran on more host CPUs than this, host threads stand below the guests' lanes; and
 * where it moved at all, with more vCPUs than host CPUs.
 */
#define THREADS_FROM_CPUS 2u

struct lanes_room {
	struct app_lanes shown;
	struct app_lane *lane;
	uint32_t *order;
	uint8_t *ran_on; /* [track * host CPUs + CPU]: the track's thread ran there */
};

const struct app_lanes *app_lanes(const struct app *a)
{
	return &a->lanes->shown;
}

static void add_lane(struct app *app, int guest, unsigned int cpu_idx, uint32_t cpu)
{
	struct app_lane *lane = &app->lanes->lane[app->lanes->shown.nr++];

	lane->guest = guest;
	lane->cpu_idx = cpu_idx;
	lane->track = guest < 0 || !app->session
			      ? -1
			      : vms_session_track_of(app->session, (unsigned int)guest, cpu_idx);
	if (guest < 0)
		(void)snprintf(lane->label, sizeof(lane->label), "pCPU%u", cpu);
	else if (app->trace->guests_nr > 1)
		(void)snprintf(lane->label, sizeof(lane->label), "%s/v%u",
			       app_guest_short(app, (unsigned int)guest, BUF(APP_SHORT_CHARS - 12)),
			       cpu);
	else
		(void)snprintf(lane->label, sizeof(lane->label), "vCPU%u", cpu);
}

/* Host CPUs on which vCPU threads of the recording ran. */
void lanes_ran(struct app *app)
{
	const unsigned int cpus_nr = app->trace->host->cpus_nr,
			   tracks_nr = app->session ? vms_session_tracks_nr(app->session) : 0;
	const uint32_t hosts = app->lanes->shown.nr - cpus_nr; /* host lanes are the last */
	unsigned int k;
	uint32_t i;

	for (i = hosts; i < app->lanes->shown.nr; i++)
		app->lanes->lane[i].busy = false;
	free(app->lanes->ran_on);
	/* without memory for it lanes have no order of preference */
	app->lanes->ran_on = vms_calloc((size_t)tracks_nr * cpus_nr + 1, 1);
	app->lanes->shown.threads = false;
	for (k = 0; app->lanes->ran_on && k < tracks_nr; k++) {
		const struct vms_thread *t = vms_session_track(app->session, k)->thread;
		unsigned int cpu, places = 0;

		for (i = 0; t && i < t->stretches_nr; i++) {
			app->lanes
				->ran_on[(size_t)k * cpus_nr + vms_stretch_pcpu(&t->stretches[i])] =
				1;
			app->lanes->lane[hosts + vms_stretch_pcpu(&t->stretches[i])].busy = true;
		}
		for (cpu = 0; cpu < cpus_nr; cpu++)
			places += app->lanes->ran_on[(size_t)k * cpus_nr + cpu];
		/* who moves about, or has to share, is not found in lanes of CPUs */
		app->lanes->shown.threads |= places > (tracks_nr > cpus_nr ? 1 : THREADS_FROM_CPUS);
	}
}

bool lane_ran_on(const struct app *a, const struct app_lane *guest, const struct app_lane *host)
{
	if (guest->guest < 0 || host->guest >= 0 || guest->track < 0 || !a->lanes->ran_on)
		return false;
	return a->lanes->ran_on[(size_t)guest->track * a->trace->host->cpus_nr + host->cpu_idx] !=
	       0;
}

int lanes_new(struct app *app, struct vms_err *err)
{
	uint32_t nr = app->trace->host->cpus_nr;
	unsigned int guest, cpu_idx;

	for (guest = 0; guest < app->trace->guests_nr; guest++)
		nr += app->trace->guests[guest].stream->cpus_nr;
	app->lanes = vms_calloc(1, sizeof(*app->lanes));
	if (!app->lanes)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	app->lanes->shown.lane = app->lanes->lane = vms_calloc(nr, sizeof(*app->lanes->lane));
	app->lanes->shown.shown = app->lanes->order = vms_calloc(nr, sizeof(*app->lanes->order));
	if (!app->lanes->lane || !app->lanes->order)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (guest = 0; guest < app->trace->guests_nr; guest++)
		for (cpu_idx = 0; cpu_idx < app->trace->guests[guest].stream->cpus_nr; cpu_idx++)
			add_lane(app, (int)guest, cpu_idx,
				 app->trace->guests[guest].stream->cpus[cpu_idx].cpu);
	for (cpu_idx = 0; cpu_idx < app->trace->host->cpus_nr; cpu_idx++)
		add_lane(app, -1, cpu_idx, app->trace->host->cpus[cpu_idx].cpu);
	lanes_ran(app);
	lanes_show(app);
	return 0;
}

int lanes_find(const struct app *a, int guest, unsigned int cpu_idx)
{
	uint32_t i;

	for (i = 0; i < a->lanes->shown.nr; i++)
		if (a->lanes->lane[i].guest == guest && a->lanes->lane[i].cpu_idx == cpu_idx)
			return (int)i;
	return -1;
}

static bool of_pair(const struct app *a, const struct app_lane *l)
{
	const struct vms_candidate *c = app_selected(a);

	if (!c)
		return true;
	if (l->guest < 0)
		return (int32_t)l->cpu_idx == c->pair.host_ev.cpu;
	return l->guest == c->pair.guest && (int32_t)l->cpu_idx == c->pair.guest_ev.cpu;
}

bool lane_is_shown(const struct app *a, uint32_t lane)
{
	const struct app_lane *l = &a->lanes->lane[lane];

	return a->lanes->shown.pair_only ? l->pinned || of_pair(a, l) : !l->hidden;
}

void lanes_settle(struct app *a)
{
	uint32_t i;

	for (i = 0; i < a->lanes->shown.nr; i++)
		a->lanes->lane[i].hidden = !lane_is_shown(a, i);
	a->lanes->shown.pair_only = false;
}

/*
 * Guests above hosts, so that the match row stands between them; in each, pinned, then busy, then
 * the rest.
 */
static unsigned int rank(const struct app_lane *l)
{
	return (l->guest < 0 ? 4u : 0u) + (l->pinned ? 0u : l->busy || l->guest >= 0 ? 1u : 2u);
}

void lanes_show(struct app *app)
{
	uint32_t keep = app->lanes->shown.sel < app->lanes->shown.shown_nr
				? app->lanes->order[app->lanes->shown.sel]
				: 0,
		 i;
	unsigned int r;

	app->lanes->shown.shown_nr = 0;
	for (r = 0; r < 8; r++)
		for (i = 0; i < app->lanes->shown.nr; i++)
			if (lane_is_shown(app, i) && rank(&app->lanes->lane[i]) == r)
				app->lanes->order[app->lanes->shown.shown_nr++] = i;
	if (app->lanes->shown.sel >= app->lanes->shown.shown_nr)
		app->lanes->shown.sel =
			app->lanes->shown.shown_nr ? app->lanes->shown.shown_nr - 1 : 0;
	lanes_select(app, keep);
}

void lanes_select(struct app *a, uint32_t lane)
{
	uint32_t i;

	for (i = 0; i < a->lanes->shown.shown_nr; i++)
		if (a->lanes->order[i] == lane)
			a->lanes->shown.sel = i;
}

int lanes_named(const struct app *a, const char *label)
{
	uint32_t i;

	for (i = 0; i < a->lanes->shown.nr; i++)
		if (!strcasecmp(a->lanes->lane[i].label, label))
			return (int)i;
	return -1;
}

int lanes_set(struct app *app, const char *what, struct vms_err *err)
{
	const int hit = lanes_named(app, what);
	uint32_t i;

	if (hit >= 0) {
		lanes_settle(app);
		app->lanes->lane[hit].hidden = !app->lanes->lane[hit].hidden;
	} else if (!strcmp(what, "view")) {
		app->lanes->shown.in_view_only = !app->lanes->shown.in_view_only;
	} else if (!strcmp(what, "threads")) {
		app->lanes->shown.threads = !app->lanes->shown.threads;
	} else if (!strcmp(what, "pair")) {
		app->lanes->shown.pair_only = true;
	} else if (!strcmp(what, "all") || !strcmp(what, "busy")) {
		app->lanes->shown.pair_only = false;
		for (i = 0; i < app->lanes->shown.nr; i++)
			app->lanes->lane[i].hidden = what[0] == 'b' &&
						     app->lanes->lane[i].guest < 0 &&
						     !app->lanes->lane[i].busy;
	} else {
		return vms_fail(
			err, VMS_EUSAGE,
			"no lane '%s'; lanes are vCPU0, pCPU2; or all, pair, busy, view, threads",
			what);
	}
	lanes_show(app);
	return 0;
}

const char *app_lane_name(const struct app *a, int guest, unsigned int cpu_idx)
{
	const int lane = lanes_find(a, guest, cpu_idx);

	return lane < 0 ? "?" : a->lanes->lane[lane].label;
}

void lanes_free(struct app *a)
{
	if (a->lanes) {
		free(a->lanes->lane);
		free(a->lanes->order);
		free(a->lanes->ran_on);
	}
	free(a->lanes);
}

uint32_t lanes_selected(const struct app *a)
{
	const struct app_lanes *shown = &a->lanes->shown;

	return shown->sel < shown->shown_nr ? shown->shown[shown->sel] : UINT32_MAX;
}

void lanes_pin(struct app *a, uint32_t lane)
{
	struct app_lane *l = &a->lanes->lane[lane];

	l->pinned = !l->pinned;
	l->hidden = l->hidden && !l->pinned;
	lanes_show(a);
	lanes_select(a, lane);
}

void lanes_hide(struct app *a, uint32_t lane, bool hidden)
{
	a->lanes->lane[lane].hidden = hidden;
}

void lanes_unfold(struct app *a, uint32_t lane, bool unfolded)
{
	a->lanes->lane[lane].unfolded = unfolded;
}

void lanes_only(struct app *a, bool pair, bool in_view)
{
	a->lanes->shown.pair_only = pair;
	a->lanes->shown.in_view_only = in_view;
}
