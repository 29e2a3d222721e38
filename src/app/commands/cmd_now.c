// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows what a verdict leads to: what is wrong and by how much, and the steps from there. */
#include "app/commands/cmd_now.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vmsync/advise.h>
#include <vmsync/session_snapshot.h>

#include "app/commands/cmd_change.h"
#include "app/commands/cmd_jump.h"
#include "app/commands/overlays.h"
#include "app/commands/panes.h"
#include "app/state/list.h"
#include "app/state/messages.h"
#include "app/state/seen.h"
#include "app/state/sequences.h"
#include "app/state/shown.h"
#include "app/state/text.h"
#include "app/state/view.h"
#include "app/words/advise.h"
#include "app/words/copied.h"
#include "app/words/format.h"
#include "app/words/verdict.h"
#include "app/words/words.h"
#include "core/base/util.h"

/* vCPUs of which it is said; those of more guests and CPUs are on screen 6. */
#define TRACKS_SAID 4u
#define STEPS_MAX 16u

enum step { SEE, WRITE, ESTIMATE, NEXT };

struct now_step {
	enum step step;
	unsigned int track; /* of what is written */
	uint32_t row;	    /* among the lines */
};

struct now_room {
	struct now_step steps[STEPS_MAX];
	unsigned int steps_nr;
	bool saw, estimated, advised;
};

int now_new(struct app *app, struct vms_err *err)
{
	app->now = vms_calloc(1, sizeof(*app->now));
	return app->now ? 0 : vms_fail(err, VMS_ENOMEM, "out of memory");
}

void now_free(struct app *app)
{
	free(app->now);
}

static const struct vms_model_result *recorded(const struct app *app, unsigned int track)
{
	return vms_session_result(app->session, track, VMS_BY_RECORDED, VMS_OVER_NOT_REJECTED);
}

static bool wrong(const struct app *app, unsigned int track)
{
	const struct vms_model_result *result = recorded(app, track);

	return result && result->available && vms_verdict_refutes(result->verdict);
}

/* What is said of a vCPU: the verdict, then on how much evidence, or how much is left open. */
static void say_track(const struct app *app, unsigned int i, struct lines *lines)
{
	const struct vms_track *track = vms_session_track(app->session, i);
	const struct vms_evidence *evidence = &track->evidence;
	char facts[48] = "", order[48] = "";

	(void)lines_add(lines, "  %s: %s", app_vcpu_words(app, track, FMT_BUF),
			app_verdict(app, i, BUF(160)));
	if (!wrong(app, i)) {
		(void)lines_add(lines, "    %s", advise_bound(app->session, i, BUF(ADVISE_CHARS)));
		return;
	}
	if (evidence->facts_nr)
		(void)snprintf(facts, sizeof(facts), "; %u clock fact%s against it",
			       evidence->facts_nr, fmt_s(evidence->facts_nr));
	if (evidence->order_nr)
		(void)snprintf(order, sizeof(order), "; %u event%s out of order",
			       evidence->order_nr, fmt_s(evidence->order_nr));
	(void)lines_add(lines,
			"    %u of %u checkable events ran while it did not, in %u gap%s%s%s",
			track->recorded.guest_outside, track->recorded.guest_events,
			evidence->gaps_nr, fmt_s(evidence->gaps_nr), facts, order);
}

/* No single offset mends a vCPU whose offset steps: by how much, and when first. */
static void say_steps(const struct app *app, const struct vms_track *track, struct lines *lines)
{
	const struct vms_clock *guest = &app->trace->guests[track->guest].stream->clock;
	const unsigned int nr = vms_band_steps(track->band);
	const struct vms_band_segment *seg = nr ? &track->band->segs[1] : NULL;

	if (!nr)
		return;
	while (seg->soft || seg->unsure || seg[-1].unsure)
		seg++;
	(void)lines_add(lines, "    the offset steps%s, %s, between guest time %s and %s%s",
			nr > 1 ? " first" : "",
			jump_text(vms_session_clock(app->session), seg - 1, seg, BUF(80)),
			fmt_time(guest, seg[-1].to_raw, BUF(48)),
			fmt_time(guest, seg->from_raw, BUF(48)), nr > 1 ? "; :steps has all" : "");
}

