// SPDX-License-Identifier: LGPL-2.1-or-later
/* The program: from arguments to a report, a script or the screen, and to an exit status. */
#include <errno.h>
#include <locale.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <vmsync/lanes.h>
#include <vmsync/log.h>

#include "app/state/settings.h"
#include "app/state/persist.h"
#include "app/state/loop.h"
#include "app/state/messages.h"
#include "app/commands/start.h"
#include "app/commands/script.h"
#include "app/commands/manual.h"
#include "app/state/app.h"
#include "main/batch.h"
#include "main/check.h"
#include "main/compare.h"
#include "app/commands/command.h"
#include "core/base/printable.h"
#include "core/base/util.h"
#include "io/files/files.h"
#include "io/files/unchanged.h"
#include "app/words/copied.h"
#include "io/apply/corrected.h"
#include "main/load.h"
#include "app/commands/about.h"
#include "main/logfile.h"
#include "main/options.h"
#include "main/record.h"
#include "main/study.h"
#include "app/reports/report.h"
#include "app/words/format.h"
#include "app/worker.h"
#include "ui/screen.h"
#include "ui/tui.h"

static void list_models(void)
{
	unsigned int by;

	for (by = 0; by < VMS_BY_NR; by++)
		(void)printf("%s\t%s\n", vms_by_name((enum vms_by)by),
			     vms_by_help((enum vms_by)by));
}

static void time_of_day(void *user, char at[9])
{
	const time_t now = time(NULL);
	struct tm tm;

	(void)user;
	at[0] = '\0';
	if (localtime_r(&now, &tm))
		(void)strftime(at, 9, "%H:%M:%S", &tm);
}

static bool again; /* the person wants the recording loaded anew */

/* What the application's callbacks need; the app is filled in once it exists. */
struct context {
	const struct app_options *options;
	struct app *app;
	struct tui *tui;	 /* NULL: there is no screen */
	struct vms_lanes *lanes; /* for the first frame; NULL: it makes them */
	uint32_t left_nr;	 /* decisions that a signal left in the journal */
	bool lost;		 /* or left nowhere, as there is none */
};

static int save_screen(void *user, const char *path, struct vms_err *err)
{
	const unsigned long missed = vms_alloc_missed();
	const struct context *c = user;
	char *text = NULL;
	int ret;

	ret = screen_text(c->app, &text, err);
	if (!ret && vms_alloc_missed() != missed)
		ret = vms_fail(err, VMS_ENOMEM, "out of memory to draw the screen");
	if (!ret)
		ret = file_replace(path, text, strlen(text), false, err);
	free(text);
	return ret;
}

static int edit_file(void *user, const char *path, struct vms_err *err)
{
	const struct context *context = user;

	if (!context->tui)
		return vms_fail(err, VMS_EUNSUP, "there is no screen to edit on");
	return tui_edit(context->tui, path, err);
}

static int write_report(void *user, const char *path, struct vms_err *err)
{
	const struct context *context = user;
	const struct app_report_opts ro = { .files = context->options->paths,
					    .files_nr = context->options->paths_nr,
					    .find = context->options->find,
					    .advise = context->options->advise };
	const char *const dot = strrchr(path, '.');
	const enum app_report kind = app_report_find(dot ? dot + 1 : "");
	char *text = NULL;
	size_t size = 0;
	int ret;

	ret = app_report_make(&text, &size, kind, context->app->session, &ro, err);
	if (!ret)
		ret = trace_unchanged(context->app->trace, err);
	if (!ret)
		ret = file_replace(path, text, size, true, err);
	free(text);
	return ret;
}

