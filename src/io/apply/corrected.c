// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which guest's file is copied under which model, and what the copies are called. */
#include "io/apply/corrected.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/io/apply.h>
#include <vmsync/place.h>

#include "core/base/printable.h"
#include "core/base/util.h"
#include "io/files/files.h"

/* VMS_BY_NR when there is none of that name. */
static enum vms_by model_of(const struct vms_session *session, const char *model,
			    struct vms_err *err)
{
	const enum vms_by by = model ? vms_by_find(model) : vms_session_model(session);

	if (by < vms_session_models_nr(session))
		return by;
	(void)vms_fail(err, VMS_EUSAGE, "no clock model '%s'; see vmsync-tui --list-models", model);
	return VMS_BY_NR;
}

int app_corrected_write(struct vms_session *session, unsigned int guest, const char *path,
			const char *model, struct vms_copy *out, struct vms_err *err)
{
	const enum vms_by by = model_of(session, model, err);
	int ret = by == VMS_BY_NR ? -VMS_EUSAGE : vms_session_copy(out, session, by, guest, err);

	if (ret)
		return ret;
	ret = vms_apply_write(path, vms_session_trace(session), guest, out, err);
	vms_copy_clear(out);
	return ret;
}

/*
 * What the copy of a guest is called. A guest's name comes from the trace: it names no folder, and
 * what could not be shown is not in it.
 */
static char *copy_name(const struct vms_trace *trace, unsigned int guest, const char *path)
{
	const size_t len = strlen(path);
	const int base = (int)(len > 4 && !strcmp(path + len - 4, ".dat") ? len - 4 : len);
	char *name, *at;
	size_t seen;

	if (trace->guests_nr == 1)
		return vms_strdup(path);
	if (asprintf(&name, "%.*s-%s.dat", base, path, trace->guests[guest].name) < 0)
		return NULL;
	for (at = name + base; *at; at += VMS_MAX(seen, 1)) {
		seen = text_seen(at, strlen(at));
		if (*at == '/' || !seen)
			*at = '_';
	}
	return name;
}

/* Guests may share a name: the later ones get their number in the recording too. */
static int copy_names(char **names, const struct vms_trace *trace, const char *path)
{
	unsigned int i, k;

	for (i = 0; i < trace->guests_nr; i++) {
		names[i] = copy_name(trace, i, path);
		for (k = 0; names[i] && k < i; k++) {
			char *longer = NULL;

			if (strcmp(names[k], names[i]))
				continue;
			if (asprintf(&longer, "%.*s-%u.dat", (int)strlen(names[i]) - 4, names[i],
				     i + 1) < 0)
				longer = NULL;
			free(names[i]);
			names[i] = longer;
			k = UINT32_MAX; /* from the first one again */
		}
		if (!names[i])
			return -VMS_ENOMEM;
	}
	return 0;
}

/* What is recorded may be named: that is a copy of its own making. */
static int write_one(struct vms_session *session, unsigned int guest, const char *path,
		     const char *model, bool force, struct vms_copy *out, struct vms_err *err)
{
	const enum vms_by by = model_of(session, model, err);
	int ret = by == VMS_BY_NR ? -VMS_EUSAGE : 0;

	out->by = by;
	if (!ret && !force && (!model || !vms_by_is_recorded(by)))
		ret = vms_session_spare(session, by, guest, err); /* 1: no path */
	return ret ? ret : app_corrected_write(session, guest, path, model, out, err);
}

/* The threads of a guest that was copied and that the host's file does not name. */
static int decl_make(struct vms_guest_decl *decl, const struct vms_session *session,
		     unsigned int guest)
{
	const struct vms_stream *stream = vms_session_trace(session)->guests[guest].stream;
	uint32_t *vcpu = vms_calloc(stream->cpus_nr, sizeof(*vcpu));
	int32_t *tid = vms_calloc(stream->cpus_nr, sizeof(*tid));
	unsigned int i;

	*decl = (struct vms_guest_decl){
		.name = stream->name, .trace_id = stream->trace_id, .vcpu = vcpu, .tid = tid
	};
	for (i = 0; vcpu && tid && i < vms_session_tracks_nr(session); i++) {
		const struct vms_track *track = vms_session_track(session, i);

		if (track->guest != guest || !track->thread)
			continue;
		vcpu[decl->vcpus_nr] = track->vcpu;
		tid[decl->vcpus_nr++] = vms_thread_tid(track->thread, 0);
	}
	return vcpu && tid ? 0 : -VMS_ENOMEM;
}

