// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the commands that find sequences, and make, change and write those of the session. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands/cmd_change.h"
#include "app/commands/cmd_file.h"
#include "app/commands/cmd_jump.h"
#include "app/commands/cmd_list.h"
#include "app/commands/cmd_sequence.h"
#include "app/commands/command.h"
#include "app/commands/overlays.h"
#include "app/state/list.h"
#include "app/state/messages.h"
#include "app/state/sequences.h"
#include "app/state/shown.h"
#include "app/commands/panes.h"
#include "app/words/format.h"
#include "core/base/util.h"
#include "core/pair/sequence_text.h"
#include "io/files/files.h"

/* A block is written by hand: more than this is none. */
#define EDITED_BYTES_MAX (1u << 16)

int cmd_find(struct app *app, const struct app_args *args, struct vms_err *err)
{
	(void)args;
	(void)err;
	screen_set(app, APP_SCREEN_SEQUENCES);
	found_want(app);
	return 0;
}

static uint64_t pairs_of(const struct app *app, unsigned int seq)
{
	uint64_t nr = 0;
	unsigned int t;

	for (t = 0; t < vms_session_tracks_nr(app->session); t++)
		if (vms_session_track(app->session, t)->seqs)
			nr += vms_session_track(app->session, t)->seqs[seq].pairs;
	return nr;
}

/* @show: go to its pairs */
static void changed_said(struct app *app, const struct vms_effect *effect, uint64_t show)
{
	const unsigned int seq = effect->change->sequence.seq;
	const struct vms_sequence *now = &vms_session_catalogue(app->session)->seqs[seq];
	const uint64_t pairs_nr = pairs_of(app, seq);
	char expr[128];

	if (show) {
		(void)snprintf(expr, sizeof(expr), "seq==%.100s", now->name);
		screen_set(app, APP_SCREEN_CANDIDATES);
		(void)filter_set(app, expr, NULL);
	}
	if (now->removed)
		app_say(app, APP_NOTE, "%s is removed; u takes it back", now->name);
	else
		app_say(app, APP_NOTE,
			"%s pairs: %llu; u takes it back, :sequence write FILE keeps it", now->name,
			(unsigned long long)pairs_nr);
}

static int change(struct app *app, unsigned int seq, const char *text, const char *name, bool show,
		  struct vms_err *err)
{
	struct change_ask ask = { .change = { .kind = VMS_CHANGE_SEQUENCE },
				  .before = show,
				  .said = changed_said };
	char *own = vms_strdup(text);
	char doing[128];
	int ret;

	if (text && !own)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	ask.change.sequence.seq = seq;
	ask.change.sequence.text = own;
	(void)snprintf(doing, sizeof(doing), "forming the pairs of %s", fmt_cut(name, 60, BUF(61)));
	ret = change_ask(app, &ask, doing, err);
	free(own);
	return ret;
}

/* The row of screen 4, or that of a name. */
static struct app_sequence row_of(const struct app *app, const char *name)
{
	uint32_t i;

	if (!name)
		return app_shown(app)->screen == APP_SCREEN_SEQUENCES
			       ? app_sequence(app, app_shown(app)->row[APP_PANE_SEQUENCES].sel)
			       : (struct app_sequence){ .number = -1 };
	for (i = 0; i < app_sequences_nr(app); i++)
		if (!strcmp(app_sequence(app, i).seq->name, name))
			return app_sequence(app, i);
	return (struct app_sequence){ .number = -1 };
}

int cmd_adopt(struct app *app, const struct app_args *args, struct vms_err *err)
{
	const struct app_sequence at = row_of(app, args->argc ? args->argv[0] : NULL);

	if (!at.found)
		return vms_fail(err, VMS_EUSAGE,
				at.seq ? "%s is in the catalogue already; d looks for others"
				       : "nothing was found%s that could be adopted; d looks",
				at.seq ? at.seq->name : "");
	return sequence_adopt(app, at.found, false, err);
}

int sequence_adopt(struct app *app, const struct vms_found *found, bool show, struct vms_err *err)
{
	return change(app, VMS_SEQUENCE_NEW, found->text, found->name, show, err);
}

/* The block as one line: its lines separated by ";". */
static void as_line(struct text *out, const struct vms_sequence *seq)
{
	struct text block = { 0 };
	const char *p;

	vms_sequence_text(&block, seq);
	text_add(out, "sequence set ", 13);
	for (p = block.p ? block.p + strlen("sequence ") : ""; *p; p++) {
		if (*p == '\n' && !p[1])
			break;
		if (*p == '\n')
			text_add(out, "; ", 2);
		else if (*p != '\t')
			text_add(out, *p == ';' ? "," : p, 1);
	}
	out->bad |= block.bad;
	free(block.p);
}

