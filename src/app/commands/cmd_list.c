// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the commands of lists: bulk marks, filter, search, order, copy. */
#include <stdlib.h>
#include <string.h>

#include "app/state/candidates.h"
#include "app/commands/command.h"
#include "app/commands/decide.h"
#include "app/line/filter.h"
#include "app/words/format.h"
#include "app/commands/move.h"
#include "app/commands/overlays.h"
#include "app/state/search.h"
#include "core/base/util.h"
#include "app/state/view.h"

void marks_clear(struct app *a)
{
	if (a->marked)
		memset(a->marked, 0, a->marked_cap);
	a->marked_nr = 0;
}

int marks_set(struct app *a, uint32_t id, bool on)
{
	size_t cap = a->marked_cap;

	if (id >= cap) {
		if (!on)
			return 0;
		if (vms_grow(&a->marked, &cap, (size_t)id + 1, 1, UINT32_MAX))
			return -VMS_ENOMEM;
		memset(a->marked + a->marked_cap, 0, cap - a->marked_cap);
		a->marked_cap = (uint32_t)VMS_MIN(cap, UINT32_MAX);
	}
	a->marked_nr += (uint32_t)on - (uint32_t)(a->marked[id] != 0);
	a->marked[id] = on;
	return 0;
}

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
	for (i = 0; i < args->repeat && a->sel != VMS_ID_NONE; i++) {
		if (marks_set(a, a->sel, !app_marked(a, a->sel)))
			return vms_fail(err, VMS_ENOMEM, "out of memory");
		pane_move(a, 1);
	}
	app_hint(a, APP_NOTE, "%u marked; a x c act on all of them, Esc drops the marks",
		 a->marked_nr);
	return 0;
}

int cmd_mark(struct app *a, const struct app_args *args, struct vms_err *err)
{
	bool all = !strcmp(args->text, "all"), filtered = !strcmp(args->text, "filtered");
	uint32_t nr = vms_session_candidates_nr(a->session), i;
	struct app_filter *own = NULL;
	int ret = 0, col;

	if (!args->text[0]) {
		if (a->sel == VMS_ID_NONE)
			return vms_fail(err, VMS_EUSAGE, "no pair is selected");
		ret = marks_set(a, a->sel, true);
	} else if (!all && !filtered) {
		ret = filter_parse(&own, args->text, a->session, &col, err);
	}
	for (i = 0; args->text[0] && !ret && i < nr; i++) {
		const struct vms_candidate *c = vms_session_candidate(a->session, i);

		if (filter_match(all ? NULL : filtered ? a->filter : own, a->session, c))
			ret = marks_set(a, c->id, true);
	}
	filter_free(own);
	if (!ret)
		app_hint(a, APP_NOTE, "%u marked", a->marked_nr);
	return ret;
}

int cmd_unmark(struct app *a, const struct app_args *args, struct vms_err *err)
{
	(void)args;
	(void)err;
	marks_clear(a);
	app_hint(a, APP_NOTE, "no pair is marked");
	return 0;
}

int cmd_mark_invert(struct app *a, const struct app_args *args, struct vms_err *err)
{
	uint32_t i;

	if (args->key && elsewhere(a))
		return vms_fail(
			err, VMS_EUSAGE,
			"only pairs can be marked; they are in the list of screens 1 and 2");
	for (i = 0; i < a->list_nr; i++)
		if (marks_set(a, a->list[i], !app_marked(a, a->list[i])))
			return vms_fail(err, VMS_ENOMEM, "out of memory");
	app_hint(a, APP_NOTE, "%u marked", a->marked_nr);
	return 0;
}

void filter_says(struct app *a, uint32_t was)
{
	char back[64] = "& Ctrl-U Enter shows all";

	/* the pair that the next key is about is another one: that comes first */
	if (was != VMS_ID_NONE && a->sel != VMS_ID_NONE && a->sel != was)
		(void)snprintf(back, sizeof(back), "%u does not, %u is selected", was, a->sel);
	if (a->list_make)
		app_hint(a, APP_NOTE, "looking through %u candidate%s",
			 vms_session_candidates_nr(a->session),
			 fmt_s(vms_session_candidates_nr(a->session)));
	else if (a->filter)
		app_hint(a, a->list_nr ? APP_NOTE : APP_WARN, "%u of %u match %s; %s", a->list_nr,
			 vms_session_candidates_nr(a->session), a->filter_text, back);
	else
		app_hint(a, APP_NOTE, "no filter: %u candidate%s", a->list_nr, fmt_s(a->list_nr));
}

int filter_set(struct app *a, const char *text, struct vms_err *err)
{
	const uint32_t was = a->sel;
	struct app_filter *f = NULL;
	struct vms_err why;
	int ret, col;

	ret = filter_parse(&f, text, a->session, &col, &why);
	if (ret && col >= 0)
		return vms_fail(err, -ret, "filter, column %d: %s", col + 1, why.msg);
	if (ret)
		return vms_fail(err, -ret, "%s", why.msg);
	filter_free(a->filter);
	a->filter = f;
	(void)snprintf(a->filter_text, sizeof(a->filter_text), "%s", f ? text : "");
	ret = list_rebuild(a, err);
	if (ret)
		return ret;
	a->list_says = a->list_make != NULL;
	filter_says(a, was);
	return 0;
}

