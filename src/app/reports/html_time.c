// SPDX-License-Identifier: LGPL-2.1-or-later
/* Pictures over time, as SVG: the band, and the steps of the offset, with what is recorded. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/reports/report_impl.h"
#include "app/reports/series.h"
#include "app/words/forest.h"
#include "app/words/format.h"
#include "core/base/util.h"

/* A picture: all of it, then its plot without the axes. [px] */
#define LEFT 84.0
#define RIGHT 12.0
#define TOP 8.0

/* Times at which a picture looks at the band, and segments that it shows. */
#define TIMES 160u
#define SEGMENTS_MAX 64u

/** struct chart - a plot over time: seconds of the host, and distances on one of two scales */
struct chart {
	struct text *out;
	double from_s, to_s, height;
	struct forest near; /* of a picture around the band's middle, else of lo and hi */
	bool linear;
	double lo, hi;
};

static double px(const struct chart *chart, double s)
{
	const double span = chart->to_s > chart->from_s ? chart->to_s - chart->from_s : 1.0;

	return LEFT + (SVG_WIDTH - LEFT - RIGHT) * (s - chart->from_s) / span;
}

static double py(const struct chart *chart, double ns)
{
	const double part = chart->linear ? (ns - chart->lo) / (chart->hi - chart->lo)
					  : forest_at(&chart->near, ns);

	return TOP + chart->height * (1.0 - fmin(fmax(part, 0.0), 1.0));
}

static void time_axis(const struct chart *chart)
{
	const double step = fmt_step(chart->to_s - chart->from_s, 8);
	const int decimals = step < 1.0 ? (int)ceil(-log10(step) - 1e-9) : 0;
	double s;

	for (s = ceil(chart->from_s / step) * step; s <= chart->to_s && step > 0.0; s += step) {
		char label[FMT_SIZE];

		svg_line(chart->out, "grid", px(chart, s), TOP, px(chart, s), TOP + chart->height);
		(void)snprintf(label, sizeof(label), "%.*f s", decimals, s);
		svg_text(chart->out, "mid", px(chart, s), TOP + chart->height + 14.0, label);
	}
}

static void value_axis(const struct chart *chart, const struct vms_clock *clock)
{
	double ticks[FOREST_TICKS_MAX], at[FOREST_TICKS_MAX], step = 0.0;
	unsigned int i, k, nr = 0, labels = 0;

	if (!chart->linear)
		nr = forest_ticks(&chart->near, ticks);
	else
		for (step = fmt_step(chart->hi - chart->lo, 5),
		    ticks[0] = ceil(chart->lo / step) * step;
		     ticks[nr] <= chart->hi && nr + 1 < FOREST_TICKS_MAX; nr++)
			ticks[nr + 1] = ticks[nr] + step;
	for (i = 0; i < nr; i++) {
		const double y = py(chart, ticks[i]);

		for (k = 0; k < labels && fabs(at[k] - y) > 12.0; k++)
			;
		if (k < labels)
			continue;
		at[labels++] = y;
		svg_line(chart->out, "grid", LEFT, y, SVG_WIDTH - RIGHT, y);
		svg_text(chart->out, "end", LEFT - 6.0, y + 4.0,
			 fmt_short(clock,
				   chart->linear && fabs(ticks[i]) < step / 2.0 ? 0.0 : ticks[i],
				   true, FMT_BUF));
	}
}

/** struct look - at a time: the band, and where models are, from a place that pictures choose */
struct look {
	double s, lo, hi, middle; /* NAN: no band */
	double recorded, in_use;  /* NAN: no model */
};

/** struct looks - at each segment from its begin to its end */
struct looks {
	struct look *at;
	unsigned int *from; /* the first of a segment; one more behind the last */
	unsigned int nr, segs_nr;
};

/** struct subject - whose band is looked at */
struct subject {
	struct vms_session *session;   /* NULL: of a host alone, by clock facts */
	const struct vms_track *track; /* of the session */
	const struct vms_band *band;
	const struct vms_clock *clock;
	const struct vms_stream *host;
};

