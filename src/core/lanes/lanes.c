// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Columns of lanes: exact counts of events, lost events and coverage at any zoom, and the way to
 * the next event.
 */
#include "core/lanes/lanes_impl.h"

#include <stdlib.h>
#include <string.h>

#include <vmsync/place.h>

#include "core/base/bisect.h"

int vms_lanes_new(struct vms_lanes **out, const struct vms_session *session, struct vms_err *err)
{
	const struct vms_trace *trace = vms_session_trace(session);
	struct vms_lanes *lanes = vms_calloc(1, sizeof(*lanes));
	unsigned int guest;
	int ret = -VMS_ENOMEM;

	if (!lanes)
		return vms_fail(err, VMS_ENOMEM, "out of memory for lanes");
	lanes->s = session;
	lanes->hosts_nr = trace->host->cpus_nr;
	lanes->guests_nr = trace->guests_nr;
	lanes->hosts = vms_calloc(lanes->hosts_nr, sizeof(*lanes->hosts));
	lanes->guest_first = vms_calloc((size_t)lanes->guests_nr + 1, sizeof(*lanes->guest_first));
	if (!lanes->hosts || !lanes->guest_first)
		goto fail;
	for (guest = 0; guest < lanes->guests_nr; guest++)
		lanes->guest_first[guest + 1] =
			lanes->guest_first[guest] + trace->guests[guest].stream->cpus_nr;
	lanes->guests = vms_calloc(lanes->guest_first[guest], sizeof(*lanes->guests));
	if (!lanes->guests)
		goto fail;
	ret = lane_runs_build(lanes);
	if (ret)
		goto fail;
	*out = lanes;
	return 0;
fail:
	vms_lanes_free(lanes);
	return vms_fail(err, -ret, "out of memory for lanes");
}

static void kept_clear(struct lane_kept *k)
{
	unsigned int i;

	for (i = 0; i < LANE_KEPT_NR; i++)
		free(k->cols[i]);
	memset(k, 0, sizeof(*k));
}

static bool kept_get(struct lane_kept *k, const struct vms_view *v, struct vms_lane_col *cols)
{
	unsigned int i;

	for (i = 0; i < LANE_KEPT_NR; i++) {
		if (!k->cols[i] || k->view[i].t0_raw != v->t0_raw || k->view[i].w_raw != v->w_raw ||
		    k->view[i].cols != v->cols)
			continue;
		memcpy(cols, k->cols[i], v->cols * sizeof(*cols));
		k->next = (i + 1) % LANE_KEPT_NR;
		return true;
	}
	return false;
}

/* Without memory nothing is kept, and the columns are found again. */
static void kept_put(struct lane_kept *k, const struct vms_view *v, const struct vms_lane_col *cols)
{
	const unsigned int i = k->next;

	free(k->cols[i]);
	k->cols[i] = vms_calloc(v->cols, sizeof(*cols));
	if (!k->cols[i])
		return;
	memcpy(k->cols[i], cols, v->cols * sizeof(*cols));
	k->view[i] = *v;
	k->next = (i + 1) % LANE_KEPT_NR;
}

static void guest_clear(struct lane_guest *g)
{
	lane_order_clear(&g->order);
	kept_clear(&g->kept);
	vms_model_free(g->seen);
	free(g->outside);
	memset(g, 0, sizeof(*g));
}

void vms_lanes_free(struct vms_lanes *lanes)
{
	unsigned int i;

	if (!lanes)
		return;
	lane_runs_free(lanes);
	lane_ends_free(lanes);
	for (i = 0; lanes->hosts && i < lanes->hosts_nr; i++) {
		lane_order_clear(&lanes->hosts[i].order);
		kept_clear(&lanes->hosts[i].kept);
	}
	for (i = 0; lanes->guests && i < lanes->guest_first[lanes->guests_nr]; i++)
		guest_clear(&lanes->guests[i]);
	guest_clear(&lanes->under);
	free(lanes->hosts);
	free(lanes->guests);
	free(lanes->guest_first);
	free(lanes);
}

int lane_view_check(const struct vms_view *v, struct vms_err *err)
{
	if (v->w_raw < 1)
		return vms_fail(err, VMS_EUSAGE, "a column must be one unit wide at least");
	return 0;
}

vms_i128 lane_view_bound(const struct vms_view *v, unsigned int col)
{
	return v->t0_raw + (vms_i128)v->w_raw * col;
}

struct lane_host *lane_host_get(struct vms_lanes *l, unsigned int cpu_idx, int *ret)
{
	struct lane_host *host;

