// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a batch report is made: the screen's own session, without the screen. */
#include "main/batch.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vmsync/io/anchors.h>

#include "app/exports/export.h"
#include "app/words/format.h"
#include "core/base/util.h"
#include "io/apply/corrected.h"
#include "io/files/files.h"
#include "io/files/unchanged.h"
#include "main/load.h"
#include "app/reports/report.h"

/* Lines of an anchors file that a batch run complains of one by one. */
#define UNMATCHED_SHOWN 10

static bool printed;

/*
 * Made in memory first: of a stream that broke in its middle, only the stream knows that it did,
 * and not why.
 */
int app_print(const char *text, size_t size, const char *what, struct vms_err *err)
{
	if (vms_alloc_missed())
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	printed = true;
	if (!file_write_all(STDOUT_FILENO, text, size))
		return vms_fail(err, VMS_EOUTPUT, "the %s cannot be written: %s", what,
				strerror(errno));
	return 0;
}

void app_batch_error(const struct app_options *options, int ret, const struct vms_err *err)
{
	const struct app_report_opts ro = { .files = options->paths,
					    .files_nr = options->paths_nr };
	char *text = NULL;
	size_t size = 0;

	if (options->report != APP_REPORT_JSON || printed ||
	    app_report_error(&text, &size, ret, app_exit_status(ret), err->msg, &ro))
		return;
	(void)file_write_all(STDOUT_FILENO, text, size);
	free(text);
}

int app_batch_print(const struct app_options *options, const struct app_loaded *loaded,
		    const struct app_corrected *corrected, struct vms_err *err)
{
	const struct app_report_opts ro = { .files = options->paths,
					    .files_nr = options->paths_nr,
					    .has_at = options->has_at,
					    .at_raw = options->at_raw,
					    .find = options->find,
					    .shuffle = options->shuffle,
					    .advise = options->advise,
					    .copies = corrected ? corrected->copies : NULL,
					    .host_copy = corrected ? corrected->host : NULL };
	char *text = NULL;
	size_t size = 0;
	int ret;

	if (loaded->host)
		ret = app_report_host(&text, &size, options->report, loaded->trace, loaded->host,
				      &ro, err);
	else
		ret = app_report_make(&text, &size, options->report, loaded->session, &ro, err);
	if (!ret)
		ret = trace_unchanged(loaded->trace, err);
	if (!ret)
		ret = app_print(text, size, "report", err);
	free(text);
	return ret;
}

/*
 * Lines that match nothing are named; where none does, the file is not this recording's. Beyond a
 * part of it they may all lie.
 */
static int anchors_load(struct vms_session *session, const char *path, FILE *log,
			struct vms_err *err)
{
	struct vms_anchors_report r = { 0 };
	struct vms_anchors *anchors = NULL;
	uint32_t i, nr = 0;
	char shown[PATH_MAX];
	int ret;

	ret = vms_anchors_load(&anchors, path, err);
	if (!ret)
		ret = vms_anchors_apply(session, anchors, &r, err);
	(void)fmt_clean(path, shown, sizeof(shown));
	if (!ret && r.unmatched && !r.applied && !vms_session_trace(session)->is_part)
		ret = vms_fail(err, VMS_ENODATA, "%s: none of its %u pairs is in this recording%s",
			       path, r.unmatched,
			       r.other_host ? ": it was written for another host recording" : "");
	if (!ret && r.other_host)
		(void)fprintf(log, "vmsync-tui: %s: written for another host recording\n", shown);
	for (i = 0; !ret && i < anchors->rows_nr; i++)
		if (anchors->rows[i].unmatched && nr++ < UNMATCHED_SHOWN)
			(void)fprintf(log, "vmsync-tui: %s:%u: %s\n", shown,
				      anchors->rows[i].line_nr,
				      fmt_clean(anchors->rows[i].why, BUF(256)));
	if (nr > UNMATCHED_SHOWN)
		(void)fprintf(log, "vmsync-tui: %s: %u more lines match nothing here\n", shown,
			      nr - UNMATCHED_SHOWN);
	vms_anchors_free(anchors);
	return ret;
}

