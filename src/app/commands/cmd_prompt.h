/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Typing. */
#ifndef APP_CMD_PROMPT_H
#define APP_CMD_PROMPT_H

#include "app/state/app.h"

/** prompt_insert - a typed character */
void prompt_insert(struct app *app, uint32_t key);
/** prompt_paste - pasted text: into the line that is typed, and never run. Return: keys used */
size_t prompt_paste(struct app *app, const uint32_t *keys, size_t nr);

#endif
