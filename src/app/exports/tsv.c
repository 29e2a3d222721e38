// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows the columns of the tables that gnuplot and spreadsheets read: vmsync-export(5). */
#include "app/exports/export_impl.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "app/reports/series.h"
#include "app/words/candidate.h"
#include "core/base/util.h"

/* Rows of the band, windows of the drift, and points of V(o) to each side, of a vCPU. */
#define BAND_NR 1000
#define WINDOWS_NR 16
#define OUTSIDE_HALF_NR 500
#define OUTSIDE_WIDTHS 40

/* Columns that all tables begin with. */
#define WHOSE "guest\tvcpu\t"
#define PAIR                                                                                       \
	"id\tstate\tsequence\tdirection\tvcpu\tguest_event\tguest_time\thost_event\thost_time\t"   \
	"delay\ttag\n"

/* struct tables - those that a vCPU adds its rows to */
struct tables {
	struct text *anchors, *candidates, *delays, *errors, *residuals, *band, *drift, *outside;
};

static struct text *table(struct export_files *out, const char *name, const char *columns)
{
	struct text *text = export_file(out, name);

	text_printf(text, "%s", columns);
	return text;
}

/* What is not defined is NaN: gnuplot leaves a gap, and Python's float() reads it. */
static void put_real(struct text *out, double v, char after)
{
	if (isfinite(v))
		text_printf(out, "%.3f%c", v, after);
	else
		text_printf(out, "NaN%c", after);
}

static void put_bound(struct text *out, int64_t v)
{
	if (v == INT64_MIN || v == INT64_MAX)
		text_printf(out, "NaN\t");
	else
		text_printf(out, "%" PRId64 "\t", v);
}

static void put_whose(struct text *out, const struct series_of *of)
{
	text_clean(out, vms_session_trace(of->s)->guests[of->tr->guest].name);
	text_printf(out, "\t%u\t", of->tr->vcpu);
}

static void put_point(struct text *out, const struct series_of *of,
		      const struct vms_candidate *pair, const struct series_point *point, double v)
{
	put_whose(out, of);
	text_printf(out, "%.9f\t", point->t_s);
	put_real(out, v, '\t');
	text_printf(out, "%s\t%s\t", state_name(vms_session_state(of->s, pair)),
		    dir_text(pair->pair.dir));
	text_clean(out, candidate_sequence(of->s, pair));
	text_printf(out, "\t%d\n", pair->flags & VMS_CAND_IMPOSSIBLE ? 1 : 0);
}

static void put_pair(const struct tables *tables, const struct series_of *of,
		     const struct vms_candidate *pair)
{
	const struct series_point point = series_point(of, pair);
	struct text *rows[] = { tables->candidates, tables->anchors };
	char row[1024];
	size_t i;

	(void)candidate_row_text(of->s, pair, '\t', row, sizeof(row));
	for (i = 0; i < (point.state == VMS_ACCEPTED ? 2 : 1); i++) {
		text_clean(rows[i], vms_session_trace(of->s)->guests[of->tr->guest].name);
		text_printf(rows[i], "\t%s\n", row);
	}
	put_point(tables->delays, of, pair, &point, point.delay_ns);
	put_point(tables->errors, of, pair, &point, point.error_ns);
	put_point(tables->residuals, of, pair, &point, point.residual_ns);
}

static void put_band(struct text *out, const struct series_of *of)
{
	const int64_t span = vms_sat_sub_i64(of->last_raw, of->first_raw);
	int i;

	for (i = 0; i < BAND_NR; i++) {
		const struct series_band at = series_band(
			of, of->first_raw + (int64_t)((double)span / (BAND_NR - 1) * i));

		put_whose(out, of);
		text_printf(out, "%.9f\t%" PRId64 "\t%" PRId64 "\t", series_s(of, at.host_raw),
			    at.host_raw, at.stored_raw);
		put_bound(out, at.lo_raw);
		put_bound(out, at.hi_raw);
		put_real(out, at.lo_ns, '\t');
		put_real(out, at.hi_ns, '\t');
		text_printf(out, "%d\n", at.fact);
	}
}

