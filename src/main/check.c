// SPDX-License-Identifier: LGPL-2.1-or-later
/* What is printed of many recordings that are checked, and the exit status that comes of it. */
#include "main/check.h"

#include <stdlib.h>

#include "app/reports/check.h"
#include "app/words/format.h"
#include "main/batch.h"
#include "main/many.h"

static int take(void *user, const struct app_loaded *loaded, struct vms_err *err)
{
	return check_add(user, loaded->trace->host->path, loaded->session, err);
}

static void skip(void *user, const char *path, const char *why)
{
	check_skip(user, path, why);
}

int app_check(const struct app_options *options, int *status, struct vms_err *err)
{
	struct many many = { .doing = "checking", .take = take, .skip = skip };
	enum check_status worst = CHECK_HOLDS;
	struct check *check = NULL;
	unsigned int skipped_nr = 0;
	char *text = NULL;
	size_t size = 0;
	int ret;

	ret = check_new(&check, options->check_limits, options->report == APP_REPORT_JSON, err);
	many.user = check;
	if (!ret)
		ret = many_each(&many, options, &skipped_nr, err);
	if (!ret)
		ret = check_take(check, &text, &size, &worst, err);
	if (!ret)
		ret = app_print(text, size, "check", err);
	if (!ret && skipped_nr && worst != CHECK_WRONG)
		ret = vms_fail(err, VMS_ENODATA, "%u recording%s skipped", skipped_nr,
			       fmt_s(skipped_nr));
	*status = (int)worst;
	free(text);
	check_free(check);
	return ret;
}
