// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * How trace-checker walks a recording: one state a host CPU, one pass in the order of shown times.
 */
#include <vmsync/thesis.h>

#include "core/fitness/thesis_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/model.h>

#include "core/base/util.h"
#include "core/record/soon.h"

enum { TIMER, IDLE, KINDS_NR };

/* What runs on a host CPU, and the last event of each sequence there. */
struct seat {
	int guest; /* -1: no vCPU */
	uint64_t vcpu, last_ns[KINDS_NR];
};

/* A guest CPU: how far its events are looked at. */
struct rider {
	uint32_t next, timed; /* timed: next_ns is that of the event before this */
	uint64_t next_ns;
	bool checkable; /* from its first entry or exit on */
};

/* What a type of guest event is the guest side of. */
struct kind {
	uint8_t kind;
	const struct vms_field *state; /* of an idle event */
};

struct delays {
	uint64_t *ns;
	size_t cap;
	uint32_t nr;
};

struct walk {
	const struct vms_trace *trace;
	struct vms_thesis *guests;
	/* of an entry, of an exit */
	const struct vms_field *vcpu[2], *reason, *info1;
	struct kind **kinds;   /* by guest, then its type */
	struct seat *seats;    /* by host CPU */
	struct rider **riders; /* by guest, then its CPU */
	struct delays of[KINDS_NR], *of_guest[KINDS_NR];
};

static uint64_t value(const struct walk *walk, const struct vms_field *field,
		      const struct thesis_turn *at)
{
	const struct vms_stream *host = walk->trace->host;

	return field ? vms_field_u64(host, field, vms_payload(&host->cpus[at->cpu], at->idx)) : 0;
}

/* Of which sequence events of a type are the guest side. */
static struct kind kind_of(const struct vms_event_type *type)
{
	static const struct {
		const char *name;
		uint8_t kind;
	} names[] = { { "hrtimer_start", TIMER },
		      { "hrtimer_cancel", TIMER },
		      { "hrtimer_expire_exit", TIMER },
		      { "cpu_idle", IDLE } };
	const struct vms_field *state;
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(names); i++)
		if (type->name && !strcmp(type->name, names[i].name))
			break;
	if (i == VMS_ARRAY_NR(names))
		return (struct kind){ KINDS_NR, NULL };
	state = vms_type_field(type, "state");
	return (struct kind){ names[i].kind, state && !state->is_array ? state : NULL };
}

static uint8_t kind_at(const struct walk *walk, int guest, struct vms_ref at)
{
	const struct vms_stream *stream = walk->trace->guests[guest].stream;
	const struct vms_cpu *cpu = &stream->cpus[at.cpu];
	const struct kind *kind;

	if (cpu->type[at.idx] >= stream->types_nr)
		return KINDS_NR;
	kind = &walk->kinds[guest][cpu->type[at.idx]];
	/* an idle state is left */
	if (kind->kind == IDLE &&
	    (!kind->state ||
	     (uint32_t)vms_field_u64(stream, kind->state, vms_payload(cpu, at.idx)) == UINT32_MAX))
		return KINDS_NR;
	return kind->kind;
}

