/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A new candidate list, made over a session that does not change meanwhile. */
#ifndef APP_LIST_MAKE_H
#define APP_LIST_MAKE_H

#include "app/state/list.h"

/** struct list_by - how a list is filtered and sorted */
struct list_by {
	enum app_sort sort;
	bool reverse;
	char filter_text[APP_PROMPT_BYTES]; /* "" = all */
};

/** struct list_job - what is asked for, and the list that it makes */
struct list_job {
	struct list_by by;
	struct vms_session *session;  /* borrowed */
	struct vms_session *snapshot; /* the same when it is the job's own, else NULL */
	struct app_filter *filter;    /* its own; NULL = all */
	uint32_t *ids, nr;	      /* the list */
};

/** list_job_of - one over a session; NULL = out of memory */
struct list_job *list_job_of(struct vms_session *of, const struct list_by *by);

#endif
