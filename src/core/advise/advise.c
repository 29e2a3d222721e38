// SPDX-License-Identifier: LGPL-2.1-or-later
/* What of a recording was missing, lost or of no use for the band, and what to record instead. */
#include <vmsync/advise.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/advise/advise_impl.h"
#include "core/base/util.h"

/* Of the kernel's ring buffer for each CPU, where nobody gave another size. */
#define KIB_DEFAULT 1408u
/* A record's head in the ring buffer, besides its payload. */
#define RECORD_HEAD_BYTES 4u
/* From this share of a guest's events outside the host's recording on, that is worth a word. */
#define OUTSIDE_SHARE 10u
#define ADVICE_MAX 65536u
#define MSR_TSC_DEADLINE 0x6e0u

struct maker {
	struct vms_advise *advise;
	size_t cap;
	const struct vms_trace *trace;
	const struct vms_stretches *st;
	const struct vms_session *session;
	const struct vms_fitness_list *fitness;
	const char *clock;	    /* of the line */
	struct vms_record_side *to; /* of the line: the host, then the guests */
	char seconds[24];	    /* of the line */
	/* waits for a timer, which say what a guest's TSC was, and the narrowest of a thread */
	uint64_t waits_nr, deadlines_nr;
	double *narrowest_ns;
	bool failed;
};

const char *vms_advice_name(enum vms_advice_kind kind)
{
	static const char *const name[VMS_ADVICE_NR] = { "clock", "facts", "switches", "anchors",
							 "lost",  "hole",  "together", "longer" };

	return kind < VMS_ADVICE_NR ? name[kind] : "none";
}

/* @what: copied */
static struct vms_advice *add(struct maker *maker, enum vms_advice_kind kind, int guest,
			      const char *what)
{
	struct vms_advise *const all = maker->advise;
	char *const own = vms_strdup(what);

	if (!own ||
	    vms_grow(&all->advice, &maker->cap, all->nr + 1, sizeof(*all->advice), ADVICE_MAX)) {
		free(own);
		maker->failed = true;
		return NULL;
	}
	all->advice[all->nr] =
		(struct vms_advice){ .kind = kind, .guest = guest, .what = own, .ns = NAN };
	return &all->advice[all->nr++];
}

static enum vms_isa isa_of(const struct maker *m)
{
	return m->st ? (enum vms_isa)m->st->isa : VMS_ISA_NONE;
}

/* A file has the formats of what was switched on, whether it happened or not. */
static bool was_on(const struct vms_stream *s, const char *name)
{
	return vms_type_find(s, NULL, name) != 0;
}

/*
 * Waits of a host CPU: from the entry to the wait the guest's TSC was what the wait tells, so that
 * this time is the width of the fact alone.
 */
static void count_waits(struct maker *maker, unsigned int c, unsigned int entry, unsigned int wait)
{
	const struct vms_stream *const host = maker->trace->host;
	const struct vms_clock *clock =
		maker->session ? vms_session_clock(maker->session) : &host->clock;
	const struct vms_cpu *cpu = &host->cpus[c];
	struct vms_ref last = VMS_REF_NONE;
	uint32_t i;

	for (i = 0; i < cpu->nr; i++) {
		const struct vms_ref at = { .cpu = (int32_t)c, .idx = i };
		const struct vms_thread *thread;
		double *least_ns;

		if (cpu->type[i] == entry)
			last = at;
		if (cpu->type[i] != wait)
			continue;
		maker->waits_nr++;
		thread = vms_thread_find(maker->st, vms_event_tid(host, at));
		if (!thread || last.cpu < 0 || vms_event_tid(host, last) != thread->tid)
			continue;
		least_ns = &maker->narrowest_ns[thread - maker->st->threads];
		*least_ns = fmin(*least_ns,
				 vms_clock_ns(clock, vms_sat_sub_i64(cpu->time_raw[i],
								     cpu->time_raw[last.idx])));
	}
}

static void count_deadlines(struct maker *maker, unsigned int c, unsigned int msr)
{
	const struct vms_stream *const host = maker->trace->host;
	uint32_t i;
	uint64_t of;

	for (i = 0; i < host->cpus[c].nr; i++)
		if (host->cpus[c].type[i] == msr &&
		    vms_field_by_name(host, (struct vms_ref){ (int32_t)c, i }, "ecx", &of))
			maker->deadlines_nr += of == MSR_TSC_DEADLINE;
}

