/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recording with trace-cmd: --record. */
#ifndef APP_RECORD_H
#define APP_RECORD_H

#include "main/options.h"

/**
 * app_record - have trace-cmd record what options ask for, and open that
 * @options: their paths are trace-cmd's options and a command; afterwards the file that was written
 * Return: 0; -VMS_EUSAGE; -VMS_ENODATA when nothing was recorded, with what to do; -VMS_ENOMEM.
 */
int app_record(struct app_options *options, struct vms_err *err);

#endif
