/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines typed before. */
#ifndef APP_HISTORY_H
#define APP_HISTORY_H

#include "app/state/app.h"

/**
 * history_new - with the ":" lines of earlier runs, from the state folder; history_free writes
 * them there
 */
int history_new(struct app *a, struct vms_err *err);
void history_free(struct app *app);
/** history_add - remember a ":" line */
void history_add(struct app *a, const char *line);
uint32_t history_nr(const struct app *a);
/** history_rewind - what is typed next is new */
void history_rewind(struct app *a);
/** history_ran - the line that ran last, typed or not; history_last - that; "" = none */
void history_ran(struct app *a, const char *line);
const char *history_last(const struct app *a);
/**
 * history_step - the line before (dir -1) or after that begins with what was typed, at the end that
 * itself; NULL: no older one. Lives until the next call.
 */
const char *history_step(struct app *a, int dir, const char *typed);

#endif
