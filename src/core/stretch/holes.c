// SPDX-License-Identifier: LGPL-2.1-or-later
/* Where host events are missing without a mark, told by what the missing ones leave behind. */
#include "core/stretch/stretch_impl.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/bisect.h"
#include "core/base/each.h"
#include "core/base/util.h"
#include "core/record/soon.h"

#define GAPS_MAX ((size_t)1 << 24)
/*
 * A CPU on which a thread was woken shows an event within this: more than hosts that are alive take
 * before their first or after their last event (50 ms was seen once, on an emulated host), less
 * than the holes that people make. Within its recording a CPU is judged by who runs, as software
 * emulation was seen to stall for 150 ms.
 */
#define ANSWER_NS 80e6
/* A tick of unknown length: some 2.5 GHz, as elsewhere only for the size of windows. */
#define TICKS_PER_NS 2.5
/* Threads that change unseen in more than one of so many switches: sched_switch is filtered. */
#define SWITCHES_PER_BREAK 8u

/* More than one in so many entries or exits without the other: losses and fast paths make fewer. */
#define FILTER_SHARE 5u

/* What has to be known of an event type. */
struct hole_type {
	const struct vms_field *pid, *next_pid, *target;
	bool runs; /* kvm_entry: this thread does run, and is not on its way out */
};

/* What one CPU's events show. */
struct seen {
	uint64_t switches, breaks;
};

/* A thread was woken on a CPU, or moved to it, long before its first event, after its last. */
enum { UNSEEN_BEFORE = 1, UNSEEN_AFTER = 2 };

struct finder {
	const struct vms_stream *s;
	struct hole_type *types;
	struct vms_gaps *out;
	struct seen *seen;	  /* by CPU */
	_Atomic uint8_t *no_data; /* by CPU: UNSEEN_* */
	bool keep;		  /* breaks are noted, else counted */
	int64_t answer_raw;
};

static bool is_number(const struct vms_field *f)
{
	return f && !f->is_array && !f->is_dynamic;
}

static const struct vms_field *number(const struct vms_event_type *t, const char *name)
{
	const struct vms_field *f = vms_type_field(t, name);

	return is_number(f) ? f : NULL;
}

static void look_up(struct finder *f)
{
	unsigned int i;

	for (i = 1; i < f->s->types_nr; i++) {
		const struct vms_event_type *type = &f->s->types[i];
		struct hole_type *hole_type = &f->types[i];

		hole_type->pid = number(type, "common_pid");
		if (!type->system || !type->name)
			continue;
		hole_type->runs = !strcmp(type->system, "kvm") && !strcmp(type->name, "kvm_entry");
		if (strcmp(type->system, "sched"))
			continue;
		if (!strcmp(type->name, "sched_switch"))
			hole_type->next_pid = number(type, "next_pid");
		else if (!strncmp(type->name, "sched_wak", 9))
			hole_type->target = number(type, "target_cpu");
		else if (!strcmp(type->name, "sched_migrate_task"))
			hole_type->target = number(type, "dest_cpu");
	}
}

static int64_t cpu_index(const struct vms_stream *s, uint64_t cpu)
{
	unsigned int i;

	if (cpu < s->cpus_nr && s->cpus[cpu].cpu == cpu)
		return (int64_t)cpu;
	for (i = 0; i < s->cpus_nr; i++)
		if (s->cpus[i].cpu == cpu)
			return i;
	return -1;
}

static int64_t time_before(const struct vms_stream *s, const struct vms_cpu *c, uint32_t idx)
{
	return idx ? c->time_raw[idx - 1] : s->first_raw;
}

static int64_t time_after(const struct vms_stream *s, const struct vms_cpu *c, uint32_t idx)
{
	return idx < c->nr ? c->time_raw[idx] : s->last_raw;
}

