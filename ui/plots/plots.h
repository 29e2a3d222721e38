/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the plots screen share: the pairs of the track in view, kept between frames,
 * and the plots.
 */
#ifndef TUI_PLOTS_H
#define TUI_PLOTS_H

#include "ui/frame.h"
#include "ui/plots/plot.h"

/* state of a point: enum vms_state, or an undecided pair that no offset of the band allows */
#define PLOTS_IMPOSSIBLE 3

/**
 * struct plots_points - the pairs of a track, ascending by host time; kept until the session
 * changes
 */
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

/** struct plots_key - what was computed for; equal keys: still good */
struct plots_key {
	const struct vms_session *s;
	uint64_t generation;
	unsigned int track;
};

struct plots_key plots_key(const struct frame *f);
bool plots_key_equal(const struct plots_key *a, const struct plots_key *b);
/**
 * plots_points - the pairs of the track in view; never NULL, without points when memory is short
 */
const struct plots_points *plots_points(const struct frame *f);
void plots_points_forget(void);
void plots_outside_forget(void);
void plots_stability_forget(void);
void plots_clocks_forget(void);
void plots_drift_forget(void);

/** plots_host_s - seconds from the start of the recording (10^9 ticks when the rate is unknown) */
double plots_host_s(const struct frame *f, int64_t host_raw);
/** plots_axis_time, plots_axis_ns - axes of the whole recording; of durations */
struct plot_axis plots_axis_time(const struct frame *f);
struct plot_axis plots_axis_ns(const struct frame *f, double lo, double hi);
/** plots_point - a pair in a plot: a dot or, when decided or in ASCII, its letter */
void plots_point(struct plot *p, double x, double y, uint8_t state);
/** plots_no_room - say that the rectangle is too small for the plot */
void plots_no_room(struct frame *f, struct rect r);
/** plots_focus - whether a plot is the selected one */
bool plots_focus(const struct frame *f, enum app_plot plot);

/* The plots; each draws its head and all else into its rectangle */
void plots_band(struct frame *f, struct rect r);
void plots_outside(struct frame *f, struct rect r);
void plots_errors(struct frame *f, struct rect r);
void plots_residuals(struct frame *f, struct rect r);
void plots_delays(struct frame *f, struct rect r);
void plots_delay_hist(struct frame *f, struct rect r);
void plots_stability(struct frame *f, struct rect r);
void plots_clocks(struct frame *f, struct rect r);
void plots_drift(struct frame *f, struct rect r);

/*
 * The vCPU that the plots are about, in words; with several guests its number alone would not do.
 */
#define PLOTS_VCPU(f) app_vcpu_words((f)->a, (f)->tr, (char[FMT_SIZE]){ "" }, FMT_SIZE)

#endif
