// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows where violations and the events that fix the band are. */
#include <stdio.h>
#include <string.h>

#include <vmsync/place.h>

#include "app/commands/cmd_jump.h"
#include "app/state/messages.h"
#include "app/state/lane_list.h"
#include "app/state/events.h"
#include "app/state/list.h"
#include "app/commands/command.h"
#include "app/words/format.h"
#include "app/state/view.h"
#include "app/commands/panes.h"
#include "core/base/printable.h"
#include "core/base/util.h"

#define COUNTED_MOST 1000000u /* events of a vCPU, in some tenths of a second */

/* A place to jump to. */
struct place {
	bool found;
	int64_t host_raw;
	uint32_t id; /* a candidate, or VMS_ID_NONE */
	unsigned int track;
	uint32_t event; /* of the track's guest CPU */
	uint32_t stretch;
	int64_t depth_raw;
};

static bool nearer(const struct place *p, int64_t host_raw, int dir)
{
	return !p->found || (dir > 0 ? host_raw < p->host_raw : host_raw > p->host_raw);
}

static bool beyond(int64_t host_raw, int64_t from_raw, int dir)
{
	return dir > 0 ? host_raw > from_raw : host_raw < from_raw;
}

/*
 * The next guest event of a track that lies in no stretch. A track without violations costs
 * nothing.
 */
static void find_outside(const struct app *app, unsigned int track_idx, int dir,
			 struct place *place)
{
	const struct vms_track *track = vms_session_track(app->session, track_idx);
	const struct vms_cpu *cpu = &app->trace->guests[track->guest].stream->cpus[track->cpu_idx];
	int lane = lanes_find(app, (int)track->guest, track->cpu_idx);
	struct app_event e = { .host_raw = app_view(app)->cursor_raw };
	int64_t depth, i;
	uint32_t stretch = 0;

	if (!track->thread || !track->in_force.guest_outside || lane < 0 || !cpu->nr)
		return;
	if (!events_lane_step(app, (uint32_t)lane, app_view(app)->cursor_raw, dir, &e))
		return;
	/* A CPU whose times go back is looked through as a whole. */
	i = cpu->sorted ? (int64_t)e.ref.idx : dir > 0 ? 0 : (int64_t)cpu->nr - 1;
	for (; i >= 0 && i < (int64_t)cpu->nr; i += dir) {
		struct vms_ref ref = { .cpu = (int32_t)track->cpu_idx, .idx = (uint32_t)i };
		int64_t at = vms_session_host_time(app->session, track->guest, ref);

		if (!beyond(at, app_view(app)->cursor_raw, dir))
			continue;
		if (place->found && !nearer(place, at, dir) && cpu->sorted)
			return;
		if (vms_place_of(track->thread, at, &stretch, &depth) != VMS_PLACE_OUTSIDE ||
		    !nearer(place, at, dir))
			continue;
		*place = (struct place){ .found = true,
					 .host_raw = at,
					 .id = VMS_ID_NONE,
					 .track = track_idx,
					 .event = (uint32_t)i,
					 .stretch = stretch,
					 .depth_raw = depth };
		if (cpu->sorted)
			return;
	}
}

static uint32_t impossible_nr(const struct app *a)
{
	uint32_t nr = 0;
	unsigned int t, q;

	for (t = 0; t < vms_session_tracks_nr(a->session); t++)
		for (q = 0; q < vms_session_catalogue(a->session)->seqs_nr; q++)
			nr += vms_session_track(a->session, t)->seqs[q].impossible;
	return nr;
}

static void find_impossible(const struct app *app, int dir, struct place *place)
{
	int64_t nr = vms_session_candidates_nr(app->session);
	int64_t i = vms_session_first_at(app->session, app_view(app)->cursor_raw);

	if (!impossible_nr(app))
		return;
	for (i = dir > 0 ? i : i - 1; i >= 0 && i < nr; i += dir) {
		const struct vms_candidate *c = vms_session_candidate(app->session, (uint32_t)i);

		if (!(c->flags & VMS_CAND_IMPOSSIBLE) ||
		    !beyond(c->pair.host_raw, app_view(app)->cursor_raw, dir))
			continue;
		*place = (struct place){ .found = true, .host_raw = c->pair.host_raw, .id = c->id };
		return;
	}
}

static void go_to(struct app *app, const struct app_event *to)
{
	const int lane = lanes_find(app, to->guest, (unsigned int)to->ref.cpu);

	if (lane >= 0)
		lanes_select(app, (uint32_t)lane);
	events_select(app, to, app_events(app)->line);
	view_held(app);
	view_cursor(app, to->host_raw, true);
}

static void go_event(struct app *app, unsigned int track, uint32_t event, int64_t host_raw)
{
	const struct vms_track *t = vms_session_track(app->session, track);

	go_to(app, &(struct app_event){ .guest = (int)t->guest,
					.host_raw = host_raw,
					.ref = { .cpu = (int32_t)t->cpu_idx, .idx = event } });
}