/* A thread was woken, or sent, to a CPU that may show nothing then; recorded by another. */
static void note_wake(struct finder *finder, unsigned int by, const struct vms_field *target,
		      const uint8_t *payload, int64_t time_raw)
{
	const int64_t idx = cpu_index(finder->s, vms_field_u64(finder->s, target, payload));
	const struct vms_cpu *cpu = &finder->s->cpus[VMS_MAX(idx, 0)];
	uint32_t lo = 0, hi = cpu->nr;

	if (idx < 0 || idx == by ||
	    (cpu->sorted && hi && cpu->time_raw[0] < time_raw && time_raw <= cpu->time_raw[hi - 1]))
		return;
	VMS_BISECT(lo, hi, k, cpu->time_raw[k] < time_raw);
	if ((!lo || lo == cpu->nr) &&
	    vms_sat_sub_i64(time_after(finder->s, cpu, lo), time_raw) >= finder->answer_raw)
		atomic_fetch_or(&finder->no_data[idx], lo ? UNSEEN_AFTER : UNSEEN_BEFORE);
}

static int add_gap(struct finder *f, unsigned int cpu, uint32_t idx, enum vms_hole_kind kind)
{
	struct vms_cpu_gaps *cpu_gaps = &f->out->cpus[cpu];
	uint32_t at = cpu_gaps->nr;
	int ret;

	while (at && cpu_gaps->g[at - 1].idx > idx)
		at--;
	if (at && cpu_gaps->g[at - 1].idx == idx)
		return 0;
	ret = vms_grow(&cpu_gaps->g, &cpu_gaps->cap, (size_t)cpu_gaps->nr + 1, sizeof(*cpu_gaps->g),
		       GAPS_MAX);
	if (ret)
		return ret;
	memmove(&cpu_gaps->g[at + 1], &cpu_gaps->g[at], (cpu_gaps->nr - at) * sizeof(*cpu_gaps->g));
	cpu_gaps->g[at] = (struct vms_gap){ .idx = idx, .kind = (uint8_t)kind };
	cpu_gaps->nr++;
	return 0;
}

/* Who runs on a CPU, as far as its events tell; -1: not known. */
struct running {
	int64_t pid;
	/* Until the next thread shows, events of the switch itself are still the last one's. */
	int64_t leaving;
	int64_t switched_raw;
};

/* Whether a thread runs that no sched_switch has let run. */
static bool is_break(struct running *r, int64_t pid, bool runs)
{
	const bool known = r->pid < 0 || pid == r->pid || (pid == r->leaving && !runs);

	if (pid != r->leaving)
		r->leaving = -1;
	return !known;
}

/* Follows who runs on a CPU from event to event, and who was woken, or sent, where. */
static int follow(void *user, unsigned int cpu_idx, struct vms_err *err)
{
	struct finder *finder = user;
	const struct vms_cpu *cpu = &finder->s->cpus[cpu_idx];
	struct running running = { .pid = -1, .leaving = -1, .switched_raw = INT64_MIN };
	struct seen seen = { 0 };
	uint32_t i, lost = 0;
	int ret = 0;

	(void)err;
	for (i = 0; i < cpu->nr && !ret; i++) {
		const struct hole_type *hole_type =
			&finder->types[cpu->type[i] < finder->s->types_nr ? cpu->type[i] : 0];
		int64_t pid;

		VMS_PAYLOAD_SOON(cpu, i);
		if (hole_type->target && !finder->keep)
			note_wake(finder, cpu_idx, hole_type->target, vms_payload(cpu, i),
				  cpu->time_raw[i]);
		for (; lost < cpu->lost_nr && cpu->lost[lost].idx <= i; lost++)
			running.pid = running.leaving = -1;
		/*
		 * Instances are merged by time: at the time of a switch their order is not known.
		 */
		if (!hole_type->pid || (cpu->buffer && !hole_type->next_pid &&
					cpu->time_raw[i] <= running.switched_raw))
			continue;
		pid = (int32_t)vms_field_u64(finder->s, hole_type->pid, vms_payload(cpu, i));
		if (is_break(&running, pid, hole_type->runs)) {
			seen.breaks++;
			if (finder->keep)
				ret = add_gap(finder, cpu_idx, i, VMS_HOLE_SWITCH_MISSING);
			running.leaving = -1;
		}
		if (hole_type->next_pid) {
			seen.switches++;
			running.leaving = pid;
			running.switched_raw = cpu->time_raw[i];
			pid = (int32_t)vms_field_u64(finder->s, hole_type->next_pid,
						     vms_payload(cpu, i));
		} else if (pid == running.leaving) {
			continue;
		}
		running.pid = pid;
	}
	finder->seen[cpu_idx] = seen;
	return ret;
}

