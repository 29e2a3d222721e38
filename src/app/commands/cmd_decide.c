// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Knows the commands that change what a saved file would hold: decisions, notes, the model; undo
 * and redo.
 */
#include <stdio.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands/cmd_decide.h"
#include "app/commands/cmd_change.h"
#include "app/words/candidate.h"
#include "app/words/verdict.h"
#include "app/state/loop.h"
#include "app/state/settings.h"
#include "app/state/messages.h"
#include "app/state/lane_list.h"
#include "app/state/list.h"
#include "app/commands/overlays.h"
#include "app/filter/filter.h"
#include "app/words/format.h"
#include "app/state/persist.h"
#include "app/state/shown.h"
#include "core/base/printable.h"
#include "core/base/util.h"
#include "app/commands/command.h"
#include "app/worker.h"

/* Which candidates a decision is about. */
struct chosen {
	uint32_t *ids;
	uint32_t nr;
	uint32_t kept; /* decided the other way by hand, left alone */
	bool set;      /* named as a set: impossible ones are left out */
	bool here;     /* the marks or the selection: step on afterwards */
};

static int choose_one(struct chosen *c, uint32_t id)
{
	c->ids = vms_calloc(1, sizeof(*c->ids));
	if (!c->ids)
		return -VMS_ENOMEM;
	c->ids[c->nr++] = id;
	return 0;
}

static int choose_marked(const struct app *app, struct chosen *chosen)
{
	uint32_t nr = vms_session_candidates_nr(app->session), i;

	chosen->ids = vms_calloc(app_list(app)->marked_nr, sizeof(*chosen->ids));
	if (!chosen->ids)
		return -VMS_ENOMEM;
	for (i = 0; i < nr && chosen->nr < app_list(app)->marked_nr; i++) {
		uint32_t id = vms_session_candidate(app->session, i)->id;

		if (app_marked(app, id))
			chosen->ids[chosen->nr++] = id;
	}
	chosen->set = chosen->nr > 1;
	return 0;
}

/*
 * All that match. A pair that was decided the other way stays as it is, unless the expression
 * speaks of the state: "accept all" after rejecting three by hand must not undo that.
 */
static int choose_matching(const struct app *app, struct chosen *chosen,
			   const struct app_filter *filter, bool any_state, enum vms_state state)
{
	uint32_t nr = vms_session_candidates_nr(app->session), i;

	chosen->ids = vms_calloc(nr ? nr : 1, sizeof(*chosen->ids));
	if (!chosen->ids)
		return -VMS_ENOMEM;
	for (i = 0; i < nr; i++) {
		const struct vms_candidate *x = vms_session_candidate(app->session, i);

		const enum vms_state was = vms_session_state(app->session, x);

		if (!filter_match(filter, app->session, x))
			continue;
		if (state != VMS_UNDECIDED && was != VMS_UNDECIDED && was != state && !any_state)
			chosen->kept++;
		else
			chosen->ids[chosen->nr++] = x->id;
	}
	chosen->set = true;
	return 0;
}

static int choose_expr(const struct app *a, struct chosen *c, const char *expr,
		       enum vms_state state, struct vms_err *err)
{
	struct app_filter *f = NULL;
	int ret, col;

	ret = filter_parse(&f, expr, a->session, &col, err);
	if (ret)
		return ret;
	ret = choose_matching(a, c, f, strstr(expr, "state") != NULL, state);
	filter_free(f);
	if (!ret && !c->nr && !c->kept) {
		free(c->ids);
		ret = vms_fail(err, VMS_ENODATA, "no pair matches %.200s", expr);
	}
	return ret;
}

static int choose_sequence(const struct app *app, struct chosen *chosen, const char *text,
			   enum vms_state state, struct vms_err *err)
{
	char expr[APP_PROMPT_BYTES + 32];
	size_t n = strcspn(text, " ");

