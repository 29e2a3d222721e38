/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of alignment share: gaps of a thread, exact sweeps, seeds, walks. */
#ifndef VMS_ALIGN_IMPL_H
#define VMS_ALIGN_IMPL_H

#include <vmsync/align.h>
#include <vmsync/facts.h>
#include <vmsync/time.h>

/** struct align_gap - host times, both ends included, at which surely no guest code runs */
struct align_gap {
	int64_t from_raw, to_raw;
};

/** struct align_thread - what is forbidden of a thread: shadows and the unknown cost nothing */
struct align_thread {
	const struct vms_thread *t;
	struct align_gap *gaps; /* ascending, apart */
	uint32_t gaps_nr;
	int64_t first_raw, last_raw; /* beyond them nothing is forbidden, and nothing shown */
	/* of the time between them: what a wrong offset costs an event */
	double gap_share;
	int64_t stretch_raw; /* median length of a stretch */
	int group;	     /* threads of one VM, as far as ids tell */
};

/** struct align_tsc_write - an event kvm_write_tsc_offset: exact offsets before and after */
struct align_tsc_write {
	int32_t vcpu_id, tid;
	int64_t host_raw, before_raw, after_raw; /* offsets host minus guest */
};

/** struct align_pair - a guest MSR write and the host's account of it */
struct align_pair {
	uint32_t cpu_idx, event_idx;
	int32_t tid;
	int64_t guest_raw, host_raw;
};

/** struct align_ctx - one call of vms_align_guest() */
struct align_ctx {
	const struct vms_trace *t;
	const struct vms_stream *host, *guest;
	const struct vms_stretches *st;
	const struct vms_align_opts *o;
	/* indexed like st->threads; then one a guest CPU, for several threads joined */
	struct align_thread *threads;
	const struct vms_facts *facts; /* given, or looked for on first need: own_facts */
	struct vms_facts *own_facts;
	bool constant; /* no drift by nature */
	double drift_max;
	double raw_per_ns;
	struct align_tsc_write *writes;
	size_t writes_nr;
	struct align_pair *pairs; /* looked for on first need */
	size_t pairs_nr;
	bool pairs_done;
	struct align_edge *edges; /* scratch of sweeps */
	size_t edges_cap;
	struct align_edge *spare; /* scratch of their order */
	size_t spare_cap;
	int64_t *host_raw; /* scratch of align_sweep_line() */
	size_t host_cap;
	/* correlations over the whole host that this call may still make */
	unsigned int searches_left;
	/* points of Fourier transforms and edges of sweeps that correlations may still cost */
	double work_left;
	double swept; /* edges of sweeps so far */
	bool ahead;   /* a walk that meets a step gives up with -VMS_ENODATA */
};

#define ALIGN_SEARCHES_MAX 48u
#define ALIGN_WORK_MAX 60e6 /* a second or two */
#define ALIGN_WORK_BRIEF 15e6

static inline int64_t align_us(const struct align_ctx *x, double us)
{
	return (int64_t)(us * 1e3 * x->raw_per_ns) + 1;
}

static inline bool align_cancelled(const struct align_ctx *x)
{
	return vms_progress_cancelled(x->o->progress);
}

/* align_sweep.c */

struct align_edge {
	int64_t at_raw;
	int64_t delta;
};
/* Beyond this many ends of intervals a sweep uses fewer events: memory and time stay bounded. */
#define ALIGN_EDGES_MAX (((size_t)2 << 20) + 2)

/** struct align_sweep - what to sweep: V(d) for d in [lo, hi] */
struct align_sweep {
	const struct align_thread *t;
	const int64_t *host_raw; /* guest events under the line in question */
	uint32_t nr;
	int64_t lo_raw, hi_raw;
	/* violations that a plateau at the far end must save over one at 0 */
	double near_cost;
	/* the second best plateau lies farther than this from the best */
	int64_t apart_raw;
};

