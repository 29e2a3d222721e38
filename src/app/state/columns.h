/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The columns of the candidates list as a person chooses them. */
#ifndef APP_COLUMNS_H
#define APP_COLUMNS_H

#include "app/state/app.h"

/**
 * columns_names - names of the columns in their default order, separated by blanks; "st" comes
 * before all and always stands
 */
extern const char columns_names[];

/**
 * columns_parse - a choice of columns: "default", or names separated by commas or blanks
 * @cols: in the order wanted, without "st"; @nr: how many, 0 = default
 * Return: 0; -VMS_EUSAGE, naming what is wrong.
 */
int columns_parse(const char *text, uint8_t cols[APP_COLUMN_NR], uint32_t *nr, struct vms_err *err);

/** columns_text - a choice as columns_parse() reads it. Return: buf */
const char *columns_text(const uint8_t *cols, uint32_t nr, char *buf, size_t size);

#endif
