// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the commands that read and write files, and the questions that come before some of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vmsync/io/apply.h>
#include "app/commands/cmd_file.h"
#include "app/commands/about.h"
#include "app/commands/cmd_change.h"
#include "app/commands/confirm.h"
#include "app/state/prompt.h"
#include "app/state/loop.h"
#include "app/state/messages.h"
#include "app/commands/script.h"
#include "app/state/text.h"
#include "app/commands/cmd_decide.h"
#include "app/state/list.h"
#include "app/words/candidate.h"
#include "core/base/text.h"
#include "app/commands/overlays.h"
#include "app/exports/export.h"
#include "app/state/view.h"
#include "app/words/format.h"
#include "app/state/persist.h"
#include "io/files/files.h"
#include "app/commands/command.h"
#include "app/words/words.h"

/* Lines above the prompt: what would be written, and what is there now. */
void save_typed(struct app *app)
{
	uint32_t accepted, rejected, undecided, old_accepted, old_rejected, other;
	struct lines lines = { 0 };
	bool there;

	vms_session_counts(app->session, &accepted, &rejected, &undecided);
	there = files_counts(app_prompt(app)->text, &old_accepted, &old_rejected, &other);
	(void)lines_add(&lines, "to write   %u accepted, %u rejected, %u undecided left out",
			accepted, rejected, undecided);
	if (there)
		(void)lines_add(&lines, "on disk    %u accepted, %u rejected, %u other lines%s",
				old_accepted, old_rejected, other,
				files_foreign(app, app_prompt(app)->text)
					? " (changed by others: asks first)"
					: "");
	else
		(void)lines_add(&lines, files_foreign(app, app_prompt(app)->text)
						? "on disk    another kind of file: asks first"
						: "on disk    nothing yet");
	(void)lines_add(&lines, "unsaved    %u decision%s", files_unsaved_nr(app),
			fmt_s(files_unsaved_nr(app)));
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

int file_asked_spare(const struct app *app, const char *path, const struct app_args *args,
		     struct vms_err *err)
{
	const int ret = vms_recording_spare(app->trace, path, err);

	return ret ? ret : file_spare(path, args->force || app->opts.force, err);
}

/* The anchors of this session are its own file: only what others wrote there is spared. */
int cmd_write(struct app *app, const struct app_args *args, struct vms_err *err)
{
	const char *path = args->text[0] ? args->text : files_path(app);
	int ret = vms_recording_spare(app->trace, path, err);

	if (ret)
		return ret;
	if (!files_foreign(app, path) || args->force || app->opts.force)
		return files_write(app, path, err);
	if (app->opts.headless)
		return vms_fail(err, VMS_EUSAGE,
				"%s was not written by this run: nothing was written; with !, or "
				"--force, it is replaced",
				path);
	confirm_file(app, path, "");
	confirm_open(app, CONFIRM_OVERWRITE,
		     "%s was not written by this run, or changed since. Overwrite it?", path);
	return 0;
}

int cmd_open(struct app *a, const struct app_args *args, struct vms_err *err)
{
	int ret;

	if (!args->text[0])
		return vms_fail(err, VMS_EUSAGE, "open which file?");
	ret = files_load(a, args->text, err);
	return ret ? ret : change_loaded(a, err);
}

int cmd_restore(struct app *a, struct vms_err *err)
{
	return restore_now(a, err);
}

int cmd_report(struct app *app, const struct app_args *args, struct vms_err *err)
{
	int ret;

	if (!args->text[0])
		return vms_fail(err, VMS_EUSAGE,
				"report to which file? .html gives a page, .json JSON, else text");
	if (!app->opts.report)
		return vms_fail(err, VMS_EUNSUP, "reports are not available here");
	ret = file_asked_spare(app, args->text, args, err);
	if (!ret)
		ret = app->opts.report(app->opts.user, args->text, err);
	if (!ret)
		app_say(app, APP_GOOD, "report written to %s%s", args->text,
			args->force ? " (an old version is kept as ~)" : "");
	return ret;
}

/* What a report of a fault needs, and nothing of what was recorded. */
int cmd_bug_report(struct app *app, const struct app_args *args, struct vms_err *err)
{
	const struct app_messages *said = app_messages(app);
	struct text text = { 0 };
	uint32_t i;
	int ret;

	if (!args->text[0])
		return vms_fail(err, VMS_EUSAGE, "bug-report to which file?");
	about_text(&text);
	about_files(&text, app->trace);
	for (i = 0; i < said->log_nr; i++)
		text_printf(&text, "%s %s\n", said->log[i].at, said->log[i].text);
	ret = file_asked_spare(app, args->text, args, err);
	if (!ret && text.bad)
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	if (!ret)
		ret = file_replace(args->text, text.p, text.nr, true, err);
	if (!ret)
		app_say(app, APP_GOOD, "%s: the program, its libraries and this log", args->text);
	free(text.p);
	return ret;
}

int cmd_apply(struct app *app, const struct app_args *args, struct vms_err *err)
{
	const unsigned int guest = vms_session_track(app->session, app_track(app))->guest;
	const enum vms_by by =
		args->argc > 1 ? vms_by_find(args->argv[1]) : vms_session_model(app->session);
	int ret;

	if (!args->argc)
		return vms_fail(err, VMS_EUSAGE,
				"apply: write the corrected guest file to which file?");
	if (args->argc < 2 && by == VMS_BY_RECORDED)
		return vms_fail(err, VMS_EUSAGE,
				"in use is what the file has already: b, or :apply %s %s",
				args->argv[0], vms_by_name(VMS_BY_BAND));
	if (by >= vms_session_models_nr(app->session))
		return vms_fail(err, VMS_EUSAGE, "no clock model '%s'; M lists them",
				args->argv[1]);
	if (!app->opts.apply)
		return vms_fail(err, VMS_EUNSUP, "writing corrected files is not available here");
	ret = file_asked_spare(app, args->argv[0], args, err);
	if (ret)
		return ret;
	if (!args->force && !app->opts.force && !vms_by_is_recorded(by)) {
		ret = vms_session_spare(app->session, by, guest, err);
		if (ret)
			return ret < 0 ? ret : -VMS_EUSAGE;
	}
	confirm_file(app, args->argv[0], vms_by_name(by));
	if (app->opts.headless)
		return apply_now(app, err);
	confirm_open(app, CONFIRM_APPLY, "reads %s, %s %s with model %s. Go on?",
		     app->trace->guests[guest].stream->path,
		     access(args->argv[0], F_OK) ? "writes" : "OVERWRITES", args->argv[0],
		     vms_by_name(by));
	return 0;
}

/* Decisions are offered by the journal then: there must be one. */
int cmd_reload(struct app *app, struct vms_err *err)
{
	if (app->opts.headless) { /* a script would begin again, for ever */
		app_hint(app, APP_NOTE, "a script's recording is loaded once");
		return 0;
	}
	if (files_unsaved_nr(app) && !files_journalled(app))
		return vms_fail(err, VMS_EUSAGE,
				"there is no journal: save with w what is decided, or quit with q");
	if ((files_unsaved_nr(app) || files_pending(app)) && !files_offered_again(app))
		return vms_fail(err, VMS_EUSAGE,
				"another recording now, which no journal is offered for: save with "
				"w (:restore or :forget what waits), or quit with q");
	loop_ask(app, APP_REQUEST_RELOAD);
	return 0;
}

/* For another program: the part in view, under the model in use unless another is named. */
static int export_out(struct app *app, const struct app_args *args, struct vms_err *err)
{
	const struct vms_view view = app_view(app)->now;
	struct export_of of = export_all(app->session);
	int ret;

	of.from_raw = view.t0_raw;
	of.to_raw = vms_sat_add_i64(view.t0_raw, view.w_raw * view.cols - 1);
	if (app_view(app)->whole)
		of = export_all(app->session);
	list_finish(app);
	of.pair = app_list(app)->sel;
	if (args->argc > 2)
		of.by = vms_by_find(args->argv[2]);
	if (of.by >= vms_session_models_nr(app->session))
		return vms_fail(err, VMS_EUSAGE, "no clock model '%s'; see :model", args->argv[2]);
	ret = export_write(args->argv[0], args->argv[1], &of, args->force || app->opts.force, err);
	if (!ret)
		app_say(app, APP_GOOD, "%s written for %s, under model %s", args->argv[1],
			args->argv[0], vms_by_name(of.by));
	return ret;
}

int cmd_export(struct app *app, const struct app_args *args, struct vms_err *err)
{
	struct text out = { 0 };
	char row[1024];
	uint32_t i;
	int ret;

	if (!args->text[0])
		return vms_fail(err, VMS_EUSAGE, "export to which file?");
	if (args->argc > 1 && !export_known(args->argv[0], strlen(args->argv[0]), NULL))
		return export_out(app, args, err);
	ret = file_asked_spare(app, args->text, args, err);
	if (ret)
		return ret;
	list_finish(app);
	text_printf(&out, "id\tstate\tsequence\tdirection\tvcpu\tguest_event\tguest_time\thost_"
			  "event\thost_time\tdelay\ttag\n");
	for (i = 0; i < app_list(app)->nr; i++)
		text_printf(&out, "%s\n",
			    candidate_row_text(app->session,
					       app_candidate(app, app_list(app)->ids[i]), '\t', row,
					       sizeof(row)));
	ret = out.bad ? vms_fail(err, VMS_ENOMEM, "out of memory")
		      : file_replace(args->text, out.p, out.nr, true, err);
	free(out.p);
	if (!ret)
		app_say(app, APP_GOOD, "%u row%s written to %s", app_list(app)->nr,
			fmt_s(app_list(app)->nr), args->text);
	return ret;
}

int cmd_save_screen(struct app *app, const struct app_args *args, struct vms_err *err)
{
	int ret;

	if (!args->text[0])
		return vms_fail(err, VMS_EUSAGE, "save the screen to which file?");
	if (!app->opts.save_screen)
		return vms_fail(err, VMS_EUNSUP, "there is no screen here");
	ret = file_asked_spare(app, args->text, args, err);
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

void cmd_quit(struct app *app, const struct app_args *args)
{
	const uint32_t unsaved = files_unsaved_nr(app), left = files_pending(app);

	if (app->opts.headless || (args->argc && !strcmp(args->argv[0], "now")) ||
	    !(unsaved || left))
		loop_ask(app, APP_REQUEST_QUIT);
	else if (left && !unsaved)
		confirm_open(app, CONFIRM_QUIT_LEFT,
			     "%u decision%s of an interrupted run wait%s on. Quit?", left,
			     fmt_s(left), left == 1 ? "s" : "");
	else if (left)
		confirm_open(app, CONFIRM_QUIT_LEFT,
			     "%u decision%s not saved; %u of an interrupted run wait%s on. Quit?",
			     unsaved, unsaved == 1 ? " is" : "s are", left, left == 1 ? "s" : "");
	else
		confirm_open(app, CONFIRM_QUIT, "%u decision%s not saved. Quit all the same?",
			     unsaved, unsaved == 1 ? " is" : "s are");
}
