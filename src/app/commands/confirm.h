/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions, and what becomes of what waits for the answer. */
#ifndef APP_CONFIRM_H
#define APP_CONFIRM_H

#include "app/state/app.h"

enum confirm_kind {
	CONFIRM_QUIT,
	CONFIRM_QUIT_LEFT,
	CONFIRM_RESTORE,
	CONFIRM_SECOND,
	CONFIRM_OVERWRITE,
	CONFIRM_APPLY
};

/** struct app_confirm - the question, as views read it */
struct app_confirm {
	char keys[64];	    /* "y:quit  n:stay" */
	char question[200]; /* printable */
};

int confirm_new(struct app *app, struct vms_err *err);
const struct app_confirm *app_confirm(const struct app *app);
/** confirm_file - the file and the model that the question is about */
void confirm_file(struct app *app, const char *path, const char *model);
/** confirm_open - ask it */
void confirm_open(struct app *app, enum confirm_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** confirm_answer - what the key says; keys that are no answer do nothing */
void confirm_answer(struct app *app, uint32_t key);

/** restore_now - replay the journal; apply_now - write the corrected copy that was asked for */
int restore_now(struct app *a, struct vms_err *err);
int apply_now(struct app *a, struct vms_err *err);

#endif
