// SPDX-License-Identifier: LGPL-2.1-or-later
/* From a row of the anchors file to two events of the recording, and back. */
#include "io/anchors/anchors_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/place.h>

#include "core/base/bisect.h"
#include "core/base/printable.h"
#include "core/base/util.h"

/* Events of one CPU in the order of their times; NULL where the CPU has them so anyway. */
struct cpu_order {
	uint32_t *idx;
	bool ready;
};

struct anchors_index {
	const struct vms_trace *t;
	struct cpu_order **streams; /* of the guests, then of the host; one entry a CPU */
};

static const struct vms_stream *stream_of(const struct vms_trace *t, unsigned int i)
{
	return i < t->guests_nr ? t->guests[i].stream : t->host;
}

struct anchors_index *anchors_index_new(const struct vms_trace *trace)
{
	struct anchors_index *index = vms_calloc(1, sizeof(*index));
	unsigned int i;

	if (!index)
		return NULL;
	index->t = trace;
	index->streams = vms_calloc((size_t)trace->guests_nr + 1, sizeof(struct cpu_order *));
	for (i = 0; index->streams && i <= trace->guests_nr; i++) {
		index->streams[i] =
			vms_calloc(stream_of(trace, i)->cpus_nr, sizeof(struct cpu_order));
		if (!index->streams[i]) {
			anchors_index_free(index);
			return NULL;
		}
	}
	if (!index->streams) {
		free(index);
		return NULL;
	}
	return index;
}

void anchors_index_free(struct anchors_index *index)
{
	unsigned int i, c;

	if (!index)
		return;
	for (i = 0; i <= index->t->guests_nr && index->streams[i]; i++) {
		for (c = 0; c < stream_of(index->t, i)->cpus_nr; c++)
			free(index->streams[i][c].idx);
		free(index->streams[i]);
	}
	free(index->streams);
	free(index);
}

static int by_time(const void *a, const void *b, void *cpu)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	const int64_t *t = vms_cpu_stored(cpu);

	if (t[x] != t[y])
		return t[x] < t[y] ? -1 : 1;
	return (x > y) - (x < y);
}

static int order_make(struct cpu_order *cpu_order, const struct vms_cpu *cpu)
{
	uint32_t i;

	if (cpu_order->ready || cpu->sorted || !cpu->nr)
		return 0;
	cpu_order->idx = vms_calloc(cpu->nr, sizeof(*cpu_order->idx));
	if (!cpu_order->idx)
		return -VMS_ENOMEM;
	for (i = 0; i < cpu->nr; i++)
		cpu_order->idx[i] = i;
	qsort_r(cpu_order->idx, cpu->nr, sizeof(*cpu_order->idx), by_time, (void *)(uintptr_t)cpu);
	cpu_order->ready = true;
	return 0;
}

static uint32_t order_at(const struct cpu_order *o, uint32_t pos)
{
	return o->idx ? o->idx[pos] : pos;
}

/* First position in the order of times that is not before @time. */
static uint32_t order_first(const struct cpu_order *o, const struct vms_cpu *c, int64_t time)
{
	uint32_t lo = 0, hi = c->nr;

	VMS_BISECT(lo, hi, mid, vms_cpu_stored(c)[order_at(o, mid)] < time);
	return lo;
}

/* What a row says of one of its two events. */
struct event_name {
	int64_t time;
	uint32_t cpu;	  /* number */
	const char *name; /* "" = any */
	uint32_t nth;
};

static int32_t cpu_find(const struct vms_stream *s, uint32_t number)
{
	unsigned int i;

	if (number < s->cpus_nr && s->cpus[number].cpu == number)
		return (int32_t)number;
	for (i = 0; i < s->cpus_nr; i++)
		if (s->cpus[i].cpu == number)
			return (int32_t)i;
	return -1;
}

/* Return: 0; -VMS_ENODATA; -VMS_ENOMEM. */
static int event_find(struct vms_ref *out, struct anchors_index *index, unsigned int stream,
		      const struct event_name *name)
{
	const struct vms_stream *from = stream_of(index->t, stream);
	const int32_t cpu_idx = cpu_find(from, name->cpu);
	const struct vms_cpu *cpu;
	struct cpu_order *cpu_order;
	uint32_t pos, nth = 0;

	if (cpu_idx < 0)
		return -VMS_ENODATA;
	cpu = &from->cpus[cpu_idx];
	cpu_order = &index->streams[stream][cpu_idx];
	if (order_make(cpu_order, cpu))
		return -VMS_ENOMEM;
	for (pos = order_first(cpu_order, cpu, name->time); pos < cpu->nr; pos++) {
		const struct vms_ref ref = { .cpu = cpu_idx, .idx = order_at(cpu_order, pos) };

		if (vms_cpu_stored(cpu)[ref.idx] != name->time)
			break;
		if (*name->name && strcmp(vms_event_type(from, ref)->name, name->name))
			continue;
		if (nth++ == name->nth) {
			*out = ref;
			return 0;
		}
	}
	return -VMS_ENODATA;
}

