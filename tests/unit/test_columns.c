// SPDX-License-Identifier: LGPL-2.1-or-later
/* The choice of columns: what is read is what is said, and mistakes are named. */
#include "demo_fixture.h"
#include "folder.h"

#include "app/state/settings.h"
#include "app/commands/command.h"
#include "app/commands/app_keys.h"
#include "app/state/columns.h"
#include "core/base/util.h"

static void press(uint32_t key)
{
	assert_int_equal(app_keys(f.app, &key, 1), 1);
}

static void type_line(const char *text)
{
	press(APP_KEY_ESC);
	press(APP_KEY_ESC);
	fixture_keys(f.app, ":");
	fixture_keys(f.app, text);
}

static bool offered(const char *word)
{
	uint32_t i;

	for (i = 0; i < app_prompt(f.app)->comp_nr; i++)
		if (!strcmp(app_prompt(f.app)->comp[i].text, word))
			return true;
	return false;
}

TEST(choices_are_read)
{
	static const struct {
		const char *text, *said;
	} good[] = {
		{ "default", "default" },
		{ "st,id,dir,guest,host,delay", "st,id,dir,guest,host,delay" },
		{ "delay id", "st,delay,id" },
		{ " st , seq,\tresid ", "st,sequence,residual" }, /* a beginning is enough */
		{ "note,rival,residual,delay,difference,host-number,host-time,pcpu,host,guest-"
		  "number,guest-time,vcpu,guest,dir,"
		  "sequence,id",
		  "st,note,rival,residual,delay,difference,host-number,host-time,pcpu,host,guest-"
		  "number,"
		  "guest-time,vcpu,guest,dir,sequence,id" },
	};
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "", "default, or names" },
		{ "st", "default, or names" },
		{ "id,delayy", "did you mean delay?" },
		{ "id,qqqqqqqq", "columns are st id" },
		{ "id,delay,id", "column id is named twice" },
		{ "id,st", "st stands before" },
		{ "id,default", "default stands alone" },
		{ "host-", "no column 'host-'" },
		{ "id,\xff\x1b", "no column" },
	};
	uint8_t cols[APP_COLUMN_NR];
	struct vms_err err;
	char buf[160];
	uint32_t nr;
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(good); i++) {
		assert_int_equal(columns_parse(good[i].text, cols, &nr, &err), 0);
		assert_string_equal(columns_text(cols, nr, buf, sizeof(buf)), good[i].said);
		assert_int_equal(columns_parse(buf, cols, &nr, &err), 0);
		assert_string_equal(columns_text(cols, nr, buf, sizeof(buf)), good[i].said);
	}
	for (i = 0; i < VMS_ARRAY_NR(bad); i++) {
		assert_int_equal(columns_parse(bad[i].text, cols, &nr, &err), -VMS_EUSAGE);
		if (!strstr(err.msg, bad[i].why))
			fail_msg("'%s' instead of '%s'", err.msg, bad[i].why);
	}
}

TEST(set_keeps_a_good_choice)
{
	static const uint8_t want[] = { APP_COLUMN_DELAY, APP_COLUMN_ID, APP_COLUMN_GUEST };

	assert_int_equal(app_run(f.app, "set columns st,delay,id,guest", NULL), 0);
	assert_int_equal(app_prefs(f.app)->columns_nr, 3);
	assert_memory_equal(app_prefs(f.app)->columns, want, 3);
	assert_int_equal(app_run(f.app, "set columns id,delayy", NULL), -VMS_EUSAGE);
	assert_int_equal(app_run(f.app, "set columns", NULL), -VMS_EUSAGE);
	assert_memory_equal(app_prefs(f.app)->columns, want, 3);
	/* blanks do as well */
	assert_int_equal(app_run(f.app, "set columns delay id guest", NULL), 0);
	assert_memory_equal(app_prefs(f.app)->columns, want, 3);
	assert_int_equal(app_run(f.app, "set columns default", NULL), 0);
	assert_int_equal(app_prefs(f.app)->columns_nr, 0);
}

TEST(names_are_completed)
{
	type_line("set columns ");
	assert_true(offered("default") && offered("st") && offered("note"));
	type_line("set columns st,id,d");
	assert_true(offered("dir") && offered("delay") && offered("difference"));
	assert_false(offered("default"));
	type_line("set columns st,id,delay,de");
	assert_false(offered("delay")); /* is there already */
	type_line("set columns id,resi");
	press(APP_KEY_TAB);
	assert_string_equal(app_prompt(f.app)->text, "set columns id,residual ");
	assert_non_null(strstr(app_prompt(f.app)->preview,
			       "would set columns to st,id,residual, now default"));
	type_line("set columns id,delayy");
	assert_non_null(strstr(app_prompt(f.app)->error, "delayy"));
	press(APP_KEY_ESC);
}

/* The row of the options opens the line that changes it, as it stands. */
TEST(options_edit_the_choice)
{
	struct app_setting_text t;
	uint32_t i, row = 0;

	assert_int_equal(app_run(f.app, "set columns id,delay", NULL), 0);
	for (i = 0; i < app_settings_nr(); i++) {
		app_setting_row(f.app, i, &t);
		if (!strcmp(t.name, "columns"))
			row = i;
	}
	app_setting_row(f.app, row, &t);
	assert_string_equal(t.value, "st,id,delay");
	assert_string_equal(t.source, "session");
	fixture_keys(f.app, "o");
	for (i = 0; i < row; i++)
		press(APP_KEY_DOWN);
	press(APP_KEY_ENTER);
	assert_int_equal(app_shown(f.app)->overlay, APP_OVERLAY_COMMAND);
	assert_string_equal(app_prompt(f.app)->text, "set columns st,id,delay");
	fixture_keys(f.app, ",note\r");
	app_setting_row(f.app, row, &t);
	assert_string_equal(t.value, "st,id,delay,note");
}

TEST_IN(the_configuration_has_it_too, folder_make, folder_remove)
{
	const struct app_opts o = {
		.no_journal = true,
		.output_path = "unit-test.anchors",
		.config_path = put_file("config", "set columns note, id\nset columns id,naught\n"),
	};
	struct fixture g;
	bool found = false;
	uint32_t i;

	fixture_open(&g, "19-idle.dat", &o);
	assert_int_equal(app_prefs(g.app)->columns_nr, 2);
	assert_int_equal(app_prefs(g.app)->columns[0], APP_COLUMN_NOTE);
	for (i = 0; i < app_messages(g.app)->log_nr; i++)
		found |= strstr(app_messages(g.app)->log[i].text, ":2: no column 'naught'") != NULL;
	assert_true(found);
	fixture_close(&g);
}

UNIT_MAIN(open_demo, close_demo)