/* The wrong ones first. */
static void say_tracks(const struct app *app, struct lines *lines)
{
	const unsigned int nr = vms_session_tracks_nr(app->session);
	unsigned int i, said = 0, pass;

	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < nr; i++)
			if (wrong(app, i) == !pass && said++ < TRACKS_SAID) {
				say_track(app, i, lines);
				say_steps(app, vms_session_track(app->session, i), lines);
			}
	if (nr > TRACKS_SAID)
		(void)lines_add(lines, "  and %u vCPUs more: screen 6", nr - TRACKS_SAID);
}

/* Where the program was started: who keeps recordings keeps them as they are. */
static const char *corrected_path(const struct app *app, unsigned int track, char *buf, size_t size)
{
	const unsigned int guest = vms_session_track(app->session, track)->guest;
	const char *const path = app->trace->guests[guest].stream->path;
	const char *const slash = strrchr(path, '/');

	(void)snprintf(buf, size, "corrected-%s", slash ? slash + 1 : path);
	return buf;
}

static void add_step(struct app *app, struct lines *lines, enum step step, unsigned int track,
		     bool done, const char *what)
{
	static const char *const name[] = { [SEE] = "see it",
					    [WRITE] = "write it",
					    [ESTIMATE] = "estimate",
					    [NEXT] = "next time" };
	struct now_room *const room = app->now;
	struct lines row = { 0 };
	uint32_t i;

	if (room->steps_nr == STEPS_MAX)
		return;
	room->steps[room->steps_nr++] =
		(struct now_step){ .step = step, .track = track, .row = lines->nr };
	(void)lines_add(&row, "  [%c] %-9s  %s", done ? 'x' : ' ', name[step], what);
	(void)lines_wrap(&row, VMS_MAX(app->geo.cols, 30u) - 6, 17);
	for (i = 0; i < row.nr; i++)
		(void)lines_add(lines, "%s", row.line[i]);
	lines_clear(&row);
}

static void add_write(struct app *app, struct lines *lines, unsigned int track, const char *path)
{
	const struct vms_copy *copy =
		fitness_copy(app, vms_session_track(app->session, track)->guest);
	struct text what = { 0 };

	text_clean(&what, path);
	text_printf(&what, ": band-middle");
	if (copy) {
		text_printf(&what, ", ");
		copied_sure(&what, app->session, copy);
	}
	if (!what.bad)
		add_step(app, lines, WRITE, track, !access(path, F_OK), what.p);
	free(what.p);
}

static void steps_for_wrong(struct app *app, struct lines *lines)
{
	const unsigned int nr = vms_session_tracks_nr(app->session);
	char path[4200];
	unsigned int i, k, first = nr;
	double lo_ns, hi_ns;

	for (i = nr; i-- > 0;)
		first = wrong(app, i) ? i : first;
	if (first < nr)
		add_step(app, lines, SEE, first, app->now->saw,
			 "lanes under what is recorded, at its first violation");
	for (i = 0; i < nr; i++) {
		const struct vms_track *track = vms_session_track(app->session, i);
		const struct vms_model_result *band =
			vms_session_result(app->session, i, VMS_BY_BAND, VMS_OVER_NOT_REJECTED);

		for (k = 0; k < i; k++)
			if (copy_helps(app->session, k) &&
			    vms_session_track(app->session, k)->guest == track->guest)
				break;
		if (!copy_helps(app->session, i) || k < i ||
		    !vms_session_bias(app->session, track, band, &lo_ns, &hi_ns))
			continue;
		(void)corrected_path(app, i, path, sizeof(path));
		add_write(app, lines, i, path);
		if (!access(path, F_OK)) {
			(void)lines_add(lines, "        shown by trace-cmd report -i %s",
					app->trace->host->path);
			(void)lines_add(lines, "            -i %s", path);
		}
	}
}

/* Of each direction the sync point that tells its delay best: by scatter, and how many say so. */
static bool best(const struct app *app, enum vms_dir dir, const char **name)
{
	double least_ns = 0;
	uint32_t i;

	*name = NULL;
	for (i = 0; i < app_sequences_known(app); i++) {
		const struct app_sequence at = app_sequence(app, i);
		double error_ns;

		if (!at.fitness || at.seq->dir != dir || at.fitness->fit != VMS_FIT_SYNC_POINT)
			continue;
		error_ns = at.fitness->mad_ns / sqrt(fmax(at.fitness->effective_nr, 1.0));
		if (*name && error_ns >= least_ns)
			continue;
		*name = at.seq->name;
		least_ns = error_ns;
	}
	return *name;
}

