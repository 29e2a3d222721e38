// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which journal a run has when others have the same recording open, and what such runs left. */
#include "io/anchors/journal.h"

#include <stdio.h>
#include <unistd.h>

#include "core/base/printable.h"

#define RUNS_MAX 9u /* that have a journal of their own at once */

/* Journals of a recording have one name: of runs beside the first, in folders "2" to "9". */
static const char *run_folder(const char *dir, unsigned int run, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%s/%u", dir, run);
	return buf;
}

int vms_journal_open_first(struct vms_journal **out, const char *dir, const struct vms_trace *trace,
			   bool *taken, struct vms_err *err)
{
	struct vms_journal *left;
	unsigned int run;
	int ret = vms_journal_open(out, dir, trace, err);

	*taken = ret == -VMS_EUSAGE;
	if (ret ? !*taken : vms_journal_pending(*out))
		return ret;
	for (run = 2; run <= RUNS_MAX; run++) {
		left = NULL;
		if (access(run_folder(dir, run, BUF(4096)), F_OK) ||
		    vms_journal_open(&left, run_folder(dir, run, BUF(4096)), trace, NULL))
			continue;
		if (vms_journal_pending(left)) {
			if (!ret)
				vms_journal_close(*out);
			*out = left;
			*taken = false;
			return 0;
		}
		vms_journal_close(left);
	}
	return ret;
}

int vms_journal_open_beside(struct vms_journal **out, const char *dir,
			    const struct vms_trace *trace, struct vms_err *err)
{
	unsigned int run = 2;
	int ret;

	do
		ret = vms_journal_open(out, run_folder(dir, run, BUF(4096)), trace, err);
	while (ret == -VMS_EUSAGE && ++run <= RUNS_MAX);
	return ret;
}
