/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A study: the sequences of many recordings held against each other, as a table and as JSON. */
#ifndef APP_STUDY_H
#define APP_STUDY_H

#include <stdbool.h>
#include <stddef.h>

#include <vmsync/find.h>

struct study;

int study_new(struct study **out, bool json, struct vms_err *err);
void study_free(struct study *study);

/**
 * study_add - a recording, of which nothing is needed afterwards
 * @file: as it was named
 * @how: what no catalogue has is looked for, too; NULL: it is not
 */
int study_add(struct study *study, const char *file, struct vms_session *session,
	      const struct vms_find_opts *how, struct vms_err *err);
/** study_skip - behind all recordings: a file that is none, and why */
void study_skip(struct study *study, const char *file, const char *why);

/** study_take - the whole text, which the caller owns */
int study_take(struct study *study, char **text, size_t *size, struct vms_err *err);

#endif