static bool counted(const struct app *app)
{
	uint32_t i;

	for (i = 0; i < app_sequences_known(app); i++)
		if (app_sequence(app, i).fitness)
			return true;
	return false;
}

static void step_estimate(struct app *app, struct lines *lines)
{
	const char *out, *in;
	char what[300];

	(void)best(app, VMS_GUEST_TO_HOST, &out);
	(void)best(app, VMS_HOST_TO_GUEST, &in);
	if (!counted(app))
		(void)snprintf(what, sizeof(what), "which sequences do is being counted");
	else if (!advise_estimate_helps(app->session))
		(void)snprintf(what, sizeof(what),
			       "not needed: the band is narrower than pairs are");
	else if (out && in)
		(void)snprintf(what, sizeof(what),
			       "accept %.100s (exit) and %.100s (entry): midpoint", out, in);
	else
		(void)snprintf(what, sizeof(what), "no sequence of %s is a sync point: screen 4",
			       out  ? "the entry side"
			       : in ? "the exit side"
				    : "either side");
	add_step(app, lines, ESTIMATE, 0, app->now->estimated, what);
}

static void step_next(struct app *app, struct lines *lines)
{
	const struct vms_advise *advise = fitness_advise(app);
	char what[ADVISE_CHARS];

	if (!advise)
		(void)snprintf(what, sizeof(what), "what was missing is being looked for");
	else if (advise->nr)
		(void)advise_what(app->trace, advise->advice, what, sizeof(what));
	else
		(void)snprintf(what, sizeof(what), "the same again: nothing is missing");
	if (advise && advise->nr > 1)
		(void)snprintf(what + strlen(what), sizeof(what) - strlen(what), "; and %u more",
			       advise->nr - 1);
	add_step(app, lines, NEXT, 0, app->now->advised, what);
}

void now_fill(struct app *app)
{
	const uint32_t sel = app_shown(app)->over.sel;
	const bool again = app_shown(app)->overlay == APP_OVERLAY_NOW && sel;
	struct lines lines = { 0 };

	app->now->steps_nr = 0;
	if (!vms_session_unformed(app->session))
		fitness_want(app);
	say_tracks(app, &lines);
	(void)lines_wrap(&lines, VMS_MAX(app->geo.cols, 30u) - 6, 4);
	(void)lines_add(&lines, "%s", "");
	steps_for_wrong(app, &lines);
	if (!vms_session_unformed(app->session))
		step_estimate(app, &lines);
	step_next(app, &lines);
	text_show(app, APP_OVERLAY_NOW, "what now", &lines);
	if (app->now->steps_nr)
		shown_over_row(app)->sel = again ? sel : app->now->steps[0].row;
}

void now_move(struct app *app, int64_t delta)
{
	const struct now_room *const room = app->now;
	struct app_row *const row = shown_over_row(app);
	int64_t at = 0;

	if (!room->steps_nr)
		return;
	while (at + 1 < room->steps_nr && room->steps[at].row < row->sel)
		at++;
	at = VMS_MAX(VMS_MIN(at + delta, (int64_t)room->steps_nr - 1), 0);
	row_move(row, (int64_t)room->steps[at].row - row->sel, app->geo.text_rows);
}

/* Under what is recorded: from the begin to the first violation, beside where the band would be. */
static void see_there(struct app *app, const struct vms_effect *effect, uint64_t before)
{
	struct vms_err why = { 0 };

	(void)effect;
	(void)before;
	screen_set(app, APP_SCREEN_MAIN);
	(void)app_run(app, "compare band", NULL);
	view_cursor_put(app, vms_sat_sub_i64(app_view(app)->first_raw, 1));
	if (step_violation(app, 1, &why))
		app_say(app, APP_WARN, "%s", why.msg);
	app->now->saw = true;
}

