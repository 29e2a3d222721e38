/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The help overlay. */
#ifndef APP_HELP_H
#define APP_HELP_H

#include "app/state/app.h"

/**
 * app_help_text - a row of the help overlay: keys (may be "") and help line, heading when a group
 * begins (else NULL)
 */
void app_help_text(const struct app *app, uint32_t row, const char **heading, char *keys,
		   size_t keys_size, char *verb, size_t verb_size, const char **help);

int help_new(struct app *app, struct vms_err *err);
/** help_used - a command ran: it comes first in its group from now on */
void help_used(struct app *app, int cmd);
/** help_fill - rows of the help overlay that match the prompt's text */
void help_fill(struct app *app);
/** help_command - of a row, -1 = there is none */
int help_command(const struct app *app, uint32_t row);

#endif
