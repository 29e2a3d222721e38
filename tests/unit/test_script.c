// SPDX-License-Identifier: LGPL-2.1-or-later
/* Scripts: commands and keys from text, errors with file and line, limits. */
#include "demo_fixture.h"

#include "app/state/lane_list.h"
#include "app/state/sequences.h"
#include "app/line/bindings.h"
#include "app/commands/script.h"
#include "app/commands/help.h"
#include "app/commands/app_keys.h"
#include "app/commands/command.h"
#include "core/base/util.h"
#include "io/files/files.h"

static int open_headless(void **state)
{
	(void)open_demo(state);
	f.app->opts.headless = true;
	return 0;
}

static void script(const char *text)
{
	struct vms_err err = { 0 };

	if (app_script_text(f.app, "s", text, &err))
		fail_msg("%s: %s", text, err.msg);
}

/* The script runs, and the message has this in the end. */
static void says(const char *text, const char *part)
{
	script(text);
	if (!strstr(app_messages(f.app)->text, part))
		fail_msg("%s gives '%s', not '%s'", text, app_messages(f.app)->text, part);
}

TEST(lines_and_keys)
{
	uint32_t a, r, u;

	script("# a comment\n\n:sort time\nkey a a x\r\n  accept 5\nkey :undo Enter\n");
	vms_session_counts(f.session, &a, &r, &u);
	assert_int_equal(a, 2);
	assert_int_equal(r, 1);
}

TEST(errors_name_the_line)
{
	struct vms_err err = { 0 };

	assert_int_equal(app_script_text(f.app, "my.vms", "sort time\nsort nonsense\naccept all\n",
					 &err),
			 -VMS_EUSAGE);
	assert_non_null(strstr(err.msg, "my.vms:2: "));
	assert_int_equal(app_script_file(f.app, "/nonexistent/file", &err), -VMS_EIO);
	assert_int_equal(app_run(f.app, "save-screen x", &err), -VMS_EUNSUP);
}

/* What a key or command did not do must not read as if it had. */
TEST(nothing_done_is_said)
{
	uint64_t steps;

	script("model recorded\n");
	steps = vms_session_steps(f.session);
	script("model recorded\n");
	assert_int_equal(vms_session_steps(f.session), steps);
	assert_non_null(strstr(app_messages(f.app)->text, "in use already"));
	says("set osc52 off\nkey y\n", "not copied");
	says("screen 1\nkey L\n", "L works in the lanes (Shift-Tab");
	script("key Shift-Tab L\n");
	assert_null(strstr(app_messages(f.app)->text, "works in"));
}

/*
 * What a key changes out of sight is said; what it would change out of sight of its owner is not
 * done.
 */
TEST(unseen_changes_are_said)
{
	struct vms_err err = { 0 };
	uint32_t first;
	int64_t w_raw, cursor_raw;

	script("screen 4\n");
	w_raw = app_view(f.app)->now.w_raw;
	script("key -\n");
	assert_int_not_equal(app_view(f.app)->now.w_raw, w_raw);
	assert_non_null(strstr(app_messages(f.app)->text, "lanes of screen 1: from "));
	first = app_list(f.app)->ids[0];
	(void)app_script_text(f.app, "s", "key s\n", &err);
	assert_int_equal(app_list(f.app)->ids[0], first);
	assert_non_null(strstr(app_messages(f.app)->text, "can be ordered"));
	(void)app_script_text(f.app, "s", "key *\n", &err);
	assert_int_equal(app_list(f.app)->marked_nr, 0);
	says("key Tab\n", "one pane");
	script("key O\n");
	assert_int_equal(app_prefs(f.app)->maximised, 0);
	says("key Ctrl-C\n", "Q quits");
	/* the plots show the whole trace: a step there is a column of theirs */
	cursor_raw = app_view(f.app)->cursor_raw;
	script("fit\nscreen 3\nkey l\n");
	assert_true(app_view(f.app)->cursor_raw - cursor_raw >
		    (app_view(f.app)->last_raw - app_view(f.app)->first_raw) / 200);
	assert_non_null(strstr(app_messages(f.app)->text, "Enter shows it in the lanes"));
	says("screen 1\nwhole\nkey -\n", "whole trace is in view");
	says("density\ndensity\ndensity\n", "density: . 1");
}

