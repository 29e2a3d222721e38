// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the commands that read and write files, and the questions that come before some of them. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vmsync/io/apply.h>
#include "app/commands/cmd_file.h"
#include "app/state/messages.h"
#include "app/commands/script.h"
#include "app/state/text.h"
#include "app/commands/cmd_decide.h"
#include "app/state/list.h"
#include "app/words/candidate.h"
#include "app/commands/overlays.h"
#include "app/words/format.h"
#include "app/words/printable.h"
#include "app/state/persist.h"
#include "core/base/util.h"
#include "app/commands/command.h"
#include "app/words/words.h"

void confirm_open(struct app *app, enum app_confirm_kind kind, const char *keys, const char *fmt,
		  ...)
{
	char raw[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	app->confirm.kind = kind;
	(void)fmt_clean(raw, app->confirm.question, sizeof(app->confirm.question));
	(void)snprintf(app->confirm.keys, sizeof(app->confirm.keys), "%s", keys);
	app->overlay = APP_OVERLAY_CONFIRM;
}

static void quit(struct app *a)
{
	a->request |= APP_REQUEST_QUIT;
}

static int apply_now(struct app *a, struct vms_err *err)
{
	const uint32_t said = app_messages(a)->log_nr;
	int ret = a->opts.apply(a->opts.user, a->confirm.path, a->confirm.model, err);

	if (!ret && app_messages(a)->log_nr == said) /* else it said itself what the copy lacks */
		app_say(a, APP_GOOD, "%s written with model %s", a->confirm.path, a->confirm.model);
	return ret;
}

static int restore_now(struct app *a, struct vms_err *err)
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

/* Esc leaves things as they are; Enter gives the answer that loses nothing. */
bool confirm_answer(struct app *app, uint32_t key)
{
	bool restore = app->confirm.kind == APP_CONFIRM_RESTORE, yes = key == 'y' || key == 'Y';
	enum app_confirm_kind kind = app->confirm.kind;
	struct vms_err why = { 0 };
	int ret = 0;

	if (key == APP_KEY_ENTER)
		yes = restore;
	else if (!yes && key != 'n' && key != 'N' && key != APP_KEY_ESC && key != APP_CTRL('g') &&
		 key != APP_CTRL('c') && !(key == 'w' && kind == APP_CONFIRM_QUIT))
		return false;
	overlay_close(app);
	app->confirm.kind = APP_CONFIRM_NONE;
	if (kind == APP_CONFIRM_QUIT && key == 'w') {
		(void)cmd_save(app, &why);
		return true;
	}
	if (restore && !yes && (key == 'n' || key == 'N'))
		ret = files_discard(app, &why);
	else if (yes && kind == APP_CONFIRM_QUIT)
		quit(app);
	else if (yes && restore)
		ret = restore_now(app, &why);
	else if (yes && kind == APP_CONFIRM_OVERWRITE)
		ret = files_write(app, app->confirm.path, &why);
	else if (yes && kind == APP_CONFIRM_APPLY)
		ret = apply_now(app, &why);
	else if (kind == APP_CONFIRM_OVERWRITE || kind == APP_CONFIRM_APPLY)
		app_hint(app, APP_NOTE, "nothing was written");
	if (ret)
		app_say(app, APP_BAD, "%s", why.msg);
	return true;
}

/* Lines above the prompt: what would be written, and what is there now. */
void save_typed(struct app *app)
{
	uint32_t accepted, rejected, undecided, old_accepted, old_rejected, other;
	struct lines lines = { 0 };
	bool there;

	vms_session_counts(app->session, &accepted, &rejected, &undecided);
	there = files_counts(app->prompt.text, &old_accepted, &old_rejected, &other);
	(void)lines_add(&lines, "to write   %u accepted, %u rejected, %u undecided left out",
			accepted, rejected, undecided);
	if (there)
		(void)lines_add(&lines, "on disk    %u accepted, %u rejected, %u other lines%s",
				old_accepted, old_rejected, other,
				files_foreign(app, app->prompt.text)
					? " (changed by others: asks first)"
					: "");
	else
		(void)lines_add(&lines, files_foreign(app, app->prompt.text)
						? "on disk    another kind of file: asks first"
						: "on disk    nothing yet");
	(void)lines_add(&lines, "unsaved    %u decision%s", files_unsaved_nr(app),
			files_unsaved_nr(app) == 1 ? "" : "s");
	(void)lines_add(&lines, "Enter writes, Esc leaves");
	text_show(app, APP_OVERLAY_SAVE, "save", &lines);
}

int cmd_save(struct app *a, struct vms_err *err)
{
	if (strlen(files_path(a)) >= APP_PROMPT_BYTES)
		return vms_fail(err, VMS_EUSAGE,
				"the path is too long to edit here; :write saves to it");
	overlay_open(a, APP_OVERLAY_SAVE, files_path(a));
	return 0;
}

int cmd_write(struct app *app, const struct app_args *args, struct vms_err *err)
{
	const char *path = args->text[0] ? args->text : files_path(app);
	uint32_t accepted, rejected, other;
	int ret = vms_recording_spare(app->trace, path, err);

	if (ret)
		return ret;
	if (app->headless && files_foreign(app, path) &&
	    !files_counts(path, &accepted, &rejected, &other))
		return vms_fail(err, VMS_EUSAGE,
				"%s is there and no anchors file: nothing was written", path);
	if (!files_foreign(app, path) || app->headless)
		return files_write(app, path, err);
	(void)snprintf(app->confirm.path, sizeof(app->confirm.path), "%s", path);
	confirm_open(app, APP_CONFIRM_OVERWRITE, "y:overwrite  n:leave it",
		     "%s was not written by this run, or changed since. Overwrite it?", path);
	return 0;
}

int cmd_open(struct app *a, const struct app_args *args, struct vms_err *err)
{
	int ret;

	if (!args->text[0])
		return vms_fail(err, VMS_EUSAGE, "open which file?");
	ret = files_load(a, args->text, err);
	return ret ? ret : decided(a, false, true, err);
}

int cmd_restore(struct app *a, struct vms_err *err)
{
	return restore_now(a, err);
}

int cmd_report(struct app *app, const struct app_args *args, struct vms_err *err)
{
	bool there;
	int ret;

	if (!args->text[0])
		return vms_fail(err, VMS_EUSAGE,
				"report to which file? .json gives JSON, else text");
	if (!app->opts.report)
		return vms_fail(err, VMS_EUNSUP, "reports are not available here");
	ret = vms_recording_spare(app->trace, args->text, err);
	there = !access(args->text, F_OK);
	if (!ret)
		ret = app->opts.report(app->opts.user, args->text, err);
	if (!ret)
		app_say(app, APP_GOOD, "report written to %s%s", args->text,
			there ? " (old version kept as ~)" : "");
	return ret;
}

int cmd_apply(struct app *app, const struct app_args *args, struct vms_err *err)
{
	const char *model = args->argc > 1
				    ? args->argv[1]
				    : vms_by_name(vms_session_shown(app->session, app_track(app)));
	int ret;

	if (!args->argc)
		return vms_fail(err, VMS_EUSAGE,
				"apply: write the corrected guest file to which file?");
	if (!app->opts.apply)
		return vms_fail(err, VMS_EUNSUP, "writing corrected files is not available here");
	ret = vms_recording_spare(app->trace, args->argv[0], err);
	if (ret)
		return ret;
	(void)snprintf(app->confirm.path, sizeof(app->confirm.path), "%s", args->argv[0]);
	(void)snprintf(app->confirm.model, sizeof(app->confirm.model), "%s", model);
	if (app->headless)
		return apply_now(app, err);
	confirm_open(app, APP_CONFIRM_APPLY, "y:write  n:leave it",
		     "reads %s, %s %s with model %s. Go on?",
		     app->trace->guests[vms_session_track(app->session, app_track(app))->guest]
			     .stream->path,
		     access(args->argv[0], F_OK) ? "writes" : "OVERWRITES", args->argv[0], model);
	return 0;
}

/* Return: 0, or the error number of the write that failed first. */
static int export_rows(struct app *app, FILE *file)
{
	char text[1024];
	uint32_t i;
	int n;

	n = fprintf(file, "id\tstate\tsequence\tdirection\tvcpu\tguest_event\tguest_time\thost_"
			  "event\thost_time\tdelay\ttag\n");
	for (i = 0; n >= 0 && i < app_list(app)->nr; i++)
		n = fprintf(file, "%s\n",
			    candidate_row_text(app->session,
					       app_candidate(app, app_list(app)->ids[i]), '\t',
					       text, sizeof(text)));
	return n < 0 || fflush(file) ? errno : 0;
}

int cmd_export(struct app *app, const struct app_args *args, struct vms_err *err)
{
	FILE *file;
	int bad;

	if (!args->text[0])
		return vms_fail(err, VMS_EUSAGE, "export to which file?");
	file = fopen(args->text, "wxe");
	if (!file)
		return vms_fail(err, VMS_EIO, "writing %.100s: %s", args->text,
				errno == EEXIST
					? "it is there already, and export overwrites nothing"
					: strerror(errno));
	list_finish(app);
	bad = export_rows(app, file);
	if (fclose(file) && !bad)
		bad = errno;
	if (bad) {
		/* made here a moment ago: half of it would be in the way of the next try */
		(void)unlink(args->text);
		return vms_fail(err, VMS_EIO, "writing %.100s: %s", args->text, strerror(bad));
	}
	app_say(app, APP_GOOD, "%u row%s written to %s", app_list(app)->nr,
		fmt_s(app_list(app)->nr), args->text);
	return 0;
}

int cmd_save_screen(struct app *app, const struct app_args *args, struct vms_err *err)
{
	int ret;

	if (!args->text[0])
		return vms_fail(err, VMS_EUSAGE, "save the screen to which file?");
	if (!app->opts.save_screen)
		return vms_fail(err, VMS_EUNSUP, "there is no screen here");
	ret = vms_recording_spare(app->trace, args->text, err);
	if (!ret)
		ret = app->opts.save_screen(app->opts.user, args->text, err);
	if (!ret)
		app_hint(app, APP_NOTE, "screen written to %s", args->text);
	return ret;
}

int cmd_source(struct app *a, const struct app_args *args, struct vms_err *err)
{
	if (!args->text[0])
		return vms_fail(err, VMS_EUSAGE, "run which file?");
	return app_script_file(a, args->text, err);
}

void cmd_quit(struct app *a, const struct app_args *args)
{
	if (!files_unsaved_nr(a) || a->headless || (args->argc && !strcmp(args->argv[0], "now")))
		quit(a);
	else
		confirm_open(a, APP_CONFIRM_QUIT, "y:quit  w:save first  n:stay",
			     "%u decision%s not saved. Quit all the same?", files_unsaved_nr(a),
			     files_unsaved_nr(a) == 1 ? " is" : "s are");
}
