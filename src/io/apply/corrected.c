// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which guest's file is copied under which model, and what the copies are called. */
#include "io/apply/corrected.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/copy.h>
#include <vmsync/io/apply.h>

#include "core/base/printable.h"
#include "core/base/util.h"
#include "io/files/files.h"

int app_corrected_write(struct vms_session *session, unsigned int guest, const char *path,
			const char *model, char note[200], struct vms_err *err)
{
	const struct vms_trace *trace = vms_session_trace(session);
	const struct vms_clock *clock = vms_session_clock(session);
	struct vms_apply_report apply_report = { 0 };
	const enum vms_by by = vms_by_find(model);
	struct vms_copy copy = { 0 };
	int ret;

	if (by >= vms_session_models_nr(session))
		return vms_fail(err, VMS_EUSAGE,
				"no clock model '%s'; see vmsync-tui --list-models", model);
	ret = vms_session_copy(&copy, session, by, guest, err);
	if (!ret)
		ret = vms_apply_write(path, trace, guest, copy.model, copy.one, &apply_report, err);
	vms_copy_clear(&copy);
	if (ret || !note)
		return ret;
	note[0] = '\0';
	if (trace->is_part)
		(void)snprintf(note, 200, "%s", CORRECTED_BY_PART);
	else if (apply_report.unequal_nr)
		(void)snprintf(note, 200,
			       "%llu of %llu events keep up to %.0f %s of error: they share their "
			       "time with one "
			       "beyond a step",
			       (unsigned long long)apply_report.unequal_nr,
			       (unsigned long long)apply_report.events_nr,
			       vms_clock_ns(clock, apply_report.worst_raw), vms_clock_unit(clock));
	else if (apply_report.instances_nr)
		(void)snprintf(note, 200,
			       "trace-cmd corrects the top instance only: %llu of %llu events lie "
			       "in others",
			       (unsigned long long)apply_report.instances_nr,
			       (unsigned long long)apply_report.events_nr);
	return 0;
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

int app_corrected_write_all(struct vms_session *session, const char *path, const char *model,
			    bool force, struct vms_err *err)
{
	const struct vms_trace *trace = vms_session_trace(session);
	char **names = vms_calloc(trace->guests_nr, sizeof(*names));
	unsigned int i;
	int ret = 0;

	if (!names || copy_names(names, trace, path))
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	/* all of them or none */
	for (i = 0; i < trace->guests_nr && !ret; i++) {
		ret = vms_recording_spare(trace, names[i], err);
		if (!ret)
			ret = file_spare(names[i], force, err);
	}
	for (i = 0; i < trace->guests_nr && !ret; i++)
		ret = app_corrected_write(session, i, names[i], model, NULL, err);
	for (i = 0; names && i < trace->guests_nr; i++)
		free(names[i]);
	free(names);
	return ret;
}
