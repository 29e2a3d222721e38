// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the merged order of host and guest events under the model in force. */
#include <stdlib.h>
#include <string.h>

#include "app/state/events.h"
#include "app/state/lane_list.h"
#include "app/state/list.h"
#include "app/state/view.h"
#include "core/base/bisect.h"
#include "core/base/util.h"

/*
 * Per lane: whether mapped times ascend. Where they do not (a guest clock set back, a model that
 * steps), a sorted permutation stands in, so that every event keeps a place. Filled when first
 * asked for.
 */
struct order {
	bool known;
	uint32_t *perm; /* NULL: the CPU's own order ascends */
};

struct events_room {
	struct app_events shown;
	struct order *lane;
	uint32_t lanes_nr;
	struct app_miss miss;
};

const struct app_events *app_events(const struct app *a)
{
	return &a->events->shown;
}

void events_select(struct app *a, const struct app_event *event, uint32_t line)
{
	const struct app_event none = { .ref = VMS_REF_NONE };

	a->events->shown.sel = event ? *event : none;
	a->events->shown.line = line;
}

const struct app_miss *app_miss(const struct app *app)
{
	const struct app_miss *miss = app->events ? &app->events->miss : NULL;

	return miss && miss->event.ref.cpu >= 0 && miss->pair == app_list(app)->sel &&
			       miss->event.host_raw == app_view(app)->cursor_raw &&
			       miss->event.host_raw ==
				       vms_session_host_time(app->session,
							     (unsigned int)miss->event.guest,
							     miss->event.ref)
		       ? miss
		       : NULL;
}

void events_miss(struct app *app, const struct app_miss *miss)
{
	app->events->miss = *miss;
	app->events->miss.pair = app_list(app)->sel;
}

void events_bound(struct app *a, uint32_t nr)
{
	a->events->shown.binding = nr;
}

void events_sideways(struct app *a, uint32_t left)
{
	a->events->shown.left = left;
}

static const struct vms_stream *stream_of(const struct app *a, const struct app_lane *l)
{
	return l->guest < 0 ? a->trace->host : a->trace->guests[l->guest].stream;
}

static int64_t time_of(const struct app *a, const struct app_lane *l, uint32_t idx)
{
	struct vms_ref ref = { .cpu = (int32_t)l->cpu_idx, .idx = idx };

	if (l->guest < 0)
		return a->trace->host->cpus[l->cpu_idx].time_raw[idx];
	return vms_session_host_time(a->session, (unsigned int)l->guest, ref);
}

struct keyed {
	int64_t t;
	uint32_t idx;
};

static int by_time(const void *pa, const void *pb)
{
	const struct keyed *a = pa, *b = pb;

	if (a->t != b->t)
		return a->t < b->t ? -1 : 1;
	return (a->idx > b->idx) - (a->idx < b->idx);
}

static void sort_lane(const struct app *app, const struct app_lane *lane, uint32_t nr,
		      struct order *order)
{
	struct keyed *keyed = vms_calloc(nr, sizeof(*keyed));
	uint32_t i;

	order->perm = vms_calloc(nr, sizeof(*order->perm));
	if (!keyed || !order->perm) {
		/* Without memory the file's own order is shown: near enough to look at. */
		free(order->perm);
		free(keyed);
		order->perm = NULL;
		return;
	}
	for (i = 0; i < nr; i++) {
		keyed[i].t = time_of(app, lane, i);
		keyed[i].idx = i;
	}
	qsort(keyed, nr, sizeof(*keyed), by_time);
	for (i = 0; i < nr; i++)
		order->perm[i] = keyed[i].idx;
	free(keyed);
}

static const struct order *order_of(const struct app *app, uint32_t lane_at)
{
	static const struct order plain = { .known = true };
	const struct app_lane *lane = &app_lanes(app)->lane[lane_at];
	const struct vms_cpu *cpu = &stream_of(app, lane)->cpus[lane->cpu_idx];
	struct order *order;

	if (lane_at >= app->events->lanes_nr || (lane->guest < 0 && cpu->sorted))
		return &plain;
	order = &app->events->lane[lane_at];
	if (order->known)
		return order;
	order->known = true;
	if (!vms_model_ascends(lane->guest < 0
				       ? NULL
				       : vms_session_map(app->session, (unsigned int)lane->guest),
			       lane->cpu_idx, cpu))
		sort_lane(app, lane, cpu->nr, order);
	return order;
}

int events_new(struct app *a, struct vms_err *err)
{
	a->events = vms_calloc(1, sizeof(*a->events));
	if (a->events)
		a->events->lane = vms_calloc(app_lanes(a)->nr, sizeof(*a->events->lane));
	if (!a->events || !a->events->lane)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	a->events->lanes_nr = app_lanes(a)->nr;
	events_select(a, NULL, 0);
	a->events->miss.event.ref = VMS_REF_NONE;
	return 0;
}

void events_forget(struct app *a)
{
	uint32_t i;

	for (i = 0; i < a->events->lanes_nr; i++) {
		free(a->events->lane[i].perm);
		a->events->lane[i].perm = NULL;
		a->events->lane[i].known = false;
	}
}

void events_free(struct app *a)
{
	if (!a->events)
		return;
	events_forget(a);
	free(a->events->lane);
	free(a->events);
}

static uint32_t idx_at(const struct order *o, uint32_t pos)
{
	return o->perm ? o->perm[pos] : pos;
}