static int see(struct app *app, struct vms_err *err)
{
	const struct change_ask ask = {
		.change = { .kind = VMS_CHANGE_MODEL, .model = VMS_BY_RECORDED }, .said = see_there
	};

	if (vms_session_model(app->session) != VMS_BY_RECORDED)
		return change_ask(app, &ask, "putting model recorded in force", err);
	see_there(app, NULL, 0);
	return 0;
}

static int write_it(struct app *app, unsigned int track, struct vms_err *err)
{
	char path[4200], model[] = "band-middle";
	struct app_args args = { .text = "", .argc = 2, .repeat = 1 };

	args.argv[0] = (char *)(uintptr_t)corrected_path(app, track, path, sizeof(path));
	args.argv[1] = model;
	const unsigned int guest = vms_session_track(app->session, track)->guest;
	uint32_t i;

	/* a copy is of a guest: of which is told by the selected pair */
	for (i = 0; i < vms_session_candidates_nr(app->session) &&
		    vms_session_track(app->session, app_track(app))->guest != guest;
	     i++) {
		const struct vms_candidate *pair = vms_session_candidate(app->session, i);

		if (pair->pair.guest == guest) {
			list_select(app, pair->id);
			break;
		}
	}
	return cmd_apply(app, &args, err);
}

static int estimate(struct app *app, struct vms_err *err)
{
	const char *side[2];
	char line[160];
	int ret = 0, i;

	if (!counted(app))
		return vms_fail(err, VMS_ENODATA, "sequences are being counted; again in a moment");
	if (!best(app, VMS_GUEST_TO_HOST, &side[0]) || !best(app, VMS_HOST_TO_GUEST, &side[1])) {
		screen_set(app, APP_SCREEN_SEQUENCES);
		return 0;
	}
	for (i = 0; i < 2 && !ret; i++) {
		(void)snprintf(line, sizeof(line), "accept sequence %.120s", side[i]);
		ret = app_run(app, line, err);
	}
	if (ret)
		return ret;
	app->now->estimated = true;
	screen_set(app, APP_SCREEN_MODELS);
	app_hint(app, APP_GOOD, "%.30s, %.30s accepted: midpoint and hull see both sides", side[0],
		 side[1]);
	return 0;
}

static int show_advice(struct app *app, struct vms_err *err)
{
	const struct vms_advise *advise = fitness_advise(app);
	struct lines lines = { 0 };
	size_t at, part;
	char *line;
	int ret;

	if (!advise)
		return vms_fail(err, VMS_ENODATA,
				"what was missing is being looked for; again in a moment");
	line = advise_line(advise->argv, advise->argc);
	ret = line ? advise_lines(&lines, app->trace, app->session, advise) : -VMS_ENOMEM;
	(void)lines_add(&lines, "%s", "");
	/* a line of ours holds less than some lines for trace-cmd */
	for (at = 0; line && line[at] && !ret; at += part) {
		part = strlen(line + at);
		if (part > 800)
			for (part = 800; part > 1 && line[at + part - 1] != ' '; part--)
				;
		ret = lines_add(&lines, "%.*s", (int)part, line + at);
	}
	free(line);
	if (!ret)
		ret = lines_wrap(&lines, VMS_MAX(app->geo.cols, 30u) - 6, 4);
	if (ret) {
		lines_clear(&lines);
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	}
	text_show(app, APP_OVERLAY_TEXT, "next time", &lines);
	app->now->advised = true;
	return 0;
}

int now_take(struct app *app, struct vms_err *err)
{
	const struct now_room *const room = app->now;
	unsigned int i = 0;

	while (i < room->steps_nr && room->steps[i].row != app_shown(app)->over.sel)
		i++;
	if (i == room->steps_nr)
		return 0;
	switch (room->steps[i].step) {
	case SEE: return see(app, err);
	case WRITE: return write_it(app, room->steps[i].track, err);
	case ESTIMATE: return estimate(app, err);
	case NEXT:
	default: return show_advice(app, err);
	}
}

void cmd_what_now(struct app *app)
{
	overlay_open(app, APP_OVERLAY_NOW, "");
}

void now_first(struct app *app)
{
	if (app->opts.quiet || app_shown(app)->overlay != APP_OVERLAY_NONE || seen_before(app))
		return;
	seen_now(app);
	cmd_what_now(app);
}
