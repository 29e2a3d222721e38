// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how a ":" line is run, how a prompt opens, and what it says while one types. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "app/state/candidates.h"
#include "app/commands/command.h"
#include "app/line/complete.h"
#include "app/commands/decide.h"
#include "app/line/filter.h"
#include "app/words/format.h"
#include "app/line/preview.h"
#include "app/state/search.h"
#include "core/base/util.h"
#include "app/state/view.h"

/* Copies a line without blanks around it. */
static void trim(const char *line, char *buf, size_t size)
{
	size_t n;

	while (isspace((unsigned char)*line) || *line == ':')
		line++;
	n = strlen(line);
	while (n && isspace((unsigned char)line[n - 1]))
		n--;
	(void)snprintf(buf, size, "%.*s", (int)n, line);
}

/* ":104" goes to pair 104. */
static int goto_pair(struct app *a, const char *text, struct vms_err *err)
{
	struct vms_err mine = { 0 };
	uint32_t id = VMS_ID_NONE;
	int64_t raw;
	char name[32];
	int ret;

	(void)snprintf(name, sizeof(name), "#%.20s", text);
	ret = view_parse_time(a, name, &raw, &id, &mine);
	if (ret) {
		app_say(a, APP_WARN, "%s", mine.msg);
		if (err)
			*err = mine;
		return ret;
	}
	list_select(a, id);
	return 0;
}

int command_parse(const char *line, int *cmd, char *rest, size_t size, struct vms_err *err)
{
	char buf[APP_PROMPT_BYTES], verb[64];
	size_t n;
	int ret;

	trim(line, buf, sizeof(buf));
	n = strcspn(buf, " \t");
	(void)snprintf(verb, sizeof(verb), "%.*s", (int)n, buf);
	ret = command_find(verb, err);
	if (ret < 0)
		return ret;
	*cmd = ret;
	while (isspace((unsigned char)buf[n]))
		n++;
	(void)snprintf(rest, size, "%s", buf + n);
	return 0;
}

int app_run(struct app *a, const char *line, struct vms_err *err)
{
	char rest[APP_PROMPT_BYTES], store[APP_PROMPT_BYTES], number[APP_PROMPT_BYTES];
	struct app_args args = { .text = rest, .repeat = 1 };
	struct vms_err mine = { 0 };
	int cmd, ret;

	trim(line, number, sizeof(number));
	if (!number[0] || number[0] == '#')
		return 0;
	if (strspn(number, "0123456789") == strlen(number))
		return goto_pair(a, number, err);
	if (strlen(line) >= APP_PROMPT_BYTES)
		ret = vms_fail(&mine, VMS_EUSAGE, "a command has at most %d bytes",
			       APP_PROMPT_BYTES - 1);
	else
		ret = command_parse(line, &cmd, rest, sizeof(rest), &mine);
	if (ret) {
		app_say(a, APP_WARN, "%s", mine.msg);
		if (err)
			*err = mine;
		return ret;
	}
	command_args_split(&args, rest, store, sizeof(store));
	if (cmd != COMMAND_repeat) {
		a->last_command = cmd;
		(void)snprintf(a->last_args, sizeof(a->last_args), "%s", rest);
	}
	return command_run(a, cmd, &args, err);
}

void prompt_open(struct app *a, enum app_overlay overlay, const char *label, const char *text)
{
	struct app_prompt *p = &a->prompt;

	a->overlay = overlay;
	p->label = label;
	(void)snprintf(p->text, sizeof(p->text), "%s", text);
	p->len = (uint32_t)strlen(p->text);
	p->caret = p->len;
	p->selected = p->len > 0 && overlay != APP_OVERLAY_COMMAND;
	p->comp_sel = -1;
	a->history_at = a->history_nr;
	a->history_prefix[0] = '\0';
	a->sel_before = a->sel;
	(void)snprintf(a->filter_before, sizeof(a->filter_before), "%s", a->filter_text);
	prompt_changed(a);
}