int cmd_filter(struct app *a, const struct app_args *args, struct vms_err *err)
{
	if (args->key) {
		overlay_open(a, APP_OVERLAY_FILTER, a->filter_text);
		return 0;
	}
	return filter_set(a, args->text, err);
}

static int search_step(struct app *a, int dir, unsigned int repeat, struct vms_err *err)
{
	int ret = 0, col;

	for (; repeat && !ret; repeat--)
		ret = search_go(a, dir, &col, err);
	if (!ret && a->screen != APP_SCREEN_EVENTS)
		search_says(a);
	return ret;
}

int cmd_search(struct app *a, const struct app_args *args, struct vms_err *err)
{
	int col;

	if (!args->text[0]) {
		overlay_open(a, APP_OVERLAY_SEARCH, a->search_text);
		return 0;
	}
	(void)snprintf(a->search_text, sizeof(a->search_text), "%s", args->text);
	a->sel_before = a->sel;
	col = search_go(a, 0, &col, err);
	if (!col && a->screen != APP_SCREEN_EVENTS)
		search_says(a);
	return col;
}

int cmd_search_next(struct app *a, const struct app_args *args, struct vms_err *err)
{
	return search_step(a, 1, args->repeat, err);
}

int cmd_search_prev(struct app *a, const struct app_args *args, struct vms_err *err)
{
	return search_step(a, -1, args->repeat, err);
}

int cmd_sort(struct app *a, const struct app_args *args, struct vms_err *err)
{
	int to = args->argc ? choice("time delay residual sequence information id", args->argv[0])
			    : (int)(a->sort + 1) % APP_SORT_ID;
	int ret;

	if (args->key && elsewhere(a))
		return vms_fail(err, VMS_EUSAGE,
				"the list of screens 1 and 2 can be ordered, not this one");
	if (to < 0)
		return vms_fail(err, VMS_EUSAGE,
				"order by time, delay, residual, sequence, information or id");
	a->sort = (enum app_sort)to;
	ret = list_rebuild(a, err);
	if (!ret)
		app_hint(a, APP_NOTE, "ordered by %s%s", sort_names[a->sort],
			 a->sort_reverse ? ", reversed" : "");
	return ret;
}

int cmd_sort_reverse(struct app *a, const struct app_args *args, struct vms_err *err)
{
	int ret;

	if (args->key && elsewhere(a))
		return vms_fail(err, VMS_EUSAGE,
				"the list of screens 1 and 2 can be ordered, not this one");
	a->sort_reverse = !a->sort_reverse;
	ret = list_reverse(a, err);
	if (!ret)
		app_hint(a, APP_NOTE, "ordered by %s%s", sort_names[a->sort],
			 a->sort_reverse ? ", reversed" : "");
	return ret;
}

const char *candidate_row_text(const struct app *a, const struct vms_candidate *c, char sep,
			       char *buf, size_t size)
{
	static const char *const states[] = { "undecided", "accepted", "rejected" };
	const struct vms_track *t = vms_session_track(a->session, c->track);
	const char *tag = vms_session_tag(a->session, c->tag);
	char host[128], host_clean[128], guest[128], seq[64], note[256];

	(void)fmt_clean(candidate_host_event(a->session, c, host, sizeof(host)), host_clean,
			sizeof(host_clean));
	(void)fmt_clean(candidate_guest_event(a->session, c), guest, sizeof(guest));
	(void)fmt_clean(candidate_sequence(a->session, c), seq, sizeof(seq));
	(void)fmt_clean(tag ? tag : "", note, sizeof(note));
	/* Copied and exported numbers are exact: raw times, whole ns. */
	(void)snprintf(buf, size, "%u%c%s%c%s%c%s%c%u%c%s%c%lld%c%s%c%lld%c%.0f%c%s", c->id, sep,
		       states[c->state <= VMS_REJECTED ? c->state : 0], sep, seq, sep,
		       c->pair.dir == VMS_GUEST_TO_HOST ? "g>x" : "n>g", sep, t->vcpu, sep, guest,
		       sep, (long long)c->pair.guest_raw, sep, host_clean, sep,
		       (long long)c->pair.host_raw, sep, vms_session_delay_ns(a->session, c), sep,
		       note);
	return buf;
}

int cmd_copy(struct app *a, const struct app_args *args, struct vms_err *err)
{
	const struct vms_candidate *c = app_selected(a);
	char text[1024];

	(void)args;
	if (!c)
		return vms_fail(err, VMS_EUSAGE, "no pair is selected");
	free(a->copy_text);
	a->copy_text = vms_strdup(candidate_row_text(a, c, ' ', text, sizeof(text)));
	if (!a->copy_text)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	a->request |= APP_REQUEST_COPY;
	/*
	 * OSC 52 is off unless asked for: then nothing reaches a clipboard, and nobody should think
	 * so.
	 */
	if (a->prefs.osc52)
		app_hint(a, APP_NOTE, "sent the row of %u to the terminal's clipboard", c->id);
	else
		app_hint(a, APP_WARN,
			 "not copied: :set osc52 on allows it, or :export writes the rows to a "
			 "file");
	return 0;
}
