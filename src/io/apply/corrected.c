// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which guest's file is copied under which model, and what the copies are called. */
#include "io/apply/corrected.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/io/apply.h>

int app_corrected_write(struct vms_session *session, unsigned int guest, const char *path,
			const char *model, char note[200], struct vms_err *err)
{
	const struct vms_trace *trace = vms_session_trace(session);
	const struct vms_clock *clock = vms_session_clock(session);
	struct vms_apply_report apply_report = { 0 };
	const enum vms_by by = vms_by_find(model);
	const struct vms_model *m;
	int ret;

	if (by >= vms_session_models_nr(session))
		return vms_fail(err, VMS_EUSAGE,
				"no clock model '%.40s'; see vmsync-tui --list-models", model);
	m = vms_session_model_map(session, by, guest);
	if (!m)
		return vms_fail(err, VMS_ENODATA,
				"model %s is not available for guest %.60s: accept anchors, or use "
				"model band",
				model, trace->guests[guest].name);
	ret = vms_apply_write(path, trace, guest, m, &apply_report, err);
	if (ret || !note)
		return ret;
	note[0] = '\0';
	if (apply_report.unequal_nr)
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

int app_corrected_write_all(struct vms_session *session, const char *path, const char *model,
			    struct vms_err *err)
{
	const struct vms_trace *trace = vms_session_trace(session);
	const size_t len = strlen(path);
	const int base = (int)(len > 4 && !strcmp(path + len - 4, ".dat") ? len - 4 : len);
	unsigned int i;
	int ret = 0;

	if (trace->guests_nr == 1)
		return app_corrected_write(session, 0, path, model, NULL, err);
	for (i = 0; i < trace->guests_nr && !ret; i++) {
		char *name, *p;

		if (asprintf(&name, "%.*s-%s.dat", base, path, trace->guests[i].name) < 0)
			return vms_fail(err, VMS_ENOMEM, "out of memory");
		/* a guest's name comes from the trace: it names no folder */
		for (p = name + base; *p; p++)
			if (*p == '/' || (unsigned char)*p < 0x20)
				*p = '_';
		ret = app_corrected_write(session, i, name, model, NULL, err);
		free(name);
	}
	return ret;
}