	if (!n)
		return vms_fail(err, VMS_EUSAGE, "which sequence? screen 4 lists them");
	(void)snprintf(expr, sizeof(expr), "seq==%.*s%s%s%s", (int)n, text, text[n] ? " && (" : "",
		       text + n, text[n] ? ")" : "");
	return choose_expr(app, chosen, expr, state, err);
}

static int choose(const struct app *app, struct chosen *chosen, const char *text,
		  enum vms_state state, struct vms_err *err)
{
	size_t n = strcspn(text, " ");
	char *end;
	unsigned long id;

	if (!text[0] && !app_list(app)->marked_nr && app_list(app)->sel == VMS_ID_NONE)
		return vms_fail(err, VMS_EUSAGE, "no pair is selected");
	if (!text[0]) {
		chosen->here = true;
		return app_list(app)->marked_nr ? choose_marked(app, chosen)
						: choose_one(chosen, app_list(app)->sel);
	}
	if (!strcmp(text, "marked")) {
		chosen->here = true;
		return app_list(app)->marked_nr ? choose_marked(app, chosen)
						: vms_fail(err, VMS_EUSAGE, "no pair is marked");
	}
	if (!strcmp(text, "filtered"))
		return choose_matching(app, chosen, app_list(app)->filter,
				       strstr(app_list(app)->filter_text, "state") != NULL, state);
	if (!strcmp(text, "all"))
		return choose_matching(app, chosen, NULL, false, state);
	if (n == 8 && !strncmp(text, "sequence", n))
		return choose_sequence(app, chosen, text + n + strspn(text + n, " "), state, err);
	id = strtoul(text + (text[0] == '#'), &end, 10);
	if (!*end && isdigit((unsigned char)end[-1]))
		return id < VMS_ID_NONE && app_candidate(app, (uint32_t)id)
			       ? choose_one(chosen, (uint32_t)id)
			       : vms_fail(err, VMS_ENODATA, "there is no pair %s", text);
	return choose_expr(app, chosen, text, state, err);
}

/* What an estimate still needs: pairs of the other direction, or more of them. */
static const char *needs_text(const struct vms_model_result *result, char *buf, size_t size)
{
	unsigned int nr;

	buf[0] = '\0';
	if (result->bound)
		(void)snprintf(buf, size, "; bound: needs %s",
			       dir_text(result->bound > 0 ? VMS_HOST_TO_GUEST : VMS_GUEST_TO_HOST));
	else if (sscanf(result->se_why, "needs %u anchors each way", &nr) == 1)
		(void)snprintf(buf, size, "; needs %u each way", nr);
	else if (!isfinite(result->se_raw) && result->se_why[0])
		(void)snprintf(buf, size, "; se %.40s", result->se_why);
	return buf;
}

/* What became of the fit that decisions move, by its name; "=" begins a value, "moves" a change. */
static const char *figures_text(const struct app *app, const struct vms_effect *effect, char *buf,
				size_t size)
{
	const struct vms_clock *clock = vms_session_clock(app->session);
	const struct vms_model_result *result =
		effect->track < vms_session_tracks_nr(app->session)
			? vms_session_result(app->session, effect->track, effect->by,
					     VMS_OVER_ACCEPTED)
			: NULL;
	struct vms_effect told = *effect;
	char figures[96], needs[64];

	buf[0] = '\0';
	if (!result)
		return buf;
	if (result->bound) /* how pairs of one direction scatter is no error of an offset */
		told.se_before_ns = told.se_after_ns = NAN;
	if (!*moves_text(clock, &told, figures, sizeof(figures)) && result->available)
		(void)snprintf(figures, sizeof(figures), "%s = %s", vms_by_name(effect->by),
			       fmt_offset(clock, result->offset_raw, BUF(64)));
	else if (!result->available)
		(void)snprintf(figures, sizeof(figures), "%s %.50s", vms_by_name(effect->by),
			       result->why_not);
	(void)snprintf(buf, size, "%s%s", figures,
		       result->available ? needs_text(result, needs, sizeof(needs)) : "");
	return buf;
}