/** struct align_plateau - the best plateau of a sweep and its best rival */
struct align_plateau {
	uint32_t v;
	int64_t lo_raw, hi_raw;
	uint32_t rival_v;      /* UINT32_MAX = none */
	int64_t rival_raw;     /* middle of it */
	uint32_t checkable_nr; /* at the best */
	uint32_t other_v;      /* of the best of all other plateaus, near ones too */
};

/** align_thread_prepare - gaps and figures of a thread; -VMS_ENOMEM */
int align_thread_prepare(struct align_thread *prepared, const struct vms_thread *thread);
void align_thread_release(struct align_thread *a);
/** align_gap_at - index of the first gap that ends at or after a time */
uint32_t align_gap_at(const struct align_thread *t, int64_t host_raw);
/** align_gap_near - the same, looked for from gap @at on: neighbouring events lie close */
uint32_t align_gap_near(const struct align_thread *thread, uint32_t at, int64_t host_raw);
/** align_ctx_own - what one vCPU's work over a copy needs of its own: scratch */
void align_ctx_own(struct align_ctx *ctx);
void align_ctx_release(struct align_ctx *ctx);
/** align_edges_sort - the first @nr of ctx->edges by place; 0 or -VMS_ENOMEM (align_edges.c) */
int align_edges_sort(struct align_ctx *ctx, size_t nr);
/** align_sweep_run - exact; 0, -VMS_ENOMEM or -VMS_ECANCEL */
int align_sweep_run(struct align_ctx *ctx, const struct align_sweep *sweep,
		    struct align_plateau *out);

/**
 * align_sweep_line - the line that explains events best, offset within a window and any
 * believable drift
 * @guest_raw: times of the events, @nr of them; @line: where to start, and the result
 * Where clocks may drift the slope is searched too: a wrong one smears long runs of events.
 */
int align_sweep_line(struct align_ctx *ctx, const struct align_thread *thread,
		     const int64_t *guest_raw, uint32_t nr, struct vms_line *line,
		     int64_t window_raw, double near_cost, struct align_plateau *out);

/** align_bearable - violations that no one makes anything of: single strays, two in a hundred */
static inline uint32_t align_bearable(uint32_t nr)
{
	return nr / 50 + 1;
}

/** struct align_score - where the events of a CPU lie under pieces */
struct align_score {
	uint32_t inside, outside; /* neither: shadows and beyond */
	uint32_t stretches;	  /* stretches that hold an event */
	/* a stretch with events in each half of the guest's events */
	bool both_halves;
};

/** align_line_offset - offset of a line at a guest time, nearest */
int64_t align_line_offset(const struct vms_line *line, int64_t guest_raw);
/** align_line_apply - host time of a guest time */
int64_t align_line_apply(const struct vms_line *l, int64_t guest_raw);
/**
 * align_stretch_near - index of the last stretch that begins at or before a time (0 if none),
 * looked for from @at
 */
uint32_t align_stretch_near(const struct vms_thread *thread, uint32_t at, int64_t host_raw);
/**
 * align_place - 1 in a stretch, -1 in none, 0 where nothing is known
 * @stretch: where to begin to look; then the last one that begins before
 */
int align_place(const struct align_thread *at, int64_t host_raw, uint32_t *stretch);
void align_score(const struct align_thread *at, const struct vms_cpu *cpu,
		 const struct vms_piece *pieces, unsigned int pieces_nr, struct align_score *sc);

/* align_density.c */

/** struct align_cand - an offset that correlation proposes, verified on the samples */
struct align_cand {
	int64_t lo_raw, hi_raw; /* plateau of the offset at ref_raw */
	int64_t ref_raw;
	double drift;
	uint32_t v, n; /* violations of n checkable samples */
	/* standard deviations by which the violations fall short of chance */
	double z;
};

#define ALIGN_CANDS_MAX 8u

/** struct align_cands - best first; all apart from each other */
struct align_cands {
	struct align_cand c[ALIGN_CANDS_MAX];
	unsigned int nr;
	/* samples from all over the CPU's events: from another place they are the same */
	bool whole;
};

