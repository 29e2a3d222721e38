// SPDX-License-Identifier: LGPL-2.1-or-later
/* Scripts: commands and keys from text, errors with file and line, limits. */
#include "demo_fixture.h"

static int open_headless(void **state)
{
	(void)open_demo(state);
	if (f.app)
		f.app->headless = true;
	return 0;
}

static void lines_and_keys(void **state)
{
	uint32_t a, r, u;
	struct vms_err err = { 0 };

	(void)state;
	if (!f.app)
		skip();
	if (app_script_text(f.app, "s", "# a comment\n\n:sort time\nkey a a x\r\n  accept 5\nkey :undo Enter\n", &err))
		fail_msg("%s", err.msg);
	vms_session_counts(f.session, &a, &r, &u);
	assert_int_equal(a, 2);
	assert_int_equal(r, 1);
}

static void errors_name_the_line(void **state)
{
	struct vms_err err = { 0 };

	(void)state;
	if (!f.app)
		skip();
	assert_int_equal(app_script_text(f.app, "my.vms", "sort time\nsort nonsense\naccept all\n", &err), -VMS_EUSAGE);
	assert_non_null(strstr(err.msg, "my.vms:2: "));
	assert_int_equal(app_script_file(f.app, "/nonexistent/file", &err), -VMS_EIO);
	assert_int_equal(app_run(f.app, "save-screen x", &err), -VMS_EUNSUP);
}

/* What a key or command did not do must not read as if it had. */
static void nothing_done_is_said(void **state)
{
	struct vms_err err = { 0 };
	uint64_t steps;

	(void)state;
	if (!f.app)
		skip();
	assert_int_equal(app_script_text(f.app, "s", "model recorded\n", &err), 0);
	steps = vms_session_steps(f.session);
	assert_int_equal(app_script_text(f.app, "s", "model recorded\n", &err), 0);
	assert_int_equal(vms_session_steps(f.session), steps);
	assert_non_null(strstr(f.app->message, "in force already"));
	assert_int_equal(app_script_text(f.app, "s", "set osc52 off\nkey y\n", &err), 0);
	assert_non_null(strstr(f.app->message, "not copied"));
	assert_int_equal(app_script_text(f.app, "s", "screen 1\nkey L\n", &err), 0);
	assert_non_null(strstr(f.app->message, "L works in the lanes (Shift-Tab"));
	assert_int_equal(app_script_text(f.app, "s", "key Shift-Tab L\n", &err), 0);
	assert_null(strstr(f.app->message, "works in"));
}

static void scripts_end(void **state)
{
	char path[] = "/tmp/vmsync-script-XXXXXX";
	struct vms_err err = { 0 };
	int fd;
	FILE *s;

	(void)state;
	if (!f.app)
		skip();
	fd = mkstemp(path);
	assert_true(fd >= 0);
	s = fdopen(fd, "w");
	(void)fprintf(s, "source %s\n", path);
	(void)fclose(s);
	assert_int_equal(app_script_file(f.app, path, &err), -VMS_EUSAGE);
	(void)unlink(path);
	/* To find nothing is an answer; a pair that does not exist is a mistake. */
	assert_int_equal(app_script_text(f.app, "s", "last\nnext\nsearch nosuchevent\nview-forward\n", &err), 0);
	assert_int_equal(app_script_text(f.app, "s", "fit 4000000\n", &err), -VMS_ENODATA);
	/* quit stops a script: what follows is not run. */
	assert_int_equal(app_script_text(f.app, "s", "quit\nnonsense\n", &err), 0);
	assert_int_equal(f.app->request & APP_REQUEST_QUIT, APP_REQUEST_QUIT);
	f.app->request = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_and_keys),
		cmocka_unit_test(errors_name_the_line),
		cmocka_unit_test(nothing_done_is_said),
		cmocka_unit_test(scripts_end),
	};

	return cmocka_run_group_tests(tests, open_headless, close_demo);
}