static void look_at_clocks(struct maker *maker)
{
	const struct vms_stream *const host = maker->trace->host;
	const unsigned int entry = vms_type_find(host, "kvm", "kvm_entry");
	const unsigned int wait = vms_type_find(host, "kvm", "kvm_wait_lapic_expire");
	const unsigned int msr = vms_type_find(host, "kvm", "kvm_msr");
	unsigned int c, i;

	maker->narrowest_ns = vms_calloc(maker->st->threads_nr, sizeof(*maker->narrowest_ns));
	if (!maker->narrowest_ns) {
		maker->failed = true;
		return;
	}
	for (i = 0; i < maker->st->threads_nr; i++)
		maker->narrowest_ns[i] = NAN;
	for (c = 0; c < host->cpus_nr; c++) {
		if (entry && wait)
			count_waits(maker, c, entry, wait);
		if (msr)
			count_deadlines(maker, c, msr);
	}
}

/* Of the vCPU whose narrowest wait is the widest; of threads of which nothing is known, of all. */
static double facts_ns(const struct maker *maker)
{
	const unsigned int tracks_nr = maker->session ? vms_session_tracks_nr(maker->session) : 0;
	double most = NAN;
	unsigned int i, part;

	for (i = 0; i < maker->st->threads_nr && !tracks_nr; i++)
		most = fmax(most, maker->narrowest_ns[i]);
	for (i = 0; i < tracks_nr; i++) {
		const struct vms_thread *thread = vms_session_track(maker->session, i)->thread;
		double least = NAN;

		for (part = 0; thread && part < vms_thread_parts_nr(thread); part++) {
			const struct vms_thread *of =
				vms_thread_find(maker->st, vms_thread_tid(thread, part));

			least = of ? fmin(least, maker->narrowest_ns[of - maker->st->threads])
				   : least;
		}
		most = fmax(most, least);
	}
	return most;
}

static bool some_facts(const struct maker *maker)
{
	unsigned int i;

	for (i = 0; maker->session && i < vms_session_tracks_nr(maker->session); i++)
		if (vms_session_facts(maker->session, vms_session_track(maker->session, i)).nr)
			return true;
	return false;
}

static void advise_clock(struct maker *maker)
{
	const struct vms_trace *const trace = maker->trace;
	bool ticks = vms_counts_tsc(trace->host);
	struct vms_advice *advice = NULL;
	unsigned int g, i;
	bool steered = false;

	for (g = 0; g < trace->guests_nr; g++)
		ticks &= vms_counts_tsc(trace->guests[g].stream);
	for (i = 0; maker->session && i < vms_session_tracks_nr(maker->session); i++)
		steered |= vms_session_track(maker->session, i)->limits.rate == VMS_RATE_DRIFT;
	maker->clock = trace->host->clock.name;
	if (advise_x86(isa_of(maker)) && !ticks) {
		maker->clock = "x86-tsc";
		advice = add(maker, VMS_ADVICE_CLOCK, -1, maker->clock);
	} else if (!advise_x86(isa_of(maker)) && steered) {
		maker->clock = "local";
		advice = add(maker, VMS_ADVICE_CLOCK, -1, maker->clock);
	}
	if (advice && advise_x86(isa_of(maker))) {
		advice->nr = maker->waits_nr;
		advice->ns = facts_ns(maker);
	}
}

static void advise_facts(struct maker *maker)
{
	const struct vms_stream *const host = maker->trace->host;
	const bool waits = was_on(host, "kvm_wait_lapic_expire"), msr = was_on(host, "kvm_msr");
	struct vms_advice *advice;
	char what[64];

	if (!advise_x86(isa_of(maker)) || (waits && msr) || some_facts(maker))
		return;
	(void)snprintf(what, sizeof(what), "%s%s%s", msr ? "" : "kvm:kvm_msr",
		       msr || waits ? "" : " ", waits ? "" : "kvm:kvm_wait_lapic_expire");
	advice = add(maker, VMS_ADVICE_FACTS, -1, what);
	if (advice) {
		advice->nr = waits ? maker->waits_nr : maker->deadlines_nr;
		advice->ns = facts_ns(maker);
	}
}

/* Guest events that could not be checked, for any reason that the host's events are. */
static void advise_switches(struct maker *maker)
{
	struct vms_advice *advice;
	unsigned int i;

	if (was_on(maker->trace->host, "sched_switch"))
		return;
	advice = add(maker, VMS_ADVICE_SWITCHES, -1, "sched:sched_switch");
	for (i = 0; advice && maker->session && i < vms_session_tracks_nr(maker->session); i++) {
		const struct vms_coverage seen =
			vms_session_coverage(maker->session, vms_session_track(maker->session, i));

		advice->nr += seen.lost_nr + seen.whereabouts_unknown_nr;
		advice->of += seen.events_nr;
	}
}

