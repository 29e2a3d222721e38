// SPDX-License-Identifier: LGPL-2.1-or-later
/* Opening a recording. */
#include <stdlib.h>

#include <vmsync/io/source.h>

#include "direct.h"
#include "util.h"

int vms_trace_open(struct vms_trace **out, const char *const *paths, unsigned int paths_nr,
		   const char *reader, const struct vms_progress *p, struct vms_err *err)
{
	struct vms_trace *t = vms_calloc(1, sizeof(*t));
	int ret;

	(void)reader;
	if (!t)
		return -VMS_ENOMEM;
	ret = vms_source_direct.load(&t->host, paths[0], p, err);
	t->guests = vms_calloc(paths_nr, sizeof(*t->guests));
	while (!ret && t->guests_nr + 1 < paths_nr) {
		ret = vms_source_direct.load(&t->guests[t->guests_nr].stream, paths[t->guests_nr + 1], p, err);
		t->guests_nr += !ret;
	}
	if (ret)
		vms_trace_free(t);
	else
		*out = t;
	return ret;
}
