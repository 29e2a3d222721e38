// SPDX-License-Identifier: LGPL-2.1-or-later
/* What of the application is on disk: anchors, journal, configuration, history. */
#include "app_fixture.h"
#include "folder.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/commands/app_keys.h"
#include "app/commands/command.h"
#include "app/commands/confirm.h"
#include "app/state/list.h"
#include "core/base/util.h"
#include "io/files/files.h"

/* Write, forget, load: the same decisions; and a journal brings back what was not saved. */
TEST_IN(decisions_outlive_the_program, folder_make, folder_remove)
{
	struct app_opts o = { .state_dir = folder, .output_path = in_folder("x.anchors") };
	struct fixture one;
	uint32_t a, r, u, a2, r2;

	fixture_open(&one, "01-demo.dat", &o);
	assert_int_equal(app_run(one.app, "accept sequence timer-program id<3000", NULL), 0);
	assert_int_equal(app_run(one.app, "reject 7", NULL), 0);
	assert_int_equal(app_run(one.app, "write", NULL), 0);
	assert_int_equal(files_unsaved_nr(one.app), 0);
	assert_int_equal(app_run(one.app, "accept 9", NULL), 0);
	assert_int_equal(app_run(one.app, "clear 9", NULL), 0);
	assert_int_equal(app_run(one.app, "accept 9", NULL), 0);
	vms_session_counts(one.session, &a, &r, &u);
	fixture_close(&one); /* without a quit: as if killed */

	fixture_open(&one, "01-demo.dat", &o);
	vms_session_counts(one.session, &a2, &r2, &u);
	assert_int_equal(a2, a - 1);
	assert_int_equal(r2, r);
	assert_int_equal(app_shown(one.app)->overlay, APP_OVERLAY_CONFIRM);
	assert_non_null(strstr(app_confirm(one.app)->question, "Restore?"));
	(void)app_keys(one.app, (const uint32_t[]){ 'y' }, 1);
	vms_session_counts(one.session, &a2, &r2, &u);
	assert_int_equal(a2, a);
	assert_int_equal(files_unsaved_nr(one.app), 1);
	assert_non_null(strstr(app_messages(one.app)->text, "1 decision restored"));
	assert_int_equal(vms_session_state(one.app->session, app_candidate(one.app, 9)),
			 VMS_ACCEPTED);
	loop_ask(one.app, APP_REQUEST_QUIT);
	fixture_close(&one);
}

/* What is not saved is counted in pairs, not in commands; undo leads back to none. */
TEST_IN(what_is_not_saved_is_counted, folder_make, folder_remove)
{
	struct app_opts o = { .state_dir = folder,
			      .output_path = in_folder("x.anchors"),
			      .quiet = true };
	struct fixture f;
	uint32_t accepted, rejected, undecided;
	char said[80];

	fixture_open(&f, "01-demo.dat", &o);
	assert_int_equal(app_run(f.app, "accept all", NULL), 0);
	vms_session_counts(f.session, &accepted, &rejected, &undecided);
	assert_true(accepted > 1000);
	assert_int_equal(files_unsaved_nr(f.app), accepted);
	fixture_keys(f.app, "q");
	(void)snprintf(said, sizeof(said), "%u decisions are not saved. Quit", accepted);
	assert_memory_equal(app_confirm(f.app)->question, said, strlen(said));
	fixture_keys(f.app, "n");
	assert_int_equal(app_run(f.app, "undo", NULL), 0);
	assert_int_equal(files_unsaved_nr(f.app), 0);
	assert_int_equal(app_run(f.app, "redo", NULL), 0);
	assert_int_equal(app_run(f.app, "model band", NULL), 0);
	assert_int_equal(files_unsaved_nr(f.app), accepted + 1);
	assert_int_equal(app_run(f.app, "write", NULL), 0);
	assert_int_equal(app_run(f.app, "undo", NULL), 0);
	assert_int_equal(app_run(f.app, "undo", NULL), 0);
	assert_int_equal(files_unsaved_nr(f.app), accepted + 1);
	/* from here no redo leads back to what is saved */
	assert_int_equal(app_run(f.app, "reject 7", NULL), 0);
	assert_int_equal(files_unsaved_nr(f.app), accepted + 2);
	assert_int_equal(app_run(f.app, "undo", NULL), 0);
	assert_int_equal(files_unsaved_nr(f.app), accepted + 1);
	fixture_close(&f);
}

