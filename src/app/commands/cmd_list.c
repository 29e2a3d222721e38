// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the commands of lists: bulk marks, filter, search, order, copy. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands/cmd_list.h"
#include "app/state/settings.h"
#include "app/state/messages.h"
#include "app/words/words.h"
#include "app/commands/cmd_move.h"
#include "app/state/list.h"
#include "app/words/candidate.h"
#include "app/filter/filter.h"
#include "app/words/format.h"
#include "app/commands/overlays.h"
#include "app/commands/command.h"
#include "app/state/search.h"
#include "core/base/util.h"

/* What a key does to the list is not done where nobody sees the list. */
static bool elsewhere(const struct app *a)
{
	return a->focus != APP_PANE_LIST && a->focus != APP_PANE_DETAILS;
}

int cmd_mark_row(struct app *a, const struct app_args *args, struct vms_err *err)
{
	unsigned int i;

	if (elsewhere(a))
		return vms_fail(
			err, VMS_EUSAGE,
			"only pairs can be marked; they are in the list of screens 1 and 2");
	for (i = 0; i < args->repeat && app_list(a)->sel != VMS_ID_NONE; i++) {
		if (list_mark(a, app_list(a)->sel, !app_marked(a, app_list(a)->sel)))
			return vms_fail(err, VMS_ENOMEM, "out of memory");
		pane_move(a, 1);
	}
	app_hint(a, APP_NOTE, "%u marked; a x c act on all of them, Esc drops the marks",
		 app_list(a)->marked_nr);
	return 0;
}

int cmd_mark(struct app *a, const struct app_args *args, struct vms_err *err)
{
	bool all = !strcmp(args->text, "all"), filtered = !strcmp(args->text, "filtered");
	uint32_t nr = vms_session_candidates_nr(a->session), i;
	struct app_filter *own = NULL;
	int ret = 0, col;

	if (!args->text[0]) {
		if (app_list(a)->sel == VMS_ID_NONE)
			return vms_fail(err, VMS_EUSAGE, "no pair is selected");
		ret = list_mark(a, app_list(a)->sel, true);
	} else if (!all && !filtered) {
		ret = filter_parse(&own, args->text, a->session, &col, err);
	}
	for (i = 0; args->text[0] && !ret && i < nr; i++) {
		const struct vms_candidate *c = vms_session_candidate(a->session, i);

		if (filter_match(all ? NULL : filtered ? app_list(a)->filter : own, a->session, c))
			ret = list_mark(a, c->id, true);
	}
	filter_free(own);
	if (!ret)
		app_hint(a, APP_NOTE, "%u marked", app_list(a)->marked_nr);
	return ret;
}

void cmd_unmark(struct app *a)
{
	list_unmark(a);
	app_hint(a, APP_NOTE, "no pair is marked");
}

int cmd_mark_invert(struct app *a, const struct app_args *args, struct vms_err *err)
{
	uint32_t i;

	if (args->key && elsewhere(a))
		return vms_fail(
			err, VMS_EUSAGE,
			"only pairs can be marked; they are in the list of screens 1 and 2");
	for (i = 0; i < app_list(a)->nr; i++)
		if (list_mark(a, app_list(a)->ids[i], !app_marked(a, app_list(a)->ids[i])))
			return vms_fail(err, VMS_ENOMEM, "out of memory");
	app_hint(a, APP_NOTE, "%u marked", app_list(a)->marked_nr);
	return 0;
}

void filter_says(struct app *a, uint32_t was)
{
	char back[64] = "& Ctrl-U Enter shows all";

	/* the pair that the next key is about is another one: that comes first */
	if (was != VMS_ID_NONE && app_list(a)->sel != VMS_ID_NONE && app_list(a)->sel != was)
		(void)snprintf(back, sizeof(back), "%u does not, %u is selected", was,
			       app_list(a)->sel);
	if (list_unfinished(a))
		app_hint(a, APP_NOTE, "looking through %u candidate%s",
			 vms_session_candidates_nr(a->session),
			 fmt_s(vms_session_candidates_nr(a->session)));
	else if (app_list(a)->filter)
		app_hint(a, app_list(a)->nr ? APP_NOTE : APP_WARN, "%u of %u match %s; %s",
			 app_list(a)->nr, vms_session_candidates_nr(a->session),
			 app_list(a)->filter_text, back);
	else
		app_hint(a, APP_NOTE, "no filter: %u candidate%s", app_list(a)->nr,
			 fmt_s(app_list(a)->nr));
}

