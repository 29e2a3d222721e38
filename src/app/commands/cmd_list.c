// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the commands of lists: bulk marks, filter, search, order, copy. */
#include <stdio.h>
#include <string.h>

#include "app/commands/cmd_list.h"
#include "app/state/events.h"
#include "app/state/loop.h"
#include "app/state/shown.h"
#include "app/state/settings.h"
#include "app/state/messages.h"
#include "app/words/words.h"
#include "app/commands/panes.h"
#include "app/state/list.h"
#include "app/words/candidate.h"
#include "app/filter/filter.h"
#include "app/words/format.h"
#include "app/commands/overlays.h"
#include "app/commands/command.h"
#include "app/state/search.h"
#include "app/state/view.h"

/* What a key does to the list is not done where nobody sees the list. */
static bool elsewhere(const struct app *a)
{
	return app_shown(a)->focus != APP_PANE_LIST && app_shown(a)->focus != APP_PANE_DETAILS;
}

int cmd_mark_row(struct app *app, const struct app_args *args, struct vms_err *err)
{
	unsigned int i;

	if (elsewhere(app))
		return vms_fail(
			err, VMS_EUSAGE,
			"only pairs can be marked; they are in the list of screens 1 and 2");
	for (i = 0; i < args->repeat && app_list(app)->sel != VMS_ID_NONE; i++) {
		if (list_mark(app, app_list(app)->sel, !app_marked(app, app_list(app)->sel)))
			return vms_fail(err, VMS_ENOMEM, "out of memory");
		pane_move(app, 1);
	}
	app_hint(app, APP_NOTE, "%u marked; a x c act on all of them, Esc drops the marks",
		 app_list(app)->marked_nr);
	return 0;
}

int cmd_mark(struct app *app, const struct app_args *args, struct vms_err *err)
{
	bool all = !strcmp(args->text, "all"), filtered = !strcmp(args->text, "filtered");
	uint32_t nr = vms_session_candidates_nr(app->session), i;
	struct app_filter *own = NULL;
	int ret = 0, col;

	if (!args->text[0]) {
		if (app_list(app)->sel == VMS_ID_NONE)
			return vms_fail(err, VMS_EUSAGE, "no pair is selected");
		ret = list_mark(app, app_list(app)->sel, true);
	} else if (!all && !filtered) {
		ret = filter_parse(&own, args->text, app->session, &col, err);
	}
	for (i = 0; args->text[0] && !ret && i < nr; i++) {
		const struct vms_candidate *c = vms_session_candidate(app->session, i);

		if (filter_match(all	    ? NULL
				 : filtered ? app_list(app)->filter
					    : own,
				 app->session, c))
			ret = list_mark(app, c->id, true);
	}
	filter_free(own);
	if (!ret)
		app_hint(app, APP_NOTE, "%u marked", app_list(app)->marked_nr);
	return ret;
}

void cmd_unmark(struct app *a)
{
	list_unmark(a);
	app_hint(a, APP_NOTE, "no pair is marked");
}

int cmd_mark_invert(struct app *app, const struct app_args *args, struct vms_err *err)
{
	uint32_t i;

	if (args->key && elsewhere(app))
		return vms_fail(
			err, VMS_EUSAGE,
			"only pairs can be marked; they are in the list of screens 1 and 2");
	for (i = 0; i < app_list(app)->nr; i++)
		if (list_mark(app, app_list(app)->ids[i], !app_marked(app, app_list(app)->ids[i])))
			return vms_fail(err, VMS_ENOMEM, "out of memory");
	app_hint(app, APP_NOTE, "%u marked", app_list(app)->marked_nr);
	return 0;
}

void filter_says(struct app *app, uint32_t was)
{
	char back[64] = "& Ctrl-U Enter shows all";

	/* the pair that the next key is about is another one: that comes first */
	if (was != VMS_ID_NONE && app_list(app)->sel != VMS_ID_NONE && app_list(app)->sel != was)
		(void)snprintf(back, sizeof(back), "%u does not, %u is selected", was,
			       app_list(app)->sel);
	if (list_unfinished(app))
		app_hint(app, APP_NOTE, "looking through %u candidate%s",
			 vms_session_candidates_nr(app->session),
			 fmt_s(vms_session_candidates_nr(app->session)));
	else if (app_list(app)->filter)
		app_hint(app, app_list(app)->nr ? APP_NOTE : APP_WARN, "%u of %u match %s; %s",
			 app_list(app)->nr, vms_session_candidates_nr(app->session),
			 app_list(app)->filter_text, back);
	else
		app_hint(app, APP_NOTE, "no filter: %u candidate%s", app_list(app)->nr,
			 fmt_s(app_list(app)->nr));
}

