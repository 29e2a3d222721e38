/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A check: whether a clock model holds in recordings, as a line a guest and a status. */
#ifndef APP_CHECK_H
#define APP_CHECK_H

#include <stddef.h>

#include "app/reports/report.h"

/** enum check_status - of a guest, and the exit status: wrong is worse than open */
enum check_status { CHECK_HOLDS = 0, CHECK_OPEN = 4, CHECK_WRONG = 3 };

struct check;

/**
 * check_new - @limits: "width=5us,coverage=0.9,model=recorded", each of them or none; NULL: the
 * recorded synchronisation or @model, and nothing asked of width and coverage
 * Return: 0; -VMS_EUSAGE says what is wrong with the limits; -VMS_ENOMEM
 */
int check_new(struct check **out, const char *limits, const char *model, enum app_report form,
	      struct vms_err *err);
void check_free(struct check *check);

/** check_add - the guests of a recording, of which nothing is needed afterwards. -VMS_EUSAGE: width
 * in a unit that its clock has not */
int check_add(struct check *check, const char *file, struct vms_session *session,
	      struct vms_err *err);
/** check_add_report - @report, JSON of a recording, as a line of its own instead; -VMS_ENOMEM */
int check_add_report(struct check *check, const char *report, size_t size);
/** check_skip - behind all recordings: a file that is none, and why */
void check_skip(struct check *check, const char *file, const char *why);

/** check_take - the whole text, which the caller owns, and the worst status */
int check_take(struct check *check, char **text, size_t *size, enum check_status *status,
	       struct vms_err *err);

#endif
