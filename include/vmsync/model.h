/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clock models: guest time to host time and back, per guest CPU. */
#ifndef VMSYNC_MODEL_H
#define VMSYNC_MODEL_H

#include <vmsync/err.h>
#include <vmsync/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct vms_line - host = guest + offset + drift * (guest - ref) */
struct vms_line {
	int64_t ref_raw;    /* [raw guest units] where offset_raw holds */
	int64_t offset_raw; /* [raw units] host minus guest */
	double offset_frac; /* [raw units] in [0, 1): the part below one unit */
	double drift;	    /* host clock relative to guest clock, minus one; 1e-6 = 1 ppm */
};

/** struct vms_piece - a line and where it begins, by event and by time */
struct vms_piece {
	uint32_t from_idx; /* first event of the guest CPU it holds for */
	int64_t from_raw;  /* time of that event; the first piece holds before it too */
	struct vms_line line;
};

enum vms_model_kind {
	VMS_MODEL_PIECES,   /* lines, one or more a guest CPU */
	VMS_MODEL_RECORDED, /* what trace-cmd shows, event by event; doc/METHOD.md 3.3 */
	/* the same samples without its arithmetic defects; doc/METHOD.md 3.4 */
	VMS_MODEL_RECORDED_EXACT,
};

/** struct vms_model_cpu - the model of one guest CPU */
struct vms_model_cpu {
	struct vms_piece *pieces; /* ascending by from_idx; owned by the model */
	uint32_t pieces_nr;	  /* 0 = identity */
};

/** struct vms_model - a map from the raw times of one guest to those of the host */
struct vms_model {
	enum vms_model_kind kind;
	const struct vms_stream *guest; /* borrowed; looked into for the recorded kinds only */
	/* for these: vms_model_beside() */
	int64_t moved_raw;
	const struct vms_stream *host; /* borrowed; NULL where TSC2NSEC is the same */
	struct vms_model_cpu *cpus;    /* for pieces; indexed like vms_stream.cpus */
	unsigned int cpus_nr;
};

/** vms_model_new - a model of the given kind; pieces start as identity. The stream is borrowed */
int vms_model_new(struct vms_model **out, enum vms_model_kind kind, const struct vms_stream *guest,
		  struct vms_err *err);
/**
 * vms_model_beside - of a recorded kind: what trace-cmd does to the two files beside TIME_SHIFT
 * Options DATE and OFFSET, and unequal TSC2NSEC. Without it they are left out. @host is borrowed.
 */
void vms_model_beside(struct vms_model *m, const struct vms_stream *host);
/** vms_model_dup - a copy that shares nothing but the stream */
int vms_model_dup(struct vms_model **out, const struct vms_model *model, struct vms_err *err);
/** vms_model_set - replace the pieces of one CPU (copied) */
int vms_model_set(struct vms_model *model, unsigned int cpu_idx, const struct vms_piece *pieces,
		  unsigned int pieces_nr, struct vms_err *err);
void vms_model_free(struct vms_model *model);

/**
 * vms_model_event - map an event's time
 * @m: model
 * @cpu_idx: index into the guest stream's cpus
 * @event_idx: index of the event, which chooses the piece
 * @guest_raw: its time [raw guest units]
 *
 * Rounds to the nearest unit; clamps at the range of int64. Return: [raw host units].
 */
int64_t vms_model_event(const struct vms_model *m, unsigned int cpu_idx, uint32_t event_idx,
			int64_t guest_raw);

/** vms_model_time - map a time that is no event's; the last piece that begins at or before it */
int64_t vms_model_time(const struct vms_model *m, unsigned int cpu_idx, int64_t guest_raw);

/**
 * vms_model_ascends - mapped times of a CPU's events never decrease in the order of the events
 * Quick where the map's pieces alone tell; else each event is looked at.
 */
bool vms_model_ascends(const struct vms_model *model, unsigned int cpu_idx,
		       const struct vms_cpu *cpu);

/**
 * vms_model_steady - between events of one piece host time passes as the guest's does, to within
 * 1 % and two units, and never back; false = that is not known
 */
bool vms_model_steady(const struct vms_model *model, unsigned int cpu_idx,
		      const struct vms_cpu *cpu);

/**
 * vms_model_inverse - a guest time that maps to @host_raw or the nearest before; for views, to
 * within one unit on lines
 */
int64_t vms_model_inverse(const struct vms_model *m, unsigned int cpu_idx, int64_t host_raw);

/**
 * vms_recorded_apply - what libtracecmd makes of a raw time before TSC2NSEC, for one CPU number;
 * doc/METHOD.md 3.3 step 1
 */
uint64_t vms_recorded_apply(const struct vms_time_shift *shift, uint32_t cpu, uint64_t guest_raw);
/**
 * vms_recorded_ascends - no two times in a range change places, as far as the samples alone can
 * tell; false = look at them
 */
bool vms_recorded_ascends(const struct vms_time_shift *shift, uint32_t cpu, int64_t from_raw,
			  int64_t to_raw);
/** vms_recorded_steady - and offsets change by at most 1 % of the time between them */
bool vms_recorded_steady(const struct vms_time_shift *shift, uint32_t cpu, int64_t from_raw,
			 int64_t to_raw);
/**
 * vms_recorded_exact - the same samples in exact arithmetic (128 bits, division by the scaling,
 * newest sample used)
 */
int64_t vms_recorded_exact(const struct vms_time_shift *shift, uint32_t cpu, int64_t guest_raw);
/**
 * vms_recorded_moved - how much later than TIME_SHIFT says trace-cmd shows a guest against its
 * host, as options DATE and OFFSET of their files add different amounts [raw host units]
 */
int64_t vms_recorded_moved(const struct vms_stream *guest, const struct vms_stream *host);
/**
 * vms_recorded_beside - the raw host time that trace-cmd shows together with a guest time @t behind
 * TIME_SHIFT, whatever TSC2NSEC and ts_offset either file has
 */
int64_t vms_recorded_beside(const struct vms_stream *guest, const struct vms_stream *host,
			    uint64_t t);
/** vms_tsc2nsec - doc/METHOD.md 3.3 step 2, bit for bit */
uint64_t vms_tsc2nsec(const struct vms_clock *c, uint64_t raw);
/**
 * vms_recorded_final - the time that libtracecmd hands out for a raw time of a stream's CPU, of an
 * event in a buffer instance (not the top one) or not
 */
uint64_t vms_recorded_final(const struct vms_stream *s, uint32_t cpu, uint64_t raw, bool instance);

#ifdef __cplusplus
}
#endif

#endif