/* The guest is that of the selected track; how sure the copy is and what it keeps, the log says. */
static int write_corrected(void *user, const char *path, const char *model, struct vms_err *err)
{
	const struct context *c = user;
	const struct vms_track *k = vms_session_track(c->app->session, app_track(c->app));
	const char *const slash = strrchr(path, '/');
	struct vms_copy copy = { 0 };
	struct text said = { 0 };
	unsigned int kept_nr;
	const int ret = app_corrected_write(c->app->session, k->guest, path, model, &copy, err);

	if (!ret) {
		copied_text(&said, c->app->session, &copy);
		kept_nr = copied_kept(&said, c->app->session, &copy, "; ");
		app_say(c->app, kept_nr ? APP_WARN : APP_NOTE, "%s", said.p ? said.p : path);
		app_hint(c->app, kept_nr ? APP_WARN : APP_GOOD, "%s written%s",
			 slash ? slash + 1 : path, kept_nr ? "; it keeps errors (key 7)" : "");
	}
	free(said.p);
	return ret;
}

/* Without a word: the first message is the verdict. */
static void apply_looks(struct app *app, const struct app_options *o)
{
	if (o->glyphs && strcmp(o->glyphs, "auto"))
		(void)setting_set(app, "glyphs", o->glyphs, "session", NULL, NULL);
	if (o->color)
		(void)setting_set(app, "color", o->color, "session", NULL, NULL);
	if (o->results)
		(void)setting_set(app, "results", "on", "session", NULL, NULL);
}

static int parse_size(const char *text, int *cols, int *rows, struct vms_err *err)
{
	char rest;

	if (sscanf(text, "%4dx%4d%c", cols, rows, &rest) == 2 && *cols > 0 && *rows > 0)
		return 0;
	return vms_fail(err, VMS_EUSAGE, "--size wants COLSxROWS, for example 80x24, not '%s'",
			text);
}

/* A script alone runs without a terminal; decisions go where its commands write them. */
static int run_script(struct context *context, struct vms_err *err)
{
	const struct app_options *options = context->options;
	int cols = 80, rows = 24;
	int ret = 0;

	if (options->size)
		ret = parse_size(options->size, &cols, &rows, err);
	context->app->opts.headless = true;
	if (!ret && vms_alloc_missed())
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	if (!ret)
		ret = screen_size(context->app, rows, cols, err);
	if (!ret)
		ret = app_script_file(context->app, options->script, err);
	return ret;
}

static int with_app(struct context *context, struct vms_session *session, struct tui *tui,
		    struct worker *worker, struct vms_err *err)
{
	const struct app_options *options = context->options;
	char *state = file_user_dir("XDG_STATE_HOME", ".local/state");
	char *config_dir = file_user_dir("XDG_CONFIG_HOME", ".config");
	char *config = NULL;
	struct app_opts ao = {
		.worker = worker,
		.state_dir = state,
		.anchors_path = options->anchors,
		.output_path = options->output,
		.no_journal = options->script != NULL,
		.quiet = getenv("VMSYNC_TEST_QUIET") != NULL,
		.force = options->force,
		.time_of_day = options->script ? NULL : time_of_day,
		.save_screen = save_screen,
		.report = write_report,
		.edit = edit_file,
		.apply = write_corrected,
		.user = context,
	};
	const struct tui_opts to = { .tui = tui,
				     .show_frame_number = getenv("VMSYNC_TEST_FRAMES") != NULL };
	int ret;

	if (config_dir && asprintf(&config, "%s/config", config_dir) < 0)
		config = NULL;
	ao.config_path = config;
	ret = app_new(&context->app, session, &ao, err);
	if (!ret) {
		loop_lanes(context->app, context->lanes);
		context->lanes = NULL;
		apply_looks(context->app, options);
		ret = options->script ? run_script(context, err) : tui_run(context->app, &to, err);
		if (!options->script && !(app_loop(context->app)->request & APP_REQUEST_QUIT))
			context->left_nr = files_unsaved_nr(context->app);
		files_sync(context->app, true);
		context->lost = !files_journalled(context->app);
		again = !ret && app_loop(context->app)->request & APP_REQUEST_RELOAD;
	}
	app_free(context->app);
	free(config);
	free(config_dir);
	free(state);
	return ret;
}

