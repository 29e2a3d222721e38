// SPDX-License-Identifier: LGPL-2.1-or-later
/* The ":" line and the other prompts: parsing, completion, previews, history, editing. */
#include "demo_fixture.h"
#include "folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include "app/commands/app_keys.h"
#include "app/commands/command.h"
#include "app/words/format.h"
#include "core/base/util.h"

static void press(uint32_t key)
{
	assert_int_equal(app_keys(f.app, &key, 1), 1);
}

static bool offered(const char *word)
{
	uint32_t i;

	for (i = 0; i < app_prompt(f.app)->comp_nr; i++)
		if (!strcmp(app_prompt(f.app)->comp[i].text, word))
			return true;
	return false;
}

static void type_line(const char *text)
{
	press(APP_KEY_ESC);
	press(APP_KEY_ESC);
	fixture_keys(f.app, ":");
	fixture_keys(f.app, text);
	assert_int_equal(app_shown(f.app)->overlay, APP_OVERLAY_COMMAND);
	assert_string_equal(app_prompt(f.app)->text, text);
}

static void enter(const char *text)
{
	type_line(text);
	press(APP_KEY_ENTER);
}

static void completes(const char *text, const char *want)
{
	type_line(text);
	press(APP_KEY_TAB);
	assert_string_equal(app_prompt(f.app)->text, want);
}

static void previews(const char *text, const char *part)
{
	type_line(text);
	assert_non_null(strstr(app_prompt(f.app)->preview, part));
}

static void preview_is(const char *text, const char *want)
{
	type_line(text);
	assert_string_equal(app_prompt(f.app)->preview, want);
}

static void fails(const char *text, const char *part)
{
	type_line(text);
	assert_non_null(strstr(app_prompt(f.app)->error, part));
}

TEST(completion_knows_the_table)
{
	type_line("");
	assert_true(offered("accept") && offered("quit"));
	assert_false(offered("prompt-enter"));
	type_line("acc");
	assert_true(offered("accept"));
	press(APP_KEY_TAB);
	assert_string_equal(app_prompt(f.app)->text, "accept ");
	assert_true(offered("marked") && offered("filtered"));
	type_line("accept sequence tim");
	assert_true(offered("timer-program") && offered("timer-irq"));
	completes("model med", "model median ");
	completes("set th", "set theme ");
	assert_true(offered("mono"));
	type_line("mark vcpu==0 && de");
	assert_true(offered("delay"));
	completes("filter state==rej", "filter state==rejected ");
}

TEST(tab_goes_round)
{
	char first[APP_PROMPT_BYTES];
	uint32_t i, nr;

	type_line("s");
	nr = app_prompt(f.app)->comp_nr;
	assert_true(nr > 2);
	press(APP_KEY_TAB);
	(void)snprintf(first, sizeof(first), "%s", app_prompt(f.app)->text);
	for (i = 0; i < nr; i++)
		press(APP_KEY_TAB);
	assert_string_equal(app_prompt(f.app)->text, first);
	press(APP_KEY_BACKTAB);
	press(APP_KEY_TAB);
	assert_string_equal(app_prompt(f.app)->text, first);
	/* Esc closes the completion, then the prompt. */
	press(APP_KEY_ESC);
	assert_int_equal(app_shown(f.app)->overlay, APP_OVERLAY_COMMAND);
	press(APP_KEY_ESC);
	assert_int_equal(app_shown(f.app)->overlay, APP_OVERLAY_NONE);
}

TEST(previews_say_what_would_happen)
{
	uint32_t accepted, rejected, undecided, nr;
	uint64_t steps;

	steps = vms_session_steps(f.session);
	previews("accept all", "would accept");
	previews("accept", "would accept 1");
	type_line("filter vcpu==1");
	assert_true(sscanf(app_prompt(f.app)->preview, "%u of %*u", &nr) == 1 && nr > 0);
	type_line("filter vcpu==");
	assert_int_equal(app_prompt(f.app)->error_col, 13);
	previews("model band", "offset");
	previews("goto start", "lands at");
	fails("acept", "accept");
	press(APP_KEY_ESC);
	vms_session_counts(f.session, &accepted, &rejected, &undecided);
	assert_int_equal(accepted + rejected, 0);
	assert_int_equal(vms_session_steps(f.session), steps);
}

