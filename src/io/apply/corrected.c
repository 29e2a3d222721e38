// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which guest's file is copied under which model, and what the copies are called. */
#include "io/apply/corrected.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/io/apply.h>

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

int app_corrected_write_all(struct vms_session *session, const char *path, const char *model,
			    bool force, struct vms_copy **out, struct vms_err *err)
{
	const struct vms_trace *trace = vms_session_trace(session);
	char **names = vms_calloc(trace->guests_nr, sizeof(*names));
	unsigned int i, spared_nr = 0;
	int ret = 0;

	*out = vms_calloc(trace->guests_nr, sizeof(**out));
	if (!names || !*out || copy_names(names, trace, path))
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	/* all of them or none */
	for (i = 0; i < trace->guests_nr && !ret; i++) {
		ret = vms_recording_spare(trace, names[i], err);
		if (!ret)
			ret = file_spare(names[i], force, err);
	}
	for (i = 0; i < trace->guests_nr && !ret; i++) {
		ret = write_one(session, i, names[i], model, force, &(*out)[i], err);
		spared_nr += ret == 1;
		if (ret == 1)
			ret = spared_nr == trace->guests_nr ? -VMS_EUSAGE : 0;
		if ((*out)[i].path)
			names[i] = NULL; /* its own from now on */
	}
	for (i = 0; names && i < trace->guests_nr; i++)
		free(names[i]);
	free(names);
	return ret;
}

void app_corrected_free(struct vms_copy *copies, const struct vms_session *session)
{
	unsigned int i;

	for (i = 0; copies && i < vms_session_trace(session)->guests_nr; i++)
		free((char *)(uintptr_t)copies[i].path);
	free(copies);
}
