// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how the application starts and ends: which rooms open first, and what is read. */
#include "app/commands/start.h"
#include "app/state/sequences.h"
#include "app/state/prompt.h"
#include "app/state/shown.h"

#include <stdlib.h>

#include <vmsync/session_snapshot.h>

#include "app/state/lane_tree.h"
#include "app/state/history.h"
#include "app/state/messages.h"
#include "app/commands/cmd_change.h"
#include "app/commands/cmd_now.h"
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
#include "app/state/loop.h"
#include "app/commands/confirm.h"
#include "app/commands/help.h"
#include "core/base/util.h"

/* What was left, and who else is there: asked before anything is decided. */
static void ask_first(struct app *a)
{
	const uint32_t nr = files_pending(a);

	if (files_taken(a))
		confirm_open(a, CONFIRM_SECOND,
			     "another vmsync-tui has this recording open: nothing decided here "
			     "would be on disk before w saves it");
	else if (nr)
		confirm_open(a, CONFIRM_RESTORE,
			     "an interrupted run left %u decision%s unsaved. Restore?", nr,
			     fmt_s(nr));
}

/* The pairs of a large recording are there: what was decided of them is read. */
static void formed(struct app *app, const struct vms_effect *effect, uint64_t before)
{
	struct vms_err err = { 0 };

	(void)effect;
	(void)before;
	view_formed(app);
	greet_formed(app);
	if (files_read(app, &err))
		app_say(app, APP_BAD, "%s", err.msg);
	ask_first(app);
	if (change_rate(app, true, &err))
		app_say(app, APP_BAD, "%s", err.msg);
	now_first(app);
}

static int form(struct app *app, struct vms_err *err)
{
	const struct change_ask ask = { .way = CHANGE_FORM, .said = formed };

	return change_ask(app, &ask, "", err);
}

static int start(struct app *app, struct config_mistakes *mistakes, uint32_t *read_nr,
		 struct vms_err *err)
{
	/* in this order: the view asks for lanes and selection, files are told of in messages */
	static int (*const rooms[])(struct app *, struct vms_err *) = {
		shown_new, messages_new,  settings_new, loop_new,    list_new,	  search_new,
		lanes_new, lane_tree_new, prompt_new,	text_new,    history_new, events_new,
		view_new,  help_new,	  confirm_new,	fitness_new, files_open,  now_new,
	};
	int ret = bindings_new(&app->bindings, app->table, err);
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(rooms) && !ret; i++)
		ret = rooms[i](app, err);
	if (ret)
		return ret;
	ret = vms_session_unformed(app->session) ? form(app, err) : files_read(app, err);
	if (ret)
		return ret;
	*read_nr = app_messages(app)->log_nr;
	ask_first(app);
	ret = list_first(app, err);
	if (ret)
		return ret;
	view_first(app);
	config_read(app, mistakes);
	return change_rate(app, true, err);
}

int app_new(struct app **out, struct vms_session *session, const struct app_opts *opts,
	    struct vms_err *err)
{
	struct app *app = vms_calloc(1, sizeof(*app));
	struct config_mistakes mistakes = { 0 };
	uint32_t read_nr = 0;
	int ret;

	if (!app)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	app->session = session;
	app->table = &command_table;
	app->trace = vms_session_trace(session);
	app->opts = *opts;
	app->geo = (struct app_geometry){ .rows = 24,
					  .cols = 80,
					  .lane_cols = 64,
					  .lane_rows = 5,
					  .list_rows = 5,
					  .details = true,
					  .text_rows = 10 };
	ret = start(app, &mistakes, &read_nr, err);
	if (ret) {
		app_free(app);
		return ret;
	}
	app_greet(app, &mistakes, read_nr);
	if (!vms_session_unformed(session))
		now_first(app);
	*out = app;
	return 0;
}

void app_free(struct app *app)
{
	static void (*const rooms[])(struct app *) = {
		history_free,  files_close, events_free,  text_free,	  search_free,
		prompt_free,   view_free,   lanes_free,	  lane_tree_free, list_free,
		messages_free, loop_free,   fitness_free, now_free,
	};
	size_t i;

	if (!app)
		return;
	for (i = 0; i < VMS_ARRAY_NR(rooms); i++)
		rooms[i](app);
	bindings_free(app->bindings);
	free(app->confirm);
	free(app->help);
	free(app->settings);
	free(app->shown);
	free(app);
}