/*
 * A proposal is followed from so many standard deviations on: among a million offsets chance brings
 * 4.9.
 */
#define ALIGN_Z_LEAST 5.0

/**
 * align_density_search - offsets over a whole range at which guest events avoid the gaps of a
 * thread
 * @around: event in whose neighbourhood samples are taken; @dir: -1, 1 only on that side, 0 both
 * @now: its slope and those next to it alone are tried, NULL: all
 * Return: 0 (nr 0 = nothing); -VMS_ENOMEM; -VMS_ECANCEL.
 */
int align_density_search(struct align_ctx *x, const struct align_thread *t,
			 const struct vms_cpu *cpu, uint32_t around, int dir,
			 const struct vms_line *now, struct align_cands *out);

/* align_fit.c */

/** struct align_point - the plateau of one chunk of events */
struct align_point {
	int64_t x_raw;		/* guest time */
	int64_t lo_raw, hi_raw; /* offsets there */
};

/**
 * align_fit - the line that stays farthest inside the plateaus, or violates them least
 * @drift: preferred; kept unless the points contradict it, when @keep; kept in any case when
 *   @drift_max is 0.
 * Return: the margin, negative when the points contradict every line [raw units].
 */
double align_fit(struct vms_line *line, const struct align_point *points, size_t nr, double drift,
		 double drift_max, bool keep);

/* align_walk.c */

/** struct align_seed - where to start a walk */
struct align_seed {
	struct vms_line line;
	/* line is of no interest: use the recorded samples wherever one starts */
	bool recorded;
	/* those without trace-cmd's arithmetic defects, which ruin scaled TSCs */
	bool exact;
	uint32_t event;	    /* start near this event; UINT32_MAX = choose */
	int64_t window_raw; /* the line may be off by this */
	enum vms_align_start start;
	const char *how;
};

/** struct align_result - what a walk found */
struct align_result {
	struct vms_piece *pieces;
	unsigned int pieces_nr;
	struct align_score score;
	enum vms_align_start start;
	const char *how;
};

/** struct align_cpu - a guest CPU on a thread */
struct align_cpu {
	unsigned int cpu_idx;
	uint32_t first; /* as in struct align_vcpu */
	const struct vms_cpu *c;
	const struct align_thread *t;
	const struct vms_line *others; /* lines of vCPUs already aligned: hints at steps */
	unsigned int others_nr;
};

/**
 * align_walk - follow the offset from a seed to both ends of the trace
 * Return: 0 (pieces_nr 0 = the seed led nowhere); -VMS_ENOMEM; -VMS_ECANCEL.
 */
int align_walk(struct align_ctx *x, const struct align_cpu *acpu, const struct align_seed *seed,
	       struct align_result *out);
void align_result_release(struct align_result *r);

/**
 * align_recorded_line - the recorded samples around an event as a line
 * @exact: evaluate them by vms_recorded_exact() instead of as libtracecmd does
 * Return: false when there are none for this CPU.
 */
bool align_recorded_line(const struct align_ctx *ctx, const struct vms_cpu *cpu, uint32_t event,
			 bool exact, struct vms_line *line);

/*
 * align_walk.c keeps the chunks, align_steps.c finds steps, align_pieces.c makes pieces of what was
 * found
 */

/** struct align_chunk - a run of events that is looked at as one */
struct align_chunk {
	uint32_t from, to; /* events [from, to) */
	int seg;	   /* -1: explained by nothing, or not looked at */
	struct align_point p;
	uint32_t v, n;
};

/** struct align_seg - a line that holds for a run of chunks */
struct align_seg {
	struct vms_line line;
	uint32_t first, last; /* chunks that it explains */
};

/** struct align_walk - a walk under way */
struct align_walk {
	struct align_ctx *x;
	const struct align_cpu *a;
	struct align_chunk *chunks;
	uint32_t chunks_nr;
	uint32_t most; /* samples that a look at some chunks takes */
	struct align_seg *segs;
	size_t segs_nr, segs_cap;
	int64_t *guest_raw;	    /* samples of a chunk */
	int64_t *host_raw;	    /* the same under a line */
	struct align_point *points; /* scratch of fits, and the chunks they come from */
	uint32_t *index;
	unsigned int jumps_left;
	uint32_t search_skip; /* chunks to leave alone before a step is searched for again */
	uint32_t skipped;
};

