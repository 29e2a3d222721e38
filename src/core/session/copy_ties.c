// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which thread was woken from another vCPU, and how little moves their clocks so that it shows. */
#include "core/session/copy_impl.h"

#include <stdlib.h>
#include <string.h>

#define TURNS_MAX ((size_t)1 << 26)
/* Half of what is missing each time: clocks that can be put in order are within some tens. */
#define ROUNDS_MAX 200
/* States of prev_state in which a thread is not ready to run; above them preemption is told. */
#define ASLEEP 0xffu

/* What a thread's event tells of it. */
enum turn_kind { WAKING, WAKEUP, WAKES_NR, IN = WAKES_NR, OUT_READY, OUT_ASLEEP };

struct turn {
	int64_t host_raw;
	int32_t tid;
	uint32_t event;
	uint16_t cpu_idx;
	uint8_t kind;
};

/* A piece of the map; it may be moved from least to most. */
struct node {
	int64_t moved, least, most;
};

/* An event on one piece causes one on another, which comes so much too early; < 0: later. */
struct tie {
	uint32_t cause, effect;
	int64_t early_raw;
};

struct order {
	const struct vms_stream *stream;
	struct vms_model *map;
	struct turn *turns;
	size_t turns_nr, turns_cap;
	struct tie *ties;
	size_t ties_nr, ties_cap;
	struct node *nodes;
	uint32_t *first; /* node of each CPU's first piece */
	int64_t unsure_raw;
};

static uint32_t node_of(const struct order *order, unsigned int cpu_idx, uint32_t event)
{
	const struct vms_model_cpu *cpu = &order->map->cpus[cpu_idx];
	uint32_t i = 1;

	while (i < cpu->pieces_nr && cpu->pieces[i].from_idx <= event)
		i++;
	return order->first[cpu_idx] + i - 1;
}

static int turn_add(struct order *order, unsigned int cpu_idx, uint32_t event, int64_t tid,
		    enum turn_kind kind)
{
	const struct vms_cpu *cpu = &order->stream->cpus[cpu_idx];

	if (tid <= 0) /* idle threads: one a CPU, all of one number */
		return 0;
	if (vms_grow(&order->turns, &order->turns_cap, order->turns_nr + 1, sizeof(*order->turns),
		     TURNS_MAX))
		return -VMS_ENOMEM;
	order->turns[order->turns_nr++] =
		(struct turn){ .host_raw = vms_model_event(order->map, cpu_idx, event,
							   cpu->time_raw[event]),
			       .tid = (int32_t)tid,
			       .event = event,
			       .cpu_idx = (uint16_t)cpu_idx,
			       .kind = (uint8_t)kind };
	return 0;
}

static int turns_of(struct order *order, unsigned int cpu_idx)
{
	const struct vms_stream *stream = order->stream;
	const struct vms_cpu *cpu = &stream->cpus[cpu_idx];
	const unsigned int wakes[WAKES_NR] = {
		[WAKING] = vms_type_find(stream, "sched", "sched_waking"),
		[WAKEUP] = vms_type_find(stream, "sched", "sched_wakeup"),
	};
	const unsigned int switches = vms_type_find(stream, "sched", "sched_switch");
	uint32_t i;
	int ret = 0;

	for (i = 0; i < cpu->nr && !ret; i++) {
		const struct vms_ref ref = { .cpu = (int32_t)cpu_idx, .idx = i };
		uint64_t tid, state;
		unsigned int kind;

		for (kind = WAKING; kind < WAKES_NR; kind++)
			if (cpu->type[i] && cpu->type[i] == wakes[kind] &&
			    vms_field_by_name(stream, ref, "pid", &tid))
				ret = turn_add(order, cpu_idx, i, (int32_t)tid,
					       (enum turn_kind)kind);
		if (!cpu->type[i] || cpu->type[i] != switches)
			continue;
		if (vms_field_by_name(stream, ref, "next_pid", &tid))
			ret = turn_add(order, cpu_idx, i, (int32_t)tid, IN);
		if (!ret && vms_field_by_name(stream, ref, "prev_pid", &tid) &&
		    vms_field_by_name(stream, ref, "prev_state", &state))
			ret = turn_add(order, cpu_idx, i, (int32_t)tid,
				       (state & ASLEEP) != 0 ? OUT_ASLEEP : OUT_READY);
	}
	return ret;
}