static void prompt_fail(struct app *a, const struct vms_err *why, int col)
{
	(void)fmt_clean(why->msg, a->prompt.error, sizeof(a->prompt.error));
	a->prompt.error_col = col;
}

/*
 * The filter is live: a good expression takes effect at once, a bad one leaves the last good one.
 */
static void filter_typed(struct app *a)
{
	struct app_filter *f = NULL;
	struct vms_err why = { 0 };
	int col;

	if (filter_parse(&f, a->prompt.text, a->session, &col, &why)) {
		prompt_fail(a, &why, col);
	} else {
		filter_free(a->filter);
		a->filter = f;
		(void)snprintf(a->filter_text, sizeof(a->filter_text), "%s", a->prompt.text);
		if (list_rebuild(a, &why))
			prompt_fail(a, &why, -1);
	}
	if (a->list_make)
		(void)snprintf(a->prompt.preview, sizeof(a->prompt.preview), "... of %u",
			       vms_session_candidates_nr(a->session));
	else
		(void)snprintf(a->prompt.preview, sizeof(a->prompt.preview), "%u of %u", a->list_nr,
			       vms_session_candidates_nr(a->session));
}

static void search_typed(struct app *a)
{
	struct vms_err why = { 0 };
	int col = -1;

	if (!a->prompt.text[0])
		return;
	(void)snprintf(a->search_text, sizeof(a->search_text), "%s", a->prompt.text);
	if (search_go(a, 0, &col, &why))
		prompt_fail(a, &why, col);
	else
		search_says(a);
}

static void goto_typed(struct app *a)
{
	const struct vms_clock *c = vms_session_clock(a->session);
	char at[FMT_SIZE], from[FMT_SIZE];
	struct vms_err why = { 0 };
	uint32_t id;
	int64_t raw;

	if (!a->prompt.text[0]) {
		(void)snprintf(a->prompt.preview, sizeof(a->prompt.preview), "host time %s to %s",
			       fmt_time(c, a->first_raw, from, sizeof(from)),
			       fmt_time(c, a->last_raw, at, sizeof(at)));
		return;
	}
	if (view_parse_time(a, a->prompt.text, &raw, &id, &why))
		prompt_fail(a, &why, 0);
	else
		(void)snprintf(a->prompt.preview, sizeof(a->prompt.preview),
			       "lands at %s (%s from the cursor)", fmt_time(c, raw, at, sizeof(at)),
			       fmt_signed(c, vms_clock_ns(c, vms_sat_sub_i64(raw, a->cursor_raw)),
					  from, sizeof(from)));
}

static void command_typed(struct app *a)
{
	char rest[APP_PROMPT_BYTES];
	struct vms_err why = { 0 };
	int cmd;

	if (!a->prompt.text[0] || strspn(a->prompt.text, "0123456789") == a->prompt.len)
		return;
	if (command_parse(a->prompt.text, &cmd, rest, sizeof(rest), &why)) {
		/* A verb still being typed is no error yet. */
		if (!a->prompt.comp_nr)
			prompt_fail(a, &why, 0);
		return;
	}
	preview(a, cmd, rest);
}

void prompt_changed(struct app *a)
{
	struct vms_err why = { 0 };

	a->prompt.preview[0] = '\0';
	a->prompt.error[0] = '\0';
	a->prompt.error_col = -1;
	complete(a);
	switch (a->overlay) {
	case APP_OVERLAY_COMMAND: command_typed(a); break;
	case APP_OVERLAY_FILTER: filter_typed(a); break;
	case APP_OVERLAY_SEARCH: search_typed(a); break;
	case APP_OVERLAY_GOTO: goto_typed(a); break;
	case APP_OVERLAY_HELP: (void)help_fill(a, &why); break;
	case APP_OVERLAY_LANES: pick_fill(a); break;
	case APP_OVERLAY_SAVE: save_typed(a); break;
	default: break;
	}
}
