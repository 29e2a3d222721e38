// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows which lanes exist, which are shown and in which order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/state/view.h"
#include "app/state/list.h"
#include "core/base/util.h"

static void add_lane(struct app *a, int guest, unsigned int cpu_idx, uint32_t cpu)
{
	struct app_lane *l = &a->lanes[a->lanes_nr++];

	l->guest = guest;
	l->cpu_idx = cpu_idx;
	l->track = guest < 0 ? -1 : vms_session_track_of(a->session, (unsigned int)guest, cpu_idx);
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
			   tracks_nr = vms_session_tracks_nr(a->session);
	const uint32_t hosts = a->lanes_nr - cpus_nr; /* host lanes are the last */
	unsigned int k;
	uint32_t i;

	for (i = hosts; i < a->lanes_nr; i++)
		a->lanes[i].busy = false;
	free(a->ran_on);
	/* without memory for it lanes have no order of preference */
	a->ran_on = vms_calloc((size_t)tracks_nr * cpus_nr + 1, 1);
	for (k = 0; a->ran_on && k < tracks_nr; k++) {
		const struct vms_thread *t = vms_session_track(a->session, k)->thread;

		for (i = 0; t && i < t->stretches_nr; i++) {
			a->ran_on[(size_t)k * cpus_nr + t->stretches[i].pcpu] = 1;
			a->lanes[hosts + t->stretches[i].pcpu].busy = true;
		}
	}
}

bool lane_ran_on(const struct app *a, const struct app_lane *guest, const struct app_lane *host)
{
	if (guest->guest < 0 || host->guest >= 0 || guest->track < 0 || !a->ran_on)
		return false;
	return a->ran_on[(size_t)guest->track * a->trace->host->cpus_nr + host->cpu_idx] != 0;
}

int lanes_init(struct app *a, struct vms_err *err)
{
	uint32_t nr = a->trace->host->cpus_nr;
	unsigned int g, c;

	for (g = 0; g < a->trace->guests_nr; g++)
		nr += a->trace->guests[g].stream->cpus_nr;
	a->lanes = vms_calloc(nr, sizeof(*a->lanes));
	a->shown = vms_calloc(nr, sizeof(*a->shown));
	a->lane_groups_folded =
		vms_calloc((size_t)a->trace->guests_nr + 1, sizeof(*a->lane_groups_folded));
	if (!a->lanes || !a->shown || !a->lane_groups_folded)
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

	for (i = 0; i < a->lanes_nr; i++)
		if (a->lanes[i].guest == guest && a->lanes[i].cpu_idx == cpu_idx)
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
	const struct app_lane *l = &a->lanes[lane];

	return a->lanes_pair_only ? l->pinned || of_pair(a, l) : !l->hidden;
}

void lanes_settle(struct app *a)
{
	uint32_t i;

	for (i = 0; i < a->lanes_nr; i++)
		a->lanes[i].hidden = !lane_is_shown(a, i);
	a->lanes_pair_only = false;
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
	uint32_t keep = a->lane_sel < a->shown_nr ? a->shown[a->lane_sel] : 0, i;
	unsigned int r;

	a->shown_nr = 0;
	for (r = 0; r < 8; r++)
		for (i = 0; i < a->lanes_nr; i++)
			if (lane_is_shown(a, i) && rank(&a->lanes[i]) == r)
				a->shown[a->shown_nr++] = i;
	if (a->lane_sel >= a->shown_nr)
		a->lane_sel = a->shown_nr ? a->shown_nr - 1 : 0;
	lanes_select(a, keep);
}

void lanes_select(struct app *a, uint32_t lane)
{
	uint32_t i;

	for (i = 0; i < a->shown_nr; i++)
		if (a->shown[i] == lane)
			a->lane_sel = i;
}

int lanes_named(const struct app *a, const char *label)
{
	uint32_t i;

	for (i = 0; i < a->lanes_nr; i++)
		if (!strcasecmp(a->lanes[i].label, label))
			return (int)i;
	return -1;
}

int lanes_set(struct app *a, const char *what, struct vms_err *err)
{
	const int hit = lanes_named(a, what);
	uint32_t i;

	if (hit >= 0) {
		lanes_settle(a);
		a->lanes[hit].hidden = !a->lanes[hit].hidden;
	} else if (!strcmp(what, "view")) {
		a->lanes_in_view_only = !a->lanes_in_view_only;
	} else if (!strcmp(what, "pair")) {
		a->lanes_pair_only = true;
	} else if (!strcmp(what, "all") || !strcmp(what, "busy")) {
		a->lanes_pair_only = false;
		for (i = 0; i < a->lanes_nr; i++)
			a->lanes[i].hidden =
				what[0] == 'b' && a->lanes[i].guest < 0 && !a->lanes[i].busy;
	} else {
		return vms_fail(
			err, VMS_EUSAGE,
			"no lane '%.40s'; lanes are named vCPU0, pCPU2; or all, pair, busy, view",
			what);
	}
	lanes_show(a);
	return 0;
}
