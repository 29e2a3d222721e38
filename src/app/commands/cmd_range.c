// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Knows what lies between marks a and b: events, pairs, delays, and what each estimator says of
 * these pairs alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmsync/place.h>

#include "app/state/view.h"
#include "app/state/text.h"
#include "app/commands/command.h"
#include "app/words/format.h"
#include "core/base/util.h"
#include "app/words/words.h"

/* Host times, inclusive, and the lines that tell of them. */
struct range {
	struct app *a;
	int64_t from_raw, to_raw;
	struct lines l;
};

static bool within(const struct range *r, int64_t host_raw)
{
	return host_raw >= r->from_raw && host_raw <= r->to_raw;
}

static double ns_of(const struct range *r, int64_t diff_raw)
{
	return vms_clock_ns(vms_session_clock(r->a->session), diff_raw);
}

static void tell_host(struct range *range)
{
	const struct vms_stream *host = range->a->trace->host;
	uint64_t nr = 0;
	unsigned int c, busy = 0;
	uint32_t i;

	for (c = 0; c < host->cpus_nr; c++) {
		const uint64_t before = nr;

		for (i = 0; i < host->cpus[c].nr; i++)
			nr += within(range, host->cpus[c].time_raw[i]);
		busy += nr > before;
	}
	(void)lines_add(&range->l, "host    %s event%s on %u pCPU%s", fmt_grouped(nr, FMT_BUF),
			fmt_s(nr), busy, fmt_s(busy));
}

/* Guest events under the model in force. */
static void tell_guest(struct range *range, unsigned int track_idx)
{
	const struct vms_track *track = vms_session_track(range->a->session, track_idx);
	const struct vms_cpu *cpu =
		&range->a->trace->guests[track->guest].stream->cpus[track->cpu_idx];
	uint64_t nr = 0, outside = 0;
	char name[96], share[32] = "";
	uint32_t i;

	for (i = 0; i < cpu->nr; i++) {
		const struct vms_ref ref = { .cpu = (int32_t)track->cpu_idx, .idx = i };
		const int64_t host = vms_session_host_time(range->a->session, track->guest, ref);

		if (!within(range, host))
			continue;
		nr++;
		outside += track->thread &&
			   vms_place_of(track->thread, host, NULL, NULL) == VMS_PLACE_OUTSIDE;
	}
	(void)app_vcpu_words(range->a, track, name, sizeof(name));
	/*
	 * the label's column is made for a word of seven letters; a guest's name before it needs a
	 * sign between
	 */
	(void)snprintf(name + strlen(name), sizeof(name) - strlen(name), "%s",
		       strlen(name) < 8 ? "" : ": ");
	if (track->thread && range->to_raw > range->from_raw)
		(void)snprintf(share, sizeof(share), "; in the guest %.1f %% of it",
			       100.0 *
				       (double)vms_thread_inside(track->thread, range->from_raw,
								 range->to_raw) /
				       ((double)range->to_raw - (double)range->from_raw));
	(void)lines_add(&range->l, "%-8s%s event%s, %s outside every stretch%s", name,
			fmt_grouped(nr, FMT_BUF), fmt_s(nr), fmt_grouped(outside, FMT_BUF), share);
}

static void tell_band(struct range *range, const struct vms_track *track)
{
	const struct vms_clock *clock = vms_session_clock(range->a->session);
	const struct vms_model *map = vms_session_map(range->a->session, track->guest);
	const int64_t middle =
		range->from_raw + vms_sat_sub_i64(range->to_raw, range->from_raw) / 2;
	const struct vms_band_segment *seg;
	char from[FMT_SIZE];
	int64_t guest, lo, hi;

	if (!track->band || !track->band->segs_nr || !map)
		return;
	guest = vms_model_inverse(map, track->cpu_idx, middle);
	seg = vms_band_segment_time(track->band, guest);
	vms_band_at(seg, guest, &lo, &hi);
	if (lo == INT64_MIN || hi == INT64_MAX)
		(void)lines_add(&range->l, "band    bounded from one side only in the middle");
	else
		(void)lines_add(&range->l, "band    from %s, width %s in the middle",
				fmt_offset(clock, lo, from, sizeof(from)),
				fmt_span(clock, ns_of(range, vms_sat_sub_i64(hi, lo)), FMT_BUF));
}

static void tell_pairs(struct range *range, unsigned int track)
{
	uint32_t i, nr = 0, state[3] = { 0 }, impossible = 0;
	const uint32_t all = vms_session_candidates_nr(range->a->session);

	for (i = vms_session_first_at(range->a->session, range->from_raw); i < all; i++) {
		const struct vms_candidate *c = vms_session_candidate(range->a->session, i);

		if (c->pair.host_raw > range->to_raw)
			break;
		if (c->track != track)
			continue;
		nr++;
		state[vms_session_state(range->a->session, c)]++;
		impossible += (c->flags & VMS_CAND_IMPOSSIBLE) != 0;
	}
	(void)lines_add(&range->l,
			"pairs   %u: %u accepted, %u rejected, %u undecided, %u impossible", nr,
			state[VMS_ACCEPTED], state[VMS_REJECTED], state[VMS_UNDECIDED], impossible);
}

/* A pair's delay and the sequence it is of. */
struct delay {
	uint16_t seq;
	double ns;
};

static int by_sequence(const void *a, const void *b)
{
	const struct delay *x = a, *y = b;

	return (x->seq > y->seq) - (x->seq < y->seq);
}

