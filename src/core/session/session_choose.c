// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which of some lines hold when: the cheapest way through all events of a vCPU. */
#include "core/session/session_impl.h"

#include <stdlib.h>
#include <string.h>

/* A byte for each event and line: memory, and a second of time. */
#define CELLS_MAX 8000000u
/* Dearer than any way with no step back in host time. */
#define NEVER (INT64_MAX / 2)

/* One line at the event in question. */
struct way {
	struct session_line line;
	int64_t cost;		      /* least, of all ways that end on this line */
	int64_t host_raw, before_raw; /* where it puts this event, and the one before */
	int64_t width_raw;
};

struct chooser {
	struct way *way;
	unsigned int nr;
	uint8_t *from; /* by event and line: which line the event before is on */
	int64_t step_cost;
};

/* A step from line @a to line @b: host time goes on. */
static bool may_step(const struct way *a, const struct way *b)
{
	return vms_sat_add_i64(b->host_raw, vms_sat_add_i64(a->width_raw, b->width_raw)) >=
	       a->before_raw;
}

/* What leads to line @b at an event: staying on it, or the cheapest other one. */
static uint8_t best_before(const struct chooser *c, const int64_t *cost, unsigned int b,
			   int64_t least, int64_t *best)
{
	uint8_t from = (uint8_t)b;
	unsigned int a;

	*best = cost[b];
	for (a = 0; a < c->nr; a++) {
		if (*best <= least + c->step_cost)
			break;
		if (cost[a] + c->step_cost >= *best || !may_step(&c->way[a], &c->way[b]))
			continue;
		*best = cost[a] + c->step_cost;
		from = (uint8_t)a;
	}
	return from;
}

static void advance(struct chooser *c, uint32_t event, int64_t *cost)
{
	int64_t least = NEVER;
	unsigned int i;

	for (i = 0; i < c->nr; i++) {
		struct way *w = &c->way[i];

		w->before_raw = w->host_raw;
		w->host_raw = session_line_host(&w->line, event);
		cost[i] = w->cost;
		least = VMS_MIN(least, w->cost);
	}
	for (i = 0; i < c->nr; i++) {
		int64_t best = cost[i];

		c->from[(size_t)event * c->nr + i] =
			event ? best_before(c, cost, i, least, &best) : (uint8_t)i;
		c->way[i].cost = best + session_line_against(&c->way[i].line, event);
	}
}

/* The cheapest way back from the last event, as pieces. */
static int pieces_of(const struct chooser *c, const struct vms_cpu *cpu,
		     const struct vms_band_segment *const *seg, struct vms_piece **out,
		     unsigned int *nr)
{
	unsigned int at = 0, i;
	size_t cap = 0;
	uint32_t event;

	*nr = 0;
	*out = NULL;
	for (i = 1; i < c->nr; i++)
		if (c->way[i].cost < c->way[at].cost)
			at = i;
	for (event = cpu->nr; event-- > 0;) {
		const unsigned int before = c->from[(size_t)event * c->nr + at];

		if (event && before == at)
			continue;
		if (vms_grow(out, &cap, *nr + 1, sizeof(**out), UINT32_MAX))
			return -VMS_ENOMEM;
		(*out)[*nr] = seg[at]->middle;
		(*out)[*nr].from_idx = event;
		(*out)[(*nr)++].from_raw = cpu->time_raw[event];
		at = before;
	}
	for (i = 0; i < *nr / 2; i++) {
		const struct vms_piece p = (*out)[i];

		(*out)[i] = (*out)[*nr - 1 - i];
		(*out)[*nr - 1 - i] = p;
	}
	return 0;
}

int session_pieces_choose(const struct vms_session *session, const struct vms_track *track,
			  const struct vms_constraints *cons,
			  const struct vms_band_segment *const *seg, unsigned int segs_nr,
			  struct vms_piece **out, unsigned int *nr, struct vms_err *err)
{
	const struct vms_cpu *cpu =
		&session->trace->guests[track->guest].stream->cpus[track->cpu_idx];
	struct chooser c = {
		.nr = VMS_MIN(segs_nr, VMS_MIN(SESSION_LINES_MAX, CELLS_MAX / (cpu->nr + 1u))),
		.step_cost = (int64_t)SESSION_STEP_PENALTY * SESSION_EVENT_COST,
	};
	int64_t cost[SESSION_LINES_MAX];
	unsigned int i;
	uint32_t event;
	int ret = 0;

	*out = NULL;
	*nr = 0;
	if (!c.nr)
		return 0;
	c.way = vms_calloc(c.nr, sizeof(*c.way));
	c.from = vms_calloc((size_t)c.nr * cpu->nr, sizeof(*c.from));
	if (!c.way || !c.from)
		ret = -VMS_ENOMEM;
	for (i = 0; i < c.nr && !ret; i++) {
		c.way[i].width_raw = vms_sat_sub_i64(seg[i]->hi_raw, seg[i]->lo_raw);
		ret = session_line_begin(&c.way[i].line, session, track, cons, seg[i], err);
		c.way[i].line.shadow_weight = 1; /* as beyond the recording */
	}
	for (event = 0; event < cpu->nr && !ret; event++)
		advance(&c, event, cost);
	if (!ret)
		ret = pieces_of(&c, cpu, seg, out, nr);
	for (i = 0; c.way && i < c.nr; i++)
		session_line_end(&c.way[i].line);
	free(c.way);
	free(c.from);
	if (ret == -VMS_ENOMEM)
		return vms_fail(err, VMS_ENOMEM, "out of memory while choosing lines");
	return ret;
}
