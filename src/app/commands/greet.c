// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the application says first: the answer to the main question, and what to know before one
 * trusts it.
 */
#include "app/state/messages.h"
#include "app/commands/cmd_align.h"
#include "app/state/list.h"
#include "app/commands/greet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <vmsync/clocks.h>
#include <vmsync/defects.h>
#include <vmsync/session_snapshot.h>

#include "app/words/format.h"
#include "app/words/verdict.h"
#include "core/base/printable.h"
#include "app/words/holes.h"
#include "core/base/util.h"

#define HOLES_SAID 8u /* in the log, before the verdicts */
#define FIRST_COLUMNS 78u

/* Which vCPU, and a space; as the lanes name it where a number alone tells nothing. */
static void track_words(const struct app *a, const struct vms_track *t, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%s ", app_vcpu_short(a, t, BUF(APP_SHORT_CHARS)));
}

/*
 * From so many steps on it is asked whether they are a vCPU's moves between host CPUs whose clocks
 * differ.
 */
#define MANY_STEPS 8u

static bool differ(struct app *app, const struct vms_clocks *clocks, unsigned int track)
{
	const struct vms_clock_meet clock_meet = vms_clocks_pcpus(clocks, track);
	const struct vms_cpu *cpus = app->trace->host->cpus;
	char by[FMT_SIZE], text[100];

	if (clock_meet.lo_raw <= clock_meet.hi_raw)
		return false;
	(void)snprintf(text, sizeof(text),
		       "host clocks DIFFER: pCPU %u and %u by %s or more; see :plot clocks",
		       cpus[clocks->parts[clock_meet.lo_by].pcpu].cpu,
		       cpus[clocks->parts[clock_meet.hi_by].pcpu].cpu,
		       fmt_span(vms_session_clock(app->session),
				vms_clock_ns(vms_session_clock(app->session),
					     vms_sat_sub_i64(clock_meet.lo_raw, clock_meet.hi_raw)),
				by, sizeof(by)));
	messages_host_clocks(app, text);
	return true;
}

/* Most steps of a guest's vCPUs. */
static unsigned int steps_of(const struct app *a, unsigned int guest)
{
	unsigned int i, most = 0;

	for (i = 0; i < vms_session_tracks_nr(a->session); i++)
		if (vms_session_track(a->session, i)->guest == guest)
			most = VMS_MAX(most,
				       vms_band_steps(vms_session_track(a->session, i)->band));
	return most;
}

static void note_host_clocks(struct app *app)
{
	unsigned int g, k;

	messages_host_clocks(app, "");
	for (g = 0; g < app->trace->guests_nr && !app_messages(app)->host_clocks[0]; g++) {
		struct vms_clocks *c = NULL;

		if (steps_of(app, g) < MANY_STEPS ||
		    vms_clocks_build(&c, app->session, g, NULL, NULL))
			continue;
		for (k = 0; k < c->parts_nr; k++)
			if (c->parts[k].step_free && differ(app, c, c->parts[k].track))
				break;
		vms_clocks_free(c);
	}
}

/* What trace-cmd's arithmetic does to the guests' times. */
static void say_defects(struct app *app)
{
	struct vms_defect defects[VMS_DEFECTS_MAX];
	unsigned int g, i;

	for (g = 0; g < app->trace->guests_nr; g++) {
		const struct vms_stream *guest = app->trace->guests[g].stream;
		const unsigned int nr = vms_defects_find(defects, guest, app->trace->host);

		for (i = 0; i < nr; i++)
			app_say(app, defects[i].slight ? APP_NOTE : APP_WARN,
				"%s: trace-cmd's defect %s: %s", guest->name, defects[i].id,
				defects[i].text);
	}
}

/*
 * What is wrong with the recording: what verdicts do not speak of, and what trace-cmd makes of it.
 */
static void say_missing(struct app *app)
{
	const struct vms_stretches *st = vms_session_stretches(app->session);
	char buf[160];
	unsigned int i;

	say_defects(app);
	for (i = 0; i < st->holes_nr && i < HOLES_SAID; i++)
		app_say(app, APP_WARN, "%s",
			hole_text(vms_session_clock(app->session), app->trace->host, &st->holes[i],
				  buf, sizeof(buf)));
	if (st->holes_nr > HOLES_SAID)
		app_say(app, APP_WARN, "host events are missing at %u places in all", st->holes_nr);
}

/* All of it would be longer than 80 columns: what comes last has no room then. */
static void say_more(char *line, const char *more)
{
	if (strlen(line) + strlen(more) <= FIRST_COLUMNS)
		memcpy(line + strlen(line), more, strlen(more) + 1);
}

/* A verdict, of how much it speaks, and what tells most besides. */
static void say_verdict(struct app *app, unsigned int track_idx, const char *whose,
			const struct config_mistakes *mistakes)
{
	const struct vms_track *track = vms_session_track(app->session, track_idx);
	const uint32_t pairs_nr = vms_session_candidates_nr(app->session);
	char line[240], verdict[160], more[64];

	(void)app_verdict(app, track_idx, verdict, sizeof(verdict));
	(void)snprintf(line, sizeof(line), "%s%s", whose, verdict);
	if (mistakes->nr && !vms_band_steps(track->band)) /* said here only */
		say_more(line, "; config has mistakes, see 7");
	say_more(line, checked_text(app->session, track, more, sizeof(more)));
	(void)snprintf(more, sizeof(more), "; %u candidate%s%s", pairs_nr, fmt_s(pairs_nr),
		       app->trace->is_part ? " in the range" : "");
	if (vms_band_steps(track->band))
		say_more(line, "; steps");
	else if (vms_session_unformed(app->session))
		say_more(line, "; pairs are being formed");
	else if (track_idx == app_track(app))
		say_more(line, more);
	app_hint(app, strstr(verdict, "WRONG") ? APP_BAD : APP_NOTE, "%s", line);
}

