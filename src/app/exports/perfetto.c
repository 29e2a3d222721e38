// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Knows Perfetto's track events: packets of protobuf, with host CPUs, threads and vCPUs as tracks,
 * stretches as slices, events as instants and accepted pairs as flows.
 */
#include "app/exports/export_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/model.h>
#include <vmsync/stretch.h>

#include "app/words/format.h"
#include "core/base/util.h"

/* What a browser can hold of a file that it also has to sort. */
#define BYTES_MAX ((size_t)1 << 30)

/* Numbers of fields, as Perfetto's trace_packet.proto and its neighbours have them. */
enum { TRACE_PACKET = 1 };
enum { PACKET_TIME = 8, PACKET_SEQUENCE = 10, PACKET_EVENT = 11, PACKET_TRACK = 60 };
enum { TRACK_ID = 1, TRACK_NAME = 2, TRACK_PARENT = 5, TRACK_CHILDREN = 11, TRACK_RANK = 12 };
enum {
	EVENT_VALUE = 4,
	EVENT_TYPE = 9,
	EVENT_TRACK = 11,
	EVENT_CATEGORY = 22,
	EVENT_NAME = 23,
	EVENT_FLOW = 47
};
enum { VALUE_UINT = 3, VALUE_INT = 4, VALUE_NAME = 10 };
enum { TYPE_BEGIN = 1, TYPE_END = 2, TYPE_INSTANT = 3 };
#define CHILDREN_BY_RANK 3

/* the wire's kinds of values */
enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2 };

static void put_varint(struct text *out, uint64_t v)
{
	char bytes[10];
	size_t n = 0;

	for (; v > 127; v >>= 7)
		bytes[n++] = (char)((v & 127) | 128);
	bytes[n++] = (char)v;
	text_add(out, bytes, n);
}

static void put_int(struct text *out, unsigned int field, uint64_t v)
{
	put_varint(out, field << 3 | WIRE_VARINT);
	put_varint(out, v);
}

static void put_fixed(struct text *out, unsigned int field, uint64_t v)
{
	char bytes[8];
	int i;

	for (i = 0; i < 8; i++)
		bytes[i] = (char)(v >> 8 * i & 255);
	put_varint(out, field << 3 | WIRE_FIXED64);
	text_add(out, bytes, sizeof(bytes));
}

static void put_bytes(struct text *out, unsigned int field, const char *p, size_t nr)
{
	put_varint(out, field << 3 | WIRE_BYTES);
	put_varint(out, nr);
	text_add(out, p, nr);
}

static void put_text(struct text *out, unsigned int field, const char *s)
{
	char clean[256];

	s = fmt_clean(s, clean, sizeof(clean));
	put_bytes(out, field, s, strlen(s));
}

/* A message inside is made first: its length stands before it. */
static void put_message(struct text *out, unsigned int field, struct text *message)
{
	put_bytes(out, field, message->p ? message->p : "", message->nr);
	out->bad |= message->bad;
	message->nr = 0;
}

/* An end of an accepted pair. */
struct end {
	struct vms_ref ref;
	int stream; /* a guest's index, -1 = host */
	uint32_t flow;
};

struct perfetto {
	const struct export_of *of;
	const struct vms_clock *clock;
	struct text *out;
	struct text packet, message, value; /* what is being made */
	struct end *ends;		    /* ordered as events are */
	size_t ends_nr;
	uint64_t tracks_nr;
};

static int compare_ends(const void *a, const void *b)
{
	const struct end *x = a, *y = b;

	if (x->stream != y->stream)
		return x->stream < y->stream ? -1 : 1;
	if (x->ref.cpu != y->ref.cpu)
		return x->ref.cpu < y->ref.cpu ? -1 : 1;
	return (x->ref.idx > y->ref.idx) - (x->ref.idx < y->ref.idx);
}

static int ends_make(struct perfetto *p, struct vms_err *err)
{
	const struct vms_session *session = p->of->session;
	const uint32_t nr = vms_session_candidates_nr(session);
	uint32_t accepted, rejected, undecided, i;

	vms_session_counts(session, &accepted, &rejected, &undecided);
	p->ends = vms_calloc((size_t)accepted * 2 + 1, sizeof(*p->ends));
	if (!p->ends)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; i < nr && p->ends_nr < (size_t)accepted * 2; i++) {
		const struct vms_candidate *pair = vms_session_candidate(session, i);

		if (vms_session_state(session, pair) != VMS_ACCEPTED)
			continue;
		p->ends[p->ends_nr++] = (struct end){ pair->pair.host_ev, -1, pair->id };
		p->ends[p->ends_nr++] =
			(struct end){ pair->pair.guest_ev, pair->pair.guest, pair->id };
	}
	qsort(p->ends, p->ends_nr, sizeof(*p->ends), compare_ends);
	return 0;
}

