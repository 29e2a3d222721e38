/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a track is solved, from which starts, and under which limits of its clocks. */
#ifndef VMSYNC_SESSION_SOLVE_H
#define VMSYNC_SESSION_SOLVE_H

#include "core/session/session_impl.h"

/* session_solve.c */
struct session_steps {
	const uint32_t *at; /* events that begin a segment in any case */
	unsigned int nr;
	bool coarse;	 /* none is looked for that is smaller than the band is wide */
	bool drift_only; /* the rate may change as it likes, whatever limit is in force */
};
/* What an attempt to solve a track has reached. */
struct session_solution {
	struct vms_constraints *cons;
	struct vms_band *band;
	bool coarse; /* smaller steps than the band is wide were not looked for */
};
/* By how much each constraint of a track is uncertain [raw host units]. */
int64_t session_slack(const struct vms_session *s, const struct vms_track *t,
		      const struct session_track *priv);
struct vms_band_opts session_band_opts(const struct vms_session *s, const struct vms_track *t,
				       const struct session_track *priv,
				       const struct session_steps *steps);
/* The band of constraints of a track, with the options that its clocks ask for. */
int session_band_of(struct vms_band **out, const struct vms_session *s, const struct vms_track *t,
		    const struct session_track *priv, const struct vms_constraints *cons,
		    const struct session_steps *steps, struct vms_err *err);
/* Constraints and band of a track from its alignment; its cons and band are NULL before. */
int session_track_solve(struct vms_session *session, struct vms_track *track,
			const struct session_track *priv, struct vms_err *err);
/* A track from its own band, with facts that came since; 0, -VMS_ENOMEM. */
int session_track_again(struct vms_session *session, struct vms_track *track,
			const struct session_track *priv, struct vms_err *err);
/* Where to solve a track from. */
struct session_start {
	const char *name;
	struct vms_piece *pieces;
	unsigned int nr;
	bool bends; /* of one line: none is a step */
};
/* Solve a track from another start, and keep it where less speaks against it: 1; 0; -VMS_E*. */
int session_track_try(struct vms_session *session, unsigned int at,
		      const struct session_start *start, struct vms_err *err);

/* session_pieces.c */
/* Events around a cut that the lines of both sides allow: the step may lie anywhere in them. */
struct session_zone {
	uint32_t from, to; /* from > to: none */
	bool small;	   /* the step is smaller than the band is wide */
};
/* Around a step that is smaller than the band is wide nothing bounds either side. */
struct session_zone session_zone_small(const struct vms_band_segment *right);
int session_zone_of(struct session_zone *zone, const struct vms_session *session,
		    const struct vms_track *track, const struct vms_constraints *cons,
		    const struct vms_band_segment *left, const struct vms_band_segment *right,
		    struct vms_err *err);
/* session_pinned.c */
/* Beside a segment whose line is not known: where another line would do by chance, too. */
void session_zone_widen(struct session_zone *zone, const struct vms_session *session,
			const struct vms_track *track, const struct vms_constraints *cons,
			const struct vms_band *band, const struct vms_band_segment *right);
/* Events of a segment beyond strays, at an end, that nothing else shows to be on its line. */
bool session_zone_stray(struct session_zone *zone, const struct vms_session *session,
			const struct vms_track *t, const struct vms_band_segment *seg, bool end);
/*
 * The same where another vCPU's clock stepped at the end, within a zone, to a line that is not
 * known; false where this one's goes on beyond.
 */
bool session_zone_unknown(struct session_zone *zone, const struct vms_session *session,
			  const struct vms_track *t, bool end);
/* Segments beside a step that so little pins that another line may be meant become unsure. */
void session_pieces_doubt(const struct vms_session *session, const struct vms_track *track,
			  const struct vms_constraints *cons, struct vms_band *band);

/*
 * session_leave.c: takes constraints out of a solution, and makes its band anew from the others:
 * those of events in some zones, each with a step behind it; those that may be before a step or
 * after it; and those of events that may lie in another stretch, where the rate may be any, or
 * where host events are missing.
 * Return: 0; -VMS_E*.
 */
int session_leave(struct vms_band **out, const struct vms_session *session,
		  const struct vms_track *track, const struct session_track *priv,
		  struct vms_constraints *cons, const struct session_zone *zones, unsigned int nr,
		  struct vms_err *err);
int session_leave_zones(const struct vms_session *session, const struct vms_track *track,
			const struct session_track *priv, struct session_solution *solution,
			struct vms_err *err);
int session_leave_contested(const struct vms_session *session, const struct vms_track *track,
			    const struct session_track *priv, struct session_solution *solution,
			    struct vms_err *err);

/* session_limits.c */
struct vms_rate_limit session_rate_limit(const struct vms_session *s, const struct vms_track *t);
/* What a solved track's limits are, and what they do. */
void session_limits_say(const struct vms_session *session, struct vms_track *track,
			const struct session_track *priv);

/* session_starts.c: a start that was tried, and what speaks against what it leads to */
void session_start_note(struct vms_track *track, const char *name, uint64_t cost_of, bool taken);

/*
 * session_follow.c: a clock that drifts, followed from the middle of the segment with most events
 * to both ends: how far the drift may have taken it since the event before says where each can be.
 * @pieces: to be freed; *nr 0: it cannot be followed, for it steps.
 */
int session_follow(struct vms_piece **pieces, unsigned int *nr, const struct vms_session *session,
		   const struct vms_track *track);

#endif