static const char *event_name(const struct app *a, unsigned int track, uint32_t event)
{
	const struct vms_track *t = vms_session_track(a->session, track);
	struct vms_ref ref = { .cpu = (int32_t)t->cpu_idx, .idx = event };

	return vms_event_type(a->trace->guests[t->guest].stream, ref)->name;
}

/* Which one of its vCPU's: the next of one that is known, else counted where that is quick. */
static uint32_t nth_of(const struct app *app, const struct place *place, int dir)
{
	const struct vms_track *track = vms_session_track(app->session, place->track);
	const struct vms_cpu *cpu = &app->trace->guests[track->guest].stream->cpus[track->cpu_idx];
	const struct app_miss *last = app_miss(app);
	uint32_t i, nr = 0;

	if (last && last->nth && last->track == place->track && cpu->sorted)
		return last->nth + (dir > 0 ? 1 : -1u);
	for (i = 0; place->event < COUNTED_MOST && i <= place->event; i++) {
		const struct vms_ref ref = { .cpu = (int32_t)track->cpu_idx, .idx = i };

		nr += vms_place_of(track->thread,
				   vms_session_host_time(app->session, track->guest, ref), NULL,
				   NULL) == VMS_PLACE_OUTSIDE;
	}
	return nr;
}

/* So that the miss is about ten columns wide. */
void view_miss(struct app *app, const struct app_miss *miss)
{
	const int64_t w_raw = VMS_MAX(miss->depth_raw / 10, 1);

	view_held(app);
	view_show(app, vms_sat_sub_i64(miss->event.host_raw, w_raw * (app_view(app)->now.cols / 2)),
		  w_raw);
	view_cursor(app, miss->event.host_raw, true);
}

static void go_miss(struct app *app, const struct place *place, int dir)
{
	const struct vms_clock *clock = vms_session_clock(app->session);
	const struct vms_track *track = vms_session_track(app->session, place->track);
	const struct app_miss miss = {
		.event = { .guest = (int)track->guest,
			   .ref = { .cpu = (int32_t)track->cpu_idx, .idx = place->event },
			   .host_raw = place->host_raw },
		.track = place->track,
		.stretch = place->stretch,
		.depth_raw = place->depth_raw,
		.nth = nth_of(app, place, dir),
	};
	char nth[32] = "";

	go_event(app, place->track, place->event, place->host_raw);
	events_miss(app, &miss);
	view_miss(app, &miss);
	if (miss.nth)
		(void)snprintf(nth, sizeof(nth), "%u of ", miss.nth);
	app_hint(app, APP_BAD, "%s outside: %s, %s (%s%u)",
		 fmt_span(clock, vms_clock_ns(clock, place->depth_raw), FMT_BUF),
		 event_name(app, place->track, place->event),
		 app_vcpu_short(app, track, BUF(APP_SHORT_CHARS)), nth,
		 track->in_force.guest_outside);
}

int step_violation(struct app *app, int dir, struct vms_err *err)
{
	struct place place = { .id = VMS_ID_NONE };
	uint32_t outside = 0;
	unsigned int i;

	find_impossible(app, dir, &place);
	for (i = 0; i < vms_session_tracks_nr(app->session); i++) {
		find_outside(app, i, dir, &place);
		outside += vms_session_track(app->session, i)->in_force.guest_outside;
	}
	if (!place.found)
		return vms_fail(err, VMS_ENODATA,
				"no violation %s%s (%u guest event%s outside under model %s)",
				dir > 0 ? "after this" : "before this",
				!outside  ? ""
				: dir > 0 ? ", Ctrl-V: before"
					  : ", v: after",
				outside, fmt_s(outside),
				vms_by_name(vms_session_model(app->session)));
	if (place.id != VMS_ID_NONE) {
		list_select(app, place.id);
		view_cursor_put(app, place.host_raw);
		app_hint(app, APP_WARN,
			 "%u is impossible: negative delay at every offset in the band", place.id);
		return 0;
	}
	go_miss(app, &place, dir);
	return 0;
}

/*
 * The n-th event that fixes a band: both sides of each segment of each track. Return: number of
 * them.
 */
static uint32_t binding_nth(const struct app *app, uint32_t n, unsigned int *out,
			    struct vms_point *pt, bool *below)
{
	uint32_t nr = 0;
	unsigned int track, i, side;

	for (track = 0; track < vms_session_tracks_nr(app->session); track++) {
		const struct vms_band *b = vms_session_track(app->session, track)->band;

		for (i = 0; b && i < b->segs_nr; i++) {
			for (side = 0; side < 2; side++) {
				if (!(side ? b->segs[i].upper_nr : b->segs[i].lower_nr))
					continue;
				if (nr++ != n)
					continue;
				*out = track;
				*pt = side ? b->segs[i].bind_upper : b->segs[i].bind_lower;
				*below = !side;
			}
		}
	}
	return nr;
}

/*
 * A candidate of a guest event: best of that sequence, else of the side that it bounds, else any.
 */
