// SPDX-License-Identifier: LGPL-2.1-or-later
/* Knows what a pair is called: its events, its sequence, its row as text, and how telling it is. */
#include "app/words/candidate.h"

#include <math.h>
#include <stdio.h>

#include "core/base/printable.h"

const char *candidate_guest_event(const struct vms_session *s, const struct vms_candidate *c)
{
	return vms_event_type(vms_session_trace(s)->guests[c->pair.guest].stream, c->pair.guest_ev)
		->name;
}

const char *candidate_host_event(const struct vms_session *s, const struct vms_candidate *cand,
				 char *buf, size_t size)
{
	const struct vms_stream *host = vms_session_trace(s)->host;
	const struct vms_thread *t = vms_session_track(s, cand->track)->thread;
	const char *name = "?";
	char why[32];

	if (cand->pair.host_ev.cpu >= 0)
		name = vms_event_type(host, cand->pair.host_ev)->name;
	if (cand->pair.dir == VMS_GUEST_TO_HOST && t && cand->pair.stretch < t->stretches_nr &&
	    t->stretches[cand->pair.stretch].why.isa != VMS_ISA_NONE)
		(void)snprintf(buf, size, "%s %s", name,
			       vms_exit_name(&t->stretches[cand->pair.stretch].why, why,
					     sizeof(why)));
	else
		(void)snprintf(buf, size, "%s", name);
	return buf;
}

const char *state_name(enum vms_state state)
{
	return state == VMS_ACCEPTED   ? "accepted"
	       : state == VMS_REJECTED ? "rejected"
				       : "undecided";
}

const char *dir_text(enum vms_dir dir)
{
	return dir == VMS_GUEST_TO_HOST ? "G>exit" : "entry>G";
}

const char *candidate_sequence(const struct vms_session *s, const struct vms_candidate *c)
{
	const struct vms_catalogue *cat = vms_session_catalogue(s);

	return c->pair.seq < cat->seqs_nr ? cat->seqs[c->pair.seq].name : "?";
}

double candidate_bound_slack_ns(const struct vms_session *session, const struct vms_candidate *cand)
{
	const struct vms_track *t = vms_session_track(session, cand->track);
	const struct vms_band_segment *seg =
		t->band ? vms_band_segment_of(t->band, cand->pair.guest_ev.idx) : NULL;
	const bool out = cand->pair.dir == VMS_GUEST_TO_HOST;
	int64_t lo = 0, hi = 0, y, slack;

	if (!seg)
		return NAN;
	vms_band_at(seg, cand->pair.guest_raw, out ? NULL : &lo, out ? &hi : NULL);
	y = vms_sat_sub_i64(cand->pair.host_raw, cand->pair.guest_raw);
	slack = out ? vms_sat_sub_i64(y, hi) : vms_sat_sub_i64(lo, y);
	return vms_clock_ns(vms_session_clock(session), slack);
}

/*
 * What a decision could tell: pairs whose bound lies near the band move the estimates that live
 * on least delays, pairs far from the middle of their sequence move the others. What is decided,
 * or cannot be true, comes last.
 */
double candidate_information(const struct vms_session *session, const struct vms_candidate *cand)
{
	double slack = candidate_bound_slack_ns(session, cand),
	       residual = fabs(vms_session_residual_ns(session, cand)), score = 0;
	const struct vms_track *t = vms_session_track(session, cand->track);
	const struct vms_seq_result *r = t->seqs ? &t->seqs[cand->pair.seq] : NULL;
	double scale = r && r->delay_ns.n && r->delay_ns.mad > 0 ? r->delay_ns.mad : 1.0;

	if (isfinite(slack))
		score = 1.0 / (1.0 + fabs(slack) / (10.0 * scale));
	if (isfinite(residual))
		score += 0.2 * (residual / scale) / (1.0 + residual / scale);
	if (cand->flags & VMS_CAND_BINDING)
		score += 0.5;
	if (cand->flags & VMS_CAND_IMPOSSIBLE)
		score -= 2;
	if (vms_session_state(session, cand) != VMS_UNDECIDED)
		score -= 4;
	return score;
}

const char *candidate_row_text(const struct vms_session *session, const struct vms_candidate *cand,
			       char sep, char *buf, size_t size)
{
	const struct vms_track *track = vms_session_track(session, cand->track);
	const struct vms_stream *stream =
		vms_session_trace(session)->guests[cand->pair.guest].stream;
	char host_clean[128], guest[128], seq[64], note[256];

	(void)fmt_clean(candidate_host_event(session, cand, BUF(128)), host_clean,
			sizeof(host_clean));
	(void)fmt_clean(candidate_guest_event(session, cand), guest, sizeof(guest));
	(void)fmt_clean(candidate_sequence(session, cand), seq, sizeof(seq));
	(void)fmt_clean(vms_session_note(session, cand), note, sizeof(note));
	/* Copied and exported numbers are exact: raw times, whole ns. */
	(void)snprintf(buf, size, "%u%c%s%c%s%c%s%c%u%c%s%c%lld%c%s%c%lld%c%.0f%c%s", cand->id, sep,
		       state_name(vms_session_state(session, cand)), sep, seq, sep,
		       dir_text(cand->pair.dir), sep, track->vcpu, sep, guest, sep,
		       (long long)vms_event_stored(stream, cand->pair.guest_ev), sep, host_clean,
		       sep, (long long)cand->pair.host_raw, sep,
		       vms_session_delay_ns(session, cand), sep, note);
	return buf;
}
