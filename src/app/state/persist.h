/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of the application: anchors, journal, history. What is on disk and what would be lost. */
#ifndef APP_PERSIST_H
#define APP_PERSIST_H

#include <stdio.h>

#include "app/state/app.h"

/** files_open - where they are. Return: 0; -VMS_ENOMEM */
int files_open(struct app *app, struct vms_err *err);
/**
 * files_read - read --anchors (else the file that w would write, if there is one), open the journal
 * What an interrupted run left is offered: the confirm overlay is open then.
 * Once pairs are formed: decisions are of pairs.
 * Return: 0; an error of --anchors; -VMS_ENOMEM. A journal that cannot be opened is a warning.
 */
int files_read(struct app *app, struct vms_err *err);
/** files_path - where w writes */
const char *files_path(const struct app *a);
void files_path_set(struct app *a, const char *path);
/**
 * files_unsaved_nr - decisions since the last save; files_decided - count anew after a step
 * @fresh: no undo or redo
 * files_begin - all that there is now is saved, or asks for no saving
 */
void files_begin(struct app *app);
uint32_t files_unsaved_nr(const struct app *a);
void files_decided(struct app *a, bool fresh);
/**
 * files_close - close the journal: for good when the person quits, else as it is. NULL files are
 * fine
 */
void files_close(struct app *app);

/**
 * files_write - write the anchors file; decisions count as saved. On success the message says how
 * many
 */
int files_write(struct app *app, const char *path, struct vms_err *err);
/**
 * files_foreign - the file exists and is not as this program last saw it: writing would overwrite
 * another's work
 */
bool files_foreign(const struct app *a, const char *path);
/** files_load - read decisions from an anchors file into the session */
int files_load(struct app *app, const char *path, struct vms_err *err);
/**
 * files_notice - why decisions are not on disk, or that the recording changed, with what to do: it
 * must stand on every screen until it is cured. "": all is well
 */
const char *files_notice(const struct app *app);
/** files_look - see whether the files of the recording changed. Return: the notice did */
bool files_look(struct app *app);
/**
 * files_watch - be told from now on when something happens to the recording's files: files_fd() is
 * readable then, until files_look() was there. -1: nobody tells
 */
void files_watch(struct app *app);
int files_fd(const struct app *app);
/**
 * files_taken - another run has the journal of this recording open, and nothing is on disk here
 * files_journal_beside - one of our own, which the next start offers like the first
 * files_look_only - nothing is decided or saved here; files_looking - that was chosen
 */
bool files_taken(const struct app *app);
int files_journal_beside(struct app *app, struct vms_err *err);
void files_look_only(struct app *app);
bool files_looking(const struct app *app);
/** files_journalled - what is decided is in a journal, so that the next start can restore it */
bool files_journalled(const struct app *app);
/** files_off_disk - a candidate was decided on, and neither the journal nor a save has it */
bool files_off_disk(const struct app *app, uint32_t id);
/**
 * files_sync - what the journal holds outlives a power cut from now on; it waits for the disk, so
 * between frames
 * @now: no key waits; else only what is a second old
 */
void files_sync(struct app *app, bool now);
/** files_pending - decisions that the journal offers; files_discard - forget them */
uint32_t files_pending(const struct app *a);
/** files_offered_again - by the next start, as the recording is the same file now */
bool files_offered_again(const struct app *app);
/** files_restore - replay the journal; @nr: what came of it; @unmatched: what matches no event */
int files_restore(struct app *app, uint32_t *nr, uint32_t *unmatched, struct vms_err *err);
int files_discard(struct app *a, struct vms_err *err);
/**
 * files_counts - accepted and rejected lines of the file on disk; false when there is none that can
 * be read
 */
bool files_counts(const char *path, uint32_t *accepted, uint32_t *rejected, uint32_t *other);

#endif