static void put_drift(struct text *out, const struct series_of *of)
{
	int i;

	for (i = 0; i < WINDOWS_NR && series_drifts(of->tr); i++) {
		const struct series_window w = series_window(of, i, WINDOWS_NR);

		put_whose(out, of);
		text_printf(out, "%.9f\t%.9f\t", w.from_s, w.to_s);
		put_real(out, w.lo, '\t');
		put_real(out, w.hi, '\t');
		put_real(out, w.fit, '\t');
		put_real(out, w.fit_se, '\t');
		put_real(out, w.in_force, '\t');
		put_real(out, w.recorded, '\t');
		put_real(out, w.piece_lo, '\t');
		put_real(out, w.piece_hi, '\n');
	}
}

static void put_outside(struct text *out, const struct series_of *of)
{
	struct series_marks marks = { 0 };
	struct vms_sweep *sweep = series_outside(of, OUTSIDE_WIDTHS, true, OUTSIDE_HALF_NR, &marks);
	uint32_t i;

	for (i = 0; sweep && i < sweep->nr; i++) {
		const int64_t raw = sweep->from_raw + (int64_t)i * sweep->step_raw;

		put_whose(out, of);
		put_real(out, vms_clock_ns(of->clock, raw), '\t');
		text_printf(out, "%" PRId64 "\t%u\t%u\t%u\n", raw, sweep->outside[i],
			    sweep->checkable_nr, sweep->every);
	}
	vms_sweep_free(sweep);
}

static bool in_part(const struct series_of *of, const struct vms_candidate *pair)
{
	return pair->pair.host_raw >= of->first_raw && pair->pair.host_raw <= of->last_raw;
}

static int put_track(const struct tables *tables, const struct series_of *of, struct vms_err *err)
{
	const uint32_t room = of->tr->accepted + of->tr->rejected + of->tr->undecided + 1;
	uint32_t *idx = vms_calloc(room, sizeof(*idx)), nr, i;

	if (!idx)
		return vms_fail(err, VMS_ENOMEM, "out of memory");
	nr = vms_session_track_sample(of->s, of->track, 1, idx);
	for (i = 0; i < nr; i++) {
		const struct vms_candidate *pair = vms_session_candidate(of->s, idx[i]);

		if (in_part(of, pair))
			put_pair(tables, of, pair);
	}
	free(idx);
	if (vms_session_map(of->s, of->tr->guest)) {
		put_band(tables->band, of);
		put_drift(tables->drift, of);
	}
	put_outside(tables->outside, of);
	return 0;
}

#define POINT(value) WHOSE "host_s\t" value "\tstate\tdirection\tsequence\timpossible\n"

int export_tsv(struct export_files *out, const struct export_of *of, struct vms_err *err)
{
	const struct vms_stream *host = of->trace->host;
	const struct tables tables = {
		.anchors = table(out, "anchors.tsv", "guest\t" PAIR),
		.candidates = table(out, "candidates.tsv", "guest\t" PAIR),
		.delays = table(out, "delays.tsv", POINT("delay_ns")),
		.errors = table(out, "errors.tsv", POINT("error_ns")),
		.residuals = table(out, "residuals.tsv", POINT("residual_ns")),
		.band = table(out, "band.tsv",
			      WHOSE "host_s\thost_time\tguest_time\toffset_lo\toffset_hi\tlo_ns\t"
				    "hi_ns\tclock_fact\n"),
		.drift =
			table(out, "drift.tsv",
			      WHOSE "from_s\tto_s\tlo_ppm\thi_ppm\tfit_ppm\tfit_se_ppm\tmodel_ppm\t"
				    "recorded_ppm\tsegment_lo_ppm\tsegment_hi_ppm\n"),
		.outside = table(out, "outside.tsv",
				 WHOSE "offset_ns\toffset\toutside\tevents\tevery\n"),
	};
	unsigned int i;
	int ret = 0;

	if (of->by != vms_session_model(of->session))
		return vms_fail(err, VMS_EUSAGE, "tables are under the model in use, which is %s",
				vms_by_name(vms_session_model(of->session)));
	for (i = 0; !ret && i < vms_session_tracks_nr(of->session); i++) {
		const struct vms_track *track = vms_session_track(of->session, i);
		const struct series_of series = {
			.s = of->session,
			.tr = track,
			.clock = vms_session_clock(of->session),
			.recorded =
				vms_session_model_map(of->session, VMS_BY_RECORDED, track->guest),
			.track = i,
			.first_raw = VMS_MAX(of->from_raw, host->first_raw),
			.last_raw = VMS_MIN(of->to_raw, host->last_raw),
			.basis = track->accepted ? VMS_OVER_ACCEPTED : VMS_OVER_NOT_REJECTED,
		};

		ret = put_track(&tables, &series, err);
	}
	return ret;
}
