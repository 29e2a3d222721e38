// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows every question that is asked before something is done, and what each answer does. */
#include "app/commands/confirm.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/commands/cmd_change.h"
#include "app/commands/command.h"
#include "app/commands/overlays.h"
#include "app/state/loop.h"
#include "app/state/messages.h"
#include "app/state/persist.h"
#include "app/state/shown.h"
#include "app/words/format.h"
#include "app/words/keys.h"
#include "core/base/printable.h"
#include "core/base/util.h"

struct confirm_room {
	struct app_confirm asked;
	enum confirm_kind kind;
	char path[4096], model[32]; /* what waits: the file to write, the model to apply */
};

int confirm_new(struct app *app, struct vms_err *err)
{
	app->confirm = vms_calloc(1, sizeof(*app->confirm));
	return app->confirm ? 0 : vms_fail(err, VMS_ENOMEM, "out of memory");
}

const struct app_confirm *app_confirm(const struct app *app)
{
	return &app->confirm->asked;
}

void confirm_file(struct app *app, const char *path, const char *model)
{
	struct confirm_room *room = app->confirm;

	(void)snprintf(room->path, sizeof(room->path), "%s", path);
	(void)snprintf(room->model, sizeof(room->model), "%s", model);
}

int apply_now(struct app *a, struct vms_err *err)
{
	return a->opts.apply(a->opts.user, a->confirm->path, a->confirm->model, err);
}

int restore_now(struct app *a, struct vms_err *err)
{
	uint32_t nr, unmatched;
	int ret = files_restore(a, &nr, &unmatched, err);
	char not_here[48] = "";

	if (!ret)
		ret = change_loaded(a, err);
	if (!ret && unmatched)
		(void)snprintf(not_here, sizeof(not_here), ", %u match%s no event here", unmatched,
			       unmatched == 1 ? "es" : "");
	if (!ret)
		app_say(a, unmatched ? APP_WARN : APP_GOOD, "%u decision%s restored%s; w saves %s",
			nr, fmt_s(nr), not_here, nr + unmatched == 1 ? "it" : "them");
	return ret;
}

int cmd_forget(struct app *app, struct vms_err *err)
{
	const uint32_t nr = files_pending(app);
	int ret = nr ? files_discard(app, err)
		     : vms_fail(err, VMS_ENODATA, "no interrupted run left decisions");

	if (!ret)
		app_say(app, APP_NOTE, "%u decision%s of an interrupted run forgotten", nr,
			fmt_s(nr));
	return ret;
}

static int put_off(struct app *app, struct vms_err *err)
{
	(void)err;
	app_hint(app, APP_NOTE, "put off: :restore or :forget, and the next start asks");
	return 0;
}

static int own_journal(struct app *app, struct vms_err *err)
{
	const int ret = files_journal_beside(app, err);

	if (!ret)
		app_say(app, APP_NOTE, "decisions of this run are in a journal of its own");
	return ret;
}

static int look_only(struct app *app, struct vms_err *err)
{
	(void)err;
	files_look_only(app);
	return 0;
}

static int quit_now(struct app *app, struct vms_err *err)
{
	(void)err;
	loop_ask(app, APP_REQUEST_QUIT);
	return 0;
}

static int overwrite_now(struct app *app, struct vms_err *err)
{
	return files_write(app, app->confirm->path, err);
}

static int write_not(struct app *app, struct vms_err *err)
{
	(void)err;
	app_hint(app, APP_NOTE, "nothing was written");
	return 0;
}

/** struct answer - a key, what it says it does, and that */
struct answer {
	char key;
	const char *label;
	int (*then)(struct app *app, struct vms_err *err);
};

/* Esc is 'n', which leaves things as they are; Enter is the answer that loses nothing. */
static const struct {
	char enter;
	struct answer answers[5];
} kinds[] = {
	[CONFIRM_QUIT] = { 'n',
			   { { 'y', "quit", quit_now },
			     { 'w', "save first", cmd_save },
			     { 'n', "stay", NULL } } },
	[CONFIRM_QUIT_LEFT] = { 'n',
				{ { 'y', "quit", quit_now },
				  { 'w', "save", cmd_save },
				  { 'r', "restore", restore_now },
				  { 'f', "forget", cmd_forget },
				  { 'n', "stay", NULL } } },
	[CONFIRM_RESTORE] = { 'y',
			      { { 'y', "restore", restore_now },
				{ 'f', "forget", cmd_forget },
				{ 'n', "later", put_off } } },
	[CONFIRM_SECOND] = { 'o',
			     { { 'o', "own journal", own_journal },
			       { 'l', "look only", look_only },
			       { 'n', "go on without", NULL } } },
	[CONFIRM_OVERWRITE] = { 'n',
				{ { 'y', "overwrite", overwrite_now },
				  { 'n', "leave it", write_not } } },
	[CONFIRM_APPLY] = { 'n', { { 'y', "write", apply_now }, { 'n', "leave it", write_not } } },
};

void confirm_open(struct app *app, enum confirm_kind kind, const char *fmt, ...)
{
	struct confirm_room *room = app->confirm;
	const struct answer *answer = kinds[kind].answers;
	char raw[512];
	size_t at = 0;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	room->kind = kind;
	for (; answer < kinds[kind].answers + VMS_ARRAY_NR(kinds[kind].answers); answer++)
		if (answer->key)
			at += (size_t)snprintf(room->asked.keys + at, sizeof(room->asked.keys) - at,
					       "%s%c:%s", at ? "  " : "", answer->key,
					       answer->label);
	(void)fmt_clean(raw, room->asked.question, sizeof(room->asked.question));
	shown_over(app, APP_OVERLAY_CONFIRM);
}

void confirm_answer(struct app *app, uint32_t key)
{
	const enum confirm_kind kind = app->confirm->kind;
	const struct answer *answer = kinds[kind].answers,
			    *end = answer + VMS_ARRAY_NR(kinds[kind].answers);
	struct vms_err why = { 0 };

	if (key == APP_KEY_ENTER)
		key = (uint32_t)kinds[kind].enter;
	else if (key == APP_KEY_ESC || key == APP_CTRL('g') || key == APP_CTRL('c'))
		key = 'n';
	else if (key >= 'A' && key <= 'Z')
		key += 'a' - 'A';
	while (answer < end && (!answer->key || key != (uint32_t)answer->key))
		answer++;
	if (answer == end)
		return;
	overlay_close(app);
	if (answer->then && answer->then(app, &why))
		app_say(app, APP_BAD, "%s", why.msg);
}
