/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where one line ends to fit and the next begins: runs of constraints; internal to the band. */
#ifndef VMS_SEGMENT_H
#define VMS_SEGMENT_H

#include "core/bound/hull.h"

/** enum vms_small - whether there is a step that is smaller than the band is wide */
enum vms_small { VMS_SMALL_NONE, VMS_SMALL_DOUBT, VMS_SMALL_SURE };

/** struct vms_item - a constraint in the order of events, slack applied */
struct vms_item {
	struct vms_point p;
	uint8_t side; /* enum vms_side */
	/* bounds nothing: contradicts the others of its run, or is next to one that does */
	bool left_out;
	uint8_t small; /* enum vms_small, of a step before it */
};

/** struct vms_run - items [from, to) that one line fits, but for those left out */
struct vms_run {
	size_t from, to;
	uint32_t out_nr;   /* items that contradict */
	bool forced;	   /* begins at a step that is known */
	bool contradicted; /* by so many that what is left says nothing: all are left out */
	/* no step before it: a clock whose rate wanders explains both runs */
	bool soft;
	/* the step before it is smaller than the band is wide: one line fits both; soft: if any */
	bool small;
	/* items that belong to this run wherever within its bracket a step lies */
	size_t certain_from, certain_to;
	struct vms_fit fit; /* of the items not left out */
};

struct vms_runs {
	struct vms_run *r;
	size_t nr, cap;
};

/** struct vms_segment_opts - as in struct vms_band_opts, steps as events */
struct vms_segment_opts {
	int64_t drift_ppb; /* see vms_fit_init() */
	uint32_t step_penalty;
	const uint32_t *steps;
	size_t steps_nr;
	bool local; /* only items near by tell which of two is wrong */
	/*
	 * 1 when no step needs to lie between two runs that no line fits together, 0, < 0 failed;
	 * NULL = never.
	 */
	int (*soft)(void *user, const struct vms_run *a, const struct vms_run *b);
	void *user;
};

/**
 * vms_segment - cut items into as few runs as possible
 * @items: ascending by event; flags left_out are set
 *
 * Without contradictions within runs the longest prefix that fits is taken again and again, which
 * gives the fewest runs. Then neighbours are joined where that leaves out less than step_penalty
 * constraints, each of which contradicts by more than the width of the band there: less can be a
 * true step.
 * Return: 0; -VMS_ENOMEM.
 */
int vms_segment(struct vms_runs *out, struct vms_item *items, size_t nr,
		const struct vms_segment_opts *opts);
void vms_runs_free(struct vms_runs *r);

#endif