/* Where one CPU's events are missing, those of others that are silent half as long may be, too. */
static int spread(struct finder *finder, unsigned int from, const struct vms_gap *g)
{
	const struct vms_cpu *c = &finder->s->cpus[from];
	const int64_t begin_raw = time_before(finder->s, c, g->idx),
		      end_raw = time_after(finder->s, c, g->idx);
	const int64_t middle_raw = begin_raw + (end_raw - begin_raw) / 2;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < finder->s->cpus_nr && !ret; i++) {
		const struct vms_cpu *o = &finder->s->cpus[i];
		uint32_t at;

		if (i == from || !o->nr || !o->sorted)
			continue;
		at = vms_cpu_lower_bound(o, middle_raw);
		if (vms_sat_sub_i64(time_after(finder->s, o, at), time_before(finder->s, o, at)) >=
		    (end_raw - begin_raw) / 2)
			ret = add_gap(finder, i, at, VMS_HOLE_TRACING_OFF);
	}
	return ret;
}

static int spread_all(struct finder *finder)
{
	unsigned int cpu;
	uint32_t i;
	int ret = 0;

	for (cpu = 0; cpu < finder->s->cpus_nr; cpu++) {
		/* What is added on the way is for other CPUs, and no reason to spread again. */
		for (i = 0; i < finder->out->cpus[cpu].nr && !ret; i++) {
			const struct vms_gap g = finder->out->cpus[cpu].g[i];

			if (g.kind == VMS_HOLE_SWITCH_MISSING)
				ret = spread(finder, cpu, &g);
		}
	}
	return ret;
}

static int find(struct finder *finder)
{
	const unsigned int cpus_nr = finder->s->cpus_nr;
	struct seen all = { 0 };
	unsigned int cpu;
	int ret = vms_each(cpus_nr, follow, finder, NULL);

	for (cpu = 0; cpu < cpus_nr; cpu++) {
		all.switches += finder->seen[cpu].switches;
		all.breaks += finder->seen[cpu].breaks;
	}
	finder->out->switches_whole =
		all.switches && all.breaks * SWITCHES_PER_BREAK <= all.switches;
	finder->keep = all.breaks && finder->out->switches_whole;
	if (!ret && finder->keep)
		ret = vms_each(cpus_nr, follow, finder, NULL);
	for (cpu = 0; cpu < cpus_nr && !ret; cpu++) {
		if (finder->no_data[cpu] & UNSEEN_BEFORE)
			ret = add_gap(finder, cpu, 0, VMS_HOLE_NO_DATA);
		if (!ret && finder->no_data[cpu] & UNSEEN_AFTER)
			ret = add_gap(finder, cpu, finder->s->cpus[cpu].nr, VMS_HOLE_NO_DATA);
	}
	return ret ? ret : spread_all(finder);
}

int vms_gaps_find(struct vms_gaps *out, const struct vms_stream *host)
{
	const double ns_per_unit = host->clock.counts_ns	   ? 1.0
				   : host->clock.ns_per_unit > 0.0 ? host->clock.ns_per_unit
								   : 1.0 / TICKS_PER_NS;
	struct finder finder = { .s = host,
				 .out = out,
				 .answer_raw = (int64_t)(ANSWER_NS / ns_per_unit) };
	int ret = -VMS_ENOMEM;

	memset(out, 0, sizeof(*out));
	out->cpus = vms_calloc(host->cpus_nr, sizeof(*out->cpus));
	finder.types = vms_calloc(VMS_MAX(host->types_nr, 1U), sizeof(*finder.types));
	finder.seen = vms_calloc(host->cpus_nr, sizeof(*finder.seen));
	finder.no_data = vms_calloc(host->cpus_nr, sizeof(*finder.no_data));
	if (out->cpus && finder.types && finder.seen && finder.no_data) {
		out->cpus_nr = host->cpus_nr;
		look_up(&finder);
		ret = find(&finder);
	}
	free(finder.seen);
	free(finder.no_data);
	free(finder.types);
	return ret;
}

