/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two recordings, or two anchors files, against each other. */
#ifndef APP_COMPARE_H
#define APP_COMPARE_H

#include <vmsync/err.h>

#include "main/options.h"

/**
 * app_compare - print in what the two files named differ, as text or JSON: of recordings verdict
 * and band of each vCPU, of anchors files their decisions
 * Return: 0, also when they differ; a negative VMS_E* code
 */
int app_compare(const struct app_options *options, struct vms_err *err);

#endif