/* Delays of the pairs that are not rejected, by sequence. Return: how many */
static uint32_t delays_of(const struct range *range, unsigned int track, struct delay *delays)
{
	const uint32_t all = vms_session_candidates_nr(range->a->session);
	uint32_t i, nr = 0;

	for (i = vms_session_first_at(range->a->session, range->from_raw); i < all; i++) {
		const struct vms_candidate *p = vms_session_candidate(range->a->session, i);

		if (p->pair.host_raw > range->to_raw)
			break;
		if (p->track == track && vms_session_state(range->a->session, p) != VMS_REJECTED)
			delays[nr++] =
				(struct delay){ .seq = (uint16_t)p->pair.seq,
						.ns = vms_session_delay_ns(range->a->session, p) };
	}
	qsort(delays, nr, sizeof(*delays), by_sequence);
	return nr;
}

static void tell_sequence(struct range *range, const struct delay *delay, uint32_t nr, double *v)
{
	const struct vms_clock *clock = vms_session_clock(range->a->session);
	char a[FMT_SIZE];
	struct vms_stats st;
	uint32_t i;

	for (i = 0; i < nr; i++)
		v[i] = delay[i].ns;
	vms_stats_of(&st, v, nr);
	(void)lines_add(&range->l, "        %-14s %6u %11s %11s %11s",
			vms_session_catalogue(range->a->session)->seqs[delay->seq].name, nr,
			fmt_signed(clock, st.min, a, sizeof(a)),
			fmt_signed(clock, st.median, FMT_BUF), fmt_signed(clock, st.p99, FMT_BUF));
}

static void tell_delays(struct range *range, unsigned int track)
{
	const uint32_t room = vms_session_candidates_nr(range->a->session);
	struct delay *delay = vms_calloc(room, sizeof(*delay));
	double *values = vms_calloc(room, sizeof(*values));
	uint32_t nr = delay && values ? delays_of(range, track, delay) : 0, from, to;

	(void)lines_add(&range->l,
			"delays  of                  n         min      median         p99");
	for (from = 0; from < nr; from = to) {
		for (to = from; to < nr && delay[to].seq == delay[from].seq; to++)
			;
		tell_sequence(range, delay + from, to - from, values);
	}
	free(delay);
	free(values);
}

/* An estimator over the pairs in between, beside the model in force. */
static void tell_fit(struct range *range, unsigned int track_idx, enum vms_est estimator,
		     enum vms_basis basis)
{
	const struct vms_track *track = vms_session_track(range->a->session, track_idx);
	const struct vms_model *map = vms_session_map(range->a->session, track->guest);
	const struct vms_clock *clock = vms_session_clock(range->a->session);
	const char *name = vms_estimators()[estimator].name;
	struct vms_model_result result;
	int64_t here;

	if (vms_session_fit_span(&result, range->a->session, track_idx, estimator, basis,
				 range->from_raw, range->to_raw, NULL))
		return;
	if (!result.available) {
		(void)lines_add(&range->l, "        %-10s %s", name, result.why_not);
		return;
	}
	here = map ? vms_sat_sub_i64(vms_model_time(map, track->cpu_idx, result.at_raw),
				     result.at_raw)
		   : result.offset_raw;
	(void)lines_add(&range->l, "        %-10s %13s %13s %11s", name,
			fmt_signed(clock, ns_of(range, vms_sat_sub_i64(result.offset_raw, here)),
				   FMT_BUF),
			fmt_ppm(result.drift, FMT_BUF), fmt_se(clock, result.se_raw, FMT_BUF));
}

static void tell_fits(struct range *range, unsigned int track)
{
	const struct vms_track *t = vms_session_track(range->a->session, track);
	const enum vms_basis basis = t->accepted ? VMS_OVER_ACCEPTED : VMS_OVER_NOT_REJECTED;
	unsigned int e;

	(void)lines_add(&range->l, "fits    of %-9s offset - %-9s  drift          se",
			t->accepted ? "accepted" : "all pairs",
			vms_by_name(vms_session_model(range->a->session)));
	for (e = 0; e < VMS_EST_NR; e++)
		tell_fit(range, track, (enum vms_est)e, basis);
}

int cmd_range(struct app *app, struct vms_err *err)
{
	const struct vms_clock *clock = vms_session_clock(app->session);
	const unsigned int here = app_track(app);
	struct range range = { .a = app };
	char to[FMT_SIZE], len[FMT_SIZE];
	unsigned int i;

	if (!app_view(app)->mark[0].set || !app_view(app)->mark[1].set)
		return vms_fail(err, VMS_EUSAGE,
				"set marks a and b first: ma and mb put them at the cursor");
	range.from_raw = VMS_MIN(app_view(app)->mark[0].host_raw, app_view(app)->mark[1].host_raw);
	range.to_raw = VMS_MAX(app_view(app)->mark[0].host_raw, app_view(app)->mark[1].host_raw);
	(void)lines_add(&range.l, "time    %s to %s", fmt_time(clock, range.from_raw, FMT_BUF),
			fmt_time(clock, range.to_raw, to, sizeof(to)));
	(void)lines_add(&range.l, "        %s; guest events by model %s",
			fmt_span(clock,
				 ns_of(&range, vms_sat_sub_i64(range.to_raw, range.from_raw)), len,
				 sizeof(len)),
			vms_by_name(vms_session_model(app->session)));
	tell_host(&range);
	for (i = 0; i < vms_session_tracks_nr(app->session); i++)
		tell_guest(&range, i);
	if (here < vms_session_tracks_nr(app->session)) {
		const struct vms_track *t = vms_session_track(app->session, here);

		(void)lines_add(&range.l, "------- %s", app_vcpu_words(app, t, BUF(96)));
		tell_band(&range, t);
		tell_pairs(&range, here);
		tell_delays(&range, here);
		tell_fits(&range, here);
	}
	text_show(app, APP_OVERLAY_TEXT, "between marks a and b", &range.l);
	return 0;
}
