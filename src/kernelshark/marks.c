// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows what libvmsync has to be asked for the marks that KernelShark draws. */
#include "kernelshark/marks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vmsync/io/anchors.h>
#include <vmsync/io/open.h>
#include <vmsync/place.h>
#include <vmsync/scaling.h>
#include <vmsync/session.h>

/* At so many times each segment of a band is held against what is recorded. */
#define TIMES 1024

/* Readers that may run in KernelShark: libkshark's one context there is its own. */
static const char *const readers[] = { "direct", "libtracecmd" };

char *marks_anchors_path(const char *host)
{
	char *path;

	return asprintf(&path, "%s.anchors", host) < 0 ? NULL : path;
}

/* The time that trace-cmd shows of a guest. */
static int64_t shown(const struct vms_stream *guest, uint32_t cpu, int64_t guest_raw)
{
	return (int64_t)vms_recorded_final(
		guest, cpu, (uint64_t)vms_ratio_redo(&guest->ratio, guest_raw), false);
}

static int64_t event_shown(const struct vms_stream *stream, struct vms_ref ref)
{
	return (int64_t)vms_recorded_final(
		stream, stream->cpus[ref.cpu].cpu, (uint64_t)vms_event_stored(stream, ref),
		vms_event_in_instance(stream, (unsigned int)ref.cpu, ref.idx));
}

static int wrong_add(struct marks *marks, const struct vms_session *session,
		     const struct vms_track *track, int64_t from_raw, int64_t to_raw)
{
	const struct vms_stream *guest = vms_session_trace(session)->guests[track->guest].stream;
	const uint32_t room = marks->wrong_room ? 2 * marks->wrong_room : 64;
	struct mark_wrong *wrong = marks->wrong;

	if (marks->wrong_nr == marks->wrong_room) {
		wrong = reallocarray(wrong, room, sizeof(*wrong));
		if (!wrong)
			return -VMS_ENOMEM;
		marks->wrong = wrong;
		marks->wrong_room = room;
	}
	wrong[marks->wrong_nr++] = (struct mark_wrong){
		.guest = track->guest,
		.vcpu = track->vcpu,
		.from = shown(guest, track->vcpu, from_raw),
		.to = shown(guest, track->vcpu, to_raw),
	};
	return 0;
}

/* Where what is recorded is outside of the band, in runs. */
static int segment_take(struct marks *marks, const struct vms_session *session,
			const struct vms_track *track, const struct vms_model *recorded,
			const struct vms_band_segment *seg)
{
	const double step = (double)(seg->to_raw - seg->from_raw) / TIMES;
	int64_t at = seg->from_raw, from = 0, last = 0;
	bool open = false, outside;
	int i, ret = 0;

	for (i = 0; i <= TIMES && !ret; i++) {
		at = i == TIMES ? seg->to_raw : seg->from_raw + (int64_t)(step * i);
		outside = vms_band_outside(seg, at,
					   vms_model_time(recorded, track->cpu_idx, at) - at) != 0;
		if (open && !outside)
			ret = wrong_add(marks, session, track, from, last);
		if (outside && !open)
			from = at;
		open = outside;
		last = at;
	}
	return open && !ret ? wrong_add(marks, session, track, from, last) : ret;
}

static int wrong_take(struct marks *marks, struct vms_session *session, unsigned int nr)
{
	const struct vms_track *track = vms_session_track(session, nr);
	const struct vms_model *recorded =
		vms_session_model_map(session, VMS_BY_RECORDED, track->guest);
	const struct vms_model_result *result =
		vms_session_result(session, nr, VMS_BY_RECORDED, VMS_OVER_ACCEPTED);
	unsigned int i;
	int ret = 0;

	if (!recorded || !result || result->verdict != VMS_VERDICT_PROVEN_WRONG)
		return 0;
	for (i = 0; i < track->evidence.worst_nr && !ret; i++)
		ret = wrong_add(marks, session, track, track->evidence.worst[i].guest_raw,
				track->evidence.worst[i].guest_raw);
	for (i = 0; track->band && i < track->band->segs_nr && !ret; i++)
		if (!track->band->segs[i].unsure)
			ret = segment_take(marks, session, track, recorded, &track->band->segs[i]);
	return ret;
}

