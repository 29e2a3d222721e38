// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the lines of the text that lies on a screen, and which pair they are about. */
#include "app/state/text.h"
#include "app/state/shown.h"

#include <stdlib.h>
#include <string.h>

#include "app/words/words.h"
#include "core/base/util.h"

struct text_room {
	struct app_text shown;
	struct lines lines;
};

int text_new(struct app *a, struct vms_err *err)
{
	a->text = vms_calloc(1, sizeof(*a->text));
	return a->text ? 0 : vms_fail(err, VMS_ENOMEM, "out of memory");
}

void text_free(struct app *a)
{
	if (a->text)
		lines_clear(&a->text->lines);
	free(a->text);
}

const struct app_text *app_text(const struct app *a)
{
	return &a->text->shown;
}

void text_show(struct app *a, enum app_overlay overlay, const char *title, struct lines *l)
{
	struct text_room *room = a->text;

	lines_clear(&room->lines);
	room->lines = *l;
	memset(l, 0, sizeof(*l));
	room->shown = (struct app_text){ .line = room->lines.line, .title = title };
	room->shown.nr = room->lines.nr;
	shown_over(a, overlay);
	shown_over_row(a)->nr = room->lines.nr;
}

void text_about(struct app *a, uint32_t id)
{
	a->text->shown.about = id;
}