/* How many events of the same name and time come before an event on its CPU. */
static int event_nth(uint32_t *nth, struct anchors_index *index, unsigned int stream,
		     struct vms_ref ref)
{
	const struct vms_stream *from = stream_of(index->t, stream);
	const struct vms_cpu *c = &from->cpus[ref.cpu];
	struct cpu_order *o = &index->streams[stream][ref.cpu];
	uint32_t pos, n = 0;

	if (order_make(o, c))
		return -VMS_ENOMEM;
	for (pos = order_first(o, c, vms_cpu_stored(c)[ref.idx]);
	     pos < c->nr && order_at(o, pos) != ref.idx; pos++) {
		const struct vms_ref other = { .cpu = ref.cpu, .idx = order_at(o, pos) };

		n += !strcmp(vms_event_type(from, other)->name, vms_event_type(from, ref)->name);
	}
	*nth = n;
	return 0;
}

/* Guests, also under another name than when the file was written */

/* Read "# guest NAME id=0x..." of the header. */
static uint64_t header_guest_id(const struct vms_anchors *anchors, const char *name)
{
	static const char prefix[] = "# guest ";
	uint64_t id = 0;
	unsigned int i;

	for (i = 0; anchors && i < anchors->header_nr && !id; i++) {
		char *line, *at;

		if (strncmp(anchors->header[i], prefix, sizeof(prefix) - 1))
			continue;
		line = vms_strdup(anchors->header[i] + sizeof(prefix) - 1);
		at = line ? strchr(line, ' ') : NULL;
		if (at) {
			*at = '\0';
			anchors_unescape(line);
			if (!strcmp(line, name) && !strncmp(at + 1, "id=", 3))
				id = strtoull(at + 4, NULL, 0);
		}
		free(line);
	}
	return id;
}

static int guest_find(const struct vms_trace *trace, const struct vms_anchors *a, const char *name)
{
	unsigned int i;
	uint64_t id;

	for (i = 0; i < trace->guests_nr; i++)
		if (!strcmp(trace->guests[i].stream->name, name))
			return (int)i;
	id = header_guest_id(a, name);
	for (i = 0; id && i < trace->guests_nr; i++)
		if (trace->guests[i].stream->trace_id == id)
			return (int)i;
	return -1;
}

static bool stretch_is_by(const struct vms_stretch *s, struct vms_ref host_ev)
{
	return vms_ref_same(vms_ref_of(s->entry), host_ev) ||
	       vms_ref_same(vms_ref_of(s->exit), host_ev) ||
	       vms_ref_same(vms_ref_of(s->enter_by), host_ev) ||
	       vms_ref_same(vms_ref_of(s->leave_by), host_ev);
}

/* The stretch that a host event begins or ends; the one at its time where it does neither. */
static uint32_t stretch_find(const struct vms_session *session, unsigned int guest,
			     const struct vms_pair *pair)
{
	const int track = vms_session_track_of(session, guest, (unsigned int)pair->guest_ev.cpu);
	const struct vms_thread *th =
		track < 0 ? NULL : vms_session_track(session, (unsigned int)track)->thread;
	int64_t at, i;

	if (!th || !th->stretches_nr)
		return 0;
	at = vms_stretch_at(th, pair->host_raw);
	for (i = at - 2; i <= at + 2; i++)
		if (i >= 0 && i < (int64_t)th->stretches_nr &&
		    stretch_is_by(&th->stretches[i], pair->host_ev))
			return (uint32_t)i;
	return at < 0 ? 0 : (uint32_t)at;
}

static int no_pair(char *why, const char *fmt, const char *what)
{
	if (why)
		(void)snprintf(why, sizeof(((struct vms_anchor *)0)->why), fmt, what);
	return -VMS_ENODATA;
}

int anchors_pair(struct vms_pair *out, const struct vms_anchor *row,
		 const struct vms_anchors *anchors, const struct vms_session *session,
		 struct anchors_index *index, char *why)
{
	const struct vms_catalogue *cat = vms_session_catalogue(session);
	struct vms_pair pair = { .host_raw = row->host_raw };
	struct event_name guest_ev, host_ev;
	int guest, seq, ret;
	char buf[40];