static int by_thread(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;

	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	if (x->host_raw != y->host_raw)
		return x->host_raw < y->host_raw ? -1 : 1;
	return (x->cpu_idx > y->cpu_idx) - (x->cpu_idx < y->cpu_idx);
}

/*
 * Who slept and ran again was woken in between, or while it was about to sleep: where all wake-ups
 * that the clocks allow are of one vCPU, not before the first of them.
 */
static int tie_of(struct order *order, size_t began, size_t in, enum turn_kind kind)
{
	const struct turn *turns = order->turns, *const ran = &turns[in], *wake = NULL;
	const int64_t from = vms_sat_sub_i64(turns[began].host_raw, order->unsure_raw),
		      to = vms_sat_add_i64(ran->host_raw, order->unsure_raw);
	bool others = false;
	size_t i = began;

	while (i > 0 && turns[i - 1].tid == ran->tid && turns[i - 1].host_raw >= from)
		i--;
	for (; i < order->turns_nr && turns[i].tid == ran->tid && turns[i].host_raw <= to; i++) {
		if (turns[i].kind != kind)
			continue;
		others |= wake && turns[i].cpu_idx != wake->cpu_idx;
		wake = wake ? wake : &turns[i];
	}
	if (!wake || others || wake->cpu_idx == ran->cpu_idx)
		return 0;
	if (vms_grow(&order->ties, &order->ties_cap, order->ties_nr + 1, sizeof(*order->ties),
		     TURNS_MAX))
		return -VMS_ENOMEM;
	order->ties[order->ties_nr++] =
		(struct tie){ .cause = node_of(order, wake->cpu_idx, wake->event),
			      .effect = node_of(order, ran->cpu_idx, ran->event),
			      .early_raw = vms_sat_sub_i64(wake->host_raw, ran->host_raw) };
	return 0;
}

/* One comes before the other whatever the offsets are that the bands allow. */
static bool surely(const struct order *order, size_t before, size_t after)
{
	const struct turn *a = &order->turns[before], *b = &order->turns[after];

	return a->cpu_idx == b->cpu_idx ||
	       vms_sat_sub_i64(b->host_raw, a->host_raw) > order->unsure_raw;
}

static int ties_make(struct order *order)
{
	const struct turn *turns;
	size_t i, ran = 0, slept = 0; /* behind the last IN, and OUT_ASLEEP, of a thread */
	int kind, ret = 0;

	if (order->turns_nr)
		qsort(order->turns, order->turns_nr, sizeof(*order->turns), by_thread);
	turns = order->turns;
	for (i = 0; i < order->turns_nr && !ret; i++) {
		if (i && turns[i].tid != turns[i - 1].tid)
			ran = slept = 0;
		/* from an IN to an OUT_ASLEEP to an IN, of which nobody doubts the order */
		if (turns[i].kind == IN && ran && slept > ran &&
		    surely(order, ran - 1, slept - 1) && surely(order, slept - 1, i))
			for (kind = WAKING; kind < WAKES_NR && !ret; kind++)
				ret = tie_of(order, ran - 1, i, (enum turn_kind)kind);
		if (turns[i].kind == IN)
			ran = i + 1;
		if (turns[i].kind == OUT_ASLEEP)
			slept = i + 1;
		if (turns[i].kind == OUT_READY)
			slept = 0;
	}
	return ret;
}

