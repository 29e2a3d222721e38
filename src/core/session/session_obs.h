/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an estimator sees of the candidates. */
#ifndef VMSYNC_SESSION_OBS_H
#define VMSYNC_SESSION_OBS_H

#include "core/session/session_impl.h"

/* Observations of one segment: which of a track's candidates they are, ascending by guest time. */
struct session_obs {
	const struct vms_session *session;
	uint32_t *slot;
	uint32_t nr, causal_nr;	 /* causal: without pairs of any event */
	bool any[UINT8_MAX + 1]; /* by sequence: it takes any event */
	int64_t last_raw;	 /* guest time of the last one */
	bool unsorted;		 /* some of them come before the one before */
	double drift;		 /* the band's */
	/* of causal, of all: of the whole, of each half */
	struct vms_est_memo memo[2][1 + 2];
	const struct vms_progress *progress;
};

/* Host times of the pairs that are wanted, inclusive. */
struct session_span {
	int64_t from_raw, to_raw;
};
extern const struct session_span session_always;
/* @seg: those of its events only; NULL = all. session_obs_free() is due after an error too. */
int session_obs_collect(const struct vms_session *session, unsigned int track, enum vms_basis basis,
			struct session_span span, const struct vms_band_segment *seg,
			struct session_obs *obs);
void session_obs_free(struct session_obs *o);
/* @of: a struct session_obs */
struct vms_obs session_obs_at(const void *of, uint32_t i);
/* Whether an estimator looks at pairs of any event, too: those that do come first. */
bool session_obs_wants_all(const struct session_obs *o, const struct vms_estimator *e);
/* For one that does not, those of any event are let go. */
struct vms_est_in session_obs_input(struct session_obs *o, const struct vms_estimator *e,
				    bool constant, int64_t ref_raw);

#endif