/* Those of a stream's CPU come one after another: the first of them. */
static size_t ends_of(const struct perfetto *p, int stream, int32_t cpu)
{
	const struct end key = { .stream = stream, .ref = { .cpu = cpu } };
	size_t i = 0;

	while (i < p->ends_nr && compare_ends(&p->ends[i], &key) < 0)
		i++;
	return i;
}

static uint64_t track(struct perfetto *p, uint64_t parent, const char *name)
{
	const uint64_t id = ++p->tracks_nr;

	put_int(&p->message, TRACK_ID, id);
	put_text(&p->message, TRACK_NAME, name);
	if (parent)
		put_int(&p->message, TRACK_PARENT, parent);
	else
		put_int(&p->message, TRACK_CHILDREN, CHILDREN_BY_RANK);
	put_int(&p->message, TRACK_RANK, id);
	put_message(&p->packet, PACKET_TRACK, &p->message);
	put_int(&p->packet, PACKET_SEQUENCE, 1);
	put_message(p->out, TRACE_PACKET, &p->packet);
	return id;
}

/* p->message holds what else the event has */
static void event(struct perfetto *p, unsigned int type, uint64_t track, int64_t raw)
{
	put_int(&p->message, EVENT_TYPE, type);
	put_int(&p->message, EVENT_TRACK, track);
	put_int(&p->packet, PACKET_TIME, (uint64_t)fmt_raw_ns(p->clock, raw));
	put_message(&p->packet, PACKET_EVENT, &p->message);
	put_int(&p->packet, PACKET_SEQUENCE, 1);
	put_message(p->out, TRACE_PACKET, &p->packet);
}

static bool within(const struct perfetto *p, int64_t from_raw, int64_t to_raw)
{
	/* Perfetto has no time before 0 */
	return from_raw >= 0 && to_raw >= p->of->from_raw && from_raw <= p->of->to_raw &&
	       p->out->nr < BYTES_MAX;
}

/* The numbers of an event, without those that every event has. */
static void put_values(struct perfetto *p, const struct vms_stream *stream,
		       const struct vms_event_type *type, const uint8_t *payload)
{
	unsigned int i;

	for (i = 0; i < type->fields_nr; i++) {
		const struct vms_field *field = &type->fields[i];

		if (field->is_array || field->is_dynamic || !strncmp(field->name, "common_", 7))
			continue;
		put_text(&p->value, VALUE_NAME, field->name);
		put_int(&p->value, field->is_signed ? VALUE_INT : VALUE_UINT,
			vms_field_u64(stream, field, payload));
		put_message(&p->message, EVENT_VALUE, &p->value);
	}
}

/* The events of a CPU: of a guest's under its map, of the host's as they are. */
static void put_events(struct perfetto *p, int stream_idx, unsigned int cpu_idx, uint64_t on,
		       const struct vms_model *map)
{
	const struct vms_trace *trace = p->of->trace;
	const struct vms_stream *stream =
		stream_idx < 0 ? trace->host : trace->guests[stream_idx].stream;
	const struct vms_cpu *cpu = &stream->cpus[cpu_idx];
	size_t end = ends_of(p, stream_idx, (int32_t)cpu_idx);
	uint32_t i;

	for (i = 0; i < cpu->nr; i++) {
		const struct vms_event_type *type = &stream->types[cpu->type[i]];
		const int64_t raw =
			map ? vms_model_event(map, cpu_idx, i, cpu->time_raw[i]) : cpu->time_raw[i];
		const struct end here = { { (int32_t)cpu_idx, i }, stream_idx, 0 };

		if (!within(p, raw, raw))
			continue;
		put_text(&p->message, EVENT_NAME, type->name);
		put_text(&p->message, EVENT_CATEGORY, type->system);
		if (cpu->type[i])
			put_values(p, stream, type, vms_payload(cpu, i));
		while (end < p->ends_nr && compare_ends(&p->ends[end], &here) < 0)
			end++;
		for (; end < p->ends_nr && !compare_ends(&p->ends[end], &here); end++)
			put_fixed(&p->message, EVENT_FLOW, p->ends[end].flow);
		event(p, TYPE_INSTANT, on, raw);
	}
}