/* A second instance says that it keeps no journal, and marks what it decides. */
TEST_IN(no_journal_is_said_until_a_save, folder_make, folder_remove)
{
	struct app_opts o = { .state_dir = folder, .output_path = in_folder("x.anchors") };
	struct fixture first, second;
	static const char why[] = "NO JOURNAL, only w keeps decisions: another vmsync-tui";

	fixture_open(&first, "01-demo.dat", &o);
	fixture_open(&second, "01-demo.dat", &o);
	assert_memory_equal(files_notice(second.app), why, strlen(why));
	assert_int_equal(app_run(second.app, "accept 9", NULL), 0);
	assert_true(files_off_disk(second.app, 9));
	assert_false(files_off_disk(second.app, 8));
	assert_int_equal(app_run(first.app, "accept 9", NULL), 0);
	assert_false(files_off_disk(first.app, 9));
	assert_string_equal(files_notice(first.app), "");
	assert_int_equal(app_run(second.app, "write", NULL), 0); /* the first one has it still */
	assert_false(files_off_disk(second.app, 9));
	assert_memory_equal(files_notice(second.app), why, strlen(why));
	fixture_close(&first); /* as if killed */
	assert_int_equal(app_run(second.app, "write", NULL), 0);
	assert_string_equal(files_notice(second.app), "");
	assert_int_equal(files_pending(second.app), 1); /* of the first one */
	fixture_close(&second);
}

/* A second instance may have a journal of its own, which a later start offers, or only look. */
TEST_IN(a_second_instance_chooses, folder_make, folder_remove)
{
	struct app_opts o = { .state_dir = folder,
			      .output_path = in_folder("x.anchors"),
			      .quiet = true };
	struct fixture first, second, third;

	fixture_open(&first, "01-demo.dat", &o);
	assert_int_equal(app_shown(first.app)->overlay, APP_OVERLAY_NONE);
	fixture_open(&second, "01-demo.dat", &o);
	assert_int_equal(app_shown(second.app)->overlay, APP_OVERLAY_CONFIRM);
	fixture_keys(second.app, "o");
	assert_string_equal(files_notice(second.app), "");
	assert_int_equal(app_run(second.app, "accept 9", NULL), 0);
	assert_false(files_off_disk(second.app, 9));
	fixture_open(&third, "01-demo.dat", &o);
	fixture_keys(third.app, "l");
	assert_int_equal(app_run(third.app, "accept 9", NULL), -VMS_EUSAGE);
	assert_int_equal(app_run(third.app, "write", NULL), -VMS_EUSAGE);
	assert_int_equal(app_run(third.app, "model recorded", NULL), 0);
	assert_int_equal(files_unsaved_nr(third.app), 0);
	assert_non_null(strstr(files_notice(third.app), "LOOKING ONLY"));
	fixture_close(&third);
	fixture_close(&second); /* as if killed, while the first one goes on */
	fixture_open(&second, "01-demo.dat", &o);
	assert_int_equal(files_pending(second.app), 1);
	assert_false(files_taken(second.app));
	fixture_close(&second);
	fixture_close(&first);
	fixture_open(&first, "01-demo.dat", &o);
	assert_int_equal(files_pending(first.app), 1);
	fixture_keys(first.app, "y:write\r");
	fixture_close(&first);
	fixture_open(&first, "01-demo.dat", &o);
	assert_int_equal(files_pending(first.app), 0);
	fixture_close(&first);
}

/* It is said where it is seen, though the first sentence comes later. */
TEST_IN(a_damaged_journal_is_seen_at_the_start, folder_make, folder_remove)
{
	struct app_opts o = { .state_dir = folder, .output_path = in_folder("x.anchors") };
	struct fixture one;
	char command[200];

	fixture_open(&one, "01-demo.dat", &o);
	assert_int_equal(app_run(one.app, "accept 9", NULL), 0);
	fixture_close(&one);
	(void)snprintf(command, sizeof(command), "truncate -s +1 %s/*.journal", folder);
	assert_int_equal(system(command), 0);
	fixture_open(&one, "01-demo.dat", &o);
	assert_int_equal(files_pending(one.app), 1);
	assert_non_null(strstr(app_messages(one.app)->text, "the journal was damaged"));
	fixture_close(&one);
}

/* Its journal belongs to the recording as it was: nobody would find it again. */
TEST_IN(another_recording_is_loaded_once_decisions_are_saved, folder_make, folder_remove)
{
	struct app_opts o = { .state_dir = folder, .output_path = in_folder("x.anchors") };
	struct vms_stream *host;
	struct vms_err err = { 0 };
	struct fixture one;
	const char *loaded;

	fixture_open(&one, "01-demo.dat", &o);
	assert_int_equal(app_run(one.app, "accept 9", NULL), 0);
	assert_true(files_offered_again(one.app));
	host = (struct vms_stream *)(uintptr_t)one.app->trace->host;
	loaded = host->path;
	assert_int_equal(file_replace(in_folder("another"), "x", 1, false, NULL), 0);
	host->path = in_folder("another");
	assert_true(app_run(one.app, "reload", &err) < 0);
	assert_non_null(strstr(err.msg, "save with w"));
	assert_false(app_loop(one.app)->request & APP_REQUEST_RELOAD);
	assert_int_equal(app_run(one.app, "write", NULL), 0);
	assert_int_equal(app_run(one.app, "reload", NULL), 0);
	assert_true(app_loop(one.app)->request & APP_REQUEST_RELOAD);
	host->path = loaded;
	fixture_close(&one);
}

