/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps along violations, and along the events that fix the band. */
#ifndef APP_CMD_JUMP_H
#define APP_CMD_JUMP_H

#include "app/state/sequences.h"

/** step_violation - to the impossible pair or guest event outside after (dir 1) or before here */
int step_violation(struct app *app, int dir, struct vms_err *err);
/** step_binding - to the next event that fixes the band, round the end */
int step_binding(struct app *app, struct vms_err *err);
/** jump_against - to the first impossible pair of a sequence, else to the first key that differs */
int jump_against(struct app *app, const struct app_sequence *at, struct vms_err *err);

/** view_miss - the event outside, and by how much, in the lanes */
struct app_miss;
void view_miss(struct app *app, const struct app_miss *miss);

#endif
