// SPDX-License-Identifier: LGPL-2.1-or-later
/* The table of estimators, and how observations become floating points and a line again. */
#include <vmsync/estimate.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/estimate/est_impl.h"

/* Times are whole units: what they round off scatters by the root of 1/12, however many agree. */
#define ROUNDING 0.288675

static const struct vms_estimator table[] = {
	[VMS_EST_MIN_DELAY] = { .name = "min-delay",
				.help = "least delay of guest-to-host anchors; too late by the "
					"least possible delay",
				.least_nr = 1,
				.extreme = true,
				.fit = est_min_delay_fit },
	[VMS_EST_MIDPOINT] = { .name = "midpoint",
			       .help = "middle of the least delays of both directions; off by half "
				       "their difference",
			       .least_nr = 2,
			       .extreme = true,
			       .fit = est_midpoint_fit },
	[VMS_EST_HULL] = { .name = "hull",
			   .help = "mean of the extreme lines between both directions; off by half "
				   "the least "
				   "delays' difference",
			   .least_nr = 4,
			   .extreme = true,
			   .constant_as = "midpoint",
			   .fit = est_hull_fit },
	[VMS_EST_MEAN] = { .name = "mean",
			   .help = "mean of guest-to-host anchors, as in the thesis; too late by "
				   "the mean delay",
			   .least_nr = 1,
			   .fit = est_mean_fit },
	[VMS_EST_MEDIAN] = { .name = "median",
			     .help = "median of guest-to-host anchors; too late by the median "
				     "delay",
			     .least_nr = 1,
			     .fit = est_median_fit },
	[VMS_EST_LSQ] = { .name = "lsq",
			  .help = "least squares line of guest-to-host anchors; too late by the "
				  "mean delay, any "
				  "tail pulls it",
			  .least_nr = 2,
			  .constant_as = "mean",
			  .fit = est_lsq_fit },
	[VMS_EST_LAD] = { .name = "lad",
			  .help = "line of least absolute deviation of guest-to-host anchors; too "
				  "late by the "
				  "median delay",
			  .least_nr = 2,
			  .constant_as = "median",
			  .fit = est_lad_fit },
	[VMS_EST_THEIL_SEN] = { .name = "theil-sen",
				.help = "median of slopes, median of guest-to-host anchors along "
					"it; too late by the "
					"median delay",
				.least_nr = 2,
				.constant_as = "median",
				.fit = est_theil_sen_fit },
	[VMS_EST_NR] = { .name = NULL },
};

const struct vms_estimator *vms_estimators(void)
{
	return table;
}

const struct vms_estimator *vms_estimator_find(const char *name)
{
	const struct vms_estimator *e;

	for (e = table; e->name; e++)
		if (!strcmp(e->name, name))
			return e;
	return NULL;
}

void vms_est_residuals(double *out, const struct vms_est_in *in, const struct vms_line *line)
{
	uint32_t i;

	for (i = 0; i < in->nr; i++) {
		const struct vms_obs obs = est_obs(in, i);

		out[i] = est_difference(obs.y_raw, line->offset_raw) - line->offset_frac -
			 line->drift * est_difference(obs.x_raw, line->ref_raw);
	}
}

int64_t est_base(const struct vms_est_in *in)
{
	return in->nr ? est_obs(in, in->nr / 2).y_raw : 0;
}

enum vms_dir est_side(const struct vms_est_in *in)
{
	uint32_t i;

	for (i = 0; i < in->nr; i++)
		if (est_obs(in, i).dir == VMS_GUEST_TO_HOST)
			return VMS_GUEST_TO_HOST;
	return VMS_HOST_TO_GUEST;
}

int est_points_load(struct est_points *points, const struct vms_est_in *in, enum vms_dir dir)
{
	uint32_t i;

	memset(points, 0, sizeof(*points));
	points->base_raw = est_base(in);
	points->x = est_room(in);
	points->y = est_room(in);
	if (!points->x || !points->y)
		return -VMS_ENOMEM;
	for (i = 0; i < in->nr; i++) {
		const struct vms_obs obs = est_obs(in, i);

		if (obs.dir != dir)
			continue;
		points->x[points->nr] = est_difference(obs.x_raw, in->ref_raw);
		points->y[points->nr++] = est_difference(obs.y_raw, points->base_raw);
	}
	return est_wanted(in);
}

void est_points_free(struct est_points *p)
{
	free(p->x);
	free(p->y);
	memset(p, 0, sizeof(*p));
}

int est_refuse(struct vms_est_out *out, const struct vms_est_in *in, const char *why)
{
	memset(out, 0, sizeof(*out));
	out->line.ref_raw = in->ref_raw;
	out->se_raw = NAN;
	out->se_drift = in->constant ? 0.0 : NAN;
	(void)snprintf(out->why_not, sizeof(out->why_not), "%s", why);
	return 0;
}

static int bound_of(const struct vms_est_in *in)
{
	const enum vms_dir dir = est_obs(in, 0).dir;
	uint32_t i;

	for (i = 1; i < in->nr; i++)
		if (est_obs(in, i).dir != dir)
			return 0;
	return dir == VMS_GUEST_TO_HOST ? 1 : -1;
}

int est_done(struct vms_est_out *out, const struct vms_est_in *in, const struct est_fit *fit,
	     uint32_t used_nr, const char *se_why)
{
	const double whole = floor(fit->offset);

	if (!isfinite(fit->drift) || !(fabs(fit->offset) < 0x1p62))
		return est_refuse(out, in, "anchors lie too far apart");
	memset(out, 0, sizeof(*out));
	out->line.ref_raw = in->ref_raw;
	out->line.offset_raw = vms_sat_add_i64(est_base(in), (int64_t)whole);
	out->line.offset_frac = fit->offset - whole;
	out->line.drift = in->constant ? 0.0 : fit->drift;
	out->available = true;
	out->used_nr = used_nr;
	out->se_raw = hypot(fit->se, ROUNDING);
	out->se_drift = in->constant ? 0.0 : fit->se_drift;
	out->bound = bound_of(in);
	if (isnan(fit->se))
		(void)snprintf(out->se_why, sizeof(out->se_why), "%s", se_why);
	return 0;
}