static int anchors_take(struct marks *marks, struct vms_session *session)
{
	const struct vms_trace *trace = vms_session_trace(session);
	const uint32_t nr = vms_session_candidates_nr(session);
	uint32_t i;

	marks->anchors = calloc((size_t)nr + 1, sizeof(*marks->anchors));
	for (i = 0; marks->anchors && i < nr; i++) {
		const struct vms_candidate *cand = vms_session_candidate(session, i);
		const struct vms_pair *pair = &cand->pair;
		const struct vms_track *track = vms_session_track(session, cand->track);

		if (vms_session_state(session, cand) != VMS_ACCEPTED)
			continue;
		marks->anchors[marks->anchors_nr++] = (struct mark_anchor){
			.guest = pair->guest,
			.vcpu = track->vcpu,
			.host_cpu = trace->host->cpus[pair->host_ev.cpu].cpu,
			.host_tid = track->thread ? vms_thread_tid_of(track->thread, pair->stretch)
						  : vms_event_tid(trace->host, pair->host_ev),
			.guest_time =
				event_shown(trace->guests[pair->guest].stream, pair->guest_ev),
			.host_time = event_shown(trace->host, pair->host_ev),
		};
	}
	return marks->anchors ? 0 : -VMS_ENOMEM;
}

static int decisions_load(struct vms_session *session, const char *host, struct vms_err *err)
{
	char *path = marks_anchors_path(host);
	struct vms_anchors *anchors = NULL;
	int ret = path ? 0 : -VMS_ENOMEM;

	if (path && !access(path, F_OK))
		ret = vms_anchors_load(&anchors, path, err);
	if (anchors)
		ret = vms_anchors_apply(session, anchors, NULL, err);
	vms_anchors_free(anchors);
	free(path);
	return ret;
}

static int paths_take(struct marks *marks, const struct vms_trace *trace)
{
	bool good;
	unsigned int i;

	marks->host = strdup(trace->host->path);
	marks->guests = calloc(trace->guests_nr + 1u, sizeof(*marks->guests));
	good = marks->host && marks->guests;
	for (i = 0; good && i < trace->guests_nr; i++) {
		marks->guests[marks->guests_nr++] = strdup(trace->guests[i].stream->path);
		good = marks->guests[i] != NULL;
	}
	return good ? 0 : -VMS_ENOMEM;
}

static int take(struct marks *marks, const struct vms_trace *trace, struct vms_err *err)
{
	const struct vms_session_opts opts = { .unlisted = true, .verdicts_first = true };
	struct vms_session *session = NULL;
	unsigned int i;
	int ret = vms_session_new(&session, trace, &opts, err);

	if (!ret)
		ret = paths_take(marks, trace);
	for (i = 0; !ret && i < vms_session_tracks_nr(session); i++)
		ret = wrong_take(marks, session, i);
	if (!ret)
		ret = decisions_load(session, marks->host, err);
	if (!ret)
		ret = anchors_take(marks, session);
	vms_session_free(session);
	return ret;
}

int marks_load(struct marks **out, const char *const *paths, unsigned int nr, struct vms_err *err)
{
	struct marks *marks = calloc(1, sizeof(*marks));
	struct vms_trace *trace = NULL;
	struct vms_open_how how = { 0 };
	unsigned int i;
	int ret = -VMS_EFORMAT;

	if (!marks)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; i < sizeof(readers) / sizeof(*readers) && ret; i++) {
		how.reader = readers[i];
		ret = vms_trace_open(&trace, paths, nr, &how, NULL, err);
	}
	if (!ret)
		ret = take(marks, trace, err);
	if (ret == -VMS_ENOMEM)
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	vms_trace_free(trace);
	if (ret)
		marks_free(marks);
	else
		*out = marks;
	return ret;
}

void marks_free(struct marks *marks)
{
	unsigned int i;

	for (i = 0; marks && i < marks->guests_nr; i++)
		free(marks->guests[i]);
	if (marks) {
		free(marks->guests);
		free(marks->host);
		free(marks->anchors);
		free(marks->wrong);
	}
	free(marks);
}