/* Put off, then saved, then quit: asked about at the end, and offered again. */
TEST_IN(what_is_put_off_is_asked_about_again, folder_make, folder_remove)
{
	struct app_opts o = { .state_dir = folder, .output_path = in_folder("x.anchors") };
	struct fixture one;

	fixture_open(&one, "01-demo.dat", &o);
	assert_int_equal(app_run(one.app, "accept 9", NULL), 0);
	fixture_close(&one);

	fixture_open(&one, "01-demo.dat", &o);
	fixture_keys(one.app, "n");
	assert_int_equal(app_run(one.app, "accept 7", NULL), 0);
	assert_int_equal(app_run(one.app, "write", NULL), 0);
	assert_int_equal(files_pending(one.app), 1);
	fixture_keys(one.app, "q");
	assert_non_null(strstr(app_confirm(one.app)->question,
			       "1 decision of an interrupted run waits on"));
	fixture_keys(one.app, "y");
	assert_true(app_loop(one.app)->request & APP_REQUEST_QUIT);
	fixture_close(&one);

	fixture_open(&one, "01-demo.dat", &o);
	assert_int_equal(files_pending(one.app), 1);
	fixture_keys(one.app, "n");
	fixture_keys(one.app, "q");
	fixture_keys(one.app, "r");
	assert_int_equal(vms_session_state(one.session, app_candidate(one.app, 9)), VMS_ACCEPTED);
	assert_false(app_loop(one.app)->request & APP_REQUEST_QUIT);
	fixture_close(&one);

	fixture_open(&one, "01-demo.dat", &o);
	assert_int_equal(files_pending(one.app), 1);
	fixture_keys(one.app, "f");
	assert_int_equal(files_pending(one.app), 0);
	assert_int_equal(vms_session_state(one.session, app_candidate(one.app, 9)), VMS_UNDECIDED);
	fixture_close(&one);
}

/*
 * The log has all; the one line that is seen at the start has the first, but never in the place of
 * bad news.
 */
TEST_IN(config_mistakes_are_seen_at_the_start, folder_make, folder_remove)
{
	static const struct {
		const char *recording, *text, *message;
	} rows[] = {
		{ "01-demo.dat", "set advance off\n\nset foo 1\nset theme dark\nbla\n",
		  "config: line 3: no setting 'foo'; o lists them; 2 mistakes, see 7" },
		{ "01-demo.dat", "\xef\xbb\xbfset theme dark\r\n  set advance  off \nset\n",
		  "config: line 3: expected 'set NAME VALUE'" },
		{ "01-demo.dat", "set theme dark\nquit\nkey q\n",
		  "config: line 2: expected 'set NAME VALUE' or 'map" },
		{ "01-demo.dat", "map all ZZZ quit\n", "config: line 1: " },
		{ "01-demo.dat", "set theme dark\n", "v1 recorded sync: in band" },
		{ "06b-wrong-2s.dat", "set foo 1\n", "v0 recorded sync: PROVEN WRONG" },
	};
	struct app_opts o = { .no_journal = true, .output_path = "unit-test.anchors" };
	struct fixture g;
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(rows); i++) {
		o.config_path = put_file("config", rows[i].text);
		if (!fixture_try(&g, rows[i].recording, &o))
			continue;
		if (strncmp(app_messages(g.app)->text, rows[i].message, strlen(rows[i].message)))
			fail_msg("'%s' instead of '%s'", app_messages(g.app)->text,
				 rows[i].message);
		if (i == 5)
			assert_non_null(
				strstr(app_messages(g.app)->text, "config has mistakes, see 7"));
		fixture_close(&g);
	}
}

/* Typed lines of earlier runs outlive a disk without room for those of this one. */
TEST_IN(history_outlives_a_full_disk, folder_make, folder_remove)
{
	char line[64];
	const char *path = in_folder("history");
	const struct app_opts o = { .state_dir = folder, .output_path = "unit-test.anchors" };
	struct rlimit all, small;
	struct fixture g;
	struct stat st;
	off_t before;
	int i;

	fixture_open(&g, "19-idle.dat", &o);
	for (i = 0; i < 50; i++) {
		(void)snprintf(line, sizeof(line), ":log line %d\r", i);
		fixture_keys(g.app, line);
	}
	fixture_close(&g);
	assert_int_equal(stat(path, &st), 0);
	before = st.st_size;
	assert_true(before > 500);
	fixture_open(&g, "19-idle.dat", &o);
	assert_int_equal(history_nr(g.app), 50);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &all), 0);
	small = (struct rlimit){ .rlim_cur = 100, .rlim_max = all.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	fixture_close(&g);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, before);
}

UNIT_MAIN(NULL, NULL)
