// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the merged order of host and guest events under the model in force. */
#include <stdlib.h>
#include <string.h>

#include "app/state/events_impl.h"
#include "app/state/shown.h"
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

/* Events of a lane in the order of time: all, or those that the filter shows. */
struct rows {
	const uint32_t *idx; /* NULL: the CPU's own order */
	uint32_t nr;
};

const struct app_events *app_events(const struct app *a)
{
	return &a->events->shown;
}

void events_select(struct app *a, const struct app_event *event, uint32_t line)
{
	const struct app_event none = { .ref = VMS_REF_NONE };

	a->events->shown.sel = a->events->home = event ? *event : none;
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

static int64_t time_of(const struct vms_session *session, int guest, unsigned int cpu_idx,
		       uint32_t idx)
{
	struct vms_ref ref = { .cpu = (int32_t)cpu_idx, .idx = idx };

	return guest < 0 ? vms_event_time(vms_session_trace(session)->host, ref)
			 : vms_session_host_time(session, (unsigned int)guest, ref);
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

int events_sort(const struct vms_session *session, int guest, unsigned int cpu_idx, uint32_t *idx,
		uint32_t nr)
{
	const struct vms_trace *trace = vms_session_trace(session);
	const struct vms_cpu *cpu =
		&(guest < 0 ? trace->host : trace->guests[guest].stream)->cpus[cpu_idx];
	struct keyed *keyed;
	uint32_t i;

	if (vms_model_ascends(guest < 0 ? NULL : vms_session_map(session, (unsigned int)guest),
			      cpu_idx, cpu))
		return 0;
	keyed = vms_calloc(nr, sizeof(*keyed));
	if (!keyed)
		return -VMS_ENOMEM;
	for (i = 0; i < nr; i++) {
		keyed[i].t = time_of(session, guest, cpu_idx, idx[i]);
		keyed[i].idx = idx[i];
	}
	qsort(keyed, nr, sizeof(*keyed), by_time);
	for (i = 0; i < nr; i++)
		idx[i] = keyed[i].idx;
	free(keyed);
	return 0;
}

/* Without memory the file's own order is shown: near enough to look at. */
static void sort_lane(const struct app *app, const struct app_lane *lane, uint32_t nr,
		      struct order *order)
{
	uint32_t i;

	order->perm = vms_calloc(nr, sizeof(*order->perm));
	if (!order->perm)
		return;
	for (i = 0; i < nr; i++)
		order->perm[i] = i;
	if (events_sort(app->session, lane->guest, lane->cpu_idx, order->perm, nr)) {
		free(order->perm);
		order->perm = NULL;
	}
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

static struct rows all_of(const struct app *app, uint32_t lane_at)
{
	const struct app_lane *lane = &app_lanes(app)->lane[lane_at];

	return (struct rows){ .idx = order_of(app, lane_at)->perm,
			      .nr = stream_of(app, lane)->cpus[lane->cpu_idx].nr };
}

static struct rows rows_of(const struct app *app, uint32_t lane_at)
{
	const struct event_rows *match = app->events->match;

	return match ? (struct rows){ .idx = match[lane_at].idx, .nr = match[lane_at].nr }
		     : all_of(app, lane_at);
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
	events_filter_again(a);
}

void events_free(struct app *a)
{
	if (!a->events)
		return;
	events_filter_free(a);
	events_forget(a);
	free(a->events->lane);
	free(a->events);
}

static uint32_t idx_at(const struct rows *rows, uint32_t pos)
{
	return rows->idx ? rows->idx[pos] : pos;
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
				   .host_raw = time_of(a->session, l->guest, l->cpu_idx, idx) };
}

/* Position of the first event of a lane that is after key, or not before it. */
static uint32_t search(const struct app *a, const struct app_lane *l, const struct rows *rows,
		       const struct app_event *key, bool after)
{
	uint32_t lo = 0, hi = rows->nr;
	struct app_event e;

	VMS_BISECT(lo, hi, mid,
		   (e = event_of(a, l, idx_at(rows, mid)), compare(&e, key) < (after ? 1 : 0)));
	return lo;
}

/* @at: an event that stands where one looks from is found, too */
static bool next_of(const struct app *app, const struct app_event *from, int dir, bool at,
		    struct app_event *out)
{
	struct app_event best = { 0 }, e;
	bool found = false;
	uint32_t i, pos;

	for (i = 0; i < app_lanes(app)->shown_nr; i++) {
		const struct app_lane *l = &app_lanes(app)->lane[app_lanes(app)->shown[i]];
		const struct rows rows = rows_of(app, app_lanes(app)->shown[i]);

		pos = search(app, l, &rows, from, (dir > 0) != at);
		if (dir > 0 ? pos >= rows.nr : pos == 0)
			continue;
		e = event_of(app, l, idx_at(&rows, dir > 0 ? pos : pos - 1));
		if (!found || (dir > 0 ? compare(&e, &best) < 0 : compare(&e, &best) > 0)) {
			best = e;
			found = true;
		}
	}
	if (found)
		*out = best;
	return found;
}

bool app_event_step(const struct app *app, const struct app_event *from, int dir,
		    struct app_event *out)
{
	return next_of(app, from, dir, false, out);
}

/* The nearest in time; one that stands there itself. */
static bool nearest(const struct app *app, const struct app_event *from, struct app_event *out)
{
	struct app_event before, after;
	const bool has_before = next_of(app, from, -1, false, &before),
		   has_after = next_of(app, from, 1, true, &after);

	if (!has_before && !has_after)
		return false;
	*out = has_after && (!has_before ||
			     vms_sat_sub_i64(after.host_raw, from->host_raw) <=
				     vms_sat_sub_i64(from->host_raw, before.host_raw))
		       ? after
		       : before;
	return true;
}

void events_settle(struct app *app)
{
	struct app_event *sel = &app->events->shown.sel;
	struct app_event from = app->events->home;

	sel->ref = VMS_REF_NONE;
	if (from.ref.cpu < 0)
		from = (struct app_event){ .guest = -2,
					   .ref = VMS_REF_NONE,
					   .host_raw = app_view(app)->cursor_raw };
	else if (from.guest >= 0)
		from.host_raw =
			vms_session_host_time(app->session, (unsigned int)from.guest, from.ref);
	if (nearest(app, &from, sel) && app_shown(app)->screen == APP_SCREEN_EVENTS)
		view_cursor(app, sel->host_raw, false);
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
	const struct rows rows = all_of(app, lane);
	const uint32_t pos = search(app, l, &rows, &key, dir > 0);

	if (dir > 0 ? pos >= rows.nr : pos == 0)
		return false;
	*out = event_of(app, l, idx_at(&rows, dir > 0 ? pos : pos - 1));
	return true;
}

/* The nearest event of a lane whose type is wanted. */
static bool find_in_lane(const struct app *app, uint32_t lane, const struct app_event *from,
			 int dir, const bool *wanted, struct app_event *out)
{
	const struct app_lane *l = &app_lanes(app)->lane[lane];
	const struct rows rows = rows_of(app, lane);
	const struct vms_cpu *c = &stream_of(app, l)->cpus[l->cpu_idx];
	int64_t pos = search(app, l, &rows, from, dir > 0);

	for (pos = dir > 0 ? pos : pos - 1; pos >= 0 && pos < (int64_t)rows.nr; pos += dir) {
		if (!wanted[c->type[idx_at(&rows, (uint32_t)pos)]])
			continue;
		*out = event_of(app, l, idx_at(&rows, (uint32_t)pos));
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