/* From nothing to a sequence of one's own in a file, with the keys of its screen. */
TEST(a_sequence_is_found_and_kept)
{
	const struct vms_catalogue *cat = vms_session_catalogue(f.session);
	const uint32_t pairs_nr = vms_session_candidates_nr(f.session);
	struct vms_catalogue kept = { 0 };
	struct vms_err err = { 0 };
	char line[128], *text = NULL;
	unsigned int nr = cat->seqs_nr;

	/* by the help alone, from another screen */
	says("screen 1\nkey ? f i n d Enter\n", "found that the catalogue lacks; + adopts");
	/* what + is about is the first of them, and in sight */
	assert_int_equal(app_shown(f.app)->row[APP_PANE_SEQUENCES].sel, app_sequences_known(f.app));
	says("first\nkey +\n", "is in the catalogue already");
	says("search sched_switch-to\nkey +\n", "pairs: 84; u takes it back");
	cat = vms_session_catalogue(f.session);
	assert_int_equal(cat->seqs_nr, nr + 1);
	assert_string_equal(cat->seqs[nr].name, "sched_switch-to-INTR");
	assert_int_equal(vms_session_candidates_nr(f.session), pairs_nr + 84);
	says("undo\n", "is not there");
	assert_int_equal(vms_session_candidates_nr(f.session), pairs_nr);
	/* Enter shows the pairs of one, too: it is adopted for that */
	says("key Enter\n", "pairs: 84; u takes it back");
	assert_int_equal(app_shown(f.app)->screen, APP_SCREEN_CANDIDATES);
	assert_int_equal(app_list(f.app)->nr, 84);
	/* and back from one of them */
	script("screen 4\nfirst\nscreen 2\nsequence\n");
	assert_int_equal(app_shown(f.app)->screen, APP_SCREEN_SEQUENCES);
	assert_int_equal(app_sequence(f.app, app_shown(f.app)->row[APP_PANE_SEQUENCES].sel).number,
			 app_selected(f.app)->pair.seq);
	script("undo\nfilter\nscreen 4\nfind\nadopt sched_switch-to-INTR\n");
	says("sequence rename sched_switch-to-INTR ipi\n", "ipi pairs: 84");
	/* what is no sequence changes nothing, and says where it is wrong */
	(void)app_script_text(f.app, "s", "sequence set ipi; direction host-to-guest; guest a b\n",
			      &err);
	assert_non_null(strstr(err.msg, "line 3: expected field=number"));
	assert_int_equal(vms_session_candidates_nr(f.session), pairs_nr + 84);
	(void)snprintf(line, sizeof(line), "sequence! write /tmp/vmsync-own-%d\n", (int)getpid());
	says(line, "1 sequence written");
	line[strlen(line) - 1] = '\0';
	assert_int_equal(file_read_text(&text, line + 16, 4096, &err), 0);
	assert_int_equal(vms_catalogue_parse(&kept, text, &err), 0);
	assert_int_equal(kept.seqs_nr, 1);
	assert_string_equal(kept.seqs[0].name, "ipi");
	/* read again it is the same, and what it was before it was renamed */
	memcpy(line, "sequence read  ", 15);
	strcat(line, "\n");
	says(line, "the catalogue has them so already");
	script("undo\nundo\n");
	assert_int_equal(vms_session_candidates_nr(f.session), pairs_nr);
	says(line, "1 sequence read; u takes it back");
	assert_int_equal(vms_session_candidates_nr(f.session), pairs_nr + 84);
	(void)unlink(line + 16);
	free(text);
	vms_catalogue_clear(&kept);
	/* the row as a line to be edited, and what comes of it */
	says("sequence set ipi; direction guest-to-host; guest sched_switch; host "
	     "kvm_exit\n",
	     "ipi pairs: ");
	says("sequence remove ipi\n", "ipi is removed");
	says("undo\nundo\nundo\n", "is not there");
	assert_int_equal(vms_session_candidates_nr(f.session), pairs_nr);
	script("first\nscreen 1\n");
}