/* What tells most of all vCPUs: doubts first, then the worst verdict. */
static void say_most(struct app *app, const struct config_mistakes *mistakes)
{
	const struct vms_track *doubtful = NULL;
	unsigned int i, worst = app_track(app);
	char verdict[128], whose[APP_SHORT_CHARS] = "";
	double most = 0;

	for (i = 0; i < vms_session_tracks_nr(app->session); i++) {
		const struct vms_track *track = vms_session_track(app->session, i);
		const struct vms_model_result *result =
			vms_session_result(app->session, i, VMS_BY_RECORDED, VMS_OVER_NOT_REJECTED);

		if (track->align->ambiguous || track->align->start == VMS_ALIGN_NONE)
			doubtful = track;
		if (result && result->verdict == VMS_VERDICT_PROVEN_WRONG &&
		    fabs(result->outside_by_ns) > most) {
			most = fabs(result->outside_by_ns);
			worst = i;
		}
	}
	if (app_messages(app)->host_clocks[0]) {
		app_hint(app, APP_WARN, "%s", app_messages(app)->host_clocks);
		return;
	}
	if (doubtful) {
		app_hint(app, APP_WARN, "%s vCPU%u: %s",
			 app->trace->guests[doubtful->guest].stream->name, doubtful->vcpu,
			 align_text(app, doubtful, BUF(200)));
		return;
	}
	/* it may be another than the first line's, which would contradict it without a name */
	if (vms_session_tracks_nr(app->session) > 1)
		track_words(app, vms_session_track(app->session, worst), whose, sizeof(whose));
	if (worst < vms_session_tracks_nr(app->session))
		say_verdict(app, worst, whose, mistakes);
	else
		app_hint(app, APP_NOTE, "%s", app_verdict(app, worst, verdict, sizeof(verdict)));
}

static void say_pairs(struct app *app)
{
	const uint32_t candidates_nr = vms_session_candidates_nr(app->session);
	const struct vms_catalogue *catalogue = vms_session_catalogue(app->session);
	unsigned int i, seqs = 0;

	for (i = 0; i < catalogue->seqs_nr; i++)
		seqs += catalogue->seqs[i].enabled;
	app_say(app, APP_NOTE,
		"%u candidate%s from %u sequence%s%s. a:accept x:reject u:undo ?:help",
		candidates_nr, fmt_s(candidates_nr), seqs, fmt_s(seqs),
		app_list(app)->sort == APP_SORT_INFORMATION ? ", best first" : "");
}

void greet_formed(struct app *app)
{
	const struct config_mistakes none = { .nr = 0 };

	say_pairs(app);
	say_most(app, &none);
}

/* The first sentence: the answer to the main question, then where to begin. */
static void say_first(struct app *app, const struct config_mistakes *mistakes)
{
	char verdict[128];
	unsigned int i;

	for (i = 0; i < app->trace->log_nr; i++)
		app_say(app, APP_NOTE, "%s", app->trace->log[i]);
	say_missing(app);
	if (!vms_session_unformed(app->session))
		say_pairs(app);
	for (i = 0; i < vms_session_tracks_nr(app->session); i++) {
		const struct vms_track *t = vms_session_track(app->session, i);

		app_say(app, APP_NOTE, "%s vCPU%u: %s", app->trace->guests[t->guest].stream->name,
			t->vcpu, app_verdict(app, i, verdict, sizeof(verdict)));
		if (t->align->start != VMS_ALIGN_RECORDED || t->align->ambiguous)
			app_say(app, t->align->ambiguous ? APP_WARN : APP_NOTE, "%s vCPU%u: %s",
				app->trace->guests[t->guest].stream->name, t->vcpu,
				align_text(app, t, BUF(200)));
	}
	note_host_clocks(app);
	if (app_messages(app)->host_clocks[0])
		app_say(app, APP_WARN, "%s", app_messages(app)->host_clocks);
	say_most(app, mistakes);
}

/*
 * Mistakes of the configuration file in the one line that is seen at the start; never in the place
 * of bad news.
 */
static void say_config(struct app *a, const struct config_mistakes *mistakes)
{
	char nr[48] = "";

	if (!mistakes->nr || app_messages(a)->severity == APP_BAD ||
	    app_messages(a)->severity == APP_WARN)
		return;
	if (mistakes->nr > 1)
		(void)snprintf(nr, sizeof(nr), "; %u mistakes, see 7", mistakes->nr);
	app_hint(a, APP_WARN, "config: %s%s",
		 fmt_cut(mistakes->first, nr[0] ? 50 : 70, BUF(sizeof(mistakes->first))), nr);
}

void app_greet(struct app *a, const struct config_mistakes *mistakes, uint32_t read_nr)
{
	say_first(a, mistakes);
	/* what is wrong with decisions that were read is in no other place */
	while (read_nr && app_messages(a)->log[read_nr - 1].severity < APP_WARN)
		read_nr--;
	if (read_nr)
		app_hint(a, APP_WARN, "%s", app_messages(a)->log[read_nr - 1].text);
	say_config(a, mistakes);
}
