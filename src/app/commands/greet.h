/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The first messages. */
#ifndef APP_GREET_H
#define APP_GREET_H

#include "app/commands/script.h"

/**
 * app_greet - log what loading found, each vCPU's verdict, and what the message row says at the
 * start
 * @read_nr: lines of the log about decisions that were read; the last warning among them is shown
 */
void app_greet(struct app *a, const struct config_mistakes *mistakes, uint32_t read_nr);
/** greet_formed - say how many pairs there are, which may be later */
void greet_formed(struct app *app);

#endif