static uint64_t record_bytes(const struct vms_stream *stream, const struct vms_cpu *cpu)
{
	uint64_t bytes = 0;
	uint32_t i;

	for (i = 0; i < cpu->nr; i++)
		bytes += stream->types[cpu->type[i]].size_min + RECORD_HEAD_BYTES;
	return cpu->nr ? bytes / cpu->nr : 0;
}

/*
 * What was lost at once did not fit: so much more than the buffer had, and twice that to be sure.
 * Its size is in no file; it is taken for the kernel's.
 */
static void advise_buffers(struct maker *maker, const struct vms_stream *stream, int guest)
{
	uint64_t places = 0, most = 0, bytes = 0, kib = KIB_DEFAULT;
	struct vms_advice *advice;
	unsigned int c, at = 0;
	char what[24];
	uint32_t i;

	if (!stream->lost_nr)
		return;
	for (c = 0; c < stream->cpus_nr; c++) {
		const struct vms_cpu *cpu = &stream->cpus[c];

		places += cpu->lost_nr;
		for (i = 0; i < cpu->lost_nr; i++) {
			const uint64_t nr = VMS_MAX(cpu->lost[i].count, 1u);

			if (nr <= most)
				continue;
			most = nr;
			at = c;
			bytes = nr * record_bytes(stream, cpu);
		}
	}
	while (kib < 2 * (KIB_DEFAULT + bytes / 1024) && kib < UINT64_C(1) << 32)
		kib = kib == KIB_DEFAULT ? 4096 : 2 * kib;
	(void)snprintf(what, sizeof(what), "%llu", (unsigned long long)kib);
	advice = add(maker, VMS_ADVICE_LOST, guest, what);
	if (!advice)
		return;
	advice->nr = stream->lost_nr;
	advice->of = places;
	advice->most = most;
	advice->cpu = stream->cpus[at].cpu;
	maker->to[guest + 1].kib = kib;
}

static void advise_holes(struct maker *maker)
{
	unsigned int i, k;

	for (i = 0; i < maker->st->holes_nr; i++) {
		const struct vms_hole *hole = &maker->st->holes[i];
		struct vms_advice *of = NULL;

		for (k = 0; k < maker->advise->nr && !of; k++)
			if (maker->advise->advice[k].hole &&
			    maker->advise->advice[k].hole->kind == hole->kind)
				of = &maker->advise->advice[k];
		if (!of)
			of = add(maker, VMS_ADVICE_HOLE, -1, "");
		if (!of)
			return;
		of->hole = of->hole ? of->hole : hole;
		of->nr++;
	}
}

static void advise_together(struct maker *maker, unsigned int guest)
{
	const struct vms_stream *const stream = maker->trace->guests[guest].stream;
	uint64_t outside = 0, events = 0;
	struct vms_advice *advice;
	unsigned int i;

	for (i = 0; maker->session && i < vms_session_tracks_nr(maker->session); i++) {
		const struct vms_track *track = vms_session_track(maker->session, i);
		const struct vms_coverage seen = vms_session_coverage(maker->session, track);

		if (track->guest != guest)
			continue;
		outside += seen.outside_recording_nr;
		events += seen.events_nr;
	}
	if (stream->shift && outside * OUTSIDE_SHARE < events)
		return;
	advice = add(maker, VMS_ADVICE_TOGETHER, (int)guest, "");
	if (advice) {
		advice->nr = outside;
		advice->of = events;
	}
}

/* Of sequences that lack the same events, the one that would have most pairs speaks for all. */
static void anchor_missing(void *user, unsigned int guest, const struct advise_anchor *found)
{
	struct maker *const maker = user;
	const int side = found->on_host ? -1 : (int)guest;
	struct vms_advice *advice = NULL;
	unsigned int i;

	for (i = 0; i < maker->advise->nr && !advice; i++)
		if (maker->advise->advice[i].kind == VMS_ADVICE_ANCHORS &&
		    maker->advise->advice[i].guest == side &&
		    !strcmp(maker->advise->advice[i].what, found->what))
			advice = &maker->advise->advice[i];
	if (!advice)
		advice = add(maker, VMS_ADVICE_ANCHORS, side, found->what);
	if (advice && found->ends_nr > advice->nr) {
		advice->nr = found->ends_nr;
		advice->seq = found->seq;
	}
}

static unsigned int guests_nr(const struct vms_trace *trace)
{
	return VMS_MAX(VMS_MAX(trace->guests_nr, trace->host->decls_nr), 1u);
}