/* What the line below says of a view is the view that Enter gives. */
TEST(previews_of_views_hold)
{
	static const char *const lines[] = { "zoom whole",	"zoom in",   "zoom 3ms",
					     "zoom start 80us", "pan right", "pan 2ms",
					     "pan -1000s",	"zoom out",  "zoom 1ns",
					     "pan left" };
	const struct vms_clock *c = vms_session_clock(f.session);
	char before[160], span[FMT_SIZE], from[FMT_SIZE], until[FMT_SIZE], want[160];
	struct vms_view old;
	size_t i;

	for (i = 0; i < VMS_ARRAY_NR(lines); i++) {
		type_line(lines[i]);
		assert_string_equal(app_prompt(f.app)->error, "");
		(void)snprintf(before, sizeof(before), "%s", app_prompt(f.app)->preview);
		old = app_view(f.app)->now;
		press(APP_KEY_ENTER);
		(void)snprintf(
			want, sizeof(want), "would show %s: %s to %s",
			fmt_span(c,
				 vms_clock_ns(c, app_view(f.app)->now.w_raw *
							 app_view(f.app)->now.cols),
				 span, sizeof(span)),
			fmt_time(c, app_view(f.app)->now.t0_raw, from, sizeof(from)),
			fmt_time(c,
				 app_view(f.app)->now.t0_raw +
					 app_view(f.app)->now.w_raw * app_view(f.app)->now.cols,
				 until, sizeof(until)));
		if (old.t0_raw == app_view(f.app)->now.t0_raw &&
		    old.w_raw == app_view(f.app)->now.w_raw)
			(void)snprintf(want, sizeof(want), "the view stays as it is");
		assert_string_equal(before, want);
	}
	enter("zoom whole");
	preview_is("zoom whole", "the view stays as it is");
	fails("zoom 3x", "unit");
	type_line("zoom ou"); /* still being typed */
	assert_string_equal(app_prompt(f.app)->error, "");
	press(APP_KEY_ESC);
}

TEST(previews_of_settings_hold)
{
	previews("set density count", "would set density to count, now glyph");
	assert_int_equal(app_prefs(f.app)->density, APP_DENSITY_GLYPH);
	press(APP_KEY_ENTER);
	assert_int_equal(app_prefs(f.app)->density, APP_DENSITY_COUNT);
	previews("set density",
		 "would set density to class, now count"); /* alone it takes the next value */
	press(APP_KEY_ENTER);
	assert_int_equal(app_prefs(f.app)->density, APP_DENSITY_CLASS);
	preview_is("set density=class", "density is class already");
	fails("set density grain", "glyph count class");
	fails("set densitty", "densitty");
	type_line("set densit"); /* still being typed */
	assert_string_equal(app_prompt(f.app)->error, "");
	press(APP_KEY_ESC);
	setting_put(f.app, &app_prefs(f.app)->density, APP_DENSITY_GLYPH);
}

TEST(previews_of_notes_and_muting_hold)
{
	uint32_t nr, left, decided;
	char want[80];

	run("17");
	preview_is("note", "17 has no note");
	preview_is("note first word", "would note this on 17");
	press(APP_KEY_ENTER);
	preview_is("note second", "would note this on 17 in place of: first word");
	preview_is("note", "would clear the note of 17: first word");
	press(APP_KEY_ESC);
	run("undo");

	run("accept filtered");
	nr = vms_session_candidates_nr(f.session);
	type_line("mute timer-irq");
	assert_int_equal(sscanf(app_prompt(f.app)->preview,
				"would leave out timer-irq: %u pairs, %u of them", &left, &decided),
			 2);
	press(APP_KEY_ENTER);
	assert_true(left > 0 && decided > 0 && decided <= left);
	assert_int_equal(vms_session_candidates_nr(f.session), nr - left);
	assert_int_equal(vms_session_parked_nr(f.session), left);
	type_line("mute timer-irq");
	(void)snprintf(want, sizeof(want), "would hear timer-irq again: %u decisions come back",
		       decided);
	assert_string_equal(app_prompt(f.app)->preview, want);
	fails("mute timer-irk", "timer-irk");
	press(APP_KEY_ESC);
	run("undo");
	run("undo");
}

