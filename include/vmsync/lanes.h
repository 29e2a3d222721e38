/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lanes: exact per-column summaries of events, stretches and candidates at any zoom, without
 * walking the trace.
 */
#ifndef VMSYNC_LANES_H
#define VMSYNC_LANES_H

#include <vmsync/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct vms_lanes - what lanes remember between frames: indices of the recording, built when first
 * asked for
 */
struct vms_lanes;

/**
 * vms_lanes_new - lanes of a session, which is borrowed for their life. Not thread safe: one for
 * each view's thread
 */
int vms_lanes_new(struct vms_lanes **out, const struct vms_session *session, struct vms_err *err);
void vms_lanes_free(struct vms_lanes *lanes);
/** vms_lanes_prepare - build now what the first columns would; 0, -VMS_ENOMEM, -VMS_ECANCEL */
int vms_lanes_prepare(struct vms_lanes *lanes, const struct vms_progress *p);
/**
 * vms_lanes_adopt - what was prepared over a snapshot that the session has become since; the rest
 * is freed
 */
void vms_lanes_adopt(struct vms_lanes *lanes, struct vms_lanes *prepared);

/**
 * struct vms_view - the part of host time that is on screen; column c shows t0 + c*w <= t < t0 +
 * (c+1)*w
 */
struct vms_view {
	int64_t t0_raw; /* [raw host units] */
	int64_t w_raw;	/* width of a column, at least 1 */
	unsigned int cols;
};

/** struct vms_lane_col - one column of a lane */
struct vms_lane_col {
	uint32_t events; /* events in the column, exact */
	/* 0..1000: part of the column in guest mode (host lanes), for the thread or any */
	uint16_t inside;
	int16_t track;	     /* track that runs there most, -1 none (host lanes) */
	uint8_t lost;	     /* lost events fall here */
	uint8_t covered;     /* the stream has data here */
	uint8_t entry, exit; /* an entry / exit lies in the column (0, 1, 2 = more) */
	uint8_t outside;     /* a guest event outside every stretch (guest lanes) */
	/* index of the first event in the column, valid when events > 0 and the CPU is sorted */
	uint32_t first;
	struct vms_exit why; /* of the last exit in the column */
};

/** vms_lane_host - columns of a host CPU. O(cols * log n) */
int vms_lane_host(struct vms_lanes *lanes, unsigned int cpu_idx, const struct vms_view *view,
		  struct vms_lane_col *cols, struct vms_err *err);
/**
 * vms_lane_guest - columns of a guest CPU, events at their mapped time. O(cols * log n) where times
 * are sorted
 */
int vms_lane_guest(struct vms_lanes *lanes, unsigned int guest, unsigned int cpu_idx,
		   const struct vms_view *view, struct vms_lane_col *cols, struct vms_err *err);

/**
 * vms_lane_thread - columns of a vCPU's host thread, on whichever CPU: inside, entry, exit and why;
 * track is the index of the host CPU where it runs most, -1 none. O(cols * CPUs * log n)
 */
int vms_lane_thread(struct vms_lanes *lanes, unsigned int track, const struct vms_view *view,
		    struct vms_lane_col *cols, struct vms_err *err);
/**
 * vms_lane_guest_under - columns of a vCPU under another model than that of the session, which
 * outlives the call; one vCPU and model are kept at a time
 */
int vms_lane_guest_under(struct vms_lanes *lanes, unsigned int track, const struct vms_model *model,
			 const struct vms_view *view, struct vms_lane_col *cols,
			 struct vms_err *err);

/** struct vms_mark_col - the strongest candidate end in a column */
struct vms_mark_col {
	uint32_t id;   /* of the first of the strongest, VMS_ID_NONE = none */
	uint8_t state; /* its enum vms_state */
	uint8_t flags; /* its flags */
	uint16_t nr;   /* candidate ends here, saturated */
};

/**
 * vms_lane_marks_host - candidate ends on a host CPU by column; vms_lane_marks_guest - on a guest
 * CPU
 */
int vms_lane_marks_host(struct vms_lanes *l, unsigned int cpu_idx, const struct vms_view *v,
			struct vms_mark_col *cols, struct vms_err *err);
int vms_lane_marks_guest(struct vms_lanes *l, unsigned int guest, unsigned int cpu_idx,
			 const struct vms_view *v, struct vms_mark_col *cols, struct vms_err *err);

#ifdef __cplusplus
}
#endif

#endif