/**
 * align_walk_sweep - sweep events [from, to), or a sample of them, in a window around a line; @nr:
 * how many it were
 */
int align_walk_sweep(struct align_walk *walk, uint32_t from, uint32_t to,
		     const struct vms_line *line, int64_t window_raw, double near_cost,
		     struct align_plateau *plateau, uint32_t *nr);

/** struct align_jump - the line after a step */
struct align_jump {
	struct vms_line line;
	uint32_t v;
	bool found;
};

/** align_jump_find - look for the offset of the chunks from one on, in a direction */
int align_jump_find(struct align_walk *walk, uint32_t chunk, int dir, const struct vms_line *now,
		    struct align_jump *jump);

/** align_pieces_make - the lines of the segments and the events where they meet */
int align_pieces_make(struct align_walk *walk, struct align_result *out);

/**
 * align_cut - the event of [from, to) at which the right line takes over: fewest violations; of
 * equals the one where host time does not turn back, with the least jump; of no events near_at
 */
uint32_t align_cut(const struct align_thread *t, const int64_t *guest_raw, uint32_t from,
		   uint32_t to, uint32_t near_at, const struct vms_line *left,
		   const struct vms_line *right);

/* align_facts.c */
/* Lines in their order: each begins where that before leaves more in gaps. *nr: with events. */
void align_pieces_place(struct vms_piece *pieces, unsigned int *nr, const struct align_thread *t,
			const struct vms_cpu *cpu);
/** align_facts_pieces - what the clock facts of a thread say; no pieces where that is nothing */
int align_facts_pieces(struct align_result *out, struct align_ctx *ctx, const struct vms_cpu *cpu,
		       int32_t thread);

/* align_content.c */
/** align_facts_find - ctx->facts, once; -VMS_ENOMEM */
int align_facts_find(struct align_ctx *ctx);
int align_writes_find(struct align_ctx *ctx);
int align_pairs_find(struct align_ctx *ctx);
/** align_pairs_rate - guest ticks a host tick where most pairs say far from one; 0 = not so */
double align_pairs_rate(const struct align_ctx *x, unsigned int cpu_idx);

#define ALIGN_PEAKS_MAX 4u

/** struct align_peak - many pairs that agree on an offset */
struct align_peak {
	int64_t offset_raw;
	uint32_t event_idx;
	int32_t tid;
	uint32_t nr;
};

struct align_vcpu;

/** align_pairs_peaks - the offsets that most pairs of a CPU and thread agree on, best first */
int align_pairs_peaks(struct align_ctx *ctx, const struct align_vcpu *vcpu, int32_t tid,
		      struct align_peak *out, unsigned int *nr);
/** align_facts_peaks - the offsets that most clock facts of a thread agree on, best first */
int align_facts_peaks(struct align_ctx *ctx, int32_t tid, struct align_peak *out, unsigned int *nr);

#define ALIGN_NEAR_PAIRS 4u

/** struct align_near_pairs - pairs of one guest CPU and thread, those next to an event first */
struct align_near_pairs {
	struct align_pair p[ALIGN_NEAR_PAIRS];
	unsigned int nr;
};

/**
 * align_pairs_near - the pairs whose guest events come next from an event on, in a direction (1:
 * that event included)
 */
int align_pairs_near(struct align_ctx *x, const struct align_cpu *acpu, uint32_t event, int dir,
		     struct align_near_pairs *out);

/* align_threads.c */

/**
 * align_threads_known - thread index of each guest CPU where the caller or option GUEST says it,
 * else -1
 */
void align_threads_known(const struct align_ctx *x, unsigned int guest, int32_t *thread);
/** align_threads_free - which threads may belong to this guest: not named as another guest's */
void align_threads_free(const struct align_ctx *ctx, unsigned int guest, bool *is_free);
/** align_threads_group - number the VMs among the threads */
void align_threads_group(struct align_ctx *x);

