/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the command line to a session: the one path that screen, script and batch take. */
#ifndef APP_LOAD_H
#define APP_LOAD_H

#include <vmsync/io/open.h>
#include <vmsync/host_only.h>
#include <vmsync/session.h>

#include "main/options.h"

/** struct app_loaded - a recording and its session; the session borrows the recording */
struct app_loaded {
	struct vms_trace *trace;
	struct vms_session *session;
	struct vms_host_only *host; /* instead, where no guest's file is there */
};

/**
 * app_load - open the recording and analyse it
 * @beside: pairs of a large recording are left to a worker, see vms_session_form()
 * @progress: and cancel, may be NULL; called from whatever thread this runs on
 * Return: 0; a negative VMS_E* code with one line for the person in @err.
 */
int app_load(struct app_loaded *out, const struct app_options *options, bool beside,
	     const struct vms_progress *progress, struct vms_err *err);
void app_loaded_free(struct app_loaded *l);

/** app_say_unread - on standard error, which guests' files beside the host cannot be read */
void app_say_unread(const struct vms_trace *trace);

/** app_exit_status - 2 where the input is to blame, 1 where the program is, 130 when interrupted */
int app_exit_status(int ret);

#endif
