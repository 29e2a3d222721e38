/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Corrected copies of guest files, for the screen and for batch runs alike. */
#ifndef APP_CORRECTED_H
#define APP_CORRECTED_H

#include <stdbool.h>

#include <vmsync/copy.h>

/** struct app_corrected - what was written of a recording */
struct app_corrected {
	struct vms_copy *copies; /* one for each guest; no path: left out. NULL: nothing yet */
	unsigned int copies_nr;
	char *host; /* copy of the host's file; NULL: none */
};

/**
 * app_corrected_write - write a copy of a guest's file that a model corrects
 * @model: a word of vms_by_name(); NULL: the model in use
 * @out: what was written, its path that of the caller; its model is gone
 * Return: 0; -VMS_EUSAGE for an unknown model or a file of the recording; -VMS_ENODATA when the
 * model is not available for that guest; errors of vms_apply_write().
 */
int app_corrected_write(struct vms_session *session, unsigned int guest, const char *path,
			const char *model, struct vms_copy *out, struct vms_err *err);

/**
 * app_corrected_write_all - the same for every guest of the recording
 * With one guest it is @path; with several, PATH-NAME.dat for each, ".dat" at the end of @path
 * left out; where guests share a name, the later ones have their number behind it.
 * @force: also over files that are there, -VMS_EUSAGE else, and nothing is written; and of guests
 *   of which what is recorded is not refuted, which are left out else: -VMS_EUSAGE when all are
 * Where the host's file does not name a guest that was copied, PATH-host.dat is a copy of it that
 * does.
 * @out: app_corrected_free()
 */
int app_corrected_write_all(struct vms_session *session, const char *path, const char *model,
			    bool force, struct app_corrected *out, struct vms_err *err);
void app_corrected_free(struct app_corrected *corrected);

#endif
