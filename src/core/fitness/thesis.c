// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How trace-checker walks a recording: one state a host CPU, one pass in the order of shown times.
 */
#include <vmsync/thesis.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/model.h>

#include "core/base/placed.h"
#include "core/base/util.h"

enum { TIMER, IDLE, KINDS_NR };

/* What runs on a host CPU, and the last event of each sequence there. */
struct seat {
	int guest; /* -1: no vCPU */
	uint64_t vcpu, last_ns[KINDS_NR];
};

/* A guest CPU: how far its events are looked at. */
struct rider {
	uint32_t next;
	bool checkable; /* from its first entry or exit on */
};

struct delays {
	uint64_t *ns;
	size_t cap;
	uint32_t nr;
};

struct walk {
	const struct vms_trace *trace;
	struct vms_thesis *all, *guests;
	unsigned int entry, leave; /* host types */
	/* of an entry, of an exit */
	const struct vms_field *pid[2], *vcpu[2], *reason, *info1;
	uint8_t **kinds;	  /* by guest, then its type: what it is the guest side of */
	struct vms_placed *turns; /* entries and exits in order; idx: into where */
	struct vms_ref *where;
	size_t turns_cap, where_cap;
	uint32_t nr;
	struct seat *seats;    /* by host CPU */
	struct rider **riders; /* by guest, then its CPU */
	struct delays of[KINDS_NR], *of_guest[KINDS_NR];
};

static uint64_t shown_ns(const struct vms_stream *s, unsigned int cpu, uint32_t idx)
{
	const struct vms_cpu *c = &s->cpus[cpu];

	return vms_recorded_final(
		s, c->cpu, (uint64_t)(c->stored_raw ? c->stored_raw : c->time_raw)[idx], false);
}

/* The guest that the host's file names a thread of, -1 = none. */
static int guest_of(const struct vms_trace *trace, uint64_t tid)
{
	unsigned int g;
	uint32_t i;

	for (g = 0; g < trace->guests_nr; g++)
		for (i = 0; trace->guests[g].decl && i < trace->guests[g].decl->vcpus_nr; i++)
			if (trace->guests[g].decl->tid[i] == (int32_t)tid)
				return (int)g;
	return -1;
}

static uint64_t value(const struct walk *walk, const struct vms_field *field, struct vms_ref at)
{
	const struct vms_stream *host = walk->trace->host;

	return field ? vms_field_u64(host, field, vms_payload(&host->cpus[at.cpu], at.idx)) : 0;
}

/* Which of two fields: of an entry, or of an exit. */
static bool is_exit(const struct walk *walk, struct vms_ref at)
{
	return walk->trace->host->cpus[at.cpu].type[at.idx] == walk->leave;
}

/* All entries and exits that count, and host events between them, a host CPU after another. */
static int gather(struct walk *walk)
{
	const struct vms_stream *host = walk->trace->host;
	unsigned int cpu;
	uint32_t i;
	int ret = 0;

	for (cpu = 0; cpu < host->cpus_nr; cpu++) {
		bool inside = false;

		for (i = 0; i < host->cpus[cpu].nr && !ret; i++) {
			const struct vms_ref at = { (int32_t)cpu, i };
			const uint16_t type = host->cpus[cpu].type[i];

			if (vms_event_in_instance(host, cpu, i))
				continue;
			if (type != walk->entry && type != walk->leave) {
				walk->all->host_inside += inside;
				continue;
			}
			if (guest_of(walk->trace, value(walk, walk->pid[is_exit(walk, at)], at)) <
			    0)
				continue;
			inside = type == walk->entry;
			ret = vms_grow(&walk->turns, &walk->turns_cap, (size_t)walk->nr + 1,
				       sizeof(*walk->turns), UINT32_MAX);
			if (!ret)
				ret = vms_grow(&walk->where, &walk->where_cap, (size_t)walk->nr + 1,
					       sizeof(*walk->where), UINT32_MAX);
			if (ret)
				return ret;
			walk->where[walk->nr] = at;
			walk->turns[walk->nr] =
				(struct vms_placed){ (int64_t)shown_ns(host, cpu, i), walk->nr };
			walk->nr++;
		}
	}
	return vms_placed_sort(walk->turns, walk->nr, NULL);
}

/* Of which sequence events of a type are the guest side. */
static uint8_t kind_of(const struct vms_event_type *type)
{
	static const struct {
		const char *name;
		uint8_t kind;
	} names[] = { { "hrtimer_start", TIMER },
		      { "hrtimer_cancel", TIMER },
		      { "hrtimer_expire_exit", TIMER },
		      { "cpu_idle", IDLE } };
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(names); i++)
		if (type->name && !strcmp(type->name, names[i].name))
			return names[i].kind;
	return KINDS_NR;
}

