/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The journal: decisions since the last save, on disk before the screen shows them. */
#ifndef VMS_IO_JOURNAL_H
#define VMS_IO_JOURNAL_H

#include <stdbool.h>

#include <vmsync/err.h>
#include <vmsync/io/anchors.h>

struct vms_journal;

/**
 * vms_journal_open - open or create the journal of a recording and lock it
 * @dir: folder, NULL = $XDG_STATE_HOME/vmsync-tui or ~/.local/state/vmsync-tui; made when missing
 * @trace: its host names the file, <trace id>-<hash of size and first bytes>.journal
 *
 * What an interrupted run left is read; a torn last line is cut off. What is damaged otherwise is
 * copied aside first, and the whole lines before the damage count.
 * Return: 0; -VMS_EUSAGE when another process has it open (it says so); -VMS_EUNSUP for one of a
 * later version; -VMS_EIO; -VMS_ENOMEM. Whatever was there is as it was then.
 */
int vms_journal_open(struct vms_journal **out, const char *dir, const struct vms_trace *trace,
		     struct vms_err *err);

/**
 * vms_journal_open_first - the same; where it offers nothing, or another run has it, what a run
 * beside another left when it was interrupted
 * @taken: another run has it, and nothing was left
 * vms_journal_open_beside - one of its own for a run beside another
 */
int vms_journal_open_first(struct vms_journal **out, const char *dir, const struct vms_trace *trace,
			   bool *taken, struct vms_err *err);
int vms_journal_open_beside(struct vms_journal **out, const char *dir,
			    const struct vms_trace *trace, struct vms_err *err);

/** vms_journal_path - name of the file, for messages */
const char *vms_journal_path(const struct vms_journal *j);

/**
 * vms_journal_found_again - the next start would find it: the host's file is still there, as large
 * as it was, and begins as it did
 */
bool vms_journal_found_again(const struct vms_journal *journal, const struct vms_trace *trace);

/** vms_journal_aside - where a damaged journal was copied to, for messages; NULL: it was none */
const char *vms_journal_aside(const struct vms_journal *j);

/**
 * vms_journal_pending - pairs and sequences that an interrupted run decided on: what a replay would
 * bring back
 */
uint32_t vms_journal_pending(const struct vms_journal *j);

/**
 * vms_journal_replay - put them into a session; the newest state of each pair wins
 * @rest: those that match no event, as of a part of the recording, are joined to it; may be NULL
 * Afterwards nothing is pending, and the file still holds them until a save. @r may be NULL.
 */
int vms_journal_replay(struct vms_journal *journal, struct vms_session *s,
		       struct vms_anchors **rest, struct vms_anchors_report *r,
		       struct vms_err *err);

/**
 * vms_journal_append - write how what a change is about is now (for changes made, undone and made
 * again alike); nothing of kinds that files do not keep.
 * Return: 0; -VMS_EIO (a partly written line is cut off again); -VMS_ENOMEM.
 */
int vms_journal_append(struct vms_journal *journal, const struct vms_session *s,
		       const struct vms_change *c, struct vms_err *err);

/**
 * vms_journal_sync - what was appended outlives a power cut from now on
 * @now: else only when something waits for that for a second. Return: 0; -VMS_EIO
 */
int vms_journal_sync(struct vms_journal *journal, bool now, struct vms_err *err);

/**
 * vms_journal_clear - after a save: forget what was appended, and what was replayed. What still
 * waits to be replayed stays
 */
int vms_journal_clear(struct vms_journal *j, struct vms_err *err);
/**
 * vms_journal_forget - what waits to be replayed is not wanted: nothing is pending, what was
 * appended stays
 */
int vms_journal_forget(struct vms_journal *j, struct vms_err *err);
/**
 * vms_journal_close - close it as it is: what it holds is offered at the next start. NULL is fine
 */
void vms_journal_close(struct vms_journal *journal);
/**
 * vms_journal_close_clean - clear, and close: a quit on purpose. The file goes when nothing waits.
 * NULL is fine
 */
void vms_journal_close_clean(struct vms_journal *j);

#endif
