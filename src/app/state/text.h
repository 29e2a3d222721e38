/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text that lies on a screen. */
#ifndef APP_TEXT_H
#define APP_TEXT_H

#include "app/state/app.h"

struct lines; /* words.h */

/** struct app_text - a text overlay, as views read it */
struct app_text {
	char *const *line; /* printable */
	uint32_t nr;	   /* of them; their row is that of what lies on top */
	const char *title;
	uint32_t about; /* id whose explanation it is */
};

int text_new(struct app *a, struct vms_err *err);
void text_free(struct app *a);
const struct app_text *app_text(const struct app *a);
/** text_show - take lines over into a text overlay. Takes ownership of the lines */
void text_show(struct app *a, enum app_overlay overlay, const char *title, struct lines *l);
/** text_about - which pair the text explains */
void text_about(struct app *a, uint32_t id);

#endif