/* Loading as a job. */
struct work {
	const struct app_options *options;
	struct app_loaded loaded;
	struct vms_lanes *lanes;
	struct vms_err err;
	int ret;
};

static int load_run(void *data, const struct vms_progress *p)
{
	struct work *w = data;
	const int ret = app_load(&w->loaded, w->options, true, p, &w->err);

	/* of 10 million events they take as long as 20 frames */
	if (!ret && w->loaded.session && !vms_lanes_new(&w->lanes, w->loaded.session, NULL) &&
	    vms_lanes_prepare(w->lanes, p)) {
		vms_lanes_free(w->lanes);
		w->lanes = NULL;
	}
	return ret;
}

static void load_take(void *user, void *data, int ret)
{
	struct work *w = data;

	(void)user;
	w->ret = ret;
}

static int load(struct work *w, struct tui *tui, struct worker *worker, struct vms_err *err)
{
	const struct tui_load tl = { .worker = worker,
				     .job = { .run = load_run, .take = load_take, .data = w },
				     .name = w->options->paths[0] };
	int ret = tui_load(tui, &tl, err);

	if (!ret && w->ret) {
		*err = w->err;
		ret = w->ret;
	}
	return ret;
}

static void complain(const struct vms_err *err)
{
	char shown[sizeof(err->msg) * 8];

	(void)fprintf(stderr, "vmsync-tui: %s\n", fmt_clean(err->msg, shown, sizeof(shown)));
}

/* Interrupted while loading, nothing is to be kept: who computes is not waited for. */
static _Noreturn void leave(struct tui *tui, const struct vms_err *err)
{
	tui_close(tui);
	complain(err);
	(void)logfile_close(NULL);
	_exit(app_exit_status(-VMS_ECANCEL));
}

static int run_screen(const struct app_options *options, struct vms_err *err)
{
	struct context context = { .options = options };
	struct work work = { .options = options };
	struct worker *worker = NULL;
	struct tui *tui = NULL;
	int ret;

	if (options->script) {
		ret = app_load(&work.loaded, options, false, NULL, err);
		if (!ret)
			app_say_unread(work.loaded.trace);
	} else {
		ret = tui_open(&tui, err);
		if (!ret)
			ret = worker_new(&worker, err);
		if (!ret)
			ret = load(&work, tui, worker, err);
		if (ret == -VMS_ECANCEL)
			leave(tui, err);
		context.lanes = work.lanes;
		context.tui = tui;
	}
	if (!ret && work.loaded.session)
		ret = with_app(&context, work.loaded.session, tui, worker, err);
	worker_free(worker);
	tui_close(tui);
	/* there is nothing to explore: what is known fits below the prompt */
	if (!ret && work.loaded.host)
		ret = app_batch_print(options, &work.loaded, NULL, err);
	if (context.left_nr && !again)
		(void)fprintf(stderr,
			      context.lost
				      ? "vmsync-tui: %u decision%s not saved, and there was no "
					"journal\n"
				      : "vmsync-tui: %u decision%s not saved; the next start "
					"offers to restore what is in the journal\n",
			      context.left_nr, fmt_s(context.left_nr));
	vms_lanes_free(context.lanes);
	app_loaded_free(&work.loaded);
	return ret;
}

static int print_version(struct vms_err *err)
{
	struct text text = { 0 };
	int ret;

	about_text(&text);
	ret = text.bad ? vms_fail(err, VMS_ENOMEM, "out of memory")
		       : app_print(text.p, text.nr, "version", err);
	free(text.p);
	return ret;
}