static int host_write(struct app_corrected *out, struct vms_session *session, const char *path,
		      struct vms_err *err)
{
	const struct vms_trace *trace = vms_session_trace(session);
	struct vms_guest_decl *decls = vms_calloc(trace->guests_nr, sizeof(*decls));
	unsigned int i, nr = 0;
	int ret = decls ? 0 : -VMS_ENOMEM;

	for (i = 0; i < trace->guests_nr && !ret; i++) {
		if (trace->guests[i].decl || !out->copies[i].path)
			continue;
		ret = decl_make(&decls[nr++], session, i);
		if (!ret && !decls[nr - 1].vcpus_nr)
			nr--;
	}
	if (ret)
		ret = vms_fail(err, VMS_ENOMEM, "out of memory for the threads of the guests");
	else if (nr)
		ret = vms_apply_host_write(path, trace, decls, nr, err);
	if (!ret && nr) {
		out->host = vms_strdup(path);
		ret = out->host ? 0 : vms_fail(err, VMS_ENOMEM, "out of memory");
	}
	for (i = 0; decls && i < trace->guests_nr; i++) {
		free((uint32_t *)(uintptr_t)decls[i].vcpu);
		free((int32_t *)(uintptr_t)decls[i].tid);
	}
	free(decls);
	return ret;
}

/* PATH-host.dat, where a guest is not named. */
static int host_name(char **out, const struct vms_trace *trace, const char *path)
{
	const size_t len = strlen(path);
	const int base = (int)(len > 4 && !strcmp(path + len - 4, ".dat") ? len - 4 : len);
	unsigned int i = 0;

	while (i < trace->guests_nr && trace->guests[i].decl)
		i++;
	if (i == trace->guests_nr)
		return 0;
	if (asprintf(out, "%.*s-host.dat", base, path) >= 0)
		return 0;
	*out = NULL;
	return -VMS_ENOMEM;
}

int app_corrected_write_all(struct vms_session *session, const char *path, const char *model,
			    bool force, struct app_corrected *out, struct vms_err *err)
{
	const struct vms_trace *trace = vms_session_trace(session);
	char **names = vms_calloc(trace->guests_nr + 1, sizeof(*names));
	unsigned int i, spared_nr = 0;
	int ret = 0;

	out->copies_nr = trace->guests_nr;
	out->copies = vms_calloc(trace->guests_nr, sizeof(*out->copies));
	if (!names || !out->copies || copy_names(names, trace, path) ||
	    host_name(&names[trace->guests_nr], trace, path))
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	/* all of them or none */
	for (i = 0; i <= trace->guests_nr && !ret; i++) {
		if (!names[i])
			continue;
		ret = vms_recording_spare(trace, names[i], err);
		if (!ret)
			ret = file_spare(names[i], force, err);
	}
	for (i = 0; i < trace->guests_nr && !ret; i++) {
		ret = write_one(session, i, names[i], model, force, &out->copies[i], err);
		spared_nr += ret == 1;
		if (ret == 1)
			ret = spared_nr == trace->guests_nr ? -VMS_EUSAGE : 0;
		if (out->copies[i].path)
			names[i] = NULL; /* its own from now on */
	}
	if (!ret && names[trace->guests_nr])
		ret = host_write(out, session, names[trace->guests_nr], err);
	for (i = 0; names && i <= trace->guests_nr; i++)
		free(names[i]);
	free(names);
	return ret;
}

void app_corrected_free(struct app_corrected *corrected)
{
	unsigned int i;

	for (i = 0; corrected->copies && i < corrected->copies_nr; i++)
		free((char *)(uintptr_t)corrected->copies[i].path);
	free(corrected->copies);
	free(corrected->host);
	*corrected = (struct app_corrected){ 0 };
}