	*ret = -VMS_EUSAGE;
	if (cpu_idx >= l->hosts_nr)
		return NULL;
	host = &l->hosts[cpu_idx];
	*ret = host->built ? 0
			   : lane_order_build(&host->order,
					      &vms_session_trace(l->s)->host->cpus[cpu_idx], NULL,
					      cpu_idx);
	host->built = !*ret;
	return *ret ? NULL : host;
}

static bool same_map(const struct vms_model *seen, const struct vms_model *model,
		     unsigned int cpu_idx)
{
	const struct vms_model_cpu *old, *new;

	if (!seen || !model)
		return seen == model;
	if (seen->kind != model->kind || seen->guest != model->guest || seen->host != model->host)
		return false;
	if (seen->kind != VMS_MODEL_PIECES)
		return true;
	old = &seen->cpus[cpu_idx];
	new = &model->cpus[cpu_idx];
	/* Padding may differ between equal pieces: that costs a rebuild, no more. */
	return old->pieces_nr == new->pieces_nr &&
	       (!old->pieces_nr ||
		!memcmp(old->pieces, new->pieces, old->pieces_nr * sizeof(*old->pieces)));
}

struct lane_guest *lane_guest_get(struct vms_lanes *lanes, unsigned int guest, unsigned int cpu_idx,
				  int *ret)
{
	const struct vms_stream *gs;
	const struct vms_model *model;
	struct lane_guest *lane;

	*ret = -VMS_EUSAGE;
	if (guest >= lanes->guests_nr ||
	    cpu_idx >= vms_session_trace(lanes->s)->guests[guest].stream->cpus_nr)
		return NULL;
	gs = vms_session_trace(lanes->s)->guests[guest].stream;
	lane = &lanes->guests[lanes->guest_first[guest] + cpu_idx];
	model = vms_session_map(lanes->s, guest);
	*ret = 0;
	if (!lane->built || (lane->generation != vms_session_generation(lanes->s) &&
			     !same_map(lane->seen, model, cpu_idx))) {
		guest_clear(lane);
		if (model)
			*ret = vms_model_dup(&lane->seen, model, NULL);
		if (!*ret)
			*ret = lane_order_build(&lane->order, &gs->cpus[cpu_idx], model, cpu_idx);
		lane->built = !*ret;
	}
	lane->generation = vms_session_generation(lanes->s);
	/* The session may have freed the map that was seen: an equal one serves. */
	lane->order.m = model && cpu_idx < model->cpus_nr ? model : NULL;
	return *ret ? NULL : lane;
}

static void count_events(const struct lane_order *order, const struct vms_view *v,
			 struct vms_lane_col *cols)
{
	uint32_t k = lane_order_bound(order, lane_view_bound(v, 0), 0);
	unsigned int c;

	for (c = 0; c < v->cols; c++) {
		const uint32_t end = lane_order_bound(order, lane_view_bound(v, c + 1), k);

		cols[c].events = end - k;
		if (end > k)
			cols[c].first = lane_order_event(order, k);
		k = end;
	}
}

/* A gap of lost events lasts from the event before it to the one after; host times. */
struct gap {
	int64_t from_raw, to_raw;
};

static int64_t event_time(const struct lane_order *o, uint32_t idx)
{
	return o->m ? vms_model_event(o->m, o->cpu_idx, idx, o->c->time_raw[idx])
		    : o->c->time_raw[idx];
}

static struct gap gap_of(const struct lane_order *o, uint32_t lost)
{
	const uint32_t idx = VMS_MIN(o->c->lost[lost].idx, o->c->nr);
	struct gap g;

	g.from_raw = event_time(o, idx ? idx - 1 : 0);
	g.to_raw = event_time(o, idx < o->c->nr ? idx : o->c->nr - 1);
	if (g.to_raw < g.from_raw)
		g = (struct gap){ g.to_raw, g.from_raw };
	return g;
}

static void lost_ascending(const struct lane_order *order, const struct vms_view *view,
			   struct vms_lane_col *cols)
{
	uint32_t lo = 0;
	unsigned int c;

	for (c = 0; c < view->cols; c++) {
		const vms_i128 from = lane_view_bound(view, c);
		uint32_t hi = order->c->lost_nr;

		VMS_BISECT(lo, hi, mid, gap_of(order, mid).to_raw < from);
		if (lo == order->c->lost_nr)
			return;
		cols[c].lost = gap_of(order, lo).from_raw < lane_view_bound(view, c + 1);
	}
}

static void lost_each(const struct lane_order *o, const struct vms_view *view,
		      struct vms_lane_col *cols)
{
	uint32_t i;

