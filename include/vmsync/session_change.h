/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What there is to decide in a session, and how that is made, taken back, told and restored. */
#ifndef VMSYNC_SESSION_CHANGE_H
#define VMSYNC_SESSION_CHANGE_H

#include <vmsync/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct vms_decided - what a candidate shall be */
struct vms_decided {
	uint32_t id;
	uint32_t tag;  /* of vms_session_tag_index() */
	uint8_t state; /* enum vms_state */
};

#define VMS_SEQUENCE_NEW UINT_MAX

/** enum vms_change_kind - what there is to decide: a row each in session_change.c */
enum vms_change_kind {
	VMS_CHANGE_PAIRS,    /* states and notes of candidates */
	VMS_CHANGE_MODEL,    /* the model in force: pairs re-form, decisions stay */
	VMS_CHANGE_CUTS,     /* where model "piecewise" is cut */
	VMS_CHANGE_MUTE,     /* whether a sequence has pairs */
	VMS_CHANGE_ALIGN,    /* how a guest is aligned */
	VMS_CHANGE_RATE,     /* how the clocks' rate may change */
	VMS_CHANGE_SEQUENCE, /* what a sequence pairs, and whether it is there */
	VMS_CHANGE_NR
};

/** struct vms_change_pairs - candidates as they shall be */
struct vms_change_pairs {
	struct vms_decided *list; /* owned */
	uint32_t nr;
};

/**
 * struct vms_change_mute - whether a sequence has pairs
 * Muted: its pairs are left out of candidates, fits and counts. What was decided of them waits,
 * with their ids. The band does not change: it rests on no pairs.
 */
struct vms_change_mute {
	unsigned int seq;
	bool muted;
};

/**
 * struct vms_change_align - how a guest is aligned
 * Constraints, bands, models and pairs of the guest follow. Decided pairs stay, those that do not
 * form any more as detached. Pointers into the guest's tracks become invalid.
 */
struct vms_change_align {
	unsigned int guest;
	/* borrowed: a line of the person's (user, user_only), or none */
	const struct vms_align_opts *how;
	/* owned; found by @how: before (vms_align_guest()), or when it is made */
	struct vms_align *align;
};

/**
 * struct vms_change_sequence - what a sequence pairs, and whether it is there
 * Its pairs form anew; what was decided of those that are none any more stays, as detached, and of
 * a removed one waits, as of a muted one. The direction stays.
 */
struct vms_change_sequence {
	unsigned int seq; /* VMS_SEQUENCE_NEW: one more */
	char *text;	  /* owned; its block, NULL = removed; not once made */
	bool removed, enabled;
	uint32_t def; /* of the session's own */
};

/**
 * struct vms_change - something decided, as undo, redo, the journal and files know it
 * It says how things shall be; once made it says how they were, so that made again it takes itself
 * back.
 */
struct vms_change {
	enum vms_change_kind kind;
	enum vms_by model; /* in force with it: MODEL; of the others the session finds it */
	union {
		struct vms_change_pairs pairs;
		/*
		 * In any order. None: the model goes, and the band is in force when it was; else it
		 * comes in force. A piece begins with the first guest event at or after a cut, by
		 * the middle of the band; steps of the band cut too. Each piece has the estimator's
		 * fit to its own accepted pairs, else to those not rejected, else the band's
		 * middle.
		 */
		struct vms_cuts cuts;
		struct vms_change_mute mute;
		struct vms_change_align align;
		/* the same follows for every guest, under the alignments that there are */
		enum vms_rate rate;
		struct vms_change_sequence sequence;
	};
};

/** struct vms_effect - what the last change did, for the message line */
struct vms_effect {
	const char *verb; /* "accepted", "rejected", "cleared", "undid", "redid" */
	/* as it is kept: how things were. NULL: nothing changed. Valid until the next change */
	const struct vms_change *change;
	uint32_t nr;	   /* candidates changed */
	uint32_t first_id; /* the first of them, VMS_ID_NONE when none */
	unsigned int track;
	uint32_t skipped_impossible; /* left alone by a set command */
	enum vms_by by; /* whose figures these are: vms_session_estimate() with it made */
	double se_before_ns, se_after_ns; /* NAN when not defined */
	double offset_change_ns;	  /* NAN: one of both is not there */
};