/* Which pair, of which vCPU and direction: the panel keeps it while the selection goes on. */
static void decided_what(const struct app *app, const struct vms_effect *effect, char *buf,
			 size_t size)
{
	const struct vms_candidate *cand =
		effect->nr == 1 ? app_candidate(app, effect->first_id) : NULL;
	const bool step = !strcmp(effect->verb, "undid") || !strcmp(effect->verb, "redid");

	if (cand)
		(void)snprintf(buf, size, "%s %u %s%s%s%s", effect->verb, effect->first_id,
			       app_vcpu_short(app, vms_session_track(app->session, cand->track),
					      BUF(APP_SHORT_CHARS)),
			       step ? ", " : " ",
			       step ? state_name(vms_session_state(app->session, cand))
				    : dir_text(cand->pair.dir),
			       step ? " now" : "");
	else
		(void)snprintf(buf, size, "%s %u pair%s", effect->verb, effect->nr,
			       fmt_s(effect->nr));
}

static const char *effect_text(const struct app *app, const struct vms_effect *effect, char *buf,
			       size_t size)
{
	const struct vms_candidate *cand =
		effect->nr == 1 ? app_candidate(app, effect->first_id) : NULL;
	const bool accepted = cand && vms_session_state(app->session, cand) == VMS_ACCEPTED;
	char what[96], figures[200], left[48] = "", note[64] = "";

	decided_what(app, effect, what, sizeof(what));
	if (effect->skipped_impossible)
		(void)snprintf(left, sizeof(left), "; %u impossible left out",
			       effect->skipped_impossible);
	if (accepted && (cand->flags & VMS_CAND_IMPOSSIBLE))
		(void)snprintf(note, sizeof(note), " IMPOSSIBLE at every offset in the band");
	else if (accepted && vms_session_rival(app->session, cand) != VMS_ID_NONE)
		(void)snprintf(note, sizeof(note), " (rival %u has the same guest event)",
			       vms_session_rival(app->session, cand));
	(void)figures_text(app, effect, figures, sizeof(figures));
	/*
	 * what is wrong with a pair comes before what it changed: the end is what a narrow screen
	 * cuts
	 */
	(void)snprintf(buf, size, "%s%s%s%s%s", what, note, figures[0] ? ": " : "", figures, left);
	return buf;
}

static int decided(struct app *app, bool fresh, struct vms_err *err)
{
	files_decided(app, fresh);
	return list_decided(app, err);
}

static void say_decision(struct app *app, enum app_severity severity, const char *text,
			 const char *more)
{
	app_say(app, severity, "%s%s", text, more);
	messages_decided(app);
}

static void advance(struct app *app)
{
	uint32_t row;

	if (!app_prefs(app)->advance)
		return;
	row = list_step(app, app_list(app)->sel_row, 1, list_is_undecided);
	if (row == VMS_ID_NONE)
		row = list_step(app, VMS_ID_NONE, 1, list_is_undecided);
	if (row != VMS_ID_NONE)
		list_select_row(app, row);
}

int cmd_decide(struct app *app, const struct app_args *args, struct vms_err *err)
{
	const enum vms_state state = (enum vms_state)args->row->what;
	struct chosen chosen = { 0 };
	struct vms_effect effect;
	char text[320], kept[64] = "";
	uint32_t before = app_list(app)->sel;
	int ret;

	if (args->key && !args->text[0] && app_shown(app)->screen == APP_SCREEN_SEQUENCES)
		return vms_fail(
			err, VMS_EUSAGE,
			"no pair is on this screen: 1 has them; :%s sequence NAME is of all of "
			"one",
			args->row->id);
	ret = choose(app, &chosen, args->text, state, err);
	if (ret)
		return ret;
	ret = vms_session_decide(app->session, chosen.ids, chosen.nr, state, chosen.set, &effect,
				 err);
	free(chosen.ids);
	if (ret)
		return ret;
	if (chosen.kept)
		(void)snprintf(kept, sizeof(kept), "; %u decided otherwise stay", chosen.kept);
	if (chosen.here)
		list_unmark(app);
	ret = decided(app, true, err);
	if (ret)
		return ret;
	if (chosen.here && args->key)
		loop_hold(app);
	/* Where a filter took the decided pair away, the list has moved on already. */
	if (chosen.here && app_list(app)->sel == before)
		advance(app);
	if (!effect.nr && !effect.skipped_impossible && !chosen.kept && chosen.nr == 1)
		app_hint(app, APP_NOTE, "nothing changed: %u is %s already", before,
			 state_name(state));
	else
		say_decision(app, effect.skipped_impossible ? APP_WARN : APP_GOOD,
			     effect_text(app, &effect, text, sizeof(text)), kept);
	return 0;
}

