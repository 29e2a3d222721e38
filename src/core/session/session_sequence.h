/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a session's sequences are and were, and how that changes. */
#ifndef SESSION_SEQUENCE_H
#define SESSION_SEQUENCE_H

#include <vmsync/session.h>

/** struct session_defs - all that sequences are or were; each is kept */
struct session_defs {
	struct vms_sequence *d;
	size_t cap;
	uint32_t nr;
	uint32_t begun_nr;  /* those that were there when the session began */
	uint32_t made_from; /* of a snapshot: from here on its own, until it is taken */
	/* by row: which one it is now, and was first */
	uint32_t of[VMS_SEQUENCES_MAX], first[VMS_SEQUENCES_MAX];
	bool on[VMS_SEQUENCES_MAX]; /* enabled in the catalogue */
};

int session_defs_init(struct vms_session *s);
int session_sequence_check(struct vms_session *s, struct vms_change *c, struct vms_err *err);
int session_sequence_swap(struct vms_session *s, struct vms_change *c, struct vms_err *err);
/** session_defs_take - what a snapshot made becomes the session's */
void session_defs_take(struct vms_session *session, struct vms_session *snapshot);
/** session_defs_free - with what a snapshot made and nobody took */
void session_defs_free(struct vms_session *s);

#endif
