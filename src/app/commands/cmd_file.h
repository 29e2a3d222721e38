/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files to write, and the questions before. */
#ifndef APP_CMD_FILE_H
#define APP_CMD_FILE_H

#include "app/state/app.h"

/** save_typed - the lines above the save prompt */
void save_typed(struct app *a);
/** confirm_open - ask a question; confirm_answer - what the key says; false = neither yes nor no */
void confirm_open(struct app *a, enum app_confirm_kind kind, const char *keys, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
bool confirm_answer(struct app *a, uint32_t key);

#endif