void decide_preview(struct app *app, int cmd, const char *rest, char *buf, size_t size)
{
	static const char *const verbs[] = { "clear", "accept", "reject" };
	const enum vms_state state = (enum vms_state)commands[cmd].what;
	struct vms_effect effect;
	struct vms_err why = { 0 };
	struct chosen chosen = { 0 };
	char figures[96] = "";
	uint32_t i, nr = 0, impossible = 0;

	if (choose(app, &chosen, rest, state, &why)) {
		(void)snprintf(buf, size, "%s", why.msg);
		return;
	}
	/* as the decision itself counts: what is so already does not change */
	for (i = 0; i < chosen.nr; i++) {
		const struct vms_candidate *cand = app_candidate(app, chosen.ids[i]);
		const bool changes = cand && vms_session_state(app->session, cand) != state;
		const bool out = changes && state == VMS_ACCEPTED && chosen.set &&
				 (cand->flags & VMS_CAND_IMPOSSIBLE);

		impossible += out;
		nr += changes && !out;
	}
	if (chosen.nr == 1 &&
	    !vms_session_what_if(app->session, chosen.ids[0], state, &effect, NULL))
		(void)moves_text(vms_session_clock(app->session), &effect, figures,
				 sizeof(figures));
	(void)snprintf(buf, size, "would %s %u%s%s", verbs[state], nr, figures[0] ? ": " : "",
		       figures);
	if (impossible)
		(void)snprintf(buf + strlen(buf), size - strlen(buf), ", %u impossible kept out",
			       impossible);
	if (chosen.kept)
		(void)snprintf(buf + strlen(buf), size - strlen(buf), ", %u decided otherwise stay",
			       chosen.kept);
	free(chosen.ids);
}

static const char *note_of(const struct app *a, const struct vms_candidate *c)
{
	const char *note = vms_session_note(a->session, c);

	return *note ? note : "(none)";
}

static void pairs_said(const struct app *a, const struct vms_effect *e, char *buf, size_t size)
{
	const struct vms_candidate *c = app_candidate(a, e->first_id);

	/* one pair whose state is what it was: it was the note */
	if (c && e->change->pairs.nr == 1 &&
	    e->change->pairs.list[0].state == vms_session_state(a->session, c))
		(void)snprintf(buf, size, "%s the note of %u; it is now: %s", e->verb, e->first_id,
			       fmt_cut(note_of(a, c), 100, BUF(101)));
	else
		(void)effect_text(a, e, buf, size);
}

