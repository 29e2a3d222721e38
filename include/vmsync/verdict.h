/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Verdicts: what may be said of a clock model, how much of a vCPU that speaks of, and its clock
 * facts.
 */
#ifndef VMSYNC_VERDICT_H
#define VMSYNC_VERDICT_H

#include <vmsync/evidence.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vms_session;
struct vms_track;
struct vms_model_result;

/** enum vms_verdict - what may be said of a clock model on a vCPU */
enum vms_verdict {
	VMS_VERDICT_NONE, /* no model, or no band */
	VMS_VERDICT_IN_BAND,
	/* what the band assumes excludes it, and no two witnesses do: vms_model_result.why */
	VMS_VERDICT_OUTSIDE_BAND,
	/* two witnesses at least: guest events or clock facts where they cannot have been */
	VMS_VERDICT_PROVEN_WRONG,
	VMS_VERDICT_CANNOT_JUDGE, /* vms_model_result.why */
};

/** vms_verdict_name - "none", "in-band", "outside-band", "proven-wrong", "cannot-judge" */
const char *vms_verdict_name(enum vms_verdict v);
/** vms_verdict_refutes - proven wrong, or outside the band */
static inline bool vms_verdict_refutes(enum vms_verdict v)
{
	return v == VMS_VERDICT_PROVEN_WRONG || v == VMS_VERDICT_OUTSIDE_BAND;
}

/** struct vms_coverage - how much of a vCPU its band and verdicts speak of */
struct vms_coverage {
	uint32_t events_nr;		 /* guest events of the vCPU */
	uint32_t checkable_nr;		 /* those that could have contradicted */
	uint32_t outside_recording_nr;	 /* before or after what the host recorded */
	uint32_t whereabouts_unknown_nr; /* host events are missing, by what they left behind */
	uint32_t lost_nr;		 /* host events are missing, and the file says so */
	/* no host thread is known for the vCPU, or none that ran it then */
	uint32_t thread_unknown_nr;
	double seconds; /* host time in which its thread's whereabouts are known */
};

/** struct vms_facts_seen - the clock facts of a vCPU; doc/METHOD.md 10 */
struct vms_facts_seen {
	uint32_t nr;	      /* that bound its offset */
	uint32_t left_out_nr; /* without a known deadline, doubtful, or contradicting */
	double width_ns;      /* of the narrowest one alone; NAN without any */
	double rate;	      /* vms_thread_facts.rate, else vms_align_vcpu.rate */
};

/** struct vms_violations - the thesis' two counts under one model */
struct vms_violations {
	uint32_t guest_outside; /* checkable guest events outside every stretch */
	uint32_t guest_events;	/* checkable guest events */
	uint32_t guest_beyond;	/* put before or after the host's recording */
	/*
	 * host events between entry and exit that do not belong there, of this vCPU's thread's CPU
	 */
	uint64_t host_inside;
	int64_t depth_max_raw;
};

/** struct vms_start - where a solution may have begun */
struct vms_start {
	const char *name; /* "recorded", "clock facts", "another vCPU", ...; static text */
	uint64_t cost;	  /* what speaks against it: events outside, contradictions, segments */
	bool taken;
};

#define VMS_STARTS_MAX 8

/** enum vms_rate - how the rate of two clocks against each other may change */
enum vms_rate {
	VMS_RATE_AUTO,	  /* drift for clocks that NTP steers (mono, boot, tai), else tight */
	VMS_RATE_TIGHT,	  /* as counters do: 50 ppb a second */
	VMS_RATE_STEPPED, /* by 1 ppm at once, and 1 ppm a second */
	VMS_RATE_DRIFT,	  /* in any way up to the limit of the drift */
	VMS_RATE_NR
};

/** vms_rate_name, vms_rate_find - the word for it; of a word, VMS_RATE_NR = none */
const char *vms_rate_name(enum vms_rate rate);
enum vms_rate vms_rate_find(const char *name);

/** struct vms_limits - what the band of a vCPU assumes of its clocks besides what events say */
struct vms_limits {
	enum vms_rate rate;
	double drift_max;   /* 0: the offset is constant */
	bool drift_reached; /* no event holds the drift: its limit does */
	/* the band's width under the limit of the drift alone; INT64_MAX: open */
	int64_t alone_raw;
	/*
	 * the band is far narrower than any stretch allows by itself: an event that bounds it may
	 * be false; doc/METHOD.md 6.8
	 */
	bool narrow;
};

/**
 * vms_session_evidence - what speaks against a clock model of a vCPU, of all its constraints
 * @map: of its guest; vms_session_map(), vms_session_model_map(). NULL: nothing
 */
void vms_session_evidence(struct vms_evidence *out, const struct vms_track *track,
			  const struct vms_model *map);
/** vms_session_coverage - of a track */
struct vms_coverage vms_session_coverage(const struct vms_session *session,
					 const struct vms_track *track);
/**
 * vms_session_bias - by how much an offset is too great, at the time for which it stands: at least
 * *min_ns and at most *max_ns, as far as the band knows the truth; false where it does not, or is
 * that of an ambiguous alignment
 */
bool vms_session_bias(const struct vms_session *session, const struct vms_track *track,
		      const struct vms_model_result *result, double *min_ns, double *max_ns);
/** vms_session_facts - of a track */
struct vms_facts_seen vms_session_facts(const struct vms_session *session,
					const struct vms_track *track);
/** vms_session_fact - the clock fact that a constraint of a track is; NULL: a guest event's */
const struct vms_fact *vms_session_fact(const struct vms_session *s, const struct vms_track *t,
					const struct vms_point *p);

#ifdef __cplusplus
}
#endif

#endif
