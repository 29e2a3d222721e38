/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A new candidate list, made in pieces so that no key waits for millions of candidates. */
#ifndef APP_LIST_MAKE_H
#define APP_LIST_MAKE_H

#include "app/state/list.h"

struct list_make;

/** list_make_begin - a list for the filter and the order in force. Return: 0; -VMS_ENOMEM */
int list_make_begin(struct list_make **out, const struct app *app, struct vms_err *err);
void list_make_free(struct list_make *m);
/** list_make_piece - a few milliseconds of work. Return: the list is complete */
bool list_make_piece(struct list_make *m);
/** list_make_percent - how much is done */
unsigned int list_make_percent(const struct list_make *m);
/** list_made - the complete list; the caller frees it */
void list_made(struct list_make *m, uint32_t **list, uint32_t *nr);

#endif
