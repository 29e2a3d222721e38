/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which recordings a person has seen before. */
#ifndef APP_SEEN_H
#define APP_SEEN_H

#include "app/state/app.h"

/** seen_before - this recording was seen in an earlier run; true where nothing is remembered */
bool seen_before(const struct app *app);
/** seen_now - remember that; where it cannot be written it is as if nobody had seen it */
void seen_now(const struct app *app);

#endif
