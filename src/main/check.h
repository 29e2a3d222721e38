/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks without a screen, for continuous integration. */
#ifndef APP_MAIN_CHECK_H
#define APP_MAIN_CHECK_H

#include "main/options.h"

/**
 * app_check - whether a clock model holds in each recording, a line a guest on standard output
 * @status: the program's exit status: 0 holds, 3 proven wrong, 4 too wide, uncovered or not judged
 * Return: 0; -VMS_ENODATA after all others when some could not be opened, each named on stderr, and
 * none is proven wrong.
 */
int app_check(const struct app_options *options, int *status, struct vms_err *err);

#endif
