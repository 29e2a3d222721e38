/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A new candidate list, made over a session that does not change meanwhile. */
#ifndef APP_LIST_MAKE_H
#define APP_LIST_MAKE_H

#include "app/state/list.h"

/** struct list_make - what is asked for, and the list that it makes */
struct list_make {
	const struct vms_session *session;
	const struct app_filter *filter; /* NULL = all */
	enum app_sort sort;
	bool reverse;
	uint32_t *ids, nr; /* the list; whoever asks frees it */
};

/** list_make - Return: 0; -VMS_ENOMEM; -VMS_ECANCEL: there is no list */
int list_make(struct list_make *m, const struct vms_progress *p);

#endif
