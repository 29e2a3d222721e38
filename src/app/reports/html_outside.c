// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The picture of V(o), as SVG: how many guest events would lie outside, by how much the offset is
 * moved.
 */
#include <math.h>
#include <stdio.h>

#include "app/reports/report_impl.h"
#include "app/reports/series.h"
#include "app/words/format.h"
#include "core/base/util.h"

/* All of it, then its plot without the axes. [px] */
#define LEFT 84.0
#define RIGHT 12.0
#define TOP 8.0
#define HEIGHT 130.0

/* Offsets looked at on each side, and how far: widths of the band, or as far as recorded. */
#define HALF_NR 300u
#define WIDTHS 40u

/** struct sweep_chart - offsets against events, whose scale is logarithmic */
struct sweep_chart {
	struct text *out;
	const struct vms_clock *clock;
	double half_ns, most;
};

static double px(const struct sweep_chart *chart, double ns)
{
	const double part = (ns + chart->half_ns) / (2.0 * chart->half_ns);

	return LEFT + (SVG_WIDTH - LEFT - RIGHT) * fmin(fmax(part, 0.0), 1.0);
}

static double py(const struct sweep_chart *chart, double events)
{
	return TOP + HEIGHT * (1.0 - log10(1.0 + events) / chart->most);
}

static void axes(const struct sweep_chart *chart)
{
	const double step = fmt_step(2.0 * chart->half_ns, 8);
	double at;

	for (at = ceil(-chart->half_ns / step) * step; at <= chart->half_ns; at += step) {
		svg_line(chart->out, "grid", px(chart, at), TOP, px(chart, at), TOP + HEIGHT);
		svg_text(chart->out, "mid", px(chart, at), TOP + HEIGHT + 14.0,
			 fmt_short(chart->clock, fabs(at) < step / 2.0 ? 0.0 : at, true, FMT_BUF));
	}
	for (at = 0.0; log10(1.0 + at) <= chart->most; at = at > 0.0 ? at * 10.0 : 1.0) {
		svg_line(chart->out, "grid", LEFT, py(chart, at), SVG_WIDTH - RIGHT, py(chart, at));
		svg_text(chart->out, "end", LEFT - 6.0, py(chart, at) + 4.0,
			 fmt_grouped((uint64_t)at, FMT_BUF));
	}
}

static void span(const struct sweep_chart *chart, const char *class, int64_t lo_raw, int64_t hi_raw)
{
	const double x0 = px(chart, vms_clock_ns(chart->clock, lo_raw)),
		     x1 = px(chart, vms_clock_ns(chart->clock, hi_raw));

	text_printf(chart->out,
		    "<path class=\"%s\" d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1fL%.1f %.1fZ\"/>\n", class,
		    x0, TOP, x1, TOP, x1, TOP + HEIGHT, x0, TOP + HEIGHT);
}

static void curve(const struct sweep_chart *chart, const struct vms_sweep *sweep)
{
	uint32_t i;

	text_printf(chart->out, "<path class=\"use\" style=\"stroke-dasharray:none\" d=\"");
	for (i = 0; i < sweep->nr; i++)
		text_printf(chart->out, "%c%.1f %.1f", i ? 'L' : 'M',
			    px(chart, vms_clock_ns(chart->clock,
						   sweep->from_raw + (int64_t)i * sweep->step_raw)),
			    py(chart, (double)sweep->outside[i] * sweep->every));
	text_printf(chart->out, "\"/>\n");
}

/* What is recorded stands at the edge where it is farther. */
static void legend(const struct sweep_chart *chart, const struct vms_track *track,
		   const struct series_marks *marks)
{
	const double rec = vms_clock_ns(chart->clock, marks->rec_lo_raw);
	char words[128];

	text_printf(chart->out,
		    "<rect class=\"band\" x=\"%.1f\" y=\"%.1f\" width=\"22\" height=\"9\"/>\n",
		    LEFT, TOP + HEIGHT + 22.0);
	(void)snprintf(words, sizeof(words), "the band: %u of %u events outside in its middle",
		       track->at_band.guest_outside, track->at_band.guest_events);
	svg_text(chart->out, "", LEFT + 28.0, TOP + HEIGHT + 30.0, words);
	if (!marks->recorded)
		return;
	svg_line(chart->out, "recorded", LEFT + 330.0, TOP + HEIGHT + 26.0, LEFT + 352.0,
		 TOP + HEIGHT + 26.0);
	(void)snprintf(
		words, sizeof(words), "recorded%s: %u%s%s",
		marks->rec_lo_raw < marks->rec_hi_raw ? ", which changes" : "",
		track->recorded.guest_outside, fabs(rec) > chart->half_ns ? ", farther: " : "",
		fabs(rec) > chart->half_ns ? fmt_short(chart->clock, rec, true, FMT_BUF) : "");
	svg_text(chart->out, "", LEFT + 358.0, TOP + HEIGHT + 30.0, words);
}

double svg_outside(struct text *out, struct vms_session *session, const struct vms_track *track)
{
	const struct vms_stream *host = vms_session_trace(session)->host;
	const struct series_of of = {
		.s = session,
		.tr = track,
		.clock = vms_session_clock(session),
		.recorded = vms_session_model_map(session, VMS_BY_RECORDED, track->guest),
		.track = (unsigned int)vms_session_track_of(session, track->guest, track->cpu_idx),
		.first_raw = host->first_raw,
		.last_raw = host->last_raw,
	};
	struct series_marks marks = { 0 };
	struct vms_sweep *sweep = track->thread && vms_session_map(session, track->guest)
					  ? series_outside(&of, WIDTHS, true, HALF_NR, &marks)
					  : NULL;
	struct sweep_chart chart = { .out = out, .clock = of.clock, .most = 1.0 };
	double height = 0.0;
	uint32_t i;

	if (sweep && sweep->nr && sweep->checkable_nr) {
		chart.half_ns = vms_clock_ns(of.clock, -sweep->from_raw);
		for (i = 0; i < sweep->nr; i++)
			chart.most = fmax(chart.most,
					  log10(1.0 + (double)sweep->outside[i] * sweep->every));
		chart.most *= 1.05;
		height = svg_open(out, TOP + HEIGHT + 38.0, "events outside by offset");
		if (marks.band && marks.lo_raw <= marks.hi_raw)
			span(&chart, "band", marks.lo_raw, marks.hi_raw);
		axes(&chart);
		curve(&chart, sweep);
		if (marks.recorded)
			span(&chart, "recorded", marks.rec_lo_raw, marks.rec_hi_raw);
		legend(&chart, track, &marks);
		text_printf(out, "</svg>\n");
	}
	vms_sweep_free(sweep);
	return height;
}
