/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clock models against the band on one axis, a forest plot: linear within the band, outside by
 * powers of ten, so that what is in, what is out and by how much are seen at once.
 */
#ifndef APP_FOREST_H
#define APP_FOREST_H

#include <vmsync/session_change.h>

/** struct forest - the axis; distances to the middle of the band [ns, or ticks] */
struct forest {
	double band_ns; /* half its width where it is widest, if it is bounded everywhere */
	double half_ns; /* linear so far: the same, at least 1 */
	double lo, hi;	/* what is shown, as places of forest_at() */
};

/**
 * struct forest_row - a model: where it is on the whole, and twice its standard error to both sides
 * Where it is refuted it may be so at some other time than in the middle: the sides reach there.
 */
struct forest_row {
	bool shown; /* it is there, and a band is */
	double at_ns, lo_ns, hi_ns;
	double worst_ns; /* where it is refuted; else at_ns */
};

/** forest_begin - an axis that shows so much to both sides of the middle, and nothing else yet */
void forest_begin(struct forest *axis, double half_ns);
/** forest_add - and this */
void forest_add(struct forest *axis, double ns);
/** forest_of - an axis of all models of a track; false where it has no band */
bool forest_of(struct forest *axis, const struct vms_session *session,
	       const struct vms_track *track);
struct forest_row forest_row(const struct forest *axis, const struct vms_session *session,
			     const struct vms_track *track, const struct vms_model_result *result);
/** forest_at - its place from 0 to 1; beyond: outside of that */
double forest_at(const struct forest *axis, double ns);

#define FOREST_TICKS_MAX 16
/** forest_ticks - the edges of the band, and powers of ten outside. Return: how many */
unsigned int forest_ticks(const struct forest *axis, double ns[FOREST_TICKS_MAX]);

#endif
