/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fitness: whether a sequence is fit as a synchronisation point, in figures and in a word.
 * Everything is counted under the band, never under a model in force: an investigation must not
 * depend on what it judges. doc/METHOD.md 8.4
 */
#ifndef VMSYNC_FITNESS_H
#define VMSYNC_FITNESS_H

#include <vmsync/band.h>
#include <vmsync/pairing.h>
#include <vmsync/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum vms_fit - the verdict */
enum vms_fit {
	VMS_FIT_SYNC_POINT,
	VMS_FIT_BOUND_ONLY, /* causal, but loose or ambiguous: its least delay bounds one side */
	VMS_FIT_TOO_FEW,
	VMS_FIT_UNSTABLE,
	VMS_FIT_BY_CHANCE,
	VMS_FIT_UNFIT,
	VMS_FIT_NR
};

/** vms_fit_name - "sync-point", "bound-only", "too-few", "unstable", "by-chance", "unfit" */
const char *vms_fit_name(enum vms_fit fit);

/** enum vms_fit_why - what decides it */
enum vms_fit_why {
	VMS_FIT_WHY_ALL,	/* sync point: everything that is asked holds */
	VMS_FIT_WHY_IMPOSSIBLE, /* unfit: impossible_nr, first_impossible */
	VMS_FIT_WHY_CONFLICTS,	/* unfit: key_conflicts, first_conflict */
	VMS_FIT_WHY_FEW,	/* too few pairs whose offset is known: delays_nr */
	VMS_FIT_WHY_LIFT,	/* by chance: lift */
	VMS_FIT_WHY_THIRDS,	/* unstable: thirds[moved] */
	VMS_FIT_WHY_VCPUS,	/* unstable: vcpus[moved] */
	VMS_FIT_WHY_PCPUS,	/* unstable: pcpus[moved] */
	VMS_FIT_WHY_ANY, /* bound only: any guest event is taken, nothing but order is claimed */
	VMS_FIT_WHY_AMBIGUOUS, /* bound only: neither precision nor recall is high enough */
	VMS_FIT_WHY_LOOSE,     /* bound only: mad_ns against median_ns */
};

/** struct vms_fit_at - a guest event, and the stretch that it is held against */
struct vms_fit_at {
	unsigned int cpu_idx; /* into the guest stream's cpus */
	uint32_t event, stretch;
};

/** struct vms_fit_part - the pairs of one vCPU */
struct vms_fit_part {
	struct vms_vcpu vcpu;
	const struct vms_band *band;   /* NULL: no offset is known there */
	const struct vms_match *pairs; /* ascending by event, all of one sequence; NULL: */
	/* they are those that a session formed, of a track and a sequence */
	const struct vms_session *session;
	unsigned int track, seq;
	struct vms_seq_counts counts; /* pairs_nr of them */
};

/** struct vms_fit_in - what is judged: one vCPU, or all of a guest */
struct vms_fit_in {
	const struct vms_stream *host;
	const struct vms_clock *clock; /* the host's; ns below are raw units if it has no rate */
	enum vms_dir dir;
	bool any;		  /* any guest event is taken */
	int64_t from_raw, to_raw; /* host time of which thirds and halves are: both were recorded */
	const struct vms_fit_part *parts;
	unsigned int parts_nr;
};

/** struct vms_fit_group - pairs of a part of time, a vCPU or a host CPU; delays at the middle */
struct vms_fit_group {
	uint32_t of; /* third from 0; number of the vCPU; number of the host CPU */
	uint64_t nr; /* 0: nothing else is defined */
	double least_ns, median_ns, mad_ns;
};

/* Bins of the histogram: eight an octave from 1 ns on, what is below in the first. */
#define VMS_FIT_OCTAVE_BINS 8
#define VMS_FIT_BINS (32 * VMS_FIT_OCTAVE_BINS)

/** struct vms_fit_range - [lo, hi]; HUGE_VAL: no end is known, NAN: not defined */
struct vms_fit_range {
	double lo, hi;
};