int vms_gaps_list(const struct vms_gaps *gaps, const struct vms_stream *host, struct vms_hole **out,
		  unsigned int *nr)
{
	unsigned int cpu, n = 0;
	uint32_t i;

	for (cpu = 0; cpu < gaps->cpus_nr; cpu++)
		n += gaps->cpus[cpu].nr;
	n += 2 * host->cpus_nr + VMS_HOLES_EXTRA;
	*out = vms_calloc(n, sizeof(**out));
	if (!*out)
		return -VMS_ENOMEM;
	*nr = 0;
	for (cpu = 0; cpu < gaps->cpus_nr; cpu++) {
		for (i = 0; i < gaps->cpus[cpu].nr; i++) {
			const struct vms_gap *x = &gaps->cpus[cpu].g[i];

			(*out)[(*nr)++] = (struct vms_hole){
				.cpu = cpu,
				.from_raw = time_before(host, &host->cpus[cpu], x->idx),
				.to_raw = time_after(host, &host->cpus[cpu], x->idx),
				.kind = x->kind,
			};
		}
	}
	return 0;
}

/*
 * The kernel's counts are of whole CPUs, and say not when: they are told, and bound nothing. A mark
 * may lack its number; what is in no mark then may be in that one.
 */
void vms_counts_list(struct vms_stretches *st, const struct vms_stream *host)
{
	unsigned int i, k;

	for (i = 0; i < host->cpus_nr; i++) {
		const struct vms_cpu *cpu = &host->cpus[i];
		uint64_t recorded = 0, lost = 0, marked = 0;
		struct vms_hole hole = { .cpu = i,
					 .from_raw = st->first_raw,
					 .to_raw = st->last_raw };
		bool all_numbered = true;

		for (k = 0; k < host->stats_nr; k++)
			if (host->stats[k].cpu == cpu->cpu) {
				recorded += host->stats[k].recorded_nr;
				lost += host->stats[k].lost_nr;
			}
		for (k = 0; k < cpu->lost_nr; k++) {
			marked += cpu->lost[k].count;
			all_numbered &= cpu->lost[k].count > 0;
		}
		hole.nr = recorded > cpu->nr + marked ? recorded - cpu->nr - marked : 0;
		hole.kind = VMS_HOLE_COUNTED;
		if (hole.nr && all_numbered)
			st->holes[st->holes_nr++] = hole;
		hole.nr = lost > marked ? lost - marked : 0;
		hole.kind = VMS_HOLE_UNMARKED;
		if (hole.nr && all_numbered)
			st->holes[st->holes_nr++] = hole;
	}
}

void vms_filters_list(struct vms_stretches *st, const struct vms_marks *marks)
{
	uint64_t nr[2] = { 0, 0 }, missing[2] = { 0, 0 };
	unsigned int is_exit, i;

	for (i = 0; i < marks->threads_nr; i++)
		for (is_exit = 0; is_exit < 2; is_exit++) {
			nr[is_exit] += marks->threads[i].kind_nr[is_exit];
			missing[is_exit] += marks->threads[i].missing_nr[is_exit];
		}
	for (is_exit = 0; is_exit < 2; is_exit++)
		if (missing[is_exit] * FILTER_SHARE > nr[!is_exit])
			st->holes[st->holes_nr++] = (struct vms_hole){
				.cpu = VMS_CPU_ALL,
				.from_raw = st->first_raw,
				.to_raw = st->last_raw,
				.nr = missing[is_exit],
				.kind = is_exit ? VMS_HOLE_EXITS : VMS_HOLE_ENTRIES,
			};
}

void vms_gaps_clear(struct vms_gaps *g)
{
	unsigned int i;

	for (i = 0; i < g->cpus_nr; i++)
		free(g->cpus[i].g);
	free(g->cpus);
	memset(g, 0, sizeof(*g));
}
