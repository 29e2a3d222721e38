/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many recordings without a screen. */
#ifndef APP_MAIN_STUDY_H
#define APP_MAIN_STUDY_H

#include "main/options.h"

/**
 * app_study - the sequences of all recordings held against each other, on standard output
 * Return: 0; -VMS_ENODATA after all others when some could not be opened, each named on stderr.
 */
int app_study(const struct app_options *options, struct vms_err *err);

#endif
