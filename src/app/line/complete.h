/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Completion. */
#ifndef APP_COMPLETE_H
#define APP_COMPLETE_H

#include "app/state/app.h"

/**
 * complete_command, complete_filter - into the prompt the words for the caret's place in a ":"
 * line, in a filter
 */
void complete_command(struct app *app);
void complete_filter(struct app *a);

#endif
