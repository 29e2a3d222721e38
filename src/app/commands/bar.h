/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The function bar. */
#ifndef APP_BAR_H
#define APP_BAR_H

#include "app/state/app.h"

/** struct app_bar_entry - one entry of the function bar */
struct app_bar_entry {
	char key[16];
	const char *label;
	bool basic; /* comes before others where the bar is narrow */
};
/** app_bar - entries for what has the focus. Return: how many, at most max */
unsigned int app_bar(const struct app *app, struct app_bar_entry *out, unsigned int max);

#endif