static uint8_t kind_at(const struct walk *walk, int guest, struct vms_ref at)
{
	const struct vms_stream *stream = walk->trace->guests[guest].stream;
	const uint16_t type = stream->cpus[at.cpu].type[at.idx];
	const uint8_t kind = type < stream->types_nr ? walk->kinds[guest][type] : KINDS_NR;
	uint64_t state = UINT32_MAX; /* an idle state is left */

	if (kind == IDLE)
		(void)vms_field_by_name(stream, at, "state", &state);
	return kind == IDLE && (uint32_t)state == UINT32_MAX ? KINDS_NR : kind;
}

static int cpu_idx_of(const struct vms_stream *guest, uint64_t vcpu)
{
	unsigned int cpu;

	for (cpu = 0; cpu < guest->cpus_nr; cpu++)
		if (guest->cpus[cpu].cpu == vcpu)
			return (int)cpu;
	return -1;
}

/* The events of a guest CPU before a time, while nothing changes about where it runs. */
static void ride(struct walk *walk, int guest, int cpu, uint64_t until_ns)
{
	const struct vms_stream *host = walk->trace->host,
				*stream = walk->trace->guests[guest].stream;
	const struct vms_cpu *c = &stream->cpus[cpu];
	struct rider *rider = &walk->riders[guest][cpu];
	struct seat *seat = walk->seats, *end = walk->seats + host->cpus_nr;

	while (seat < end && !(seat->guest == guest && seat->vcpu == c->cpu))
		seat++;
	for (; rider->next < c->nr; rider->next++) {
		const uint64_t at_ns = shown_ns(stream, (unsigned int)cpu, rider->next);
		unsigned int kind;

		if (at_ns >= until_ns)
			return;
		if (vms_event_in_instance(stream, (unsigned int)cpu, rider->next))
			continue;
		walk->guests[guest].events++;
		if (!rider->checkable)
			continue;
		if (seat == end) {
			walk->guests[guest].guest_outside++;
			continue;
		}
		kind = kind_at(walk, guest, (struct vms_ref){ cpu, rider->next });
		if (kind < KINDS_NR)
			seat->last_ns[kind] = at_ns;
	}
}

static int delay_add(struct delays *delays, uint64_t ns)
{
	const int ret = vms_grow(&delays->ns, &delays->cap, (size_t)delays->nr + 1,
				 sizeof(*delays->ns), UINT32_MAX);

	if (!ret)
		delays->ns[delays->nr++] = ns;
	return ret;
}

/* An exit makes a delay of what came last, if it is the one that belongs to it. */
static int leave(struct walk *walk, struct seat *seat, int guest, struct vms_ref at, uint64_t at_ns)
{
	const uint64_t reason = value(walk, walk->reason, at);
	const bool is[KINDS_NR] = {
		[TIMER] = reason == 32 || (reason == 0x7c && value(walk, walk->info1, at) == 1),
		[IDLE] = reason == 12 || reason == 0x78,
	};
	unsigned int kind;
	int ret = 0;

	for (kind = 0; kind < KINDS_NR && !ret; kind++) {
		if (is[kind] && seat->last_ns[kind] != UINT64_MAX) {
			ret = delay_add(&walk->of[kind], at_ns - seat->last_ns[kind]);
			if (!ret)
				ret = delay_add(&walk->of_guest[kind][guest],
						at_ns - seat->last_ns[kind]);
		}
		seat->last_ns[kind] = UINT64_MAX;
	}
	seat->guest = -1;
	return ret;
}

static int turn(struct walk *walk, const struct vms_placed *now)
{
	const struct vms_ref at = walk->where[now->idx];
	const bool exit = is_exit(walk, at);
	const int guest = guest_of(walk->trace, value(walk, walk->pid[exit], at));
	const uint64_t vcpu = value(walk, walk->vcpu[exit], at);
	struct seat *seat = &walk->seats[at.cpu];
	int cpu = cpu_idx_of(walk->trace->guests[guest].stream, vcpu);

	if (cpu >= 0) {
		ride(walk, guest, cpu, (uint64_t)now->at_raw);
		walk->riders[guest][cpu].checkable = true;
	}
	cpu = seat->guest < 0 ? -1
			      : cpu_idx_of(walk->trace->guests[seat->guest].stream, seat->vcpu);
	if (cpu >= 0)
		ride(walk, seat->guest, cpu, (uint64_t)now->at_raw);
	if (exit)
		return leave(walk, seat, guest, at, (uint64_t)now->at_raw);
	seat->guest = guest;
	seat->vcpu = vcpu;
	return 0;
}

/* In its arithmetic: single precision, and a sum of squares that is cut to whole ns^2 each time. */
static void delays_sum(struct vms_thesis_delays *out, const struct delays *delays)
{
	uint64_t sum = 0, squares = 0;
	uint32_t i;

	*out = (struct vms_thesis_delays){ .nr = delays->nr };
	if (!delays->nr)
		return;
	for (i = 0; i < delays->nr; i++)
		sum += delays->ns[i];
	out->mean = (float)sum / (float)delays->nr;
	for (i = 0; i < delays->nr; i++)
		squares = (uint64_t)((double)squares + pow((float)delays->ns[i] - out->mean, 2.0));
	out->variance = (float)squares / (float)delays->nr;
	out->sd = (float)sqrt(out->variance);
}