/* From a sequence to what speaks against it, and from a pair to its sequence. */
TEST(what_speaks_against_a_sequence)
{
	const char *keyed =
		"sequence set wrong; direction host-to-guest; guest write_msr msr=0x6e0; "
		"host kvm_entry kvm_msr.ecx=0x6e0; key msr = kvm_msr.data\n";
	struct vms_ref first = { .cpu = -1 };
	uint32_t i, nr = 0;

	says("screen 4\nfirst\nkey v\n", "nothing speaks against stretch-first");
	says(keyed, "wrong pairs: 0");
	says("search wrong\nkey v\n", "of 739: no host event has its key");
	assert_int_equal(app_shown(f.app)->screen, APP_SCREEN_MAIN);
	/* the guest event is the first deadline that the guest wrote on that CPU */
	first = app_selected(f.app)->pair.guest_ev;
	for (i = 0; i <= first.idx; i++)
		nr += !strcmp(vms_event_type(f.trace->guests[0].stream,
					     (struct vms_ref){ .cpu = first.cpu, .idx = i })
				      ->name,
			      "write_msr");
	assert_int_equal(nr, 1);
	script("undo\nscreen 4\nfirst\nscreen 2\nkey E\n");
	assert_int_equal(app_shown(f.app)->screen, APP_SCREEN_SEQUENCES);
	assert_int_equal(app_sequence(f.app, app_shown(f.app)->row[APP_PANE_SEQUENCES].sel).number,
			 app_selected(f.app)->pair.seq);
	script("first\nscreen 1\n");
}

/* The focus goes to what is on the screen. */
TEST(focus_is_seen)
{
	struct app_geometry g;

	g = f.app->geo;
	g.details = false;
	app_set_geometry(f.app, &g);
	setting_put(f.app, &app_prefs(f.app)->details, 1);
	shown_focus(f.app, APP_PANE_LIST);
	script("screen 1\nkey Tab\n");
	assert_int_equal(app_shown(f.app)->focus, APP_PANE_LANES);
	g.details = true;
	app_set_geometry(f.app, &g);
	script("key Tab Tab\n");
	assert_int_equal(app_shown(f.app)->focus, APP_PANE_DETAILS);
	script("key Shift-Tab\n");
}

/*
 * Where the selected pair leaves the filter another one is selected, and the message says so.
 */
TEST(a_filter_names_the_new_selection)
{
	char want[40];
	uint32_t was;

	script("screen 1\nfilter\nsort time\nfirst\n");
	was = app_list(f.app)->sel;
	script("key & s e q = = i d l e Enter\n");
	(void)snprintf(want, sizeof(want), "%u does not, %u is selected", was,
		       app_list(f.app)->sel);
	assert_int_not_equal(was, app_list(f.app)->sel);
	assert_non_null(strstr(app_messages(f.app)->text, want));
	says("filter seq==idle\n", "shows all");
	script("filter\n");
}

/* '' without a jump goes nowhere; after one it goes back and forth. */
TEST(jumps_go_back)
{
	struct vms_err err = { 0 };
	struct fixture fresh;
	int64_t from_raw;

	fixture_open(&fresh, "19-idle.dat", NULL);
	from_raw = app_view(fresh.app)->cursor_raw;
	(void)app_script_text(fresh.app, "s", "key ' '\n", &err);
	assert_non_null(strstr(app_messages(fresh.app)->text, "no jump"));
	assert_int_equal(app_view(fresh.app)->cursor_raw, from_raw);
	fixture_close(&fresh);
	from_raw = app_view(f.app)->cursor_raw;
	says("set-mark q\ngoto end\nkey '\n", "go to mark: q;");
	script("key '\n");
	assert_int_equal(app_view(f.app)->cursor_raw, from_raw);
	script("key ' Enter\n");
	assert_int_equal(app_shown(f.app)->overlay, APP_OVERLAY_MARKS);
	script("key Esc\n");
}