static double model_ns(const struct vms_clock *clock, const struct vms_model *model,
		       const struct vms_track *track, int64_t guest_raw, int64_t from_raw)
{
	if (!model)
		return NAN;
	return vms_clock_ns(
		clock,
		vms_sat_sub_i64(vms_sat_sub_i64(vms_model_time(model, track->cpu_idx, guest_raw),
						guest_raw),
				from_raw));
}

static struct subject subject_of(struct vms_session *session, const struct vms_track *track)
{
	return (struct subject){
		.session = session,
		.track = track,
		.band = track->band,
		.clock = vms_session_clock(session),
		.host = vms_session_trace(session)->host,
	};
}

static struct look look_at(const struct subject *of, const struct vms_band_segment *seg,
			   int64_t guest_raw)
{
	const struct vms_track *track = of->track;
	const struct vms_model *in_use =
		of->session ? vms_session_map(of->session, track->guest) : NULL;
	struct look look = { .lo = NAN, .hi = NAN, .middle = NAN, .recorded = NAN, .in_use = NAN };
	int64_t lo, hi, middle, host_raw = of->host->first_raw;

	vms_band_at(seg, guest_raw, &lo, &hi);
	middle = lo + vms_sat_sub_i64(hi, lo) / 2;
	if (in_use)
		host_raw = vms_model_time(in_use, track->cpu_idx, guest_raw);
	else if (!of->session)
		host_raw = vms_sat_add_i64(guest_raw, middle);
	look.s = series_host_s(of->host, of->clock, host_raw);
	if (seg->unsure || lo == INT64_MIN || hi == INT64_MAX)
		return look;
	look.lo = vms_clock_ns(of->clock, vms_sat_sub_i64(lo, middle));
	look.hi = vms_clock_ns(of->clock, vms_sat_sub_i64(hi, middle));
	look.middle = (double)middle;
	if (!of->session)
		return look;
	look.recorded = model_ns(of->clock,
				 vms_session_model_map(of->session, VMS_BY_RECORDED, track->guest),
				 track, guest_raw, middle);
	look.in_use = model_ns(of->clock, in_use, track, guest_raw, middle);
	return look;
}

static void looks_free(struct looks *looks)
{
	free(looks->at);
	free(looks->from);
}

static bool looks_make(struct looks *looks, const struct subject *of)
{
	const struct vms_band *band = of->band;
	const unsigned int segs_nr = band ? VMS_MIN(band->segs_nr, SEGMENTS_MAX) : 0;
	double all = 0.0;
	unsigned int i, k;

	*looks = (struct looks){ .segs_nr = segs_nr };
	looks->at = vms_calloc(TIMES + 3u * segs_nr + 1u, sizeof(*looks->at));
	looks->from = vms_calloc(segs_nr + 1u, sizeof(*looks->from));
	if (!looks->at || !looks->from || !segs_nr) {
		looks_free(looks);
		return false;
	}
	for (i = 0; i < segs_nr; i++)
		all += (double)(band->segs[i].to_raw - band->segs[i].from_raw);
	for (i = 0; i < segs_nr; i++) {
		const struct vms_band_segment *seg = &band->segs[i];
		const int64_t span = seg->to_raw - seg->from_raw;
		const unsigned int nr =
			2u + (unsigned int)(all > 0.0 ? TIMES * (double)span / all : 0.0);

		looks->from[i] = looks->nr;
		for (k = 0; k < nr; k++)
			looks->at[looks->nr++] = look_at(
				of, seg, seg->from_raw + (int64_t)((double)span * k / (nr - 1)));
	}
	looks->from[segs_nr] = looks->nr;
	return true;
}

/* Which of the figures of a look a line is drawn of. */
enum of { OF_MIDDLE, OF_RECORDED, OF_IN_USE };

static double value_of(const struct look *look, enum of of, double from)
{
	const double base = isnan(from) ? 0.0 : look->middle - from;

	return base + (of == OF_RECORDED ? look->recorded : of == OF_IN_USE ? look->in_use : 0.0);
}

