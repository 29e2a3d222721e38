// SPDX-License-Identifier: LGPL-2.1-or-later
/* What is printed of many recordings that are checked, and the exit status that comes of it. */
#include "main/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/reports/check.h"
#include "app/words/format.h"
#include "core/base/util.h"
#include "io/files/files.h"
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
	if (!ret && vms_alloc_missed())
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	if (!ret && !file_write_all(STDOUT_FILENO, text, size))
		ret = vms_fail(err, VMS_EOUTPUT, "the check cannot be written: %s",
			       strerror(errno));
	if (!ret && skipped_nr && worst != CHECK_WRONG)
		ret = vms_fail(err, VMS_ENODATA, "%u recording%s skipped", skipped_nr,
			       fmt_s(skipped_nr));
	*status = (int)worst;
	free(text);
	check_free(check);
	return ret;
}
