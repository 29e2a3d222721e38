// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows how the band, the drift, pairs and events outside become series of numbers. */
#include "app/reports/report_impl.h"
#include "app/reports/series.h"

#include <math.h>

#define TIMES_NR 9

/* So much farther V(o) is looked at where its shape is not to be seen. */
#define WIDER 8

double series_host_s(const struct vms_stream *host, const struct vms_clock *clock, int64_t host_raw)
{
	return vms_clock_ns(clock, vms_sat_sub_i64(host_raw, host->first_raw)) * 1e-9;
}

double series_s(const struct series_of *of, int64_t host_raw)
{
	return series_host_s(vms_session_trace(of->s)->host, of->clock, host_raw);
}

static bool by_fact(const struct vms_band_segment *seg, int64_t guest_raw)
{
	struct vms_point below = { 0 }, above = { 0 };

	vms_band_bind_at(seg, guest_raw, &below, &above);
	return vms_point_is_fact(&below) || vms_point_is_fact(&above);
}

struct series_band series_band(const struct series_of *of, int64_t host_raw)
{
	const struct vms_model *map = vms_session_map(of->s, of->tr->guest);
	const int64_t guest_raw = vms_model_inverse(map, of->tr->cpu_idx, host_raw);
	struct series_band at = {
		.guest_raw = guest_raw,
		.host_raw = vms_model_time(map, of->tr->cpu_idx, guest_raw),
		.lo_raw = INT64_MIN,
		.hi_raw = INT64_MAX,
		.lo_ns = NAN,
		.hi_ns = NAN,
	};
	const struct vms_band_segment *seg =
		of->tr->band ? vms_band_segment_time(of->tr->band, guest_raw) : NULL;
	const struct vms_stream *guest = report_guest(of->s, of->tr);
	const int64_t off = vms_sat_sub_i64(at.host_raw, guest_raw);

	at.stored_raw = report_time(guest, guest_raw);
	if (!seg)
		return at;
	vms_band_at(seg, guest_raw, &at.lo_raw, &at.hi_raw);
	at.fact = by_fact(seg, guest_raw);
	if (at.lo_raw != INT64_MIN)
		at.lo_ns = vms_clock_ns(of->clock, vms_sat_sub_i64(at.lo_raw, off));
	if (at.hi_raw != INT64_MAX)
		at.hi_ns = vms_clock_ns(of->clock, vms_sat_sub_i64(at.hi_raw, off));
	at.lo_raw = report_offset(guest, guest_raw, at.lo_raw);
	at.hi_raw = report_offset(guest, guest_raw, at.hi_raw);
	return at;
}

struct series_point series_point(const struct series_of *of, const struct vms_candidate *pair)
{
	const enum vms_state state = vms_session_state(of->s, pair);
	const double delay_ns = vms_session_delay_ns(of->s, pair);

	return (struct series_point){
		.t_s = series_s(of, pair->pair.host_raw),
		.delay_ns = delay_ns,
		.error_ns = pair->pair.dir == VMS_GUEST_TO_HOST ? delay_ns : -delay_ns,
		.residual_ns = vms_session_residual_ns(of->s, pair),
		.dir = pair->pair.dir,
		.state = state == VMS_UNDECIDED && (pair->flags & VMS_CAND_IMPOSSIBLE)
				 ? SERIES_IMPOSSIBLE
				 : (uint8_t)state,
	};
}

bool series_drifts(const struct vms_track *t)
{
	return !(t->band && t->band->segs_nr && t->band->segs[0].constant);
}

/* Drift of a model between two guest times. */
static double model_drift(const struct series_of *of, const struct vms_model *model, int64_t g0,
			  int64_t g1)
{
	const unsigned int cpu = of->tr->cpu_idx;
	const int64_t len = vms_sat_sub_i64(g1, g0);

	if (!model || len <= 0)
		return NAN;
	return 1e6 *
	       (double)(vms_sat_sub_i64(vms_sat_sub_i64(vms_model_time(model, cpu, g1),
							vms_model_time(model, cpu, g0)),
					len)) /
	       (double)len;
}

