// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the pickers: models, lanes, time marks, options; their rows and what taking one does. */
#include <stdlib.h>
#include <string.h>

#include "app/commands/command.h"
#include "app/commands/decide.h"
#include "app/words/format.h"
#include "app/state/lane_tree.h"
#include "app/commands/move.h"
#include "core/base/util.h"
#include "app/state/view.h"

void pick_fill(struct app *a)
{
	uint32_t i, keep = a->pick.sel;

	if (a->overlay == APP_OVERLAY_LANES) {
		lane_tree_fill(a);
		return;
	}
	free(a->pick_rows);
	a->pick_rows_nr = 0;
	a->pick_rows = vms_calloc(26, sizeof(*a->pick_rows));
	for (i = 0; a->pick_rows && i < 26; i++)
		if (a->mark[i].set)
			a->pick_rows[a->pick_rows_nr++] = i;
	a->pick.nr = a->pick_rows_nr;
	a->pick.sel = keep;
	row_move(&a->pick, 0, a->geo.text_rows);
}

void pick_open(struct app *a, enum app_overlay overlay)
{
	unsigned int i;

	memset(&a->pick, 0, sizeof(a->pick));
	a->prompt.text[0] = '\0';
	a->prompt.len = a->prompt.caret = 0;
	a->overlay = overlay;
	switch (overlay) {
	case APP_OVERLAY_MODEL:
		a->pick.nr = vms_session_models_nr(a->session);
		for (i = 0; i < a->pick.nr; i++)
			if (!strcmp(vms_session_model_name(a->session, i),
				    vms_session_model(a->session)))
				row_move(&a->pick, i, a->geo.text_rows);
		break;
	case APP_OVERLAY_OPTIONS: a->pick.nr = app_settings_nr(); break;
	case APP_OVERLAY_LANES:
		lane_tree_open(a);
		prompt_open(a, overlay, "lanes: ", "");
		break;
	default: pick_fill(a); break;
	}
}

int cmd_pick(struct app *a, const struct app_args *args, struct vms_err *err)
{
	struct app_args model = { .text = "", .argc = 1, .repeat = 1 };
	uint32_t row = a->pick.sel;
	char at[FMT_SIZE];

	if (a->overlay == APP_OVERLAY_OPTIONS)
		return cmd_pick_toggle(a, args, err);
	if (row >= a->pick.nr) {
		a->overlay = APP_OVERLAY_NONE;
		return 0;
	}
	if (a->overlay == APP_OVERLAY_MODEL) {
		a->overlay = APP_OVERLAY_NONE;
		model.argv[0] = model.text = vms_session_model_name(a->session, row);
		return cmd_model(a, &model, err);
	}
	if (a->overlay == APP_OVERLAY_MARKS) {
		a->overlay = APP_OVERLAY_NONE;
		a->jump_back_raw = a->cursor_raw;
		a->jumped = true;
		view_held(a);
		view_cursor(a, a->mark[a->pick_rows[row]].host_raw, true);
		app_hint(a, APP_NOTE, "at %s; '' goes back",
			 fmt_time(vms_session_clock(a->session),
				  a->mark[a->pick_rows[row]].host_raw, at, sizeof(at)));
	}
	return 0;
}

int cmd_pick_toggle(struct app *a, const struct app_args *args, struct vms_err *err)
{
	(void)args;
	(void)err;
	if (a->overlay == APP_OVERLAY_MODEL || a->overlay == APP_OVERLAY_MARKS)
		app_hint(a, APP_NOTE, "Enter takes the row");
	if (a->overlay == APP_OVERLAY_OPTIONS && a->pick.sel < a->pick.nr)
		setting_next(a, a->pick.sel);
	else if (a->overlay == APP_OVERLAY_LANES)
		lane_tree_toggle(a, a->pick.sel);
	return 0;
}