static void draw_line(const struct chart *chart, const struct looks *looks, enum of of, double from,
		      const char *class)
{
	unsigned int i, k;

	for (i = 0; i < looks->segs_nr; i++) {
		bool open = false;

		for (k = looks->from[i]; k < looks->from[i + 1]; k++) {
			const struct look *look = &looks->at[k];
			const double ns = value_of(look, of, from);

			if (isnan(ns) || isnan(look->middle))
				continue;
			if (!open)
				text_printf(chart->out, "<path class=\"%s\" d=\"", class);
			text_printf(chart->out, "%c%.1f %.1f", open ? 'L' : 'M', px(chart, look->s),
				    py(chart, ns));
			open = true;
		}
		if (open)
			text_printf(chart->out, "\"/>\n");
	}
}

static void draw_corridor(const struct chart *chart, const struct looks *looks)
{
	unsigned int i, k;

	for (i = 0; i < looks->segs_nr; i++) {
		const unsigned int from = looks->from[i], nr = looks->from[i + 1] - from;

		if (isnan(looks->at[from].middle))
			continue;
		text_printf(chart->out, "<path class=\"band\" d=\"");
		for (k = 0; k < 2 * nr; k++) {
			const struct look *look = &looks->at[from + (k < nr ? k : 2 * nr - 1 - k)];

			text_printf(chart->out, "%c%.1f %.1f", k ? 'L' : 'M', px(chart, look->s),
				    py(chart, k < nr ? look->hi : look->lo));
		}
		text_printf(chart->out, "Z\"/>\n");
	}
}

static void draw_legend(const struct chart *chart, const struct subject *of, bool recorded)
{
	const double y = TOP + chart->height + 30.0;
	double x = LEFT;

	text_printf(chart->out,
		    "<rect class=\"band\" x=\"%.1f\" y=\"%.1f\" width=\"22\" height=\"9\"/>\n", x,
		    y - 8.0);
	svg_text(chart->out, "", x + 28.0, y,
		 chart->linear ? "the band" : "possible offsets: the band");
	x += 200.0;
	if (recorded) {
		svg_line(chart->out, "recorded", x, y - 4.0, x + 22.0, y - 4.0);
		svg_text(chart->out, "", x + 28.0, y, "recorded");
		x += 110.0;
	}
	if (chart->linear || !of->session || vms_session_model(of->session) == VMS_BY_RECORDED)
		return;
	svg_line(chart->out, "use", x, y - 4.0, x + 22.0, y - 4.0);
	svg_text(chart->out, "", x + 28.0, y, vms_by_name(vms_session_model(of->session)));
	svg_text(chart->out, "dim", x + 120.0, y, "(in use)");
}

/* Where the band is widest, and how wide: that is how sure one may be of its middle. */
static void draw_widest(const struct chart *chart, const struct subject *of)
{
	int64_t at_raw;
	bool open;
	const struct vms_band_segment *seg = vms_band_widest(of->band, &at_raw, &open);
	struct look look;
	char words[96];
	double x;

	if (!seg)
		return;
	look = look_at(of, seg, at_raw);
	x = px(chart, look.s);
	svg_line(chart->out, "widest", x, py(chart, look.lo), x, py(chart, look.hi));
	(void)snprintf(words, sizeof(words), "%sat most %s wide%s, at %.3f s",
		       open ? "open in part, else " : "",
		       fmt_span(of->clock, look.hi - look.lo, FMT_BUF),
		       of->session ? " at a guest event" : "", look.s);
	svg_text(chart->out, x < SVG_WIDTH / 2.0 ? "" : "last",
		 x + (x < SVG_WIDTH / 2.0 ? 5.0 : -5.0), py(chart, look.hi) - 5.0, words);
}

