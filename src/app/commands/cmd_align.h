/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Alignment in words. */
#ifndef APP_CMD_ALIGN_H
#define APP_CMD_ALIGN_H

#include "app/state/app.h"

/** align_text - how the alignment of a track came about and what to do about it. Return: buf */
const char *align_text(const struct app *app, const struct vms_track *track, char *buf,
		       size_t size);

#endif