	if (row->verbatim)
		return why == row->why ? -VMS_ENODATA : no_pair(why, "%s", row->why);
	guest = guest_find(index->t, anchors, row->guest);
	if (guest < 0)
		return no_pair(why, "no guest '%s' here", fmt_clean(row->guest, buf, sizeof(buf)));
	seq = vms_sequence_find(cat, row->sequence);
	if (seq < 0 || seq > UINT8_MAX)
		return no_pair(why, "no sequence '%s' here",
			       fmt_clean(row->sequence, buf, sizeof(buf)));
	guest_ev = (struct event_name){ row->guest_raw, row->guest_cpu, row->guest_event,
					row->guest_nth };
	host_ev =
		(struct event_name){ row->host_raw, row->host_cpu, row->host_event, row->host_nth };
	ret = event_find(&pair.guest_ev, index, (unsigned int)guest, &guest_ev);
	if (ret == -VMS_ENODATA)
		return no_pair(why, "no guest event %s at this time",
			       fmt_clean(row->guest_event, buf, sizeof(buf)));
	if (!ret)
		ret = event_find(&pair.host_ev, index, index->t->guests_nr, &host_ev);
	if (ret == -VMS_ENODATA)
		return no_pair(why, "no host event %s at this time",
			       fmt_clean(row->host_event, buf, sizeof(buf)));
	if (ret)
		return ret;
	if (vms_session_track_of(session, (unsigned int)guest, (unsigned int)pair.guest_ev.cpu) < 0)
		return no_pair(why, "%s", "its vCPU is not analysed here");
	pair.guest_raw = vms_event_time(index->t->guests[guest].stream, pair.guest_ev);
	pair.guest = (uint16_t)guest;
	pair.seq = (uint8_t)seq;
	pair.dir = (uint8_t)cat->seqs[seq].dir;
	pair.stretch = stretch_find(session, (unsigned int)guest, &pair);
	*out = pair;
	return 0;
}

int vms_anchor_pair(struct vms_pair *out, const struct vms_anchor *row, const struct vms_anchors *a,
		    const struct vms_session *s, char *why)
{
	struct anchors_index *x = anchors_index_new(vms_session_trace(s));
	int ret;

	if (!x)
		return -VMS_ENOMEM;
	ret = anchors_pair(out, row, a, s, x, why);
	anchors_index_free(x);
	return ret;
}

int anchors_row_of(struct vms_anchor *out, const struct vms_session *session,
		   const struct vms_candidate *cand, struct anchors_index *index)
{
	const struct vms_trace *trace = vms_session_trace(session);
	const struct vms_stream *stream = trace->guests[cand->pair.guest].stream;
	const struct vms_track *track = vms_session_track(session, cand->track);
	struct vms_anchor anchor = {
		.state = (uint8_t)vms_session_state(session, cand),
		.vcpu = track->vcpu,
		.guest_raw = vms_event_stored(stream, cand->pair.guest_ev),
		.host_raw = cand->pair.host_raw,
		.guest_cpu = stream->cpus[cand->pair.guest_ev.cpu].cpu,
		.host_cpu = trace->host->cpus[cand->pair.host_ev.cpu].cpu,
		.host_tid = track->thread ? vms_thread_tid_of(track->thread, cand->pair.stretch)
					  : vms_event_tid(trace->host, cand->pair.host_ev),
		.delay_ns = vms_session_delay_ns(session, cand),
	};

	anchor.guest = vms_strdup(stream->name);
	anchor.sequence = vms_strdup(vms_session_catalogue(session)->seqs[cand->pair.seq].name);
	anchor.guest_event = vms_strdup(vms_event_type(stream, cand->pair.guest_ev)->name);
	anchor.host_event = vms_strdup(vms_event_type(trace->host, cand->pair.host_ev)->name);
	anchor.tag = vms_strdup(vms_session_note(session, cand));
	if (!anchor.guest || !anchor.sequence || !anchor.guest_event || !anchor.host_event ||
	    !anchor.tag ||
	    event_nth(&anchor.guest_nth, index, cand->pair.guest, cand->pair.guest_ev) ||
	    event_nth(&anchor.host_nth, index, trace->guests_nr, cand->pair.host_ev)) {
		vms_anchor_clear(&anchor);
		return -VMS_ENOMEM;
	}
	*out = anchor;
	return 0;
}