static int edit_line(struct app *app, struct vms_err *err)
{
	const struct app_sequence at = row_of(app, NULL);
	struct text line = { 0 };
	int ret = 0;

	if (!at.seq)
		return vms_fail(err, VMS_EUSAGE,
				"sequence set <name>; direction ..; guest ..; host ..");
	as_line(&line, at.seq);
	if (line.bad)
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	else if (line.nr >= APP_PROMPT_BYTES)
		ret = vms_fail(err, VMS_EUSAGE,
			       "its text is too long for the prompt; :sequence edit opens it "
			       "in $EDITOR");
	else
		overlay_open(app, APP_OVERLAY_COMMAND, line.p);
	free(line.p);
	return ret;
}

/* "NAME; guest ..; host ..": lines of a block. */
static int set_line(struct app *app, const char *line, struct vms_err *err)
{
	struct text block = { 0 };
	const char *name = strncmp(line, "sequence ", 9) ? line : line + 9;
	char first[128];
	int seq, ret;

	text_printf(&block, "sequence %.*s\n", (int)strcspn(name, ";"), name);
	(void)snprintf(first, sizeof(first), "%.*s", (int)strcspn(name, "; "), name);
	for (line = name + strcspn(name, ";"); *line; line += strcspn(line, ";")) {
		line++;
		text_printf(&block, "\t%.*s\n", (int)strcspn(line, ";"), line);
	}
	seq = vms_sequence_find(vms_session_catalogue(app->session), first);
	ret = block.bad ? vms_fail(err, VMS_ENOMEM, "out of memory")
			: change(app, seq < 0 ? VMS_SEQUENCE_NEW : (unsigned int)seq, block.p,
				 first, false, err);
	free(block.p);
	return ret;
}

/* Its block in the person's editor; where it cannot be understood the text stays in the file. */
static int edit_block(struct app *app, const struct app_sequence *at, struct vms_err *err)
{
	struct vms_err mistake = { 0 };
	struct text block = { 0 };
	char *path = NULL, *text = NULL;
	int ret = 0;

	if (!app->opts.edit || !app->opts.state_dir)
		return vms_fail(err, VMS_EUNSUP, "there is no screen to edit on");
	vms_sequence_text(&block, at->seq);
	if (block.bad || asprintf(&path, "%s/edited.sequence", app->opts.state_dir) < 0)
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	if (!ret)
		ret = file_make_folders(app->opts.state_dir, err);
	if (!ret)
		ret = file_replace(path, block.p, block.nr, false, err);
	if (!ret)
		ret = app->opts.edit(app->opts.user, path, err);
	if (!ret)
		ret = file_read_text(&text, path, EDITED_BYTES_MAX, err);
	if (!ret) {
		ret = change(app, at->number < 0 ? VMS_SEQUENCE_NEW : (unsigned int)at->number,
			     text, at->seq->name, false, &mistake);
		if (ret)
			(void)vms_fail(err, -ret, "%s; the text is kept in %s", mistake.msg, path);
	}
	free(text);
	free(path);
	free(block.p);
	return ret;
}

static int rename_it(struct app *app, const struct app_sequence *at, const char *name,
		     struct vms_err *err)
{
	struct vms_sequence renamed = *at->seq;
	struct text block = { 0 };
	char copy[128];
	int ret;

	(void)snprintf(copy, sizeof(copy), "%s", name);
	renamed.name = copy;
	vms_sequence_text(&block, &renamed);
	ret = block.bad ? vms_fail(err, VMS_ENOMEM, "out of memory")
			: change(app, (unsigned int)at->number, block.p, name, false, err);
	free(block.p);
	return ret;
}

static int write_own(struct app *app, const char *path, const struct app_args *args,
		     struct vms_err *err)
{
	const struct vms_catalogue *cat = vms_session_catalogue(app->session);
	struct text out = { 0 };
	unsigned int i, nr = 0;
	int ret;

	text_printf(&out, "# vmsync-sequences 1\n");
	for (i = 0; i < cat->seqs_nr; i++) {
		if (cat->seqs[i].removed || !vms_session_sequence_own(app->session, i))
			continue;
		text_printf(&out, "\n");
		vms_sequence_text(&out, &cat->seqs[i]);
		nr++;
	}
	if (!nr)
		ret = vms_fail(err, VMS_EUSAGE,
			       "no sequence is the session's own: d finds some, + adopts one");
	else if (out.bad)
		ret = vms_fail(err, VMS_ENOMEM, "out of memory");
	else
		ret = file_asked_spare(app, path, args, err);
	if (!ret)
		ret = file_replace(path, out.p, out.nr, true, err);
	free(out.p);
	if (!ret)
		app_say(app, APP_GOOD, "%u sequence%s written to %s, for --sequences", nr,
			fmt_s(nr), path);
	return ret;
}

static int read_next(struct app *app, struct vms_err *err);

static void read_said(struct app *app, const struct vms_effect *effect, uint64_t before)
{
	struct vms_err err = { 0 };

	(void)effect;
	(void)before;
	if (read_next(app, &err))
		app_say(app, APP_BAD, "%s", err.msg);
}

/* Of the session as it is then: a row of the same name is replaced, the same row left alone. */
static bool is_there(const struct app *app, unsigned int seq, const char *text)
{
	const struct vms_catalogue *cat = vms_session_catalogue(app->session);
	struct text now = { 0 };
	bool same = false;

	if (seq < cat->seqs_nr && !cat->seqs[seq].removed) {
		vms_sequence_text(&now, &cat->seqs[seq]);
		same = !now.bad && !strcmp(now.p, text);
	}
	free(now.p);
	return same;
}