/* The offset cut at marks: what the line below says is what comes, and undo takes it back. */
TEST(previews_of_cuts_hold)
{
	const struct vms_model_result *r;
	char before[160], off[FMT_SIZE];
	int64_t third;

	type_line("model piecewise");
	assert_true(offered("piecewise") || !strcmp(app_prompt(f.app)->text, "model piecewise"));
	fails("model piecewise a b", "mark a is not set");
	press(APP_KEY_ESC);
	assert_int_equal(app_run(f.app, "model piecewise", NULL), -VMS_EUSAGE);
	assert_non_null(strstr(app_messages(f.app)->text, "cut where?"));
	third = app_view(f.app)->first_raw +
		(app_view(f.app)->last_raw - app_view(f.app)->first_raw) / 3;
	view_mark(f.app, 'a', third);
	view_mark(f.app, 'b', 2 * third - app_view(f.app)->first_raw);
	type_line("model piecewise ");
	assert_true(offered("a") && offered("b") && !offered("c"));
	previews("model piecewise a b lsq", "3 pieces of lsq, not rejected: offset");
	(void)snprintf(before, sizeof(before), "%s", app_prompt(f.app)->preview);
	press(APP_KEY_ENTER);
	assert_int_equal(vms_session_model(f.session), VMS_BY_PIECEWISE);
	assert_non_null(strstr(app_messages(f.app)->text, "piecewise: lsq, cut at 2 times"));
	r = vms_session_result(f.session, app_track(f.app), VMS_BY_PIECEWISE,
			       VMS_OVER_NOT_REJECTED);
	assert_non_null(strstr(before, fmt_offset(vms_session_clock(f.session), r->offset_raw, off,
						  sizeof(off))));
	preview_is("model piecewise none", "would take the cuts away: 2 now");
	press(APP_KEY_ESC);
	run("undo");
	assert_non_null(strstr(app_messages(f.app)->text, "the offset is not cut"));
	assert_int_equal(vms_session_model(f.session), VMS_BY_RECORDED);
	assert_int_equal(files_unsaved_nr(f.app), 0);
}

TEST(numbers_go_to_pairs)
{
	struct vms_err err = { 0 };

	run(":17");
	assert_int_equal(app_list(f.app)->sel, 17);
	assert_int_equal(app_run(f.app, "4000000000", &err), -VMS_ENODATA);
	assert_int_equal(app_list(f.app)->sel, 17);
	run(" : goto #18 ");
	assert_int_equal(app_list(f.app)->sel, 18);
	run("");
	run(" # a comment");
	assert_int_equal(app_run(f.app, "nosuchthing", &err), -VMS_EUSAGE);
	assert_non_null(strstr(app_messages(f.app)->text, "nosuchthing"));
}

TEST(history_by_prefix)
{
	enter("sort delay");
	enter("goto start");
	enter("sort time");
	type_line("sort");
	press(APP_KEY_UP);
	assert_string_equal(app_prompt(f.app)->text, "sort time");
	press(APP_KEY_UP);
	assert_string_equal(app_prompt(f.app)->text, "sort delay");
	press(APP_KEY_UP);
	assert_string_equal(app_prompt(f.app)->text, "sort delay");
	press(APP_KEY_DOWN);
	press(APP_KEY_DOWN);
	assert_string_equal(app_prompt(f.app)->text, "sort");
	press(APP_KEY_ESC);
	/* ";" runs the last one again. */
	run("sort residual");
	fixture_keys(f.app, "s");
	fixture_keys(f.app, ";");
	assert_int_equal(app_list(f.app)->sort, APP_SORT_RESIDUAL);
}