/** struct vms_fitness - all figures; NAN: not defined */
struct vms_fitness {
	struct vms_seq_counts counts;	  /* sums; pairs_nr is below */
	struct vms_fit_at first_conflict; /* with key_conflicts */
	uint64_t pairs_nr;
	/*
	 * of these: with a known offset (a segment that holds there and is bounded on both sides),
	 * possible. All delays are of these.
	 */
	uint64_t delays_nr;
	/* negative delay at every offset of the band: the causal claim is false */
	uint64_t impossible_nr;
	struct vms_fit_at first_impossible; /* with impossible_nr */

	/* pairs over guest occurrences, and its 95 % interval (Wilson 1927) */
	double precision;
	struct vms_fit_range precision_95;
	/* pairs over host occurrences, likewise */
	double recall;
	struct vms_fit_range recall_95;
	/* precision over the share of that end among all ends of stretches with a guest event */
	double lift;

	/* delays [ns] under the middle of the band */
	double least_ns, p5_ns, median_ns, p95_ns, mad_ns, mean_ns;
	/* where the true least delay of these pairs lies, as each pair's offset is in the band */
	struct vms_fit_range least_true_ns;
	/* pairs a ns within one MAD above the least; what one more pair would make of it [ns] */
	double sharpness, least_error_ns;
	/* pairs that would say as much if each were independent: n / (1 + 2 sum of correlations) */
	double effective_nr;

	struct vms_fit_group thirds[3];
	struct vms_fit_group *vcpus; /* with pairs, owned; the parts as given */
	unsigned int vcpus_nr;
	struct vms_fit_group *pcpus; /* with pairs, owned; ascending */
	unsigned int pcpus_nr;
	/* Kolmogorov-Smirnov of both halves of the time: distance, and p for effective_nr */
	double halves_distance, halves_p;

	/*
	 * the tightest bound it gives of the offset: by which pair, and how far from the band [ns]
	 */
	struct vms_fit_at bound;
	int64_t bound_raw; /* host minus guest; at most (guest-to-host) or at least */
	double bound_beyond_ns;
	/*
	 * error of the offset that the mean, the median or the least of these pairs gives, proven
	 * by the band; positive: too late
	 */
	struct vms_fit_range error_mean_ns, error_median_ns, error_least_ns;

	uint32_t hist[VMS_FIT_BINS];

	enum vms_fit fit;
	enum vms_fit_why why;
	unsigned int moved; /* of an unstable one: which group */
};

/**
 * vms_fitness_of - figures and verdict of pairs; vms_fitness_clear() afterwards, also of a failure
 * O(pairs). Return: 0; -VMS_ENOMEM.
 */
int vms_fitness_of(struct vms_fitness *out, const struct vms_fit_in *in, struct vms_err *err);
void vms_fitness_clear(struct vms_fitness *f);

/** struct vms_fitness_list - of every sequence of a session's catalogue that is not muted */
struct vms_fitness_list {
	unsigned int tracks_nr, guests_nr, seqs_nr;
	/* [track or guest * seqs_nr + sequence]; all 0 of those that are muted, or not asked for */
	struct vms_fitness *of_track, *of_guest;
};

/**
 * vms_fitness_session - fitness of all sequences over each guest
 * @session: need not have formed its pairs; may be a snapshot
 * @by_vcpu: and on each vCPU, which costs as much again
 * Return: 0; -VMS_ENOMEM; -VMS_ECANCEL.
 */
int vms_fitness_session(struct vms_fitness_list **out, struct vms_session *session, bool by_vcpu,
			const struct vms_progress *progress, struct vms_err *err);
void vms_fitness_list_free(struct vms_fitness_list *l);
/**
 * vms_fitness_guest - the same of any catalogue over one guest
 * @out: one a sequence, vms_fitness_clear() each
 */
int vms_fitness_guest(struct vms_fitness *out, struct vms_session *session, unsigned int guest,
		      const struct vms_catalogue *catalogue, const struct vms_progress *progress,
		      struct vms_err *err);
/** vms_fit_wilson - the 95 % interval of a share (Wilson 1927); NAN of none */
struct vms_fit_range vms_fit_wilson(uint64_t some, uint64_t of);

#ifdef __cplusplus
}
#endif

#endif