static int walk_begin(struct walk *walk)
{
	const struct vms_trace *trace = walk->trace;
	unsigned int i, k;
	bool ok;

	walk->seats = vms_calloc(trace->host->cpus_nr, sizeof(*walk->seats));
	walk->riders = vms_calloc(trace->guests_nr, sizeof(*walk->riders));
	walk->kinds = vms_calloc(trace->guests_nr, sizeof(*walk->kinds));
	ok = walk->seats && walk->riders && walk->kinds;
	for (k = 0; k < KINDS_NR; k++) {
		walk->of_guest[k] = vms_calloc(trace->guests_nr, sizeof(*walk->of_guest[k]));
		ok = ok && walk->of_guest[k];
	}
	for (i = 0; i < trace->guests_nr && ok; i++) {
		walk->riders[i] =
			vms_calloc(trace->guests[i].stream->cpus_nr, sizeof(**walk->riders));
		walk->kinds[i] = vms_calloc(trace->guests[i].stream->types_nr, 1);
		ok = walk->riders[i] && walk->kinds[i];
		for (k = 0; ok && k < trace->guests[i].stream->types_nr; k++)
			walk->kinds[i][k] = kind_of(&trace->guests[i].stream->types[k]);
	}
	for (i = 0; i < trace->host->cpus_nr && ok; i++)
		walk->seats[i] =
			(struct seat){ .guest = -1, .last_ns = { UINT64_MAX, UINT64_MAX } };
	return ok ? 0 : -VMS_ENOMEM;
}

static void walk_end(struct walk *walk)
{
	unsigned int i, k;

	for (k = 0; k < KINDS_NR; k++) {
		free(walk->of[k].ns);
		for (i = 0; walk->of_guest[k] && i < walk->trace->guests_nr; i++)
			free(walk->of_guest[k][i].ns);
		free(walk->of_guest[k]);
	}
	for (i = 0; walk->riders && i < walk->trace->guests_nr; i++)
		free(walk->riders[i]);
	for (i = 0; walk->kinds && i < walk->trace->guests_nr; i++)
		free(walk->kinds[i]);
	free(walk->kinds);
	free(walk->riders);
	free(walk->seats);
	free(walk->turns);
	free(walk->where);
}

static void sum_up(struct walk *walk)
{
	const struct vms_trace *trace = walk->trace;
	unsigned int g, cpu;

	for (g = 0; g < trace->guests_nr; g++) {
		for (cpu = 0; cpu < trace->guests[g].stream->cpus_nr; cpu++)
			ride(walk, (int)g, (int)cpu, UINT64_MAX);
		walk->all->guest_outside += walk->guests[g].guest_outside;
		delays_sum(&walk->guests[g].timer, &walk->of_guest[TIMER][g]);
		delays_sum(&walk->guests[g].idle, &walk->of_guest[IDLE][g]);
	}
	walk->all->events = vms_trace_events_nr(trace);
	delays_sum(&walk->all->timer, &walk->of[TIMER]);
	delays_sum(&walk->all->idle, &walk->of[IDLE]);
}

static void fields_find(struct walk *walk)
{
	const struct vms_event_type *types = walk->trace->host->types;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		const struct vms_event_type *type = &types[i ? walk->leave : walk->entry];

		walk->pid[i] = vms_type_field(type, "common_pid");
		walk->vcpu[i] = vms_type_field(type, "vcpu_id");
	}
	walk->reason = vms_type_field(&types[walk->leave], "exit_reason");
	walk->info1 = vms_type_field(&types[walk->leave], "info1");
}

int vms_thesis_measure(struct vms_thesis *all, struct vms_thesis *guests,
		       const struct vms_trace *trace, struct vms_err *err)
{
	struct walk walk = { .trace = trace,
			     .all = all,
			     .guests = guests,
			     .entry = vms_type_find(trace->host, "kvm", "kvm_entry"),
			     .leave = vms_type_find(trace->host, "kvm", "kvm_exit") };
	uint32_t i;
	int ret;

	memset(all, 0, sizeof(*all));
	memset(guests, 0, trace->guests_nr * sizeof(*guests));
	if (walk.entry && walk.leave)
		fields_find(&walk);
	if (!walk.vcpu[0] || !walk.vcpu[1])
		return vms_fail(err, VMS_ENODATA, "the host's entries name no vCPU");
	ret = walk_begin(&walk);
	if (!ret)
		ret = gather(&walk);
	for (i = 0; i < walk.nr && !ret; i++)
		ret = turn(&walk, &walk.turns[i]);
	if (!ret)
		sum_up(&walk);
	walk_end(&walk);
	if (ret)
		return vms_fail(err, -ret, "out of memory for the measure of the thesis");
	return walk.nr ? 0
		       : vms_fail(err, VMS_ENODATA, "the host's file names no thread of a guest");
}
