// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Knows what KernelShark shall show of a session: the part in view, plots, the selected pair, and
 * corrected copies where what is recorded is wrong.
 */
#include "app/exports/export_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <vmsync/io/apply.h>
#include <vmsync/model.h>
#include <vmsync/place.h>

#include "core/base/util.h"
#include "io/apply/corrected.h"
#include "io/files/files.h"
#include "io/libs/kshark_session.h"

/* What a session points to. */
struct shown {
	const char **files;
	const uint32_t **cpus;
	unsigned int *cpus_nr;
	struct kshark_combo *combos;
	unsigned int combos_nr;
	char **copies; /* of the guests; NULL: as they are recorded */
};

static const struct vms_stream *stream_of(const struct vms_trace *trace, unsigned int file)
{
	return file ? trace->guests[file - 1].stream : trace->host;
}

static bool room_for(struct shown *shown, const struct export_of *of)
{
	const unsigned int nr = of->trace->guests_nr + 1;
	unsigned int i, threads_nr = 0;

	for (i = 0; i < vms_session_tracks_nr(of->session); i++)
		if (vms_session_track(of->session, i)->thread)
			threads_nr +=
				vms_thread_parts_nr(vms_session_track(of->session, i)->thread);

	shown->files = vms_calloc(nr, sizeof(*shown->files));
	shown->cpus = vms_calloc(nr, sizeof(*shown->cpus));
	shown->cpus_nr = vms_calloc(nr, sizeof(*shown->cpus_nr));
	shown->copies = vms_calloc(nr, sizeof(*shown->copies));
	shown->combos = vms_calloc(threads_nr + 1, sizeof(*shown->combos));
	return shown->files && shown->cpus && shown->cpus_nr && shown->combos && shown->copies;
}

/* Those that recorded something. */
static bool cpus_take(struct shown *shown, unsigned int file, const struct vms_stream *stream)
{
	uint32_t *cpus = vms_calloc(stream->cpus_nr + 1, sizeof(*cpus));
	unsigned int i;

	for (i = 0; cpus && i < stream->cpus_nr; i++)
		if (stream->cpus[i].nr)
			cpus[shown->cpus_nr[file]++] = stream->cpus[i].cpu;
	shown->cpus[file] = cpus;
	return cpus;
}

/* A vCPU over each thread that ran it: after a migration that is another one. */
static void combos_take(struct shown *shown, const struct vms_session *session)
{
	unsigned int i, part;

	for (i = 0; i < vms_session_tracks_nr(session); i++) {
		const struct vms_track *track = vms_session_track(session, i);

		for (part = 0; track->thread && part < vms_thread_parts_nr(track->thread); part++)
			shown->combos[shown->combos_nr++] = (struct kshark_combo){
				.file = track->guest + 1,
				.cpu = track->vcpu,
				.tid = vms_thread_tid(track->thread, part),
			};
	}
}

/* An event of the top instance by its place among those; others have no marker. */
static struct kshark_mark mark_of(const struct vms_stream *stream, int file, struct vms_ref ref)
{
	struct kshark_mark mark = { .file = -1 };
	uint32_t i;

	if (ref.cpu < 0 || vms_event_in_instance(stream, (unsigned int)ref.cpu, ref.idx))
		return mark;
	mark.file = file;
	mark.cpu = stream->cpus[ref.cpu].cpu;
	for (i = 0; i < ref.idx; i++)
		mark.nth += !vms_event_in_instance(stream, (unsigned int)ref.cpu, i);
	return mark;
}

static int64_t shown_time(const struct vms_stream *host, int64_t raw)
{
	raw = VMS_MAX(host->first_raw, VMS_MIN(raw, host->last_raw));
	return (int64_t)vms_recorded_final(host, host->cpus[0].cpu, (uint64_t)raw, false);
}

static int copy_make(char **out, const struct export_of *of, unsigned int guest,
		     struct vms_err *err)
{
	const struct vms_trace *trace = of->trace;
	const char *dot = strrchr(of->path, '.');
	const size_t base = dot && !strchr(dot, '/') ? (size_t)(dot - of->path) : strlen(of->path);
	struct vms_copy copy = { 0 };
	struct stat st;
	char *path;
	int ret;

	if (asprintf(&path, "%.*s-guest%u.dat", (int)base, of->path, guest + 1) < 0)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	*out = path;
	ret = vms_recording_spare(trace, path, err);
	if (!ret)
		ret = file_spare(path, of->force, err);
	if (!ret)
		ret = app_corrected_write(of->session, guest, path, vms_by_name(of->by), &copy,
					  err);
	if (!ret && of->wrote)
		of->wrote(path, stat(path, &st) ? 0 : (uint64_t)st.st_size);
	return ret;
}

/*
 * KernelShark shows a guest as its file says: under another model that file is a copy, beside the
 * session, of each guest of which what is recorded is refuted, or of all by force.
 */
static int files_take(struct shown *shown, const struct export_of *of, struct vms_err *err)
{
	const struct vms_trace *trace = of->trace;
	const bool recorded = vms_by_is_recorded(of->by);
	unsigned int i;
	int ret = 0;

	shown->files[0] = trace->host->path;
	for (i = 0; i < trace->guests_nr && ret >= 0; i++) {
		shown->files[i + 1] = trace->guests[i].stream->path;
		ret = recorded ? 1 : of->force ? 0 : vms_session_spare(of->session, of->by, i, err);
		if (!ret)
			ret = copy_make(&shown->copies[i], of, i, err);
		if (shown->copies[i])
			shown->files[i + 1] = shown->copies[i];
	}
	return ret < 0 ? ret : 0;
}

int export_kernelshark(struct export_files *out, const struct export_of *of, struct vms_err *err)
{
	const struct vms_trace *trace = of->trace;
	struct vms_candidate room;
	const struct vms_candidate *pair = vms_session_find_in(of->session, of->pair, &room);
	struct kshark_session session = {
		.files_nr = trace->guests_nr + 1,
		.from = shown_time(trace->host, of->from_raw),
		.to = shown_time(trace->host, of->to_raw),
		.mark = { { .file = -1 }, { .file = -1 } },
	};
	struct text *text = export_file(out, NULL);
	struct shown shown = { 0 };
	bool good = room_for(&shown, of);
	unsigned int i;
	int ret;

	ret = good ? files_take(&shown, of, err) : vms_fail(err, VMS_ENOMEM, "out of memory");
	for (i = 0; good && i < session.files_nr; i++) {
		session.bytes += stream_of(trace, i)->file.size;
		good = cpus_take(&shown, i, stream_of(trace, i));
	}
	if (good)
		combos_take(&shown, of->session);
	if (pair) {
		session.mark[0] = mark_of(trace->guests[pair->pair.guest].stream,
					  pair->pair.guest + 1, pair->pair.guest_ev);
		session.mark[1] = mark_of(trace->host, 0, pair->pair.host_ev);
	}
	session.files = shown.files;
	session.cpus = shown.cpus;
	session.cpus_nr = shown.cpus_nr;
	session.combos = shown.combos;
	session.combos_nr = shown.combos_nr;
	if (!ret && !good)
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	if (!ret)
		ret = kshark_session_text(&text->p, &text->nr, &session, err);
	for (i = 0; shown.cpus && i < session.files_nr; i++)
		free((void *)(uintptr_t)shown.cpus[i]);
	for (i = 0; shown.copies && i < session.files_nr; i++)
		free(shown.copies[i]);
	free(shown.copies);
	free(shown.files);
	free(shown.cpus);
	free(shown.cpus_nr);
	free(shown.combos);
	return ret;
}
