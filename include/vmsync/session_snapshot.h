/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Work on a session beside the screen: over snapshots of it, and what is left to that. */
#ifndef VMSYNC_SESSION_SNAPSHOT_H
#define VMSYNC_SESSION_SNAPSHOT_H

#include <vmsync/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * vms_session_snapshot - the session as it is now, for work on another thread: nothing that becomes
 * of the session changes it, and what it computes changes no session until vms_session_take()
 * It can be refreshed, and one change can be made, or undone or redone, unless it is one of pairs.
 * Costs copies of what decisions change: a byte a candidate, and what is accepted.
 * vms_session_snapshot_free - on the session's thread, before the session is freed
 */
int vms_session_snapshot(struct vms_session **out, struct vms_session *session,
			 struct vms_err *err);
void vms_session_snapshot_free(struct vms_session *snapshot);

/** vms_session_watch - whom a snapshot's change tells and asks; given up, it can only be freed */
void vms_session_watch(struct vms_session *s, const struct vms_progress *p);
/**
 * vms_session_take - the session becomes what a snapshot of it has become, which is then only freed
 * @effect: of the change, or with none; may be NULL
 * Return: 0; 1 when the session has changed since, and stays as it is; -VMS_ENOMEM.
 */
int vms_session_take(struct vms_session *session, struct vms_session *snapshot,
		     struct vms_effect *effect, struct vms_err *err);

/**
 * vms_session_form - form the pairs that vms_session_new() left out; fits are stale afterwards
 * Return: 0; -VMS_ECANCEL; -VMS_ENOMEM.
 */
int vms_session_form(struct vms_session *session, struct vms_err *err);
/** vms_session_unformed - there are no pairs yet, and so nothing to decide or to fit */
bool vms_session_unformed(const struct vms_session *s);

/**
 * vms_session_refresh - compute what is stale: estimators, and delays per sequence
 * @progress: asked whether that is still wanted; may be NULL
 * Return: 0; -VMS_ECANCEL: some is left. Without memory old values stay.
 */
int vms_session_refresh(struct vms_session *session, const struct vms_progress *progress);
/**
 * vms_session_refresh_track - the same of one vCPU: @track, or where that has nothing stale the
 * next that has
 */
int vms_session_refresh_track(struct vms_session *session, unsigned int track,
			      const struct vms_progress *progress);
/** vms_session_stale - whether vms_session_refresh() has something to do */
bool vms_session_stale(const struct vms_session *s);

#ifdef __cplusplus
}
#endif

#endif
