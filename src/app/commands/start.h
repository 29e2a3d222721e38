/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of the application. */
#ifndef APP_START_H
#define APP_START_H

#include "app/state/app.h"

/**
 * app_new - start with a session; the whole trace in view, the most informative undecided pair
 * selected
 * @session: borrowed for the life of the result
 * Loads config, history, anchors, and looks for a journal to restore (then the confirm overlay is
 * open).
 * Return: 0; -VMS_ENOMEM; an error of --anchors. A bad config line is a warning in the log.
 */
int app_new(struct app **out, struct vms_session *session, const struct app_opts *opts,
	    struct vms_err *err);
void app_free(struct app *app);

#endif
