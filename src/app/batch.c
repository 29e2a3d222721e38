// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a batch report is made: the screen's own session, without the screen. */
#include "batch.h"

#include <stdio.h>

#include "corrected.h"
#include "load.h"
#include "persist.h"
#include "report.h"

int app_batch(const struct app_options *o, struct vms_err *err)
{
	const struct app_report_opts ro = { .files = o->paths, .files_nr = o->paths_nr, .has_at = o->has_at,
					    .at_raw = o->at_raw };
	struct app_loaded l = { 0 };
	int ret;

	ret = app_load(&l, o, NULL, err);
	if (!ret && o->anchors)
		ret = app_anchors_load(l.session, o->anchors, stderr, err);
	/* before the report: who is refused gets one line and no report */
	if (!ret && o->apply)
		ret = app_corrected_write_all(l.session, o->apply, o->model ? o->model : "band", err);
	if (!ret && o->report == APP_REPORT_JSON)
		ret = app_report_json(stdout, l.session, &ro, err);
	else if (!ret)
		ret = app_report_text(stdout, l.session, &ro, err);
	if (!ret && o->output)
		ret = app_anchors_save(l.session, o->output, err);
	app_loaded_free(&l);
	return ret;
}
