// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how the application starts and ends: which rooms open first, and what is read. */
#include "app/commands/start.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/state/lane_tree.h"
#include "app/state/history.h"
#include "app/state/messages.h"
#include "app/commands/command.h"
#include "app/words/format.h"
#include "app/state/view.h"
#include "app/state/settings.h"
#include "app/state/search.h"
#include "app/state/persist.h"
#include "app/state/list.h"
#include "app/state/lane_list.h"
#include "app/commands/greet.h"
#include "app/state/events.h"
#include "app/line/bindings.h"
#include "app/commands/script.h"
#include "app/state/text.h"
#include "app/commands/cmd_file.h"
#include "core/base/util.h"

static void ask_to_restore(struct app *a)
{
	const uint32_t nr = files_pending(a);

	if (nr)
		confirm_open(a, APP_CONFIRM_RESTORE, "y:restore  n:forget  Esc:later",
			     "an interrupted run left %u decision%s unsaved. Restore?", nr,
			     fmt_s(nr));
}

static int start(struct app *a, struct config_mistakes *mistakes, struct vms_err *err)
{
	/* in this order: the view asks for lanes and selection, files are told of in messages */
	static int (*const rooms[])(struct app *, struct vms_err *) = {
		messages_new, settings_new, list_new,	search_new, lanes_new,	lane_tree_new,
		text_new,     history_new,  events_new, view_new,   files_open,
	};
	int ret = bindings_new(&a->bindings, a->table, err);
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(rooms) && !ret; i++)
		ret = rooms[i](a, err);
	if (ret)
		return ret;
	ask_to_restore(a);
	ret = list_first(a, err);
	if (ret)
		return ret;
	view_first(a);
	config_read(a, mistakes);
	return 0;
}

int app_new(struct app **out, struct vms_session *s, const struct app_opts *o, struct vms_err *err)
{
	struct app *a = vms_calloc(1, sizeof(*a));
	struct config_mistakes mistakes = { 0 };
	int ret;

	if (!a)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	a->session = s;
	a->table = &command_table;
	a->trace = vms_session_trace(s);
	a->opts = *o;
	a->screen = APP_SCREEN_MAIN;
	a->focus = APP_PANE_LIST;
	a->geo = (struct app_geometry){ .rows = 24,
					.cols = 80,
					.lane_cols = 64,
					.lane_rows = 5,
					.list_rows = 5,
					.details = true,
					.text_rows = 10 };
	a->drawn_sel = VMS_ID_NONE;
	a->last_command = -1;
	ret = start(a, &mistakes, err);
	if (ret) {
		app_free(a);
		return ret;
	}
	app_greet(a, &mistakes);
	*out = a;
	return 0;
}

void app_free(struct app *a)
{
	if (!a)
		return;
	history_free(a);
	files_close(a);
	bindings_free(a->bindings);
	events_free(a);
	text_free(a);
	search_free(a);
	view_free(a);
	lanes_free(a);
	lane_tree_free(a);
	messages_free(a);
	settings_free(a);
	list_free(a);
	free(a->prompt.comp);
	free(a->help);
	free(a->pick_rows);
	free(a->copy_text);
	free(a);
}