/* Recorded and the model in use beside the band, whose middle is the line at nought. */
static double draw_band(struct text *out, const struct subject *of, const struct looks *looks)
{
	struct chart chart = { .out = out, .height = 190.0 };
	double half = 0.0, height;
	bool recorded = false;
	unsigned int i;

	for (i = 0; i < looks->nr; i++)
		half = fmax(half, isnan(looks->at[i].hi) ? 0.0 : looks->at[i].hi);
	forest_begin(&chart.near, half);
	for (i = 0; i < looks->nr; i++) {
		recorded = recorded || isfinite(looks->at[i].recorded);
		if (isfinite(looks->at[i].recorded))
			forest_add(&chart.near, looks->at[i].recorded);
		if (isfinite(looks->at[i].in_use))
			forest_add(&chart.near, looks->at[i].in_use);
	}
	chart.from_s = looks->at[0].s;
	chart.to_s = looks->at[looks->nr - 1].s;
	height = svg_open(out, TOP + chart.height + 38.0, "band over time");
	draw_corridor(&chart, looks);
	time_axis(&chart);
	value_axis(&chart, of->clock);
	if (of->session && vms_session_model(of->session) != VMS_BY_RECORDED)
		draw_line(&chart, looks, OF_IN_USE, NAN, "use");
	draw_line(&chart, looks, OF_RECORDED, NAN, "recorded");
	draw_widest(&chart, of);
	draw_legend(&chart, of, recorded);
	text_printf(out, "</svg>\n");
	return height;
}

/* Where the offset steps: the band's middle is told from where it began. */
static double draw_steps(struct text *out, const struct subject *of, const struct looks *looks)
{
	struct chart chart = { .out = out, .height = 130.0, .linear = true };
	const double unit = vms_clock_ns(of->clock, 1);
	double from = NAN, height;
	bool recorded = false;
	unsigned int i;

	for (i = 0; i < looks->nr; i++) {
		struct look *look = &looks->at[i];
		enum of what;

		if (isnan(look->middle))
			continue;
		look->middle *= unit;
		from = isnan(from) ? look->middle : from;
		for (what = OF_MIDDLE; what <= OF_IN_USE; what++) {
			const double ns = value_of(look, what, from);

			if (isfinite(ns)) {
				chart.lo = fmin(chart.lo, ns);
				chart.hi = fmax(chart.hi, ns);
			}
		}
		recorded = recorded || isfinite(look->recorded);
	}
	chart.lo -= (chart.hi - chart.lo) * 0.06 + 1.0;
	chart.hi += (chart.hi - chart.lo) * 0.06 + 1.0;
	chart.from_s = looks->at[0].s;
	chart.to_s = looks->at[looks->nr - 1].s;
	height = svg_open(out, TOP + chart.height + 38.0, "steps of the offset");
	time_axis(&chart);
	value_axis(&chart, of->clock);
	draw_line(&chart, looks, OF_MIDDLE, from, "thick");
	draw_line(&chart, looks, OF_RECORDED, from, "recorded");
	draw_legend(&chart, of, recorded);
	text_printf(out, "</svg>\n");
	return height;
}

static double draw(struct text *out, const struct subject *of, bool steps)
{
	struct looks looks;
	double height;

	if ((steps && (!of->band || of->band->segs_nr < 2)) || !looks_make(&looks, of))
		return 0.0;
	height = (steps ? draw_steps : draw_band)(out, of, &looks);
	looks_free(&looks);
	return height;
}

double svg_band(struct text *out, struct vms_session *session, const struct vms_track *track)
{
	const struct subject of = subject_of(session, track);

	return draw(out, &of, false);
}

double svg_steps(struct text *out, struct vms_session *session, const struct vms_track *track)
{
	const struct subject of = subject_of(session, track);

	return draw(out, &of, true);
}

void html_facts_band(struct text *out, const struct vms_stream *host, const struct vms_band *band)
{
	const struct subject of = { .band = band, .clock = &host->clock, .host = host };

	text_printf(out,
		    "<figure><figcaption>The band over time, around its middle</figcaption>\n");
	(void)draw(out, &of, false);
	if (band->segs_nr > 1)
		text_printf(out,
			    "</figure>\n<figure><figcaption>The offset over time, from where it "
			    "begins</figcaption>\n");
	(void)draw(out, &of, true);
	text_printf(out, "</figure>\n");
}