int filter_set(struct app *a, const char *text, struct vms_err *err)
{
	const uint32_t was = app_list(a)->sel;
	struct app_filter *f = NULL;
	struct vms_err why;
	int ret, col;

	ret = filter_parse(&f, text, a->session, &col, &why);
	if (ret && col >= 0)
		return vms_fail(err, -ret, "filter, column %d: %s", col + 1, why.msg);
	if (ret)
		return vms_fail(err, -ret, "%s", why.msg);
	ret = list_filter(a, f, f ? text : "", err);
	if (ret)
		return ret;
	list_says(a);
	filter_says(a, was);
	return 0;
}

int cmd_filter(struct app *a, const struct app_args *args, struct vms_err *err)
{
	if (args->key) {
		overlay_open(a, APP_OVERLAY_FILTER, app_list(a)->filter_text);
		return 0;
	}
	return filter_set(a, args->text, err);
}

static int steps(struct app *a, int dir, unsigned int repeat, struct vms_err *err)
{
	int ret = 0;

	for (; repeat && !ret; repeat--)
		ret = search_step(a, dir, err);
	if (!ret && a->screen != APP_SCREEN_EVENTS)
		search_says(a);
	return ret;
}

int cmd_search(struct app *a, const struct app_args *args, struct vms_err *err)
{
	int ret, col;

	if (!args->text[0]) {
		overlay_open(a, APP_OVERLAY_SEARCH, app_search(a)->text);
		return 0;
	}
	ret = search_for(a, args->text, app_list(a)->sel, &col, err);
	if (!ret && a->screen != APP_SCREEN_EVENTS)
		search_says(a);
	return ret;
}

int cmd_search_next(struct app *a, const struct app_args *args, struct vms_err *err)
{
	return steps(a, 1, args->repeat, err);
}

int cmd_search_prev(struct app *a, const struct app_args *args, struct vms_err *err)
{
	return steps(a, -1, args->repeat, err);
}

int cmd_sort(struct app *a, const struct app_args *args, struct vms_err *err)
{
	int to = args->argc ? choice("time delay residual sequence information id", args->argv[0])
			    : (int)(app_list(a)->sort + 1) % APP_SORT_ID;
	int ret;

	if (args->key && elsewhere(a))
		return vms_fail(err, VMS_EUSAGE,
				"the list of screens 1 and 2 can be ordered, not this one");
	if (to < 0)
		return vms_fail(err, VMS_EUSAGE,
				"order by time, delay, residual, sequence, information or id");
	ret = list_sort(a, (enum app_sort)to, app_list(a)->reverse, err);
	if (!ret)
		app_hint(a, APP_NOTE, "ordered by %s%s", sort_names[app_list(a)->sort],
			 app_list(a)->reverse ? ", reversed" : "");
	return ret;
}

int cmd_sort_reverse(struct app *a, const struct app_args *args, struct vms_err *err)
{
	int ret;

	if (args->key && elsewhere(a))
		return vms_fail(err, VMS_EUSAGE,
				"the list of screens 1 and 2 can be ordered, not this one");
	ret = list_sort(a, app_list(a)->sort, !app_list(a)->reverse, err);
	if (!ret)
		app_hint(a, APP_NOTE, "ordered by %s%s", sort_names[app_list(a)->sort],
			 app_list(a)->reverse ? ", reversed" : "");
	return ret;
}

int cmd_copy(struct app *a, struct vms_err *err)
{
	const struct vms_candidate *c = app_selected(a);
	char text[1024];

	if (!c)
		return vms_fail(err, VMS_EUSAGE, "no pair is selected");
	free(a->copy_text);
	a->copy_text = vms_strdup(candidate_row_text(a->session, c, ' ', text, sizeof(text)));
	if (!a->copy_text)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	a->request |= APP_REQUEST_COPY;
	/*
	 * OSC 52 is off unless asked for: then nothing reaches a clipboard, and nobody should think
	 * so.
	 */
	if (app_prefs(a)->osc52)
		app_hint(a, APP_NOTE, "sent the row of %u to the terminal's clipboard", c->id);
	else
		app_hint(a, APP_WARN,
			 "not copied: :set osc52 on allows it, or :export writes the rows to a "
			 "file");
	return 0;
}
