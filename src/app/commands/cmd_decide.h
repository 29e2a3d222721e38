/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decisions, and what a decision would do. */
#ifndef APP_CMD_DECIDE_H
#define APP_CMD_DECIDE_H

#include "app/line/verbs.h"
#include "app/state/app.h"

/** decide_preview - what accept, reject or clear with these arguments would do, in words */
void decide_preview(struct app *app, int cmd, const char *rest, char *buf, size_t size);
/** note_preview - what :note with this text would do, in words */
int note_preview(const struct app *a, const char *text, char *buf, size_t size,
		 struct vms_err *err);

#endif