int filter_set(struct app *app, const char *text, struct vms_err *err)
{
	const uint32_t was = app_list(app)->sel;
	struct app_filter *f = NULL;
	struct vms_err why;
	int ret, col;

	ret = filter_parse(&f, text, app->session, &col, &why);
	if (ret && col >= 0)
		return vms_fail(err, -ret, "filter, column %d: %s", col + 1, why.msg);
	if (ret)
		return vms_fail(err, -ret, "%s", why.msg);
	ret = list_filter(app, f, f ? text : "", err);
	if (ret)
		return ret;
	list_says(app);
	filter_says(app, was);
	return 0;
}

int cmd_filter(struct app *a, const struct app_args *args, struct vms_err *err)
{
	if (!args->key)
		return filter_set(a, args->text, err);
	if (app_shown(a)->screen == APP_SCREEN_EVENTS)
		overlay_open(a, APP_OVERLAY_EVENTS, app_events(a)->filter_text);
	else if (app_draws_pair(a))
		overlay_open(a, APP_OVERLAY_FILTER, app_list(a)->filter_text);
	else
		return vms_fail(err, VMS_EUSAGE,
				"nothing here is filtered: & is for pairs (screens 1, 2) and "
				"events (5)");
	return 0;
}

int cmd_filter_events(struct app *app, const struct app_args *args, struct vms_err *err)
{
	struct vms_err why;
	int col = -1;
	const int ret = events_filter(app, args->text, &col, &why);

	if (ret && col >= 0)
		return vms_fail(err, -ret, "filter, column %d: %s", col + 1, why.msg);
	if (ret)
		return vms_fail(err, -ret, "%s", why.msg);
	events_filter_says(app);
	return 0;
}

int cmd_search(struct app *app, const struct app_args *args, struct vms_err *err)
{
	int ret, col;

	if (!args->text[0]) {
		overlay_open(app, APP_OVERLAY_SEARCH, app_search(app)->text);
		return 0;
	}
	ret = search_for(app, pane_here(app)->find, args->text, app_list(app)->sel, &col, err);
	if (!ret && app_shown(app)->screen != APP_SCREEN_EVENTS)
		search_says(app);
	return ret;
}

static int sort_by(struct app *app, const struct app_args *args, int to, bool reverse,
		   struct vms_err *err)
{
	int ret;

	if (args->key && elsewhere(app))
		return vms_fail(err, VMS_EUSAGE,
				"the list of screens 1 and 2 can be ordered, not this one");
	if (to < 0)
		return vms_fail(err, VMS_EUSAGE,
				"order by time, delay, residual, sequence, information or id");
	ret = list_sort(app, (enum app_sort)to, reverse, err);
	if (!ret)
		app_hint(app, APP_NOTE, "ordered by %s%s",
			 choice_name(SORT_WORDS(" "), app_list(app)->sort, BUF(16)),
			 app_list(app)->reverse ? ", reversed" : "");
	return ret;
}

int cmd_sort(struct app *app, const struct app_args *args, struct vms_err *err)
{
	const int to = args->argc ? choice(SORT_WORDS(" "), args->argv[0])
				  : (int)(app_list(app)->sort + 1) % APP_SORT_ID;

	return sort_by(app, args, to, app_list(app)->reverse, err);
}

int cmd_sort_reverse(struct app *app, const struct app_args *args, struct vms_err *err)
{
	return sort_by(app, args, app_list(app)->sort, !app_list(app)->reverse, err);
}

int cmd_copy(struct app *app, struct vms_err *err)
{
	const struct vms_candidate *cand = app_selected(app);
	int ret;

	if (!cand)
		return vms_fail(err, VMS_EUSAGE, "no pair is selected");
	ret = loop_copy(app, candidate_row_text(app->session, cand, ' ', BUF(1024)), err);
	if (ret)
		return ret;
	/*
	 * OSC 52 is off unless asked for: then nothing reaches a clipboard, and nobody should think
	 * so.
	 */
	if (app_prefs(app)->osc52)
		app_hint(app, APP_NOTE, "sent the row of %u to the terminal's clipboard", cand->id);
	else
		app_hint(app, APP_WARN,
			 "not copied: :set osc52 on allows it, or :export writes the rows to a "
			 "file");
	return 0;
}

int cmd_recompute(struct app *app, struct vms_err *err)
{
	int ret;

	loop_fit_again(app);
	(void)app_idle(app);
	events_forget(app);
	view_init(app);
	ret = list_rebuild(app, err);
	if (ret)
		return ret;
	loop_ask(app, APP_REQUEST_REPAINT);
	app_hint(app, APP_NOTE, "computed again: %u candidate%s",
		 vms_session_candidates_nr(app->session),
		 fmt_s(vms_session_candidates_nr(app->session)));
	return 0;
}
