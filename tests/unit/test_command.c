// SPDX-License-Identifier: LGPL-2.1-or-later
/* The command table: each row complete, no two keys in one place, and what is derived from it. */
#include "app_fixture.h"

#include "app/line/bindings.h"
#include "app/commands/manual.h"
#include "app/commands/help.h"
#include "app/commands/bar.h"
#include "app/commands/command.h"

TEST(every_row_is_complete)
{
	char verb[32];
	int i, j;

	for (i = 0; i < COMMANDS_NR; i++) {
		assert_true(commands[i].run || commands[i].plain || commands[i].sure ||
			    commands[i].action);
		assert_true(strlen(commands[i].help) > 3);
		if (strlen(commands[i].help) > 66)
			fail_msg("help of %s is %zu long", commands[i].id,
				 strlen(commands[i].help));
		assert_true(strlen(commands[i].bar) <= 8);
		assert_true(strlen(command_verb(&commands[i], verb, sizeof(verb))) > 0);
		/* A command that no key and no verb reaches is dead. */
		assert_true(commands[i].keys[0] || (commands[i].flags & VERB) ||
			    !commands[i].contexts);
		for (j = 0; j < i; j++)
			assert_string_not_equal(commands[i].id, commands[j].id);
	}
}

TEST(no_two_commands_share_a_verb)
{
	char words[8][32];
	int i, nr;
	char all[256], *p, *save;

	for (i = 0; i < COMMANDS_NR; i++) {
		(void)snprintf(all, sizeof(all), "%s", commands[i].verbs);
		for (nr = 0, p = strtok_r(all, "|", &save); p && nr < 8;
		     p = strtok_r(NULL, "|", &save))
			(void)snprintf(words[nr++], sizeof(words[0]), "%s", p);
		while (nr--)
			assert_int_equal(command_find(&command_table, words[nr], NULL), i);
	}
}

TEST(keys_do_not_clash)
{
	struct app_bindings *b = NULL;
	struct vms_err err = { 0 };

	if (bindings_new(&b, &command_table, &err))
		fail_msg("%s", err.msg);
	/* The keys that people know by heart, a sample of each context. */
	assert_int_equal(bindings_find(b, CTX_L, 'a'), COMMAND_accept);
	assert_int_equal(bindings_find(b, CTX_C, ' '), COMMAND_mark_row);
	assert_int_equal(bindings_find(b, CTX_T, ' '), COMMAND_page_down);
	assert_int_equal(bindings_find(b, CTX_L, '.'), COMMAND_next_event);
	assert_int_equal(bindings_find(b, CTX_C, '.'), -1);
	assert_int_equal(bindings_find(b, CTX_T, APP_CTRL('R')), COMMAND_redo);
	assert_int_equal(bindings_find(b, CTX_P, APP_CTRL('U')), COMMAND_prompt_clear);
	assert_int_equal(bindings_find(b, CTX_L, APP_CTRL('U')), COMMAND_half_up);
	assert_int_equal(bindings_find(b, CTX_L, '!'), -1);
	assert_int_equal(bindings_find(b, CTX_L, APP_KEY_F10), -1);
	bindings_free(b);
}

TEST(each_command_has_a_plain_key)
{
	struct app_bindings *b = NULL;
	bool plain;
	uint32_t k;
	int i;

	assert_int_equal(bindings_new(&b, &command_table, NULL), 0);
	for (i = 0; i < COMMANDS_NR; i++) {
		if (!commands[i].keys[0])
			continue;
		plain = false;
		for (k = 0; k < b->nr; k++)
			plain |= b->b[k].cmd == i &&
				 !(b->b[k].key >= APP_KEY_F1 && b->b[k].key <= APP_KEY_F12);
		if (!plain)
			fail_msg("%s has a function key only", commands[i].id);
	}
	bindings_free(b);
}

TEST(verbs_may_be_shortened)
{
	struct vms_err err = { 0 };

	assert_int_equal(command_find(&command_table, "acc", &err), COMMAND_accept);
	assert_int_equal(command_find(&command_table, "rej", &err), COMMAND_reject);
	assert_int_equal(command_find(&command_table, "g", &err), COMMAND_goto);
	assert_int_equal(command_find(&command_table, "q", &err), COMMAND_quit);
	assert_int_equal(command_find(&command_table, "w", &err), COMMAND_write);
	assert_int_equal(command_find(&command_table, "save_screen", &err), COMMAND_save_screen);
	assert_int_equal(command_find(&command_table, "unm", &err), COMMAND_unmark);
	assert_int_equal(command_find(&command_table, "s", &err), -VMS_EUSAGE);
	assert_non_null(strstr(err.msg, "sort"));
	assert_int_equal(command_find(&command_table, "acept", &err), -VMS_EUSAGE);
	assert_non_null(strstr(err.msg, "did you mean accept"));
	assert_int_equal(command_find(&command_table, "", &err), -VMS_EUSAGE);
	assert_int_equal(command_find(&command_table,
				      "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", &err),
			 -VMS_EUSAGE);
}

TEST(words_of_a_line)
{
	struct app_args args;
	char store[64];

	command_args_split(&args, "  one \"two three\"  four ", store, sizeof(store));
	assert_int_equal(args.argc, 3);
	assert_string_equal(args.argv[1], "two three");
	assert_string_equal(args.argv[2], "four");
	command_args_split(&args, "\"open", store, sizeof(store));
	assert_int_equal(args.argc, 1);
	assert_string_equal(args.argv[0], "open");
	command_args_split(&args, "aaaaaaaaaaaaaaaaaaaa bbbbbbbbbb", store, 12);
	assert_true(args.argc >= 1);
	assert_true(strlen(args.argv[0]) < 12);
}

