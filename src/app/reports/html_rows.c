// SPDX-License-Identifier: LGPL-2.1-or-later
/* Pictures of rows, as SVG: models against the band, and delays of sequences. */
#include <math.h>
#include <stdio.h>

#include "app/reports/report_impl.h"
#include "app/words/fitness.h"
#include "app/words/forest.h"
#include "app/words/format.h"
#include "app/words/verdict.h"

/* A picture: the names of rows, their plot, what is said of them. [px] */
#define NAMES 112.0
#define VERDICTS 206.0
#define TOP 8.0
#define ROW 19.0
#define LABEL 54.0 /* a label and the space around it */

/** struct rows - a plot of a row each, between their names and what is said of them */
struct rows {
	struct text *out;
	double left, right; /* of the plot */
	unsigned int nr;
};

static double row_y(unsigned int row)
{
	return TOP + ROW * (row + 0.5);
}

/* What fits: those first come first. */
static void rows_labels(const struct rows *rows, const double *x, const char (*label)[FMT_SIZE],
			unsigned int nr)
{
	const double bottom = TOP + ROW * rows->nr;
	double at[FOREST_TICKS_MAX];
	unsigned int i, k, labels = 0;

	for (i = 0; i < nr; i++) {
		svg_line(rows->out, "grid", x[i], TOP, x[i], bottom + 4.0);
		for (k = 0; k < labels && fabs(at[k] - x[i]) > LABEL; k++)
			;
		if (k < labels)
			continue;
		at[labels++] = x[i];
		svg_text(rows->out, "mid", x[i], bottom + 16.0, label[i]);
	}
}

static double forest_px(const struct rows *rows, const struct forest *axis, double ns)
{
	return rows->left + (rows->right - rows->left) * forest_at(axis, ns);
}

static void forest_model(const struct rows *rows, unsigned int row, const struct forest *axis,
			 struct vms_session *session, const struct vms_track *track,
			 const struct vms_model_result *result)
{
	const struct vms_clock *clock = vms_session_clock(session);
	const struct forest_row at = forest_row(axis, session, track, result);
	const char *same = vms_session_same_as(session, track, result->by);
	const char *class = html_class(result->verdict);
	const double y = row_y(row);
	char words[96];

	svg_text(rows->out, result->by == vms_session_model(session) ? "strong" : "", 0.0, y + 4.0,
		 vms_by_name(result->by));
	if (same || !result->available || !at.shown) {
		(void)snprintf(words, sizeof(words), "%s%s", same ? "as " : "",
			       same		    ? same
			       : !result->available ? result->why_not
						    : "no band to hold it against");
		svg_text(rows->out, "dim", rows->right + 10.0, y + 4.0, words);
		return;
	}
	text_printf(rows->out,
		    "<g class=\"%s\" data-model=\"%s\" data-ns=\"%.9g\" data-x=\"%.3f\">", class,
		    vms_by_name(result->by), at.at_ns, forest_px(rows, axis, at.at_ns));
	text_printf(rows->out, "<title>%s: %s from the band's middle</title>",
		    vms_by_name(result->by), fmt_signed(clock, at.at_ns, FMT_BUF));
	svg_line(rows->out, "whisker", forest_px(rows, axis, at.lo_ns), y,
		 forest_px(rows, axis, at.hi_ns), y);
	text_printf(rows->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/></g>\n",
		    forest_px(rows, axis, at.at_ns), y);
	text_printf(rows->out, "<g class=\"%s\">", class);
	svg_text(rows->out, "said", rows->right + 10.0, y + 4.0,
		 verdict_text(clock, track, result, BUF(96)));
	text_printf(rows->out, "</g>\n");
}

double svg_models(struct text *out, struct vms_session *session, const struct vms_track *track)
{
	struct rows rows = { .out = out, .left = NAMES, .right = SVG_WIDTH - VERDICTS };
	const unsigned int models_nr = vms_session_models_nr(session);
	double ticks[FOREST_TICKS_MAX], x[FOREST_TICKS_MAX];
	char labels[FOREST_TICKS_MAX][FMT_SIZE];
	unsigned int i, nr, row = 0;
	struct forest axis;
	double height;

	if (!forest_of(&axis, session, track))
		return 0.0;
	rows.nr = models_nr + 1;
	height = svg_open(out, TOP + ROW * rows.nr + 22.0, "models against the band");
	text_printf(out,
		    "<rect class=\"band\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
		    forest_px(&rows, &axis, -axis.half_ns), TOP,
		    forest_px(&rows, &axis, axis.half_ns) - forest_px(&rows, &axis, -axis.half_ns),
		    ROW * rows.nr);
	nr = forest_ticks(&axis, ticks);
	for (i = 0; i < nr; i++) {
		x[i] = forest_px(&rows, &axis, ticks[i]);
		(void)fmt_short(vms_session_clock(session), ticks[i], true, labels[i],
				sizeof(labels[i]));
	}
	rows_labels(&rows, x, (const char(*)[FMT_SIZE])labels, nr);
	for (i = 0; i < models_nr; i++) {
		if (vms_by_is_delay(i) && !vms_by_is_delay(i - 1))
			svg_text(out, "dim", 0.0, row_y(row++) + 4.0, "measures of delay");
		forest_model(&rows, row++, &axis, session, track, result_shown(track, i));
	}
	text_printf(out, "</svg>\n");
	return height;
}

