// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Knows how a guest is aligned by hand: from a pair of events, an offset, the second best, or from
 * nothing again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands/cmd_align.h"
#include "app/state/shown.h"
#include "app/state/view.h"
#include "app/state/lane_list.h"
#include "app/state/messages.h"
#include "app/words/words.h"
#include "app/state/events.h"
#include "app/commands/cmd_change.h"
#include "app/commands/overlays.h"
#include "app/words/format.h"
#include "app/commands/command.h"
#include "app/reports/report.h"
#include "core/base/printable.h"
#include "core/base/util.h"

/* The second best may lie next to the best, which would win in a wider window. */
#define SECOND_US 20.0

/* The guest that is meant: that of the selected lane, else that of the selected pair. */
static unsigned int guest_meant(const struct app *a)
{
	const struct app_lane *l = app_lanes(a)->sel < app_lanes(a)->shown_nr
					   ? &app_lanes(a)->lane[lanes_selected(a)]
					   : NULL;

	if (l && l->guest >= 0 && app_shown(a)->focus == APP_PANE_LANES)
		return (unsigned int)l->guest;
	return vms_session_tracks_nr(a->session)
		       ? vms_session_track(a->session, app_track(a))->guest
		       : 0;
}

/* Events outside under the band's middle, over the vCPUs of a guest; false when none is aligned. */
static bool outside(const struct app *a, unsigned int guest, uint64_t *out, uint64_t *all)
{
	bool aligned = false;
	unsigned int i;

	*out = *all = 0;
	for (i = 0; i < vms_session_tracks_nr(a->session); i++) {
		const struct vms_track *t = vms_session_track(a->session, i);

		if (t->guest != guest || !t->cons)
			continue;
		aligned = true;
		*out += t->at_band.guest_outside;
		*all += t->at_band.guest_events;
	}
	return aligned;
}

/* The first aligned track of a guest; with a rival offset, when that is asked for. NULL = none */
static const struct vms_track *first_track(const struct app *a, unsigned int guest, bool rival)
{
	unsigned int i;

	for (i = 0; i < vms_session_tracks_nr(a->session); i++) {
		const struct vms_track *t = vms_session_track(a->session, i);

		if (t->guest == guest && t->align->pieces_nr &&
		    (!rival || t->align->second_best_raw))
			return t;
	}
	return NULL;
}

static int64_t offset_now(const struct app *a, const struct vms_track *t)
{
	const int64_t at = a->trace->guests[t->guest].stream->cpus[t->cpu_idx].time_raw[0];

	return vms_sat_sub_i64(vms_session_host_time(a->session, t->guest,
						     (struct vms_ref){ (int32_t)t->cpu_idx, 0 }),
			       at);
}

/* The event of a lane that lies nearest to a host time. */
static bool nearest_event(const struct app *a, uint32_t lane, int64_t host_raw,
			  struct app_event *out)
{
	struct app_event before;
	const bool has_before =
		events_lane_step(a, lane, vms_sat_add_i64(host_raw, 1), -1, &before);
	const bool has_after = events_lane_step(a, lane, host_raw, 1, out);

	if (has_before && (!has_after || vms_sat_sub_i64(host_raw, before.host_raw) <
						 vms_sat_sub_i64(out->host_raw, host_raw)))
		*out = before;
	return has_before || has_after;
}

static int64_t far(int64_t a, int64_t b)
{
	return a > b ? vms_sat_sub_i64(a, b) : vms_sat_sub_i64(b, a);
}

/* The event of one side that lies nearest to a mark: guest >= 0 that guest's, -1 the host's. */
static bool event_at_mark(const struct app *a, int guest, int64_t host_raw, struct app_event *out)
{
	bool found = false;
	struct app_event e;
	uint32_t i;

	for (i = 0; i < app_lanes(a)->nr; i++) {
		if (app_lanes(a)->lane[i].guest != guest || !nearest_event(a, i, host_raw, &e))
			continue;
		if (!found || far(e.host_raw, host_raw) < far(out->host_raw, host_raw))
			*out = e;
		found = true;
	}
	return found;
}

static int line_of_marks(const struct app *app, unsigned int guest, struct vms_line *line,
			 struct vms_err *err)
{
	struct app_event g, h;

	if (!app_view(app)->mark[0].set || !app_view(app)->mark[1].set)
		return vms_fail(err, VMS_EUSAGE,
				"needs marks: ma on a guest event (, . step), mb on the host event "
				"of its moment");
	if (!event_at_mark(app, (int)guest, app_view(app)->mark[0].host_raw, &g) ||
	    !event_at_mark(app, -1, app_view(app)->mark[1].host_raw, &h))
		return vms_fail(err, VMS_ENODATA, "no event at mark a or b");
	line->ref_raw = vms_event_time(app->trace->guests[guest].stream, g.ref);
	line->offset_raw = vms_sat_sub_i64(h.host_raw, line->ref_raw);
	return 0;
}

