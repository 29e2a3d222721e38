// SPDX-License-Identifier: LGPL-2.1-or-later
/* What ran on a host CPU, by column: in-guest time by track, entries and exits. */
#include "core/lanes/lanes_impl.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/bisect.h"
#include "core/base/wide.h"

/*
 * So many stretches are looked at for one that has the event wanted; the rest of a column has few
 * without.
 */
#define LOOK_MAX 256u

static int64_t inside_of(const struct vms_stretch *st, int64_t until_raw)
{
	if (st->flags & VMS_STRETCH_UNKNOWN || until_raw <= st->enter_raw)
		return 0;
	return vms_sat_sub_i64(VMS_MIN(until_raw, st->leave_raw), st->enter_raw);
}

static struct lane_run *run_add(struct lane_host *host, const struct vms_thread *t, int track,
				uint32_t nr)
{
	struct lane_run *r;

	if (vms_grow(&host->runs, &host->runs_cap, (size_t)host->runs_nr + 1, sizeof(*host->runs),
		     UINT32_MAX))
		return NULL;
	r = &host->runs[host->runs_nr];
	*r = (struct lane_run){ .t = t, .track = track };
	r->stretch = vms_calloc(nr, sizeof(*r->stretch));
	r->before = vms_calloc((size_t)nr + 1, sizeof(*r->before));
	host->runs_nr++;
	return r->stretch && r->before ? r : NULL;
}

/* One thread: count its stretches on each CPU, then place them. */
static int runs_of_thread(struct vms_lanes *lanes, const struct vms_thread *thread,
			  uint32_t *counts)
{
	const int track = vms_session_thread_track(lanes->s, thread->tid);
	unsigned int c;
	uint32_t i;

	memset(counts, 0, lanes->hosts_nr * sizeof(*counts));
	for (i = 0; i < thread->stretches_nr; i++)
		if (vms_stretch_pcpu(&thread->stretches[i]) < lanes->hosts_nr)
			counts[vms_stretch_pcpu(&thread->stretches[i])]++;
	for (c = 0; c < lanes->hosts_nr; c++)
		if (counts[c] && !run_add(&lanes->hosts[c], thread, track, counts[c]))
			return -VMS_ENOMEM;
	for (i = 0; i < thread->stretches_nr; i++) {
		const struct vms_stretch *st = &thread->stretches[i];
		const unsigned int pcpu = vms_stretch_pcpu(st);
		struct lane_run *r;

		if (pcpu >= lanes->hosts_nr)
			continue;
		r = &lanes->hosts[pcpu].runs[lanes->hosts[pcpu].runs_nr - 1];
		r->stretch[r->nr] = i;
		r->before[r->nr + 1] =
			vms_sat_add_i64(r->before[r->nr], inside_of(st, st->leave_raw));
		r->nr++;
	}
	return 0;
}

int lane_runs_build(struct vms_lanes *l)
{
	const struct vms_stretches *st = vms_session_stretches(l->s);
	uint32_t *counts = vms_calloc(l->hosts_nr, sizeof(*counts));
	unsigned int i;
	int ret = counts ? 0 : -VMS_ENOMEM;

	for (i = 0; !ret && st && i < st->threads_nr; i++)
		ret = runs_of_thread(l, &st->threads[i], counts);
	free(counts);
	return ret;
}

void lane_runs_free(struct vms_lanes *lanes)
{
	unsigned int c;
	uint32_t i;

	for (c = 0; lanes->hosts && c < lanes->hosts_nr; c++) {
		for (i = 0; i < lanes->hosts[c].runs_nr; i++) {
			free(lanes->hosts[c].runs[i].stretch);
			free(lanes->hosts[c].runs[i].before);
		}
		free(lanes->hosts[c].runs);
	}
}

/* What stretches of a run are searched by; each ascends. */
enum key { BY_ENTER, BY_ENTRY, BY_EXIT };

static int64_t key_of(const struct vms_stream *host, const struct vms_stretch *st, enum key key)
{
	switch (key) {
	case BY_ENTRY:
		return st->entry.cpu < 0 ? st->enter_raw
					 : vms_event_time(host, vms_ref_of(st->entry));
	case BY_EXIT:
		return st->exit.cpu < 0 ? st->leave_raw
					: vms_event_time(host, vms_ref_of(st->exit));
	case BY_ENTER:
	default: return st->enter_raw;
	}
}

static const struct vms_stretch *stretch_of(const struct lane_run *r, uint32_t k)
{
	return &r->t->stretches[r->stretch[k]];
}

static uint32_t run_bound(const struct vms_stream *host, const struct lane_run *r, enum key key,
			  vms_i128 at, uint32_t from)
{
	uint32_t lo = from, hi = r->nr;

	VMS_BISECT(lo, hi, mid, key_of(host, stretch_of(r, mid), key) < at);
	return lo;
}

/* In-guest time of a run before a time; next is the first stretch that begins at or after it. */
static int64_t inside_before(const struct lane_run *r, vms_i128 at, uint32_t next)
{
	const int64_t until = vms_clamp_i64(at);

	return next ? vms_sat_add_i64(r->before[next - 1],
				      inside_of(stretch_of(r, next - 1), until))
		    : 0;
}

