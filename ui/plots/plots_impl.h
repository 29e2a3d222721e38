/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the plots share: what they are of, and what was computed for each. */
#ifndef TUI_PLOTS_IMPL_H
#define TUI_PLOTS_IMPL_H

#include <vmsync/clocks.h>

#include "app/reports/series.h"
#include "ui/plots/plot.h"
#include "ui/plots/plots.h"

#define PLOTS_WINDOWS_MAX 16
#define PLOTS_TAUS_MAX 24

/** struct plots_points - the pairs of a track, ascending by host time */
struct plots_points {
	double *t_s;	     /* host time from the start of the recording */
	double *delay_ns;    /* under the model in force */
	double *error_ns;    /* host - map(guest): a delay with the sign of its direction */
	double *residual_ns; /* error less the median of its sequence */
	uint8_t *state;
	uint8_t *dir;				    /* enum vms_dir */
	uint32_t nr, step;			    /* only every step-th pair is here */
	struct plot_axis delays, errors, residuals; /* ranges without the far ones */
};

struct plots_outside {
	struct vms_sweep *sweep; /* NULL: no thread is known */
	struct series_marks marks;
};

struct plots_stability {
	struct vms_stability row[PLOTS_TAUS_MAX];
	int nr;
	uint32_t pairs;
	uint8_t dir;
};

struct plots_drift {
	struct series_window w[PLOTS_WINDOWS_MAX];
	int nr;
};

/** struct plots_asked - the page that the computed is for, and what may change it */
struct plots_asked {
	uint64_t generation;
	unsigned int track;
	enum vms_basis basis;
	enum app_plot_range range;
	struct plots_place {
		int plot;
		struct rect r;
	} at[4];
	int nr;
};

struct plots {
	struct series_of of;
	unsigned int widths; /* of the band, for events outside */
	bool far;	     /* and as far as recorded */
	struct plots_points points;
	struct plots_outside outside;
	struct plots_stability stability;
	struct vms_clocks *clocks; /* NULL: no vCPU has a band */
	struct plots_drift drift;
	bool made[APP_PLOT_NR];
	struct plots_asked made_for, asked;
	struct worker *worker; /* that was asked last */
};

/* Computing, for a plot in a rectangle of the screen, on any thread. Return: 0; -VMS_ECANCEL */
int plots_points_make(struct plots *plots, struct rect r, const struct vms_progress *progress);
int plots_outside_make(struct plots *p, struct rect rect, const struct vms_progress *progress);
int plots_stability_make(struct plots *plots, struct rect rect,
			 const struct vms_progress *progress);
int plots_clocks_make(struct plots *plots, struct rect r, const struct vms_progress *progress);
int plots_drift_make(struct plots *p, struct rect r, const struct vms_progress *progress);
void plots_points_free(struct plots_points *d);

/** plots_axis_time, plots_axis_ns - axes of the whole recording; of durations */
struct plot_axis plots_axis_time(const struct series_of *of);
struct plot_axis plots_axis_ns(const struct series_of *of, double lo, double hi);
/** plots_point - a pair in a plot: a dot or, when decided or in ASCII, its letter */
void plots_point(struct plot *p, double x, double y, uint8_t state);
/** plots_say - in place of the plot */
void plots_say(const struct frame *f, struct rect r, const char *text);
/** plots_below - below the head, so many rows less than all */
struct rect plots_below(struct rect r, int less);
#define PLOTS_NO_ROOM "no room for this plot: it needs a larger window"
/** plots_focus - whether a plot is the selected one */
bool plots_focus(const struct frame *f, enum app_plot plot);

/* The plots; each draws its head and all else into its rectangle */
void plots_band(const struct frame *frame, struct rect rect);
void plots_outside(const struct frame *frame, struct rect rect);
void plots_errors(const struct frame *frame, struct rect rect);
void plots_residuals(const struct frame *f, struct rect r);
void plots_delays(const struct frame *frame, struct rect rect);
void plots_delay_hist(const struct frame *f, struct rect r);
void plots_stability(const struct frame *frame, struct rect rect);
void plots_clocks(const struct frame *frame, struct rect rect);
void plots_drift(const struct frame *frame, struct rect rect);

/*
 * The vCPU that the plots are about, in words; with several guests its number alone would not do.
 */
#define PLOTS_VCPU(f) app_vcpu_words((f)->a, (f)->tr, FMT_BUF)

#endif
