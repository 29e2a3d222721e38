/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Estimators: from anchors to a line, with an honest standard error. One table, one file an
 * estimator family.
 */
#ifndef VMSYNC_ESTIMATE_H
#define VMSYNC_ESTIMATE_H

#include <stdbool.h>
#include <vmsync/err.h>
#include <vmsync/model.h>
#include <vmsync/progress.h>
#include <vmsync/sequence.h>
#include <vmsync/stats.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct vms_obs - one anchor as an estimator sees it */
struct vms_obs {
	int64_t x_raw; /* guest time */
	/* host minus guest: offset + delay (guest to host) or offset - delay (host to guest) */
	int64_t y_raw;
	uint8_t dir; /* enum vms_dir */
	bool any;    /* of a sequence that takes any event: carries long delays */
	/*
	 * stretch: a guest-to-host and a host-to-guest anchor around one exit have visit k and k +
	 * 1
	 */
	uint32_t visit;
};

/** struct vms_est_least - the least delay of the observations of a direction */
struct vms_est_least {
	double best; /* guest to host: least y; host to guest: greatest y */
	double x, se;
	uint32_t nr;
};

/**
 * struct vms_est_memo - the two-hull line of some observations, the Theil-Sen slope and the least
 * delay of their side: the first estimator that needs one leaves it to the others
 */
struct vms_est_memo {
	bool known, none;
	double offset, drift, se, se_drift;
	bool slope_known, least_known;
	double slope;
	struct vms_est_least least;
};

/** struct vms_est_in - what an estimator gets; borrowed */
struct vms_est_in {
	const struct vms_obs *obs; /* ascending by x_raw; or NULL, and: */
	struct vms_obs (*obs_at)(const void *of, uint32_t i);
	const void *of;
	uint32_t from, nr; /* those from there on take part */
	bool constant;	   /* the offset cannot drift */
	double drift;	   /* as known otherwise, for anchors that cannot tell it */
	/* guest time at which offset is wanted: the middle of the segment */
	int64_t ref_raw;
	/* zero at first, for fits of these observations at this reference only; may be NULL */
	struct vms_est_memo *memo;
	bool line_only; /* standard errors, which cost most, are not wanted: se may be NAN */
	const struct vms_progress *progress; /* asked every few ms; may be NULL */
};

/** struct vms_est_out - what it says */
struct vms_est_out {
	bool available;
	char why_not[48];     /* "needs 2 anchors each way"; "" when available */
	struct vms_line line; /* ref_raw as asked */
	/* standard error of the offset at ref_raw [raw units]; NAN when not defined */
	double se_raw;
	char se_why[48];  /* why se is NAN; "" otherwise */
	double se_drift;  /* of the drift; 0 when constant; NAN when not defined */
	uint32_t used_nr; /* observations that took part */
	/*
	 * what the offset is where all observations have one direction: 1 = at least the true
	 * one, -1 = at most, 0 = an estimate
	 */
	int bound;
};

/** struct vms_estimator - one row of the table */
struct vms_estimator {
	const char *name;  /* "median" */
	const char *help;  /* one line: what it is and what biases it */
	uint32_t least_nr; /* observations needed */
	/*
	 * lives on least delays: pairs of any event (stretch-first, -last) help it, and do not bias
	 * it
	 */
	bool extreme;
	/* which one it is where the offset cannot drift; NULL = none other */
	const char *constant_as;
	/* Return: 0 (see out->available); -VMS_ENOMEM; -VMS_ECANCEL. O(n log n). */
	int (*fit)(struct vms_est_out *out, const struct vms_est_in *in, struct vms_err *err);
};

/** enum vms_est - the estimators, in the order of their table */
enum vms_est {
	/* of the offset */
	VMS_EST_MIN_DELAY,
	VMS_EST_MIDPOINT,
	VMS_EST_HULL,
	/* of a delay: the offset is too late by it */
	VMS_EST_MEAN,
	VMS_EST_MEDIAN,
	VMS_EST_LSQ,
	VMS_EST_LAD,
	VMS_EST_THEIL_SEN,
	VMS_EST_NR
};

/** vms_estimators - the table, by enum vms_est; ended by name NULL */
const struct vms_estimator *vms_estimators(void);

/** vms_estimator_find - row by name, NULL = none */
const struct vms_estimator *vms_estimator_find(const char *name);

/**
 * vms_est_residuals - signed error of each observation against a line, in raw units
 * host - guest - line(x): a delay seen as an error. @out has nr entries.
 */
void vms_est_residuals(double *out, const struct vms_est_in *in, const struct vms_line *line);

#ifdef __cplusplus
}
#endif

#endif
