/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Completion of the word at the caret, from the command table and the filter's fields. */
#ifndef APP_COMPLETE_H
#define APP_COMPLETE_H

#include "app/state/app.h"

/** complete - fill app.prompt.comp for the present text and caret */
void complete(struct app *a);

#endif