static int run(const struct app_options *options, int *status, struct vms_err *err)
{
	if (options->help)
		(void)fputs(app_options_usage(), stdout);
	else if (options->version)
		return print_version(err);
	else if (options->list_commands)
		command_list(stdout);
	else if (options->list_models)
		list_models();
	else if (options->list_sequences)
		(void)fputs(vms_catalogue_builtin(), stdout);
	else if (options->check)
		return app_check(options, status, err);
	else if (options->compare)
		return app_compare(options, err);
	else if (options->study)
		return app_study(options, err);
	else if (options->batch)
		return app_batch(options, err);
	else
		return run_screen(options, err);
	if (fflush(stdout) || ferror(stdout))
		return vms_fail(err, VMS_EOUTPUT, "standard output: %s", strerror(errno));
	return 0;
}

/*
 * What is larger goes back to the system when it is freed: otherwise the C library keeps it, and
 * takes ever larger things for small ones. What is smaller is used again, so that not each array
 * that serves for a moment is made of fresh pages; what is free beyond KEPT_BYTES goes back too.
 * Threads share one store: each would keep as much of its own.
 */
#define LARGE_BYTES (16 << 20)
#define KEPT_BYTES (64 << 20)

static void memory_goes_back(void)
{
#ifdef __GLIBC__
	(void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
	(void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
	(void)mallopt(M_ARENA_MAX, 1);
#endif
}

static int log_open(const struct app_options *options, struct vms_err *err)
{
	if (options->bug_report)
		return logfile_open_whole("--bug-report", options->bug_report, err);
	if (options->log)
		return logfile_open("--log", options->log, err);
	return logfile_open("VMSYNC_LOG", getenv("VMSYNC_LOG"), err);
}

/* What a report of a fault should say first: the program, and what was asked of it. */
static void log_begin(const struct app_options *options, int argc, char **argv)
{
	struct text about = { 0 };
	char *line, *rest = NULL;
	int i;

	vms_log(VMS_LOG_INFO, "main", "vmsync-tui " VMSYNC_VERSION ", %s",
		options->script	 ? "a script"
		: options->batch ? "a report"
				 : "the screen");
	if (!options->bug_report)
		return;
	about_text(&about);
	for (line = about.p ? strtok_r(about.p, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest))
		vms_log(VMS_LOG_DEBUG, "main", "%s", line);
	for (i = 1; i < argc; i++)
		vms_log(VMS_LOG_DEBUG, "main", "argument %d: %s", i, argv[i]);
	free(about.p);
}

int main(int argc, char **argv)
{
	struct vms_err err = { 0 };
	struct app_options options;
	int ret, status = 0;

	memory_goes_back();
	(void)setlocale(LC_ALL, "");
	(void)setlocale(LC_NUMERIC, "C");
	/*
	 * A limit on the size of files is an error to report, as a full disk is, and not the end of
	 * unsaved work.
	 */
	(void)signal(SIGXFSZ, SIG_IGN);
	ret = app_options_parse(&options, argc, argv, &err);
	if (!ret)
		ret = log_open(&options, &err);
	if (!ret) {
		log_begin(&options, argc, argv);
		ret = options.record ? app_record(&options, &err) : 0;
		if (!ret)
			ret = run(&options, &status, &err);
		vms_log(ret ? VMS_LOG_ERROR : VMS_LOG_INFO, "main", "ended with status %d: %s",
			ret ? app_exit_status(ret) : status, ret ? err.msg : "good");
	}
	if (logfile_close(ret ? NULL : &err) && !ret)
		ret = -VMS_EOUTPUT;
	if (again && options.record) { /* the recording, and not another one */
		argv[1] = (char *)(uintptr_t)options.paths[0];
		argv[2] = NULL;
	}
	if (ret)
		app_batch_error(&options, ret, &err);
	app_options_clear(&options);
	/* anew in all: what was loaded, and what was made of it, is gone */
	if (!ret && again && execv("/proc/self/exe", argv))
		ret = vms_fail(&err, VMS_EIO, "starting again: %s", strerror(errno));
	if (ret)
		complain(&err);
	return ret ? app_exit_status(ret) : status;
}