static void unmatched_mark(struct vms_anchors *anchors, const struct vms_session *session)
{
	struct vms_pair pair;
	uint32_t i;

	for (i = 0; anchors && i < anchors->rows_nr; i++)
		anchors->rows[i].unmatched =
			anchors->rows[i].verbatim ||
			vms_anchor_pair(&pair, &anchors->rows[i], anchors, session, NULL) != 0;
}

/*
 * What the file holds for others is kept, and what was read from another and matches nothing here,
 * as beyond a part of the recording.
 */
static int anchors_save(struct vms_session *session, const char *path, const char *from,
			bool results, struct vms_err *err)
{
	struct vms_anchors *old = NULL, *out = NULL, *read = NULL;
	struct stat st, other;
	int ret = 0;

	/* A file of another kind may be anything, the recording itself included. */
	if (vms_anchors_load(&old, path, NULL) && !stat(path, &st) && S_ISREG(st.st_mode) &&
	    st.st_size)
		return vms_fail(err, VMS_EUSAGE,
				"%s is there and no anchors file: nothing was written", path);
	unmatched_mark(old, session);
	if (from && (!old || stat(path, &st) || stat(from, &other) || st.st_ino != other.st_ino ||
		     st.st_dev != other.st_dev))
		ret = vms_anchors_load(&read, from, err);
	unmatched_mark(read, session);
	if (read && vms_anchors_join(&old, read))
		ret = vms_fail(err, VMS_ENOMEM, "out of memory for the anchors");
	if (!ret)
		ret = vms_anchors_from_session(&out, session, old, results, err);
	if (!ret)
		ret = vms_anchors_save(out, path, err);
	vms_anchors_free(out);
	vms_anchors_free(read);
	vms_anchors_free(old);
	return ret;
}

static void say_written(const char *path, uint64_t bytes)
{
	(void)fprintf(stderr, "vmsync-tui: wrote %s, %" PRIu64 " bytes\n",
		      fmt_clean(path, BUF(PATH_MAX)), bytes);
}

static int exports_write(const struct app_options *options, const struct app_loaded *loaded,
			 struct vms_err *err)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < options->exports_nr; i++) {
		struct export_of all = loaded->host ? export_host(loaded->trace, loaded->host)
						    : export_all(loaded->session);
		char name[32];
		const char *path = strchr(options->exports[i], '=');

		all.wrote = say_written;
		(void)snprintf(name, sizeof(name), "%.*s", (int)(path - options->exports[i]),
			       options->exports[i]);
		ret = export_write(name, path + 1, &all, options->force, err);
	}
	return ret;
}

int app_batch(const struct app_options *options, struct vms_err *err)
{
	struct app_loaded loaded = { 0 };
	struct app_corrected corrected = { 0 };
	int ret;

	ret = app_load(&loaded, options, false, NULL, err);
	if (!ret && loaded.host && (options->anchors || options->apply || options->output))
		ret = vms_fail(err, VMS_ENODATA,
			       "%s: %s: there are no pairs and nothing to "
			       "correct; record host and guests together with trace-cmd record -A",
			       loaded.trace->host->path, vms_trace_no_guest(loaded.trace));
	if (!ret)
		app_say_unread(loaded.trace);
	if (!ret && options->anchors)
		ret = anchors_load(loaded.session, options->anchors, stderr, err);
	/* before the report: who is refused gets one line and no report */
	if (!ret && vms_alloc_missed())
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	if (!ret && options->apply)
		ret = app_corrected_write_all(loaded.session, options->apply, options->model,
					      options->force, &corrected, err);
	if (!ret)
		ret = exports_write(options, &loaded, err);
	if (!ret && options->report != APP_REPORT_NONE)
		ret = app_batch_print(options, &loaded, &corrected, err);
	if (!ret && options->output)
		ret = anchors_save(loaded.session, options->output, options->anchors,
				   options->results, err);
	app_corrected_free(&corrected);
	app_loaded_free(&loaded);
	return ret;
}
