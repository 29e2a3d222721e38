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
#include "app/state/persist.h"
#include "core/base/util.h"
#include "app/commands/command.h"
#include "app/words/words.h"

void confirm_open(struct app *a, enum app_confirm_kind kind, const char *keys, const char *fmt, ...)
{
	char raw[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	a->confirm.kind = kind;
	(void)fmt_clean(raw, a->confirm.question, sizeof(a->confirm.question));
	(void)snprintf(a->confirm.keys, sizeof(a->confirm.keys), "%s", keys);
	a->overlay = APP_OVERLAY_CONFIRM;
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
bool confirm_answer(struct app *a, uint32_t key)
{
	bool restore = a->confirm.kind == APP_CONFIRM_RESTORE, yes = key == 'y' || key == 'Y';
	enum app_confirm_kind kind = a->confirm.kind;
	struct vms_err why = { 0 };
	int ret = 0;

	if (key == APP_KEY_ENTER)
		yes = restore;
	else if (!yes && key != 'n' && key != 'N' && key != APP_KEY_ESC && key != APP_CTRL('g') &&
		 key != APP_CTRL('c') && !(key == 'w' && kind == APP_CONFIRM_QUIT))
		return false;
	overlay_close(a);
	a->confirm.kind = APP_CONFIRM_NONE;
	if (kind == APP_CONFIRM_QUIT && key == 'w') {
		(void)cmd_save(a, &why);
		return true;
	}
	if (restore && !yes && (key == 'n' || key == 'N'))
		ret = files_discard(a, &why);
	else if (yes && kind == APP_CONFIRM_QUIT)
		quit(a);
	else if (yes && restore)
		ret = restore_now(a, &why);
	else if (yes && kind == APP_CONFIRM_OVERWRITE)
		ret = files_write(a, a->confirm.path, &why);
	else if (yes && kind == APP_CONFIRM_APPLY)
		ret = apply_now(a, &why);
	else if (kind == APP_CONFIRM_OVERWRITE || kind == APP_CONFIRM_APPLY)
		app_hint(a, APP_NOTE, "nothing was written");
	if (ret)
		app_say(a, APP_BAD, "%s", why.msg);
	return true;
}

/* Lines above the prompt: what would be written, and what is there now. */
void save_typed(struct app *a)
{
	uint32_t accepted, rejected, undecided, old_accepted, old_rejected, other;
	struct lines l = { 0 };
	bool there;

	vms_session_counts(a->session, &accepted, &rejected, &undecided);
	there = files_counts(a->prompt.text, &old_accepted, &old_rejected, &other);
	(void)lines_add(&l, "to write   %u accepted, %u rejected, %u undecided left out", accepted,
			rejected, undecided);
	if (there)
		(void)lines_add(
			&l, "on disk    %u accepted, %u rejected, %u other lines%s", old_accepted,
			old_rejected, other,
			files_foreign(a, a->prompt.text) ? " (changed by others: asks first)" : "");
	else
		(void)lines_add(&l, files_foreign(a, a->prompt.text)
					    ? "on disk    another kind of file: asks first"
					    : "on disk    nothing yet");
	(void)lines_add(&l, "unsaved    %u decision%s", files_unsaved_nr(a),
			files_unsaved_nr(a) == 1 ? "" : "s");
	(void)lines_add(&l, "Enter writes, Esc leaves");
	text_show(a, APP_OVERLAY_SAVE, "save", &l);
}

int cmd_save(struct app *a, struct vms_err *err)
{
	if (strlen(files_path(a)) >= APP_PROMPT_BYTES)
		return vms_fail(err, VMS_EUSAGE,
				"the path is too long to edit here; :write saves to it");
	overlay_open(a, APP_OVERLAY_SAVE, files_path(a));
	return 0;
}

int cmd_write(struct app *a, const struct app_args *args, struct vms_err *err)
{
	const char *path = args->text[0] ? args->text : files_path(a);
	uint32_t accepted, rejected, other;
	int ret = vms_recording_spare(a->trace, path, err);

	if (ret)
		return ret;
	if (a->headless && files_foreign(a, path) &&
	    !files_counts(path, &accepted, &rejected, &other))
		return vms_fail(err, VMS_EUSAGE,
				"%s is there and no anchors file: nothing was written", path);
	if (!files_foreign(a, path) || a->headless)
		return files_write(a, path, err);
	(void)snprintf(a->confirm.path, sizeof(a->confirm.path), "%s", path);
	confirm_open(a, APP_CONFIRM_OVERWRITE, "y:overwrite  n:leave it",
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

int cmd_report(struct app *a, const struct app_args *args, struct vms_err *err)
{
	bool there;
	int ret;

	if (!args->text[0])
		return vms_fail(err, VMS_EUSAGE,
				"report to which file? .json gives JSON, else text");
	if (!a->opts.report)
		return vms_fail(err, VMS_EUNSUP, "reports are not available here");
	ret = vms_recording_spare(a->trace, args->text, err);
	there = !access(args->text, F_OK);
	if (!ret)
		ret = a->opts.report(a->opts.user, args->text, err);
	if (!ret)
		app_say(a, APP_GOOD, "report written to %s%s", args->text,
			there ? " (old version kept as ~)" : "");
	return ret;
}

int cmd_apply(struct app *a, const struct app_args *args, struct vms_err *err)
{
	const char *model = args->argc > 1
				    ? args->argv[1]
				    : vms_by_name(vms_session_shown(a->session, app_track(a)));
	int ret;

	if (!args->argc)
		return vms_fail(err, VMS_EUSAGE,
				"apply: write the corrected guest file to which file?");
	if (!a->opts.apply)
		return vms_fail(err, VMS_EUNSUP, "writing corrected files is not available here");
	ret = vms_recording_spare(a->trace, args->argv[0], err);
	if (ret)
		return ret;
	(void)snprintf(a->confirm.path, sizeof(a->confirm.path), "%s", args->argv[0]);
	(void)snprintf(a->confirm.model, sizeof(a->confirm.model), "%s", model);
	if (a->headless)
		return apply_now(a, err);
	confirm_open(
		a, APP_CONFIRM_APPLY, "y:write  n:leave it",
		"reads %s, %s %s with model %s. Go on?",
		a->trace->guests[vms_session_track(a->session, app_track(a))->guest].stream->path,
		access(args->argv[0], F_OK) ? "writes" : "OVERWRITES", args->argv[0], model);
	return 0;
}

/* Return: 0, or the error number of the write that failed first. */
static int export_rows(struct app *a, FILE *f)
{
	char text[1024];
	uint32_t i;
	int n;

	n = fprintf(f, "id\tstate\tsequence\tdirection\tvcpu\tguest_event\tguest_time\thost_"
		       "event\thost_time\tdelay\ttag\n");
	for (i = 0; n >= 0 && i < app_list(a)->nr; i++)
		n = fprintf(f, "%s\n",
			    candidate_row_text(a->session, app_candidate(a, app_list(a)->ids[i]),
					       '\t', text, sizeof(text)));
	return n < 0 || fflush(f) ? errno : 0;
}

int cmd_export(struct app *a, const struct app_args *args, struct vms_err *err)
{
	FILE *f;
	int bad;

	if (!args->text[0])
		return vms_fail(err, VMS_EUSAGE, "export to which file?");
	f = fopen(args->text, "wxe");
	if (!f)
		return vms_fail(err, VMS_EIO, "writing %.100s: %s", args->text,
				errno == EEXIST
					? "it is there already, and export overwrites nothing"
					: strerror(errno));
	list_finish(a);
	bad = export_rows(a, f);
	if (fclose(f) && !bad)
		bad = errno;
	if (bad) {
		/* made here a moment ago: half of it would be in the way of the next try */
		(void)unlink(args->text);
		return vms_fail(err, VMS_EIO, "writing %.100s: %s", args->text, strerror(bad));
	}
	app_say(a, APP_GOOD, "%u row%s written to %s", app_list(a)->nr, fmt_s(app_list(a)->nr),
		args->text);
	return 0;
}

int cmd_save_screen(struct app *a, const struct app_args *args, struct vms_err *err)
{
	int ret;

	if (!args->text[0])
		return vms_fail(err, VMS_EUSAGE, "save the screen to which file?");
	if (!a->opts.save_screen)
		return vms_fail(err, VMS_EUNSUP, "there is no screen here");
	ret = vms_recording_spare(a->trace, args->text, err);
	if (!ret)
		ret = a->opts.save_screen(a->opts.user, args->text, err);
	if (!ret)
		app_hint(a, APP_NOTE, "screen written to %s", args->text);
	return ret;
}

int cmd_source(struct app *a, const struct app_args *args, struct vms_err *err)
{
	if (!args->text[0])
		return vms_fail(err, VMS_EUSAGE, "run which file?");
	return app_script_file(a, args->text, err);
}

int cmd_quit(struct app *a, const struct app_args *args, struct vms_err *err)
{
	(void)err;
	if (!files_unsaved_nr(a) || a->headless || (args->argc && !strcmp(args->argv[0], "now")))
		quit(a);
	else
		confirm_open(a, APP_CONFIRM_QUIT, "y:quit  w:save first  n:stay",
			     "%u decision%s not saved. Quit all the same?", files_unsaved_nr(a),
			     files_unsaved_nr(a) == 1 ? " is" : "s are");
	return 0;
}