/* align.c, align_judge.c */

#define ALIGN_LINES_MAX 64u
#define ALIGN_SHIFTS_MAX 10u /* what correlation proposes, and the best near by */

/** struct align_vcpu - a guest CPU while it is aligned */
struct align_vcpu {
	unsigned int cpu_idx;
	const struct vms_cpu *c;
	uint32_t first; /* the event of the guest CPU that is the first of c: 0 but of a rest */
	/* threads that may run it, NULL = any that is free */
	const bool *may;
	struct vms_thread *joined; /* of several threads, else NULL */
	bool more_threads;	   /* and two more are possible at once */
	int32_t known;		   /* thread index that the file says, -1 = none */
	int32_t doubted;	   /* what known was before nothing came of it, else -1 */
	int32_t thread;		   /* thread of best */
	struct align_result best;
	int64_t shifts[ALIGN_SHIFTS_MAX]; /* what rivals add to the offset of best */
	unsigned int shifts_nr;
	bool contested; /* another thread explains it as well */
	bool again;	/* few events, and an offset near by explains them as well */
	bool ahead;	/* settled before its turn */
};

/** struct align_job - a guest while it is aligned */
struct align_job {
	struct align_ctx x;
	unsigned int guest;
	struct align_vcpu *v;
	unsigned int nr;
	bool *is_free;				/* threads that may be this guest's */
	struct vms_line lines[ALIGN_LINES_MAX]; /* of vCPUs that are good */
	unsigned int lines_nr;
};

/** align_good - whether a result explains enough of so many events to look no further */
bool align_good(const struct align_result *r, uint32_t events_nr);

static inline bool align_settled(const struct align_vcpu *v)
{
	return align_good(&v->best, v->c->nr);
}

/** align_judge - how sure one may be of what was found, and what is second best; -VMS_ENOMEM */
int align_judge(struct align_job *job, struct vms_align *align);

/* align.c */
/** align_look - from every start, on every thread that may be, until vCPUs are settled */
int align_look(struct align_job *job);

/* align_place.c */
/* Events outside against inside: a run ends where more than one in so many is outside. */
#define ALIGN_OUTSIDE_COST 50
/** align_run - the events that a result explains, from first to last; @scored: its score is true */
bool align_run(const struct align_thread *thread, const struct vms_cpu *cpu,
	       const struct align_result *result, bool scored, uint32_t *first, uint32_t *last);
/** align_run_score - from the score of all to that of a run; @scored: as above */
void align_run_score(const struct align_thread *thread, const struct vms_cpu *run,
		     struct align_result *result, bool scored);

/* align_chain.c */
/** align_chain - find the threads that ran vCPUs before and after those that were found */
int align_chain(struct align_job *job);

/* align_try.c */
double align_worth(const struct align_result *r);
void align_remember_line(struct align_job *job, const struct align_vcpu *v);
/* A vCPU on a thread: from each starting point of a kind. -VMS_ENOMEM, -VMS_ECANCEL */
int align_try_user(struct align_job *job, struct align_vcpu *v, int32_t thread);
int align_try_recorded(struct align_job *job, struct align_vcpu *v, int32_t thread);
int align_try_others(struct align_job *job, struct align_vcpu *v, int32_t thread);
int align_try_cheap(struct align_job *job, struct align_vcpu *v, int32_t thread);
int align_try_density(struct align_job *job, struct align_vcpu *vcpu, int32_t thread);

/* align_pool.c */
#define ALIGN_POOL_NR 96u /* lags that are looked at exactly */

/* A lag of the coarse grid. */
struct align_lag {
	int64_t idx;
	double z;
	double drift;
};

struct align_pool {
	struct align_lag l[ALIGN_POOL_NR]; /* a heap, the weakest on top */
	size_t nr;
};

void align_pool_add(struct align_pool *pool, struct align_lag lag);

#endif