/*
 * Which way undo went, and whether it was the note; what a model is worth when nothing is accepted.
 */
TEST(undo_and_models_are_told)
{
	says("clear all\nscreen 1\naccept 5\nundo\n", "undid 5 v0, undecided now");
	says("redo\n", "redid 5 v0, accepted now");
	says("undo\nnote once\nnote twice\nundo\n", "undid the note of");
	assert_non_null(strstr(app_messages(f.app)->text, "now: once"));
	script("undo\nkey :model Space mean\n");
	assert_non_null(strstr(app_prompt(f.app)->preview, "PROVEN WRONG by"));
	says("key Enter\n", "PROVEN WRONG");
	script("undo\n");
}

/* The explanation is of the pair that the next key would decide. */
TEST(explanation_follows_the_pair)
{
	char head[24];

	script("screen 1\nfirst\nkey i a ]\n");
	assert_int_equal(app_shown(f.app)->overlay, APP_OVERLAY_EXPLAIN);
	(void)snprintf(head, sizeof(head), "pair %u ", app_list(f.app)->sel);
	assert_memory_equal(app_text(f.app)->line[0], head, strlen(head));
	script("key Esc\nundo\n");
}

/* / looks through the rows of the screen it is typed on. */
TEST(search_is_of_the_screen)
{
	uint32_t sel;

	sel = app_list(f.app)->sel;
	script("screen 4\nfirst\nsearch ipi-s\n");
	assert_string_equal(vms_session_catalogue(f.session)
				    ->seqs[app_shown(f.app)->row[APP_PANE_SEQUENCES].sel]
				    .name,
			    "ipi-send");
	script("key n\n");
	assert_string_equal(vms_session_catalogue(f.session)
				    ->seqs[app_shown(f.app)->row[APP_PANE_SEQUENCES].sel]
				    .name,
			    "ipi-sandwich");
	script("key n\n");
	assert_string_equal(vms_session_catalogue(f.session)
				    ->seqs[app_shown(f.app)->row[APP_PANE_SEQUENCES].sel]
				    .name,
			    "ipi-send");
	assert_non_null(strstr(app_messages(f.app)->text, "1 of 2 match ipi"));
	script("screen 6\nsearch hull\n");
	assert_string_equal(vms_by_name(app_shown(f.app)->row[APP_PANE_MODELS].sel), "hull");
	script("log find me\nlog not me\nscreen 7\nsearch find\n");
	assert_string_equal(app_messages(f.app)->log[app_shown(f.app)->row[APP_PANE_LOG].sel].text,
			    "find me");
	assert_int_equal(app_list(f.app)->sel, sel);
	script("screen 1\n");
}

/*
 * A key's name typed into the help finds that key, although most rows have the letter in their
 * words.
 */
TEST(help_finds_a_key)
{
	char keys[64], verb[32];
	const char *heading, *help;

	script("screen 1\nkey ? G\n");
	app_help_text(f.app, app_shown(f.app)->over.sel, &heading, keys, sizeof(keys), verb,
		      sizeof(verb), &help);
	assert_string_equal(verb, "last");
	script("key Esc\n");
}

/*
 * What a key says in any pane fits the message row of 80 columns: the end often tells how to take
 * it back.
 */
