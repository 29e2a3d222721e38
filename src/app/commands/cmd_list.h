/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters by words. */
#ifndef APP_CMD_LIST_H
#define APP_CMD_LIST_H

#include "app/state/app.h"

/**
 * filter_says - what the filter in force left, and which pair is selected now that it was not (was:
 * the id before)
 */
void filter_says(struct app *app, uint32_t was);
/** filter_set - put a filter in force */
int filter_set(struct app *app, const char *text, struct vms_err *err);

#endif