	for (i = 0; i < o->c->lost_nr; i++) {
		const struct gap g = gap_of(o, i);
		vms_i128 c = ((vms_i128)g.from_raw - view->t0_raw) / view->w_raw;

		if (g.to_raw < view->t0_raw)
			continue;
		for (c = VMS_MAX(c, (vms_i128)0);
		     c < view->cols && lane_view_bound(view, (unsigned int)c) <= g.to_raw; c++)
			if (g.from_raw < lane_view_bound(view, (unsigned int)c + 1))
				cols[c].lost = 1;
	}
}

static void mark_lost(const struct lane_order *o, const struct vms_view *v,
		      struct vms_lane_col *cols)
{
	if (!o->c->lost_nr || !o->c->nr)
		return;
	if (o->sorted)
		lost_each(o, v, cols);
	else
		lost_ascending(o, v, cols);
}

static void mark_covered(int64_t first_raw, int64_t last_raw, const struct vms_view *v,
			 struct vms_lane_col *cols)
{
	unsigned int c;

	for (c = 0; c < v->cols; c++)
		cols[c].covered =
			first_raw < lane_view_bound(v, c + 1) && last_raw >= lane_view_bound(v, c);
}

static void clear_columns(const struct vms_view *v, struct vms_lane_col *cols)
{
	unsigned int c;

	for (c = 0; c < v->cols; c++)
		cols[c] = (struct vms_lane_col){ .track = -1 };
}

static int lane_fail(struct vms_err *err, int ret, const char *what)
{
	if (ret == -VMS_EUSAGE)
		return vms_fail(err, VMS_EUSAGE, "no such %s CPU", what);
	return vms_fail(err, -ret, "out of memory for a lane");
}

int vms_lane_host(struct vms_lanes *lanes, unsigned int cpu_idx, const struct vms_view *view,
		  struct vms_lane_col *cols, struct vms_err *err)
{
	const struct vms_stream *host = vms_session_trace(lanes->s)->host;
	struct lane_host *lane;
	int ret = lane_view_check(view, err);

	if (ret)
		return ret;
	lane = lane_host_get(lanes, cpu_idx, &ret);
	if (!lane)
		return lane_fail(err, ret, "host");
	if (kept_get(&lane->kept, view, cols))
		return 0;
	clear_columns(view, cols);
	count_events(&lane->order, view, cols);
	mark_lost(&lane->order, view, cols);
	if (host->events_nr)
		mark_covered(host->first_raw, host->last_raw, view, cols);
	ret = lane_host_inside(lanes, cpu_idx, view, cols);
	if (ret)
		return lane_fail(err, ret, "host");
	kept_put(&lane->kept, view, cols);
	return 0;
}

/* Collects the events outside every stretch; walks the events once for each map. */
static int outside_build(struct lane_guest *guest, const struct vms_thread *t)
{
	uint32_t i, cursor = 0;

	for (i = 0; i < guest->order.c->nr; i++) {
		const int64_t host_raw = event_time(&guest->order, i);
		int64_t depth;
		int ret;

		if (vms_place_near(t, host_raw, &cursor, &depth) != VMS_PLACE_OUTSIDE)
			continue;
		ret = vms_grow(&guest->outside, &guest->outside_cap, (size_t)guest->outside_nr + 1,
			       sizeof(*guest->outside), UINT32_MAX);
		if (ret)
			return ret;
		guest->outside[guest->outside_nr++] =
			(struct vms_placed){ .at_raw = host_raw, .idx = i };
	}
	return vms_placed_sort(guest->outside, guest->outside_nr, NULL);
}

static void outside_columns(const struct lane_guest *guest, const struct vms_view *view,
			    struct vms_lane_col *cols)
{
	uint32_t k =
		lane_placed_bound(guest->outside, guest->outside_nr, lane_view_bound(view, 0), 0);
	unsigned int col;

	for (col = 0; col < view->cols && k < guest->outside_nr; col++) {
		const uint32_t end = lane_placed_bound(guest->outside, guest->outside_nr,
						       lane_view_bound(view, col + 1), k);

		cols[col].outside = end > k;
		k = end;
	}
}

static int mark_outside(const struct vms_lanes *lanes, struct lane_guest *guest, int track_idx,
			const struct vms_view *view, struct vms_lane_col *cols)
{
	const struct vms_track *track =
		track_idx < 0 ? NULL : vms_session_track(lanes->s, (unsigned int)track_idx);
	int ret = 0;

	/*
	 * The session has counted them under the map in force: mostly there is nothing to look for.
	 */
	if (!track || !track->thread || !track->in_force.guest_outside)
		return 0;
	if (!guest->outside_built) {
		guest->outside_nr = 0;
		ret = outside_build(guest, track->thread);
		guest->outside_built = !ret;
	}
	if (!ret)
		outside_columns(guest, view, cols);
	return ret;
}