/*
 * Events of one side at one time stand in the order: host before guests, then CPU, then place in
 * the file.
 */
static int compare(const struct app_event *a, const struct app_event *b)
{
	if (a->host_raw != b->host_raw)
		return a->host_raw < b->host_raw ? -1 : 1;
	if (a->guest != b->guest)
		return a->guest < b->guest ? -1 : 1;
	if (a->ref.cpu != b->ref.cpu)
		return a->ref.cpu < b->ref.cpu ? -1 : 1;
	return (a->ref.idx > b->ref.idx) - (a->ref.idx < b->ref.idx);
}

static struct app_event event_of(const struct app *a, const struct app_lane *l, uint32_t idx)
{
	return (struct app_event){ .guest = l->guest,
				   .ref = { .cpu = (int32_t)l->cpu_idx, .idx = idx },
				   .host_raw = time_of(a, l, idx) };
}

/* Position of the first event of a lane that is after key, or not before it. */
static uint32_t search(const struct app *a, const struct app_lane *l, const struct order *o,
		       uint32_t nr, const struct app_event *key, bool after)
{
	uint32_t lo = 0, hi = nr;
	struct app_event e;

	VMS_BISECT(lo, hi, mid,
		   (e = event_of(a, l, idx_at(o, mid)), compare(&e, key) < (after ? 1 : 0)));
	return lo;
}

bool app_event_step(const struct app *app, const struct app_event *from, int dir,
		    struct app_event *out)
{
	struct app_event best = { 0 }, e;
	bool found = false;
	uint32_t i, pos, nr;

	for (i = 0; i < app_lanes(app)->shown_nr; i++) {
		const struct app_lane *l = &app_lanes(app)->lane[app_lanes(app)->shown[i]];
		const struct order *o = order_of(app, app_lanes(app)->shown[i]);

		nr = stream_of(app, l)->cpus[l->cpu_idx].nr;
		pos = search(app, l, o, nr, from, dir > 0);
		if (dir > 0 ? pos >= nr : pos == 0)
			continue;
		e = event_of(app, l, idx_at(o, dir > 0 ? pos : pos - 1));
		if (!found || (dir > 0 ? compare(&e, &best) < 0 : compare(&e, &best) > 0)) {
			best = e;
			found = true;
		}
	}
	if (found)
		*out = best;
	return found;
}

bool app_event_at(const struct app *a, int64_t host_raw, struct app_event *out)
{
	struct app_event key = { .guest = -2, .ref = VMS_REF_NONE, .host_raw = host_raw };

	return app_event_step(a, &key, 1, out) || app_event_step(a, &key, -1, out);
}

bool events_lane_step(const struct app *app, uint32_t lane, int64_t host_raw, int dir,
		      struct app_event *out)
{
	/*
	 * Keys before and behind every event of that time: a step leaves the time, however many
	 * share it.
	 */
	struct app_event key = { .guest = dir > 0 ? INT32_MAX : -2,
				 .ref = VMS_REF_NONE,
				 .host_raw = host_raw };
	const struct app_lane *l = &app_lanes(app)->lane[lane];
	const struct order *o = order_of(app, lane);
	uint32_t nr = stream_of(app, l)->cpus[l->cpu_idx].nr,
		 pos = search(app, l, o, nr, &key, dir > 0);

	if (dir > 0 ? pos >= nr : pos == 0)
		return false;
	*out = event_of(app, l, idx_at(o, dir > 0 ? pos : pos - 1));
	return true;
}

/* The nearest event of a lane whose type is wanted. */
static bool find_in_lane(const struct app *app, uint32_t lane, const struct app_event *from,
			 int dir, const bool *wanted, struct app_event *out)
{
	const struct app_lane *l = &app_lanes(app)->lane[lane];
	const struct order *o = order_of(app, lane);
	const struct vms_cpu *c = &stream_of(app, l)->cpus[l->cpu_idx];
	int64_t pos = search(app, l, o, c->nr, from, dir > 0);

	for (pos = dir > 0 ? pos : pos - 1; pos >= 0 && pos < (int64_t)c->nr; pos += dir) {
		if (!wanted[c->type[idx_at(o, (uint32_t)pos)]])
			continue;
		*out = event_of(app, l, idx_at(o, (uint32_t)pos));
		return true;
	}
	return false;
}

bool events_find(const struct app *app, const struct app_event *from, int dir, const char *text,
		 struct app_event *out)
{
	const struct vms_stream *stream, *of = NULL;
	struct app_event best = { 0 }, e;
	bool found = false, *wanted = NULL;
	uint32_t i;
	unsigned int type;

	for (i = 0; i < app_lanes(app)->shown_nr; i++) {
		stream = stream_of(app, &app_lanes(app)->lane[app_lanes(app)->shown[i]]);
		if (stream != of) {
			free(wanted);
			wanted = vms_calloc(stream->types_nr, sizeof(*wanted));
			if (!wanted)
				return false;
			for (type = 0; type < stream->types_nr; type++)
				wanted[type] = stream->types[type].name &&
					       strcasestr(stream->types[type].name, text);
			of = stream;
		}
		if (!find_in_lane(app, app_lanes(app)->shown[i], from, dir, wanted, &e))
			continue;
		if (!found || (dir > 0 ? compare(&e, &best) < 0 : compare(&e, &best) > 0))
			best = e;
		found = true;
	}
	free(wanted);
	if (found)
		*out = best;
	return found;
}
