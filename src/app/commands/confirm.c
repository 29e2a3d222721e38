// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows every question that is asked before something is done, and what each answer does. */
#include "app/commands/confirm.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/commands/cmd_decide.h"
#include "app/commands/command.h"
#include "app/commands/overlays.h"
#include "app/state/loop.h"
#include "app/state/messages.h"
#include "app/state/persist.h"
#include "app/state/shown.h"
#include "app/words/format.h"
#include "app/words/keys.h"
#include "app/words/printable.h"
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

void confirm_free(struct app *app)
{
	free(app->confirm);
	app->confirm = NULL;
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
	const uint32_t said = app_messages(a)->log_nr;
	int ret = a->opts.apply(a->opts.user, a->confirm->path, a->confirm->model, err);

	if (!ret && app_messages(a)->log_nr == said) /* else it said itself what the copy lacks */
		app_say(a, APP_GOOD, "%s written with model %s", a->confirm->path,
			a->confirm->model);
	return ret;
}

int restore_now(struct app *a, struct vms_err *err)
{
	uint32_t nr;
	int ret = files_restore(a, &nr, err);

	if (!ret)
		ret = decided(a, false, true, err);
	if (!ret)
		app_say(a, APP_GOOD, "%u decision%s restored; w saves %s", nr, fmt_s(nr),
			nr == 1 ? "it" : "them");
	return ret;
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

/* Esc leaves things as they are; Enter gives the answer that loses nothing. */
static const struct {
	const char *keys;
	int (*yes)(struct app *app, struct vms_err *err);
	int (*no)(struct app *app, struct vms_err *err);
	int (*leave)(struct app *app, struct vms_err *err); /* Esc */
	int (*save)(struct app *app, struct vms_err *err);  /* w */
	bool enter;					    /* yes */
} kinds[] = {
	[CONFIRM_QUIT] = { "y:quit  w:save first  n:stay", quit_now, .save = cmd_save },
	[CONFIRM_RESTORE] = { "y:restore  n:forget  Esc:later", restore_now, files_discard,
			      .enter = true },
	[CONFIRM_OVERWRITE] = { "y:overwrite  n:leave it", overwrite_now, write_not, write_not },
	[CONFIRM_APPLY] = { "y:write  n:leave it", apply_now, write_not, write_not },
};

void confirm_open(struct app *app, enum confirm_kind kind, const char *fmt, ...)
{
	struct confirm_room *room = app->confirm;
	char raw[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	room->kind = kind;
	room->asked.keys = kinds[kind].keys;
	(void)fmt_clean(raw, room->asked.question, sizeof(room->asked.question));
	shown_over(app, APP_OVERLAY_CONFIRM);
}

void confirm_answer(struct app *app, uint32_t key)
{
	const enum confirm_kind kind = app->confirm->kind;
	int (*then)(struct app * app, struct vms_err * err) = NULL;
	struct vms_err why = { 0 };

	switch (key) {
	case 'y':
	case 'Y': then = kinds[kind].yes; break;
	case 'n':
	case 'N': then = kinds[kind].no; break;
	case APP_KEY_ENTER: then = kinds[kind].enter ? kinds[kind].yes : kinds[kind].leave; break;
	case APP_KEY_ESC:
	case APP_CTRL('g'):
	case APP_CTRL('c'): then = kinds[kind].leave; break;
	case 'w':
		if (kinds[kind].save) {
			then = kinds[kind].save;
			break;
		}
		return;
	default: return;
	}
	overlay_close(app);
	if (then && then(app, &why))
		app_say(app, APP_BAD, "%s", why.msg);
}
