// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a batch report is made: the screen's own session, without the screen. */
#include "main/batch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/util.h"
#include "io/apply/corrected.h"
#include "io/files/files.h"
#include "io/files/unchanged.h"
#include "main/load.h"
#include "app/state/persist.h"
#include "app/reports/report.h"

/*
 * Made in memory first: of a stream that broke in its middle, only the stream knows that it did,
 * and not why.
 */
int app_batch_print(const struct app_options *options, const struct app_loaded *loaded,
		    struct vms_err *err)
{
	const struct app_report_opts ro = { .files = options->paths,
					    .files_nr = options->paths_nr,
					    .has_at = options->has_at,
					    .at_raw = options->at_raw };
	const bool json = options->report == APP_REPORT_JSON;
	char *text = NULL;
	size_t size = 0;
	int ret;

	if (loaded->host)
		ret = app_report_host(&text, &size, json, loaded->trace, loaded->host, &ro, err);
	else
		ret = app_report_make(&text, &size, json, loaded->session, &ro, err);
	if (!ret && vms_alloc_missed())
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	if (!ret)
		ret = trace_unchanged(loaded->trace, err);
	if (!ret && !file_write_all(STDOUT_FILENO, text, size))
		ret = vms_fail(err, VMS_EOUTPUT, "the report cannot be written: %s",
			       strerror(errno));
	free(text);
	return ret;
}

int app_batch(const struct app_options *options, struct vms_err *err)
{
	struct app_loaded loaded = { 0 };
	int ret;

	ret = app_load(&loaded, options, false, NULL, err);
	if (!ret && loaded.host && (options->anchors || options->apply || options->output))
		ret = vms_fail(err, VMS_ENODATA,
			       "%s: no guest's trace beside it: there are no pairs and nothing to "
			       "correct; record host and guests together with trace-cmd record -A",
			       loaded.trace->host->path);
	if (!ret && options->anchors)
		ret = app_anchors_load(loaded.session, options->anchors, stderr, err);
	/* before the report: who is refused gets one line and no report */
	if (!ret && vms_alloc_missed())
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	if (!ret && options->apply)
		ret = app_corrected_write_all(loaded.session, options->apply,
					      options->model ? options->model : "band",
					      options->force, err);
	if (!ret)
		ret = app_batch_print(options, &loaded, err);
	if (!ret && options->output)
		ret = app_anchors_save(loaded.session, options->output, err);
	app_loaded_free(&loaded);
	return ret;
}