/* What undo and redo say of each kind of change: how things are now. */
static void change_said(const struct app *a, const struct vms_effect *effect, char *buf,
			size_t size)
{
	const char *model = vms_by_name(vms_session_model(a->session));
	const unsigned int cuts_nr = vms_session_cuts(a->session)->nr;
	const struct vms_sequence *seq = vms_session_catalogue(a->session)->seqs;

	switch (effect->change->kind) {
	case VMS_CHANGE_PAIRS: pairs_said(a, effect, buf, size); break;
	case VMS_CHANGE_MODEL:
		(void)snprintf(buf, size, "%s: using model %s", effect->verb, model);
		break;
	case VMS_CHANGE_CUTS:
		(void)snprintf(buf, size, "%s: using model %s, the offset is ", effect->verb,
			       model);
		(void)snprintf(buf + strlen(buf), size - strlen(buf),
			       cuts_nr ? "cut at %u time%s" : "not cut", cuts_nr, fmt_s(cuts_nr));
		break;
	case VMS_CHANGE_MUTE:
		seq += effect->change->mute.seq;
		(void)snprintf(buf, size, "%s: sequence %s is %s", effect->verb, seq->name,
			       seq->enabled ? "heard again" : "muted");
		break;
	case VMS_CHANGE_SEQUENCE:
		seq += effect->change->sequence.seq;
		(void)snprintf(buf, size, "%s: sequence %s is %s", effect->verb, seq->name,
			       seq->removed ? "not there" : "there, with what it pairs now");
		break;
	case VMS_CHANGE_RATE:
		(void)snprintf(buf, size, "%s: the rate's limit is %s", effect->verb,
			       vms_rate_name(vms_session_rate(a->session)));
		break;
	case VMS_CHANGE_ALIGN:
	case VMS_CHANGE_NR:
		(void)snprintf(buf, size, "%s the alignment; :align says how it is now",
			       effect->verb);
		break;
	}
}

static void step_said(struct app *app, const struct vms_effect *effect, uint64_t before)
{
	char text[320];

	(void)before;
	change_said(app, effect, text, sizeof(text));
	say_decision(app, APP_NOTE, text, "");
}

int cmd_undo_step(struct app *app, const struct app_args *args, struct vms_err *err)
{
	const bool back = args->row->what < 0;
	const struct vms_change *next = vms_session_step(app->session, back);
	struct vms_effect effect;
	int ret;

	if (back && worker_cancel(app->opts.worker, WORKER_CHANGE)) {
		app_say(app, APP_NOTE, "given up: nothing has changed yet");
		return 0;
	}
	if (next && next->kind != VMS_CHANGE_PAIRS)
		return change_ask(app,
				  &(struct change_ask){ .way = back ? CHANGE_UNDO : CHANGE_REDO,
							.said = step_said },
				  back ? "taking a change back" : "making a change again", err);
	ret = back ? vms_session_undo(app->session, &effect, err)
		   : vms_session_redo(app->session, &effect, err);
	if (!ret)
		ret = decided(app, false, err);
	if (ret)
		return ret;
	if (effect.first_id != VMS_ID_NONE)
		list_select(app, effect.first_id);
	step_said(app, &effect, 0);
	return 0;
}

int cmd_note(struct app *app, const struct app_args *args, struct vms_err *err)
{
	const struct vms_candidate *c = app_selected(app);
	const char *tag;
	int ret;

	if (!c)
		return vms_fail(err, VMS_EUSAGE, "no pair is selected");
	tag = vms_session_note(app->session, c);
	if (!args->text[0] && args->key) {
		overlay_open(app, APP_OVERLAY_NOTE, tag);
		return 0;
	}
	if (strchr(args->text, '\t'))
		return vms_fail(err, VMS_EUSAGE, "a note has no tabs");
	ret = vms_session_set_tag(app->session, app_list(app)->sel, args->text, err);
	if (!ret)
		ret = decided(app, true, err);
	if (!ret)
		app_say(app, APP_NOTE, args->text[0] ? "noted on %u: %s" : "note of %u cleared%s",
			app_list(app)->sel, args->text);
	return ret;
}

int note_preview(const struct app *a, const char *text, char *buf, size_t size, struct vms_err *err)
{
	const struct vms_candidate *cand = app_selected(a);
	const char *tag;

	if (!cand)
		return vms_fail(err, VMS_EUSAGE, "no pair is selected");
	tag = vms_session_note(a->session, cand);
	if (text[0] && tag[0])
		(void)snprintf(buf, size, "would note this on %u in place of: %s", cand->id, tag);
	else if (text[0])
		(void)snprintf(buf, size, "would note this on %u", cand->id);
	else if (tag[0])
		(void)snprintf(buf, size, "would clear the note of %u: %s", cand->id, tag);
	else
		(void)snprintf(buf, size, "%u has no note", cand->id);
	return 0;
}
