// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the list of what breaks a recording up: steps of the clocks, and times that are missing. */
#include "app/commands/cmd_now.h"

#include <stdio.h>

#include "app/commands/overlays.h"
#include "app/commands/panes.h"
#include "app/state/lane_list.h"
#include "app/state/shown.h"
#include "app/state/text.h"
#include "app/state/view.h"
#include "app/words/format.h"
#include "app/words/holes.h"
#include "app/words/verdict.h"
#include "app/words/words.h"
#include "core/base/bisect.h"
#include "core/base/util.h"

/* struct broken - a row of the list */
struct broken {
	int track;		  /* whose step; -1: a hole of the host */
	int64_t from_raw, to_raw; /* of the host */
	const struct vms_band_segment *before, *after;
	const struct vms_hole *hole;
};

static int64_t host_raw(const struct app *app, const struct vms_track *track, uint32_t event)
{
	const struct vms_ref at = { .cpu = (int32_t)track->cpu_idx, .idx = event };

	return vms_session_host_time(app->session, track->guest, at);
}

/* The n-th: steps vCPU by vCPU, then holes. Return: it is there */
static bool nth(const struct app *app, uint32_t n, struct broken *out)
{
	const struct vms_stretches *st = vms_session_stretches(app->session);
	unsigned int i, k;

	for (i = 0; i < vms_session_tracks_nr(app->session); i++) {
		const struct vms_track *track = vms_session_track(app->session, i);

		for (k = 1; track->band && k < track->band->segs_nr; k++) {
			const struct vms_band_segment *seg = &track->band->segs[k];

			if (seg->soft || n--)
				continue;
			*out = (struct broken){ .track = (int)i,
						.from_raw = host_raw(app, track, seg->cut_earliest),
						.to_raw = host_raw(app, track, seg->cut_latest),
						.before = seg - 1,
						.after = seg };
			return true;
		}
	}
	if (n >= st->holes_nr)
		return false;
	*out = (struct broken){ .track = -1,
				.from_raw = st->holes[n].from_raw,
				.to_raw = st->holes[n].to_raw,
				.hole = &st->holes[n] };
	return true;
}

/* Guest events that lie in a time of the host: what is not known there. */
static uint64_t events_in(const struct app *app, int64_t from_raw, int64_t to_raw)
{
	uint64_t nr = 0;
	unsigned int i;

	for (i = 0; i < vms_session_tracks_nr(app->session); i++) {
		const struct vms_track *track = vms_session_track(app->session, i);
		const uint32_t events_nr =
			app->trace->guests[track->guest].stream->cpus[track->cpu_idx].nr;
		uint32_t lo = 0, hi = events_nr, first;

		VMS_BISECT(lo, hi, k, host_raw(app, track, k) < from_raw);
		first = lo;
		hi = events_nr;
		VMS_BISECT(lo, hi, k, host_raw(app, track, k) <= to_raw);
		nr += lo - first;
	}
	return nr;
}

static void add_row(const struct app *app, const struct broken *row, struct lines *lines)
{
	const struct vms_clock *clock = vms_session_clock(app->session);
	const struct vms_track *track;
	char buf[160], from[FMT_SIZE], to[FMT_SIZE];

	if (row->track < 0) {
		(void)lines_add(lines, "  %s; %llu guest events then",
				hole_text(clock, app->trace->host, row->hole, buf, sizeof(buf)),
				(unsigned long long)events_in(app, row->from_raw, row->to_raw));
		return;
	}
	track = vms_session_track(app->session, (unsigned int)row->track);
	(void)lines_add(lines, "  step of %s  %s%s%s  %s; %u and %u bounds%s",
			app_vcpu_short(app, track, FMT_BUF),
			fmt_time(clock, row->from_raw, from, sizeof(from)),
			row->to_raw > row->from_raw ? " to " : "",
			row->to_raw > row->from_raw ? fmt_time(clock, row->to_raw, to, sizeof(to))
						    : "",
			jump_text(clock, row->before, row->after, buf, sizeof(buf)),
			row->before->lower_nr + row->before->upper_nr,
			row->after->lower_nr + row->after->upper_nr,
			row->after->unsure  ? ", not sure"
			: row->after->small ? ", smaller than the band"
					    : "");
}

int cmd_steps(struct app *app, struct vms_err *err)
{
	struct lines lines = { 0 };
	struct broken row;
	uint32_t n;

	for (n = 0; nth(app, n, &row); n++)
		add_row(app, &row, &lines);
	if (!n)
		return vms_fail(err, VMS_ENODATA,
				"no step is found, and no time of the host is missing unmarked");
	text_show(app, APP_OVERLAY_STEPS, "steps and holes", &lines);
	return 0;
}

int steps_take(struct app *app, struct vms_err *err)
{
	struct broken row;
	int lane;

	(void)err;
	if (!nth(app, app_shown(app)->over.sel, &row))
		return 0;
	screen_set(app, APP_SCREEN_MAIN);
	lane = row.track < 0
		       ? lanes_find(app, -1, row.hole->cpu == VMS_CPU_ALL ? 0 : row.hole->cpu)
		       : lanes_find(
				 app,
				 (int)vms_session_track(app->session, (unsigned int)row.track)
					 ->guest,
				 vms_session_track(app->session, (unsigned int)row.track)->cpu_idx);
	if (lane >= 0)
		lanes_select(app, (uint32_t)lane);
	view_held(app);
	view_cursor(app, row.from_raw, true);
	return 0;
}