static double delay_px(const struct rows *rows, double lo, double hi, double ns)
{
	return rows->left + (rows->right - rows->left) * (log10(fmax(ns, 1.0)) - log10(lo)) /
				    (log10(hi) - log10(lo));
}

static const char *fit_class(enum vms_fit fit)
{
	return fit == VMS_FIT_SYNC_POINT ? "good" : fit == VMS_FIT_BOUND_ONLY ? "" : "dim";
}

/* Range of those that are drawn, in whole powers of ten. */
static unsigned int delay_range(const struct vms_session *session, const struct vms_fitness *all,
				double *lo, double *hi)
{
	const struct vms_catalogue *cat = vms_session_catalogue(session);
	unsigned int i, nr = 0;

	*lo = INFINITY;
	*hi = 0.0;
	for (i = 0; i < cat->seqs_nr; i++) {
		if (!cat->seqs[i].enabled || !(all[i].p95_ns > 0.0))
			continue;
		*lo = fmin(*lo, fmax(all[i].p5_ns, 1.0));
		*hi = fmax(*hi, all[i].p95_ns);
		nr++;
	}
	*lo = pow(10.0, floor(log10(*lo)));
	*hi = pow(10.0, ceil(log10(fmax(*hi, *lo * 1.01))));
	return nr;
}

static void delay_row(const struct rows *rows, unsigned int row, double lo, double hi,
		      const struct vms_clock *clock, const char *name, const struct vms_fitness *of)
{
	const double y = row_y(row);

	svg_text(rows->out, "", 0.0, y + 4.0, fmt_cut(name, 17, BUF(96)));
	text_printf(rows->out, "<g class=\"%s\">", fit_class(of->fit));
	svg_line(rows->out, "whisker", delay_px(rows, lo, hi, of->p5_ns), y,
		 delay_px(rows, lo, hi, of->p95_ns), y);
	text_printf(rows->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>",
		    delay_px(rows, lo, hi, of->median_ns), y);
	svg_text(rows->out, "said", rows->right + 10.0, y + 4.0, fit_word(of->fit));
	svg_text(rows->out, "end", SVG_WIDTH, y + 4.0, fmt_span(clock, of->median_ns, FMT_BUF));
	text_printf(rows->out, "</g>\n");
}

void html_delays(struct text *out, const struct vms_session *session, const struct vms_fitness *all)
{
	const struct vms_catalogue *cat = vms_session_catalogue(session);
	struct rows rows = { .out = out, .left = NAMES, .right = SVG_WIDTH - VERDICTS };
	char labels[FOREST_TICKS_MAX][FMT_SIZE];
	double lo, hi, at, x[FOREST_TICKS_MAX];
	unsigned int i, nr = 0, row = 0;

	rows.nr = delay_range(session, all, &lo, &hi);
	if (!rows.nr)
		return;
	text_printf(out,
		    "<figure><figcaption>Delays of sequences at the band's middle: median, and "
		    "from the 5th to the 95th percentile</figcaption>\n");
	svg_open(out, TOP + ROW * rows.nr + 22.0, "delays of sequences");
	for (at = lo; at <= hi * 1.01 && nr < FOREST_TICKS_MAX; at *= 10.0, nr++) {
		x[nr] = delay_px(&rows, lo, hi, at);
		(void)fmt_short(vms_session_clock(session), at, false, labels[nr],
				sizeof(labels[nr]));
	}
	rows_labels(&rows, x, (const char(*)[FMT_SIZE])labels, nr);
	for (i = 0; i < cat->seqs_nr; i++)
		if (cat->seqs[i].enabled && all[i].p95_ns > 0.0)
			delay_row(&rows, row++, lo, hi, vms_session_clock(session),
				  cat->seqs[i].name, &all[i]);
	text_printf(out, "</svg></figure>\n");
}
