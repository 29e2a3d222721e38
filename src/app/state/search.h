/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Search: the rows of the list that match, looked for in pieces, and the way from one to the next.
 */
#ifndef APP_SEARCH_H
#define APP_SEARCH_H

#include "app/state/app.h"

/**
 * search_go - select a match of app.search_text: dir 0 at or after the place where the search
 * began, +1 next, -1 previous Sets search_at and search_nr. A list that takes longer than a frame
 * is looked through while nobody types: then both are 0, and search_idle() selects when it is done.
 * Return: 0; -VMS_ENODATA without a match; -VMS_EUSAGE with the column of the error.
 */
int search_go(struct app *a, int dir, int *col, struct vms_err *err);
/**
 * search_says - "3 of 12 match" or that it is being looked for: in the prompt when one is open,
 * else as message
 */
void search_says(struct app *a);
/** search_idle - look through one more piece. Return: there was something to do */
bool search_idle(struct app *a);
/** search_finish - look through what is left */
void search_finish(struct app *a);
/** search_forget - the list is another one, or the search is given up */
void search_forget(struct app *a);

#endif