/* Within its band; what is beyond it already, as a fit may be, is not moved away further. */
static void nodes_bound(struct order *order, const struct vms_track *track)
{
	const struct vms_constraints *cons = track->cons;
	uint32_t i;

	for (i = 0; i < order->map->cpus[track->cpu_idx].pieces_nr; i++)
		order->nodes[order->first[track->cpu_idx] + i] =
			(struct node){ .least = INT64_MIN, .most = INT64_MAX };
	for (i = 0; i < cons->lower_nr + cons->upper_nr; i++) {
		const struct vms_point point = vms_point_at(cons, i);
		const struct vms_band_segment *seg = vms_band_segment_of(track->band, point.event);
		struct node *node = &order->nodes[node_of(order, track->cpu_idx, point.event)];
		int64_t offset, lo, hi;

		if (!seg || !vms_band_holds(track->band, seg, &point))
			continue;
		vms_band_at(seg, point.x_raw, &lo, &hi);
		offset = vms_sat_sub_i64(vms_model_event(order->map, track->cpu_idx, point.event,
							 point.x_raw),
					 point.x_raw);
		node->least = VMS_MAX(node->least, vms_sat_sub_i64(lo, offset));
		node->most = VMS_MIN(node->most, vms_sat_sub_i64(hi, offset));
	}
	for (i = 0; i < order->map->cpus[track->cpu_idx].pieces_nr; i++) {
		struct node *node = &order->nodes[order->first[track->cpu_idx] + i];

		node->least = VMS_MIN(node->least, 0);
		node->most = VMS_MAX(node->most, 0);
	}
}

static int64_t missing_raw(const struct order *order, const struct tie *tie)
{
	return vms_sat_add_i64(tie->early_raw, vms_sat_sub_i64(order->nodes[tie->cause].moved,
							       order->nodes[tie->effect].moved));
}

/* Half by the effect, the rest by the cause, and what neither has room for by the other. */
static void tie_mend(struct order *order, const struct tie *tie, int64_t missing)
{
	struct node *cause = &order->nodes[tie->cause], *effect = &order->nodes[tie->effect];
	const int64_t later = vms_sat_sub_i64(effect->most, effect->moved),
		      earlier = vms_sat_sub_i64(cause->moved, cause->least);
	const int64_t half = VMS_MIN(missing - missing / 2, later),
		      rest = VMS_MIN(missing - half, earlier);

	effect->moved += VMS_MIN(missing - rest, later);
	cause->moved -= rest;
}

static uint32_t order_mend(struct order *order)
{
	uint32_t round, untied = 0;
	size_t i;

	for (round = 0; round < ROUNDS_MAX; round++) {
		untied = 0;
		for (i = 0; i < order->ties_nr; i++) {
			const int64_t missing = missing_raw(order, &order->ties[i]);

			if (missing <= 0 || order->ties[i].cause == order->ties[i].effect)
				continue;
			untied++;
			tie_mend(order, &order->ties[i], missing);
		}
		if (!untied)
			break;
	}
	return untied;
}

static int nodes_make(struct order *order, const struct vms_session *session, unsigned int guest)
{
	uint32_t nr = 0;
	unsigned int i;

	order->first = vms_calloc(order->map->cpus_nr, sizeof(*order->first));
	for (i = 0; order->first && i < order->map->cpus_nr; i++) {
		order->first[i] = nr;
		nr += VMS_MAX(order->map->cpus[i].pieces_nr, 1);
	}
	order->nodes = vms_calloc(nr, sizeof(*order->nodes));
	if (!order->first || !order->nodes)
		return -VMS_ENOMEM;
	for (i = 0; i < session->tracks_nr; i++)
		if (session->tracks[i].guest == guest && session->tracks[i].band &&
		    session->tracks[i].band->segs_nr)
			nodes_bound(order, &session->tracks[i]);
	return 0;
}

int session_copy_tie(struct vms_copy *copy, const struct vms_session *session, unsigned int guest)
{
	struct order order = { .stream = session->trace->guests[guest].stream,
			       .map = copy->model,
			       .unsure_raw = vms_sat_add_i64(copy->early_raw, copy->late_raw) };
	unsigned int cpu, k;
	int ret = 0;

	for (cpu = 0; cpu < order.map->cpus_nr && !ret; cpu++)
		ret = turns_of(&order, cpu);
	if (!ret)
		ret = nodes_make(&order, session, guest);
	if (!ret)
		ret = ties_make(&order);
	if (!ret) {
		copy->untied_nr = order_mend(&order);
		copy->ties_nr = (uint32_t)order.ties_nr;
		for (cpu = 0; cpu < order.map->cpus_nr; cpu++)
			for (k = 0; k < order.map->cpus[cpu].pieces_nr; k++)
				order.map->cpus[cpu].pieces[k].line.offset_raw +=
					order.nodes[order.first[cpu] + k].moved;
	}
	free(order.turns);
	free(order.ties);
	free(order.nodes);
	free(order.first);
	return ret;
}