/*
 * From the lowest end of the band to the highest at the other side of the window, and the reverse.
 */
static void band_drifts(const struct series_of *of, int64_t g0, int64_t g1,
			struct series_window *window)
{
	const struct vms_band_segment *s0 =
		of->tr->band ? vms_band_segment_time(of->tr->band, g0) : NULL;
	const struct vms_band_segment *s1 =
		of->tr->band ? vms_band_segment_time(of->tr->band, g1) : NULL;
	const double len = (double)vms_sat_sub_i64(g1, g0);
	int64_t lo0, hi0, lo1, hi1;

	/* across a step there is no drift to speak of */
	if (!s0 || s0 != s1 || !(len > 0))
		return;
	vms_band_at(s0, g0, &lo0, &hi0);
	vms_band_at(s0, g1, &lo1, &hi1);
	if (lo1 != INT64_MIN && hi0 != INT64_MAX)
		window->lo = 1e6 * (double)vms_sat_sub_i64(lo1, hi0) / len;
	if (hi1 != INT64_MAX && lo0 != INT64_MIN)
		window->hi = 1e6 * (double)vms_sat_sub_i64(hi1, lo0) / len;
	if (isfinite(s0->drift_lo) && isfinite(s0->drift_hi) && s0->drift_lo > -1 &&
	    s0->drift_hi < 1) {
		window->piece_lo = 1e6 * s0->drift_lo;
		window->piece_hi = 1e6 * s0->drift_hi;
	}
}

static void window_fill(const struct series_of *of, struct series_window *window, int64_t from,
			int64_t to, bool last)
{
	const struct vms_model *map = vms_session_map(of->s, of->tr->guest);
	struct vms_model_result result;
	int64_t g0, g1;

	*window = (struct series_window){ .from_s = series_s(of, from),
					  .to_s = series_s(of, to),
					  .lo = NAN,
					  .hi = NAN,
					  .fit = NAN,
					  .fit_se = NAN,
					  .in_force = NAN,
					  .recorded = NAN,
					  .piece_lo = NAN,
					  .piece_hi = NAN };
	if (!map)
		return;
	g0 = vms_model_inverse(map, of->tr->cpu_idx, from);
	g1 = vms_model_inverse(map, of->tr->cpu_idx, to);
	band_drifts(of, g0, g1, window);
	window->in_force = model_drift(of, map, g0, g1);
	window->recorded = model_drift(of, of->recorded, g0, g1);
	/* windows share no pair */
	if (!vms_session_fit_span(&result, of->s, of->track, VMS_EST_THEIL_SEN, of->basis, from,
				  last ? to : to - 1, NULL) &&
	    result.available && isfinite(result.drift) && isfinite(result.se_drift)) {
		window->fit = 1e6 * result.drift;
		window->fit_se = 1e6 * result.se_drift;
	}
}

static int64_t window_begin(const struct series_of *of, int i, int nr)
{
	return of->first_raw + vms_sat_sub_i64(of->last_raw, of->first_raw) / nr * i;
}

struct series_window series_window(const struct series_of *of, int i, int nr)
{
	const bool last = i + 1 == nr;
	struct series_window window;

	window_fill(of, &window, window_begin(of, i, nr),
		    last ? of->last_raw : window_begin(of, i + 1, nr), last);
	return window;
}