static uint32_t candidate_of_event(const struct app *a, unsigned int track, uint32_t event,
				   bool below, int seq)
{
	uint32_t nr = vms_session_candidates_nr(a->session), i;
	uint32_t side = VMS_ID_NONE, any = VMS_ID_NONE;

	for (i = 0; i < nr; i++) {
		const struct vms_candidate *c = vms_session_candidate(a->session, i);

		if (c->track != track || c->pair.guest_ev.idx != event)
			continue;
		if (c->pair.seq == seq)
			return c->id;
		if ((c->pair.dir == VMS_HOST_TO_GUEST) == below)
			side = c->id;
		any = c->id;
	}
	return side != VMS_ID_NONE ? side : any;
}

int jump_against(struct app *app, const struct app_sequence *at, struct vms_err *err)
{
	const struct vms_fitness *f = at->fitness;
	const struct vms_fit_at *to;
	unsigned int t = 0;
	uint64_t nr;
	uint32_t id;

	if (!f)
		return vms_fail(err, VMS_ENODATA, "nothing is known of %s yet",
				at->seq ? at->seq->name : "it");
	if (!f->impossible_nr && !f->counts.key_conflicts)
		return vms_fail(err, VMS_ENODATA,
				"nothing speaks against %s: no pair is impossible, no key differs",
				at->seq->name);
	to = f->impossible_nr ? &f->first_impossible : &f->first_conflict;
	while (t < vms_session_tracks_nr(app->session) &&
	       (app->trace->guests[vms_session_track(app->session, t)->guest].stream !=
			app_fitness_guest(app) ||
		vms_session_track(app->session, t)->cpu_idx != to->cpu_idx))
		t++;
	id = candidate_of_event(app, t, to->event, at->seq->dir == VMS_HOST_TO_GUEST, at->number);
	screen_set(app, APP_SCREEN_MAIN);
	if (id != VMS_ID_NONE) {
		list_select(app, id);
		view_fit_pair(app, app_selected(app), true);
	} else {
		go_event(app, t, to->event,
			 vms_session_host_time(app->session,
					       vms_session_track(app->session, t)->guest,
					       (struct vms_ref){ .cpu = (int32_t)to->cpu_idx,
								 .idx = to->event }));
	}
	nr = f->impossible_nr ? f->impossible_nr : f->counts.key_conflicts;
	app_say(app, APP_WARN,
		f->impossible_nr ? "%s #%u, the first of %llu: impossible at every offset"
				 : "%s #%u, the first of %llu: no host event has its key",
		event_name(app, t, to->event), to->event, (unsigned long long)nr);
	return 0;
}

/* The vCPU of what bounds a band, and of several threads that ran it the one that did so then. */
static const char *bound_words(const struct app *app, unsigned int track_idx,
			       const struct vms_point *point, const struct vms_fact *fact,
			       char *buf, size_t size)
{
	const struct vms_track *track = vms_session_track(app->session, track_idx);
	size_t used;

	(void)snprintf(buf, size, "%s", app_vcpu_words(app, track, FMT_BUF));
	used = strlen(buf);
	if (vms_thread_parts_nr(track->thread) > 1)
		(void)snprintf(buf + used, size - used, ", thread %d",
			       fact ? vms_event_tid(app->trace->host, fact->from)
				    : vms_thread_tid_of(track->thread, point->stretch));
	return buf;
}

int step_binding(struct app *app, struct vms_err *err)
{
	char whose[80];
	const struct vms_fact *fact;
	const struct vms_stream *guest;
	unsigned int track = 0;
	struct vms_point pt = { 0 };
	bool below = false;
	uint32_t nr, at, id;

	nr = binding_nth(app, UINT32_MAX, &track, &pt, &below);
	if (!nr)
		return vms_fail(err, VMS_ENODATA, "there is no band: nothing bounds the offset");
	at = app_events(app)->binding < nr ? app_events(app)->binding + 1 : 1;
	events_bound(app, at);
	(void)binding_nth(app, at - 1, &track, &pt, &below);
	fact = vms_session_fact(app->session, vms_session_track(app->session, track), &pt);
	(void)bound_words(app, track, &pt, fact, whose, sizeof(whose));
	if (fact) {
		guest = app->trace->guests[vms_session_track(app->session, track)->guest].stream;
		/* a band's edge may rest on what KVM said of the clock, and on no guest event */
		go_to(app, &(struct app_event){
				   .guest = -1, .ref = fact->to, .host_raw = fact->to_raw });
		app_hint(app, APP_NOTE, "fact %u of %u, from %s: KVM just read TSC %lld of %s", at,
			 nr, below ? "below" : "above",
			 (long long)vms_ratio_redo(&guest->ratio, fact->guest_raw), whose);
		return 0;
	}
	id = candidate_of_event(app, track, pt.event, below, -1);
	if (id != VMS_ID_NONE)
		list_select(app, id);
	if (id == VMS_ID_NONE || app_list(app)->sel != id) {
		struct vms_ref ref = {
			.cpu = (int32_t)vms_session_track(app->session, track)->cpu_idx,
			.idx = pt.event
		};

		go_event(app, track, pt.event,
			 vms_session_host_time(app->session,
					       vms_session_track(app->session, track)->guest, ref));
	}
	app_hint(app, APP_NOTE, "binding event %u of %u, from %s: %s of %s", at, nr,
		 below ? "below" : "above", event_name(app, track, pt.event), whose);
	return 0;
}
