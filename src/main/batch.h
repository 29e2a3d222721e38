/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running without a screen: a report on standard output. */
#ifndef APP_BATCH_H
#define APP_BATCH_H

#include "main/load.h"
#include "main/options.h"

/** app_batch_print - the report of what was loaded, to standard output */
int app_batch_print(const struct app_options *o, const struct app_loaded *l, struct vms_err *err);
/** app_batch - load, report, end. Return: 0; a negative VMS_E* code with one line in @err */
int app_batch(const struct app_options *o, struct vms_err *err);

#endif