static int line_of_offset(const struct app *a, const char *text, struct vms_line *l,
			  struct vms_err *err)
{
	size_t used = 0;
	int ret;

	if (!text[0])
		return vms_fail(err, VMS_EUSAGE,
				"host minus guest: :align offset -3.2s, or ticks without a unit");
	ret = parse_duration(vms_session_clock(a->session), text, true, &l->offset_raw, &used, err);
	if (ret)
		return ret;
	if (text[used])
		return vms_fail(err, VMS_EUSAGE,
				"'%s' is no offset; like -3.2s, 40ms, or raw units", text);
	return 0;
}

static int line_of_second(const struct app *a, unsigned int guest, struct vms_line *l,
			  struct vms_err *err)
{
	const struct vms_track *t = first_track(a, guest, true);

	if (!t)
		return vms_fail(err, VMS_ENODATA, "no second best alignment is known");
	l->ref_raw = a->trace->guests[guest].stream->cpus[t->cpu_idx].time_raw[0];
	l->offset_raw = t->align->second_best_raw;
	return 0;
}

const char *align_text(const struct app *app, const struct vms_track *track, char *buf, size_t size)
{
	static const char *const starts[] = { "not aligned", "aligned from the recorded sync",
					      "alignment FOUND", "aligned by hand" };
	const struct vms_align_vcpu *vcpu = track->align;
	char off[FMT_SIZE], second[FMT_SIZE + 16];

	if (vcpu->start == VMS_ALIGN_NONE) {
		(void)snprintf(
			buf, size,
			"NOT ALIGNED: A pair (marks a: guest, b: host), A offset, A threads");
		return buf;
	}
	if (!vcpu->second_best_raw)
		(void)snprintf(second, sizeof(second), "; too few events");
	else
		(void)snprintf(second, sizeof(second), "; another at %s",
			       fmt_offset(vms_session_clock(app->session),
					  vms_sat_sub_i64(vcpu->second_best_raw,
							  report_align_offset(app->session, track)),
					  off, sizeof(off)));
	if (vcpu->ambiguous)
		(void)snprintf(buf, size, "AMBIGUOUS, confidence %.2f%s: A second or A pair",
			       vcpu->confidence, second);
	else if (vcpu->start == VMS_ALIGN_FOUND)
		(void)snprintf(buf, size, "%s by %s, confidence %.2f", starts[vcpu->start],
			       vcpu->how, vcpu->confidence);
	else
		(void)snprintf(buf, size, "%s", starts[vcpu->start]);
	return buf;
}

#define NOT_ALIGNED UINT64_MAX

/* @before: events outside, or NOT_ALIGNED */
static void align_said(struct app *app, const struct vms_effect *effect, uint64_t before)
{
	const unsigned int guest = effect->change->align.guest;
	const struct vms_clock *clock = vms_session_clock(app->session);
	const struct vms_track *track = first_track(app, guest, false);
	char off[FMT_SIZE], n[FMT_SIZE], m[FMT_SIZE], w[FMT_SIZE], was[FMT_SIZE + 8] = "",
										  lost[60] = "";
	const uint32_t refuted_nr = vms_session_refuted_nr(app->session, guest);
	uint64_t out, all;
	bool ambiguous = false;
	unsigned int i;

	for (i = 0; i < vms_session_tracks_nr(app->session); i++)
		if (vms_session_track(app->session, i)->guest == guest)
			ambiguous |= vms_session_track(app->session, i)->align->ambiguous;
	(void)outside(app, guest, &out, &all);
	if (before != NOT_ALIGNED)
		(void)snprintf(was, sizeof(was), " (was %s)", fmt_grouped(before, w, sizeof(w)));
	if (refuted_nr)
		(void)snprintf(lost, sizeof(lost), "; %u accepted pair%s cannot be any more",
			       refuted_nr, fmt_s(refuted_nr));
	app_say(app, ambiguous || refuted_nr || out * 100 > all ? APP_WARN : APP_GOOD,
		"aligned %s: offset %s, %s of %s events outside%s%s%s",
		app->trace->guests[guest].stream->name,
		track ? fmt_offset(clock, offset_now(app, track), off, sizeof(off)) : "unknown",
		fmt_grouped(out, n, sizeof(n)), fmt_grouped(all, m, sizeof(m)), was,
		ambiguous ? "; AMBIGUOUS" : "", lost);
}