static int cpu_idx_of(const struct vms_stream *guest, uint64_t vcpu)
{
	unsigned int cpu =
		vcpu < guest->cpus_nr && guest->cpus[vcpu].cpu == vcpu ? (unsigned int)vcpu : 0;

	for (; cpu < guest->cpus_nr; cpu++)
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
		unsigned int kind;

		if (rider->timed == rider->next) {
			rider->next_ns = thesis_shown_ns(stream, (unsigned int)cpu, rider->next);
			rider->timed++;
		}
		if (rider->next_ns >= until_ns)
			return;
		VMS_PAYLOAD_SOON(c, rider->next);
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
			seat->last_ns[kind] = rider->next_ns;
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
static int leave(struct walk *walk, struct seat *seat, const struct thesis_turn *now)
{
	const uint64_t at_ns = (uint64_t)now->at_ns;
	const uint64_t reason = value(walk, walk->reason, now);
	const bool is[KINDS_NR] = {
		[TIMER] = reason == 32 || (reason == 0x7c && value(walk, walk->info1, now) == 1),
		[IDLE] = reason == 12 || reason == 0x78,
	};
	unsigned int kind;
	int ret = 0;

	for (kind = 0; kind < KINDS_NR && !ret; kind++) {
		if (is[kind] && seat->last_ns[kind] != UINT64_MAX) {
			ret = delay_add(&walk->of[kind], at_ns - seat->last_ns[kind]);
			if (!ret)
				ret = delay_add(&walk->of_guest[kind][now->guest],
						at_ns - seat->last_ns[kind]);
		}
		seat->last_ns[kind] = UINT64_MAX;
	}
	seat->guest = -1;
	return ret;
}

static int take(struct walk *walk, const struct thesis_turn *now)
{
	const uint64_t vcpu = value(walk, walk->vcpu[now->exit], now);
	struct seat *seat = &walk->seats[now->cpu];
	int cpu = cpu_idx_of(walk->trace->guests[now->guest].stream, vcpu);

	if (cpu >= 0) {
		ride(walk, now->guest, cpu, (uint64_t)now->at_ns);
		walk->riders[now->guest][cpu].checkable = true;
	}
	cpu = seat->guest < 0 ? -1
			      : cpu_idx_of(walk->trace->guests[seat->guest].stream, seat->vcpu);
	if (cpu >= 0)
		ride(walk, seat->guest, cpu, (uint64_t)now->at_ns);
	if (now->exit)
		return leave(walk, seat, now);
	seat->guest = now->guest;
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
	for (i = 0; i < delays->nr; i++) {
		/* rounded also where floats are computed as doubles (s390x) */
		const float from_mean = (float)delays->ns[i] - out->mean;

		squares = (uint64_t)((double)squares + pow(from_mean, 2.0));
	}
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
		walk->kinds[i] =
			vms_calloc(trace->guests[i].stream->types_nr, sizeof(**walk->kinds));
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
}

static void sum_up(struct walk *walk, struct vms_thesis *all)
{
	const struct vms_trace *trace = walk->trace;
	unsigned int g, cpu;

	for (g = 0; g < trace->guests_nr; g++) {
		for (cpu = 0; cpu < trace->guests[g].stream->cpus_nr; cpu++)
			ride(walk, (int)g, (int)cpu, UINT64_MAX);
		all->guest_outside += walk->guests[g].guest_outside;
		delays_sum(&walk->guests[g].timer, &walk->of_guest[TIMER][g]);
		delays_sum(&walk->guests[g].idle, &walk->of_guest[IDLE][g]);
	}
	all->events = vms_trace_events_nr(trace);
	delays_sum(&all->timer, &walk->of[TIMER]);
	delays_sum(&all->idle, &walk->of[IDLE]);
}

static void fields_find(struct walk *walk, const struct vms_event_type *entry,
			const struct vms_event_type *leave)
{
	walk->vcpu[0] = vms_type_field(entry, "vcpu_id");
	walk->vcpu[1] = vms_type_field(leave, "vcpu_id");
	walk->reason = vms_type_field(leave, "exit_reason");
	walk->info1 = vms_type_field(leave, "info1");
}

int vms_thesis_measure(struct vms_thesis *all, struct vms_thesis *guests,
		       const struct vms_trace *trace, struct vms_err *err)
{
	const unsigned int entry = vms_type_find(trace->host, "kvm", "kvm_entry");
	const unsigned int leave = vms_type_find(trace->host, "kvm", "kvm_exit");
	struct walk walk = { .trace = trace, .guests = guests };
	struct thesis_turns turns = { .trace = trace };
	struct thesis_turn turn;
	uint64_t nr = 0;
	int ret;

	memset(all, 0, sizeof(*all));
	memset(guests, 0, trace->guests_nr * sizeof(*guests));
	if (entry && leave)
		fields_find(&walk, &trace->host->types[entry], &trace->host->types[leave]);
	if (!walk.vcpu[0] || !walk.vcpu[1])
		return vms_fail(err, VMS_ENODATA, "the host's entries name no vCPU");
	ret = walk_begin(&walk);
	if (!ret)
		ret = thesis_turns_begin(&turns, trace, entry, leave);
	for (; !ret && thesis_turns_next(&turns, &turn); nr++)
		ret = take(&walk, &turn);
	all->host_inside = turns.inside_nr;
	if (!ret)
		sum_up(&walk, all);
	thesis_turns_end(&turns);
	walk_end(&walk);
	if (ret)
		return vms_fail(err, -ret, "out of memory for the measure of the thesis");
	return nr ? 0 : vms_fail(err, VMS_ENODATA, "the host's file names no thread of a guest");
}
