/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times as people type them. */
#ifndef APP_TIMES_H
#define APP_TIMES_H

#include "app/state/app.h"

/**
 * view_parse_time - a time as typed: "12.345 s", "+2ms" and "-2ms" (from the cursor), "start",
 * "end", "'a", "#104" (a pair), "vCPU0#881" (an event by its number, as details show it), "77tk"
 * (raw)
 * @id: set to a candidate when the text names one, else VMS_ID_NONE
 */
int view_parse_time(const struct app *app, const char *text, int64_t *raw, uint32_t *id,
		    struct vms_err *err);

#endif