static void guest_columns(const struct lane_guest *g, const struct vms_stream *gs,
			  const struct vms_view *view, struct vms_lane_col *cols)
{
	const struct lane_order *o = &g->order;

	clear_columns(view, cols);
	count_events(o, view, cols);
	mark_lost(o, view, cols);
	if (gs->events_nr && o->m)
		mark_covered(vms_model_time(o->m, o->cpu_idx, gs->first_raw),
			     vms_model_time(o->m, o->cpu_idx, gs->last_raw), view, cols);
	else if (gs->events_nr)
		mark_covered(gs->first_raw, gs->last_raw, view, cols);
}

int vms_lane_guest(struct vms_lanes *lanes, unsigned int guest, unsigned int cpu_idx,
		   const struct vms_view *view, struct vms_lane_col *cols, struct vms_err *err)
{
	struct lane_guest *lane;
	int ret = lane_view_check(view, err);

	if (ret)
		return ret;
	lane = lane_guest_get(lanes, guest, cpu_idx, &ret);
	if (!lane)
		return lane_fail(err, ret, "guest");
	if (!kept_get(&lane->kept, view, cols)) {
		guest_columns(lane, vms_session_trace(lanes->s)->guests[guest].stream, view, cols);
		kept_put(&lane->kept, view, cols);
	}
	ret = mark_outside(lanes, lane, vms_session_track_of(lanes->s, guest, cpu_idx), view, cols);
	return ret ? lane_fail(err, ret, "guest") : 0;
}

int vms_lane_guest_under(struct vms_lanes *lanes, unsigned int track_idx,
			 const struct vms_model *model, const struct vms_view *view,
			 struct vms_lane_col *cols, struct vms_err *err)
{
	const struct vms_track *track = vms_session_track(lanes->s, track_idx);
	const struct vms_stream *gs = vms_session_trace(lanes->s)->guests[track->guest].stream;
	struct lane_guest *lane = &lanes->under;
	int ret = lane_view_check(view, err);

	if (ret)
		return ret;
	if (!lane->built || lanes->under_track != track_idx ||
	    !same_map(lane->seen, model, track->cpu_idx)) {
		guest_clear(lane);
		lanes->under_track = track_idx;
		ret = vms_model_dup(&lane->seen, model, NULL);
		if (!ret)
			ret = lane_order_build(&lane->order, &gs->cpus[track->cpu_idx], lane->seen,
					       track->cpu_idx);
		if (!ret && track->thread)
			ret = outside_build(lane, track->thread);
		lane->built = !ret;
	}
	if (ret)
		return lane_fail(err, ret, "guest");
	guest_columns(lane, gs, view, cols);
	outside_columns(lane, view, cols);
	return 0;
}

int vms_lanes_prepare(struct vms_lanes *lanes, const struct vms_progress *p)
{
	const struct vms_view one = { .w_raw = INT64_MAX, .cols = 1 };
	struct vms_lane_col col;
	unsigned int g, c;
	int ret = 0;

	for (g = 0; g < lanes->guests_nr; g++)
		for (c = 0; c < lanes->guest_first[g + 1] - lanes->guest_first[g] && !ret; c++) {
			ret = vms_lane_guest(lanes, g, c, &one, &col, NULL);
			if (vms_progress_cancelled(p))
				ret = -VMS_ECANCEL;
		}
	return ret ? ret : lane_ends_get(lanes);
}

void vms_lanes_adopt(struct vms_lanes *lanes, struct vms_lanes *prepared)
{
	const uint64_t now = vms_session_generation(lanes->s);
	struct lane_ends *const ends = lanes->ends;
	unsigned int i;

	if (!prepared || prepared->ends_formed != vms_session_formed(lanes->s)) {
		vms_lanes_free(prepared);
		return;
	}
	for (i = 0; i < lanes->guest_first[lanes->guests_nr]; i++) {
		guest_clear(&lanes->guests[i]);
		lanes->guests[i] = prepared->guests[i];
		lanes->guests[i].generation = now;
		memset(&prepared->guests[i], 0, sizeof(prepared->guests[i]));
	}
	lanes->ends = prepared->ends;
	prepared->ends = ends;
	lanes->ends_built = prepared->ends_built;
	lanes->ends_formed = prepared->ends_formed;
	lanes->ends_generation = now;
	vms_lanes_free(prepared);
}
