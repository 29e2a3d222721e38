// SPDX-License-Identifier: LGPL-2.1-or-later
/* What is printed of many recordings whose sequences are studied. */
#include "main/study.h"

#include <stdlib.h>

#include <vmsync/find.h>

#include "app/reports/study.h"
#include "app/words/format.h"
#include "main/batch.h"
#include "main/many.h"

struct taker {
	struct study *study;
	const struct vms_find_opts *find; /* NULL: not asked for */
};

static int take(void *user, const struct app_loaded *loaded, struct vms_err *err)
{
	const struct taker *taker = user;

	return study_add(taker->study, loaded->trace->host->path, loaded->session, taker->find,
			 err);
}

static void skip(void *user, const char *path, const char *why)
{
	study_skip(((struct taker *)user)->study, path, why);
}

int app_study(const struct app_options *options, struct vms_err *err)
{
	const struct vms_find_opts how = { .shuffle = options->shuffle };
	struct taker taker = { .find = options->find ? &how : NULL };
	const struct many many = {
		.doing = "studying", .take = take, .skip = skip, .user = &taker
	};
	unsigned int skipped_nr = 0;
	char *text = NULL;
	size_t size = 0;
	int ret;

	ret = study_new(&taker.study, options->report == APP_REPORT_JSON, err);
	if (!ret)
		ret = many_each(&many, options, &skipped_nr, err);
	if (!ret)
		ret = study_take(taker.study, &text, &size, err);
	if (!ret)
		ret = app_print(text, size, "study", err);
	if (!ret && skipped_nr)
		ret = vms_fail(err, VMS_ENODATA, "%u recording%s skipped", skipped_nr,
			       fmt_s(skipped_nr));
	free(text);
	study_free(taker.study);
	return ret;
}
