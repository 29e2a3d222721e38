/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A study: the sequences of many recordings held against each other, as a table and as JSON. */
#ifndef APP_STUDY_H
#define APP_STUDY_H

#include <stdbool.h>
#include <stddef.h>

#include <vmsync/session.h>

struct study;

/** study_new - @find: what no catalogue has is looked for in each recording, too */
int study_new(struct study **out, bool json, bool find, struct vms_err *err);
void study_free(struct study *study);

/** study_add - a recording, of which nothing is needed afterwards; @file: as it was named */
int study_add(struct study *study, const char *file, struct vms_session *session,
	      struct vms_err *err);
/** study_skip - behind all recordings: a file that is none, and why */
void study_skip(struct study *study, const char *file, const char *why);

/** study_take - the whole text, which the caller owns */
int study_take(struct study *study, char **text, size_t *size, struct vms_err *err);

#endif
