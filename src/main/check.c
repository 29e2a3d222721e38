// SPDX-License-Identifier: LGPL-2.1-or-later
/* What is printed of many recordings that are checked, and the exit status that comes of it. */
#include "main/check.h"

#include <stdlib.h>

#include "app/reports/check.h"
#include "app/words/format.h"
#include "main/batch.h"
#include "main/many.h"

/* What one recording adds, and how. */
struct taker {
	struct check *check;
	const struct app_options *options;
};

static int take(void *user, const struct app_loaded *loaded, struct vms_err *err)
{
	const struct taker *taker = user;
	const struct app_report_opts ro = { .files = (const char *[]){ loaded->trace->host->path },
					    .files_nr = 1,
					    .find = taker->options->find };
	char *text = NULL;
	size_t size = 0;
	int ret;

	if (!taker->options->check_whole)
		return check_add(taker->check, loaded->trace->host->path, loaded->session, err);
	ret = app_report_make(&text, &size, APP_REPORT_JSON, loaded->session, &ro, err);
	if (!ret && check_add_report(taker->check, text, size))
		ret = vms_fail(err, VMS_ENOMEM, "out of memory for the reports");
	free(text);
	return ret;
}

static void skip(void *user, const char *path, const char *why)
{
	check_skip(((struct taker *)user)->check, path, why);
}

int app_check(const struct app_options *options, int *status, struct vms_err *err)
{
	struct many many = { .doing = "checking", .take = take, .skip = skip };
	enum check_status worst = CHECK_HOLDS;
	struct taker taker = { .options = options };
	unsigned int skipped_nr = 0;
	char *text = NULL;
	size_t size = 0;
	int ret;

	ret = check_new(&taker.check, options->check_limits, options->model, options->report, err);
	many.user = &taker;
	if (!ret)
		ret = many_each(&many, options, &skipped_nr, err);
	if (!ret)
		ret = check_take(taker.check, &text, &size, &worst, err);
	if (!ret)
		ret = app_print(text, size, "check", err);
	if (!ret && skipped_nr && (options->check_told || worst != CHECK_WRONG))
		ret = vms_fail(err, VMS_ENODATA, "%u recording%s skipped", skipped_nr,
			       fmt_s(skipped_nr));
	*status = options->check_told ? CHECK_HOLDS : (int)worst;
	free(text);
	check_free(taker.check);
	return ret;
}
