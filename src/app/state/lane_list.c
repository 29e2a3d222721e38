// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows which lanes exist, which are shown and in which order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/state/lane_list.h"
#include "app/state/list.h"
#include "core/base/util.h"

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

static void add_lane(struct app *a, int guest, unsigned int cpu_idx, uint32_t cpu)
{
	struct app_lane *l = &a->lanes->lane[a->lanes->shown.nr++];

	l->guest = guest;
	l->cpu_idx = cpu_idx;
	l->track = guest < 0 || !a->session
			   ? -1
			   : vms_session_track_of(a->session, (unsigned int)guest, cpu_idx);
	if (guest < 0)
		(void)snprintf(l->label, sizeof(l->label), "pCPU%u", cpu);
	else if (a->trace->guests_nr > 1)
		(void)snprintf(l->label, sizeof(l->label), "g%dv%u", guest, cpu);
	else
		(void)snprintf(l->label, sizeof(l->label), "vCPU%u", cpu);
}

/* Host CPUs on which vCPU threads of the recording ran. */
void lanes_ran(struct app *a)
{
	const unsigned int cpus_nr = a->trace->host->cpus_nr,
			   tracks_nr = a->session ? vms_session_tracks_nr(a->session) : 0;
	const uint32_t hosts = a->lanes->shown.nr - cpus_nr; /* host lanes are the last */
	unsigned int k;
	uint32_t i;

	for (i = hosts; i < a->lanes->shown.nr; i++)
		a->lanes->lane[i].busy = false;
	free(a->lanes->ran_on);
	/* without memory for it lanes have no order of preference */
	a->lanes->ran_on = vms_calloc((size_t)tracks_nr * cpus_nr + 1, 1);
	for (k = 0; a->lanes->ran_on && k < tracks_nr; k++) {
		const struct vms_thread *t = vms_session_track(a->session, k)->thread;

		for (i = 0; t && i < t->stretches_nr; i++) {
			a->lanes->ran_on[(size_t)k * cpus_nr + t->stretches[i].pcpu] = 1;
			a->lanes->lane[hosts + t->stretches[i].pcpu].busy = true;
		}
	}
}

bool lane_ran_on(const struct app *a, const struct app_lane *guest, const struct app_lane *host)
{
	if (guest->guest < 0 || host->guest >= 0 || guest->track < 0 || !a->lanes->ran_on)
		return false;
	return a->lanes->ran_on[(size_t)guest->track * a->trace->host->cpus_nr + host->cpu_idx] !=
	       0;
}

int lanes_new(struct app *a, struct vms_err *err)
{
	uint32_t nr = a->trace->host->cpus_nr;
	unsigned int g, c;

	for (g = 0; g < a->trace->guests_nr; g++)
		nr += a->trace->guests[g].stream->cpus_nr;
	a->lanes = vms_calloc(1, sizeof(*a->lanes));
	if (!a->lanes)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	a->lanes->shown.lane = a->lanes->lane = vms_calloc(nr, sizeof(*a->lanes->lane));
	a->lanes->shown.shown = a->lanes->order = vms_calloc(nr, sizeof(*a->lanes->order));
	if (!a->lanes->lane || !a->lanes->order)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (g = 0; g < a->trace->guests_nr; g++)
		for (c = 0; c < a->trace->guests[g].stream->cpus_nr; c++)
			add_lane(a, (int)g, c, a->trace->guests[g].stream->cpus[c].cpu);
	for (c = 0; c < a->trace->host->cpus_nr; c++)
		add_lane(a, -1, c, a->trace->host->cpus[c].cpu);
	lanes_ran(a);
	lanes_show(a);
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

void lanes_show(struct app *a)
{
	uint32_t keep = a->lanes->shown.sel < a->lanes->shown.shown_nr
				? a->lanes->order[a->lanes->shown.sel]
				: 0,
		 i;
	unsigned int r;

	a->lanes->shown.shown_nr = 0;
	for (r = 0; r < 8; r++)
		for (i = 0; i < a->lanes->shown.nr; i++)
			if (lane_is_shown(a, i) && rank(&a->lanes->lane[i]) == r)
				a->lanes->order[a->lanes->shown.shown_nr++] = i;
	if (a->lanes->shown.sel >= a->lanes->shown.shown_nr)
		a->lanes->shown.sel = a->lanes->shown.shown_nr ? a->lanes->shown.shown_nr - 1 : 0;
	lanes_select(a, keep);
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

int lanes_set(struct app *a, const char *what, struct vms_err *err)
{
	const int hit = lanes_named(a, what);
	uint32_t i;

	if (hit >= 0) {
		lanes_settle(a);
		a->lanes->lane[hit].hidden = !a->lanes->lane[hit].hidden;
	} else if (!strcmp(what, "view")) {
		a->lanes->shown.in_view_only = !a->lanes->shown.in_view_only;
	} else if (!strcmp(what, "pair")) {
		a->lanes->shown.pair_only = true;
	} else if (!strcmp(what, "all") || !strcmp(what, "busy")) {
		a->lanes->shown.pair_only = false;
		for (i = 0; i < a->lanes->shown.nr; i++)
			a->lanes->lane[i].hidden = what[0] == 'b' && a->lanes->lane[i].guest < 0 &&
						   !a->lanes->lane[i].busy;
	} else {
		return vms_fail(
			err, VMS_EUSAGE,
			"no lane '%.40s'; lanes are named vCPU0, pCPU2; or all, pair, busy, view",
			what);
	}
	lanes_show(a);
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
	a->lanes = NULL;
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