/* 0, 1 or 2 of the entries (exits) among stretches [from, to) */
static uint8_t count_to_two(const struct lane_run *r, bool exits, uint32_t from, uint32_t to)
{
	uint8_t nr = 0;
	uint32_t k;

	for (k = from; k < to && k - from < LOOK_MAX && nr < 2; k++) {
		const struct vms_stretch *st = stretch_of(r, k);

		nr = (uint8_t)(nr + ((exits ? st->exit.cpu : st->entry.cpu) >= 0));
	}
	return nr;
}

/* Scratch of one column. */
struct column_sum {
	int64_t inside, most, exit_at;
};

static void note_exit(const struct vms_stream *host, const struct lane_run *r, uint32_t from,
		      uint32_t to, struct vms_lane_col *col, struct column_sum *sum)
{
	uint32_t k;

	for (k = to; k > from && to - k < LOOK_MAX; k--) {
		const struct vms_stretch *st = stretch_of(r, k - 1);

		if (st->exit.cpu < 0)
			continue;
		if (!col->exit || key_of(host, st, BY_EXIT) >= sum->exit_at) {
			col->why = st->why;
			sum->exit_at = key_of(host, st, BY_EXIT);
		}
		return;
	}
}

static void run_columns(const struct vms_stream *host, const struct lane_run *run, int whose,
			const struct vms_view *view, struct vms_lane_col *cols,
			struct column_sum *sums)
{
	vms_i128 at = lane_view_bound(view, 0);
	uint32_t enter = run_bound(host, run, BY_ENTER, at, 0);
	uint32_t entry = run_bound(host, run, BY_ENTRY, at, 0);
	uint32_t exit = run_bound(host, run, BY_EXIT, at, 0);
	int64_t before = inside_before(run, at, enter);
	unsigned int col;

	for (col = 0; col < view->cols; col++) {
		uint32_t entry_to, exit_to;
		int64_t until;

		at = lane_view_bound(view, col + 1);
		enter = run_bound(host, run, BY_ENTER, at, enter);
		entry_to = run_bound(host, run, BY_ENTRY, at, entry);
		exit_to = run_bound(host, run, BY_EXIT, at, exit);
		until = inside_before(run, at, enter);
		if (until - before > sums[col].most) {
			sums[col].most = until - before;
			cols[col].track = (int16_t)whose;
		}
		sums[col].inside = vms_sat_add_i64(sums[col].inside, until - before);
		note_exit(host, run, exit, exit_to, &cols[col], &sums[col]);
		cols[col].entry = (uint8_t)VMS_MIN(
			2, cols[col].entry + count_to_two(run, false, entry, entry_to));
		cols[col].exit = (uint8_t)VMS_MIN(2, cols[col].exit + count_to_two(run, true, exit,
										   exit_to));
		before = until;
		entry = entry_to;
		exit = exit_to;
	}
}

static void inside_parts(const struct vms_view *view, const struct column_sum *sums,
			 struct vms_lane_col *cols)
{
	unsigned int col;

	for (col = 0; col < view->cols; col++) {
		const vms_i128 part =
			((vms_i128)sums[col].inside * 1000 + view->w_raw / 2) / view->w_raw;

		/* Never nothing where the guest did run. */
		cols[col].inside = (uint16_t)VMS_MIN(
			(vms_i128)1000, VMS_MAX(part, (vms_i128)(sums[col].inside > 0)));
	}
}

int lane_host_inside(struct vms_lanes *lanes, unsigned int cpu_idx, const struct vms_view *view,
		     struct vms_lane_col *cols)
{
	const struct vms_stream *host = vms_session_trace(lanes->s)->host;
	const struct lane_host *h = &lanes->hosts[cpu_idx];
	struct column_sum *sums = vms_calloc(view->cols, sizeof(*sums));
	uint32_t i;

	if (!sums)
		return -VMS_ENOMEM;
	for (i = 0; i < h->runs_nr; i++)
		run_columns(host, &h->runs[i], h->runs[i].track, view, cols, sums);
	inside_parts(view, sums, cols);
	free(sums);
	return 0;
}

int vms_lane_thread(struct vms_lanes *lanes, unsigned int track, const struct vms_view *view,
		    struct vms_lane_col *cols, struct vms_err *err)
{
	const struct vms_stream *host = vms_session_trace(lanes->s)->host;
	struct column_sum *sums = vms_calloc(view->cols, sizeof(*sums));
	unsigned int cpu, col;
	uint32_t i;

	if (!sums)
		return vms_fail(err, VMS_ENOMEM, "out of memory for a lane");
	for (col = 0; col < view->cols; col++)
		cols[col] = (struct vms_lane_col){ .track = -1 };
	for (cpu = 0; cpu < lanes->hosts_nr; cpu++)
		for (i = 0; i < lanes->hosts[cpu].runs_nr; i++)
			if (lanes->hosts[cpu].runs[i].track == (int)track)
				run_columns(host, &lanes->hosts[cpu].runs[i], (int)cpu, view, cols,
					    sums);
	inside_parts(view, sums, cols);
	free(sums);
	return 0;
}