static void put_stretches(struct perfetto *p, const struct vms_thread *thread, uint64_t on)
{
	char buf[FMT_SIZE];
	uint32_t i;

	for (i = 0; i < thread->stretches_nr; i++) {
		const struct vms_stretch *run = &thread->stretches[i];
		const char *name = run->flags & VMS_STRETCH_UNKNOWN ? "unknown"
				   : run->why.isa == VMS_ISA_NONE
					   ? "no exit"
					   : vms_exit_name(&run->why, buf, sizeof(buf));

		if (!within(p, run->enter_raw, run->leave_raw))
			continue;
		put_text(&p->message, EVENT_NAME, name);
		event(p, TYPE_BEGIN, on, run->enter_raw);
		event(p, TYPE_END, on, run->leave_raw);
	}
}

static void put_thread(struct perfetto *p, uint64_t parent, const char *whose,
		       const struct vms_thread *thread)
{
	const struct vms_stream *host = p->of->trace->host;
	const char *comm = host->ops->comm ? host->ops->comm(host, thread->tid) : NULL;
	char name[128];

	(void)snprintf(name, sizeof(name), "%sthread %d%s%s", whose, thread->tid, comm ? " " : "",
		       comm ? comm : "");
	put_stretches(p, thread, track(p, parent, name));
}

static void put_host(struct perfetto *p)
{
	const struct vms_stretches *stretches = p->of->stretches;
	const struct vms_stream *host = p->of->trace->host;
	const uint64_t group = track(p, 0, "host");
	char name[32];
	unsigned int i;

	for (i = 0; i < host->cpus_nr; i++) {
		(void)snprintf(name, sizeof(name), "host CPU %u", host->cpus[i].cpu);
		put_events(p, -1, i, track(p, group, name), NULL);
	}
	for (i = 0; i < stretches->threads_nr; i++)
		if (!p->of->session ||
		    vms_session_thread_track(p->of->session, stretches->threads[i].tid) < 0)
			put_thread(p, group, "", &stretches->threads[i]);
}

static int put_guest(struct perfetto *p, unsigned int guest, struct vms_err *err)
{
	const struct vms_session *session = p->of->session;
	const struct vms_guest *of = &vms_session_trace(session)->guests[guest];
	const struct vms_model *map = vms_session_model_map(p->of->session, p->of->by, guest);
	uint64_t group;
	char name[160];
	unsigned int i;

	if (!map)
		return vms_fail(err, VMS_ENODATA, "model %s is not available for guest %s",
				vms_by_name(p->of->by), of->name);
	(void)snprintf(name, sizeof(name), "guest %s, model %s", of->name, vms_by_name(p->of->by));
	group = track(p, 0, name);
	for (i = 0; i < of->stream->cpus_nr; i++) {
		const int at = vms_session_track_of(session, guest, i);
		const struct vms_track *vcpu =
			at < 0 ? NULL : vms_session_track(session, (unsigned int)at);

		(void)snprintf(name, sizeof(name), "vCPU %u ", of->stream->cpus[i].cpu);
		if (vcpu && vcpu->thread)
			put_thread(p, group, name, vcpu->thread);
		(void)snprintf(name, sizeof(name), "vCPU %u events", of->stream->cpus[i].cpu);
		put_events(p, (int)guest, i, track(p, group, name), map);
	}
	return 0;
}

int export_perfetto(struct export_files *out, const struct export_of *of, struct vms_err *err)
{
	struct perfetto p = { .of = of,
			      .clock = of->session ? vms_session_clock(of->session)
						   : &of->trace->host->clock,
			      .out = export_file(out, NULL) };
	unsigned int i;
	int ret = of->session ? ends_make(&p, err) : 0;

	if (!ret)
		put_host(&p);
	for (i = 0; !ret && i < of->trace->guests_nr; i++)
		ret = put_guest(&p, i, err);
	if (!ret && p.out->nr >= BYTES_MAX)
		ret = vms_fail(err, VMS_ERANGE,
			       "a file for Perfetto of more than 1 GB: take a part with --range, "
			       "or zoom in");
	free(p.ends);
	free(p.packet.p);
	free(p.message.p);
	free(p.value.p);
	return ret;
}
