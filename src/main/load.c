// SPDX-License-Identifier: LGPL-2.1-or-later
/* How options become a recording and a session. */
#include "main/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/files/files.h"
#include "io/files/unchanged.h"
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

int app_load(struct app_loaded *out, const struct app_options *options,
	     const struct vms_progress *progress, struct vms_err *err)
{
	struct app_loaded loaded = { 0 };
	char **texts = vms_calloc(options->sequences_nr, sizeof(*texts));
	const struct vms_line user = { .offset_raw = options->offset_raw };
	const struct vms_session_opts so = {
		.sequence_texts = (const char *const *)texts,
		.sequence_texts_nr = options->sequences_nr,
		.model = options->model,
		.rate = options->rate,
		.inside_ignored = options->ignore,
		.inside_ignored_nr = options->ignore_nr,
		.align = { .user = options->has_offset ? &user : NULL,
			   .ignore_recorded = options->ignore_recorded,
			   .progress = progress },
		.may_be_untied = !options->batch,
		.unlisted = options->batch && !options->output,
	};
	unsigned int i;
	int ret;

	file_guard();
	if (!texts)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	ret = read_texts(texts, options, err);
	if (!ret)
		ret = vms_trace_open(&loaded.trace, options->paths, options->paths_nr,
				     options->reader, progress, err);
	if (!ret && !loaded.trace->guests_nr)
		ret = vms_host_only_new(&loaded.host, loaded.trace, err);
	else if (!ret)
		ret = vms_session_new(&loaded.session, loaded.trace, &so, err);
	for (i = 0; i < options->sequences_nr; i++)
		free(texts[i]);
	free(texts);
	if (ret)
		app_loaded_free(&loaded);
	else
		*out = loaded;
	return ret;
}

void app_loaded_free(struct app_loaded *l)
{
	vms_session_free(l->session);
	vms_host_only_free(l->host);
	vms_trace_free(l->trace);
	memset(l, 0, sizeof(*l));
}

int app_exit_status(int ret)
{
	switch (-ret) {
	case 0: return 0;
	case VMS_ENOMEM:
	case VMS_EOUTPUT:
	case VMS_EBUG: return 1;
	case VMS_ECANCEL: return 130;
	default: return 2;
	}
}
