/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command table as text. */
#ifndef APP_MANUAL_H
#define APP_MANUAL_H

#include <stdio.h>

/** command_list - the table as tab-separated text, for --list-commands */
void command_list(FILE *file);
/** command_man - the key and command tables of the man page, in man(7) markup */
void command_man(FILE *file);

#endif