static unsigned int lines_of(void (*emit)(FILE *f), char **text)
{
	size_t size = 0;
	FILE *f = open_memstream(text, &size);
	unsigned int n = 0;
	char *p;

	emit(f);
	(void)fclose(f);
	for (p = *text; *p; p++)
		n += *p == '\n';
	return n;
}

TEST(lists_for_people_and_programs)
{
	char *text = NULL;
	const char *p;
	int tabs = 0;

	assert_int_equal(lines_of(command_list, &text), COMMANDS_NR + 1);
	for (p = text; *p; p++)
		tabs += *p == '\t';
	assert_int_equal(tabs, 6 * (COMMANDS_NR + 1));
	free(text);
	assert_true(lines_of(command_man, &text) > COMMANDS_NR);
	assert_non_null(strstr(text, ".SS Keys"));
	/* what has no key stands among the commands: else nowhere */
	assert_non_null(strstr(text, "\n.BI : reload\n"));
	assert_non_null(strstr(text, "\n.BI : restore\n"));
	assert_non_null(strstr(text, "\n.BI : forget\n"));
	assert_non_null(strstr(text, "\n.BI : write[!]"));
	/* A line that begins with ' or . would be a request of man(7). */
	assert_null(strstr(text, "\n'"));
	free(text);
}

TEST(help_begins_with_the_focused_pane)
{
	const char *heading, *help;
	struct fixture f;
	char keys[64], verb[32];
	uint32_t row, all;

	fixture_open(&f, "01-demo.dat", NULL);
	fixture_keys(f.app, "?");
	assert_int_equal(app_shown(f.app)->overlay, APP_OVERLAY_HELP);
	assert_int_equal(app_shown(f.app)->over.nr, COMMANDS_NR);
	app_help_text(f.app, 0, &heading, keys, sizeof(keys), verb, sizeof(verb), &help);
	assert_string_equal(heading, "this pane");
	assert_true(commands[help_command(f.app, 0)].contexts & CTX_C);
	all = app_shown(f.app)->over.nr;
	fixture_keys(f.app, "undo");
	assert_true(app_shown(f.app)->over.nr > 0 && app_shown(f.app)->over.nr < all);
	for (row = 0; row < app_shown(f.app)->over.nr; row++) {
		app_help_text(f.app, row, &heading, keys, sizeof(keys), verb, sizeof(verb), &help);
		assert_true(strcasestr(commands[help_command(f.app, row)].verbs, "undo") ||
			    strcasestr(help, "undo"));
	}
	fixture_close(&f);
}

/* `+` zooms, and in the list of sequences it does something else. */
TEST(help_names_keys_as_they_are_where_one_stands)
{
	static const char *const panes[] = { "2", "4" }, *const verbs[] = { "zoom-in", "adopt" };
	const char *heading, *help;
	char keys[64], verb[32];
	struct fixture f;
	uint32_t row, found;
	size_t i;

	fixture_open(&f, "01-demo.dat", NULL);
	for (i = 0; i < 2; i++) {
		fixture_keys(f.app, panes[i]);
		fixture_keys(f.app, "?");
		for (row = 0, found = 0; row < app_shown(f.app)->over.nr; row++) {
			app_help_text(f.app, row, &heading, keys, sizeof(keys), verb, sizeof(verb),
				      &help);
			if (!strcmp(verb, verbs[i])) {
				assert_non_null(strchr(keys, '+'));
				found++;
			} else if (!strcmp(verb, verbs[!i]) && i) {
				assert_null(strchr(keys, '+'));
			}
		}
		assert_int_equal(found, 1);
		fixture_keys(f.app, "\x1b");
	}
	fixture_close(&f);
}

TEST(help_has_what_was_used_last_on_top)
{
	const char *heading, *help;
	char keys[64], verb[32];
	struct fixture f;
	uint32_t row = 0;

	fixture_open(&f, "01-demo.dat", NULL);
	fixture_keys(f.app, "fWjjf");
	fixture_keys(f.app, "?");
	assert_int_equal(app_shown(f.app)->over.nr, COMMANDS_NR);
	for (; row + 1 < app_shown(f.app)->over.nr; row++) {
		app_help_text(f.app, row, &heading, keys, sizeof(keys), verb, sizeof(verb), &help);
		if (heading && !strcmp(heading, "everywhere"))
			break;
	}
	assert_int_equal(help_command(f.app, row), COMMAND_fit);
	assert_int_equal(help_command(f.app, row + 1), COMMAND_whole);
	assert_int_not_equal(help_command(f.app, row + 2), COMMAND_down);
	fixture_close(&f);
}

TEST(bar_follows_the_focus)
{
	struct app_bar_entry bar[40];
	struct fixture f;
	unsigned int nr;

	fixture_open(&f, "01-demo.dat", NULL);
	nr = app_bar(f.app, bar, 40);
	assert_string_equal(bar[0].key, "a");
	assert_string_equal(bar[0].label, "accept");
	assert_string_equal(bar[nr - 1].key, "?");
	assert_string_equal(bar[nr - 2].label, "now");
	assert_string_equal(bar[nr - 3].label, "quit");
	fixture_keys(f.app, "2");
	nr = app_bar(f.app, bar, 40);
	assert_string_equal(bar[nr - 3].label, "back");
	fixture_close(&f);
}

UNIT_MAIN(NULL, NULL)
