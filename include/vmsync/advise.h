/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Advice on the next recording, from this one: what would narrow the band or give better anchors,
 * what was lost or left out, and the line that records it. doc/METHOD.md 10.1
 */
#ifndef VMSYNC_ADVISE_H
#define VMSYNC_ADVISE_H

#include <vmsync/fitness.h>
#include <vmsync/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum vms_advice_kind - what is advised, and what the figures of struct vms_advice are then */
enum vms_advice_kind {
	/* another clock. nr waits say what the guest's TSC was; ns: the narrowest of them */
	VMS_ADVICE_CLOCK,
	/* events of KVM that give clock facts. nr waits, or deadlines, are there; ns: as above */
	VMS_ADVICE_FACTS,
	/* sched_switch of the host. nr of so many guest events are not checkable for its lack */
	VMS_ADVICE_SWITCHES,
	/* events of a sequence where none of its direction serves. nr exits could be its ends */
	VMS_ADVICE_ANCHORS,
	/* larger buffers. nr events lost, at so many places, of CPU cpu the most at once */
	VMS_ADVICE_LOST,
	/* nr times are missing of which hole is the first */
	VMS_ADVICE_HOLE,
	/* record together. nr of so many guest events lie outside the host's recording */
	VMS_ADVICE_TOGETHER,
	/* longer, and a busier guest. nr of so many vCPUs are aligned ambiguously; what: seconds */
	VMS_ADVICE_LONGER,
	VMS_ADVICE_NR
};

/** vms_advice_name - "clock", "facts", "switches", ..., as a report has it */
const char *vms_advice_name(enum vms_advice_kind kind);

/** struct vms_advice - one piece of advice, and its evidence */
struct vms_advice {
	enum vms_advice_kind kind;
	int guest; /* into vms_trace.guests; -1 = the host's side */
	/* events as -e takes them, a clock for -C, KiB for -b, seconds; "" = nothing to add */
	char *what;
	uint64_t nr; /* as its kind says */
	uint64_t of; /* guest events in all; LOST: places */
	uint64_t most;
	uint32_t cpu;
	double ns; /* a band could not be wider then; NAN: this recording does not tell */
	const struct vms_hole *hole;	/* borrowed from the stretches */
	const struct vms_sequence *seq; /* borrowed from the session */
};

/** struct vms_advise - all of it, what narrows the band first */
struct vms_advise {
	struct vms_advice *advice;
	unsigned int nr;
	char **argv; /* the line for trace-cmd, word by word; NULL behind the last */
	unsigned int argc;
};

/**
 * vms_advise - what to record next time
 * @st: of the host
 * @session: NULL: there is only the host's file, and nothing is said of anchors
 * @fitness: of the session; NULL: nothing is said of anchors
 * Return: 0; -VMS_ENOMEM. O(events).
 */
int vms_advise(struct vms_advise **out, const struct vms_trace *trace,
	       const struct vms_stretches *st, const struct vms_session *session,
	       const struct vms_fitness_list *fitness, struct vms_err *err);
void vms_advise_free(struct vms_advise *advise);

/** struct vms_record_side - a machine that is to be recorded */
struct vms_record_side {
	const char *name;		 /* of a guest: as -A takes it */
	const struct vms_stream *stream; /* whose events are kept; may be NULL */
	uint64_t kib;			 /* buffer of a CPU, 0 = as trace-cmd has it */
};

/** struct vms_record - what a line for trace-cmd records */
struct vms_record {
	enum vms_isa isa;
	const char *clock; /* NULL: as trace-cmd chooses */
	struct vms_record_side host;
	const struct vms_record_side *guests;
	unsigned int guests_nr;
	const char *const *options; /* for the host, behind ours */
	unsigned int options_nr;
	const char *const *command;
	unsigned int command_nr;
};

/** vms_record_line - the words of it, freed by vms_record_free(). Return: 0; -VMS_ENOMEM */
int vms_record_line(char ***argv, unsigned int *argc, const struct vms_record *record,
		    struct vms_err *err);
void vms_record_free(char **argv, unsigned int argc);

#ifdef __cplusplus
}
#endif

#endif
