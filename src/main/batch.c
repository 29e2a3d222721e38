// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a batch report is made: the screen's own session, without the screen. */
#include "main/batch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/apply/corrected.h"
#include "main/load.h"
#include "app/state/persist.h"
#include "app/reports/report.h"

/*
 * Made in memory first: of a stream that broke in its middle, only the stream knows that it did,
 * and not why.
 */
static int print_report(const struct app_options *o, const struct vms_session *s,
			struct vms_err *err)
{
	const struct app_report_opts ro = {
		.files = o->paths, .files_nr = o->paths_nr, .has_at = o->has_at, .at_raw = o->at_raw
	};
	char *text = NULL;
	size_t size = 0;
	int ret;

	ret = app_report_make(&text, &size, o->report == APP_REPORT_JSON, s, &ro, err);
	if (!ret && (fwrite(text, 1, size, stdout) != size || fflush(stdout)))
		ret = vms_fail(err, VMS_EIO, "the report cannot be written: %s", strerror(errno));
	free(text);
	return ret;
}

int app_batch(const struct app_options *o, struct vms_err *err)
{
	struct app_loaded l = { 0 };
	int ret;

	ret = app_load(&l, o, NULL, err);
	if (!ret && o->anchors)
		ret = app_anchors_load(l.session, o->anchors, stderr, err);
	/* before the report: who is refused gets one line and no report */
	if (!ret && o->apply)
		ret = app_corrected_write_all(l.session, o->apply, o->model ? o->model : "band",
					      err);
	if (!ret)
		ret = print_report(o, l.session, err);
	if (!ret && o->output)
		ret = app_anchors_save(l.session, o->output, err);
	app_loaded_free(&l);
	return ret;
}