TEST(messages_fit_80_columns)
{
	static const char *const screens[] = { "1", "2", "3", "4", "5", "6", "7" };
	char line[64], key[24];
	struct vms_err err = { 0 };
	uint32_t i;
	size_t s;

	files_path_set(f.app, "/nonexistent/demo.anchors");
	for (s = 0; s < VMS_ARRAY_NR(screens); s++) {
		for (i = 0; i < f.app->bindings->nr; i++) {
			const struct binding *b = &f.app->bindings->b[i];

			(void)app_key_name(b->key, key, sizeof(key));
			if (b->context == CTX_P || b->context == CTX_K || b->cmd == COMMAND_quit ||
			    b->cmd == COMMAND_back)
				continue;
			(void)snprintf(line, sizeof(line), "screen %s\nkey %s\n", screens[s], key);
			(void)app_script_text(f.app, "s", line, &err);
			if (strlen(app_messages(f.app)->text) > 79)
				fail_msg("screen %s, key %s: %s", screens[s], key,
					 app_messages(f.app)->text);
			(void)app_script_text(f.app, "s", "key Esc Esc Esc\n", &err);
		}
	}
	loop_served(f.app, ~0u);
}

/*
 * On a screen without the pair a decision is about one that was seen, and the next about none.
 */
TEST(no_decision_on_a_pair_unseen)
{
	const uint32_t a_key = 'a';
	struct vms_err err = { 0 };
	uint32_t before, after, r, u;

	/* what the keys of the tests before muted */
	while (vms_session_steps(f.session))
		script("undo\n");
	script("filter\nunmark\nscreen 1\nfirst\nnext-undecided\n");
	f.app->opts.headless = false;
	app_frame_drawn(f.app);
	assert_int_equal(app_run(f.app, "screen 6", &err), 0);
	app_frame_drawn(f.app);
	vms_session_counts(f.session, &before, &r, &u);
	assert_int_equal(app_keys(f.app, &a_key, 1), 1);
	app_frame_drawn(f.app);
	assert_int_equal(app_keys(f.app, &a_key, 1), 1);
	vms_session_counts(f.session, &after, &r, &u);
	assert_int_equal(after, before + 1);
	assert_non_null(strstr(app_messages(f.app)->text, "has not been on the screen"));
	assert_int_equal(app_run(f.app, "screen 1", &err), 0);
	app_frame_drawn(f.app);
	assert_int_equal(app_keys(f.app, &a_key, 1), 1);
	vms_session_counts(f.session, &after, &r, &u);
	assert_int_equal(after, before + 2);
	f.app->opts.headless = true;
	script("undo\nundo\n");
}

/* With several guests a vCPU's number alone tells nothing, and what is shown can be typed. */
TEST(several_guests_are_told_apart)
{
	struct fixture two = { 0 };
	struct vms_err err = { 0 };
	char line[64];
	uint32_t i, found = 0;

	(void)fixture_try(&two, "05-two-guests.dat", NULL);
	if (!two.app)
		skip();
	two.app->opts.headless = true;
	assert_int_equal(app_script_text(two.app, "s", "binding\n", &err), 0);
	assert_non_null(strstr(app_messages(two.app)->text, " of vm"));
	assert_int_equal(app_script_text(two.app, "s", "explain\n", &err), 0);
	(void)snprintf(line, sizeof(line), "%s #%d",
		       app_lane_name(two.app, app_selected(two.app)->pair.guest,
				     (unsigned int)app_selected(two.app)->pair.guest_ev.cpu),
		       (int)app_selected(two.app)->pair.guest_ev.idx);
	assert_memory_equal(line, "vm", 2); /* the guests' names: vm1, vm2 */
	for (i = 0; i < app_text(two.app)->nr; i++)
		found += strstr(app_text(two.app)->line[i], line) != NULL;
	assert_int_equal(found, 1);
	fixture_close(&two);
}

struct stay {
	int vcpu, tid;
	int64_t from, to;
};

