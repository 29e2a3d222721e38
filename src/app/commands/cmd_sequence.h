/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sequences that were found become some of the session's. */
#ifndef APP_CMD_SEQUENCE_H
#define APP_CMD_SEQUENCE_H

#include <vmsync/find.h>

#include "app/state/app.h"

/** sequence_adopt - make it one of the session's; @show: go to its pairs when they are there */
int sequence_adopt(struct app *app, const struct vms_found *found, bool show, struct vms_err *err);

#endif