static int line(struct maker *maker, struct vms_err *err)
{
	const struct vms_trace *const trace = maker->trace;
	const char *const command[] = { "sleep", maker->seconds };
	const struct vms_record record = { .isa = isa_of(maker),
					   .clock = *maker->clock ? maker->clock : NULL,
					   .host = maker->to[0],
					   .guests = maker->to + 1,
					   .guests_nr = guests_nr(trace),
					   .command = command,
					   .command_nr = VMS_ARRAY_NR(command) };

	return vms_record_line(&maker->advise->argv, &maker->advise->argc, &record, err);
}

/* As long again, but where that left other alignments: so much that a rival's misses tell it. */
static void advise_length(struct maker *maker)
{
	const struct vms_stream *const host = maker->trace->host;
	const struct vms_clock *clock =
		maker->session ? vms_session_clock(maker->session) : &host->clock;
	const double ns = vms_clock_ns(clock, vms_sat_sub_i64(host->last_raw, host->first_raw));
	const unsigned int nr = maker->session ? vms_session_tracks_nr(maker->session) : 0;
	double seconds = fmax(ceil(ns * 1e-9), 1.0);
	struct vms_advice *advice;
	int guest = -1;
	unsigned int i, ambiguous_nr = 0;

	for (i = 0; i < nr; i++) {
		const struct vms_track *track = vms_session_track(maker->session, i);

		if (!track->align->ambiguous)
			continue;
		guest = ambiguous_nr++ ? guest : (int)track->guest;
	}
	if (ambiguous_nr)
		seconds *= VMS_ALIGN_RATIO;
	(void)snprintf(maker->seconds, sizeof(maker->seconds), "%.0f", fmin(seconds, 1e6));
	advice = ambiguous_nr ? add(maker, VMS_ADVICE_LONGER, guest, maker->seconds) : NULL;
	if (advice) {
		advice->nr = ambiguous_nr;
		advice->of = nr;
	}
}

static void sides(struct maker *maker)
{
	const struct vms_trace *const trace = maker->trace;
	unsigned int g;

	maker->to[0].stream = trace->host;
	maker->to[1].name = "GUEST"; /* where no file names one */
	for (g = 0; g < trace->host->decls_nr; g++)
		maker->to[g + 1].name = trace->host->decls[g].name;
	for (g = 0; g < trace->guests_nr; g++) {
		maker->to[g + 1].name = trace->guests[g].name;
		maker->to[g + 1].stream = trace->guests[g].stream;
	}
}

static void advise_all(struct maker *maker)
{
	const struct vms_trace *const trace = maker->trace;
	unsigned int g;

	sides(maker);
	look_at_clocks(maker);
	if (maker->failed)
		return;
	advise_clock(maker);
	advise_facts(maker);
	advise_length(maker);
	for (g = 0; g < trace->guests_nr && maker->session && maker->fitness; g++)
		advise_anchors(maker->session, maker->fitness, g, anchor_missing, maker);
	advise_holes(maker);
	advise_switches(maker);
	advise_buffers(maker, trace->host, -1);
	if (!trace->guests_nr)
		(void)add(maker, VMS_ADVICE_TOGETHER, -1, "");
	for (g = 0; g < trace->guests_nr; g++) {
		advise_buffers(maker, trace->guests[g].stream, (int)g);
		advise_together(maker, g);
	}
}

int vms_advise(struct vms_advise **out, const struct vms_trace *trace,
	       const struct vms_stretches *st, const struct vms_session *session,
	       const struct vms_fitness_list *fitness, struct vms_err *err)
{
	struct maker maker = { .trace = trace, .st = st, .session = session, .fitness = fitness };
	int ret = 0;

	maker.advise = vms_calloc(1, sizeof(*maker.advise));
	maker.to = vms_calloc(1 + guests_nr(trace), sizeof(*maker.to));
	if (!maker.advise || !maker.to)
		maker.failed = true;
	else
		advise_all(&maker);
	if (maker.failed)
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	if (!ret)
		ret = line(&maker, err);
	free(maker.narrowest_ns);
	free(maker.to);
	if (ret)
		vms_advise_free(maker.advise);
	else
		*out = maker.advise;
	return ret;
}

void vms_advise_free(struct vms_advise *advise)
{
	unsigned int i;

	if (!advise)
		return;
	for (i = 0; i < advise->nr; i++)
		free(advise->advice[i].what);
	free(advise->advice);
	vms_record_free(advise->argv, advise->argc);
	free(advise);
}