static int64_t magnitude(int64_t v)
{
	return v == INT64_MIN ? INT64_MAX : v < 0 ? -v : v;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t raw_of_ns(const struct series_of *of, double ns)
{
	return (int64_t)(of->clock->ns_per_unit > 0.0 ? ns / of->clock->ns_per_unit : ns);
}

/*
 * Edges of the band at three times of each segment: what they have in common is possible all along.
 */
static void mark_band(const struct series_of *of, const struct vms_model *map,
		      struct series_marks *marks)
{
	const struct vms_band *b = of->tr->band;
	unsigned int i, k;

	marks->lo_raw = INT64_MIN;
	marks->hi_raw = INT64_MAX;
	for (i = 0; b && i < b->segs_nr; i++)
		for (k = 0; k < 3; k++) {
			const struct vms_band_segment *g = &b->segs[i];
			int64_t at = g->from_raw +
				     (int64_t)k * (vms_sat_sub_i64(g->to_raw, g->from_raw) / 2);
			int64_t off = vms_sat_sub_i64(vms_model_time(map, of->tr->cpu_idx, at), at),
				lo, hi;

			vms_band_at(g, at, &lo, &hi);
			if (lo != INT64_MIN)
				marks->lo_raw = most(marks->lo_raw, vms_sat_sub_i64(lo, off));
			if (hi != INT64_MAX)
				marks->hi_raw = least(marks->hi_raw, vms_sat_sub_i64(hi, off));
		}
	marks->band = marks->lo_raw != INT64_MIN && marks->hi_raw != INT64_MAX;
	marks->width_raw = marks->band ? magnitude(vms_sat_sub_i64(marks->hi_raw, marks->lo_raw))
				       : raw_of_ns(of, 20e3);
}

static void mark_recorded(const struct series_of *of, const struct vms_model *map,
			  struct series_marks *marks)
{
	const struct vms_model *rec = of->recorded;
	int64_t span = vms_sat_sub_i64(of->last_raw, of->first_raw);
	int i;

	marks->recorded = rec != NULL;
	for (i = 0; rec && i < TIMES_NR; i++) {
		int64_t g = vms_model_inverse(map, of->tr->cpu_idx,
					      of->first_raw + span / TIMES_NR * i);
		int64_t d = vms_sat_sub_i64(vms_model_time(rec, of->tr->cpu_idx, g),
					    vms_model_time(map, of->tr->cpu_idx, g));

		marks->rec_lo_raw = i ? least(marks->rec_lo_raw, d) : d;
		marks->rec_hi_raw = i ? most(marks->rec_hi_raw, d) : d;
	}
}

static int64_t half_of(const struct series_of *of, const struct series_marks *marks,
		       unsigned int widths, bool far)
{
	const int64_t max = INT64_MAX / 8, second = raw_of_ns(of, 1e9), times = widths;
	int64_t edge, rec, half;

	half = marks->width_raw > max / times ? max : most(marks->width_raw, 4) * times;
	if (!far)
		return half;
	/* a model outside of its band: the band must be in sight too */
	edge = marks->band ? most(magnitude(marks->lo_raw), magnitude(marks->hi_raw)) : 0;
	if (edge < second)
		half = most(half, edge + edge / 4);
	rec = most(magnitude(marks->rec_lo_raw), magnitude(marks->rec_hi_raw));
	if (marks->recorded && rec <= second)
		half = most(half, rec + rec / 8);
	return half;
}

static uint64_t sweep_most(const struct vms_sweep *sweep)
{
	uint64_t nr = 0;
	uint32_t i;

	for (i = 0; i < sweep->nr; i++)
		nr = nr > sweep->outside[i] ? nr : sweep->outside[i];
	return nr * sweep->every;
}

struct vms_sweep *series_outside(const struct series_of *of, unsigned int widths, bool far,
				 uint32_t half_nr, struct series_marks *marks)
{
	const struct vms_model *map = vms_session_map(of->s, of->tr->guest);
	const int64_t second = raw_of_ns(of, 1e9);
	struct vms_sweep *sweep, *wider;
	int64_t half;

	if (map) {
		mark_band(of, map, marks);
		mark_recorded(of, map, marks);
	}
	half = half_of(of, marks, widths, far);
	if (vms_session_sweep(&sweep, of->s, of->track, half, half_nr, NULL))
		return NULL;
	for (; far && half < second / WIDER; half *= WIDER, sweep = wider) {
		if (vms_session_sweep(&wider, of->s, of->track, half * WIDER, half_nr, NULL))
			break;
		if (sweep_most(wider) <= 2 * sweep_most(sweep) && sweep_most(sweep)) {
			vms_sweep_free(wider);
			break;
		}
		vms_sweep_free(sweep);
	}
	return sweep;
}