/* One after another: each change forms its pairs, beside the screen where that takes long. */
static int read_next(struct app *app, struct vms_err *err)
{
	struct app_reading *reading = sequences_reading(app);
	int ret = 0;

	while (reading->next < reading->cat.seqs_nr && !ret) {
		const struct vms_sequence *seq = &reading->cat.seqs[reading->next++];
		const int at = vms_sequence_find(vms_session_catalogue(app->session), seq->name);
		struct change_ask ask = { .change = { .kind = VMS_CHANGE_SEQUENCE },
					  .said = read_said };
		struct text block = { 0 };

		vms_sequence_text(&block, seq);
		ask.change.sequence.seq = at < 0 ? VMS_SEQUENCE_NEW : (unsigned int)at;
		ask.change.sequence.text = block.p;
		if (block.bad)
			ret = vms_fail(err, VMS_ENOMEM, "out of memory");
		else if (!is_there(app, ask.change.sequence.seq, block.p)) {
			reading->made++;
			ret = change_ask(app, &ask, "forming the pairs of what was read", err);
			free(block.p);
			return ret;
		}
		free(block.p);
	}
	if (!ret && reading->made)
		app_say(app, APP_GOOD, "%u sequence%s read; u takes %s back", reading->made,
			fmt_s(reading->made), reading->made == 1 ? "it" : "one after another");
	else if (!ret)
		app_say(app, APP_NOTE, "nothing new: the catalogue has them so already");
	return ret;
}

/* What "sequence write" wrote, or a person: all of it is understood, or nothing changes. */
static int read_file(struct app *app, const char *path, struct vms_err *err)
{
	struct app_reading *reading = sequences_reading(app);
	char *text = NULL;
	int ret = file_read_text(&text, path, EDITED_BYTES_MAX, err);

	vms_catalogue_clear(&reading->cat);
	*reading = (struct app_reading){ .next = 0 };
	if (!ret)
		ret = vms_catalogue_parse(&reading->cat, text, err);
	if (ret && text)
		(void)vms_fail_at(err, ret, "%s", path);
	if (!ret && !reading->cat.seqs_nr)
		ret = vms_fail(err, VMS_EUSAGE, "%s: no sequence is in it", path);
	free(text);
	return ret ? ret : read_next(app, err);
}

int cmd_against(struct app *app, const struct app_args *args, struct vms_err *err)
{
	struct app_sequence at;

	fitness_want(app);
	at = row_of(app, args->argc ? args->argv[0] : NULL);
	if (!at.seq)
		return vms_fail(err, VMS_EUSAGE, "which sequence? against <seq>");
	return jump_against(app, &at, err);
}

/* To what is said of its sequence. */
int cmd_pair_sequence(struct app *app, struct vms_err *err)
{
	const struct vms_candidate *pair = app_selected(app);
	uint32_t row, nr;

	if (!pair)
		return vms_fail(err, VMS_EUSAGE, "no pair is selected");
	screen_set(app, APP_SCREEN_SEQUENCES);
	nr = app_sequences_nr(app);
	for (row = 0; row < nr && app_sequence(app, row).number != pair->pair.seq; row++)
		;
	if (row < nr)
		pane_move(app, (int64_t)row - app_shown(app)->row[APP_PANE_SEQUENCES].sel);
	return 0;
}

int cmd_sequence(struct app *app, const struct app_args *args, struct vms_err *err)
{
	const char *what = args->argc ? args->argv[0] : "";
	const char *rest = args->text + strcspn(args->text, " ");
	struct app_sequence at;

	rest += strspn(rest, " ");
	if (!args->argc)
		return app_shown(app)->screen == APP_SCREEN_SEQUENCES ? edit_line(app, err)
								      : cmd_pair_sequence(app, err);
	if (!strcmp(what, "set") && *rest)
		return set_line(app, rest, err);
	if (!strcmp(what, "write") && *rest)
		return write_own(app, rest, args, err);
	if (!strcmp(what, "read") && *rest)
		return read_file(app, rest, err);
	at = row_of(app, args->argc > 1 ? args->argv[1] : NULL);
	if (!strcmp(what, "edit") && at.seq)
		return edit_block(app, &at, err);
	if (!strcmp(what, "remove") && at.number >= 0)
		return change(app, (unsigned int)at.number, NULL, at.seq->name, false, err);
	if (!strcmp(what, "rename") && at.number >= 0 && args->argc > 2)
		return rename_it(app, &at, args->argv[2], err);
	return vms_fail(
		err, VMS_EUSAGE,
		!strcmp(what, "remove") || !strcmp(what, "rename") || !strcmp(what, "edit")
			? "there is no such sequence, or no new name: sequence %s <seq>%s"
			: "sequence %s: it is edit, set, rename, remove, write or read, and of "
			  "what%s",
		what, !strcmp(what, "rename") ? " <name>" : "");
}
