// SPDX-License-Identifier: LGPL-2.1-or-later
/* How options become a recording and a session. */
#include "main/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/files/files.h"
#include "core/base/util.h"

/* A catalogue is written by hand: more than this is not one. */
#define SEQUENCES_MAX_BYTES (1u << 20)

static int read_texts(char **texts, const struct app_options *o, struct vms_err *err)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < o->sequences_nr; i++)
		ret = file_read_text(&texts[i], o->sequences[i], SEQUENCES_MAX_BYTES, err);
	return ret;
}

int app_load(struct app_loaded *out, const struct app_options *o, const struct vms_progress *p,
	     struct vms_err *err)
{
	struct app_loaded l = { 0 };
	char **texts = vms_calloc(o->sequences_nr, sizeof(*texts));
	const struct vms_line user = { .offset_raw = o->offset_raw };
	const struct vms_session_opts so = {
		.sequence_texts = (const char *const *)texts,
		.sequence_texts_nr = o->sequences_nr,
		.model = o->model,
		.inside_ignored = o->ignore,
		.inside_ignored_nr = o->ignore_nr,
		.align = { .user = o->has_offset ? &user : NULL,
			   .ignore_recorded = o->ignore_recorded,
			   .progress = p },
		.may_be_untied = !o->batch,
	};
	unsigned int i;
	int ret;

	if (!texts)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	ret = read_texts(texts, o, err);
	if (!ret)
		ret = vms_trace_open(&l.trace, o->paths, o->paths_nr, o->reader, p, err);
	if (!ret)
		ret = vms_session_new(&l.session, l.trace, &so, err);
	for (i = 0; i < o->sequences_nr; i++)
		free(texts[i]);
	free(texts);
	if (ret)
		app_loaded_free(&l);
	else
		*out = l;
	return ret;
}

void app_loaded_free(struct app_loaded *l)
{
	vms_session_free(l->session);
	vms_trace_free(l->trace);
	memset(l, 0, sizeof(*l));
}

int app_exit_status(int ret)
{
	switch (-ret) {
	case 0: return 0;
	case VMS_ENOMEM:
	case VMS_EBUG: return 1;
	case VMS_ECANCEL: return 130;
	default: return 2;
	}
}
