/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the command line to a session: the one path that screen, script and batch take. */
#ifndef APP_LOAD_H
#define APP_LOAD_H

#include <vmsync/io/source.h>
#include <vmsync/session.h>

#include "options.h"

/** struct app_loaded - a recording and its session; the session borrows the recording */
struct app_loaded {
	struct vms_trace *trace;
	struct vms_session *session;
};

/** struct app_prepared - options of the session, with what they point to; do not copy it */
struct app_prepared {
	char **texts;
	unsigned int texts_nr;
	struct vms_line user;
	struct vms_session_opts session;	/* without progress and cancelled */
};

/** app_prepare - read the files that the options name. Return: 0; -VMS_EIO, -VMS_EFORMAT, -VMS_ENOMEM */
int app_prepare(struct app_prepared *out, const struct app_options *o, struct vms_err *err);
void app_prepared_clear(struct app_prepared *p);

/**
 * app_load - open the recording and analyse it
 * Return: 0; a negative VMS_E* code with one line for the person in @err.
 */
int app_load(struct app_loaded *out, const struct app_options *o, struct vms_err *err);
void app_loaded_free(struct app_loaded *l);

/** app_exit_status - 2 where the input is to blame, 1 where the program is, 130 when interrupted */
int app_exit_status(int ret);

#endif