/* Who ran which vCPU when, as the simulator wrote it. */
static unsigned int stays_read(const char *folder, struct stay *stays, unsigned int most)
{
	char path[128], text[8192];
	unsigned int nr = 0;
	const char *at = text;
	long long from, to;
	size_t size;
	FILE *file;
	int tid;

	(void)snprintf(path, sizeof(path), "%s/w.truth.json", folder);
	file = fopen(path, "r");
	assert_non_null(file);
	size = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	text[size] = '\0';
	while ((at = strstr(at, "{\"tid\": ")) && nr < most) {
		assert_int_equal(sscanf(at, "{\"tid\": %d, \"from\": %lld, \"to\": %lld", &tid,
					&from, &to),
				 3);
		stays[nr] = (struct stay){ (int)nr / 2, tid, from, to };
		nr++;
		at++;
	}
	return nr;
}

/* Where a thread is named it is one of the vCPU's, and the one that ran it at that time. */
static unsigned int check_binding(const struct app *app, const struct stay *stays, unsigned int nr)
{
	const char *text = app_messages(app)->text;
	const char *thread = strstr(text, ", thread "), *vcpu = strstr(text, "vCPU ");
	const int64_t host_raw = app_view(app)->cursor_raw;
	unsigned int i;

	assert_true(thread && vcpu);
	for (i = 0; i < nr && stays[i].tid != atoi(thread + 9); i++)
		;
	assert_true(i < nr);
	assert_int_equal(stays[i].vcpu, atoi(vcpu + 5));
	assert_in_range(host_raw, stays[i].from, stays[i].to);
	return i;
}

TEST(what_binds_names_the_thread_that_ran)
{
	const char *sim = getenv("VMSYNC_SIM"), *old = getenv("VMSYNC_RECORDINGS");
	char folder[] = "/tmp/vmsync-script-XXXXXX", line[512], before[512];
	bool seen[4] = { false };
	unsigned int i, facts;

	if (!sim)
		skip();
	assert_non_null(mkdtemp(folder));
	(void)snprintf(before, sizeof(before), "%s", old ? old : "");
	(void)setenv("VMSYNC_RECORDINGS", folder, 1);
	for (facts = 0; facts < 2; facts++) {
		struct stay stays[4];
		struct fixture two = { 0 };
		struct vms_err err = { 0 };

		(void)snprintf(
			line, sizeof(line),
			"'%s' seed=7 pcpus=4 vcpus=2 seconds=0.3 clock=tsc sync=kvm facts=%u "
			"migrate=0.15:0.01 '%s/w'",
			sim, facts, folder);
		assert_int_equal(system(line), 0);
		assert_int_equal(stays_read(folder, stays, 4), 4);
		assert_true(fixture_try(&two, "w.dat", NULL));
		two.app->opts.headless = true;
		for (i = 0; i < 12; i++) {
			assert_int_equal(app_script_text(two.app, "s", "binding\n", &err), 0);
			seen[check_binding(two.app, stays, 4)] = true;
		}
		fixture_close(&two);
	}
	(void)setenv("VMSYNC_RECORDINGS", before, 1);
	(void)snprintf(line, sizeof(line), "rm -r '%s'", folder);
	assert_int_equal(system(line), 0);
	assert_true(seen[0] && seen[1] && seen[2] && seen[3]);
}

TEST(scripts_end)
{
	char path[] = "/tmp/vmsync-script-XXXXXX";
	struct vms_err err = { 0 };
	int fd;
	FILE *s;

	fd = mkstemp(path);
	assert_true(fd >= 0);
	s = fdopen(fd, "w");
	(void)fprintf(s, "source %s\n", path);
	(void)fclose(s);
	assert_int_equal(app_script_file(f.app, path, &err), -VMS_EUSAGE);
	(void)unlink(path);
	/* To find nothing is an answer; a pair that does not exist is a mistake. */
	script("last\nnext\nsearch nosuchevent\nview-forward\n");
	assert_int_equal(app_script_text(f.app, "s", "fit 4000000\n", &err), -VMS_ENODATA);
	/* quit stops a script: what follows is not run. */
	script("quit\nnonsense\n");
	assert_int_equal(app_loop(f.app)->request & APP_REQUEST_QUIT, APP_REQUEST_QUIT);
	loop_served(f.app, ~0u);
}

UNIT_MAIN(open_headless, close_demo)