static int realign(struct app *app, unsigned int guest, const struct vms_align_opts *how,
		   struct vms_err *err)
{
	struct change_ask ask = { .change = { .kind = VMS_CHANGE_ALIGN, .align.guest = guest },
				  .how = *how,
				  .said = align_said };
	char doing[160];
	uint64_t out, all;

	ask.before = outside(app, guest, &out, &all) ? out : NOT_ALIGNED;
	(void)snprintf(doing, sizeof(doing), "aligning %s anew",
		       fmt_cut(app->trace->guests[guest].stream->name, 100, BUF(101)));
	return change_ask(app, &ask, doing, err);
}

/*
 * Aligns with the host threads that the person names, one a guest CPU in their order; - leaves one
 * open.
 */
static int realign_threads(struct app *app, unsigned int guest, const char *text,
			   struct vms_err *err)
{
	const unsigned int cpus_nr = app->trace->guests[guest].stream->cpus_nr;
	int32_t *tids = vms_calloc(cpus_nr, sizeof(*tids));
	const struct vms_align_opts align_opts = { .tids = tids };
	unsigned int i = 0;
	int ret = 0;

	if (!tids)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	memset(tids, -1, cpus_nr * sizeof(*tids));
	for (text += strspn(text, " ,"); *text && !ret; text += strspn(text, " ,"), i++) {
		const size_t len = strcspn(text, " ,");
		char *end;
		const long tid = strtol(text, &end, 10);

		if (i >= cpus_nr)
			ret = vms_fail(err, VMS_EUSAGE, "%s has %u CPUs: more threads than that",
				       app->trace->guests[guest].stream->name, cpus_nr);
		else if (!(len == 1 && *text == '-') &&
			 (end != text + len || tid <= 0 || tid > INT32_MAX ||
			  !vms_thread_find(vms_session_stretches(app->session), (int32_t)tid)))
			ret = vms_fail(err, VMS_EUSAGE, "'%.*s' is no host thread that runs a vCPU",
				       (int)VMS_MIN(len, 40), text);
		else if (*text != '-')
			tids[i] = (int32_t)tid;
		text += len;
	}
	if (!ret && !i)
		ret = vms_fail(err, VMS_EUSAGE,
			       "which? :align threads 1001 1002, one a guest CPU, - for one that "
			       "is not known");
	if (!ret)
		ret = realign(app, guest, &align_opts, err);
	free(tids);
	return ret;
}

static void say_state(struct app *app, unsigned int guest)
{
	const struct vms_track *track = first_track(app, guest, false);
	char text[200], off[FMT_SIZE];
	unsigned int i;

	for (i = 0; i < vms_session_tracks_nr(app->session); i++) {
		const struct vms_track *x = vms_session_track(app->session, i);

		if (x->guest == guest &&
		    (!track || x->align->confidence < track->align->confidence))
			track = x;
	}
	if (!track)
		return;
	app_hint(app, track->align->ambiguous || !track->align->pieces_nr ? APP_WARN : APP_NOTE,
		 "%s vCPU%u: %s%s%s", app->trace->guests[guest].stream->name, track->vcpu,
		 align_text(app, track, text, sizeof(text)),
		 track->align->pieces_nr ? ", offset " : "",
		 track->align->pieces_nr ? fmt_offset(vms_session_clock(app->session),
						      offset_now(app, track), off, sizeof(off))
					 : "");
}

int cmd_align(struct app *app, const struct app_args *args, struct vms_err *err)
{
	const unsigned int guest = guest_meant(app);
	struct vms_line line = { 0 };
	struct vms_align_opts by_hand = { .user = &line,
					  .user_only = true,
					  .ignore_recorded = true };
	const struct vms_align_opts again = { .ignore_recorded = true }, recorded = { 0 };
	const char *value = args->argc > 1 ? strstr(args->text, " ") : "";
	int ret;

	if (!args->argc && args->key) {
		overlay_open(app, APP_OVERLAY_COMMAND, "align ");
		return 0;
	}
	if (!args->argc) {
		say_state(app, guest);
		return 0;
	}
	switch (choice(ALIGN_WORDS(" "), args->argv[0])) {
	case 0: ret = line_of_marks(app, guest, &line, err); break;
	case 1: ret = line_of_offset(app, value + strspn(value, " "), &line, err); break;
	case 2: return realign_threads(app, guest, value, err);
	case 3: return realign(app, guest, &again, err);
	case 4:
		by_hand.user_window_us = SECOND_US;
		ret = line_of_second(app, guest, &line, err);
		break;
	case 5: return realign(app, guest, &recorded, err);
	default:
		return vms_fail(
			err, VMS_EUSAGE,
			"align how? pair, offset VALUE, threads TID..., again, second, recorded");
	}
	return ret ? ret : realign(app, guest, &by_hand, err);
}
