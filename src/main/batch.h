/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running without a screen: a report on standard output. */
#ifndef APP_BATCH_H
#define APP_BATCH_H

#include "io/apply/corrected.h"
#include "main/load.h"
#include "main/options.h"

/**
 * app_print - a whole text, to standard output
 * Return: 0; -VMS_ENOMEM when some of it may be missing; -VMS_EOUTPUT
 */
int app_print(const char *text, size_t size, const char *what, struct vms_err *err);
/** app_batch_print - the report of what was loaded, to standard output; @corrected: NULL = none */
int app_batch_print(const struct app_options *options, const struct app_loaded *loaded,
		    const struct app_corrected *corrected, struct vms_err *err);
/** app_batch - load, report, end. Return: 0; a negative VMS_E* code with one line in @err */
int app_batch(const struct app_options *o, struct vms_err *err);

/** app_batch_error - what went wrong, as JSON where that was asked for and nothing was printed */
void app_batch_error(const struct app_options *options, int ret, const struct vms_err *err);

#endif