TEST(editing_respects_characters)
{
	uint32_t umlaut = 0xe4;

	type_line("ab cd");
	press(APP_KEY_LEFT);
	press(APP_KEY_LEFT);
	press(umlaut);
	assert_string_equal(app_prompt(f.app)->text, "ab \xc3\xa4"
						     "cd");
	press(APP_KEY_BACKSPACE);
	assert_string_equal(app_prompt(f.app)->text, "ab cd");
	press(umlaut);
	press(APP_KEY_LEFT);
	press(APP_KEY_DELETE);
	assert_string_equal(app_prompt(f.app)->text, "ab cd");
	press(APP_CTRL('W'));
	assert_string_equal(app_prompt(f.app)->text, "cd");
	press(APP_CTRL('E'));
	press(APP_CTRL('U'));
	assert_string_equal(app_prompt(f.app)->text, "");
	press(APP_KEY_BACKSPACE);
	assert_int_equal(app_shown(f.app)->overlay, APP_OVERLAY_NONE);
}

TEST(a_line_has_an_end)
{
	char line[2000];
	unsigned int i;

	type_line("");
	for (i = 0; i < 1000; i++)
		press('x');
	assert_true(app_prompt(f.app)->len < APP_PROMPT_BYTES);
	assert_int_equal(strlen(app_prompt(f.app)->text), app_prompt(f.app)->len);
	press(APP_KEY_ESC);
	memset(line, 'y', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	assert_int_equal(app_run(f.app, line, NULL), -VMS_EUSAGE);
}

TEST(filter_prompt_is_live)
{
	uint32_t all, id;

	run("filter");
	all = app_list(f.app)->nr;
	id = app_list(f.app)->sel;
	fixture_keys(f.app, "&vcpu==1");
	assert_true(app_list(f.app)->nr > 0 && app_list(f.app)->nr < all);
	fixture_keys(f.app, " && dea");
	assert_true(app_list(f.app)->nr <= all);
	fixture_keys(f.app, ">3us");
	/* Wrong now: the last good result stays, the error has a column. */
	assert_true(app_prompt(f.app)->error_col >= 0);
	press(APP_KEY_ENTER);
	assert_int_equal(app_shown(f.app)->overlay, APP_OVERLAY_FILTER);
	press(APP_KEY_ESC);
	assert_int_equal(app_list(f.app)->nr, all);
	assert_int_equal(app_list(f.app)->sel, id);
	fixture_keys(f.app, "&vcpu==1\r");
	assert_string_equal(app_list(f.app)->filter_text, "vcpu==1");
	/* It opens with its text selected: typing replaces it, and nothing clears it. */
	fixture_keys(f.app, "&");
	assert_true(app_prompt(f.app)->selected);
	press(APP_KEY_BACKSPACE);
	press(APP_KEY_ENTER);
	assert_int_equal(app_list(f.app)->nr, all);
}

/* A line that writes to the folder; one of them may be in use at a time. */
static const char *write_to(const char *name)
{
	static char line[160];

	(void)snprintf(line, sizeof(line), "write %s", in_folder(name));
	return line;
}

TEST_IN(files_are_completed, folder_make, folder_remove)
{
	static const char *const names[] = { "alpha.anchors", "alps", ".hidden" };
	size_t i;

	for (i = 0; i < 3; i++)
		(void)put_file(names[i], "");
	assert_int_equal(mkdir(in_folder("sub"), 0700), 0);
	type_line(write_to(""));
	assert_int_equal(app_prompt(f.app)->comp_nr, 3);
	assert_true(offered("alpha.anchors") && offered("sub/"));
	type_line(write_to("alph"));
	press(APP_KEY_TAB);
	assert_string_equal(app_prompt(f.app)->text, write_to("alpha.anchors "));
	type_line(write_to("s"));
	press(APP_KEY_TAB);
	assert_string_equal(app_prompt(f.app)->text, write_to("sub/"));
	press(APP_KEY_ESC);
}

UNIT_MAIN(open_demo, close_demo)
