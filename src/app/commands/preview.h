/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a command line would do, while it is being typed. */
#ifndef APP_PREVIEW_H
#define APP_PREVIEW_H

#include "app/state/app.h"

/** preview - preview or error of the prompt for a command and the rest of its line */
void preview(struct app *app, int cmd, const char *rest);
/** model_text - offset, error and verdict of a model in a line. Return: buf */
const char *model_text(const struct app *app, const struct vms_model_result *result, char *buf,
		       size_t size);

#endif