/**
 * vms_session_apply - make a change: one step of undo, whatever it is about; undo has no limit
 * @change: what it owns is taken in any case
 * @effect: may be NULL
 * Return: 0, also when all is so already; -VMS_EUSAGE for what there is not; -VMS_ENODATA when a
 * model is not available, when all events of every vCPU lie on one side of the cuts, when no
 * alignment was found; -VMS_ECANCEL; -VMS_ENOMEM.
 */
int vms_session_apply(struct vms_session *session, struct vms_change *change,
		      struct vms_effect *effect, struct vms_err *err);
/** vms_session_undo, vms_session_redo - 0, or -VMS_ENODATA with nothing to undo or redo */
int vms_session_undo(struct vms_session *session, struct vms_effect *effect, struct vms_err *err);
int vms_session_redo(struct vms_session *session, struct vms_effect *effect, struct vms_err *err);
/**
 * vms_session_observe - called once for each change, undone and redone ones too, when it is made
 * @fn: the change says how things were, the session how they are
 */
void vms_session_observe(struct vms_session *s,
			 void (*fn)(void *user, const struct vms_session *s,
				    const struct vms_change *c),
			 void *user);
/**
 * vms_session_restore - make a change that a file or the journal holds: it is no step of undo, the
 * observer is not told, and what follows from it is computed by vms_session_restored()
 */
int vms_session_restore(struct vms_session *s, struct vms_change *c, struct vms_err *err);
int vms_session_restored(struct vms_session *s, struct vms_err *err);
/**
 * vms_session_pair_id - the candidate that pairs two events, while restoring
 * Return: 0; -VMS_ENODATA when no event of the trace matches; a pair that does not form now is
 * kept as detached.
 */
int vms_session_pair_id(struct vms_session *session, const struct vms_pair *pair, uint32_t *id,
			struct vms_err *err);
/** vms_session_tag_index - the index of a note's text, made when new; 0 = "". -VMS_ENOMEM */
int vms_session_tag_index(struct vms_session *session, const char *text, uint32_t *out);

/**
 * vms_session_decide - set the state of candidates by id
 * @skip_impossible: leave impossible ones alone and count them (set commands)
 */
int vms_session_decide(struct vms_session *session, const uint32_t *ids, uint32_t nr,
		       enum vms_state state, bool skip_impossible, struct vms_effect *effect,
		       struct vms_err *err);
/** vms_session_set_tag - note of a candidate; "" clears */
int vms_session_set_tag(struct vms_session *session, uint32_t id, const char *text,
			struct vms_err *err);

/* The other changes in one line each. */
int vms_session_set_model(struct vms_session *s, enum vms_by model, struct vms_err *err);

int vms_session_set_cuts(struct vms_session *s, const struct vms_cuts *cuts, struct vms_err *err);

int vms_session_mute(struct vms_session *s, unsigned int seq, bool muted, struct vms_err *err);

/** @seq: VMS_SEQUENCE_NEW: one more; @text: a block of vmsync-sequences(5), NULL: it is removed */
int vms_session_set_sequence(struct vms_session *s, unsigned int seq, const char *text,
			     struct vms_err *err);

int vms_session_realign(struct vms_session *s, unsigned int guest, const struct vms_align_opts *how,
			struct vms_err *err);

int vms_session_set_rate(struct vms_session *s, enum vms_rate rate, struct vms_err *err);

/**
 * vms_session_what_if - effect of a decision without making it
 * Return: 0; -VMS_ENODATA when there is no such candidate, and where a fit of the model shown would
 * outlast a frame; -VMS_ENOMEM
 */
int vms_session_what_if(struct vms_session *session, uint32_t id, enum vms_state state,
			struct vms_effect *effect, struct vms_err *err);

#ifdef __cplusplus
}
#endif

#endif
